"""What the stored test questions expect of a candidate, and what its figures must reach."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
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
ROUNDING = 1e-9


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


def missed(
    figures: Mapping[str, float], floor_file: Path, totals: Mapping[str, int] | None = None
) -> list[dict[str, Any]]:
    """Each figure below its floor or above its ceiling in ``evaluation.yml``; the difference can be seen.

    Two trainings on the same questions may differ in one of them. So a share may miss its limit by one question, unless
    it stands under ``strict``: what rules decide is the same every time.

    Args:
        figures: The figures by name.
        floor_file: Where the limits stand.
        totals: Of how many questions a figure is the share; nothing is allowed for one that is not there.
    """
    if not floor_file.exists():
        return []
    limits = yaml.safe_load(floor_file.read_text(encoding="utf-8")) or {}
    strict = limits.get("strict") or ()
    found = []
    for key, sign in (("at_least", 1), ("at_most", -1)):
        for name, limit in (limits.get(key) or {}).items():
            total = (totals or {}).get(name, 0)
            allowed = 1 / total if total and name not in strict else 0.0
            if (
                name not in figures
                or sign * figures[name] >= sign * limit
                or (allowed and sign * figures[name] + allowed >= sign * limit - ROUNDING)
            ):
                continue
            problem = {"figure": name, "value": apart(figures[name], limit), "limit": str(limit), "key": key}
            if total:
                problem |= {"count": str(round(figures[name] * total)), "total": str(total)}
                problem["allowance"] = "strict" if name in strict else "one"
            found.append(problem)
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
    "one": "{count} of {total} questions; a difference of one question would be let pass",
    "strict": "{count} of {total} questions; rules decide here, so not one may go wrong",
}


def problem_lines(
    report: Mapping[str, Any], lines: Mapping[str, str] = LINES, named: Callable[[str], str] = str
) -> list[str]:
    """Why a candidate may not be published, a sentence each; ``lines`` and ``named`` say it in another language."""
    return [
        _line(problem, lines, named) if isinstance(problem, Mapping) else str(problem) for problem in report["problems"]
    ]


def _line(problem: Mapping[str, Any], lines: Mapping[str, str], named: Callable[[str], str]) -> str:
    values = {**problem, "figure": named(str(problem["figure"]))}
    line = lines[problem["key"]].format(**values)
    return f"{line} ({lines[problem['allowance']].format(**values)})" if "allowance" in problem else line
