"""What the stored test questions expect of a candidate, and what its figures must reach."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

import yaml

from bot.dialogue.decision import ANSWER, UNKNOWN
from bot.knowledge.model import Knowledge

if TYPE_CHECKING:
    from bot.evaluation.questions import Case, Expectation

MOST_DECIMALS = 12


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


def missed(figures: Mapping[str, float], floor_file: Path) -> list[dict[str, Any]]:
    """Each figure below its floor or above its ceiling in ``evaluation.yml``; the difference can be seen."""
    if not floor_file.exists():
        return []
    limits = yaml.safe_load(floor_file.read_text(encoding="utf-8")) or {}
    found = []
    for key, sign in (("at_least", 1), ("at_most", -1)):
        for name, limit in (limits.get(key) or {}).items():
            if name in figures and sign * figures[name] < sign * limit:
                found.append({"figure": name, "value": apart(figures[name], limit), "limit": str(limit), "key": key})
    return found


def apart(value: float, limit: float) -> str:
    """A figure with three decimals, or as many as it takes to see on which side of the limit it is."""
    for decimals in range(3, MOST_DECIMALS):
        text = f"{value:.{decimals}f}"
        if float(text) != limit:
            return text
    return repr(value)


LINES = {
    "at_least": "{figure} is {value}, must be at least {limit}",
    "at_most": "{figure} is {value}, must be at most {limit}",
}


def problem_lines(report: Mapping[str, Any], lines: Mapping[str, str] = LINES) -> list[str]:
    """Why a candidate may not be published, a sentence each; ``lines`` says it in another language."""
    return [
        lines[problem["key"]].format(**problem) if isinstance(problem, Mapping) else str(problem)
        for problem in report["problems"]
    ]
