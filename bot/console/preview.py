"""How an answer would look on the website and in Telegram, before it is saved."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from babel.dates import format_date

from bot.channels.telegram.strings import string
from bot.console.desk import words
from bot.knowledge.edit.drafts import EditError, day_in
from bot.knowledge.edit.reading import DraftReader

Contacts = Mapping[str, tuple[str, str]]
"""Contact id → (kind, value)."""


@dataclass(frozen=True)
class Preview:
    """An answer in one language.

    Attributes:
        text: Its words, contacts filled in.
        contacts: The values of the contacts that it names, as the website lists them.
        source: Where it comes from, as the website says it; empty where nothing is known.
        source_telegram: The same in Telegram.
        card: Name, number and mail addresses of the contact card that Telegram sends; nothing without a number.
    """

    text: str
    contacts: Sequence[str] = ()
    source: str = ""
    source_telegram: str = ""
    card: Sequence[str] = ()


def filled(text: str, contacts: Contacts) -> str:
    """A text with its contacts filled in."""
    for name, (_, value) in contacts.items():
        text = text.replace("{" + name + "}", value)
    return text


def previews(editor: DraftReader, section: str, values: Mapping[str, str], *, topic: bool) -> dict[str, Preview]:
    """An answer's form as it would look, by language; known topics show no source."""
    contacts = editor.contacts()
    found = {}
    for code in editor.languages:
        text = values.get(f"answer_{code}", "")
        places = sorted((text.find("{" + name + "}"), name) for name in contacts)
        named = [contacts[name] for at, name in places if at >= 0]
        known = words().get(code, words()["en"])
        told = ["", ""]
        if not topic and values.get("source"):
            title, day = f"{editor.page_title()}: {values['source']}", _day(values.get("checked", ""), code)
            told = [
                known["preview_source"].format(title=title) + (f", {known['preview_checked']} {day}" if day else ""),
                string("source", code).format(title=title, checked=day or "–"),
            ]
        numbers = [value for kind, value in named if kind == "phone"]
        mails = [value for kind, value in named if kind == "email"]
        card = (_office(editor, section, code), numbers[0], *mails) if numbers else ()
        found[code] = Preview(filled(text, contacts), [value for _, value in named], told[0], told[1], card)
    return found


def _day(text: str, code: str) -> str:
    try:
        day: date | None = day_in(text)
    except EditError:
        return ""
    return str(format_date(day, "long", locale=code)) if day else ""


def _office(editor: DraftReader, section: str, code: str) -> str:
    try:
        return editor.names(section).get(f"short_{code}") or section
    except EditError:
        return section
