"""Candidates under way: started as processes, watched through files, cancelled; one at a time."""

from __future__ import annotations

import json
import os
import secrets
import shutil
import subprocess
import sys
import time
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from bot.evaluation.floor import problem_lines
from bot.knowledge.reader import knowledge_version
from bot.knowledge.said import said
from bot.publishing.beside import Beside
from bot.publishing.process import born, end, is_alive
from bot.settings import Settings
from bot.training.current import Edition, current_model, trained_edition, write_atomically
from bot.training.releases import (
    TRAINED,
    Basis,
    ChangedError,
    Parts,
    Release,
    ReleaseError,
    Releases,
    alone_in,
    copy_knowledge,
)

STATE = "state.json"
REPORT = "report.json"
ABOUT = "candidate.json"
RUNNING, READY, FAILED, CANCELLED = "running", "ready", "failed", "cancelled"


@dataclass(frozen=True)
class Progress:
    """How far a candidate is.

    Attributes:
        state: ``running``, ``ready``, ``failed`` or ``cancelled``.
        step: ``check``, ``train`` or ``examine``.
        done: How much of ``total``.
        pid: The process that makes it.
        problem: Why it failed.
        born: When that process started: its number may be another's later.
    """

    state: str
    step: str
    done: int
    total: int
    pid: int = 0
    problem: str = ""
    born: str = ""


class BelowFloorError(ReleaseError):
    """A candidate is worse than the floor; ``report`` is its examination."""

    def __init__(self, report: dict[str, Any]) -> None:
        self.report = report
        problems = "; ".join(problem_lines(report))
        super().__init__(said("The candidate is worse than the floor: {problems}", problems=problems))


class Job:
    """A candidate's folder; it looks like a project of its own, with a copy of the draft."""

    def __init__(self, folder: Path, root: Path) -> None:
        """``root`` is the project that the candidate is for."""
        self.folder = folder
        self.root = root

    @property
    def id(self) -> str:
        """What tells it from other candidates."""
        return self.folder.name

    def furnish(self, settings: Settings, knowledge: Path, release: int | None) -> None:
        """Makes its folder a project of its own around a copy of the knowledge; ``release`` is the one served now.

        Raises:
            ReleaseError: Somebody has been saving for too long.
        """
        copy_knowledge(knowledge, self.knowledge, edited=knowledge == settings.knowledge)
        self.describe(Basis(release, knowledge_version(self.knowledge)))
        for path in (settings.root / "config.yml", settings.root / "domain.yml", settings.thresholds):
            if path.exists():
                shutil.copyfile(path, self.folder / path.name)
        # The encoders' files are large and the same for every candidate.
        (self.folder / "var").symlink_to(settings.var.resolve())

    def write(self, progress: Progress) -> None:
        """Tells how far it is."""
        if progress.pid:
            progress = replace(progress, born=born(progress.pid))
        write_atomically(self.folder / STATE, json.dumps(asdict(progress)))

    def read(self) -> Progress:
        """How far it is; a process that is gone without having said so has failed."""
        try:
            progress = Progress(**json.loads((self.folder / STATE).read_text(encoding="utf-8")))
        except (OSError, ValueError, TypeError):
            return Progress(FAILED, "check", 0, 1, problem=said("The candidate's folder is damaged."))
        if progress.state == RUNNING and not is_alive(progress.pid, progress.born):
            return Progress(
                FAILED, progress.step, progress.done, progress.total, problem=said("The process ended early.")
            )
        return progress

    def describe(self, basis: Basis) -> None:
        """Notes which release was served when it was begun, and which knowledge it is made of."""
        write_atomically(self.folder / ABOUT, json.dumps(asdict(basis)))

    @property
    def basis(self) -> Basis:
        """What it was made of: nothing that can be published where its note is damaged."""
        try:
            return Basis(**json.loads((self.folder / ABOUT).read_text(encoding="utf-8")))
        except (OSError, ValueError, TypeError):
            return Basis(-1, "")

    @property
    def knowledge(self) -> Path:
        """The copy of the draft that it was made of."""
        return self.folder / "knowledge"

    def edition(self) -> Edition | None:
        """Its model with its knowledge and thresholds, None where the model is not there."""
        return trained_edition(Settings(root=self.folder))

    def parts(self) -> Parts:
        """What a release of it is made of.

        Raises:
            ReleaseError: Its model is gone.
        """
        own = Settings(root=self.folder)
        edition, model = trained_edition(own), current_model(own)
        if edition is None or model is None:
            raise ReleaseError(said("The candidate's model is gone. Prepare it anew."))
        return Parts(edition.knowledge, edition.model, edition.thresholds, self.folder / REPORT, model.inputs)

    def report(self) -> dict[str, Any]:
        """The examination of a candidate that is ready."""
        data: dict[str, Any] = json.loads((self.folder / REPORT).read_text(encoding="utf-8"))
        return data


