"""A hostile or merely careless page, a strict policy, a reply that should never have been sent."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.bot.conftest import SITE, SNIPPET, ask, field, replies, start
from tests.bot.widget.server import MESSAGES, Desk, Scripted, Site

Visit = Callable[..., Page]
SCRIPT = "<img src=x onerror='window.hit=1'><script>window.hit=1</script>"
LINKS = (
    "javascript:window.hit=1",
    "  JaVaScRiPt:window.hit=1",
    "java\nscript:window.hit=1",
    "data:text/html,<script>1</script>",
    "vbscript:x",
    "blob:x",
    "file:///etc/passwd",
)


def reply(**custom: Any) -> dict[str, Any]:
    return {"recipient_id": "x", "text": "Text", "custom": {"kind": "answer", "language": "en"} | custom}


def embed(page: Page, scripted: Scripted, replies_: list[dict[str, Any]]) -> None:
    scripted.replies = replies_
    scripted.page = SITE.format(lang="en", head=SNIPPET.format(url=scripted.url, more=""))
    page.goto(scripted.url)
    start(page)
    ask(page, "anything")
    expect(page.locator("embassy-chat .typing")).not_to_be_visible()


def test_no_field_of_a_reply_can_bring_in_markup(page: Page, scripted: Scripted) -> None:
    hostile = reply(
        kind=f"answer {SCRIPT}", language="en", section=SCRIPT, entry=SCRIPT,
        contacts=[{"kind": kind, "value": SCRIPT} for kind in ("phone", "email", "link", "name", SCRIPT, "toString")],
        source={"title": SCRIPT, "url": SCRIPT, "checked": SCRIPT},
    )  # fmt: skip
    hostile |= {"text": SCRIPT, "buttons": [{"title": SCRIPT, "payload": SCRIPT}]}
    embed(page, scripted, [hostile])
    expect(replies(page)).to_contain_text(SCRIPT)
    page.locator("embassy-chat [part=choices] button").click()
    expect(replies(page)).to_have_count(2)
    page.reload()
    expect(replies(page)).to_have_count(2)
    page.wait_for_timeout(200)
    assert page.locator("embassy-chat img, embassy-chat script").count() == 0
    assert page.evaluate("window.hit") is None


@pytest.mark.parametrize("address", LINKS)
def test_links_lead_only_to_the_web_to_mail_and_to_phones(page: Page, scripted: Scripted, address: str) -> None:
    contacts = [{"kind": "link", "value": address}]
    embed(page, scripted, [reply(contacts=contacts, source={"title": "T", "url": address})])
    expect(replies(page)).to_have_count(1)
    assert replies(page).locator("a[href]").count() == 0
    assert page.evaluate("window.hit") is None


@pytest.mark.parametrize("text", [SCRIPT, *LINKS, "/restart", "\u202e\u0000\ud83d", "' OR 1=1 --"])
def test_what_is_typed_is_only_text(visit: Visit, text: str) -> None:
    page = visit()
    start(page)
    ask(page, text)
    expect(replies(page)).not_to_have_count(0)
    assert page.evaluate("window.hit") is None
    assert page.locator("embassy-chat img, embassy-chat script").count() == 0


def test_no_attribute_of_the_tag_can_bring_in_markup(visit: Visit) -> None:
    value = SCRIPT.replace("'", "").replace('"', "")
    page = visit(" ".join(f'data-{name}="{value}"' for name in ("language", "title", "position")))
    start(page)
    expect(page.locator("embassy-chat h2")).to_have_text(value)
    assert page.evaluate("window.hit") is None


@pytest.mark.parametrize(
    "answer", [[], {}, None, "text", [reply(language=None)], [reply(contacts=None, source=None)], [{"text": "x"}], [7]]
)
def test_replies_of_a_strange_shape_break_nothing(page: Page, scripted: Scripted, answer: Any) -> None:
    embed(page, scripted, answer)
    scripted.replies = [reply()]
    ask(page, "again")
    expect(replies(page).last).to_contain_text("Text")


@pytest.fixture
def strict(site: Site, desk: Desk, page: Page) -> Iterator[list[str]]:
    """A page whose policy allows no inline script or style; gives what the browser complains of."""
    complaints: list[str] = []
    page.on("console", lambda message: complaints.append(message.text) if message.type == "error" else None)
    page.add_init_script("addEventListener('securitypolicyviolation', e => console.error(e.violatedDirective))")
    site.html = SITE.format(lang="en", head=SNIPPET.format(url=desk.url, more='data-title="Hi" data-position="left"'))
    policy = (
        f"default-src 'none'; script-src 'self' {desk.url}; connect-src {desk.url}; "
        "require-trusted-types-for 'script'; base-uri 'none'"
    )
    site.headers = {"Content-Security-Policy": policy}
    page.goto(site.url)
    yield complaints
    site.headers = {}


def test_it_works_under_a_strict_policy_without_a_violation(page: Page, strict: list[str]) -> None:
    start(page)
    ask(page, "How can I contact the press office?")
    expect(replies(page)).to_have_count(1)
    background = page.locator("embassy-chat [part=header]").evaluate("e => getComputedStyle(e).backgroundColor")
    assert background == "rgb(11, 58, 111)", "the style sheet is in force"
    replies(page).get_by_role("button", name="Not helpful").click()
    page.wait_for_timeout(300)
    assert [complaint for complaint in strict if "favicon" not in complaint] == []


def test_a_strict_policy_is_seen_to_be_in_force(page: Page, strict: list[str]) -> None:
    page.evaluate("document.body.setAttribute('style', 'color: red')")
    page.wait_for_timeout(200)
    assert any("style-src" in complaint for complaint in strict)


def test_a_page_s_own_styles_and_short_cuts_do_not_reach_it(visit: Visit) -> None:
    head = (
        "<style>* { color: red !important; font-size: 40px !important } button, dialog { display: none !important }"
        " :root, body { font-size: 40px; line-height: 5; letter-spacing: 9px; direction: rtl }</style>"
        "<script>addEventListener('keydown', e => { if (e.target.tagName !== 'INPUT') e.preventDefault() })</script>"
    )
    page = visit(head=head)
    start(page)
    assert field(page).evaluate("e => getComputedStyle(e).fontSize") == "16px"
    assert page.locator("embassy-chat .note").evaluate("e => getComputedStyle(e).letterSpacing") == "normal"
    page.keyboard.type("Who handles visas?")
    assert field(page).input_value() == "Who handles visas?"


def test_a_page_that_moves_its_body_does_not_move_the_chat(visit: Visit) -> None:
    page = visit(head="<style>body { transform: translateZ(0); filter: grayscale(1); height: 3000px }</style>")
    start(page)
    panel = page.locator("embassy-chat [part=panel]")
    before = panel.bounding_box()
    page.evaluate("scrollTo(0, 1000)")
    page.wait_for_timeout(200)
    assert page.evaluate("scrollY") == 1000
    assert panel.bounding_box() == before


def test_a_page_that_replaces_its_body_keeps_the_chat(visit: Visit) -> None:
    page = visit()
    start(page)
    ask(page, "Who handles visas?")
    expect(replies(page)).to_have_count(1)
    page.evaluate("document.body = document.createElement('body')")
    ask(page, "How can I contact the press office?")
    expect(replies(page)).to_have_count(2)


OLD_LIBRARY = """<script>
  Array.prototype.toJSON = function () { return "[" + this.map(item => JSON.stringify(item)).join(", ") + "]" };
  String.prototype.toJSON = function () { return '"' + this + '"' };
  HTMLElement.prototype.replace = function (node) { this.replaceWith(node); return this };
  const from = Array.from;
  Array.from = iterable => from(iterable);
  window.SpeechRecognition = class { start() { window.listener = this } abort() {} };
