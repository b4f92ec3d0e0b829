"""Reading aloud and dictation: in the right voice where the browser has it, hidden where not."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from tests.bot.conftest import ask, field, replies, start

Visit = Callable[..., Page]

# Chromium without a desktop has neither voices nor a recogniser, so both are given to it.
VOICES = """
  const voices = [];
  window.spoken = [];
  let changed;
  Object.defineProperty(window, 'speechSynthesis', {value: {
    getVoices: () => voices, cancel() { window.spoken.push('stop') },
    speak(words) { window.spoken.push([words.text.slice(0, 6), words.lang]); window.utterance = words },
    addEventListener(type, listener) { (this.listeners ||= []).push(listener) },
  }});
  window.SpeechSynthesisUtterance = class { constructor(text) { this.text = text } };
  window.addVoice = (lang, localService) => {
    voices.push({lang, localService, name: lang});
    speechSynthesis.listeners.forEach(listener => listener());
  };
"""
RECOGNISER = """
  window.SpeechRecognition = class {
    start() { window.listener = this }
    stop() { this.onend() }
    abort() { window.aborted = (window.aborted || 0) + 1; setTimeout(() => this.onend()) }
  };
"""


@pytest.fixture
def speaking(page: Page, visit: Visit) -> Page:
    page.add_init_script(VOICES + RECOGNISER)
    return visit()


def test_an_answer_is_read_in_a_voice_of_its_language(speaking: Page) -> None:
    page = speaking
    start(page)
    ask(page, "Qui s'occupe des visas ?")
    expect(replies(page)).to_have_count(1)
    aloud = replies(page).locator(".tools > button").first
    expect(aloud).not_to_be_visible()
    page.evaluate("addVoice('en-US', true)")
    expect(aloud).not_to_be_visible()
    page.evaluate("addVoice('fr-CA', false); addVoice('fr-FR', true)")
    expect(aloud).to_be_visible()
    expect(aloud).to_have_accessible_name("Lire à voix haute")
    aloud.click()
    expect(aloud).to_have_attribute("aria-pressed", "true")
    assert page.evaluate("spoken.at(-1)")[1] == "fr-FR", "the voice on the device before one elsewhere"
    aloud.click()
    assert page.evaluate("spoken.at(-1)") == "stop"
    page.evaluate("utterance.onend()")
    expect(aloud).to_have_attribute("aria-pressed", "false")


def test_dictation_writes_into_the_field_and_sends_nothing(speaking: Page) -> None:
    page = speaking
    start(page)
    field(page).fill("Hello,")
    mic = page.get_by_role("button", name="Dictate")
    mic.click()
    expect(mic).to_have_attribute("aria-pressed", "true")
    assert page.evaluate("listener.lang") == "en"
    page.evaluate("listener.onresult({results: [[{transcript: 'who handles visas'}]]})")
    expect(field(page)).to_have_value("Hello, who handles visas")
    mic.click()
    expect(mic).to_have_attribute("aria-pressed", "false")
    assert replies(page).count() == 0


def hear(page: Page, *words: str) -> None:
    page.evaluate("words => listener.onresult({results: words.map(transcript => [{transcript}])})", list(words))


def test_what_is_typed_while_dictating_stays(speaking: Page) -> None:
    page = speaking
    start(page)
    field(page).fill("Hello,")
    page.get_by_role("button", name="Dictate").click()
    field(page).press_sequentially("please tell me")
    hear(page, "who")
    expect(field(page)).to_have_value("Hello, who" + "please tell me")
    field(page).fill("")
    hear(page, "who handles")
    field(page).press_sequentially("?")
    hear(page, "who handles visas")
    assert field(page).input_value().strip() == "who handles visas?"
    field(page).fill("Hello! And")
    hear(page, "who handles visas", "and passports")
    expect(field(page)).to_have_value("Hello! And who handles visas and passports")


@pytest.mark.parametrize(
    ("lang", "button", "words"),
    [("en", "Dictate", "Dictation: no connection."), ("fr", "Dicter", "Dictée\u00a0: pas de connexion.")],
)
def test_dictation_without_a_line_is_said_until_it_is_tried_again(
    page: Page, visit: Visit, lang: str, button: str, words: str
) -> None:
    page.add_init_script(VOICES + RECOGNISER)
    visit(lang=lang)
    start(page)
    mic = page.get_by_role("button", name=button)
    mic.click()
    page.evaluate("listener.onerror({error: 'network'}); listener.onend()")
    expect(page.get_by_role("alert")).to_have_text(words)
    expect(mic).to_have_attribute("aria-pressed", "false")
    mic.click()
    expect(page.get_by_role("alert")).not_to_be_visible()
    page.evaluate("listener.onerror({error: 'network'}); listener.onend()")
    expect(page.get_by_role("alert")).to_be_visible()
    field(page).press_sequentially("W")
    expect(page.get_by_role("alert")).not_to_be_visible()


def test_a_dictated_text_that_is_too_long_is_said_to_be_before_it_is_sent(speaking: Page) -> None:
    page = speaking
    start(page)
    page.get_by_role("button", name="Dictate").click()
    hear(page, "word " * 320)
    expect(page.get_by_role("alert")).to_have_text("Too long: at most 1000 characters.")
    hear(page, "word")
    expect(page.get_by_role("alert")).not_to_be_visible()


def test_dictation_that_is_refused_takes_its_button_away_and_leaves_the_focus_in_the_field(speaking: Page) -> None:
    page = speaking
    start(page)
    mic = page.get_by_role("button", name="Dictate")
    mic.click()
    page.evaluate("listener.onerror({error: 'no-speech'}); listener.onend()")
    expect(mic).to_be_visible()
    mic.click()
    page.evaluate("listener.onerror({error: 'not-allowed'}); listener.onend()")
    expect(mic).not_to_be_visible()
    expect(field(page)).to_be_focused()


def test_both_are_hidden_where_the_browser_has_neither(page: Page, visit: Visit) -> None:
    page.add_init_script(
        "for (const name of ['speechSynthesis', 'SpeechRecognition', 'webkitSpeechRecognition'])"
        " Object.defineProperty(window, name, {value: undefined})"
    )
    visit()
    start(page)
    ask(page, "Who handles visas?")
    expect(replies(page)).to_have_count(1)
    expect(page.get_by_role("button", name="Dictate")).not_to_be_visible()
    expect(page.get_by_role("button", name="Read aloud")).to_have_count(0)


def erase(page: Page) -> None:
    page.get_by_role("button", name="Erase the conversation").click()
    page.get_by_role("button", name="Erase", exact=True).click()


WAYS = {
    "send": lambda page: field(page).press("Enter"),
    "close": lambda page: page.get_by_role("button", name="Close").click(),
    "escape": lambda page: page.keyboard.press("Escape"),
    "erase": erase,
}


@pytest.mark.parametrize("way", WAYS)
def test_dictation_ends_with_what_it_was_for(speaking: Page, way: str) -> None:
    page = speaking
    start(page)
    page.get_by_role("button", name="Dictate").click()
    page.evaluate("listener.onresult({results: [[{transcript: 'who handles visas'}]]})")
    field(page).focus()
    WAYS[way](page)
    assert page.evaluate("aborted") == 1
    before = field(page).input_value()
    page.evaluate("listener.onresult?.({results: [[{transcript: 'something late'}]]})")
    assert field(page).input_value() == before
    mic = page.locator("embassy-chat [part=form] button").first
    expect(mic).to_have_attribute("aria-pressed", "false")


@pytest.mark.parametrize("way", ["close", "escape", "erase"])
def test_reading_aloud_ends_with_the_conversation(speaking: Page, way: str) -> None:
    page = speaking
    start(page)
    page.evaluate("addVoice('en-GB', true)")
    ask(page, "Who handles visas?")
    expect(replies(page)).to_have_count(1)
    replies(page).get_by_role("button", name="Read aloud").click()
    assert page.evaluate("spoken.at(-1)[1]") == "en-GB"
    field(page).focus()
    WAYS[way](page)
    assert page.evaluate("spoken.at(-1)") == "stop"


def test_closing_breaks_nothing_where_the_browser_can_neither_read_nor_listen(page: Page, visit: Visit) -> None:
    page.add_init_script(
        "for (const name of ['speechSynthesis', 'SpeechRecognition', 'webkitSpeechRecognition'])"
        " Object.defineProperty(window, name, {value: undefined})"
    )
    visit()
    start(page)
    erase(page)
    page.keyboard.press("Escape")
    expect(field(page)).not_to_be_visible()
