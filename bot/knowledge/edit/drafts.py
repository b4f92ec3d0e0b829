"""What is edited: entries and topics as drafts, and what may stand in them."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import date
from typing import Any

from bot.knowledge.contacts import KINDS
from bot.knowledge.model import ASPECTS
from bot.knowledge.said import said
from bot.knowledge.shown import Shown
from nlu.text import flat

ENTRY_ID = re.compile(r"[a-z][a-z0-9-]*\.[a-z0-9][a-z0-9-]*")
SECTION_ID = re.compile(r"[a-z][a-z0-9-]{1,39}")
CONTACT_ID = re.compile(r"[a-z][a-z0-9-]{1,59}")
CONTACT_KINDS = KINDS
MOST_QUESTIONS = 2000
LONGEST_QUESTION = 300
LONGEST_TEXT = 4000
DAY = re.compile(r"(\d{1,2})[/.-](\d{1,2})[/.-](\d{4})")
DAYS = ("checked", "review_by", "valid_until")
PLAIN = ("id", "section", "aspect", "source", "checked", "review_by", "valid_until", "owner", "enabled")
"""An entry's fields that are the same in every language."""


class EditError(ValueError):
    """A change that cannot be made; the message says what is wrong and how to mend it.

    Attributes:
        field: The form's field that is wrong, like ``valid_until`` or ``answer_fr``; empty for none in particular.
    """

    def __init__(self, message: str, field: str = "") -> None:
        super().__init__(message)
        self.field = field


class MissingError(EditError):
    """What is to be changed is not there, or not any more."""


class SpelledOutError(EditError):
    """A contact is to change that some texts spell out, so that they would go on giving the old one.

    Attributes:
        places: These texts.
    """

    def __init__(self, message: str, places: Sequence[Shown]) -> None:
        super().__init__(message, "value")
        self.places = places


class BrokenError(EditError):
    """What is to be shown or changed stands, or may stand, in a file that cannot be read."""


class UsedError(EditError):
    """What is to be removed is in use; the message says where.

    Attributes:
        users: What uses it: answers and questions back by their ids, files of stories.
    """

    def __init__(self, message: str, users: Sequence[str] = ()) -> None:
        super().__init__(message)
        self.users = tuple(users)


class ConflictError(EditError):
    """Somebody else changed the same thing in the meantime.

    Attributes:
        current: How it stands now: an :class:`EntryDraft`, a guided conversation, or texts by the fields' names; None
            where it is gone.
    """

    def __init__(self, current: Any, message: str = "") -> None:
        super().__init__(message or said("Somebody else has changed this in the meantime."))
        self.current = current


@dataclass(frozen=True)
class EntryDraft:
    """An entry or a known topic with everything that staff edit of it. Texts and questions are by language.

    ``items`` are the answers that an entry lists, in the order in which it does.
    """

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
    items: tuple[str, ...] = ()

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
        raise EditError(
            said("'{aspect}' is not one of {known}.", aspect=draft.aspect, known=", ".join(ASPECTS)), "aspect"
        )
    title = {
        code: line_of(draft.title.get(code, ""), said("The title ({language})", language=code), f"title_{code}")
        for code in languages
    }
    answer = {}
    for language in languages:
        lines = [line.rstrip() for line in clean(draft.answer.get(language, "")).strip().split("\n")]
        answer[language] = "\n".join(lines)
        if not answer[language]:
            what = said("The answer ({language})", language=language)
            raise EditError(said("{what} is empty.", what=what), f"answer_{language}")
        if len(answer[language]) > LONGEST_TEXT:
            what = said("The answer ({language})", language=language)
            message = said("{what} is longer than {most} characters.", what=what, most=LONGEST_TEXT)
            raise EditError(message, f"answer_{language}")
    questions = tidy_questions(draft.questions, languages)
    source = draft.source
    if source or not draft.is_topic:
        source = line_of(source, said("The source"), "source")
    if not draft.is_topic and (draft.checked is None or draft.review_by is None):
        message = said("An answer needs the day on which it was checked and the day of the next check.")
        raise EditError(message, "checked" if draft.checked is None else "review_by")
    owner = " ".join(clean(draft.owner).split())[:100]
    items = () if draft.is_topic else tuple(dict.fromkeys(filter(None, map(str.strip, draft.items))))
    return replace(draft, title=title, answer=answer, questions=questions, source=source, owner=owner, items=items)


