"""Learns what a later piece of a message means after the piece before it, from messages whose questions are known.

Every candidate of every piece is tried; those that lead to most right replies are what may be meant. Pairs of single
questions, put together as people do, teach that the second one mostly stands by itself.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

from bot.dialogue.candidates import Candidate
from bot.dialogue.decision import Context
from bot.dialogue.dialogue import Dialogue
from bot.dialogue.generator import ReplyWriter
from bot.dialogue.in_context import ContextReader
from bot.dialogue.segmentation import Span
from bot.dialogue.thresholds import Thresholds
from bot.dialogue.understanding import Part, Understanding
from bot.evaluation.fitting import Lesson
from bot.evaluation.joints import TriedCutter, Understand, pairs
from bot.evaluation.meant import told_to_mean, weights_of
from bot.evaluation.questions import Case, Turn
from bot.evaluation.runner import outcome_of
from bot.knowledge.model import Knowledge

PAIR = 0.2
"""What a pair counts, beside a message that somebody wrote."""


class TriedPieces(ContextReader):
    """A reader that can be told what pieces mean, and tells what else they might."""

    def __init__(self, knowledge: Knowledge, thresholds: Thresholds) -> None:
        super().__init__(knowledge, thresholds)
        self.forced: dict[Span, str] = {}
        self.seen: dict[Span, tuple[Candidate, ...]] = {}

    def read_piece(self, part: Part, both: Part, before: str) -> Part:
        """As it is told, else as it would be."""
        self.seen[part.span] = self.piece_candidates(part, both, before)
        if part.span not in self.forced:
            return super().read_piece(part, both, before)
        return told_to_mean(part, both, self.forced[part.span])


class PieceTeacher:
    """Makes lessons of cases."""

    def __init__(
        self, understand: Understand, knowledge: Knowledge, thresholds: Thresholds, dialogue: Dialogue
    ) -> None:
        """``dialogue`` is used for nothing else from here on."""
        self._understand = understand
        self._writer = ReplyWriter(knowledge)
        self._dialogue = dialogue
        self._reader = TriedPieces(knowledge, thresholds)
        self._cutter = TriedCutter({}, replace(dialogue.cutter.by, resolve=self._reader.read_piece))
        dialogue.reader, dialogue.cutter = self._reader, self._cutter

    def learn(self, cases: Sequence[Case]) -> dict[str, float]:
        """Weights of the features in :mod:`bot.dialogue.candidates`, for pieces."""
        lessons = [lesson for case in cases if len(case.turns[0].expect) > 1 for lesson in self.of_case(case)]
        for text, first, second, _ in pairs(cases):
            turn = Turn(text, (*first.expect, *second.expect), first.language)
            pair = Case("several", (turn,), "pair")
            lessons += [replace(lesson, weight=PAIR) for lesson in self.of_case(pair)]
        return weights_of(lessons)

    def of_case(self, case: Case) -> Iterator[Lesson]:
        """From the pieces of a case's first message, cut as leads to most right replies."""
        understanding = self._understand(case.turns[0].ask)
        if not understanding.parts or understanding.rule:
            return
        ways = [way for way in self._cutter.ways(understanding.parts) if len(way) > 1]
        if not ways:
            return
        self._reader.forced = {}
        way = max(ways, key=lambda way: self._hits(case, understanding, way))
        for span in way[1:]:
            self._hits(case, understanding, way)
            found = self._reader.seen.get(span, ())
            hits = []
            for candidate in found:
                self._reader.forced[span] = candidate.name
                hits.append(self._hits(case, understanding, way))
            self._reader.forced.pop(span, None)
            if not hits or max(hits) == 0:
                continue
            if self._hits(case, understanding, way) < max(hits):
                self._reader.forced[span] = found[hits.index(max(hits))].name
            yield Lesson([[one.features] for one in found], [hit == max(hits) for hit in hits])

    def _hits(self, case: Case, message: Understanding, way: list[Span]) -> int:
        """How many replies are right if the message is cut this way."""
        self._reader.seen = {}
        self._cutter.forced = way
        decisions = self._dialogue.respond(message, Context()).decisions
        return outcome_of(case, case.turns[0], decisions, self._writer, first=True).hits
