"""Decides which pieces of a message are questions of their own, once each piece has been understood."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from itertools import combinations, pairwise

from bot.dialogue.choice import Choice, Features
from bot.dialogue.joints import (
    AMBIGUOUS,
    ASK,
    CHAT,
    CUT,
    OF_BOT,
    OTHER,
    PARTICULARS,
    Measures,
    Sides,
    features,
    unit_features,
)
from bot.dialogue.understanding import Part

__all__ = ["AMBIGUOUS", "ASK", "CHAT", "OTHER", "Cutter", "Measures", "questions_in", "substantive"]

SAFETY = "safety."
NOISE = "other.noise"
HUMAN = "chat.human"
"""Who asks for a person, and asks nothing else, is told whom to reach, whatever they add."""
VOCATIVE = 3
DENIED = re.compile(
    r"^(?:(?:no|non|sorry|pardon|desolee?) )*"
    r"(?:not (?:the|that|this|for|about|\w+$)|pas (?:le|la|les|l|celui|celle|ca|pour|du|de|\w+$))\b"
)
"""What is not meant: "not the military one"."""
MEANT = re.compile(r"^(?:i (?:meant|mean)|je (?:voulais|veux) dire|je (?:parlais|parle) (?:de|du|des|d)|plutot)\b")
"""What is meant instead."""
GREETED = re.compile(r"(dear|hello|hi|good|greetings|bonjour|bonsoir|salut|chere?s?|madame|monsieur)\b")
OFFICE_NAMED = 0.4
INNER = ("word", "bare")
"""Joints that stand within a question rather than before one, where none begins at them."""
PLAIN, DOUBTFUL, HARDLY = 0.95, 0.5, 0.0

MOST_CUTS = 6

Span = tuple[int, int]
Look = tuple[Span, ...]
"""Two neighbouring stretches, or one by itself."""
Readings = Mapping[Span, Part]
"""Every stretch of the message that was read, by its first piece and the one after its last."""


class Cutter:
    """Finds where the questions of a message begin, by a choice among all ways of cutting it."""

    def __init__(self, weights: Mapping[str, float], by: Measures, caution: float = 0.0) -> None:
        """``weights``: of the features in :mod:`bot.dialogue.joints`; ``by``: how pieces are compared.

        ``caution``: what a cut costs, in log odds.
        """
        self._choice = Choice({**weights, CUT: weights.get(CUT, 0.0) - caution})
        self.by = by

    def cut(self, parts: Sequence[Part]) -> list[Span]:
        """The likeliest way to cut a message into questions, as stretches of its pieces."""
        ways = self.ways(parts)
        if len(ways) == 1:
            return ways[0]
        known = _Known(parts, self.by)
        scores = {look: self._choice.score(known.at(look)) for look in {look for way in ways for look in looks(way)}}
        return max(ways, key=lambda way: sum(scores[look] for look in looks(way)))

    def ways(self, parts: Sequence[Part]) -> list[list[Span]]:
        """All ways to cut a message, the whole of it first; no cut lies within a name."""
        whole, readings = parts[0], _readings(parts)
        end = whole.span[1]
        pieces = [readings[(n, n + 1)] for n in range(end)]
        joints = [n for n in range(1, end) if not self.by.lies_across(pieces[n - 1], pieces[n])]
        cuts = (cut for count in range(MOST_CUTS + 1) for cut in combinations(joints, count))
        return [list(pairwise([0, *cut, end])) for cut in cuts]

    def features(self, parts: Sequence[Part]) -> list[list[Features]]:
        """What is known of each of the :meth:`ways`."""
        known = _Known(parts, self.by)
        return [[known.at(look) for look in looks(way)] for way in self.ways(parts)]


def looks(way: Sequence[Span]) -> list[Look]:
    """What a way to cut a message is judged by: each cut, and each stretch of several pieces."""
    return [*pairwise(way), *((span,) for span in way if span[1] - span[0] > 1)]


class _Known:
    """What is known of the stretches of one message, each looked at once."""

    def __init__(self, parts: Sequence[Part], by: Measures) -> None:
        self._whole, self._readings, self._by = parts[0], _readings(parts), by
        self._units: dict[Span, Part] = {}
        self._found: dict[Look, Features] = {}

    def at(self, look: Look) -> Features:
        """What is known of the cut between two stretches, or of one by itself."""
        if look not in self._found:
            self._found[look] = self._cut(*look) if len(look) > 1 else self._stretch(*look)
        return self._found[look]

    def _cut(self, left: Span, right: Span) -> Features:
        joint = right[0]
        both = self._readings.get((left[0], right[1])) or self._readings.get((joint - 1, joint + 1), self._whole)
        before, after = self._unit(left), self._unit(right)
        in_place = self._by.resolve(after, both, self._by.target(before)) if substantive(before) else after
        return features(Sides(before, after, both, self._whole, in_place), self._by)

    def _stretch(self, span: Span) -> Features:
        pieces = [self._readings[(n, n + 1)] for n in range(*span)]
        return unit_features(self._unit(span), pieces, self._by)

    def _unit(self, span: Span) -> Part:
        if span not in self._units:
            first = self._readings[(span[0], span[0] + 1)]
            self._units[span] = replace(_read(span, self._readings), joint=first.joint)
        return self._units[span]


def _readings(parts: Sequence[Part]) -> Readings:
    return {part.span: part for part in reversed(parts)}


def questions_in(parts: Sequence[Part], cutter: Cutter) -> list[Part]:
    """The questions of a message, in order; often just the whole message.

    Args:
        parts: ``parts[0]`` is the whole; the others are its pieces, pairs of neighbours and longer sentences.
        cutter: Finds where the questions begin.
    """
    whole, by = parts[0], cutter.by
    readings = _readings(parts)
    if whole.span[1] < 2:
        return [whole]
    meant = max((n for n in range(whole.span[1]) if MEANT.search(" ".join(readings[(n, n + 1)].words))), default=0)
    cut = [(max(first, meant), end) for first, end in cutter.cut(parts) if end > meant]
    said = [(0, meant)] if meant else []
    units = [_read(span, readings) for span in (*said, *cut)]
    units = _in_their_places(units, readings, by)[len(said) :]
    asked = [unit for unit in units if substantive(unit) and not _is_aside(unit)]
    asked = asked or [unit for unit in units if substantive(unit)] or units[:1]
    asked = [unit for n, unit in enumerate(asked) if n == 0 or not by.repeats(asked[n - 1], unit)]
    asked = [unit for n, unit in enumerate(asked) if not _is_heading(unit, asked[max(0, n - 1) : n + 2], by)]
    if asked[0].intent == HUMAN and not any(unit.is_interrogative for unit in asked[1:]):
        return asked[:1]
    distinct = _distinct(asked, by)
    if len(distinct) > 1:
        return distinct
    unit = distinct[0]
    corrected = meant and not unit.intent.startswith(ASK)  # "the mail? I mean the address" asks still of its office
    return [unit if unit is whole or corrected else _surer(whole, unit)]


def _read(span: tuple[int, int], readings: Readings) -> Part:
    """The reading of a stretch of pieces, or where it was not read as one, of the clearest of what lies in it."""
    inside = [part for (first, end), part in readings.items() if span[0] <= first and end <= span[1]]
    found = readings.get(span)
    # A question after what was told for it; not one half of "the political | and economic section", nor a last word.
    questions = [p for p in inside if p.is_interrogative and substantive(p) and p is not found and p.joint not in INNER]
    best = max(inside, key=lambda part: (substantive(part), part.confidence))
    if found is None or (not substantive(found) and substantive(best) and best.confidence >= DOUBTFUL):
        return replace(best, span=span, joint=readings[(span[0], span[0] + 1)].joint)
    if questions and span[1] - span[0] > 1:
        return replace(_surer(found, max(questions, key=lambda part: part.confidence)), span=span)
    return found


def _in_their_places(units: Sequence[Part], readings: Readings, by: Measures) -> list[Part]:
    """Each piece as it reads after the question before it."""
    found: list[Part] = []
    for unit in units:
        asked = [one for one in found if substantive(one)]
        before = next((one for one in reversed(asked) if one.intent != PARTICULARS), asked[-1] if asked else None)
        both = _both(before, unit, readings) if before is not None and not _stands_alone(unit, by) else None
        found.append(by.resolve(unit, both, by.target(before)) if before is not None and both is not None else unit)
    return found


def _stands_alone(unit: Part, by: Measures) -> bool:
    """Whether a piece plainly asks something of its own, and needs nothing that was said before it."""
    plain = unit.confidence >= PLAIN and unit.has_question_form
    return plain and not unit.intent.startswith((ASK, CHAT)) and not by.leans(unit)


def _both(before: Part, unit: Part, readings: Readings) -> Part | None:
    """A question and the one before it, read together, or at least the last piece of that."""
    first, end = unit.span
    return readings.get((before.span[0], end)) or readings.get((first - 1, end))


def _is_aside(unit: Part) -> bool:
    """Whether a piece asks nothing and means nothing that could be told: "the driver asks me", "yours sincerely"."""
    if unit.is_interrogative:
        return False
    if unit.intent == NOISE or DENIED.search(" ".join(unit.words)):
        return True
    if not (unit.is_statement or unit.joint == "sentence"):
        return unit.confidence < HARDLY
    return unit.confidence < DOUBTFUL or unit.intent.startswith((OTHER, SAFETY, AMBIGUOUS))


def _is_heading(unit: Part, around: Sequence[Part], by: Measures) -> bool:
    """Whether a piece only names the office that the question beside it is about: "USAID: does its work last?"."""
    return by.names_only(unit) and any(
        other is not unit and by.subject(other) == by.subject(unit) and not by.names_only(other) for other in around
    )


def substantive(part: Part) -> bool:
    """Whether a piece is about something, rather than a greeting or thanks."""
    return not part.intent.startswith(CHAT) or (part.intent in OF_BOT and part.confidence >= DOUBTFUL)


def _distinct(units: list[Part], by: Measures) -> list[Part]:
    found: dict[str, Part] = {}
    for unit in units:
        found.setdefault(unit.text if by.is_lacking(unit) else by.target(unit), unit)
    return list(found.values())


def _is_definite(part: Part) -> bool:
    return not part.intent.startswith((ASK, OTHER, CHAT, AMBIGUOUS, SAFETY))


def _surer(whole: Part, unit: Part) -> Part:
    """The question itself, unless the whole says it more clearly, or names the office that the question leaves out."""
    if unit.intent.startswith(AMBIGUOUS) and whole.confidence >= DOUBTFUL and _is_definite(whole):
        return whole
    if unit.intent.startswith(ASK) and not whole.intent.startswith((ASK, OTHER, CHAT, AMBIGUOUS)):
        return unit if whole.confidence < OFFICE_NAMED else whole
    return unit if unit.confidence > whole.confidence or not substantive(whole) else whole