def tidy_questions(asked: Mapping[str, tuple[str, ...]], languages: tuple[str, ...]) -> dict[str, tuple[str, ...]]:
    """Sample questions without blanks at the ends and without repetitions.

    Raises:
        EditError: There are too many, or one is too long.
    """
    questions: dict[str, tuple[str, ...]] = {}
    for language in languages:
        kept: dict[str, str] = {}
        for question in asked.get(language, ()):
            text = " ".join(clean(question).split())
            if text:
                kept.setdefault(flat(text) or text, text)
        questions[language] = tuple(kept.values())
        if len(kept) > MOST_QUESTIONS:
            message = said("{count} questions ({language}) are too many: at most {most}.", count=len(kept),
                           language=language, most=MOST_QUESTIONS)  # fmt: skip
            raise EditError(message, f"questions_{language}")
        long = next((text for text in kept.values() if len(text) > LONGEST_QUESTION), None)
        if long:
            message = said("A question is longer than {most} characters: {start}…", most=LONGEST_QUESTION,
                           start=long[:60])  # fmt: skip
            raise EditError(message, f"questions_{language}")
    return questions


def raw_of(draft: EntryDraft) -> dict[str, Any]:
    """A new entry as it stands in a file."""
    raw: dict[str, Any] = {"id": draft.id}
    if draft.is_topic:
        raw["section"] = draft.section
    raw |= {"aspect": draft.aspect, "title": dict(draft.title), "answer": dict(draft.answer)}
    if draft.items:
        raw["items"] = list(draft.items)
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
    """A day as YAML gives it, None for none."""
    if isinstance(raw, date):
        return raw
    try:
        return date.fromisoformat(str(raw)) if raw else None
    except ValueError:
        return None


def day_in(text: str, field: str = "") -> date | None:
    """The day that somebody typed: 2026-12-31, or 31/12/2026 in the French order; None for nothing.

    Raises:
        EditError: It is no day; ``field`` is where it was typed.
    """
    text = clean(text).strip()
    if not text:
        return None
    french = DAY.fullmatch(text)
    try:
        day = date(*map(int, reversed(french.groups()))) if french else date.fromisoformat(text)
    except ValueError as error:
        raise EditError(
            said("'{text}' is no day: write it like 2026-12-31 or 31/12/2026.", text=text[:30]), field
        ) from error
    if not 2000 <= day.year < 2200:
        raise EditError(said("{day} is not meant, is it? Look at the year.", day=day), field)
    return day


def cells(draft: EntryDraft, languages: Iterable[str]) -> dict[str, str]:
    """Everything of a draft as texts by the names of form fields and columns; questions one a line."""
    found = {name: "" if (value := getattr(draft, name)) is None else str(value) for name in PLAIN}
    found["enabled"] = "yes" if draft.enabled else "no"
    for code in languages:
        found[f"title_{code}"] = draft.title.get(code, "")
        found[f"answer_{code}"] = draft.answer.get(code, "")
        found[f"questions_{code}"] = "\n".join(draft.questions.get(code, ()))
    return found


def drafted(name: str, section: str, values: Mapping[str, str], languages: Iterable[str]) -> EntryDraft:
    """The draft that a form's texts describe; the names of the fields are those of :func:`cells`, and ``items``.

    Raises:
        EditError: A day cannot be read; its ``field`` says which.
    """
    codes = tuple(languages)

    def texts(field: str) -> dict[str, str]:
        return {code: values.get(f"{field}_{code}", "").strip() for code in codes}

    asked = {code: tuple(filter(None, map(str.strip, text.split("\n")))) for code, text in texts("questions").items()}
    return EntryDraft(
        id=name,
        section=section,
        aspect=values.get("aspect") or "detail",
        title=texts("title"),
        answer=texts("answer"),
        questions=asked,
        source=values.get("source", "").strip(),
        checked=day_in(values.get("checked", ""), "checked"),
        review_by=day_in(values.get("review_by", ""), "review_by"),
        valid_until=day_in(values.get("valid_until", ""), "valid_until"),
        owner=values.get("owner", "").strip(),
        enabled=values.get("enabled") == "yes",
        items=tuple(clean(values.get("items", "")).split()),
    )


def clean(text: str) -> str:
    """Text without signs that no text has: null bytes, lone surrogates, control and direction marks."""
    text = text.replace("\r\n", "\n").replace("\r", "\n").replace("\t", " ")
    return "".join(sign for sign in text if sign == "\n" or sign.isprintable() or sign in "\u00a0\u202f\u200d")


def line_of(text: str, what: str, field: str = "") -> str:
    """One line of text.

    Raises:
        EditError: It is empty or too long; ``what`` names it there, ``field`` is where it was typed.
    """
    found = re.sub(r"[ \n]+", " ", clean(text)).strip()
    if not found:
        raise EditError(said("{what} is empty.", what=what), field)
    if len(found) > LONGEST_QUESTION:
        raise EditError(said("{what} is longer than {most} characters.", what=what, most=LONGEST_QUESTION), field)
    return found
