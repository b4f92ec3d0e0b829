"""Decides which pieces of a message are questions of their own, once each piece has been understood."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from bot.dialogue.understanding import Part

CHAT, OTHER, ASK, AMBIGUOUS = "chat.", "other.", "ask.", "ambiguous."
HANDOFF = "chat.human"
JOINERS = frozenset({"and", "also", "plus", "et", "aussi", "puis"})
BRIEF = 5

Target = Callable[[Part], str]
"""What a piece would be answered with; pieces with the same target are one question."""


def questions_in(parts: Sequence[Part], *, least: float, target: Target) -> list[Part]:
    """The questions of a message, in order; often just the whole message.

    Args:
        parts: ``parts[0]`` is the whole; then its sentences, each followed by its clauses.
        least: Confidence that each of several questions must reach.
        target: Tells questions apart.
    """
    whole = parts[0]
    by_sentence: dict[int, list[Part]] = {}
    for part in parts[1:]:
        by_sentence.setdefault(part.sentence, []).append(part)
    units: list[Part] = []
    asks = any(part.is_interrogative for part in parts[1:] if part.level == "sentence")
    for group in by_sentence.values():
        sentence = next((part for part in group if part.level == "sentence"), whole)
        told = asks and sentence.level == "sentence" and not sentence.is_interrogative
        clauses = [] if told else [part for part in group if part.level == "clause"]
        units += _clause_questions(sentence, clauses, least, target) or [sentence]
    units = _without_background([unit for unit in units if unit is not whole] or [whole], least)
    distinct = _distinct(units, target)
    if len(distinct) > 1:
        return distinct
    if len(distinct) == 1 and distinct[0] is not whole:
        return [_surer(whole, distinct[0])]
    return [whole]


def substantive(part: Part) -> bool:
    """Whether a piece is about something, rather than a greeting or thanks."""
    return not part.intent.startswith(CHAT) or part.intent == HANDOFF


def _clause_questions(sentence: Part, clauses: list[Part], least: float, target: Target) -> list[Part]:
    """The clauses where they are questions of their own, else nothing.

    "the political and economic section" must stay whole, "the consul's name and the visa fees" must not: the clauses
    must each be clear, speak of different things, and together be no less clear than the sentence.
    """
    kept = [part for part in clauses if substantive(part)]
    clear = [part for part in kept if part.confidence >= least]
    if len(clear) < 2 or len(clear) < len(kept):
        return []
    targets = {target(part) for part in clear}
    if len(targets) < 2:
        return []
    vague = any(part.intent.startswith(AMBIGUOUS) for part in clear)
    if vague and sentence.confidence >= least and target(sentence) in targets:
        return []
    whole_is_clear = sentence.confidence >= 0.9 and not sentence.intent.startswith(AMBIGUOUS)
    if whole_is_clear and min(part.confidence for part in clear) < sentence.confidence - 0.05:
        return []
    return clear


def _without_background(units: list[Part], least: float) -> list[Part]:
    """Leaves out greetings and what only tells the story around a question."""
    meant = [unit for unit in units if substantive(unit)]
    if not meant:
        return units[:1]
    asked = [unit for unit in meant if unit.is_interrogative] or [unit for unit in meant if unit.is_question]
    if asked and len(asked) < len(meant):
        meant = [unit for unit in meant if unit in asked or _is_request(unit)]
    if len(meant) > 1:
        sure = [unit for unit in meant if unit.confidence >= least]
        meant = sure or meant[:1]
    return meant


def _is_request(unit: Part) -> bool:
    """Whether a piece beside a question asks for something too, rather than telling what happened."""
    joined = bool(unit.words) and unit.words[0] in JOINERS
    brief = len(unit.words) <= BRIEF and not unit.is_statement
    return unit.confidence >= 0.9 and (joined or brief or (unit.is_question and not unit.is_statement))


def _distinct(units: list[Part], target: Target) -> list[Part]:
    found: dict[str, Part] = {}
    for unit in units:
        found.setdefault(target(unit), unit)
    return list(found.values())


def _surer(whole: Part, unit: Part) -> Part:
    return unit if unit.confidence > whole.confidence else whole
