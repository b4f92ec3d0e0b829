"""Releases: immutable folders of knowledge, model, thresholds and report; one pointer says which is served.

Publishing, rolling back and starting up are the same act: the pointer names a release, the server loads it. As long as
nothing was released, the server answers from ``knowledge/`` and the model trained last.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import logging
import os
import shutil
from collections.abc import Callable, Iterator, Mapping
from dataclasses import asdict
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

from bot.exclusive import BusyError, exclusive
from bot.knowledge.edit.drafts import EditError
from bot.knowledge.edit.files import alone
from bot.knowledge.reader import knowledge_files, knowledge_version
from bot.knowledge.said import said
from bot.settings import Settings
from bot.training import edited
from bot.training.current import (
    Edition,
    current_model,
    sync_folder,
    trained_edition,
    training_inputs,
    write_atomically,
)
from bot.training.folders import remove, seal, write_synced
from bot.training.release import (
    BASELINE,
    COMMAND_LINE,
    FIRST,
    ROLLBACK,
    TRAINED,
    WORDS,
    Basis,
    ChangedError,
    Parts,
    Release,
    ReleaseError,
    Survey,
)

logger = logging.getLogger(__name__)

POINTER = "current.json"
ABOUT = "release.json"
MODEL = "model.tar.gz"
REPORT = "report.json"
THRESHOLDS = "thresholds.json"


__all__ = [
    "BASELINE", "MODEL", "REPORT", "ROLLBACK", "THRESHOLDS", "TRAINED", "WORDS", "Basis", "ChangedError", "Parts",
    "Release", "ReleaseError", "Releases", "Survey", "copy_knowledge",
]  # fmt: skip


class Releases:
    """All releases of one installation, under ``var/releases``."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self.folder = settings.var / "releases"

    def current(self) -> Release | None:
        """The release that is served, None where nothing was ever released.

        Raises:
            ReleaseError: The pointer is broken, or the release that it names is not whole.
        """
        number = self._pointed()
        if number is None:
            return None
        try:
            return self.get(number)
        except ReleaseError as error:
            raise ReleaseError(
                said(
                    "Release {number} is to be served, but {folder} is missing or damaged. Bring it back from a "
                    'backup, or write the number of another release into {pointer}, like {{"release": 3}}.',
                    number=number,
                    folder=self.path(number),
                    pointer=self.folder / POINTER,
                )
            ) from error

    def _pointed(self) -> int | None:
        try:
            return int(json.loads((self.folder / POINTER).read_text(encoding="utf-8"))["release"])
        except FileNotFoundError:
            return None
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise ReleaseError(
                said(
                    '{pointer} is broken ({error}). Write the number of a release into it, like {{"release": 3}}.',
                    pointer=self.folder / POINTER,
                    error=str(error),
                )
            ) from error

    def get(self, number: int) -> Release:
        """One release.

        Raises:
            ReleaseError: There is none of that number.
        """
        try:
            return Release(**json.loads((self.path(number) / ABOUT).read_text(encoding="utf-8")))
        except (OSError, ValueError, TypeError) as error:
            raise ReleaseError(
                said("There is no release {number}. `embassy-bot releases list` shows those there are.", number=number)
            ) from error

    def all(self) -> list[Release]:
        """Every release that was ever served, the newest first."""
        current = self.current()
        return [self.get(number) for number in range(current.number, 0, -1)] if current else []

    def survey(self) -> Survey:
        """What can be read of the releases, whatever is damaged."""
        found: list[Release] = []
        problems: list[str] = []
        served = None
        try:
            served = self._pointed()
            self.current()
        except ReleaseError as error:
            problems.append(error.args[0])
        # Without the pointer, one that was being made when the process ended cannot be told from the others.
        newest = served or max((int(path.name) for path in self.folder.glob("[0-9]" * 5)), default=0)
        for number in range(newest, 0, -1):
            try:
                found.append(self.get(number))
            except ReleaseError:
                if number != served:
                    problems.append(
                        said("Release {number} is damaged: look at {folder}, or at a backup of it.", number=number,
                             folder=self.path(number))
                    )  # fmt: skip
        return Survey(tuple(found), served, tuple(problems))

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
        # Asked before every change of the draft: that need not wait for somebody who publishes.
        if (current := self.current()) is not None:
            return current
        with alone_in(self.folder):
            current = self.current()
            if current is not None:
                return current
            edition = trained_edition(self._settings)
            if edition is None:
                return None
            model = current_model(self._settings)
            parts = Parts(
                edition.knowledge, edition.model, edition.thresholds, inputs=model.inputs if model is not None else ""
            )
            return self._make(parts, COMMAND_LINE, FIRST, BASELINE)

    def publish(
        self,
        parts: Parts,
        *,
        author: str,
        reason: str,
        kind: str,
        figures: Mapping[str, float] | None = None,
        basis: Basis | None = None,
        review: Callable[[Path], None] | None = None,
    ) -> Release:
        """Makes a release and points to it: both or neither, whenever the process ends.

        Args:
            basis: What must not have changed since the publisher looked at it.
            review: Called with the release's own copy of the knowledge before anybody gets it; may still change it, or
                raise.

        Raises:
            ReleaseError: It cannot be written, or somebody else publishes at this moment; a :class:`ChangedError` where
                the basis is no longer true.
        """
        with alone_in(self.folder):
            release = self._make(parts, author, reason, kind, figures, basis=basis, review=review)
        edited.settle(self._settings, self.path(release.number) / "knowledge")
        return release

    def roll_back(self, number: int, *, author: str, reason: str, seen: int | None = None) -> Release:
        """Makes a new release with everything of an earlier one.

        Args:
            number: The earlier one.
            author: Who goes back.
            reason: Why.
            seen: The release that was served when the author decided; None takes back whatever is served.

        Raises:
            ReleaseError: There is no such release, it is damaged, or it is the current one; a :class:`ChangedError`
                where another than the one that was ``seen`` is served by now.
        """
        with alone_in(self.folder):
            old, current = self.get(number), self.current()
            if seen is not None and current is not None and seen != current.number:
                raise ChangedError("release", f"Release {current.number} was published meanwhile. Look at it first.")
            if current is None or number > current.number:
                raise ReleaseError(
                    said(
                        "There is no release {number}. `embassy-bot releases list` shows those there are.",
                        number=number,
                    )
                )
            if number == current.number:
                raise ReleaseError(said("Release {number} is the one that is served.", number=number))
            folder = self.path(number)
            # What is taken back still stands in the draft: from now on it counts as not published.
            with contextlib.suppress(OSError):
                edited.mark_differing(self._settings, folder / "knowledge")
            parts = Parts(folder / "knowledge", folder / MODEL, folder / THRESHOLDS, folder / REPORT)
            return self._make(
                parts, author, reason, ROLLBACK, old.figures, of=number, name=old.model, inputs=old.inputs,
                sha256=old.sha256, basis=Basis(current.number, old.knowledge),
            )  # fmt: skip

    def _make(
        self,
        parts: Parts,
        author: str,
        reason: str,
        kind: str,
        figures: Mapping[str, float] | None = None,
        *,
        of: int | None = None,
        name: str | None = None,
        inputs: str | None = None,
        sha256: str | None = None,
        basis: Basis | None = None,
        review: Callable[[Path], None] | None = None,
    ) -> Release:
        current = self.current()
        number = current.number + 1 if current else 1
        if basis is not None and basis.release != (current.number if current else None):
            raise ChangedError("release", f"Release {number - 1} was published in the meantime. Look at it first.")
        draft = self.folder / ".draft"
        try:
            # What a process that was killed left: never pointed to, so nobody has seen it.
            remove(draft)
            remove(self.path(number))
            draft.mkdir(parents=True)
            self._copy(parts, draft)
            if basis is not None and knowledge_version(draft / "knowledge") != basis.knowledge:
                if of is not None:
                    raise ReleaseError(
                        said("The knowledge of release {number} is damaged: it is not what was released.", number=of)
                    )
                raise ChangedError("knowledge", "The knowledge was changed in the meantime. Look at the changes first.")
            if review is not None:
                review(draft / "knowledge")
            digest = hashlib.sha256((draft / MODEL).read_bytes()).hexdigest()
            if sha256 is not None and digest != sha256:
                raise ReleaseError(
                    said(
                        "The model of release {number} is damaged: its bytes are not those that were released.",
                        number=of,
                    )
                )
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
                # A model that stays knows no more than it did, whatever the questions are now.
                inputs=inputs
                or (same.inputs if same else parts.inputs or training_inputs(self._settings, draft / "knowledge")),
                of=of,
                figures=dict(figures or {}),
            )
            write_synced(draft / ABOUT, json.dumps(asdict(release), indent=2, ensure_ascii=False) + "\n")
            seal(draft)
            draft.rename(self.path(number))
            sync_folder(self.folder)
            # The one step that counts: before it the old release is served, after it the new one.
            write_atomically(self.folder / POINTER, json.dumps({"release": number}) + "\n")
        except OSError as error:
            with contextlib.suppress(OSError):
                remove(draft)
            raise ReleaseError(
                said(
                    "The release could not be written ({error}); the one before is still served. Look for room and "
                    "rights in {folder}.",
                    error=error.strerror or str(error),
                    folder=self.folder,
                )
            ) from error
        return release

    def _copy(self, parts: Parts, draft: Path) -> None:
        copy_knowledge(parts.knowledge, draft / "knowledge", edited=parts.knowledge == self._settings.knowledge)
        for source, name in ((parts.model, MODEL), (parts.thresholds, THRESHOLDS), (parts.report, REPORT)):
            if source is None or not source.exists():
                continue
            if source.is_relative_to(self.folder):
                os.link(source, draft / name)  # a release's files never change, so two releases may share them
            else:
                shutil.copyfile(source, draft / name)


