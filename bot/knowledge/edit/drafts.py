"""What is edited: entries and topics as drafts, and what may stand in them."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from datetime import date
from typing import Any

from bot.knowledge.model import ASPECTS
from nlu.text import flat

ENTRY_ID = re.compile(r"[a-z][a-z0-9-]*\.[a-z0-9][a-z0-9-]*")
SECTION_ID = re.compile(r"[a-z][a-z0-9-]{1,39}")
CONTACT_ID = re.compile(r"[a-z][a-z0-9-]{1,59}")
CONTACT_KINDS = ("phone", "email", "link", "name")
MOST_QUESTIONS = 2000
LONGEST_QUESTION = 300
LONGEST_TEXT = 4000


class EditError(ValueError):
    """A change that cannot be made; the message says what is wrong and how to mend it."""


class ConflictError(EditError):
    """Somebody else changed the same thing in the meantime; ``current`` is how it stands now."""

    def __init__(self, current: EntryDraft) -> None:
        super().__init__("Somebody else has changed this in the meantime.")
        self.current = current


@dataclass(frozen=True)
class EntryDraft:
    """An entry or a known topic with everything that staff edit of it. Texts and questions are by language."""

    id: str
    section: str
    aspect: str
    title: Mapping[str, str]
    answer: Mapping[str, str]
    questions: Mapping[str, tuple[str, ...]]
    source: str = ""
    checked: date | None = None
    review_by: date | None = None
    valid_until: date | None = None
    owner: str = ""
    enabled: bool = True

    @property
    def is_topic(self) -> bool:
        """Whether it is something that the bot knows it has no answer to."""
        return self.id.startswith("topic.")

    @property
    def version(self) -> str:
        """Changes with anything in it."""
        return hashlib.sha256(json.dumps(asdict(self), sort_keys=True, default=str).encode()).hexdigest()[:16]


def tidy(draft: EntryDraft, languages: tuple[str, ...]) -> EntryDraft:
    """Blanks at line ends and repeated questions go; what cannot be written is refused."""
    if draft.aspect not in ASPECTS:
        raise EditError(f"'{draft.aspect}' is not one of {', '.join(ASPECTS)}.")
    title = {language: line_of(draft.title.get(language, ""), f"The title ({language})") for language in languages}
    answer = {}
    for language in languages:
        lines = [line.rstrip() for line in clean(draft.answer.get(language, "")).strip().split("\n")]
        answer[language] = "\n".join(lines)
        if not answer[language]:
            raise EditError(f"The answer ({language}) is empty.")
        if len(answer[language]) > LONGEST_TEXT:
            raise EditError(f"The answer ({language}) is longer than {LONGEST_TEXT} characters.")
    questions: dict[str, tuple[str, ...]] = {}
    for language in languages:
        kept: dict[str, str] = {}
        for question in draft.questions.get(language, ()):
            text = " ".join(clean(question).split())
            if text:
                kept.setdefault(flat(text) or text, text)
        questions[language] = tuple(kept.values())
        if len(kept) > MOST_QUESTIONS:
            raise EditError(f"{len(kept)} questions ({language}) are too many: at most {MOST_QUESTIONS}.")
        long = next((text for text in kept.values() if len(text) > LONGEST_QUESTION), None)
        if long:
            raise EditError(f"A question is longer than {LONGEST_QUESTION} characters: {long[:60]}…")
    source = draft.source if draft.is_topic and not draft.source else line_of(draft.source, "The source")
    if not draft.is_topic and (draft.checked is None or draft.review_by is None):
        raise EditError("An answer needs the day on which it was checked and the day of the next check.")
    owner = " ".join(clean(draft.owner).split())[:100]
    return replace(draft, title=title, answer=answer, questions=questions, source=source, owner=owner)


def raw_of(draft: EntryDraft) -> dict[str, Any]:
    """A new entry as it stands in a file."""
    raw: dict[str, Any] = {"id": draft.id}
    if draft.is_topic:
        raw["section"] = draft.section
    raw |= {"aspect": draft.aspect, "title": dict(draft.title), "answer": dict(draft.answer)}
    for name in ("source", "checked", "review_by", "valid_until", "owner"):
        value = getattr(draft, name)
        if value and not (draft.is_topic and name in ("source", "checked", "review_by", "valid_until", "owner")):
            raw[name] = value
    if not draft.enabled:
        raw["enabled"] = False
    return raw


def by_language(raw: Any, languages: tuple[str, ...]) -> dict[str, str]:
    """A text in each language of the post, empty where it is missing."""
    texts = raw if isinstance(raw, Mapping) else {}
    return {language: str(texts.get(language) or "") for language in languages}


def day_of(raw: Any) -> date | None:
    """A day as YAML or a form gives it, None for none."""
    if isinstance(raw, date):
        return raw
    try:
        return date.fromisoformat(str(raw)) if raw else None
    except ValueError:
        return None


def clean(text: str) -> str:
    """Text without signs that no text has: null bytes, lone surrogates, control and direction marks."""
    text = text.replace("\r\n", "\n").replace("\r", "\n").replace("\t", " ")
    return "".join(sign for sign in text if sign == "\n" or sign.isprintable() or sign in "\u00a0\u202f\u200d")


def line_of(text: str, what: str) -> str:
    """One line of text.

    Raises:
        EditError: It is empty or too long; ``what`` names it there.
    """
    found = re.sub(r"[ \n]+", " ", clean(text)).strip()
    if not found:
        raise EditError(f"{what} is empty.")
    if len(found) > LONGEST_QUESTION:
        raise EditError(f"{what} is longer than {LONGEST_QUESTION} characters.")
    return found
