"""What the stored test questions expect of a candidate."""

from __future__ import annotations

from collections.abc import Mapping, Sequence, Set
from dataclasses import replace
from datetime import date
from typing import TYPE_CHECKING, Any

from bot.dialogue.decision import ANSWER, UNKNOWN
from bot.knowledge.model import Knowledge

if TYPE_CHECKING:
    from bot.evaluation.questions import Case, Expectation


FEWEST_ABOUT = 20
"""Test questions about a knowledge; with fewer, a single one would move a share by more than five in a hundred."""
FEW = (
    "Test questions about something that this knowledge has: {count}. At least {fewest} are needed to tell how well it "
    "answers, so only what rules decide was held against the floor. Write questions into tests/questions/, as "
    'docs/knowledge.md says under "Another embassy".'
)


def without_removed(cases: Sequence[Case], knowledge: Knowledge) -> list[Case]:
    """The cases that can be right or wrong: none about what the knowledge does not have, or no longer.

    A case may expect an answer, a section, a topic or a vague question that staff removed, or that only another
    embassy has, or be asked in a language that the post does not speak: nobody has said what is right then.
    """
    known = _names(knowledge)
    return [
        case
        for case in cases
        if all(turn.language in knowledge.post.languages for turn in case.turns)
        and not any(_is_removed(expected, known) for turn in case.turns for expected in turn.expect)
    ]


def about(cases: Sequence[Case], knowledge: Knowledge) -> int:
    """How many cases expect something by name that the knowledge has; all others hold for any embassy."""
    known = _names(knowledge)
    return sum(
        any(
            not known.isdisjoint(one.names)
            for turn in case.turns
            for expected in turn.expect
            for one in expected.alternatives
        )
        for case in cases
    )


def few_line(report: Mapping[str, Any], line: str = FEW) -> str:
    """That hardly any test question asks about a candidate's knowledge, empty where enough do.

    ``line`` says it in another language.
    """
    count = report.get("few")
    return "" if count is None else line.format(count=count, fewest=FEWEST_ABOUT)


def _names(knowledge: Knowledge) -> frozenset[str]:
    talk = knowledge.conversation
    rules = (rule.id for rule in talk.safety)
    items = (*knowledge.entries, *knowledge.topics)
    return frozenset((*items, *knowledge.sections, *talk.clarifications, *talk.small_talk, *rules))


def _is_removed(expected: Expectation, known: Set[str]) -> bool:
    return all(one.names and known.isdisjoint(one.names) for one in expected.alternatives)


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
