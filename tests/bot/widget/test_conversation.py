"""A whole conversation in a real browser with the real application."""

from __future__ import annotations

import re
from collections.abc import Callable

from playwright.sync_api import Page, expect

from tests.bot.conftest import ask, field, launcher, replies, start
from tests.bot.widget.server import MESSAGES, Desk

Visit = Callable[..., Page]


def focused(page: Page) -> str:
    return page.evaluate(
        "() => { const a = document.activeElement?.shadowRoot?.activeElement ?? document.activeElement;"
        " return a.getAttribute('part') || a.getAttribute('aria-label') || a.textContent || a.tagName }"
    )


def test_a_question_gets_its_answer(visit: Visit) -> None:
    page = visit()
    start(page)
    ask(page, "Who handles visas?")
    expect(replies(page)).to_have_count(1)
    expect(replies(page)).to_contain_text("Consular Section")
    assert replies(page).get_attribute("lang") == "en"


def test_a_whole_conversation_by_keyboard(visit: Visit) -> None:
    page = visit()
    page.keyboard.press("Tab")
    assert focused(page) == "A link"
    page.keyboard.press("Tab")
    assert focused(page) == "launcher"
    page.keyboard.press("Enter")
    assert focused(page) == "input"
    page.keyboard.type("training")
    page.keyboard.press("Enter")
    expect(replies(page)).to_have_count(1)
    assert focused(page) == "input", "focus stays where the person writes"
    choice = replies(page).locator("[part=choices] button").first
    words = choice.inner_text()
    for _ in range(12):
        page.keyboard.press("Shift+Tab")
        if focused(page) == words:
            break
    else:
        raise AssertionError(f"the keyboard does not reach '{words}'")
    page.keyboard.press("Enter")
    expect(replies(page)).to_have_count(2)
    assert focused(page) == words
    page.keyboard.press("Escape")
    assert focused(page) == "launcher"
    expect(page.locator("embassy-chat dialog")).not_to_be_visible()


def test_several_questions_get_several_answers_each_in_its_language(visit: Visit) -> None:
    page = visit('data-language="fr"')
    start(page)
    ask(page, "Qui s'occupe des visas ? Et le téléphone du bureau de presse ?")
    expect(replies(page)).to_have_count(2)
    for item in replies(page).all():
        assert item.get_attribute("lang") == "fr"
    ask(page, "Who handles visas?")
    expect(replies(page)).to_have_count(3)
    assert replies(page).last.get_attribute("lang") == "en"
    expect(field(page)).to_have_attribute("placeholder", "Your question")


def test_contacts_can_be_tapped_and_copied(visit: Visit) -> None:
    page = visit()
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    start(page)
    ask(page, "How can I contact the press office?")
    card = replies(page).locator("[part=card]")
    expect(card.locator("a[href='tel:+22320702424']")).to_have_text("+223 2070 2424")
    expect(card.locator("a[href^='mailto:']")).to_have_text("fanei@state.gov")
    card.get_by_role("button", name="Copy +223 2070 2424").click()
    assert page.evaluate("navigator.clipboard.readText()") == "+223 2070 2424"
    said = card.get_by_text("Copied.")
    expect(said).to_be_visible()
    expect(card.locator("li", has_text="2424").locator("svg")).not_to_be_visible()
    expect(said).to_have_count(0)
    expect(card.locator("li", has_text="2424").locator("svg")).to_be_visible()


def test_an_answer_names_its_source_and_when_it_was_checked(visit: Visit, desk: Desk) -> None:
    page = visit()
    start(page)
    ask(page, "Who handles visas?")
    line = replies(page).locator(".source")
    assert re.search(r"checked on \d+ \w+ \d{4}|checked on \w+ \d+, \d{4}", line.inner_text())
    href = line.locator("a").get_attribute("href")
    assert href.startswith(f"{desk.url}/faq#consular")
    assert page.context.request.get(href).ok


def test_thumbs_are_kept_taken_back_and_explained(visit: Visit, desk: Desk) -> None:
    page = visit()
    start(page)
    ask(page, "Who handles visas?")
    down = replies(page).get_by_role("button", name="Not helpful")
    reason = replies(page).get_by_label("What was missing? (optional)")
    expect(reason).to_be_hidden()
    down.click()
    expect(down).to_have_attribute("aria-pressed", "true")
    expect(reason).to_be_visible()
    page.reload()
    expect(down).to_have_attribute("aria-pressed", "true")
    reason.fill("the opening hours")
    reason.press("Enter")
    expect(replies(page)).to_contain_text("Thank you.")
    page.wait_for_timeout(300)
    sender = desk.seen.posted("/feedback")[0]["sender"]
    thumbs = desk.app.state.desk.feedback
    (thumb,) = thumbs.of(sender)
    assert (thumb.helpful, thumb.reason, thumb.entry) == (False, "the opening hours", "consular.visas")
    page.reload()
    launcher(page).click() if launcher(page).is_visible() else None
    down = replies(page).get_by_role("button", name="Not helpful")
    expect(down).to_have_attribute("aria-pressed", "true")
    expect(reason).to_be_hidden()
    down.click()
    expect(down).to_have_attribute("aria-pressed", "false")
    page.wait_for_timeout(300)
    assert thumbs.of(sender) == []


def test_the_language_can_be_switched_and_is_remembered(visit: Visit) -> None:
    page = visit('data-language="en"')
    start(page)
    page.get_by_role("button", name="Français").click()
    assert focused(page) == "English", "the keyboard stays at the switch"
    expect(field(page)).to_have_attribute("placeholder", "Votre question")
    expect(page.locator("embassy-chat h2")).to_have_text("Ambassade des États-Unis à Bamako")
    page.reload()
    expect(field(page)).to_have_attribute("placeholder", "Votre question")


