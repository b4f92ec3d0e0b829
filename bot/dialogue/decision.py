"""What the bot decided to say, before it becomes words; plain data that Rasa can store as JSON."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, field, replace
from typing import Any

ANSWER, CLARIFY, UNKNOWN, FALLBACK = "answer", "clarify", "unknown", "fallback"
SMALLTALK, HANDOFF, SAFETY = "smalltalk", "handoff", "safety"
PARTICULARS = "particulars"
"""The aspect of questions like "is it only for students?" that no entry has."""
NONE_OF_THESE = "none"
"""What the button beside the options chooses."""
KINDS = (ANSWER, CLARIFY, UNKNOWN, FALLBACK, SMALLTALK, HANDOFF, SAFETY)


@dataclass(frozen=True)
class Decision:
    """One reply to come.

    Attributes:
        kind: One of ``KINDS``.
        language: Code of the reply's language.
        confidence: Calibrated probability, 0 to 1, that this is what was asked.
        entry: Id of the entry, topic, small talk, clarification or safety rule whose words are said.
        wording: Name of a fixed wording that is said instead.
        section: Section that the reply is about.
        aspect: Aspect that was asked for.
        options: Ids offered by a question back.
    """

    kind: str
    language: str
    confidence: float = 1.0
    entry: str | None = None
    wording: str | None = None
    section: str | None = None
    aspect: str | None = None
    options: tuple[str, ...] = ()
    about: str | None = None
    """The piece of the message that this replies to, where it must be named."""

    def as_dict(self) -> dict[str, Any]:
        """For a slot."""
        return {**vars(self), "options": list(self.options)}

    @classmethod
    def from_dict(cls, data: dict[str, Any]) -> Decision:
        """From a slot."""
        return cls(**{**data, "options": tuple(data.get("options") or ())})


def merged(decisions: list[Decision]) -> list[Decision]:
    """The decisions without repetitions: nothing is said twice."""
    result: dict[tuple[str | None, ...], Decision] = {}
    for decision in decisions:
        lacking = decision.aspect if decision.entry is None else None  # no papers and no price are two things
        if lacking == PARTICULARS:
            lacking = decision.about  # each is another
        result.setdefault((decision.kind, decision.entry, decision.wording, decision.section, lacking), decision)
    return list(result.values())


def lacking_again(decision: Decision, before: list[Decision]) -> Decision:
    """What is said of a second question on a matter that was already said to be lacking: that this is lacking too.

    Each part of a message that has no answer is named.
    """
    if decision.kind != UNKNOWN or decision.entry is None or decision.entry not in {one.entry for one in before}:
        return decision
    return replace(decision, entry=None, wording="missing-aspect", aspect=PARTICULARS)


GUESS, CLEAR = 0.25, 0.6
"""Confidence below which a reply beside one that is surer than the other says nothing that was asked."""


def without_guesses(decisions: list[Decision], asking: Collection[str] = ()) -> list[Decision]:
    """The replies without answers and questions back that are only guesses beside a clear reply.

    What plainly asks is not passed over: instead of a guessed answer it is said that there is none.

    Args:
        decisions: The replies, with the piece that each is ``about``.
        asking: The pieces that have the form of a question.
    """
    if not any(decision.confidence > CLEAR for decision in decisions):
        return decisions
    found = []
    for decision in decisions:
        guessed = decision.confidence < GUESS and decision.kind in (ANSWER, CLARIFY)
        if guessed and decision.kind == ANSWER:
            decision = replace(decision, kind=FALLBACK, section=None, entry=None, aspect=None, wording="fallback")
        if not guessed or decision.about in asking:
            found.append(decision)
    return found


def naming_their_part(decisions: list[Decision]) -> list[Decision]:
    """Of several replies, those that are no answer say which part of the message they are about."""
    several = len(decisions) > 1
    return [
        decision if several and decision.kind in (UNKNOWN, FALLBACK, CLARIFY) else replace(decision, about=None)
        for decision in decisions
    ]


@dataclass(frozen=True)
class Context:
    """What the bot remembers of a conversation between two messages.

    Attributes:
        language: Language of the conversation.
        hint: Language that the client last named as its own; a change of it is the person's wish.
        language_is_told: Whether a message told that language, rather than its being the post's first.
        section: Section that was last spoken of.
        earlier: Section that was spoken of before that one.
        aspect: Aspect that was last asked for.
        entry: Entry that was last told.
        pending: Id of the question back that waits for a reply, with the ``options`` it offered.
        options: What "the second one" counts: offered options, or the items of a list that was told.
        clarified: Whether the last reply was a question back, so that none follows another.
        told: Entries told since the section was last changed, for "tell me more".
    """

    language: str | None = None
    language_is_told: bool = False
    hint: str | None = None
    section: str | None = None
    earlier: str | None = None
    aspect: str | None = None
    entry: str | None = None
    pending: str | None = None
    options: tuple[str, ...] = ()
    clarified: bool = False
    told: tuple[str, ...] = ()
    decisions: tuple[Decision, ...] = field(default=())

    def as_dict(self) -> dict[str, Any]:
        """For a slot."""
        return {
            **vars(self),
            "options": list(self.options),
            "told": list(self.told),
            "decisions": [decision.as_dict() for decision in self.decisions],
        }

    @classmethod
    def from_dict(cls, data: dict[str, Any] | None) -> Context:
        """From a slot; an empty one gives a fresh context."""
        if not data:
            return cls()
        return cls(
            **{
                **data,
                "options": tuple(data.get("options") or ()),
                "told": tuple(data.get("told") or ()),
                "decisions": tuple(Decision.from_dict(raw) for raw in data.get("decisions") or ()),
            }
        )
