"""Decides which pieces of a message are questions of their own, once each piece has been understood."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace

from bot.dialogue.joints import AMBIGUOUS, ASK, CHAT, OTHER, Measures, Sides, features
from bot.dialogue.logistic import Logistic
from bot.dialogue.understanding import Part

__all__ = ["AMBIGUOUS", "ASK", "CHAT", "HANDOFF", "OTHER", "Measures", "questions_in", "substantive"]

HANDOFF = "chat.human"
SAFETY = "safety."
VOCATIVE = 3
GREETED = re.compile(r"(dear|hello|hi|good|greetings|bonjour|bonsoir|salut|chere?s?|madame|monsieur)\b")
OFFICE_NAMED = 0.4
INNER = ("word", "bare")
"""Joints that stand within a question rather than before one, where none begins at them."""
DOUBTFUL = 0.5

Readings = Mapping[tuple[int, int], Part]
"""Every stretch of the message that was read, by its first piece and the one after its last."""


def questions_in(parts: Sequence[Part], *, begins: Logistic, least: float, by: Measures) -> list[Part]:
    """The questions of a message, in order; often just the whole message.

    Args:
        parts: ``parts[0]`` is the whole; the others are its pieces, pairs of neighbours and longer sentences.
        begins: How likely a new question begins at a joint, by the features of :mod:`bot.dialogue.joints`.
        least: Probability from which a new question begins at a joint.
        by: How pieces are compared.
    """
    whole = parts[0]
    readings = {part.span: part for part in reversed(parts)}
    if whole.span[1] < 2:
        return [whole]
    units = [_read(span, readings) for span in spans(readings, whole, begins, least, by)]
    units = [_in_its_place(unit, before, readings, by) for unit, before in zip(units, [None, *units])]
    asked = [unit for unit in units if substantive(unit) and not _is_aside(unit)]
    asked = asked or [unit for unit in units if substantive(unit)] or units[:1]
    asked = [unit for n, unit in enumerate(asked) if n == 0 or not by.repeats(asked[n - 1], unit)]
    asked = [unit for n, unit in enumerate(asked) if not _is_heading(unit, asked[max(0, n - 1) : n + 2], by)]
    distinct = _distinct(asked, by)
    if len(distinct) > 1:
        return distinct
    return [_surer(whole, distinct[0]) if distinct[0] is not whole else whole]


def sides_of(readings: Readings, whole: Part, joint: int, by: Measures) -> Sides:
    """What the joint before piece number ``joint`` is judged by; pieces of one name count as one."""
    pieces = [readings[(n, n + 1)] for n in range(whole.span[1])]
    first, end = joint - 1, joint + 1
    while first > 0 and (first - 1, joint) in readings and by.lies_across(pieces[first - 1], pieces[first]):
        first -= 1
    while end < len(pieces) and (joint, end + 1) in readings and by.lies_across(pieces[end - 1], pieces[end]):
        end += 1

    def clearest(stretch: Sequence[Part]) -> Part:
        return max(stretch, key=lambda part: (substantive(part), by.clarity(part)))

    return Sides(
        left=readings[(first, joint)],
        right=readings[(joint, end)],
        both=readings.get((first, end)) or readings.get((joint - 1, joint + 1), whole),
        whole=whole,
        before=clearest(pieces[:joint]),
        after=clearest(pieces[joint:]),
    )


def spans(readings: Readings, whole: Part, begins: Logistic, least: float, by: Measures) -> list[tuple[int, int]]:
    """The message cut where new questions begin."""
    joints = open_joints(readings, whole, by)
    cuts = [n for n in joints if begins(features(sides_of(readings, whole, n, by), by)) >= least]
    return list(zip([0, *cuts], [*cuts, whole.span[1]]))


def open_joints(readings: Readings, whole: Part, by: Measures) -> list[int]:
    """The pieces before which a new question may begin: all but the first, and those that go on with a name."""
    return [n for n in range(1, whole.span[1]) if not by.lies_across(readings[(n - 1, n)], readings[(n, n + 1)])]


def _read(span: tuple[int, int], readings: Readings) -> Part:
    """The reading of a stretch of pieces, or where it was not read as one, of the clearest of what lies in it."""
    inside = [part for (first, end), part in readings.items() if span[0] <= first and end <= span[1]]
    found = readings.get(span)
    # A question after what was told for it; not one half of "the political | and economic section", nor a last word.
    questions = [p for p in inside if p.is_interrogative and substantive(p) and p is not found and p.joint not in INNER]
    best = max(inside, key=lambda part: (substantive(part), part.confidence))
    if found is None:
        return replace(best, span=span, joint=readings[(span[0], span[0] + 1)].joint)
    if questions and span[1] - span[0] > 1:
        return replace(_surer(found, max(questions, key=lambda part: part.confidence)), span=span)
    return found


def _in_its_place(unit: Part, before: Part | None, readings: Readings, by: Measures) -> Part:
    """A piece as it reads after the question before it, where it leans on that."""
    first, end = unit.span
    if before is None:
        return unit
    both = readings.get((before.span[0], end)) or readings.get((first - 1, end))
    if both is None:
        return unit
    return by.resolve(unit, both, by.target(before))


def _is_aside(unit: Part) -> bool:
    """Whether a piece asks nothing and means nothing that could be told: "the driver asks me", "yours sincerely"."""
    if unit.is_interrogative or not (unit.is_statement or unit.joint == "sentence"):
        return False
    return unit.confidence < DOUBTFUL or unit.intent.startswith((OTHER, SAFETY, AMBIGUOUS))


def _is_heading(unit: Part, around: Sequence[Part], by: Measures) -> bool:
    """Whether a piece only names the office that the question beside it is about: "USAID: does its work last?"."""
    return by.names_only(unit) and any(
        other is not unit and by.subject(other) == by.subject(unit) and not by.names_only(other) for other in around
    )


def substantive(part: Part) -> bool:
    """Whether a piece is about something, rather than a greeting or thanks."""
    return not part.intent.startswith(CHAT) or part.intent == HANDOFF


def _distinct(units: list[Part], by: Measures) -> list[Part]:
    found: dict[str, Part] = {}
    for unit in units:
        found.setdefault(by.target(unit), unit)
    return list(found.values())


def _surer(whole: Part, unit: Part) -> Part:
    """The question itself, unless the whole says it more clearly, or names the office that the question leaves out."""
    if unit.intent.startswith(ASK) and not whole.intent.startswith((ASK, OTHER, CHAT, AMBIGUOUS)):
        return unit if whole.confidence < OFFICE_NAMED else whole
    return unit if unit.confidence > whole.confidence else whole
