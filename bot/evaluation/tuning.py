"""``embassy-bot tune``: chooses the thresholds on the development questions."""

from __future__ import annotations

import asyncio
import os
import sys
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import asdict, replace
from pathlib import Path

from bot.dialogue.decision import ANSWER, Context
from bot.dialogue.dialogue import Dialogue
from bot.dialogue.generator import ReplyWriter
from bot.dialogue.in_context import about
from bot.dialogue.thresholds import Thresholds
from bot.dialogue.understanding import Understanding
from bot.engine import InProcessEngine
from bot.evaluation.command import question_files
from bot.evaluation.figures import measured
from bot.evaluation.joints import CutTeacher
from bot.evaluation.meant import MeaningTeacher
from bot.evaluation.pieces import PieceTeacher
from bot.evaluation.questions import Case, QuestionFileError, read_cases
from bot.evaluation.runner import Outcome, outcome_of
from bot.knowledge.model import Knowledge
from bot.knowledge.reader import read_knowledge
from bot.messages import safe_text
from bot.settings import Settings
from bot.store.conversations import ConversationStore
from bot.store.database import open_database
from bot.training.current import trained_edition

DEFAULT_FOLDER = Path("tests") / "development"

GRID = {
    "answer": (0.2, 0.25, 0.3, 0.35, 0.4, 0.45, 0.5, 0.55, 0.6),
    "section": (0.3, 0.4, 0.5, 0.6, 0.7, 0.8),
    "refuse": (0.2, 0.3, 0.4, 0.5, 0.6),
    "relevant": (0.2, 0.3, 0.4, 0.5, 0.6),
    "caution": (-0.5, 0.0, 0.25, 0.5, 0.75, 1.0, 1.5),
}

WRONG_ANSWER = -1.0
"""What a wrong answer counts beside a right reply's 1 and the 0 of a needless question back or refusal."""

ANSWERS_COUNT = 4.0
"""What single questions with an answer count, beside other kinds."""
LEAST_GAIN = 0.001
"""Smaller differences are those of a single question, which tells nothing."""


def tune(settings: Settings, files: Sequence[Path]) -> int:
    """Prints and stores the best thresholds; each is improved in turn until none improves any more."""
    os.chdir(settings.root)
    try:
        cases = read_cases(question_files(settings, files, DEFAULT_FOLDER))
        bench = asyncio.run(_bench(settings))
    except QuestionFileError as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    best = Thresholds.load(settings.thresholds)
    print(f"before {bench.score(cases, best):.4f}")
    pieces = PieceTeacher(bench.understood, bench.knowledge, best, bench.dialogue(best))
    best = replace(best, in_place=pieces.learn(cases))
    print(f"in place {bench.score(cases, best):.4f}")
    best = replace(best, joints=CutTeacher(bench.understood, bench.knowledge, bench.dialogue(best)).learn(cases))
    print(f"joints {bench.score(cases, best):.4f}")
    teacher = MeaningTeacher(bench.understood, bench.knowledge, best, bench.dialogue(best))
    best = replace(best, meant=teacher.learn(cases))
    value = bench.score(cases, best)
    print(f"meant {value:.4f}")
    improved = True
    while improved:
        improved = False
        for name, options in GRID.items():
            for option in options:
                candidate = replace(best, **{name: option})  # type: ignore[arg-type]
                found = bench.score(cases, candidate)
                if found > value + LEAST_GAIN:
                    best, value, improved = candidate, found, True
                    print(f"better {value:.4f} {name} = {option}", flush=True)
    best.save(settings.thresholds)
    plain = {name: value for name, value in asdict(best).items() if not isinstance(value, dict)}
    print(f"chosen {value:.4f} {plain}, written to {settings.thresholds.name}")
    return 0


class _Bench:
    """A loaded model, and what it makes of the questions; each is understood only once."""

    def __init__(self, engine: InProcessEngine, knowledge: Knowledge) -> None:
        self.knowledge = knowledge
        self.stories = engine.stories()
        self._engine = engine
        self._writer = ReplyWriter(knowledge)
        self._understood: dict[tuple[str, str | None], Understanding] = {}

    def understood(self, text: str, spoken_of: str | None = None) -> Understanding:
        """What the pipeline makes of a message after a conversation about something."""
        key = (text, spoken_of)
        if key not in self._understood:
            found = self._engine.understand(safe_text(text, self._engine.published), spoken_of)
            self._understood[key] = Understanding.of(found, None)
        return self._understood[key]

    def dialogue(self, thresholds: Thresholds) -> Dialogue:
        """A dialogue that decides by these thresholds."""
        return Dialogue(self.knowledge, thresholds, self.stories)

    def score(self, cases: Sequence[Case], thresholds: Thresholds) -> float:
        """The mean utility of turns over the groups of questions."""
        dialogue = self.dialogue(thresholds)
        groups: dict[tuple[str, str], list[float]] = defaultdict(list)
        for case in cases:
            context = Context()
            for index, turn in enumerate(case.turns):
                spoken_of = about(self.knowledge, context, turn.ask)
                context = dialogue.respond(self.understood(turn.ask, spoken_of), context)
                outcome = outcome_of(case, turn, context.decisions, self._writer, first=index == 0)
                if measured(outcome):
                    groups[(case.group, turn.language)].append(utility(outcome))
        # Single questions with an answer count most: they are what people come for.
        weights = {key: ANSWERS_COUNT if key[0] == ANSWER else 1.0 for key in groups}
        return sum(weights[key] * sum(found) / len(found) for key, found in groups.items()) / sum(weights.values())


async def _bench(settings: Settings) -> _Bench:
    edition = trained_edition(settings)
    if edition is None:
        raise QuestionFileError("There is no model yet. Run `embassy-bot train` first.")
    engine = InProcessEngine(settings.root, ConversationStore(open_database("sqlite://")))
    await engine.load(edition)
    return _Bench(engine, read_knowledge(settings.knowledge, questions=False))


def utility(outcome: Outcome) -> float:
    """1 for a right turn, ``WRONG_ANSWER`` where something was told that was not asked for, 0 for what only costs time.

    Of several questions, one left out only costs time: it can be asked again.
    """
    if outcome.right:
        return 1.0
    turn = outcome.turn
    answers = [reply for reply in outcome.replies if reply.kind == ANSWER]
    wrong = any(not any(expected.fits(reply, turn.language) for expected in turn.expect) for reply in answers)
    return WRONG_ANSWER if wrong else 0.0
