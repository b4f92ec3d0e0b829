"""Everybody can use the widget: axe-core in every state, and what no tool checks."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect
from starlette.responses import JSONResponse

from tests.bot.conftest import SITE, SNIPPET, ask, field, findings, launcher, replies, start
from tests.bot.widget.server import MESSAGES, Desk, Site

QUESTION = {"en": "training", "fr": "formation"}
LONG = {"en": "What can you do?", "fr": "Que peux-tu faire ?"}
CONTACT = {"en": "How can I contact the press office?", "fr": "Comment contacter le bureau de presse ?"}


def closed(page: Page, language: str, desk: Desk) -> None:
    expect(launcher(page)).to_be_visible()


def opened(page: Page, language: str, desk: Desk) -> None:
    start(page)


def waiting(page: Page, language: str, desk: Desk) -> None:
    start(page)
    page.context.set_offline(True)
    ask(page, CONTACT[language])
    expect(page.locator("embassy-chat .hint")).to_be_visible()


def error(page: Page, language: str, desk: Desk) -> None:
    refusal = JSONResponse({"error": {"code": "x", "message": "No."}}, 400)
    desk.seen.rule = lambda path: refusal if path == MESSAGES else None
    start(page)
    ask(page, CONTACT[language])
    expect(page.locator("embassy-chat .error")).to_be_visible()


def buttons(page: Page, language: str, desk: Desk) -> None:
    start(page)
    ask(page, QUESTION[language])
    expect(replies(page).locator("[part=choices]")).to_be_visible()


def long_answer(page: Page, language: str, desk: Desk) -> None:
    start(page)
    ask(page, LONG[language])
    ask(page, CONTACT[language])
    expect(replies(page)).to_have_count(2)
    page.locator("embassy-chat .tools > button").last.click()
    page.get_by_role("button", name={"en": "Erase the", "fr": "Effacer la"}[language]).click()


def too_long(page: Page, language: str, desk: Desk) -> None:
    start(page).fill("x" * 1001)
    expect(page.get_by_role("alert")).to_be_visible()


def erased_here(page: Page, language: str, desk: Desk) -> None:
    opened(page, language, desk)
    ask(page, CONTACT[language])
    expect(replies(page)).to_have_count(1)
    page.context.set_offline(True)
    page.get_by_role("button", name={"en": "Erase the", "fr": "Effacer la"}[language]).click()
    page.get_by_role("button", name={"en": "Erase", "fr": "Effacer"}[language], exact=True).click()
    expect(page.get_by_role("alert")).to_be_visible()


STATES = {f.__name__: f for f in (closed, opened, waiting, error, buttons, long_answer, too_long, erased_here)}


@pytest.fixture
def look(browser: Browser, desk: Desk, site: Site) -> Iterator[Callable[..., Page]]:
    contexts: list[BrowserContext] = []

    def go(language: str = "en", width: int = 1280, height: int = 800, **more: Any) -> Page:
        context = browser.new_context(viewport={"width": width, "height": height}, **more)
        context.set_default_timeout(10000)
        contexts.append(context)
        page = context.new_page()
        site.headers = {}
        snippet = SNIPPET.format(url=desk.url, more=f'data-language="{language}"')
        site.html = SITE.format(lang=language, head='<meta name="viewport" content="width=device-width">' + snippet)
        page.goto(site.url)
        page.locator("embassy-chat").wait_for(state="attached")
        return page

    yield go
    for context in contexts:
        context.close()


@pytest.mark.parametrize("width", [1280, 320])
@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("language", ["en", "fr"])
@pytest.mark.parametrize("state", STATES)
def test_axe_finds_nothing(
    look: Callable[..., Page], desk: Desk, node: Path, state: str, language: str, scheme: str, width: int
) -> None:
    page = look(language, width=width, height=640, color_scheme=scheme, reduced_motion="reduce")
    STATES[state](page, language, desk)
    assert findings(page, node) == []


def test_axe_does_find_what_is_wrong(look: Callable[..., Page], node: Path) -> None:
    page = look()
    start(page)
    page.evaluate("document.querySelector('embassy-chat').shadowRoot.querySelector('textarea').ariaLabel = ''")
    page.evaluate(
        "(t => { t.removeAttribute('title'); t.placeholder = '' })"
        "(document.querySelector('embassy-chat').shadowRoot.querySelector('textarea'))"
    )
    assert any(finding.startswith("label") for finding in findings(page, node))


@pytest.mark.parametrize("language", ["en", "fr"])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing_on_the_start_page(
    browser: Browser, desk: Desk, node: Path, language: str, scheme: str
) -> None:
    context = browser.new_context(color_scheme=scheme)
    page = context.new_page()
    # The page's own Content-Security-Policy lets nobody put a script in, but the tools may.
    page.goto(f"{desk.url}/?language={language}")
    page.get_by_role("button").first.wait_for()
    assert findings(page, node) == []
    context.close()


def test_a_screen_reader_hears_each_reply_once(look: Callable[..., Page]) -> None:
    page = look("fr")
    start(page)
    page.evaluate(
        """() => {
          const root = document.querySelector('embassy-chat').shadowRoot;
          window.heard = [];
          const hear = node => heard.push([node.lang, node.textContent]);
          new MutationObserver(list => list.forEach(m => m.addedNodes.forEach(hear)))
            .observe(root.querySelector('dialog [aria-live=polite]'), {childList: true});
        }"""
    )
    ask(page, CONTACT["fr"])
    expect(replies(page)).to_have_count(1)
    heard = page.evaluate("heard")
    assert [lang for lang, _ in heard] == ["fr"]
    assert heard[0][1] == replies(page).locator("p").first.inner_text()
    log = page.get_by_role("log")
    assert log.get_attribute("aria-live") == "off", "said by the region alone, not twice"
    page.wait_for_timeout(1200)
    assert page.locator("embassy-chat dialog [aria-live=polite] > *").count() == 0


def test_each_message_says_who_spoke_and_when(look: Callable[..., Page]) -> None:
    page = look("fr")
    start(page)
    ask(page, CONTACT["fr"])
    expect(replies(page)).to_have_count(1)
    assert page.locator("embassy-chat .mine .sr").text_content().startswith("Vous, ")
    assert replies(page).locator(".sr").text_content().startswith("Assistant, ")
    assert page.locator("embassy-chat .mine time").get_attribute("datetime")


def test_focus_never_moves_when_a_message_arrives(look: Callable[..., Page]) -> None:
    page = look()
    start(page)
    field(page).fill("Who handles visas?")
    field(page).press("Enter")
    page.locator("#away").focus()
    expect(replies(page)).to_have_count(1)
    page.wait_for_timeout(200)
    assert page.evaluate("document.activeElement.id") == "away"


@pytest.mark.parametrize("width", [1280, 320])
def test_targets_are_large_and_inputs_are_16_pixels(look: Callable[..., Page], width: int) -> None:
    page = look(width=width)
    start(page)
    ask(page, QUESTION["en"])
    ask(page, CONTACT["en"])
    expect(replies(page)).to_have_count(2)
    replies(page).last.get_by_role("button", name="Not helpful").click()
    small = page.evaluate(
        """() => [...document.querySelector('embassy-chat').shadowRoot
            .querySelectorAll('button, input, textarea, li a')]
          .map(e => [e.ariaLabel || e.textContent, e.getBoundingClientRect(), getComputedStyle(e).fontSize])
          .filter(([, r, size]) => r.width && (r.width < 44 || r.height < 44 || parseFloat(size) < 16))
          .map(([name, r, size]) => `${name} ${r.width}x${r.height} ${size}`)"""
    )
    assert small == []


@pytest.mark.parametrize("language", ["en", "fr"])
@pytest.mark.parametrize(("width", "height"), [(320, 560), (640, 400), (320, 256)])
def test_nothing_is_cut_off_on_a_small_or_enlarged_screen(
    look: Callable[..., Page], language: str, width: int, height: int
) -> None:
    """640 × 400 is a common laptop at 200 %, 320 × 256 at 400 %."""
    page = look(language, width=width, height=height)
    start(page)
    ask(page, QUESTION[language])
    ask(page, CONTACT[language])
    expect(replies(page)).to_have_count(2)
    wide = page.evaluate(
        """() => { const r = document.querySelector('embassy-chat').shadowRoot;
          return [...r.querySelectorAll('dialog, [part=log], [part=header], .form, .theirs, .theirs *:not(.sr, .sr *)')]
            .filter(e => e.clientWidth && e.scrollWidth > e.clientWidth + 1).map(e => e.className || e.tagName) }"""
    )
    assert wide == []
    for part in ("textarea", "[part=send]", ".head"):
        box = page.locator(f"embassy-chat {part}").first.bounding_box()
        assert box and box["y"] >= 0 and box["y"] + box["height"] <= height, part


def test_on_a_phone_the_chat_fills_the_screen_and_the_rest_is_out_of_reach(look: Callable[..., Page]) -> None:
    page = look(width=390, height=780)
    start(page)
    box = page.locator("embassy-chat dialog").bounding_box()
    assert box == {"x": 0, "y": 0, "width": 390, "height": 780}
    assert page.evaluate("document.querySelector('embassy-chat').shadowRoot.querySelector('dialog').matches(':modal')")
    page.evaluate("document.getElementById('away').focus()")
    assert page.evaluate("document.activeElement.id") != "away", "the rest is inert"
    page.keyboard.press("Escape")
    expect(launcher(page)).to_be_focused()


def test_turning_the_phone_or_zooming_keeps_the_chat_open_and_the_focus(look: Callable[..., Page]) -> None:
    page = look()
    start(page)
    for width, modal in ((390, True), (1280, False)):
        page.set_viewport_size({"width": width, "height": 780})
        page.wait_for_timeout(200)
        assert page.locator("embassy-chat dialog").is_visible()
        assert page.locator("embassy-chat dialog").evaluate("d => d.matches(':modal')") is modal
        expect(field(page)).to_be_focused()
        expect(launcher(page)).not_to_be_visible()


@pytest.mark.parametrize(
    ("motion", "scrolling", "dots"), [("reduce", "auto", "none"), ("no-preference", "smooth", "beat")]
)
def test_nothing_moves_where_motion_is_reduced(
    look: Callable[..., Page], desk: Desk, motion: str, scrolling: str, dots: str
) -> None:
    page = look(reduced_motion=motion)
    start(page)
    assert page.locator("embassy-chat [part=log]").evaluate("e => getComputedStyle(e).scrollBehavior") == scrolling
    assert page.locator("embassy-chat .typing").evaluate("e => getComputedStyle(e).animationName") == dots


def test_forced_colours_keep_every_edge(look: Callable[..., Page]) -> None:
    page = look(forced_colors="active")
    edge = launcher(page).evaluate("e => getComputedStyle(e).borderTopWidth + getComputedStyle(e).borderTopStyle")
    assert edge == "1pxsolid"
    start(page)
    ask(page, "Who handles visas?")
    expect(replies(page)).to_have_count(1)
    assert replies(page).evaluate("e => getComputedStyle(e).borderTopStyle") == "solid"


@pytest.mark.parametrize("language", ["en", "fr"])
def test_the_reason_of_a_thumb_stays_in_its_bubble(look: Callable[..., Page], language: str) -> None:
    page = look(language, width=320, height=568)
    start(page)
    ask(page, CONTACT[language])
    expect(replies(page)).to_have_count(1)
    replies(page).locator("button[aria-pressed]").last.click()
    bubble, reason = replies(page).bounding_box(), replies(page).locator("input").bounding_box()
    assert bubble and reason
    assert reason["x"] >= bubble["x"] + 8
    assert reason["x"] + reason["width"] <= bubble["x"] + bubble["width"] - 8


@pytest.mark.parametrize("language", ["en", "fr"])
def test_on_a_phone_the_title_leaves_room(look: Callable[..., Page], language: str) -> None:
    page = look(language, width=360, height=640)
    start(page)
    height = page.locator("embassy-chat h2").evaluate(
        "e => e.offsetHeight / parseFloat(getComputedStyle(e).lineHeight)"
    )
    assert height < 2.1, "at most two lines"


def test_enlarging_with_two_fingers_leaves_the_panel_its_size(look: Callable[..., Page]) -> None:
    page = look(width=390, height=780, is_mobile=True, has_touch=True)
    start(page)
    session = page.context.new_cdp_session(page)
    session.send("Emulation.setPageScaleFactor", {"pageScaleFactor": 2})
    page.wait_for_function("visualViewport.scale === 2")
    page.wait_for_timeout(200)
    assert page.locator("embassy-chat dialog").evaluate("e => e.offsetHeight") == 780


def test_a_keyboard_on_the_screen_makes_the_panel_lower(look: Callable[..., Page]) -> None:
    page = look(width=390, height=780)
    start(page)
    page.evaluate(
        "() => { Object.defineProperty(visualViewport, 'height', {value: 400});"
        " visualViewport.dispatchEvent(new Event('resize')) }"
    )
    assert page.locator("embassy-chat dialog").evaluate("e => e.offsetHeight") == 400