</script>"""


def test_what_an_old_library_adds_to_every_value_and_element_changes_nothing(visit: Visit, desk: Desk) -> None:
    page = visit(head=OLD_LIBRARY)
    start(page)
    page.get_by_role("button", name="Dictate").click()
    page.evaluate("listener.onresult({results: [[{transcript: 'Who handles'}], [{transcript: 'visas?'}]]})")
    expect(field(page)).to_have_value("Who handles visas?")
    field(page).press("Enter")
    expect(replies(page)).to_have_count(1)
    page.reload()
    expect(replies(page)).to_have_count(1)
    ask(page, "How can I contact the press office?")
    expect(replies(page)).to_have_count(2)
    sent = desk.seen.posted(MESSAGES)
    assert [body["message"] for body in sent] == ["Who handles visas?", "How can I contact the press office?"]
    assert len({body["sender"] for body in sent}) == 1


def test_in_a_frame_that_may_send_no_forms_everything_can_be_sent(page: Page, site: Site, desk: Desk) -> None:
    site.html = SITE.format(lang="en", head=SNIPPET.format(url=desk.url, more=""))
    site.headers = {"Content-Security-Policy": "sandbox allow-scripts allow-same-origin"}
    page.goto(site.url)
    start(page)
    ask(page, "Who handles visas?")
    expect(replies(page)).to_have_count(1)
    field(page).fill("How can I contact the press office?")
    page.locator("embassy-chat [part=send]").click()
    expect(replies(page)).to_have_count(2)
    replies(page).first.get_by_role("button", name="Not helpful").click()
    reason = replies(page).first.get_by_label("What was missing? (optional)")
    reason.fill("the opening hours")
    reason.press("Enter")
    expect(replies(page).first).to_contain_text("Thank you.")


def test_it_leaves_nothing_among_the_page_s_globals(visit: Visit, page: Page, site: Site, desk: Desk) -> None:
    site.html = SITE.format(lang="en", head="")
    page.goto(site.url)
    names = "Object.getOwnPropertyNames(window)"
    before = set(page.evaluate(names))
    page.add_script_tag(url=f"{desk.url}/widget.js")
    page.locator("embassy-chat").wait_for(state="attached")
    assert set(page.evaluate(names)) - before == set()


def test_two_tags_make_one_chat(visit: Visit, desk: Desk) -> None:
    page = visit(head=SNIPPET.format(url=desk.url, more=""))
    assert page.locator("embassy-chat").count() == 1


def test_a_site_that_is_not_allowed_gets_no_answers(page: Page, desk: Desk) -> None:
    other = Site(SITE.format(lang="en", head=SNIPPET.format(url=desk.url, more="")))
    said: list[str] = []
    page.on("console", lambda message: said.append(message.text))
    try:
        page.goto(other.url)
        start(page)
        ask(page, "Who handles visas?")
        expect(page.locator("embassy-chat .hint")).to_be_visible()
        page.wait_for_timeout(500)
        assert replies(page).count() == 0
        hints = [text for text in said if "ALLOWED_ORIGINS" in text and desk.url in text]
        assert len(hints) == 1, "the site's owner is told what to ask for, once"
    finally:
        other.stop()
