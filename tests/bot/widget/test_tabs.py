"""Several tabs and several pages: what one does disturbs nobody in another, and nothing is lost between them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Page, expect
from starlette.responses import JSONResponse

from tests.bot.conftest import ask, field, launcher, replies, start
from tests.bot.widget.server import MESSAGES, Desk

Visit = Callable[..., Page]
LISTEN = """(() => {
  window.heard = [];
  const attach = Element.prototype.attachShadow;
  Element.prototype.attachShadow = function (how) {
    const root = attach.call(this, how);
    new MutationObserver(list => list.forEach(({target, addedNodes}) => {
      if (target.role === "status") addedNodes.forEach(node => window.heard.push(node.textContent));
    })).observe(root, {childList: true, subtree: true});
    return root;
  };
})()"""
ROOT = "document.querySelector('embassy-chat').shadowRoot"


def tab(page: Page) -> Page:
    other = page.context.new_page()
    other.goto(page.url)
    other.locator("embassy-chat").wait_for(state="attached")
    return other


def focused(page: Page) -> str:
    return str(page.evaluate(f"{ROOT}.activeElement?.textContent || {ROOT}.activeElement?.ariaLabel || ''"))


@pytest.mark.parametrize(
    ("question", "then"), [("Who handles visas?", "Français"), ("Qui gère les visas ?", "English")]
)
def test_the_language_switch_keeps_the_focus_when_a_reply_arrives(visit: Visit, question: str, then: str) -> None:
    page = visit('data-language="en"')
    field_ = start(page)
    field_.fill(question)
    page.evaluate(f"{ROOT}.querySelector('[part=send]').click(); {ROOT}.querySelector('.head button').focus()")
    expect(replies(page)).to_have_count(1)
    assert focused(page) == then


def test_a_reason_that_is_being_typed_survives_what_another_tab_gets(visit: Visit) -> None:
    page = visit()
    start(page)
    ask(page, "Who handles visas?")
    replies(page).get_by_role("button", name="Not helpful").click()
    reason = replies(page).get_by_label("What was missing? (optional)").first
    reason.press_sequentially("the opening ")
    other = tab(page)
    ask(other, "How can I contact the press office?")
    expect(replies(page)).to_have_count(2)
    expect(reason).to_be_focused()
    reason.press_sequentially("hours")
    assert reason.input_value() == "the opening hours"


def test_a_thumb_pressed_after_another_tab_wrote_is_kept(visit: Visit, desk: Desk) -> None:
    page = visit()
    start(page)
    ask(page, "Who handles visas?")
    other = tab(page)
    ask(other, "How can I contact the press office?")
    expect(replies(page)).to_have_count(2)
    replies(page).first.get_by_role("button", name="Not helpful").click()
    page.reload()
    down = replies(page).first.get_by_role("button", name="Not helpful")
    expect(down).to_have_attribute("aria-pressed", "true")


def test_an_error_is_announced_when_it_happens_and_never_again(visit: Visit, page: Page, desk: Desk) -> None:
    page.context.add_init_script(LISTEN)
    visit()
    start(page)
    refusal = JSONResponse({"error": {"code": "x", "message": "Please shorten it."}}, 413)
    desk.seen.rule = lambda path: refusal if path == MESSAGES else None
    ask(page, "Who handles visas?")
    expect(page.locator("embassy-chat .error")).to_be_visible()
    desk.seen.rule = None
    other = tab(page)
    ask(other, "How can I contact the press office?")
    expect(replies(page)).to_have_count(1)
    assert page.evaluate("heard.filter(text => text === 'Please shorten it.').length") == 1
    page.reload()
    expect(page.locator("embassy-chat .error")).to_be_visible()
    page.wait_for_timeout(100)
    assert page.evaluate("heard") == []


def test_the_badge_is_still_there_on_the_next_page_and_gone_once_somebody_looked(visit: Visit) -> None:
    page = visit()
    start(page).fill("Who handles visas?")
    page.evaluate(f"{ROOT}.querySelector('[part=send]').click(); {ROOT}.querySelector('dialog').close()")
    badge = page.locator("embassy-chat [part=badge]")
    expect(badge).to_have_text("1")
    page.reload()
    expect(badge).to_have_text("1")
    other = tab(page)
    expect(other.locator("embassy-chat [part=badge]")).to_have_text("1")
    launcher(page).click()
    page.keyboard.press("Escape")
    expect(badge).not_to_be_visible()
    expect(other.locator("embassy-chat [part=badge]")).not_to_be_visible()
    page.reload()
    expect(launcher(page)).to_be_visible()
    expect(badge).not_to_be_visible()


@pytest.mark.parametrize("apart", [0, 2, 5])
def test_what_two_tabs_say_in_the_same_moment_is_delivered_though_both_are_closed(
    visit: Visit, desk: Desk, apart: int
) -> None:
    page = visit()
    start(page)
    ask(page, "What can you do?")
    expect(replies(page)).to_have_count(1)
    other = tab(page)
    page.context.set_offline(True)
    when = page.evaluate("Date.now() + 400")
    for number, (one, text) in enumerate(
        ((page, "Who handles visas?"), (other, "How can I contact the press office?"))
    ):
        field(one).fill(text)
        submit = f"setTimeout(() => {ROOT}.querySelector('[part=send]').click(), "
        one.evaluate(f"() => {{ {submit} {when + number * apart} - Date.now()) }}")
    for one in (page, other):
        expect(one.locator("embassy-chat .mine")).to_have_count(3)
    third = page.context.new_page()
    page.close()
    other.close()
    third.context.set_offline(False)
    third.goto(site_of(desk))
    expect(replies(third)).to_have_count(3)
    (sender,) = {body["sender"] for body in desk.seen.posted(MESSAGES)}
    texts = sorted(turn.text for turn in desk.store.turns(sender))
    assert texts == ["How can I contact the press office?", "What can you do?", "Who handles visas?"]


def site_of(desk: Desk) -> str:
    """The address of the site that embeds the chat."""
    return str(desk.app.state.desk.settings.allowed_origins[0])


REFUSED = (
    "Navigator.prototype.__defineGetter__('locks', () => ({request: () => Promise.reject(new DOMException('no'))}))"
)
FORBIDDEN = "Object.defineProperty(window, 'localStorage', {get() { throw new DOMException('no', 'SecurityError') }})"


@pytest.mark.parametrize("scripts", [[REFUSED], [REFUSED, FORBIDDEN]], ids=["locks refused", "and storage forbidden"])
def test_where_the_browser_refuses_a_lock_the_message_is_sent_all_the_same(
    visit: Visit, page: Page, desk: Desk, scripts: list[str]
) -> None:
    for script in scripts:
        page.add_init_script(script)
    visit()
    start(page)
    ask(page, "Who handles visas?")
    expect(replies(page)).to_have_count(1)
    ask(page, "and the phone?")
    expect(replies(page)).to_have_count(2)
    assert len(desk.seen.posted("/conversations")) == 1
    assert len({body["sender"] for body in desk.seen.posted(MESSAGES)}) == 1


MESSAGE: Any = {"message": "visa", "metadata": {"message_id": "m-1", "language": "en"}}


@pytest.mark.parametrize(
    "kept",
    [
        '{"turns": [], "jobs": [{"id": "1", "path": "nowhere", "body": {}}]}',
        '{"turns": [], "jobs": [{"id": "1", "path": "console/sign-in", "body": {}}]}',
        '{"turns": [], "jobs": [{"id": "1", "path": 5, "body": {}}]}',
        '{"turns": [], "jobs": [{"id": "1", "path": "webhooks/nowhere", "body": {}}]}',
        '{"turns": [], "jobs": [{"id": "1", "path": "webhooks/rest/webhook", "body": null}]}',
        '{"turns": [], "jobs": [{"id": "1", "path": "webhooks/rest/webhook", "body": "text"}]}',
        '{"turns": [], "jobs": [{"path": "feedback", "body": {"metadata": {"language": "\\\\n\\u2603"}}}]}',
        '{"turns": [], "jobs": [null, 7]}',
        '{"turns": [], "jobs": {}}',
        '{"turns": [], "jobs": [], "sender": 5}',
        '{"turns": [], "jobs": [], "sender": "telegram:7"}',
        '{"turns": [], "jobs": [], "language": 5, "open": "x", "unread": {}}',
    ],
)
def test_nonsense_in_what_is_kept_holds_up_no_message(visit: Visit, page: Page, desk: Desk, kept: str) -> None:
    page.add_init_script(f"localStorage.setItem('embassy-chat:{desk.url}/', {kept!r})")
    visit()
    start(page) if launcher(page).is_visible() else field(page)
    ask(page, "Who handles visas?")
    expect(replies(page)).to_have_count(1)
    ask(page, "How can I contact the press office?")
    expect(replies(page)).to_have_count(2)
