"""The page at ``/``: in both languages, with the line to copy, and of use without JavaScript."""

from __future__ import annotations

import pytest
from playwright.sync_api import Browser, Page, expect

from bot.pages import unbroken
from bot.pages.language import preferred
from tests.bot.conftest import ask, field, launcher, replies
from tests.bot.widget.server import Desk


@pytest.mark.parametrize(
    ("query", "language", "button", "faq"),
    [
        ("?language=fr", "fr", "Poser une question", "/faq/fr"),
        ("?language=en", "en", "Ask a question", "/faq"),
    ],
)
def test_it_speaks_the_language_asked_for(
    page: Page, desk: Desk, query: str, language: str, button: str, faq: str
) -> None:
    page.goto(f"{desk.url}/{query}")
    assert page.locator("html").get_attribute("lang") == language
    assert page.locator(f"a[href='{faq}']").count() >= 1
    assert page.locator(f".grid a[href^='{faq}#']").count() == 12
    assert not any(leak in page.content() for leak in ("{{", "built-in method", "bound method", "Undefined"))
    page.get_by_role("button", name=button).click()
    expect(field(page)).to_be_focused()
    ask(page, "Qui s'occupe des visas ?" if language == "fr" else "Who handles visas?")
    expect(replies(page)).to_have_attribute("lang", language)


def test_the_line_can_be_copied(page: Page, desk: Desk) -> None:
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    page.goto(f"{desk.url}/?language=en")
    page.get_by_role("button", name="Copy", exact=True).click()
    expect(page.get_by_role("status").first).to_have_text("Copied.")
    line = page.evaluate("navigator.clipboard.readText()")
    assert line == f'<script src="{desk.url}/widget.js" defer></script>'


def test_without_javascript_it_leads_to_all_answers(browser: Browser, desk: Desk) -> None:
    context = browser.new_context(java_script_enabled=False, locale="fr-FR")
    page = context.new_page()
    page.goto(desk.url)
    expect(page.get_by_role("button")).to_have_count(0)
    page.locator("noscript a").click()
    assert page.url == f"{desk.url}/faq/fr"
    context.close()


def test_a_host_made_of_markup_stays_text(desk: Desk) -> None:
    from bot.knowledge.live import live_knowledge
    from bot.pages.start import start_page

    knowledge = live_knowledge(desk.app.state.desk.settings.knowledge.resolve()).current()
    assert "<b>" not in start_page(knowledge, "en", "http://<b>x</b>/")


@pytest.mark.parametrize(
    ("query", "accepted", "language"),
    [
        ("", "en-GB,en;q=0.9,fr;q=0.5", "en"),
        ("", "fr-ML", "fr"),
        ("", "de,bm", "fr"),
        ("?language=xx", "en", "en"),
        ("?language=fr", "en", "fr"),
        ("?language=en", "fr", "en"),
    ],
)
def test_the_address_goes_before_the_browser_s_language_and_that_before_the_post_s(
    page: Page, desk: Desk, query: str, accepted: str, language: str
) -> None:
    response = page.request.get(f"{desk.url}/{query}", headers={"Accept-Language": accepted})
    assert f'<html lang="{language}">' in response.text()
    assert "Accept-Language" in response.headers["vary"]


@pytest.mark.parametrize(
    ("accepted", "language"),
    [
        ("fr;q=0.4, EN-us ; q=0.8", "en"),
        ("fr, en", "fr"),
        ("en;q=0, fr;q=0.1", "fr"),
        ("en;q=0", None),
        ("*", None),
        ("", None),
        ("en;q=nonsense", "en"),
        (";;;,,,q=", None),
        ("de-fr", None),
    ],
)
def test_the_best_language_of_a_browser_is_taken(accepted: str, language: str | None) -> None:
    assert preferred(accepted, ("fr", "en")) == language


@pytest.mark.parametrize(("language", "name"), [("en", "Copy"), ("fr", "Copier")])
def test_every_button_says_what_it_does(page: Page, desk: Desk, language: str, name: str) -> None:
    page.goto(f"{desk.url}/?language={language}")
    expect(page.locator("#copy")).to_have_text(name)


@pytest.mark.parametrize("language", ["en", "fr"])
def test_on_a_small_phone_the_chat_s_button_covers_none_of_the_page_s(page: Page, desk: Desk, language: str) -> None:
    page.set_viewport_size({"width": 320, "height": 568})
    page.goto(f"{desk.url}/?language={language}")
    expect(page.locator("#ask")).to_be_visible()
    chat = launcher(page).bounding_box()
    for action in page.locator(".actions > *").all():
        box = action.bounding_box()
        assert box["y"] + box["height"] <= chat["y"] or box["x"] + box["width"] <= chat["x"]


def test_in_french_no_line_begins_with_a_lone_mark(page: Page, desk: Desk) -> None:
    assert (
        unbroken("« Quoi ? » : oui ! non ; 10 : 30")
        == "«\u00a0Quoi\u00a0?\u00a0»\u00a0: oui\u00a0! non\u00a0; 10\u00a0: 30"
    )
    assert unbroken(7) == 7
    for path in ("/?language=fr", "/faq/fr"):
        page.goto(desk.url + path)
        words = page.locator("main").evaluate("e => e.textContent")
        assert "\u00a0" in words
        assert not any(f" {mark}" in words for mark in "?!:;»")
