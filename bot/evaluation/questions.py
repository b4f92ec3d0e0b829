"""Question files: what is asked, and which replies are right."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import yaml

from bot.dialogue.decision import ANSWER, CLARIFY, FALLBACK, HANDOFF, SAFETY, SMALLTALK, UNKNOWN
from bot.dialogue.generator import Reply

KINDS = {UNKNOWN, FALLBACK, CLARIFY, SMALLTALK, HANDOFF, SAFETY}
ANY = "any"


class QuestionFileError(ValueError):
    """A question file cannot be used; the message says where and why."""


@dataclass(frozen=True)
class Expectation:
    """Right replies: entries whose answer is right, or a kind (for ``unknown`` with the sections to turn to).

    ``otherwise``: what is as right but of other kinds; :attr:`alternatives` has every kind by itself.
    """

    kind: str
    names: tuple[str, ...]
    otherwise: tuple[Expectation, ...] = ()

    @classmethod
    def parse(cls, text: str) -> Expectation:
        """From ``press.phone | press.contact``, ``unknown consular``, ``fallback``, ``usaid.website | unknown usaid``…

        A section alone goes on with the kind before it; an entry's id always means its answer.
        """
        kinds: dict[str, list[str]] = {}
        kind = ANSWER
        for word in (part.strip() for part in text.split("|")):
            head, _, rest = word.partition(" ")
            named = head in KINDS or head == ANY
            kind = head if named else ANSWER if "." in word else kind
            kinds.setdefault(kind, []).extend(filter(None, [rest.strip() if named else word]))
        (first, names), *others = kinds.items()
        return cls(first, tuple(names), tuple(cls(kind, tuple(more)) for kind, more in others))

    @property
    def alternatives(self) -> tuple[Expectation, ...]:
        """What is right, each of one kind."""
        return (replace(self, otherwise=()), *self.otherwise)

    def __str__(self) -> str:
        """As it is written in a question file."""
        return " | ".join(f"{one.kind} {'|'.join(one.names)}".strip() for one in self.alternatives)

    def fits(self, reply: Reply, language: str) -> bool:
        """Whether a reply is right: kind, entry or section, and language."""
        if any(other.fits(reply, language) for other in self.otherwise):
            return True
        if self.kind == ANY:
            return True
        if reply.language != language:
            return False
        if self.kind == ANSWER:
            return reply.kind == ANSWER and reply.entry in self.names
        if self.kind == UNKNOWN:
            return reply.kind == UNKNOWN and (not self.names or reply.section in self.names)
        return reply.kind == self.kind

    @property
    def section(self) -> str:
        """The section that the report counts this under."""
        if self.kind == ANSWER:
            return self.names[0].partition(".")[0]
        return self.names[0] if self.names else self.kind


@dataclass(frozen=True)
class Turn:
    """One message, with one expectation for each reply."""

    ask: str
    expect: tuple[Expectation, ...]
    language: str


@dataclass(frozen=True)
class Case:
    """A conversation of one or more turns; ``group`` is what the report counts it under."""

    group: str
    turns: tuple[Turn, ...]
    source: str


def read_cases(paths: Iterable[Path]) -> list[Case]:
    """All cases of some question files.

    Raises:
        QuestionFileError: A file is not as described in the project's documentation of evaluation.
    """
    cases: list[Case] = []
    for path in paths:
        try:
            data = yaml.safe_load(path.read_text(encoding="utf-8"))
            cases += _cases(data, path.name)
        except (OSError, yaml.YAMLError, KeyError, TypeError, AttributeError) as error:
            raise QuestionFileError(f"{path} is not a question file ({type(error).__name__}: {error}).") from error
    return cases


def _cases(data: dict[str, Any], source: str) -> list[Case]:
    language = data["language"]
    cases = []
    for raw in data.get("questions") or ():
        turn = _turn(raw, language)
        cases.append(Case(turn.expect[0].kind, (turn,), source))
    cases += [Case("several", (_turn(raw, language),), source) for raw in data.get("several") or ()]
    for raw in data.get("conversations") or ():
        cases.append(Case("follow-up", tuple(_turn(turn, language) for turn in raw["turns"]), source))
    return cases


def _turn(raw: dict[str, Any], language: str) -> Turn:
    expected = raw["expect"] if isinstance(raw["expect"], list) else [raw["expect"]]
    return Turn(str(raw["ask"]), tuple(Expectation.parse(text) for text in expected), raw.get("language", language))
