"""Decides which pieces of a message are questions of their own, once each piece has been understood."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from bot.dialogue.understanding import Part

CHAT, OTHER, ASK, AMBIGUOUS = "chat.", "other.", "ask.", "ambiguous."
HANDOFF = "chat.human"
JOINERS = frozenset({"and", "also", "plus", "et", "aussi", "puis"})
BRIEF = 5
VOCATIVE = 3
GREETED = re.compile(r"(dear|hello|hi|good|greetings|bonjour|bonsoir|salut|chere?s?|madame|monsieur)\b")
OFFICE_NAMED = 0.4
CLEAR = 0.85
ASKED = 0.35
DOUBTFUL = 0.5


@dataclass(frozen=True)
class Measures:
    """How pieces are read and compared: what each would be answered with, its office, how clear it is, from 0 to 1."""

    target: Callable[[Part], str]
    subject: Callable[[Part], str]
    clarity: Callable[[Part], float]
    resolve: Callable[[Part, str], Part]
    """A piece as it reads after the piece before it, whose target is given."""
    leans: Callable[[Part], bool]
    """Whether a piece has words that stand for something said before it."""
    goes_on: Callable[[Part, Part], bool]
    """Whether the second of two pieces only asks on about the same: "what is USAID and what does it do"."""


def questions_in(parts: Sequence[Part], *, least: float, by: Measures) -> list[Part]:
    """The questions of a message, in order; often just the whole message.

    Args:
        parts: ``parts[0]`` is the whole; then its sentences, each followed by its clauses.
        least: Confidence that each of several questions must reach.
        by: How pieces are compared.
    """
    whole = parts[0]
    parts = [whole, *_resolved(parts[1:], by)]
    by_sentence: dict[int, list[Part]] = {}
    for part in parts[1:]:
        by_sentence.setdefault(part.sentence, []).append(part)
    units: list[Part] = []
    asks = any(part.is_interrogative for part in parts[1:] if part.level == "sentence")
    for group in by_sentence.values():
        sentence = next((part for part in group if part.level == "sentence"), whole)
        told = asks and sentence.level == "sentence" and not sentence.is_interrogative
        clauses = [] if told else [part for part in group if part.level == "clause"]
        units += _clause_questions(sentence, clauses, least, by) or [sentence]
    if _names_its_subject_first(units, by) and whole.confidence >= least:
        return [whole]
    units = _without_background([unit for unit in units if unit is not whole] or [whole], least, by)
    units = [unit for n, unit in enumerate(units) if n == 0 or not by.goes_on(units[n - 1], unit)]
    distinct = _distinct(units, by)
    if len(distinct) > 1:
        return distinct
    if len(distinct) == 1 and distinct[0] is not whole:
        return [_surer(whole, distinct[0])]
    return [whole]


def _names_its_subject_first(units: list[Part], by: Measures) -> bool:
    """Whether a word or two only name what the one question is about: "CTFP - does it exist in Mali?"."""
    if len(units) != 2 or len(units[0].words) > VOCATIVE or units[0].is_interrogative:
        return False
    return by.leans(units[1]) and by.clarity(units[1]) < DOUBTFUL


def _resolved(parts: Sequence[Part], by: Measures) -> list[Part]:
    """The pieces, each read with the piece of its kind before it where it leans on that."""
    before: dict[str, Part] = {}
    result = []
    for part in parts:
        earlier = before.get(part.level)
        resolved = by.resolve(part, by.target(earlier)) if earlier is not None else part
        before[part.level] = resolved
        result.append(resolved)
    return result


def substantive(part: Part) -> bool:
    """Whether a piece is about something, rather than a greeting or thanks."""
    return not part.intent.startswith(CHAT) or part.intent == HANDOFF


def _clause_questions(sentence: Part, clauses: list[Part], least: float, by: Measures) -> list[Part]:
    """The clauses where they are questions of their own, else nothing.

    "the political and economic section" must stay whole, "the consul's name and the visa fees" must not: the clauses
    must each be clear, speak of different things, and together be no less clear than the sentence.
    """
    clauses = _without_vocative(clauses, least, by)
    kept = [part for part in clauses if substantive(part)]
    clear = [part for part in kept if by.clarity(part) >= (ASKED if part.has_question_form else least)]
    if len(clear) < 2 or len(clear) < len(kept):
        return []
    targets = {by.target(part) for part in clear}
    if len(targets) < 2:
        return []
    if _fronted(clauses):
        return []
    fits = sentence.confidence >= least and by.target(sentence) in targets
    if fits and all(by.goes_on(clear[0], part) for part in clear[1:]):
        return []
    if fits and any(part.intent.startswith(AMBIGUOUS) for part in clear):
        return []
    if not all(_stands_alone(part, by) for part in clear):
        return clear if sentence.confidence < DOUBTFUL else []
    if all(part.has_question_form and len(part.words) >= 3 for part in clear):
        return clear
    related = len({by.subject(part) for part in clear}) == 1
    whole_is_clear = sentence.confidence >= CLEAR and not sentence.intent.startswith(AMBIGUOUS)
    if related and whole_is_clear and min(by.clarity(part) for part in clear) < sentence.confidence - 0.05:
        return []
    return clear


def _without_vocative(clauses: list[Part], least: float, by: Measures) -> list[Part]:
    """Leaves out the address before the first question: "Dear embassy, which section …, and how …?"."""
    first, rest = clauses[:1], clauses[1:]
    addressed = bool(first) and len(first[0].words) <= VOCATIVE and not first[0].is_interrogative
    greeted = addressed and bool(GREETED.match(" ".join(first[0].words)))
    if addressed and (greeted or by.clarity(first[0]) < least) and len(rest) > 1:
        return rest
    return clauses


def _fronted(clauses: list[Part]) -> bool:
    """Whether the subject only stands before its question: "IMET and FMF, who manages them?"."""
    asked = [number for number, part in enumerate(clauses) if part.is_interrogative]
    before = clauses[: asked[0]] if asked else []
    return bool(before) and all(len(part.words) <= BRIEF and not part.is_question for part in before)


def _stands_alone(part: Part, by: Measures) -> bool:
    """Whether a clause is clearly a question of its own rather than a word of the one before it."""
    if part.has_question_form and len(part.words) >= 3:
        return True
    return by.clarity(part) >= CLEAR and (len(part.words) >= 3 or part.intent.startswith(ASK))


def _without_background(units: list[Part], least: float, by: Measures) -> list[Part]:
    """Leaves out greetings and what only tells the story around a question."""
    meant = [unit for unit in units if substantive(unit)]
    if not meant:
        return units[:1]
    asked = [unit for unit in meant if unit.is_interrogative] or [unit for unit in meant if unit.is_question]
    if asked and len(asked) < len(meant):
        meant = [unit for unit in meant if unit in asked or _is_request(unit)]
    meant = [unit for unit in meant if not _is_vocative(unit, meant, by)] or meant
    if len(meant) > 1:
        sure = [unit for unit in meant if _is_sure(unit, least, by)]
        meant = sure or meant[:1]
    return meant


def _is_sure(unit: Part, least: float, by: Measures) -> bool:
    """Whether a piece is worth a reply of its own, if only an honest one."""
    return by.clarity(unit) >= least or unit.level == "clause" or ("?" in unit.text and len(unit.words) > 2)


def _is_vocative(unit: Part, units: list[Part], by: Measures) -> bool:
    """Whether a word or two only repeat whom another piece is about: "what do you do for schools? USAID"."""
    short = len(unit.words) <= 2 and "?" not in unit.text
    return short and any(other is not unit and by.subject(other) == by.subject(unit) for other in units)


def _is_request(unit: Part) -> bool:
    """Whether a piece beside a question asks for something too, rather than telling what happened."""
    if unit.level == "clause" and not unit.is_statement:
        return True  # found to be a question of its own beside others
    joined = bool(unit.words) and unit.words[0] in JOINERS
    brief = len(unit.words) <= BRIEF and not unit.is_statement
    return unit.confidence >= 0.9 and (joined or brief or (unit.is_question and not unit.is_statement))


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
