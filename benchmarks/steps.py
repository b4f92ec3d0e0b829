"""The measurements, one function each; all take what they need from a :class:`Bench`."""

from __future__ import annotations

import asyncio
import random
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from rich.console import Console

from benchmarks import plots, processes, profile, public, vanilla
from benchmarks.report import Figure
from bot.dialogue.decision import ANSWER
from bot.evaluation import figures as shares
from bot.evaluation.command import outcomes_of, question_files
from bot.evaluation.questions import Case, read_cases
from bot.knowledge.reader import read_knowledge
from bot.settings import Settings

FULL_EPOCHS = 100
SEED = 7
MESSAGES = 240


@dataclass
class Bench:
    """What the measurements share: where things are, how much to do, and what came out so far."""

    settings: Settings
    work: Path
    epochs: int
    examples: int | None
    data: Path | None
    console: Console
    step: Callable[[], None] = lambda: None
    figures: list[Figure] = field(default_factory=list)
    plots: dict[str, str] = field(default_factory=dict)
    accuracy: dict[str, float] = field(default_factory=dict)

    def cases(self) -> list[Case]:
        """The unseen questions."""
        return read_cases(question_files(self.settings, (), Path("tests") / "questions"))

    def questions(self) -> list[str]:
        """Some single unseen questions, always the same, in no order."""
        asked = [case.turns[0].ask for case in self.cases() if len(case.turns) == 1]
        random.Random(SEED).shuffle(asked)
        return asked[:MESSAGES]

    def add(self, group: str, name: str, value: float, target: float | None = None, **more: object) -> None:
        """Notes a figure."""
        self.figures.append(Figure(group, name, value, target, **more))  # type: ignore[arg-type]


def answers(bench: Bench) -> None:
    """Right replies to the unseen questions."""
    outcomes = asyncio.run(outcomes_of(bench.settings, bench.cases(), bench.console))
    group = "Unseen questions"
    aims = {("answer", "en"): 97.0, ("answer", "fr"): 96.0}
    general = {"follow-up": 95.0, "several": 92.0, "unknown": 95.0, "fallback": 96.0, "clarify": 95.0, "safety": 100.0}
    for (kind, language), share in shares.by_group(outcomes).items():
        aim = aims.get((kind, language), general.get(kind))
        bench.add(group, f"{kind} {language}", 100 * share.value, aim, unit="%", note=f"{share.right} of {share.total}")
    refused = shares.refused(outcomes)
    bench.add(group, "answerable refused", 100 * refused.value, 2.0, at_most=True, unit="%")
    bins = shares.reliability(outcomes)
    error = shares.calibration_error(bins)
    bench.add(group, "calibration error (ECE)", error, 0.05, at_most=True)
    dots = [(b.count, b.confidence, b.accuracy) for b in bins]
    bench.plots["reliability"] = plots.reliability("Confidence and being right, unseen questions", dots, error)
    single = [o for o in outcomes if len(o.case.turns) == 1 and len(o.turn.expect) == 1]
    bench.accuracy["ours"] = shares.share(single).value
    bench.accuracy["ours answers"] = shares.share([o for o in single if o.case.group == ANSWER]).value


def where_time_goes(bench: Bench) -> None:
    """A message beside the encoders' own time."""
    result = asyncio.run(profile.measure(bench.settings, bench.questions(), bench.work, bench.step))
    group = "One message, means of one run"
    bench.add(group, "whole message", result.message_ms, unit="ms", note="guard, mask, pipeline, dialogue, SQLite")
    bench.add(group, "pipeline", result.pipeline_ms, unit="ms")
    bench.add(group, "encoders, all pieces", result.pieces_ms, unit="ms", note="the message and its clauses, as in use")
    bench.add(group, "encoders, whole text only", result.encoders_ms, unit="ms")
    ratio = result.message_ms / result.pieces_ms
    bench.add(group, "message / encoders, all pieces", ratio, 2.0, at_most=True, unit="×")
    bench.add(group, "message / encoders, whole text only", result.message_ms / result.encoders_ms, unit="×")


def public_data(bench: Bench) -> None:
    """The pipeline on public data."""
    if bench.data is None:
        return
    result = public.measure(bench.settings.root, bench.data, bench.step)
    group = f"Public data {bench.data.stem}, {result.intents} intents, pipeline unchanged"
    bench.add(group, "in-scope accuracy", 100 * result.accuracy, 95.5, unit="%")
    note = f"in-scope accuracy {100 * result.accuracy_at_threshold:.1f} % at confidence {result.threshold:.2f}"
    bench.add(group, "out-of-scope recall", 100 * result.recall, 80.0, unit="%", note=note)
    bench.add(group, "calibration error (ECE)", result.calibration_error, 0.05, at_most=True)
    bench.add(group, "rasa train nlu", result.seconds, unit="s")
    bench.plots["reliability-public"] = plots.reliability(
        "Confidence and being right, public data", result.bins, result.calibration_error
    )


