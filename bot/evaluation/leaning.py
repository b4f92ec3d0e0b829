"""Learns when a message leans on the conversation before it, from conversations whose replies are known.

Each later turn of a conversation is answered twice, by itself and as it reads in context. Where only one of the two is
right, the logistic regression of :mod:`bot.dialogue.leaning` learns from it. Single questions, asked after something
else was told, are learned from too: people change the subject.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace

from bot.dialogue.decision import Context
from bot.dialogue.dialogue import Dialogue
from bot.dialogue.generator import ReplyWriter
from bot.dialogue.in_context import about
from bot.dialogue.thresholds import Thresholds
from bot.dialogue.understanding import Understanding
from bot.evaluation.fitting import Example, fitted
from bot.evaluation.questions import Case, Turn
from bot.evaluation.runner import Outcome
from bot.knowledge.model import Knowledge

Understand = Callable[[str, str | None], Understanding]

NEVER, ALWAYS = {"bias": -30.0}, {"bias": 30.0}
CHANGED_SUBJECT = 0.2
"""What a single question after something else counts, beside the turn of a conversation that somebody wrote."""
SUBJECTS = 2
STRENGTH = 1.0
SEED = 7


class LeaningTeacher:
    """Makes lessons of cases."""

    def __init__(
        self, understand: Understand, knowledge: Knowledge, thresholds: Thresholds, dialogue: Callable[..., Dialogue]
    ) -> None:
        """``dialogue`` makes one from thresholds."""
        self._understand = understand
        self._knowledge = knowledge
        self._writer = ReplyWriter(knowledge)
        self._apart, self._together = (dialogue(replace(thresholds, leaning=bias)) for bias in (NEVER, ALWAYS))

    def learn(self, cases: Sequence[Case]) -> dict[str, float]:
        """Weights of the features in :mod:`bot.dialogue.leaning`."""
        examples = [*self.of_conversations(cases), *self.of_changed_subjects(cases)]
        return fitted(examples, strength=STRENGTH, products=True, penalty="l1")

    def of_conversations(self, cases: Sequence[Case]) -> Iterator[Example]:
        """From the later turns of conversations; each goes on from the right reply, where there is one."""
        for case in cases:
            context = Context()
            for index, turn in enumerate(case.turns):
                lesson, context = self._asked(case, turn, context)
                if lesson is not None and index > 0:
                    yield lesson

    def of_changed_subjects(self, cases: Sequence[Case]) -> Iterator[Example]:
        """From single questions after something else was told; always the same."""
        chance = random.Random(SEED)
        told = sorted(self._knowledge.entries)
        single = [case for case in cases if len(case.turns) == 1]
        for case in single:
            for name in chance.sample(told, SUBJECTS):
                entry = self._knowledge.entries[name]
                context = Context(
                    language=case.turns[0].language,
                    language_is_told=True,
                    section=entry.section,
                    aspect=entry.aspect,
                    entry=entry.id,
                    told=(entry.id,),
                )
                lesson, _ = self._asked(case, case.turns[0], context)
                if lesson is not None:
                    yield replace(lesson, weight=CHANGED_SUBJECT)

    def _asked(self, case: Case, turn: Turn, context: Context) -> tuple[Example | None, Context]:
        """A turn's lesson, None where both readings are right or wrong, and the conversation after it."""
        spoken_of = about(self._knowledge, context, turn.ask)
        understanding = self._understand(turn.ask, spoken_of)
        apart, together = (way.respond(understanding, context) for way in (self._apart, self._together))
        right_apart, right_together = (self._is_right(case, turn, after) for after in (apart, together))
        after = apart if right_apart else together
        if understanding.in_context is None or right_apart == right_together:
            return None, after
        found = self._apart.reader.features(understanding.parts[0], understanding.in_context, context)
        return Example(found, right_together), after

    def _is_right(self, case: Case, turn: Turn, after: Context) -> bool:
        replies = tuple(self._writer.write(decision) for decision in after.decisions)
        return Outcome(case, turn, replies, first=False).right
