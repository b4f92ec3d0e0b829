"""Learns where one question ends and the next begins, from messages whose questions are known.

Messages with several questions that people wrote are few, so pairs of single questions, put together as people do, are
learned from too. In each, the joints between pieces are marked as beginnings of a question or not, and a logistic
regression learns to tell them apart by the features of :mod:`bot.dialogue.joints`.
"""

from __future__ import annotations

import itertools
import random
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import partial

from bot.dialogue.decision import ANSWER, FALLBACK, UNKNOWN
from bot.dialogue.joints import ASK, OTHER, Measures, features
from bot.dialogue.segmentation import Readings, open_joints, sides_of
from bot.dialogue.understanding import Part, Understanding
from bot.evaluation.fitting import Example, fitted
from bot.evaluation.questions import Case, Expectation, Turn
from bot.knowledge.model import Entry, Knowledge
from nlu.splitter import QuestionSplitter, pieces_of

Understand = Callable[[str], Understanding]

AMONG_EQUALS = 0.1
WEIGHT = {"single": 2.0, "several": 3.0, "pair": 0.3}
"""What a joint counts: those of pairs are many and only put together, and people mostly ask one question."""
STRENGTH = 0.1
PAIRS = 350
LONGEST_OF_A_PAIR = 120
SEED = 3
TOGETHER = {
    "en": (" and ", "? ", "? and ", ". ", "\n", ", ", " and also ", "? Also, ", "; ", " + ", " "),
    "fr": (" et ", " ? ", " ? Et ", ". ", "\n", ", ", " et aussi ", " ? Aussi, ", " ; ", " puis ", " "),
}
ANOTHER_OFFICE, NO_OFFICE, SOME_OFFICE = 0.3, 0.5, 0.7
"""What a reading counts that only comes near: the right office's other entry, an aspect without or with its office."""


def learn(cases: Sequence[Case], understand: Understand, knowledge: Knowledge, by: Measures) -> dict[str, float]:
    """Weights of the features in :mod:`bot.dialogue.joints`."""
    return fitted(list(joints_of(cases, understand, knowledge, by)), strength=STRENGTH, products=True)


def joints_of(cases: Sequence[Case], understand: Understand, knowledge: Knowledge, by: Measures) -> Iterator[Example]:
    """All joints of the cases' first messages, and of pairs of single questions: whether a question begins there."""
    for case in cases:
        turn = case.turns[0]
        group = "several" if len(turn.expect) > 1 else "single"
        yield from _marked(turn.ask, group, understand, by, partial(_cuts, turn.expect, knowledge))
    for text, pieces in pairs(cases):
        yield from _marked(text, "pair", understand, by, partial(_cut_of_a_pair, pieces))


def _marked(
    text: str,
    group: str,
    understand: Understand,
    by: Measures,
    cuts: Callable[[Readings, int], tuple[int, ...] | None],
) -> Iterator[Example]:
    understanding = understand(text)
    if not understanding.parts or understanding.rule:
        return
    whole = understanding.parts[0]
    count = whole.span[1]
    readings = {part.span: part for part in reversed(understanding.parts)}
    begins = cuts(readings, count) if count > 1 else None
    for number in open_joints(readings, whole, by) if begins is not None else ():
        found = features(sides_of(readings, whole, number, by), by)
        yield Example(found, number in (begins or ()), WEIGHT[group])


def _cut_of_a_pair(pieces: tuple[int, int], readings: Readings, count: int) -> tuple[int, ...] | None:
    """Behind the first question's pieces, where the two together fall into as many pieces as each by itself."""
    return (pieces[0],) if count == sum(pieces) else None


def _cuts(
    expected: Sequence[Expectation], knowledge: Knowledge, readings: Readings, count: int
) -> tuple[int, ...] | None:
    """Where the questions begin: where their readings come nearest to what is expected of them."""
    if len(expected) > count:
        return None

    def fit(cuts: tuple[int, ...]) -> float:
        bounds = [0, *cuts, count]
        stretches = list(zip(expected, bounds, bounds[1:]))
        best = sum(max(_nearness(e, part, knowledge) for part in _inside(readings, *where)) for e, *where in stretches)
        # Among cuts that give the same readings: each piece with the question that it is nearer to, and a question
        # that says nothing by itself ("what do I do now?") with what was said before it.
        pieces = sum(_nearness(e, readings[(n, n + 1)], knowledge) for e, *where in stretches for n in range(*where))
        vague = sum(_is_vague(readings[(n, n + 1)], e, knowledge) for e, n in zip(expected[1:], cuts))
        return best + AMONG_EQUALS * (pieces - vague)

    return max(itertools.combinations(range(1, count), len(expected) - 1), key=fit)


def _is_vague(part: Part, expected: Expectation, knowledge: Knowledge) -> float:
    return part.has_question_form * (1 - _nearness(expected, part, knowledge))


def _inside(readings: Readings, first: int, end: int) -> Iterable[Part]:
    return (part for (start, stop), part in readings.items() if first <= start and stop <= end)


def _nearness(expected: Expectation, part: Part, knowledge: Knowledge) -> float:
    return sum(
        share * max(_worth(one, name, knowledge) for one in expected.alternatives) for name, share in part.ranking
    )


def _worth(expected: Expectation, name: str, knowledge: Knowledge) -> float:
    """How near an intent comes to one kind of what is expected, 0 to 1."""
    item = knowledge.item(name)
    if expected.kind == ANSWER:
        aspects = {knowledge.entries[n].aspect for n in expected.names if n in knowledge.entries}
        return 1.0 if name in expected.names else SOME_OFFICE * (name.removeprefix(ASK) in aspects)
    if expected.kind == UNKNOWN:
        if item is None:
            return NO_OFFICE * name.startswith(ASK)
        right = not expected.names or item.section in expected.names
        return right * (ANOTHER_OFFICE if isinstance(item, Entry) else 1.0)
    return float(expected.kind == FALLBACK and name.startswith(OTHER))


def pairs(cases: Sequence[Case]) -> Iterator[tuple[str, tuple[int, int]]]:
    """Pairs of single questions as one message, with the number of pieces of each; always the same pairs."""
    chance = random.Random(SEED)
    most = QuestionSplitter.get_default_config()["most_parts"]
    for language, ways in TOGETHER.items():
        single = [turn for case in cases if len(case.turns) == 1 and _can_pair(turn := case.turns[0], language)]
        for _ in range(PAIRS if len(single) > 1 else 0):
            first, second = chance.sample(single, 2)
            way = chance.choice(ways)
            if first.expect == second.expect:
                continue
            begun = first.ask if way == "\n" else first.ask.rstrip(" ?.!")
            lower = way[0] not in "?.\n" and not second.ask.isupper()
            rest = second.ask[0].lower() + second.ask[1:] if lower else second.ask
            yield begun + way + rest, (len(pieces_of(begun, most)), len(pieces_of(rest, most)))


def _can_pair(turn: Turn, language: str) -> bool:
    return (
        turn.language == language
        and len(turn.expect) == 1
        and turn.expect[0].kind in (ANSWER, UNKNOWN, FALLBACK)
        and len(turn.ask) < LONGEST_OF_A_PAIR
    )
