"""Releases: immutable folders of knowledge, model, thresholds and report; one pointer says which is served.

Publishing, rolling back and starting up are the same act: the pointer names a release, the server loads it. As long as
nothing was released, the server answers from ``knowledge/`` and the model trained last.
"""

from __future__ import annotations

import contextlib
import fcntl
import hashlib
import json
import logging
import os
import shutil
import time
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, field
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

from bot.knowledge.reader import knowledge_files, knowledge_version
from bot.settings import Settings
from bot.training.current import Edition, sync_folder, trained_edition, training_inputs, write_atomically

logger = logging.getLogger(__name__)

POINTER = "current.json"
ABOUT = "release.json"
MODEL = "model.tar.gz"
REPORT = "report.json"
THRESHOLDS = "thresholds.json"
PATIENCE = 10.0

BASELINE, WORDS, TRAINED, ROLLBACK = "baseline", "words", "trained", "rollback"


class ReleaseError(RuntimeError):
    """A release cannot be made or used; the message says why and what to do."""


@dataclass(frozen=True)
class Release:
    """What stands in a release's ``release.json``.

    Attributes:
        number: Counted from 1, without gaps; also its folder's name.
        created: When, in UTC.
        author: The account that published it, or ``command line``.
        reason: What the author wrote.
        kind: ``baseline``, ``words`` (same model), ``trained`` or ``rollback``.
        knowledge: Version of the knowledge.
        model: Name of the model as it was trained.
        sha256: Of the model's bytes.
        inputs: Hash of what the model was trained on.
        of: The release that a roll-back brought back.
        figures: Shares of right replies by kind and language, from its evaluation.
    """

    number: int
    created: str
    author: str
    reason: str
    kind: str
    knowledge: str
    model: str
    sha256: str
    inputs: str
    of: int | None = None
    figures: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True)
class Parts:
    """What a new release is made of: where its files are now."""

    knowledge: Path
    model: Path
    thresholds: Path
    report: Path | None = None


