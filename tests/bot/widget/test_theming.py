"""A page gives the chat its own look and place, by custom properties, parts and attributes."""

from __future__ import annotations

from collections.abc import Callable

from playwright.sync_api import Page, expect

from tests.bot.conftest import field, launcher

STYLE = "(element, name) => getComputedStyle(element)[name]"


def test_custom_properties_and_parts_style_it(visit: Callable[..., Page]) -> None:
    head = (
        "<style>embassy-chat { --embassy-chat-accent: rgb(10, 120, 60); --embassy-chat-surface: rgb(250, 250, 240);"
        " --embassy-chat-radius: 3px } embassy-chat::part(launcher) { font-style: italic }"
        " embassy-chat::part(header) { letter-spacing: 2px }</style>"
    )
    page = visit(head=head)
    assert launcher(page).evaluate(STYLE, "backgroundColor") == "rgb(10, 120, 60)"
    assert launcher(page).evaluate(STYLE, "fontStyle") == "italic"
    launcher(page).click()
    panel = page.locator("embassy-chat [part=panel]")
    assert panel.evaluate(STYLE, "backgroundColor") == "rgb(250, 250, 240)"
    assert panel.evaluate(STYLE, "borderRadius") == "3px"
    assert page.locator("embassy-chat [part=header]").evaluate(STYLE, "letterSpacing") == "2px"


def test_it_stands_on_the_side_that_the_page_chooses(visit: Callable[..., Page]) -> None:
    for more, left in (('data-position="left"', True), ("", False)):
        page = visit(more)
        for find in (launcher(page), page.locator("embassy-chat [part=panel]")):
            find.wait_for()
            box = find.bounding_box()
            assert box is not None and (box["x"] < 100) == left
            if find.get_attribute("part") == "launcher":
                find.click()
        page.evaluate("localStorage.clear()")


def test_title_language_and_openness_are_the_page_s(visit: Callable[..., Page]) -> None:
    page = visit('data-title="Front desk of Ys" data-language="fr" data-open')
    expect(page.locator("embassy-chat h2")).to_have_text("Front desk of Ys")
    expect(field(page)).to_have_attribute("placeholder", "Votre question")
    assert page.evaluate("document.activeElement === document.body"), "opening by itself takes no focus"
