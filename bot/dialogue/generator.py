"""Turns decisions into replies, with the knowledge's words as they stand at this moment."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from textwrap import shorten
from typing import Any

from bot.dialogue.contacts import listed
from bot.dialogue.decision import ANSWER, CLARIFY, FALLBACK, NONE_OF_THESE, UNKNOWN, Decision
from bot.dialogue.withdrawal import contacts_of, words_to_reach
from bot.knowledge.model import Contact, Entry, Knowledge
from bot.wording import STALE_BUTTON

PAYLOAD = "choice:"
CHOICE = re.compile(PAYLOAD + "[a-p]{12}")
LONGEST_QUOTE = 60
LETTERS = str.maketrans("0123456789", "ghijklmnop")


@dataclass(frozen=True)
class Button:
    """A choice under a reply: its words, and what is sent back when it is pressed."""

    title: str
    payload: str


@dataclass(frozen=True)
class Reply:
    """What a channel shows. ``source`` and ``options`` are as in the REST contract.

    ``contacts`` are those that the text names, in its order, as ``{"kind": "phone" | "email" | "link" | "name",
    "value"}``; where they are of several offices, ``{"kind": "office", "value"}`` names the one whose contacts follow.
    """

    kind: str
    text: str
    language: str
    confidence: float
    section: str | None = None
    entry: str | None = None
    source: dict[str, str] | None = None
    options: tuple[dict[str, str], ...] = ()
    buttons: tuple[Button, ...] = ()
    contacts: tuple[dict[str, str], ...] = ()

    def as_dict(self) -> dict[str, Any]:
        """As JSON."""
        return {**vars(self), "buttons": tuple(vars(button) for button in self.buttons)}

    @classmethod
    def from_dict(cls, data: dict[str, Any]) -> Reply:
        """From JSON."""
        return cls(
            **{
                **data,
                "options": tuple(data.get("options") or ()),
                "contacts": tuple(data.get("contacts") or ()),
                "buttons": tuple(Button(**button) for button in data.get("buttons") or ()),
            }
        )


def payload_of(name: str) -> str:
    """The opaque id by which a button names an entry; it can only ever choose something public.

    Letters only, since digits in a row are masked as somebody's number.
    """
    return PAYLOAD + hashlib.sha256(name.encode()).hexdigest()[:12].translate(LETTERS)


class ReplyWriter:
    """Writes replies from one state of the knowledge."""

    def __init__(self, knowledge: Knowledge, today: Callable[[], date] = date.today) -> None:
        """``today`` decides which answers are past their last day."""
        self._knowledge = knowledge
        self._today = today
        names = [*knowledge.entries, *knowledge.topics, *knowledge.conversation.small_talk, NONE_OF_THESE]
        self._choices = {payload_of(name): name for name in names}

    def choice(self, text: str) -> str | None:
        """What a button's payload chooses, None for ordinary text or an entry that is gone."""
        return self._choices.get(text.strip()) if text.strip().startswith(PAYLOAD) else None

    def is_stale(self, text: str) -> bool:
        """Whether a text is the payload of a button that chooses nothing any more."""
        return CHOICE.fullmatch(text.strip()) is not None and self.choice(text) is None

    def stale(self, language: str) -> Reply:
        """What is said where such a button is pressed."""
        return Reply(FALLBACK, STALE_BUTTON.get(language) or STALE_BUTTON["fr"], language, 1.0)

    def title(self, name: str, language: str) -> str:
        """The words on a button for an entry, topic or small talk."""
        item = self._knowledge.item(name)
        if item is None:
            return self._wording("human" if name == "chat.human" else "none-of-these", language)
        if item.aspect == "overview":
            return self._knowledge.sections[item.section].short[language]
        return item.title[language]

    def write(self, decision: Decision) -> Reply:
        """The reply for a decision."""
        if decision.kind == CLARIFY:
            return self._question_back(decision)
        if self._is_withdrawn(decision.entry):
            return self._withdrawal(decision)
        knowledge, language = self._knowledge, decision.language
        words = self._words(decision)
        return Reply(
            kind=decision.kind,
            text=self._naming(decision, knowledge.fill(words)),
            language=language,
            confidence=round(decision.confidence, 4),
            section=decision.section,
            entry=decision.entry,
            source=self._source(decision),
            contacts=listed(knowledge, knowledge.contacts_named(words), language),
        )

    def _is_withdrawn(self, name: str | None) -> bool:
        return name is not None and not self._knowledge.offered([name], self._today())

    def _withdrawal(self, decision: Decision) -> Reply:
        """That the answer is being checked, and whom to ask: the section, with its own words on how to reach it."""
        knowledge, language = self._knowledge, decision.language
        section = knowledge.sections[knowledge.entries[decision.entry or ""].section]
        withdrawn = self._unfilled("withdrawn", language, section=section.name[language])
        words = "\n".join([withdrawn, *words_to_reach(knowledge, section.id, language, self._today())])
        return Reply(
            kind=UNKNOWN,
            text=self._naming(decision, knowledge.fill(words)),
            language=language,
            confidence=round(decision.confidence, 4),
            section=section.id,
            entry=decision.entry,
            contacts=listed(knowledge, knowledge.contacts_named(words), language),
        )

    def _wording(self, name: str, language: str, **values: str) -> str:
        return self._knowledge.fill(self._unfilled(name, language, **values))

    def _unfilled(self, name: str, language: str, **values: str) -> str:
        """A fixed wording whose contacts are still ``{names}``."""
        text = self._knowledge.conversation.wording[name][language]
        for key, value in values.items():
            text = text.replace("{" + key + "}", value)
        return text

    def _words(self, decision: Decision) -> str:
        """What a decision says, its contacts still as ``{names}``."""
        knowledge, language = self._knowledge, decision.language
        item = knowledge.item(decision.entry)
        if item is not None:
            return item.answer.get(language) or item.answer[knowledge.post.default_language]
        for rule in knowledge.conversation.safety:
            if rule.id == decision.entry:
                return rule.answer[language]
        talk = knowledge.conversation.small_talk.get(decision.entry or "")
        if talk is not None:
            return talk.answer[language]
        section = knowledge.sections.get(decision.section or "")
        aspect = knowledge.conversation.aspects.get(decision.aspect or "detail") or {}
        return self._unfilled(
            decision.wording or "fallback",
            language,
            section=section.name[language] if section else "",
            aspect=aspect.get(language, ""),
        )

    def _question_back(self, decision: Decision) -> Reply:
        knowledge, language = self._knowledge, decision.language
        clarification = knowledge.conversation.clarifications.get(decision.entry or "")
        text = clarification.question[language] if clarification else self._wording(decision.wording or "", language)
        offered = knowledge.offered(decision.options, self._today())
        known = [name for name in offered if name in self._choices.values()]
        buttons = [Button(self.title(name, language), payload_of(name)) for name in known]
        buttons.append(Button(self._wording("none-of-these", language), payload_of(NONE_OF_THESE)))
        return Reply(
            kind=CLARIFY,
            text=self._naming(decision, text),
            language=language,
            confidence=round(decision.confidence, 4),
            options=tuple({"section": self._section_of(name), "entry": name} for name in known),
            buttons=tuple(buttons),
        )

    def _naming(self, decision: Decision, text: str) -> str:
        """The text under the words of the message that it replies to, where the decision asks for it."""
        if not decision.about:
            return text
        words = shorten(" ".join(decision.about.split()), LONGEST_QUOTE, placeholder="…")
        return self._wording("part", decision.language, text=words or decision.about[:LONGEST_QUOTE]) + "\n" + text

    def apology(self, language: str, words: str | None = None) -> Reply:
        """What is said when something is broken on our side: the sections, with the contacts that they publish.

        ``words`` stand before them instead of the knowledge's own, which ask to send the question again.
        """
        knowledge = self._knowledge
        code = language if language in knowledge.post.languages else knowledge.post.default_language
        colon = "\u00a0:" if code == "fr" else ":"
        lines = [words or self._wording("apology", code)]
        told: dict[str, Contact] = {}
        for section in knowledge.sections.values():
            contacts = contacts_of(knowledge, section.id, self._today())
            told |= {contact.id: contact for contact in contacts}
            values = ", ".join(contact.value for contact in contacts)
            lines.append(f"- {section.name[code]}" + (f"{colon} {values}" if values else ""))
        return Reply(FALLBACK, "\n".join(lines), code, 0.0, contacts=listed(knowledge, told.values(), code))

    def _section_of(self, name: str) -> str:
        return self._knowledge.section_of(name) or "embassy"

    def _source(self, decision: Decision) -> dict[str, str] | None:
        entry = self._knowledge.entries.get(decision.entry or "")
        if decision.kind != ANSWER or not isinstance(entry, Entry):
            return None
        page = "/faq" if decision.language == "en" else f"/faq/{decision.language}"
        return {
            "title": f"{self._knowledge.post.page_title}: {entry.source}",
            "url": f"{page}#{entry.id}",
            "checked": entry.checked.isoformat(),
            "language": self._knowledge.post.page_language,
        }