class Jobs:
    """The candidates of one installation, under ``var/candidates``; only the last one is kept."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._folder = settings.var / "candidates"
        self._processes: dict[int, subprocess.Popen[bytes]] = {}
        self.beside = Beside()

    def current(self) -> Job | None:
        """The last candidate, None where there is none."""
        self._reap()
        try:
            name = (self._folder / "current").read_text(encoding="utf-8").strip()
        except OSError:
            name = ""
        folder = self._folder / name
        job = Job(folder, self._settings.root) if name and (folder / STATE).exists() else None
        self.beside.forget(but=job.id if job else "")
        return job

    def ready(self) -> Job | None:
        """The candidate, where it is ready."""
        job = self.current()
        return job if job is not None and job.read().state == READY else None

    def start(self) -> Job:
        """Starts making a candidate of the draft as it is now, unless one is under way already.

        Raises:
            ReleaseError: The folder cannot be written, or somebody else has been at it for too long.
        """
        with alone_in(self._folder):
            job = self.current()
            if job is not None and job.read().state == RUNNING:
                return job
            release = Releases(self._settings).current()
            try:
                return self._start(release.number if release else None)
            except OSError as error:
                raise ReleaseError(
                    said(
                        "The candidate could not be started ({error}). What is served stays as it is. Look for room "
                        "and rights in {folder}.",
                        error=error.strerror or str(error),
                        folder=self._folder,
                    )
                ) from error

    def _start(self, release: int | None) -> Job:
        self._clear()
        job = Job(self._folder / f"{time.strftime('%Y%m%d-%H%M%S')}-{secrets.token_hex(3)}", self._settings.root)
        job.furnish(self._settings, self._settings.knowledge, release)
        with (job.folder / "log.txt").open("wb") as log:
            process = subprocess.Popen(
                [sys.executable, "-m", "bot.publishing.candidate", str(job.folder), str(self._settings.root)],
                cwd=self._settings.root,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
                env={**os.environ, "DATABASE_URL": "sqlite://", "PYTHONPATH": str(Path(__file__).resolve().parents[2])},
            )
        self._processes[process.pid] = process
        job.write(Progress(RUNNING, "check", 0, 100, process.pid))
        write_atomically(self._folder / "current", job.id)
        return job

    def cancel(self) -> None:
        """Ends a candidate under way and everything that it started.

        Raises:
            ReleaseError: Somebody else has been at it for too long.
        """
        with alone_in(self._folder):
            job = self.current()
            if job is not None:
                self._end(job)

    def _end(self, job: Job) -> None:
        progress = job.read()
        if progress.state == RUNNING:
            end(progress.pid, progress.born, self._reap)
            job.write(Progress(CANCELLED, progress.step, progress.done, progress.total))

    def dismiss(self, candidate: str) -> None:
        """Forgets a candidate that nobody wants.

        Raises:
            ReleaseError: Somebody else has been at it for too long; a :class:`ChangedError` where it is not the last
                one.
        """
        with alone_in(self._folder):
            self._the(candidate)
            self._clear()

    def _clear(self) -> None:
        """Forgets all candidates, and ends what makes one: also where nobody noted that it was begun."""
        self.beside.forget()
        for path in self._folder.iterdir():
            if path.is_dir():
                self._end(Job(path, self._settings.root))
                shutil.rmtree(path, ignore_errors=True)

    def publish(self, releases: Releases, *, author: str, reason: str, candidate: str) -> Release:
        """Makes a release of a candidate that is ready and not below the floor.

        Raises:
            ReleaseError: There is none, it cannot be written, or somebody else has been at it for too long; a
                :class:`BelowFloorError` where it is below the floor, a :class:`ChangedError` where it is another
                candidate, or was made for another release than the one that is served.
        """
        with alone_in(self._folder):
            job = self._the(candidate)
            if job.read().state != READY:
                raise ReleaseError(said("There is no candidate that is ready. Prepare one first."))
            report = job.report()
            if report["problems"]:
                raise BelowFloorError(report)
            release = releases.publish(
                job.parts(), author=author, reason=reason, kind=TRAINED, figures=report["figures"], basis=job.basis
            )
            self._clear()
            return release

    def _the(self, candidate: str) -> Job:
        job = self.current()
        if job is None:
            raise ReleaseError(said("There is no candidate that is ready. Prepare one first."))
        if job.id != candidate:
            raise ChangedError("candidate", "This is no longer the candidate that you saw. Look at the new one first.")
        return job

    def _reap(self) -> None:
        for pid, process in list(self._processes.items()):
            if process.poll() is not None:
                del self._processes[pid]
