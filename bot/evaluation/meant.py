"""Learns what a short message means in its conversation, from conversations whose replies are known.

At each later turn of a conversation every candidate of :mod:`bot.dialogue.candidates` is tried; those that lead to a
right reply are what may be meant. Single questions, asked after something else was told, are learned from too: people
change the subject.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace

from bot.dialogue.candidates import GATE, LONGEST, Candidate
from bot.dialogue.decision import FALLBACK, SMALLTALK, Context
from bot.dialogue.dialogue import Dialogue
from bot.dialogue.generator import ReplyWriter
from bot.dialogue.in_context import ContextReader, about
from bot.dialogue.thresholds import Thresholds
from bot.dialogue.understanding import Part, Understanding
from bot.evaluation.fitting import Lesson, fitted
from bot.evaluation.questions import Case, Turn
from bot.evaluation.runner import outcome_of
from bot.knowledge.model import Entry, Knowledge

Understand = Callable[[str, str | None], Understanding]

CHANGED_SUBJECT = 0.2
"""What a single question after something else counts, beside the turn of a conversation that somebody wrote."""
ASKED_ON = 0.5
"""The same for one that begins with "and"."""
SUBJECTS = 2
OFF_SUBJECTS = 6
"""The same for what has nothing to do with the embassy, which is worst to be answered with what was just told."""
PENALTY = 3.0
"""Of the squares of all weights, which are many."""
SURE = 0.99
SEED = 7


def weights_of(lessons: Sequence[Lesson]) -> dict[str, float]:
    """Weights of the features in :mod:`bot.dialogue.candidates`, learned from lessons."""
    return fitted(lessons, penalty=PENALTY, together=lambda a, b: a.startswith(GATE) != b.startswith(GATE))


def told_to_mean(part: Part, together: Part, meaning: str) -> Part:
    """A text that means what it is told to mean."""
    return replace(part, ranking=((meaning, SURE),), alone=part.intent, together=together.ranking)


class TriedReader(ContextReader):
    """A reader that can be told what is meant, and tells what else might be."""

    forced: str | None = None
    seen: tuple[Candidate, ...] = ()

    def read(self, part: Part, together: Part | None, context: Context) -> Part:
        """As it is told, else as it would be."""
        self.seen = self.candidates(part, together, context)
        if self.forced is None or together is None:
            return super().read(part, together, context)
        return told_to_mean(part, together, self.forced)


class MeaningTeacher:
    """Makes lessons of cases."""

    def __init__(
        self, understand: Understand, knowledge: Knowledge, thresholds: Thresholds, dialogue: Dialogue
    ) -> None:
        """``dialogue`` is used for nothing else from here on."""
        self._understand = understand
        self._knowledge = knowledge
        self._writer = ReplyWriter(knowledge)
        self._dialogue = dialogue
        self._reader = TriedReader(knowledge, thresholds)
        dialogue.reader = self._reader

    def learn(self, cases: Sequence[Case]) -> dict[str, float]:
        """Weights of the features in :mod:`bot.dialogue.candidates`."""
        lessons = [*self.of_conversations(cases), *self.of_changed_subjects(cases)]
        return weights_of(lessons)

    def of_conversations(self, cases: Sequence[Case]) -> Iterator[Lesson]:
        """From the later turns of conversations; each goes on from a right reply, where there is one."""
        for case in cases:
            context = Context()
            for index, turn in enumerate(case.turns):
                lesson, context = self._asked(case, turn, context)
                if lesson is not None and index > 0:
                    yield lesson

    def of_changed_subjects(self, cases: Sequence[Case]) -> Iterator[Lesson]:
        """From single questions after something else was told; always the same.

        Those that have nothing to do with the embassy are asked on as people do, too: "and the weather?".
        """
        chance = random.Random(SEED)
        told = sorted(self._knowledge.entries)
        for case in (case for case in cases if len(case.turns) == 1):
            turn = case.turns[0]
            asked_on = turn.expect[0].kind == FALLBACK and len(turn.ask.split()) < LONGEST
            turns = [turn, *([_asked_on(turn)] if asked_on else [])]
            off = turn.expect[0].kind in (FALLBACK, SMALLTALK)
            for name in chance.sample(told, OFF_SUBJECTS if off else SUBJECTS):
                context = _after(self._knowledge.entries[name], turn.language)
                for one in turns:
                    lesson, _ = self._asked(case, one, context)
                    if lesson is not None:
                        yield replace(lesson, weight=CHANGED_SUBJECT if one is turn else ASKED_ON)

    def _asked(self, case: Case, turn: Turn, context: Context) -> tuple[Lesson | None, Context]:
        """A turn's lesson, None where it is read by itself, and the conversation after it."""
        understanding = self._understand(turn.ask, about(self._knowledge, context, turn.ask))
        after = self._tried(None, understanding, context)
        found = self._reader.seen
        tried = [self._tried(candidate.name, understanding, context) for candidate in found]
        right = [self._is_right(case, turn, one) for one in tried]
        if not self._is_right(case, turn, after):
            after = next((one for one, is_right in zip(tried, right) if is_right), after)
        return (Lesson([[one.features] for one in found], right) if found else None), after

    def _tried(self, meaning: str | None, message: Understanding, context: Context) -> Context:
        self._reader.forced, self._reader.seen = meaning, ()
        return self._dialogue.respond(message, context)

    def _is_right(self, case: Case, turn: Turn, after: Context) -> bool:
        return outcome_of(case, turn, after.decisions, self._writer, first=False).right


def _asked_on(turn: Turn) -> Turn:
    """A question as people go on to it."""
    begun = turn.ask[0].lower() + turn.ask[1:]
    return replace(turn, ask=f"{'et' if turn.language == 'fr' else 'and'} {begun}")


def _after(entry: Entry, language: str) -> Context:
    """A conversation in which an entry was told."""
    return Context(
        language=language,
        language_is_told=True,
        section=entry.section,
        aspect=entry.aspect,
        entry=entry.id,
        told=(entry.id,),
    )
