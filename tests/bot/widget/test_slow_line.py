"""On a slow line and a slow phone: one small request, and ready soon."""

from __future__ import annotations

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from tests.bot.conftest import SITE, SNIPPET, ask, launcher, replies, start
from tests.bot.widget.server import Desk, Site

MOST_SECONDS = 1.5
BYTES = 400_000 / 8
ROUND_TRIP = 400
SLOWER = 6


@pytest.mark.alone
def test_it_is_ready_within_a_second_and_a_half(context: BrowserContext, page: Page, desk: Desk, site: Site) -> None:
    site.headers = {}
    site.html = SITE.format(lang="en", head=SNIPPET.format(url=desk.url, more=""))
    page.add_init_script(
        """new MutationObserver((_, o) => {
          const button = document.querySelector('embassy-chat')?.shadowRoot?.querySelector('button');
          if (!button) return;
          o.disconnect();
          requestAnimationFrame(() => { window.ready = performance.now() });
        }).observe(document, {childList: true, subtree: true});"""
    )
    requests: list[str] = []
    page.on("request", lambda request: requests.append(request.url))
    session = context.new_cdp_session(page)
    session.send("Network.enable")
    session.send("Network.setCacheDisabled", {"cacheDisabled": True})
    session.send(
        "Network.emulateNetworkConditions",
        {"offline": False, "latency": ROUND_TRIP, "downloadThroughput": BYTES, "uploadThroughput": BYTES},
    )
    session.send("Emulation.setCPUThrottlingRate", {"rate": SLOWER})
    page.goto(site.url)
    expect(launcher(page)).to_be_visible()
    seconds = page.evaluate("window.ready") / 1000
    print(f"ready after {seconds:.2f} s")
    assert 0.8 < seconds <= MOST_SECONDS, "less than two round trips would mean that the line is not slowed"
    ours = [url for url in requests if url.startswith(desk.url)]
    assert ours == [f"{desk.url}/widget.js"]
    assert {url.split("/")[2] for url in requests} == {desk.url.split("/")[2], site.url.split("/")[2]}


def test_a_message_is_one_request_without_a_preflight(page: Page, desk: Desk, site: Site) -> None:
    site.html = SITE.format(lang="en", head=SNIPPET.format(url=desk.url, more=""))
    page.goto(site.url)
    methods: list[str] = []
    page.context.on("request", lambda request: methods.append(request.method))
    start(page)
    ask(page, "Who handles visas?")
    expect(replies(page)).to_have_count(1)
    ask(page, "How can I contact the press office?")
    expect(replies(page)).to_have_count(2)
    assert methods == ["POST"] * 3, "a conversation and two messages"
    assert page.context.cookies() == []
