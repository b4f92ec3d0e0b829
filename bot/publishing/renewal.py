"""``embassy-bot train`` once there are releases: what is served is renewed by the same steps as in the console.

The knowledge is copied, checked, learned and examined before anybody gets it. Changes of the console that nobody has
published are never among it: they wait for somebody to look at them on the page Publish.
"""

from __future__ import annotations

import asyncio
import json
import os
import shutil
import tempfile
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from bot.evaluation.floor import problem_lines
from bot.knowledge.checks import ERROR, check_folder
from bot.publishing.candidate import examine
from bot.publishing.examination import few_line
from bot.publishing.jobs import REPORT, Job
from bot.settings import Settings
from bot.training import edited
from bot.training.current import CURRENT, CurrentModel, is_up_to_date, training_inputs, write_atomically
from bot.training.releases import MODEL, TRAINED, Release, ReleaseError, Releases
from bot.training.train import TrainingError, train

MOST_NAMED = 5
AUTHOR, REASON = "command line", "embassy-bot train"


@dataclass(frozen=True)
class Plan:
    """What is to be done: the knowledge to learn, None for nothing; and a sentence that says why."""

    knowledge: Path | None
    why: str


def plan(settings: Settings, release: Release, *, if_needed: bool) -> Plan:
    """What has to be learned anew beside a release.

    Raises:
        ReleaseError: ``knowledge/`` is to be released, but holds what nobody has published in the console.
    """
    served = Releases(settings).path(release.number) / "knowledge"
    held = edited.held(settings, served)
    if not held:
        if if_needed and training_inputs(settings) == release.inputs:
            return Plan(None, f"The model of release {release.number} is up to date.")
        return Plan(settings.knowledge, "")
    more = f" and {len(held) - MOST_NAMED} more" if len(held) > MOST_NAMED else ""
    why = (
        f"knowledge/ holds changes made in the console that nobody has published yet ({', '.join(held[:MOST_NAMED])}"
        f"{more}). Publish or discard them there, on the page Publish."
    )
    if not if_needed:
        raise ReleaseError(f"{why} Release {release.number} stays in service.")
    if training_inputs(settings, served) == release.inputs:
        return Plan(None, f"{why} Release {release.number} stays in service.")
    since = _why_anew(settings, release)
    return Plan(served, f"{why} Release {release.number} learns anew without them, since {since}.")


def _why_anew(settings: Settings, release: Release) -> str:
    """What differs from the time when the model of a release was made: the pipeline, or what is to be learned."""
    releases = Releases(settings)
    first = next((made for made in reversed(releases.all()) if made.sha256 == release.sha256), release)
    if training_inputs(settings, releases.path(first.number) / "knowledge") == release.inputs:
        return "it serves questions that its model has not learned"
    return "the pipeline changed"


def renew(settings: Settings, release: Release, knowledge: Path, told: Callable[[str], None]) -> tuple[Release, str]:
    """Checks, learns and examines a state of the knowledge, and makes a release of it.

    With the release comes what has to be known of its examination, empty for nothing.

    Args:
        settings: The project.
        release: The release that is served.
        knowledge: ``knowledge/``, or what the release serves.
        told: Called with a few words at each step.

    Raises:
        ReleaseError: It holds errors, is below the floor, or something changed meanwhile; what was served still is.
        TrainingError: No model came out.
    """
    with tempfile.TemporaryDirectory(prefix="embassy-bot-") as scratch:
        job = Job(Path(scratch), settings.root)
        told("Checking")
        job.furnish(settings, knowledge, release.number)
        _check(job)
        own = Settings(root=job.folder)
        model = train(own, told)
        told("Asking the test questions")
        report = _examined(job, settings)
        if report["problems"]:
            raise ReleaseError(
                "It answers the test questions worse than the floor: " + "; ".join(problem_lines(report))
            )
        made = Releases(settings).publish(
            job.parts(), author=AUTHOR, reason=REASON, kind=TRAINED, figures=report["figures"], basis=job.basis
        )
        if knowledge == settings.knowledge:
            _keep(settings, own.models / model.file, model)
    return made, few_line(report)


def _check(job: Job) -> None:
    errors = [str(finding) for finding in check_folder(job.knowledge) if finding.severity == ERROR]
    if errors:
        raise ReleaseError("The knowledge holds errors, mend them first:\n" + "\n".join(errors))


def _examined(job: Job, settings: Settings) -> dict[str, Any]:
    edition = job.edition()
    assert edition is not None, "training ended well, so there is a model"
    before = Path.cwd()
    os.chdir(job.folder)
    try:
        # The served model is not asked as well: another pipeline may no longer load it.
        report = asyncio.run(examine(job, settings, edition, beside_served=False))
    finally:
        os.chdir(before)
    (job.folder / REPORT).write_text(json.dumps(report, ensure_ascii=False), encoding="utf-8")
    return report


def adopt(settings: Settings, release: Release) -> None:
    """Makes the served model the one that was trained last, where that is older: tools then need not train it again."""
    served = Releases(settings).path(release.number)
    if not is_up_to_date(settings) and training_inputs(settings) == release.inputs:
        model = CurrentModel(release.model, release.sha256, release.knowledge, release.inputs)
        _keep(settings, served / MODEL, model)


def _keep(settings: Settings, file: Path, model: CurrentModel) -> None:
    settings.models.mkdir(parents=True, exist_ok=True)
    draft = settings.models / f".{model.file}.{os.getpid()}"
    shutil.copyfile(file, draft)
    draft.replace(settings.models / model.file)
    write_atomically(settings.models / CURRENT, json.dumps(asdict(model), indent=2) + "\n")


__all__ = ["Plan", "TrainingError", "adopt", "plan", "renew"]
