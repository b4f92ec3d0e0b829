"""The process that makes a candidate: ``python -m bot.publishing.candidate FOLDER``. It checks, trains and examines.

It works in its own folder on a copy of the knowledge. Whatever happens to it, what is served stays as it is.
"""

from __future__ import annotations

import asyncio
import json
import os
import sys
import threading
import time
import warnings
from collections.abc import Sequence
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

from bot.evaluation.floor import FLOOR_FILE, STRICT, missed
from bot.knowledge.checks import ERROR, check_folder
from bot.knowledge.reader import read_knowledge
from bot.publishing.examination import FEWEST_ABOUT, about, with_withdrawn, without_removed
from bot.publishing.jobs import REPORT, Job, Progress
from bot.settings import Settings
from bot.training.current import Edition, trained_edition
from bot.training.releases import Releases

if TYPE_CHECKING:
    from bot.evaluation.runner import Outcome

STEPS = 100
CHECKED, TRAINED, EXAMINED_OLD = 5, 50, 75
USUAL_SECONDS = 60


def make(job: Job) -> None:
    """Does all steps; the job's state tells how far it is and how it ended."""
    settings = Settings.from_environment(root=job.root)
    own = Settings(root=job.folder)
    os.chdir(own.root)
    findings = [str(finding) for finding in check_folder(own.knowledge) if finding.severity == ERROR]
    if findings:
        job.write(Progress("failed", "check", CHECKED, STEPS, os.getpid(), "\n".join(findings[:20])))
        return
    job.write(Progress("running", "train", CHECKED, STEPS, os.getpid()))
    from bot.training.train import TrainingError, train

    stop = threading.Event()
    teller = threading.Thread(target=_tell_of_training, args=(job, stop), daemon=True)
    teller.start()
    problem = ""
    try:
        train(own)
    except TrainingError as error:
        problem = str(error)
    finally:
        stop.set()
        teller.join()
    if problem:
        job.write(Progress("failed", "train", TRAINED, STEPS, os.getpid(), problem))
        return
    edition = trained_edition(own)
    assert edition is not None, "training ended well, so there is a model"
    job.write(Progress("running", "examine", TRAINED, STEPS, os.getpid()))
    report = asyncio.run(examine(job, settings, edition))
    (job.folder / REPORT).write_text(json.dumps(report, ensure_ascii=False), encoding="utf-8")
    job.write(Progress("ready", "examine", STEPS, STEPS, os.getpid()))


def _tell_of_training(job: Job, stop: threading.Event) -> None:
    """Rasa does not tell how far it is, so time does: half of the way after a minute, more slowly from then on."""
    began = time.monotonic()
    while not stop.wait(1.0):
        share = 1 - 0.5 ** ((time.monotonic() - began) / USUAL_SECONDS)
        done = int(CHECKED + share * (TRAINED - CHECKED))
        job.write(Progress("running", "train", done, STEPS, os.getpid()))


async def examine(job: Job, settings: Settings, candidate: Edition, *, beside_served: bool = True) -> dict[str, Any]:
    """Asks the stored test questions of what is served and of the candidate, and compares them reply by reply.

    ``beside_served`` may be False where only the candidate's own figures are wanted. What is right follows each one's
    own knowledge: an answer that is withdrawn there is not asked for. Where hardly any question is about what the
    candidate knows, only what rules decide is held against the floor; how many there are stands under ``few``.
    """
    from bot.evaluation.command import DEFAULT_FOLDER, outcomes_of, question_files, summary
    from bot.evaluation.questions import read_cases

    now = read_knowledge(candidate.knowledge, questions=False)
    cases = without_removed(read_cases(question_files(settings, (), DEFAULT_FOLDER)), now)
    turns = max(1, sum(len(case.turns) for case in cases))
    told = 0

    def tell(start: int, end: int) -> None:
        nonlocal told
        told += 1
        if told % 25 == 0:
            share = (told % (turns + 1)) / turns
            job.write(Progress("running", "examine", int(start + share * (end - start)), STEPS, os.getpid()))

    served, before = Releases(settings).edition() if beside_served else None, []
    if served is not None:
        right = with_withdrawn(cases, read_knowledge(served.knowledge, questions=False), date.today())
        before = await outcomes_of(settings, right, edition=served, told=lambda: tell(TRAINED, EXAMINED_OLD))
    told = 0
    right = with_withdrawn(cases, now, date.today())
    after = await outcomes_of(settings, right, edition=candidate, told=lambda: tell(EXAMINED_OLD, STEPS))
    figures, count = summary(after), about(cases, now)
    problems = missed(figures, settings.root / FLOOR_FILE, totals_of(after))
    few = count < FEWEST_ABOUT
    return {
        "figures": figures,
        "before": summary(before) if before else {},
        "problems": [problem for problem in problems if not few or problem.get("allowance") == STRICT],
        "few": count if few else None,
        "differences": differences(before, after),
    }


def totals_of(outcomes: Sequence[Outcome]) -> dict[str, int]:
    """Of how many questions each figure of a report is the share."""
    from bot.evaluation.figures import by_group, refused

    found = {f"{group} {language}": share.total for (group, language), share in by_group(outcomes).items()}
    return found | {"refused though answerable": refused(outcomes).total}


def differences(before: Sequence[Any], after: Sequence[Any]) -> list[dict[str, Any]]:
    """Each test question whose replies are others than before, those that got worse first."""
    found = []
    for old, new in zip(before, after):
        said = [[(r.kind, r.entry or r.section, r.language) for r in outcome.replies] for outcome in (old, new)]
        if said[0] == said[1]:
            continue
        verdict = "same" if old.right == new.right else "better" if new.right else "worse"
        found.append(
            {
                "ask": new.turn.ask,
                "language": new.turn.language,
                "verdict": verdict,
                "before": [list(reply) for reply in said[0]],
                "after": [list(reply) for reply in said[1]],
            }
        )
    order = {"worse": 0, "same": 1, "better": 2}
    return sorted(found, key=lambda item: order[item["verdict"]])


def main(arguments: Sequence[str]) -> int:
    """Makes the candidate of a job's folder; whatever goes wrong is written into its state."""
    warnings.filterwarnings("ignore")
    job = Job(Path(arguments[0]), Path(arguments[1]))
    try:
        make(job)
    except Exception as error:
        job.write(Progress("failed", job.read().step, 0, STEPS, os.getpid(), f"{type(error).__name__}: {error}"))
        raise
    return 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
