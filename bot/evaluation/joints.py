"""Learns where one question ends and the next begins, from messages whose questions are known.

Every way to cut a message is tried; those that lead to the right replies are right. Messages with several questions
that people wrote are few, so pairs of single questions, put together as people do, are learned from too; of these the
right cut is known.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator, Sequence

from bot.dialogue.decision import ANSWER, FALLBACK, UNKNOWN, Context, Decision
from bot.dialogue.dialogue import Dialogue
from bot.dialogue.generator import ReplyWriter
from bot.dialogue.joints import UNIT
from bot.dialogue.segmentation import Cutter, Span
from bot.dialogue.understanding import Part, Understanding
from bot.evaluation.fitting import Lesson, fitted
from bot.evaluation.questions import Case, Turn
from bot.evaluation.runner import Outcome, outcome_of
from bot.knowledge.model import Knowledge
from nlu.splitter import QuestionSplitter, pieces_of

Understand = Callable[[str], Understanding]

WEIGHT = {"single": 2.0, "several": 2.0, "pair": 0.3, "nearly": 0.5}
"""What a message counts: pairs are many and only put together, and people mostly ask one question."""
PENALTY = 6.0
PAIRS = 350
LONGEST_OF_A_PAIR = 120
SEED = 3
TOGETHER = {
    "en": (" and ", "? ", "? and ", ". ", "\n", ", ", " and also ", "? Also, ", "; ", " + ", " "),
    "fr": (" et ", " ? ", " ? Et ", ". ", "\n", ", ", " et aussi ", " ? Aussi, ", " ; ", " puis ", " "),
}


class TriedCutter(Cutter):
    """A cutter that can be told where to cut."""

    forced: list[Span] | None = None

    def cut(self, parts: Sequence[Part]) -> list[Span]:
        """As it is told, else as it would be."""
        return super().cut(parts) if self.forced is None else self.forced


class CutTeacher:
    """Makes lessons of cases."""

    def __init__(self, understand: Understand, knowledge: Knowledge, dialogue: Dialogue) -> None:
        """``dialogue`` is used for nothing else from here on."""
        self._understand = understand
        self._writer = ReplyWriter(knowledge)
        self._dialogue = dialogue
        self._cutter = TriedCutter({}, dialogue.cutter.by)
        dialogue.cutter = self._cutter

    def learn(self, cases: Sequence[Case]) -> dict[str, float]:
        """Weights of the features in :mod:`bot.dialogue.joints`."""
        lessons = [*self.of_cases(cases), *self.of_pairs(cases)]
        return fitted(lessons, penalty=PENALTY, together=lambda a, b: a.startswith(UNIT) == b.startswith(UNIT))

    def of_cases(self, cases: Sequence[Case]) -> Iterator[Lesson]:
        """From the cases' first messages."""
        for case in cases:
            turn = case.turns[0]
            understanding = self._understand(turn.ask)
            ways = self._ways(understanding)
            if len(ways) < 2:
                continue
            decided = (self._tried(way, understanding) for way in ways)
            tried = [outcome_of(case, turn, decisions, self._writer, first=True) for decisions in decided]
            right = [outcome.right for outcome in tried]
            weight = WEIGHT["several" if len(turn.expect) > 1 else "single"]
            if not any(right):
                right = _nearly(tried)
                weight *= WEIGHT["nearly"]
            yield Lesson(self._cutter.features(understanding.parts), right, weight)

    def of_pairs(self, cases: Sequence[Case]) -> Iterator[Lesson]:
        """From two single questions as one message, where the two together fall into as many pieces as each alone."""
        for text, _, _, pieces in pairs(cases):
            understanding = self._understand(text)
            ways = self._ways(understanding)
            if len(ways) > 1 and understanding.parts[0].span[1] == sum(pieces):
                right = [[span[0] for span in way] == [0, pieces[0]] for way in ways]
                yield Lesson(self._cutter.features(understanding.parts), right, WEIGHT["pair"])

    def _ways(self, understanding: Understanding) -> list[list[Span]]:
        return self._cutter.ways(understanding.parts) if understanding.parts and not understanding.rule else []

    def _tried(self, way: list[Span], message: Understanding) -> Sequence[Decision]:
        self._cutter.forced = way
        return self._dialogue.respond(message, Context()).decisions


def _nearly(tried: Sequence[Outcome]) -> list[bool]:
    """The ways that lead to as many replies as there are questions, and to most right ones among these."""
    hits = [outcome.hits for outcome in tried]
    return [hit == max(hits) > 0 for hit in hits]


def pairs(cases: Sequence[Case]) -> Iterator[tuple[str, Turn, Turn, tuple[int, int]]]:
    """Pairs of single questions as one message, the two, and the number of pieces of each; always the same pairs."""
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
            yield begun + way + rest, first, second, (len(pieces_of(begun, most)), len(pieces_of(rest, most)))


def _can_pair(turn: Turn, language: str) -> bool:
    return (
        turn.language == language
        and len(turn.expect) == 1
        and turn.expect[0].kind in (ANSWER, UNKNOWN, FALLBACK)
        and len(turn.ask) < LONGEST_OF_A_PAIR
    )
