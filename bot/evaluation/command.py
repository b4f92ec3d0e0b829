"""``embassy-bot evaluate``."""

from __future__ import annotations

import asyncio
import json
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.progress import Progress

from bot.evaluation import figures
from bot.evaluation.floor import FLOOR_FILE, missed, problem_lines
from bot.evaluation.questions import Case, QuestionFileError, read_cases
from bot.evaluation.runner import Outcome, run
from bot.settings import Settings
from bot.training.current import Edition

DEFAULT_FOLDER = Path("tests") / "questions"


def question_files(settings: Settings, files: Sequence[Path], folder: Path) -> list[Path]:
    """The files given, else all of a folder."""
    return list(files) or sorted((settings.root / folder).glob("*.yml"))


async def outcomes_of(
    settings: Settings,
    cases: Sequence[Case],
    console: Console | None = None,
    edition: Edition | None = None,
    told: Callable[[], None] = lambda: None,
) -> list[Outcome]:
    """Asks all questions of an edition (else of the model trained last), through everything but HTTP and the disk.

    Progress is shown on the console, else ``told`` is called after each.
    """
    from bot.conversations import Conversations
    from bot.engine import InProcessEngine
    from bot.messages import message_from
    from bot.store.conversations import ConversationStore
    from bot.store.database import open_database
    from bot.training.current import trained_edition

    edition = edition or trained_edition(settings)
    if edition is None:
        raise QuestionFileError("There is no model yet. Run `embassy-bot train` first.")
    store = ConversationStore(open_database("sqlite://"))
    engine = InProcessEngine(settings.root, store)
    await engine.load(edition)
    conversations = Conversations(engine, store, most_waiting=10, most_at_once=10)

    async def ask(sender: str, text: str) -> list[Any]:
        return await conversations.handle(
            message_from(
                sender=sender,
                text=text,
                channel="evaluation",
                longest=settings.longest_message,
                published=conversations.published,
            )
        )

    if console is None:
        return await run(cases, ask, told)
    with Progress(console=console, transient=True) as progress:
        task = progress.add_task("Asking", total=sum(len(case.turns) for case in cases))
        return await run(cases, ask, lambda: progress.advance(task))


def evaluate(
    settings: Settings, files: Sequence[Path], *, list_failures: bool = False, json_file: Path | None = None
) -> int:
    """Prints the report; 1 where a figure is below the floor in ``evaluation.yml``."""
    import os

    console = Console(stderr=True)
    os.chdir(settings.root)
    try:
        cases = read_cases(question_files(settings, files, DEFAULT_FOLDER))
        outcomes = asyncio.run(outcomes_of(settings, cases, console))
    except QuestionFileError as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    report = summary(outcomes)
    print_report(outcomes)
    if list_failures:
        print_failures(outcomes)
    if json_file is not None:
        json_file.write_text(json.dumps(report, indent=2) + "\n", encoding="utf-8")
    return below_floor(report, settings.root / FLOOR_FILE)


def summary(outcomes: Sequence[Outcome]) -> dict[str, float]:
    """All figures by name, from 0 to 1."""
    result = {f"{group} {language}": s.value for (group, language), s in figures.by_group(outcomes).items()}
    result["refused though answerable"] = figures.refused(outcomes).value
    result["calibration error"] = figures.calibration_error(figures.reliability(outcomes))
    return result


def print_report(outcomes: Sequence[Outcome]) -> None:
    """The report by group, section and language."""
    print("Right replies by kind of question and language")
    for (group, language), value in figures.by_group(outcomes).items():
        print(f"  {group:12} {language}  {value}")
    print("Right answers by section and language")
    for (section, language), value in figures.by_section(outcomes).items():
        print(f"  {section:20} {language}  {value}")
    print(f"Answerable questions refused     {figures.refused(outcomes)}")
    print(f"Answerable questions asked back  {figures.asked_back(outcomes)}")
    bins = figures.reliability(outcomes)
    print(f"Calibration error (ECE, 10 bins) {figures.calibration_error(bins):.3f}")


def print_failures(outcomes: Sequence[Outcome]) -> None:
    """Every turn that went wrong."""
    print("Wrong replies")
    for outcome in outcomes:
        if not outcome.right and figures.measured(outcome):
            wanted = "; ".join(map(str, outcome.turn.expect))
            got = "; ".join(f"{r.kind} {r.entry or r.section} {r.language} {r.confidence:.2f}" for r in outcome.replies)
            print(f"  [{outcome.case.group} {outcome.turn.language}] {outcome.turn.ask!r}")
            print(f"      wanted {wanted}\n      got    {got}")


def below_floor(report: Mapping[str, float], floor_file: Path) -> int:
    """1 and a line on stderr for each figure that misses its limit, be it by one question, else 0."""
    problems = problem_lines({"problems": missed(report, floor_file)})
    for problem in problems:
        print(problem, file=sys.stderr)
    return 1 if problems else 0
