"""What the stored test questions expect of a candidate."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from typing import TYPE_CHECKING

from bot.dialogue.decision import ANSWER, UNKNOWN
from bot.knowledge.model import Knowledge

if TYPE_CHECKING:
    from bot.evaluation.questions import Case, Expectation


def without_removed(cases: Sequence[Case], knowledge: Knowledge) -> list[Case]:
    """The cases that do not ask for something that staff removed: nobody has said what is right then."""
    return [
        case
        for case in cases
        if not any(_is_removed(expected, knowledge) for turn in case.turns for expected in turn.expect)
    ]


def _is_removed(expected: Expectation, knowledge: Knowledge) -> bool:
    return all(
        one.kind == ANSWER and not any(name in knowledge.entries for name in one.names) for one in expected.alternatives
    )


def with_withdrawn(cases: Sequence[Case], knowledge: Knowledge, today: date) -> list[Case]:
    """The cases as they are right on a day: what is switched off or past its last day is to be answered as unknown."""
    found = []
    for case in cases:
        turns = tuple(
            replace(turn, expect=tuple(_on(expected, knowledge, today) for expected in turn.expect))
            for turn in case.turns
        )
        # A single question counts under the kind of reply that is right.
        group = turns[0].expect[0].kind if case.group == ANSWER else case.group
        found.append(replace(case, turns=turns, group=group))
    return found


def _on(expected: Expectation, knowledge: Knowledge, today: date) -> Expectation:
    entries = [knowledge.entries[name] for name in expected.names if name in knowledge.entries]
    if expected.kind != ANSWER or not entries or not all(entry.withdrawn(today) for entry in entries):
        return expected
    return replace(expected, kind=UNKNOWN, names=tuple(dict.fromkeys(entry.section for entry in entries)))