@contextlib.contextmanager
def alone_in(folder: Path) -> Iterator[None]:
    """Whoever publishes or prepares in a folder, in whatever processes, one after the other.

    Raises:
        ReleaseError: Somebody else has been at it for too long, or the folder cannot be written.
    """
    with contextlib.ExitStack() as held:
        try:
            folder.mkdir(parents=True, exist_ok=True)
            held.enter_context(exclusive(folder))
        except BusyError:
            raise ReleaseError(said("Somebody else is publishing. Please try again in a moment.")) from None
        except OSError as error:
            raise ReleaseError(
                said("{folder} cannot be written ({error}).", folder=folder, error=error.strerror)
            ) from error
        yield


def copy_knowledge(source: Path, target: Path, *, edited: bool) -> None:
    """Copies a state of the knowledge; where it is ``edited``, no save is under way meanwhile.

    Raises:
        ReleaseError: Somebody has been saving for too long.
    """
    # Nobody can save in a folder that cannot be written, nor can a lock be made there.
    lock = alone(source) if edited and os.access(source, os.W_OK) else contextlib.nullcontext()
    try:
        with lock:
            for path in knowledge_files(source):
                copy = target / path.relative_to(source)
                copy.parent.mkdir(parents=True, exist_ok=True)
                shutil.copyfile(path, copy)
    except EditError as error:
        raise ReleaseError(*error.args) from error
