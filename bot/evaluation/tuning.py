"""``embassy-bot tune``: chooses the thresholds on the development questions."""

from __future__ import annotations

import asyncio
import itertools
import os
import sys
from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import asdict, replace
from functools import cache
from pathlib import Path

from bot.dialogue.decision import ANSWER
from bot.dialogue.thresholds import Thresholds
from bot.evaluation.command import question_files
from bot.evaluation.figures import measured
from bot.evaluation.questions import Case, QuestionFileError, read_cases
from bot.evaluation.runner import Outcome
from bot.settings import Settings

DEFAULT_FOLDER = Path("tests") / "development"

GRID = {
    "answer": (0.2, 0.25, 0.3, 0.35, 0.4, 0.45, 0.5, 0.55, 0.6),
    "section": (0.3, 0.4, 0.5, 0.6, 0.7, 0.8),
    "refuse": (0.2, 0.3, 0.4, 0.5, 0.6),
    "relevant": (0.2, 0.3, 0.4, 0.5, 0.6),
    "context": (0.0, 0.15, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9),
    "part": (0.3, 0.4, 0.5, 0.6, 0.7, 0.8),
}

WRONG_ANSWER = -1.0
"""What a wrong answer counts beside a right reply's 1 and the 0 of a needless question back or refusal."""

LEAST_GAIN = 0.002
"""Smaller differences are those of a single question, which tells nothing."""


def tune(settings: Settings, files: Sequence[Path]) -> int:
    """Prints and stores the best thresholds; each is improved in turn until none improves."""
    os.chdir(settings.root)
    try:
        cases = read_cases(question_files(settings, files, DEFAULT_FOLDER))
        score = asyncio.run(_scorer(settings, cases))
    except QuestionFileError as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    best = Thresholds.load(settings.thresholds)
    value = score(best)
    print(f"before {value:.4f} {asdict(best)}")
    for name, options in itertools.chain(*itertools.repeat(list(GRID.items()), 3)):
        for option in options:
            candidate = replace(best, **{name: option})
            found = score(candidate)
            if found > value + LEAST_GAIN:
                best, value = candidate, found
                print(f"better {value:.4f} {name} = {option}")
    best.save(settings.thresholds)
    print(f"chosen {value:.4f} {asdict(best)}, written to {settings.thresholds.name}")
    return 0


async def _scorer(settings: Settings, cases: Sequence[Case]) -> Callable[[Thresholds], float]:
    """A function from thresholds to the mean utility of turns over the groups of questions."""
    from bot.dialogue.decision import Context
    from bot.dialogue.dialogue import Dialogue
    from bot.dialogue.generator import ReplyWriter
    from bot.dialogue.in_context import about
    from bot.dialogue.understanding import Understanding
    from bot.engine import InProcessEngine
    from bot.knowledge.reader import read_knowledge
    from bot.messages import safe_text
    from bot.store.conversations import ConversationStore
    from bot.store.database import open_database
    from bot.training.current import trained_edition

    edition = trained_edition(settings)
    if edition is None:
        raise QuestionFileError("There is no model yet. Run `embassy-bot train` first.")
    engine = InProcessEngine(settings.root, ConversationStore(open_database("sqlite://")))
    await engine.load(edition)
    knowledge = read_knowledge(settings.knowledge, questions=False)
    writer = ReplyWriter(knowledge)
    stories = engine.stories()

    @cache
    def understood(text: str, spoken_of: str | None) -> Understanding:
        return Understanding.of(engine.understand(safe_text(text, engine.published), spoken_of), None)

    def score(thresholds: Thresholds) -> float:
        dialogue = Dialogue(knowledge, thresholds, stories)
        outcomes = []
        for case in cases:
            context = Context()
            for index, turn in enumerate(case.turns):
                context = dialogue.respond(understood(turn.ask, about(knowledge, context, turn.ask)), context)
                replies = tuple(writer.write(decision) for decision in context.decisions)
                outcomes.append(Outcome(case, turn, replies, first=index == 0))
        groups: dict[tuple[str, str], list[float]] = defaultdict(list)
        for outcome in outcomes:
            if measured(outcome):
                groups[(outcome.case.group, outcome.turn.language)].append(_utility(outcome))
        # Answers count twice: they are what people come for.
        weights = {key: 2.0 if key[0] == ANSWER else 1.0 for key in groups}
        return sum(weights[key] * sum(found) / len(found) for key, found in groups.items()) / sum(weights.values())

    return score


def _utility(outcome: Outcome) -> float:
    """1 for a right turn, ``WRONG_ANSWER`` where something wrong was told as an answer, 0 for what only costs time."""
    if outcome.right:
        return 1.0
    return WRONG_ANSWER if any(reply.kind == ANSWER for reply in outcome.replies) else 0.0