class Releases:
    """All releases of one installation, under ``var/releases``."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self.folder = settings.var / "releases"

    def current(self) -> Release | None:
        """The release that is served, None where nothing was ever released."""
        try:
            number = int(json.loads((self.folder / POINTER).read_text(encoding="utf-8"))["release"])
        except FileNotFoundError:
            return None
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise ReleaseError(
                f"{self.folder / POINTER} is broken ({error}). Write the number of a release into it, like "
                '{"release": 3}.'
            ) from error
        return self.get(number)

    def get(self, number: int) -> Release:
        """One release.

        Raises:
            ReleaseError: There is none of that number.
        """
        try:
            return Release(**json.loads((self.path(number) / ABOUT).read_text(encoding="utf-8")))
        except (OSError, ValueError, TypeError) as error:
            raise ReleaseError(
                f"There is no release {number}. `embassy-bot releases list` shows those there are."
            ) from error

    def all(self) -> list[Release]:
        """Every release that was ever served, the newest first."""
        current = self.current()
        return [self.get(number) for number in range(current.number, 0, -1)] if current else []

    def path(self, number: int) -> Path:
        """A release's folder."""
        return self.folder / f"{number:05d}"

    def report(self, number: int) -> dict[str, Any] | None:
        """The evaluation that a release was published with, if there was one."""
        try:
            data: dict[str, Any] = json.loads((self.path(number) / REPORT).read_text(encoding="utf-8"))
        except (OSError, ValueError):
            return None
        return data

    def edition(self) -> Edition | None:
        """What the server is to serve: the current release, else ``knowledge/`` with the model trained last."""
        release = self.current()
        if release is None:
            return trained_edition(self._settings)
        folder = self.path(release.number)
        return Edition(
            folder / MODEL, release.model, release.sha256, folder / "knowledge", folder / THRESHOLDS, release.number
        )

    def baseline(self) -> Release | None:
        """Makes the first release of what is served now, if there is none yet; from then on drafts are not served.

        Returns:
            The current release, None where there is no model to release.
        """
        with self._alone():
            current = self.current()
            if current is not None:
                return current
            edition = trained_edition(self._settings)
            if edition is None:
                return None
            parts = Parts(edition.knowledge, edition.model, edition.thresholds)
            reason = "What was served before the first change in the console."
            return self._make(parts, author="command line", reason=reason, kind=BASELINE)

    def publish(
        self, parts: Parts, *, author: str, reason: str, kind: str, figures: Mapping[str, float] | None = None
    ) -> Release:
        """Makes a release and points to it: both or neither, whenever the process ends.

        Raises:
            ReleaseError: It cannot be written, or somebody else publishes at this moment.
        """
        with self._alone():
            return self._make(parts, author=author, reason=reason, kind=kind, figures=figures)

    def roll_back(self, number: int, *, author: str, reason: str) -> Release:
        """Makes a new release with everything of an earlier one.

        Raises:
            ReleaseError: There is no such release, its model is damaged, or it is the current one.
        """
        with self._alone():
            old, current = self.get(number), self.current()
            if current is None or number > current.number:
                raise ReleaseError(f"There is no release {number}. `embassy-bot releases list` shows those there are.")
            if number == current.number:
                raise ReleaseError(f"Release {number} is the one that is served.")
            folder = self.path(number)
            report = folder / REPORT
            parts = Parts(
                folder / "knowledge", folder / MODEL, folder / THRESHOLDS, report if report.exists() else None
            )
            return self._make(
                parts, author=author, reason=reason, kind=ROLLBACK, of=number, figures=old.figures, name=old.model,
                inputs=old.inputs, sha256=old.sha256,
            )  # fmt: skip

    def _make(
        self,
        parts: Parts,
        *,
        author: str,
        reason: str,
        kind: str,
        figures: Mapping[str, float] | None = None,
        of: int | None = None,
        name: str | None = None,
        inputs: str | None = None,
        sha256: str | None = None,
    ) -> Release:
        current = self.current()
        number = current.number + 1 if current else 1
        draft = self.folder / ".draft"
        try:
            # What a process that was killed left: never pointed to, so nobody has seen it.
            _remove(draft)
            _remove(self.path(number))
            draft.mkdir(parents=True)
            self._copy(parts, draft)
            digest = hashlib.sha256((draft / MODEL).read_bytes()).hexdigest()
            if sha256 is not None and digest != sha256:
                raise ReleaseError(f"The model of release {of} is damaged: its bytes are not those that were released.")
            same = current if current and current.sha256 == digest else None
            release = Release(
                number=number,
                created=datetime.now(timezone.utc).isoformat(timespec="seconds"),
                author=author,
                reason=reason,
                kind=kind,
                knowledge=knowledge_version(draft / "knowledge"),
                model=name or (same.model if same else parts.model.name),
                sha256=digest,
                inputs=inputs or training_inputs(self._settings, draft / "knowledge"),
                of=of,
                figures=dict(figures or {}),
            )
            _write(draft / ABOUT, json.dumps(asdict(release), indent=2, ensure_ascii=False) + "\n")
            _seal(draft)
            draft.rename(self.path(number))
            sync_folder(self.folder)
            # The one step that counts: before it the old release is served, after it the new one.
            write_atomically(self.folder / POINTER, json.dumps({"release": number}) + "\n")
        except OSError as error:
            with contextlib.suppress(OSError):
                _remove(draft)
            raise ReleaseError(
                f"The release could not be written ({error.strerror or error}); the one before is still served. "
                f"Look for room and rights in {self.folder}."
            ) from error
        return release

    def _copy(self, parts: Parts, draft: Path) -> None:
        for path in knowledge_files(parts.knowledge):
            target = draft / "knowledge" / path.relative_to(parts.knowledge)
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(path, target)
        for source, name in ((parts.model, MODEL), (parts.thresholds, THRESHOLDS), (parts.report, REPORT)):
            if source is None or not source.exists():
                continue
            if source.is_relative_to(self.folder):
                os.link(source, draft / name)  # a release's files never change, so two releases may share them
            else:
                shutil.copyfile(source, draft / name)

    @contextlib.contextmanager
    def _alone(self) -> Iterator[None]:
        """Two publishers, in whatever processes, one after the other."""
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            handle = (self.folder / ".lock").open("w")
        except OSError as error:
            raise ReleaseError(f"{self.folder} cannot be written ({error.strerror}).") from error
        with handle:
            until = time.monotonic() + PATIENCE
            while True:
                try:
                    fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
                    break
                except BlockingIOError:
                    if time.monotonic() > until:
                        raise ReleaseError("Somebody else is publishing. Please try again in a moment.") from None
                    time.sleep(0.05)
            yield


def _write(path: Path, text: str) -> None:
    with path.open("w", encoding="utf-8") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())


def _seal(folder: Path) -> None:
    """Everything on the disk, nothing writable by mistake."""
    for path in folder.rglob("*"):
        if path.is_file():
            with path.open("rb") as file:
                os.fsync(file.fileno())
            path.chmod(0o444)
    for path in (folder, *(p for p in folder.rglob("*") if p.is_dir())):
        sync_folder(path)


def _remove(folder: Path) -> None:
    if folder.exists():
        shutil.rmtree(folder)
