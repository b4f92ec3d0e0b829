"""What a candidate's process leaves behind, without training."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

from bot.knowledge.reader import knowledge_version
from bot.publishing.jobs import READY, REPORT, Job, Progress
from bot.settings import Settings
from bot.training.current import write_atomically
from bot.training.releases import Basis, Releases, copy_knowledge

FIGURES = {"answer en": 0.97}


def ready(settings: Settings, name: str = "20261125-000000-abc123", **report: Any) -> Job:
    """A candidate of the draft as it is now, with the model that was trained last."""
    folder = settings.var / "candidates" / name
    job = Job(folder, settings.root)
    copy_knowledge(settings.knowledge, job.knowledge, edited=True)
    release = Releases(settings).current()
    job.describe(Basis(release.number if release else None, knowledge_version(job.knowledge)))
    shutil.copytree(settings.models, folder / "models")
    if settings.thresholds.exists():
        shutil.copy(settings.thresholds, folder / "thresholds.json")
    found = {"figures": FIGURES, "before": {}, "problems": [], "differences": []} | report
    Path(folder / REPORT).write_text(json.dumps(found))
    job.write(Progress(READY, "examine", 100, 100))
    write_atomically(settings.var / "candidates" / "current", name)
    return job
