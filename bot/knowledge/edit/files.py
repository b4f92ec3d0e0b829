"""Several files changed together: whole or not at all, one person after the other."""

from __future__ import annotations

import contextlib
import errno
import fcntl
import os
import shutil
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from bot.knowledge.edit.drafts import EditError
from bot.knowledge.edit.yaml_text import YamlText, YamlTextError
from bot.knowledge.said import Said, said

PATIENCE = 10.0
FULL = (errno.ENOSPC, errno.EDQUOT)


@dataclass
class Files:
    """Files being changed: what they will hold.

    Attributes:
        together: Whether changes are collected and made at once when they are stored: for many of them.
    """

    folder: Path
    together: bool = False
    texts: dict[Path, YamlText] = field(default_factory=dict)
    new: dict[Path, str] = field(default_factory=dict)
    gone: set[Path] = field(default_factory=set)

    def text(self, path: Path) -> YamlText:
        """A file as it is to be; read at the first use.

        Raises:
            EditError: It cannot be read.
        """
        if path not in self.texts:
            try:
                self.texts[path] = YamlText(path.read_text(encoding="utf-8"), together=self.together)
            except (OSError, UnicodeDecodeError, YamlTextError) as error:
                name = path.relative_to(self.folder)
                reason = error if isinstance(error, YamlTextError) else str(error)
                raise EditError(
                    said("{name} cannot be read ({error}). Run `embassy-bot check` and mend it first.", name=name,
                         error=reason)
                ) from error  # fmt: skip
        return self.texts[path]

    def _settle(self) -> None:
        for path, text in self.texts.items():
            try:
                text.settle()
            except YamlTextError as error:
                name = path.relative_to(self.folder)
                raise EditError(said("{name} cannot be written: {error}", name=name, error=error)) from error

    def store(self) -> list[str]:
        """Everything that changed, on the disk: first all new texts beside the old ones, then one rename after another.

        A failure puts back what was renamed before it. A crash between two renames leaves whole files: questions come
        last, so that an entry may for once have its old questions, never questions without an entry.

        Raises:
            EditError: It cannot be written; nothing is changed then.
        """
        self._settle()
        texts = {path: text.text for path, text in self.texts.items() if path not in self.gone} | self.new
        order = ("embassy.yml", "sections", "topics", "conversation.yml", "stories", "questions")
        changed = sorted(
            (path for path, text in texts.items() if not path.exists() or path.read_text(encoding="utf-8") != text),
            key=lambda path: (order.index(path.relative_to(self.folder).parts[0]), path),
        )
        drafts = {path: path.with_name(f".{path.name}.{os.getpid()}") for path in changed}
        kept: dict[Path, Path] = {}
        try:
            for path, draft in drafts.items():
                path.parent.mkdir(parents=True, exist_ok=True)
                with draft.open("w", encoding="utf-8") as file:
                    file.write(texts[path])
                    file.flush()
                    os.fsync(file.fileno())
            for path, draft in drafts.items():
                kept[path] = path.with_name(f"{draft.name}.old")
                _keep(path, kept[path])
                os.replace(draft, path)
            for path in self.gone:
                path.unlink(missing_ok=True)
        except OSError as error:
            _put_back(kept)
            for draft in drafts.values():
                with contextlib.suppress(OSError):
                    draft.unlink(missing_ok=True)
            raise EditError(unsaved(error)) from error
        finally:
            for before in kept.values():
                with contextlib.suppress(OSError):
                    before.unlink(missing_ok=True)
        return [path.relative_to(self.folder).as_posix() for path in (*changed, *sorted(self.gone))]


def unsaved(error: OSError) -> Said:
    """What is said when the disk refuses: it is full, or may not be written."""
    reason = said("the disk is full: {error}", error=os.strerror(error.errno)) if error.errno in FULL else str(error)
    return said(
        "The change could not be saved ({reason}). Nothing was changed. Tell whoever runs the server, then save again.",
        reason=reason,
    )


def _keep(path: Path, before: Path) -> None:
    """A second name for a file as it is, or a copy where the disk knows no second names."""
    before.unlink(missing_ok=True)
    if path.exists():
        try:
            os.link(path, before)
        except OSError:
            shutil.copyfile(path, before)


def _put_back(kept: dict[Path, Path]) -> None:
    """Renames what stood there before; a file that is new goes."""
    for path, before in kept.items():
        with contextlib.suppress(OSError):
            if before.exists():
                os.replace(before, path)
            elif not path.with_name(before.name.removesuffix(".old")).exists():
                path.unlink(missing_ok=True)


@contextlib.contextmanager
def alone(folder: Path) -> Iterator[None]:
    """Two people who save at the same moment, one after the other, also in other processes."""
    try:
        handle = (folder / ".lock").open("w")
    except OSError as error:
        raise EditError(unsaved(error)) from error
    with handle:
        until = time.monotonic() + PATIENCE
        while True:
            try:
                fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            except BlockingIOError:
                if time.monotonic() > until:
                    raise EditError(said("Somebody else is saving. Please try again in a moment.")) from None
                time.sleep(0.02)
        yield
