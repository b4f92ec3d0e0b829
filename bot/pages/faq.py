"""The page at ``/faq``: every answer, to be read, searched, printed and indexed without JavaScript."""

from __future__ import annotations

import json
import re
from datetime import date
from typing import Any

from babel.dates import format_date

from bot.knowledge.model import Contact, Entry, Knowledge, Topic
from bot.pages import page

WORDS = {
    "en": {
        "name": "English",
        "title": "Questions and answers",
        "lead": "Everything the assistant can answer, as the embassy published it.",
        "skip": "Skip to the answers",
        "languages": "Languages",
        "contents": "Sections",
        "checked": "checked on",
        "source": "Source:",
        "link": "Link to this answer",
        "up": "Back to the sections",
        "ask": "Ask the assistant",
    },
    "fr": {
        "name": "Français",
        "title": "Questions et réponses",
        "lead": "Tout ce que l'assistant sait répondre, tel que l'ambassade l'a publié.",
        "skip": "Aller aux réponses",
        "languages": "Langues",
        "contents": "Sections",
        "checked": "vérifiée le",
        "source": "Source :",
        "link": "Lien vers cette réponse",
        "up": "Retour aux sections",
        "ask": "Interroger l'assistant",
    },
}


def faq_page(knowledge: Knowledge, language: str, public_url: str = "", today: date | None = None) -> str:
    """All answers told on a day, in one language, as an HTML page; each section and entry has its id as anchor.

    Args:
        knowledge: What staff wrote.
        language: One of the post's languages.
        public_url: The server's own address, for links that search engines follow; "" where nobody has told it. What
            a request calls the server is not believed: a search engine or a cache would keep somebody else's name.
        today: The day; the server's own when not given.
    """
    day = today or date.today()
    languages = knowledge.post.languages
    return page(
        "faq.html",
        words=WORDS.get(language, WORDS["en"]),
        language=language,
        post=knowledge.post.name[language],
        page_title=knowledge.post.page_title,
        page_language=knowledge.post.page_language,
        canonical=public_url and public_url + address(language),
        addresses={code: public_url + address(code) for code in languages},
        others=[(code, address(code), WORDS.get(code, {}).get("name", code)) for code in languages if code != language],
        sections=[
            {
                "id": section.id,
                "name": section.name[language],
                "entries": [_entry(knowledge, entry, language) for entry in section.told(day)],
            }
            for section in knowledge.sections.values()
            if section.told(day)
        ],
        data=structured_data(knowledge, language, day),
    )


def address(language: str) -> str:
    """The path of the page in a language."""
    return "/faq" if language == "en" else f"/faq/{language}"


def _entry(knowledge: Knowledge, entry: Entry, language: str) -> dict[str, Any]:
    return {
        "id": entry.id,
        "title": entry.title[language],
        "lines": [_linked(knowledge, line) for line in _words(entry, knowledge, language).splitlines()],
        "source": entry.source,
        "checked": entry.checked.isoformat(),
        "day": format_date(entry.checked, "long", locale=language),
    }


def _words(item: Entry | Topic, knowledge: Knowledge, language: str) -> str:
    return item.answer.get(language) or item.answer[knowledge.post.default_language]


def _linked(knowledge: Knowledge, line: str) -> list[tuple[str, str | None]]:
    """A line in pieces, each with what a tap on it opens, if anything."""
    pieces: list[tuple[str, str | None]] = []
    for piece in re.split(r"(\{[\w-]+\})", line):
        contact = knowledge.post.contacts.get(piece[1:-1]) if piece.startswith("{") else None
        if contact is not None:
            pieces.append((contact.value, link_of(contact)))
        elif piece:
            pieces.append((piece, None))
    return pieces


def link_of(contact: Contact) -> str | None:
    """``tel:``, ``mailto:`` or the link itself; a name opens nothing."""
    if contact.kind == "phone":
        return "tel:" + re.sub(r"[^+\d]", "", contact.value)
    if contact.kind == "email":
        return "mailto:" + contact.value
    return contact.value if contact.kind == "link" and contact.value.startswith(("https://", "http://")) else None


def structured_data(knowledge: Knowledge, language: str, today: date | None = None) -> str:
    """Schema.org's ``FAQPage`` as JSON that cannot end its script element."""
    data = {
        "@context": "https://schema.org",
        "@type": "FAQPage",
        "inLanguage": language,
        "name": f"{WORDS.get(language, WORDS['en'])['title']} – {knowledge.post.name[language]}",
        "mainEntity": [
            {
                "@type": "Question",
                "name": entry.title[language],
                "acceptedAnswer": {"@type": "Answer", "text": knowledge.answer(entry, language)},
            }
            for section in knowledge.sections.values()
            for entry in section.told(today or date.today())
        ],
    }
    text = json.dumps(data, ensure_ascii=False, separators=(",", ":"))
    for character in "<>&\u2028\u2029":
        text = text.replace(character, f"\\u{ord(character):04x}")
    return text
