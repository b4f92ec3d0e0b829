"""What the figures must reach: the floor in ``evaluation.yml``."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import yaml

FLOOR_FILE = "evaluation.yml"
"""Beside the project's settings."""
STRICT = "strict"
"""What rules decide: no difference is let pass."""
MOST_DECIMALS = 12
ROUNDING = 1e-9


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
    strict = limits.get(STRICT) or ()
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
                problem["allowance"] = STRICT if name in strict else "one"
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
