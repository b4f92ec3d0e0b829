"""What staff wrote under ``knowledge/``, as plain data. Nothing here knows Rasa or any file format."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, tzinfo

from bot.knowledge.zones import UTC, zone_of

Text = Mapping[str, str]
"""One text in several languages: language code → words."""


class Words(dict[str, str]):
    """A text by language, as staff wrote it: a language that is missing is said in another one.

    ``get`` and ``in`` tell what is really there.
    """

    def __missing__(self, language: str) -> str:
        return told(self, language)


def told(text: Text, language: str, otherwise: str = "") -> str:
    """A text in a language; where it is missing, in another one; where there is none at all, something else."""
    return text.get(language) or next(filter(None, text.values()), "") or otherwise


ASPECTS = (
    "overview", "head", "contact", "phone", "email", "address", "hours", "staff", "website", "price", "duration",
    "documents", "apply", "appointment", "date", "detail",
)  # fmt: skip


@dataclass(frozen=True)
class Place:
    """Where something stands: a file below the knowledge folder and a line in it, counted from 1."""

    file: str
    line: int

    def __str__(self) -> str:
        return f"{self.file}:{self.line}"


@dataclass(frozen=True)
class Contact:
    """A phone number, mail address, link or name. It stands once; answers refer to it as ``{id}``."""

    id: str
    kind: str
    value: str
    place: Place


@dataclass(frozen=True)
class Entry:
    """One answer of a section, in the embassy's own words.

    Attributes:
        checked: When somebody last compared it with its source.
        review_by: When somebody should again.
        items: Entries that this answer lists, in the order of the list, for "the second one".
        owner: Who looks after it.
        valid_until: The last day on which it may be told; None for no end.
        enabled: Whether staff let it be told at all.
    """

    id: str
    section: str
    aspect: str
    title: Text
    answer: Text
    source: str
    checked: date
    review_by: date
    place: Place
    items: tuple[str, ...] = ()
    owner: str = ""
    valid_until: date | None = None
    enabled: bool = True

    def withdrawn(self, today: date) -> bool:
        """Whether it is not to be told on that day: switched off, or past its last day."""
        return not self.enabled or (self.valid_until is not None and today > self.valid_until)


@dataclass(frozen=True)
class Topic:
    """Something people ask that the page does not answer; ``answer`` says so and whom to turn to.

    ``elsewhere``: it is a matter of others, such as another country's embassy, not one that this embassy leaves out.
    """

    id: str
    section: str
    aspect: str
    title: Text
    answer: Text
    place: Place
    elsewhere: bool = False


@dataclass(frozen=True)
class Section:
    """An office of the embassy with its entries in the order in which staff wrote them."""

    id: str
    name: Text
    short: Text
    entries: tuple[Entry, ...]
    topics: tuple[Topic, ...]
    place: Place

    def told(self, today: date) -> tuple[Entry, ...]:
        """The entries that are not withdrawn on a day."""
        return tuple(entry for entry in self.entries if not entry.withdrawn(today))


GREETING = "chat.greet"
LONGEST_GREETING = 180
"""Characters: the web chat carries the greeting in every language to each page, and has to stay small."""


@dataclass(frozen=True)
class SmallTalk:
    """A fixed reply to a greeting, thanks, "are you a bot", a wish for a human…; ``kind`` is the reply's kind."""

    id: str
    kind: str
    answer: Text
    place: Place


@dataclass(frozen=True)
class Clarification:
    """A question back: asked for a vague message, with the entries it offers."""

    id: str
    question: Text
    options: tuple[str, ...]
    place: Place


@dataclass(frozen=True)
class SafetyRule:
    """Words of danger, as regular expressions over normalised text, and what to say then."""

    id: str
    patterns: tuple[str, ...]
    answer: Text
    place: Place


@dataclass(frozen=True)
class Conversation:
    """Everything the bot says that is not an answer, and the words by which it follows a conversation."""

    small_talk: Mapping[str, SmallTalk]
    clarifications: Mapping[str, Clarification]
    safety: tuple[SafetyRule, ...]
    wording: Mapping[str, Text]
    aspects: Mapping[str, Text]
    cues: Mapping[str, Mapping[str, tuple[str, ...]]]


@dataclass(frozen=True)
class Post:
    """The embassy itself: its name, languages, the page that the facts come from, its contacts and its time zone."""

    name: Text
    languages: tuple[str, ...]
    default_language: str
    page_title: str
    contacts: Mapping[str, Contact]
    time_zone: str = UTC
    page_language: str = "en"
    """In which the page is written, and so the titles of its parts."""

    @property
    def zone(self) -> tzinfo:
        """Its time zone."""
        return zone_of(self.time_zone)


Questions = Mapping[str, Mapping[str, tuple[str, ...]]]
"""Sample questions: language → id → questions."""


@dataclass(frozen=True)
class Knowledge:
    """All that the bot knows."""

    post: Post
    sections: Mapping[str, Section]
    conversation: Conversation
    questions: Questions
    version: str
    entries: Mapping[str, Entry] = field(init=False)
    topics: Mapping[str, Topic] = field(init=False)

    def __post_init__(self) -> None:
        entries = {entry.id: entry for section in self.sections.values() for entry in section.entries}
        topics = {topic.id: topic for section in self.sections.values() for topic in section.topics}
        object.__setattr__(self, "entries", entries)
        object.__setattr__(self, "topics", topics)

    def item(self, name: str | None) -> Entry | Topic | None:
        """The entry or known topic of an id."""
        return self.entries.get(name or "") or self.topics.get(name or "")

    def section_of(self, name: str | None) -> str | None:
        """The section of an entry or known topic, None for any other id."""
        item = self.item(name)
        return item.section if item is not None else None

    def find(self, section: str, aspect: str) -> Entry | Topic | None:
        """What is known of an aspect of a section: an entry before a topic; for want of an own one, a phone, a mail
        and an address are looked for in the contact.
        """
        if section not in self.sections:
            return None
        wanted = (aspect, "contact") if aspect in ("phone", "email", "address") else (aspect,)
        for name in wanted:
            for group in (self.sections[section].entries, self.sections[section].topics):
                for item in group:
                    if item.aspect == name:
                        return item
        return None

    def offered(self, names: Iterable[str], today: date) -> tuple[str, ...]:
        """Those of the names that may be offered as a choice on a day: no withdrawn answers."""
        return tuple(name for name in names if name not in self.entries or not self.entries[name].withdrawn(today))

    def contacts_in(self, item: Entry | Topic) -> list[Contact]:
        """The contacts that an entry's answer names, in the order in which it does."""
        return self.contacts_named(item.answer[self.post.default_language])

    def contacts_named(self, text: str) -> list[Contact]:
        """The contacts that a text refers to, in the order in which it does."""
        found = ((text.find("{" + contact.id + "}"), contact) for contact in self.post.contacts.values())
        return [contact for _, contact in sorted(((at, c) for at, c in found if at >= 0), key=lambda pair: pair[0])]

    def fill(self, text: str) -> str:
        """The text with each ``{contact}`` replaced by its value."""
        for contact in self.post.contacts.values():
            text = text.replace("{" + contact.id + "}", contact.value)
        return text

    def answer(self, item: Entry | Topic, language: str) -> str:
        """The words of an entry or topic in a language, contacts filled in."""
        return self.fill(item.answer.get(language) or item.answer[self.post.default_language])
