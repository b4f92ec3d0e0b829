"""A candidate that is ready, in staff's words: what it changes, which test questions it answers otherwise, figures."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bot.console.access import PATH
from bot.console.desk import ConsoleDesk, words
from bot.dialogue.decision import ANSWER
from bot.evaluation.floor import LINES, problem_lines
from bot.knowledge.model import Knowledge, told
from bot.knowledge.reader import KnowledgeError, read_knowledge
from bot.publishing.changes import Change
from bot.publishing.draft import compare
from bot.publishing.examination import few_line
from bot.training.releases import Release

Figures = list[tuple[str, float | None, float]]


@dataclass(frozen=True)
class Difference:
    """A test question that is answered otherwise than before, as staff read it.

    Attributes:
        ask: The question.
        language: Its language.
        verdict: ``worse``, ``better`` or ``same``.
        before: What each reply was, and ``after`` what it would be: words, and the answer's page where there is one.
    """

    ask: str
    language: str
    verdict: str
    before: list[tuple[str, str]]
    after: list[tuple[str, str]]

    @classmethod
    def of(
        cls, item: Mapping[str, Any], states: tuple[Knowledge | None, Knowledge | None], language: str
    ) -> Difference:
        """From a report; ``states`` are what was served and the candidate's knowledge, None where it is unreadable."""
        told_of = [
            [_reply(reply, state, str(item["language"]), language) for reply in item[when]]
            for when, state in zip(("before", "after"), states)
        ]
        return cls(item["ask"], item["language"], item["verdict"], *told_of)


def _reply(reply: Any, knowledge: Knowledge | None, asked_in: str, language: str) -> tuple[str, str]:
    """A reply in words: the title of an answer, else its kind and the office that it names."""
    known = words()[language]
    if isinstance(reply, str):  # a report of an earlier version of the program
        return reply, ""
    kind, name, code = (str(part or "") for part in reply)
    item = knowledge.item(name) if knowledge is not None else None
    section = knowledge.sections.get(name) if knowledge is not None else None
    title = told(item.title, language, name) if item else told(section.name, language, name) if section else name
    shown = title if kind == ANSWER and title else known.get(f"kind_{kind}", kind)
    if kind != ANSWER and title:
        shown += f" → {title}"
    if code and code != asked_in:
        shown += f" ({known.get(f'language_{code}', code)})"
    return shown, f"{PATH}/answers/{name}" if item and kind == ANSWER else ""


def _known(folder: Path) -> Knowledge | None:
    try:
        return read_knowledge(folder, questions=False)
    except (KnowledgeError, OSError):
        return None


@dataclass(frozen=True)
class Candidate:
    """A candidate that is ready, as the page shows it.

    Attributes:
        changes: What it would change for people.
        since: What was changed in the draft after it was made.
        outdated: Whether another release is served than the one it was made for.
        problems: Why it may not be published.
        few: That hardly any test question asks about its knowledge, empty where enough do.
    """

    id: str
    changes: list[Change]
    since: list[Change]
    outdated: bool
    problems: list[str]
    few: str
    differences: list[Difference]
    figures: Figures


def below_floor(report: Mapping[str, Any], language: str) -> list[str]:
    """Why a candidate may not be published, a sentence each."""
    known = words()[language]
    return problem_lines(
        report, {key: known[f"floor_{key}"] for key in LINES}, lambda name: figure_named(name, language)
    )


def candidate_of(desk: ConsoleDesk, release: Release, language: str) -> Candidate | None:
    """The candidate that is ready, beside what is served; None for none."""
    job = desk.jobs.ready()
    try:
        report = job.report() if job else None
    except (OSError, ValueError):  # somebody dismissed it at this moment
        report = None
    if job is None or report is None:
        return None
    served = desk.releases.path(release.number) / "knowledge"
    return Candidate(
        job.id,
        compare(served, job.knowledge, language).changes,
        compare(job.knowledge, desk.settings.knowledge, language).changes,
        job.basis.release != release.number,
        below_floor(report, language),
        few_line(report, words()[language]["few_tests"]),
        [Difference.of(item, (_known(served), _known(job.knowledge)), language) for item in report["differences"]],
        [
            (figure_named(name, language), report["before"].get(name), value)
            for name, value in report["figures"].items()
        ],
    )


def figure_named(name: str, language: str) -> str:
    """What staff call a figure of an evaluation, like ``answer en``."""
    known = words()[language]
    kind, _, code = name.rpartition(" ")
    if f"figure_{kind}" in known and f"language_{code}" in known:
        return f"{known[f'figure_{kind}']} ({known[f'language_{code}']})"
    return known.get(f"figure_{name}", name)
