"""Candidates under way: started as processes, watched through files, cancelled; one at a time."""

from __future__ import annotations

import contextlib
import json
import os
import secrets
import shutil
import signal
import subprocess
import sys
import time
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from bot.knowledge.reader import knowledge_files, knowledge_version
from bot.settings import Settings
from bot.training.current import trained_edition, write_atomically
from bot.training.releases import TRAINED, Parts, Release, ReleaseError, Releases

STATE = "state.json"
REPORT = "report.json"
RUNNING, READY, FAILED, CANCELLED = "running", "ready", "failed", "cancelled"
GRACE = 5.0


@dataclass(frozen=True)
class Progress:
    """How far a candidate is.

    Attributes:
        state: ``running``, ``ready``, ``failed`` or ``cancelled``.
        step: ``check``, ``train`` or ``examine``.
        done: How much of ``total``.
        pid: The process that makes it.
        problem: Why it failed.
    """

    state: str
    step: str
    done: int
    total: int
    pid: int = 0
    problem: str = ""


class Job:
    """A candidate's folder; it looks like a project of its own, with a copy of the draft."""

    def __init__(self, folder: Path, root: Path) -> None:
        """``root`` is the project that the candidate is for."""
        self.folder = folder
        self.root = root

    def write(self, progress: Progress) -> None:
        """Tells how far it is."""
        write_atomically(self.folder / STATE, json.dumps(asdict(progress)))

    def read(self) -> Progress:
        """How far it is; a process that is gone without having said so has failed."""
        try:
            progress = Progress(**json.loads((self.folder / STATE).read_text(encoding="utf-8")))
        except (OSError, ValueError, TypeError):
            return Progress(FAILED, "check", 0, 1, problem="The candidate's folder is damaged.")
        if progress.state == RUNNING and not is_alive(progress.pid):
            return Progress(FAILED, progress.step, progress.done, progress.total, problem="The process ended early.")
        return progress

    @property
    def knowledge(self) -> str:
        """Version of the draft that the candidate was made of."""
        return knowledge_version(self.folder / "knowledge")

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

    def current(self) -> Job | None:
        """The last candidate, None where there is none."""
        self._reap()
        try:
            name = (self._folder / "current").read_text(encoding="utf-8").strip()
        except OSError:
            return None
        folder = self._folder / name
        return Job(folder, self._settings.root) if name and (folder / STATE).exists() else None

    def start(self) -> Job:
        """Starts making a candidate of the draft as it is now, unless one is under way already.

        Raises:
            ReleaseError: The folder cannot be written.
        """
        job = self.current()
        if job is not None and job.read().state == RUNNING:
            return job
        try:
            return self._start()
        except OSError as error:
            raise ReleaseError(
                f"The candidate could not be started ({error.strerror or error}). What is served stays as it is. "
                f"Look for room and rights in {self._folder}."
            ) from error

    def _start(self) -> Job:
        self.clear()
        job = Job(self._folder / f"{time.strftime('%Y%m%d-%H%M%S')}-{secrets.token_hex(3)}", self._settings.root)
        draft = job.folder / "knowledge"
        for path in knowledge_files(self._settings.knowledge):
            target = draft / path.relative_to(self._settings.knowledge)
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(path, target)
        for path in (self._settings.root / "config.yml", self._settings.root / "domain.yml", self._settings.thresholds):
            if path.exists():
                shutil.copyfile(path, job.folder / path.name)
        # The encoders' files are large and the same for every candidate.
        (job.folder / "var").symlink_to(self._settings.var.resolve())
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
        write_atomically(self._folder / "current", job.folder.name)
        return job

    def cancel(self) -> None:
        """Ends a candidate under way and everything that it started."""
        job = self.current()
        progress = job.read() if job else None
        if job is None or progress is None or progress.state != RUNNING:
            return
        for sign in (signal.SIGTERM, signal.SIGKILL):
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.killpg(progress.pid, sign)
            until = time.monotonic() + GRACE
            while time.monotonic() < until and is_alive(progress.pid):
                self._reap()
                time.sleep(0.05)
            if not is_alive(progress.pid):
                break
        job.write(Progress(CANCELLED, progress.step, progress.done, progress.total))

    def clear(self) -> None:
        """Forgets candidates that are over."""
        if self._folder.exists():
            for path in self._folder.iterdir():
                if path.is_dir():
                    shutil.rmtree(path, ignore_errors=True)
        self._folder.mkdir(parents=True, exist_ok=True)

    def publish(self, releases: Releases, *, author: str, reason: str) -> Release:
        """Makes a release of a candidate that is ready and not below the floor.

        Raises:
            ReleaseError: There is none, it is below the floor, or it cannot be written.
        """
        job = self.current()
        if job is None or job.read().state != READY:
            raise ReleaseError("There is no candidate that is ready. Prepare one first.")
        report = job.report()
        if report["problems"]:
            raise ReleaseError("The candidate is worse than the floor: " + "; ".join(report["problems"]))
        edition = trained_edition(Settings(root=job.folder))
        if edition is None:
            raise ReleaseError("The candidate's model is gone. Prepare it anew.")
        parts = Parts(edition.knowledge, edition.model, edition.thresholds, job.folder / REPORT)
        release = releases.publish(parts, author=author, reason=reason, kind=TRAINED, figures=report["figures"])
        self.clear()
        return release

    def _reap(self) -> None:
        for pid, process in list(self._processes.items()):
            if process.poll() is not None:
                del self._processes[pid]


def is_alive(pid: int) -> bool:
    """Whether a process is there and not merely waiting to be forgotten."""
    try:
        os.kill(pid, 0)
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except ProcessLookupError:
        return False
    except (OSError, IndexError):
        return True
    return state != "Z"
