"""No message is lost and none arrives twice, whatever happens to the line, the server and the page."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import date
from typing import Any

import pytest
from playwright.sync_api import Page, expect
from starlette.responses import HTMLResponse, JSONResponse, Response

from tests.bot.conftest import ask, field, launcher, replies, start
from tests.bot.widget.server import FORGET, MESSAGES, Desk
from tests.bot.widget.test_tabs import LISTEN

Visit = Callable[..., Page]
GONE = "Erased here; on our server as soon as it can be reached."
ERASED = "The conversation is erased."
WAITING = "Waiting for the connection. Your message will be sent by itself."


def stored(desk: Desk) -> list[str]:
    """What the server keeps of the conversation that was just held."""
    (sender,) = {body["sender"] for body in desk.seen.posted(MESSAGES)}
    return [turn.text for turn in desk.store.turns(sender)]


def failing(times: int, response: Response) -> Callable[[str], Response | None]:
    left = [times]

    def rule(path: str) -> Response | None:
        if path != MESSAGES or not left[0]:
            return None
        left[0] -= 1
        return response

    return rule


def problem(status: int, seconds: int) -> Response:
    body = {"error": {"code": "busy", "message": "Many people are writing just now."}}
    return JSONResponse(body, status, {"Retry-After": str(seconds)})


def test_what_is_written_offline_waits_and_arrives_once(visit: Visit, desk: Desk) -> None:
    page = visit()
    start(page)
    page.context.set_offline(True)
    ask(page, "Who handles visas?")
    expect(page.locator("embassy-chat .hint")).to_have_text(WAITING)
    ask(page, "How can I contact the press office?")
    expect(page.locator("embassy-chat .hint")).to_have_count(2)
    page.context.set_offline(False)
    expect(replies(page)).to_have_count(2)
    expect(page.locator("embassy-chat .hint")).to_have_count(0)
    asked, told = (page.locator(f"embassy-chat .turn .{who} time").first for who in ("mine", "theirs"))
    assert str(asked.get_attribute("datetime")) < str(told.get_attribute("datetime")), "each has its own time"
    assert str(date.today().day) in str(asked.text_content())
    assert stored(desk) == ["Who handles visas?", "How can I contact the press office?"]


def test_a_message_survives_a_reload_during_an_outage(visit: Visit, desk: Desk) -> None:
    page = visit()
    start(page)
    ask(page, "Who handles visas?")
    expect(replies(page)).to_have_count(1)
    desk.stop()
    try:
        ask(page, "How can I contact the press office?")
        expect(page.locator("embassy-chat .hint")).to_have_text(WAITING)
    finally:
        desk.start()
    page.reload()
    expect(replies(page)).to_have_count(2, timeout=20000)
    assert stored(desk) == ["Who handles visas?", "How can I contact the press office?"]


def test_a_message_survives_a_restart_of_the_server_without_a_reload(visit: Visit, desk: Desk) -> None:
    page = visit()
    start(page)
    desk.stop()
    try:
        ask(page, "Who handles visas?")
        expect(page.locator("embassy-chat .hint")).to_have_text(WAITING)
    finally:
        desk.start()
    expect(replies(page)).to_have_count(1, timeout=20000)
    assert stored(desk) == ["Who handles visas?"]


def test_an_answer_that_got_lost_is_asked_for_again_and_given_once(visit: Visit, desk: Desk) -> None:
    page = visit()
    desk.seen.after = True
    desk.seen.rule = failing(2, HTMLResponse("<h1>Bad gateway</h1>", 502))
    start(page)
    ask(page, "Who handles visas?")
    expect(replies(page)).to_have_count(1, timeout=20000)
    sent = desk.seen.posted(MESSAGES)
    assert len(sent) == 3
    assert len({body["metadata"]["message_id"] for body in sent}) == 1
    assert stored(desk) == ["Who handles visas?"]


def test_an_answer_that_got_lost_with_the_page_is_given_after_the_reload(visit: Visit, desk: Desk) -> None:
    page = visit()
    desk.seen.after = True
    desk.seen.rule = failing(1, HTMLResponse("", 502))
    start(page)
    ask(page, "Who handles visas?")
    expect(page.locator("embassy-chat .hint")).to_have_count(1)
    page.reload()
    expect(replies(page)).to_have_count(1)
    assert stored(desk) == ["Who handles visas?"]


def test_a_busy_server_is_left_alone_as_long_as_it_asks_and_its_words_are_shown(visit: Visit, desk: Desk) -> None:
    page = visit()
    desk.seen.rule = failing(1, problem(503, 3))
    start(page)
    ask(page, "Who handles visas?")
    expect(page.locator("embassy-chat .hint")).to_have_text("Many people are writing just now.")
    page.evaluate("dispatchEvent(new Event('online'))")
    page.wait_for_timeout(1800)
    assert len(desk.seen.posted(MESSAGES)) == 1, "not even a line that is back cuts the pause short"
    expect(replies(page)).to_have_count(1, timeout=10000)
    assert len(desk.seen.posted(MESSAGES)) == 2


def test_a_message_that_is_refused_says_why_and_holds_up_no_other(visit: Visit, desk: Desk) -> None:
    page = visit()
    body = {"error": {"code": "message_too_long", "message": "Please shorten it."}}
    desk.seen.rule = failing(1, JSONResponse(body, 413))
    start(page)
    ask(page, "Who handles visas?")
    expect(page.locator("embassy-chat .error")).to_have_text("Please shorten it.")
    ask(page, "How can I contact the press office?")
    expect(replies(page)).to_have_count(1)
    page.reload()
    expect(page.locator("embassy-chat .error")).to_have_text("Please shorten it.")
    assert len(desk.seen.posted(MESSAGES)) == 2


def test_history_survives_a_reload_and_shows_in_another_tab(visit: Visit, desk: Desk) -> None:
    page = visit()
    other = page.context.new_page()
    other.goto(page.url)
    start(page)
    ask(page, "Who handles visas?")
    expect(replies(page)).to_have_count(1)
    expect(replies(other)).to_have_count(1)
    page.reload()
    expect(replies(page)).to_contain_text("Consular Section")
    page.wait_for_timeout(300)
    assert len(desk.seen.posted(MESSAGES)) == 1
    assert len(desk.seen.posted("/conversations")) == 1


def test_erasing_without_a_line_is_told_to_the_server_later_and_nobody_is_told_that_it_was_before(
    visit: Visit, page: Page, desk: Desk
) -> None:
    page.context.add_init_script(LISTEN)
    visit()
    start(page)
    ask(page, "Who handles visas?")
    expect(replies(page)).to_have_count(1)
    sender = desk.seen.posted(MESSAGES)[0]["sender"]
    page.context.set_offline(True)
    erase(page)
    expect(replies(page)).to_have_count(0)
    expect(page.get_by_role("alert")).to_have_text(GONE)
    page.wait_for_timeout(300)
    assert desk.store.turns(sender)
    assert ERASED not in page.evaluate("heard")
    page.context.set_offline(False)
    with_retry(page, lambda: not desk.store.turns(sender))
    expect(page.get_by_role("alert")).to_have_count(0)
    with_retry(page, lambda: page.evaluate("heard").count(ERASED) == 1)


def test_after_a_reload_and_in_another_tab_it_is_still_said_what_the_server_has(visit: Visit, desk: Desk) -> None:
    page = visit()
    start(page)
    ask(page, "Who handles visas?")
    expect(replies(page)).to_have_count(1)
    desk.seen.rule = lambda path: problem(503, 2) if path == FORGET else None
    erase(page)
    expect(page.get_by_role("alert")).to_have_text(GONE)
    page.reload()
    other = page.context.new_page()
    other.goto(page.url)
    launcher(other).click() if launcher(other).is_visible() else None
    for each in (page, other):
        expect(each.get_by_role("alert")).to_have_text(GONE)
    desk.seen.rule = None
    for each in (page, other):
        expect(each.get_by_role("alert")).to_have_count(0)


def test_what_the_server_never_knew_is_erased_at_once(visit: Visit, page: Page) -> None:
    page.context.add_init_script(LISTEN)
    visit()
    start(page)
    page.context.set_offline(True)
    ask(page, "Who handles visas?")
    expect(page.locator("embassy-chat .hint")).to_have_text(WAITING)
    erase(page)
    with_retry(page, lambda: ERASED in page.evaluate("heard"))
    expect(page.get_by_role("alert")).to_have_count(0)


def test_it_works_where_storage_is_forbidden(visit: Visit, page: Page) -> None:
    page.add_init_script(
        "Object.defineProperty(window, 'localStorage', {get() { throw new DOMException('no', 'SecurityError') }})"
    )
    visit()
    start(page)
    ask(page, "Who handles visas?")
    expect(replies(page)).to_have_count(1)


@pytest.mark.parametrize(
    "nonsense",
    [
        "{",
        "null",
        '{"turns": 5}',
        '[{"turns": []}]',
        '{"turns": [null], "jobs": [7]}',
        '{"turns": [{"id": 1, "at": "x", "replies": [{}]}], "jobs": []}',
    ],
)
def test_it_works_where_storage_holds_nonsense(visit: Visit, page: Page, desk: Desk, nonsense: str) -> None:
    page.add_init_script(f"localStorage.setItem('embassy-chat:{desk.url}/', {nonsense!r})")
    visit()
    start(page)
    ask(page, "Who handles visas?")
    expect(replies(page)).to_have_count(1)


def test_it_works_where_storage_is_full(visit: Visit, page: Page) -> None:
    page.add_init_script("Storage.prototype.setItem = () => { throw new DOMException('full', 'QuotaExceededError') }")
    visit()
    start(page)
    ask(page, "Who handles visas?")
    expect(replies(page)).to_have_count(1)
    expect(field(page)).to_be_focused()
    assert launcher(page).is_hidden()


def with_retry(page: Page, done: Callable[[], Any]) -> None:
    for _ in range(50):
        if done():
            return
        page.wait_for_timeout(100)
    raise AssertionError("it did not happen within five seconds")


@pytest.mark.parametrize("locks", [True, False], ids=["locks", "no locks, as on plain http"])
def test_two_tabs_that_begin_at_once_begin_one_conversation(visit: Visit, page: Page, desk: Desk, locks: bool) -> None:
    if not locks:
        page.context.add_init_script("Object.defineProperty(navigator, 'locks', {value: undefined})")
    visit()
    other = page.context.new_page()
    other.goto(page.url)
    page.context.set_offline(True)
    for tab, question in ((page, "Who handles visas?"), (other, "How can I contact the press office?")):
        start(tab)
        ask(tab, question)
        expect(tab.locator("embassy-chat .hint").last).to_have_text(WAITING)
    desk.seen.rule = lambda path: time.sleep(0.3) if path == "/conversations" else None
    page.context.set_offline(False)
    for tab in (page, other):
        expect(replies(tab)).to_have_count(2)
        tab.wait_for_timeout(500)
    (sender,) = {body["sender"] for body in desk.seen.posted(MESSAGES)}
    assert sorted(turn.text for turn in desk.store.turns(sender)) == [
        "How can I contact the press office?", "Who handles visas?"
    ]  # fmt: skip
    assert page.evaluate("JSON.parse(Object.values(localStorage)[0]).sender") == sender


def test_that_a_message_waits_can_be_seen(visit: Visit) -> None:
    page = visit()
    start(page)
    for count in (1, 2, 3):
        ask(page, "How can I contact the press office?")
        expect(replies(page)).to_have_count(count)
    page.context.set_offline(True)
    ask(page, "Who handles visas?")
    hint = page.locator("embassy-chat .hint")
    expect(hint).to_have_text(WAITING)
    expect(hint).to_be_in_viewport(ratio=0.9)


def test_requests_are_in_the_panel_s_language_not_the_browser_s(visit: Visit, page: Page) -> None:
    asked: list[tuple[str, str]] = []
    page.on("request", lambda request: asked.append((request.method, request.headers.get("accept-language", ""))))
    visit('data-language="fr"')
    start(page)
    ask(page, "Qui s'occupe des visas ?")
    expect(replies(page)).to_have_count(1)
    assert [language for method, language in asked if method == "POST"] == ["fr", "fr"]


def test_a_notice_stands_under_messages_of_its_language_only(visit: Visit, desk: Desk) -> None:
    page = visit()
    page.context.set_offline(True)
    start(page)
    ask(page, "Who handles visas?")
    page.get_by_role("button", name="Français").click()
    ask(page, "Qui s'occupe des visas ?")
    desk.seen.rule = failing(1, problem(429, 3))
    page.context.set_offline(False)
    hints = page.locator("embassy-chat .hint")
    expect(hints.first).to_have_text("Many people are writing just now.")
    expect(hints.last).to_have_text("En attente de connexion. Votre message partira tout seul.")


FORBIDDEN = HTMLResponse("<h1>Forbidden</h1>", 403)
"""What a proxy or a firewall says in its own words."""
QUICK = "Math.random = () => -0.9"
"""Makes the pauses between tries twenty times shorter."""


def test_a_refusal_in_words_not_ours_holds_up_no_other_for_ever(visit: Visit, page: Page, desk: Desk) -> None:
    page.add_init_script(QUICK)
    visit()
    desk.seen.rule = failing(5, FORBIDDEN)
    start(page)
    ask(page, "Who handles visas?")
    ask(page, "How can I contact the press office?")
    expect(replies(page)).to_have_count(1, timeout=20000)
    expect(page.locator("embassy-chat .error")).to_have_text("This message could not be answered.")
    assert stored(desk) == ["How can I contact the press office?"]


def test_a_refusal_in_words_not_ours_that_passes_loses_nothing(visit: Visit, page: Page, desk: Desk) -> None:
    page.add_init_script(QUICK)
    visit()
    desk.seen.rule = failing(4, FORBIDDEN)
    start(page)
    ask(page, "Who handles visas?")
    expect(replies(page)).to_have_count(1, timeout=20000)
    assert stored(desk) == ["Who handles visas?"]


def erase(page: Page) -> None:
    page.get_by_role("button", name="Erase the conversation").click()
    page.get_by_role("button", name="Erase", exact=True).click()


def test_erasing_breaks_off_what_is_on_its_way_and_is_told_at_once(visit: Visit, desk: Desk) -> None:
    page = visit()
    start(page)
    ask(page, "Who handles visas?")
    expect(replies(page)).to_have_count(1)
    held: list[Any] = []
    page.route(f"**{MESSAGES}", lambda route: held.append(route))
    ask(page, "How can I contact the press office?")
    with_retry(page, lambda: held)
    expect(page.locator("embassy-chat .typing")).to_be_visible()
    erase(page)
    expect(page.locator("embassy-chat .typing")).not_to_be_visible()
    sender = desk.seen.posted(MESSAGES)[0]["sender"]
    with_retry(page, lambda: FORGET in desk.seen.done)
    assert desk.seen.posted(FORGET) == [{"sender": sender}]
    assert desk.store.turns(sender) == []
    page.unroute(f"**{MESSAGES}")
    ask(page, "Who handles visas?")
    expect(replies(page)).to_have_count(1)
    assert desk.seen.posted(MESSAGES)[-1]["sender"] != sender


def test_of_what_the_server_was_answering_when_it_was_erased_nothing_is_kept(visit: Visit, desk: Desk) -> None:
    page = visit()
    start(page)
    desk.seen.rule = lambda path: time.sleep(1) if path == MESSAGES else None
    ask(page, "Who handles visas?")
    with_retry(page, lambda: desk.seen.posted(MESSAGES))
    erase(page)
    with_retry(page, lambda: FORGET in desk.seen.done and MESSAGES in desk.seen.done)
    assert desk.store.turns(desk.seen.posted(MESSAGES)[0]["sender"]) == []
    assert replies(page).count() == 0
