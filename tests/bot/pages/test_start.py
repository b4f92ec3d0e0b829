"""The page at ``/``: in both languages, with the line to copy, and of use without JavaScript."""

from __future__ import annotations

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.bot.conftest import ask, field, replies
from tests.bot.widget.server import Desk


@pytest.mark.parametrize(
    ("query", "language", "button", "faq"),
    [
        ("", "fr", "Poser une question", "/faq/fr"),
        ("?language=fr", "fr", "Poser une question", "/faq/fr"),
        ("?language=en", "en", "Ask a question", "/faq"),
        ("?language=xx", "fr", "Poser une question", "/faq/fr"),
    ],
)
def test_it_speaks_the_language_asked_for(
    page: Page, desk: Desk, query: str, language: str, button: str, faq: str
) -> None:
    page.goto(f"{desk.url}/{query}")
    assert page.locator("html").get_attribute("lang") == language
    assert page.locator(f"a[href='{faq}']").count() >= 1
    assert page.locator(f".grid a[href^='{faq}#']").count() == 12
    assert "{{" not in page.content()
    page.get_by_role("button", name=button).click()
    expect(field(page)).to_be_focused()
    ask(page, "Qui s'occupe des visas ?" if language == "fr" else "Who handles visas?")
    expect(replies(page)).to_have_attribute("lang", language)


def test_the_line_can_be_copied(page: Page, desk: Desk) -> None:
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    page.goto(f"{desk.url}/?language=en")
    page.get_by_role("button", name="Copy").click()
    expect(page.get_by_role("status").first).to_have_text("Copied.")
    line = page.evaluate("navigator.clipboard.readText()")
    assert line == f'<script src="{desk.url}/widget.js" defer></script>'


def test_without_javascript_it_leads_to_all_answers(browser: Browser, desk: Desk) -> None:
    context = browser.new_context(java_script_enabled=False)
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