def test_the_page_s_language_is_taken_where_the_tag_names_none(visit: Visit) -> None:
    page = visit(lang="fr")
    expect(launcher(page)).to_have_text("Une question ?")


def test_clearing_erases_here_and_on_the_server_after_a_question(visit: Visit, desk: Desk) -> None:
    page = visit()
    start(page)
    ask(page, "Who handles visas?")
    expect(replies(page)).to_have_count(1)
    sender = desk.seen.posted("/webhooks/rest/webhook")[0]["sender"]
    assert desk.store.turns(sender)
    eraser = page.get_by_role("button", name="Erase the conversation")
    eraser.click()
    assert focused(page) == "Keep"
    page.keyboard.press("Escape")
    expect(replies(page)).to_have_count(1)
    assert focused(page) == "Erase the conversation"
    eraser.click()
    page.get_by_role("button", name="Erase", exact=True).click()
    expect(replies(page)).to_have_count(0)
    page.wait_for_timeout(500)
    assert desk.store.turns(sender) == []
    page.reload()
    expect(replies(page)).to_have_count(0)
    ask(page, "Who handles visas?")
    expect(replies(page)).to_have_count(1)
    assert desk.seen.posted("/webhooks/rest/webhook")[-1]["sender"] != sender


def test_attributes_of_the_tag_set_title_side_and_opening(visit: Visit) -> None:
    page = visit('data-title="Ask us" data-position="left" data-open')
    expect(page.locator("embassy-chat h2")).to_have_text("Ask us")
    box = page.locator("embassy-chat dialog").bounding_box()
    assert box["x"] < 100
    assert focused(page) == "BODY" or "Welcome" in focused(page), "an open chat does not take the focus"


def test_replies_that_arrive_while_closed_are_counted(visit: Visit, desk: Desk) -> None:
    page = visit()
    start(page)
    field(page).fill("Who handles visas?")
    page.evaluate(
        "() => { const r = document.querySelector('embassy-chat').shadowRoot;"
        " r.querySelector('[part=send]').click(); r.querySelector('dialog').close() }"
    )
    expect(page.locator("embassy-chat [part=badge]")).to_have_text("1")
    expect(launcher(page)).to_have_accessible_name("Questions? (new: 1)")
    launcher(page).click()
    page.keyboard.press("Escape")
    expect(page.locator("embassy-chat [part=badge]")).not_to_be_visible()


def test_in_french_no_line_begins_with_a_lone_mark(visit: Visit) -> None:
    page = visit('data-language="fr"')
    start(page)
    ask(page, "Comment contacter le bureau de presse ?")
    expect(replies(page)).to_have_count(1)
    words = page.evaluate("document.querySelector('embassy-chat').shadowRoot.textContent")
    assert "presse\u00a0?" in words and "Source\u00a0:" in words
    assert not any(f" {mark}" in words for mark in "?!:;»")


def test_a_choice_tapped_twice_is_made_once(visit: Visit, desk: Desk) -> None:
    page = visit()
    start(page)
    ask(page, "training")
    choice = replies(page).locator("[part=choices] button").first
    choice.dblclick()
    expect(replies(page)).to_have_count(2)
    page.wait_for_timeout(500)
    assert len(desk.seen.posted(MESSAGES)) == 2


def test_a_choice_tapped_again_while_it_waits_is_made_once_and_later_again(visit: Visit, desk: Desk) -> None:
    page = visit()
    start(page)
    ask(page, "training")
    choice = replies(page).locator("[part=choices] button").first
    choice.wait_for()
    page.context.set_offline(True)
    choice.click()
    page.wait_for_timeout(1200)
    choice.click()
    expect(page.locator("embassy-chat .mine")).to_have_count(2)
    page.context.set_offline(False)
    expect(replies(page)).to_have_count(2)
    choice.click()
    expect(replies(page)).to_have_count(3)


def test_a_text_that_is_too_long_is_kept_whole_and_said_to_be(visit: Visit, desk: Desk) -> None:
    page = visit()
    start(page)
    text = "word " * 320
    page.keyboard.insert_text(text)
    assert field(page).input_value() == text
    expect(page.get_by_role("alert")).to_have_text("Too long: at most 1000 characters.")
    field(page).press("Enter")
    page.locator("embassy-chat [part=send]").click()
    assert field(page).input_value() == text
    field(page).fill("Who handles visas?")
    expect(page.get_by_role("alert")).not_to_be_visible()
    field(page).press("Enter")
    expect(replies(page)).to_have_count(1)
    assert len(desk.seen.posted(MESSAGES)) == 1


OWN_BUTTON = "document.body.insertAdjacentHTML('beforeend', '<button id=own>Ask</button>')"
OPENS = "document.getElementById('own').onclick = () => document.querySelector('embassy-chat').open()"


def test_closing_gives_the_focus_back_to_the_page_s_own_button(visit: Visit) -> None:
    page = visit()
    page.evaluate(f"{OWN_BUTTON}; {OPENS}")
    page.locator("#own").focus()
    page.keyboard.press("Enter")
    assert focused(page) == "input"
    page.keyboard.press("Escape")
    expect(page.locator("#own")).to_be_focused()
    page.locator("#own").click()
    page.locator("#own").evaluate("button => button.remove()")
    field(page).press("Escape")
    expect(launcher(page)).to_be_focused()