def beside_vanilla(bench: Bench) -> None:
    """Trains, serves and asks a vanilla Rasa project and ours, one after the other."""
    knowledge = read_knowledge(bench.settings.knowledge)
    folder = bench.work / "vanilla"
    vanilla.export(knowledge, folder, bench.epochs, bench.examples)
    theirs = vanilla.train(folder, bench.epochs)
    began = time.perf_counter()
    subprocess.run([sys.executable, "-m", "bot.cli", "train"], cwd=bench.settings.root, check=True, capture_output=True)
    ours_seconds = time.perf_counter() - began
    questions = bench.questions()
    port = processes.free_port()
    command = [sys.executable, "-m", "bot.cli", "serve", "--port", str(port)]
    ours = processes.measure(command, bench.settings.root, port, bench.work / "ours.log", questions, bench.step)
    port = processes.free_port()
    log = bench.work / "vanilla.log"
    them = processes.measure(vanilla.serve_command(port), folder, port, log, questions, bench.step)
    _accuracy_beside(bench, folder)
    _compare(bench, theirs, ours_seconds, ours, them)


def _accuracy_beside(bench: Bench, folder: Path) -> None:
    knowledge = read_knowledge(bench.settings.knowledge, questions=False)
    single = [c for c in bench.cases() if len(c.turns) == 1 and len(c.turns[0].expect) == 1]
    port = processes.free_port()
    right: list[tuple[str, bool]] = []
    with processes.server(vanilla.serve_command(port), folder, port, bench.work / "vanilla-accuracy.log"):
        for number, case in enumerate(single):
            turn = case.turns[0]
            items = processes.say(port, f"accuracy-{number}", turn.ask)
            texts = [str(item.get("text")) for item in items if isinstance(item, dict)]
            ok = any(vanilla.is_right(knowledge, expected, texts) for expected in turn.expect[0].alternatives)
            right.append((case.group, ok))
            bench.step()
    bench.accuracy["vanilla"] = sum(ok for _, ok in right) / len(right)
    told = [ok for group, ok in right if group == ANSWER]
    bench.accuracy["vanilla answers"] = sum(told) / len(told)


def _compare(
    bench: Bench, theirs: vanilla.Training, ours_seconds: float, ours: processes.Serving, them: processes.Serving
) -> None:
    given = f"{bench.examples} questions an intent and language" if bench.examples else "all questions"
    group = (
        f"Beside vanilla Rasa (DIET, ResponseSelector, RulePolicy; {theirs.epochs} epochs, {given}), "
        "one run, same machine"
    )
    full = theirs.seconds * FULL_EPOCHS / theirs.epochs
    note = f"{theirs.seconds:.0f} s for {theirs.epochs} epochs" + (
        f", {full:.0f} s for {FULL_EPOCHS} in proportion" if theirs.epochs != FULL_EPOCHS else ""
    )
    if bench.accuracy.get("ours"):
        for name, key in (("all single questions", ""), ("questions with an answer", " answers")):
            ours_right, their_right = bench.accuracy[f"ours{key}"], bench.accuracy[f"vanilla{key}"]
            text = f"{100 * ours_right:.1f} % against {100 * their_right:.1f} %"
            bench.add(group, f"accuracy, {name}", 100 * (ours_right - their_right), 15.0, unit="points", note=text)
    bench.add(group, "training, epochs as run", theirs.seconds / ours_seconds, 30.0, unit="×", note=note)
    bench.add(
        group, f"training, {FULL_EPOCHS} epochs", full / ours_seconds, 30.0, unit="×", note=f"ours {ours_seconds:.0f} s"
    )
    rows = [
        (
            "message, one client",
            them.median_ms / ours.median_ms,
            3.0,
            f"{ours.median_ms:.1f} ms : {them.median_ms:.1f} ms",
        ),
        (
            "throughput, eight clients",
            ours.per_second / them.per_second,
            4.0,
            f"{ours.per_second:.0f}/s : {them.per_second:.0f}/s",
        ),
        (
            "ready to answer",
            them.ready_seconds / ours.ready_seconds,
            3.0,
            f"{ours.ready_seconds:.1f} s : {them.ready_seconds:.1f} s",
        ),
    ]
    for name, value, aim, text in rows:
        bench.add(group, name, value, aim, unit="×", note=text)
    memory = ours.resident_mib / them.resident_mib
    text = f"{ours.resident_mib:.0f} MiB : {them.resident_mib:.0f} MiB"
    bench.add(group, "resident memory", 100 * memory, 70.0, at_most=True, unit="%", note=text)
    bench.plots["beside-vanilla"] = plots.bars(
        "How many times better than vanilla Rasa (line: aim)", [(n, v, a) for n, v, a, _ in rows], "×"
    )
