"""Several files changed together: whole or not at all, one person after the other."""

from __future__ import annotations

import contextlib
import errno
import json
import os
import re
import shutil
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from bot.exclusive import BusyError, exclusive
from bot.knowledge.edit.drafts import EditError
from bot.knowledge.edit.yaml_text import YamlText, YamlTextError
from bot.knowledge.said import Said, said

JOURNAL = ".journal"
LEFT = re.compile(r"\..+\.yml\.\d+(\.old)?|\.journal\.new")
"""Files that a save writes beside the others, and that a killed process may leave."""
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
        """Everything that changed, on the disk, all or nothing, whenever the process ends.

        All new texts are written beside the old ones, then the journal says what is to be done, then it is done. A
        failure puts back what stood there. What a killed process left is finished, or cleared away where the journal
        was not written yet, by :func:`recover`: before the next save, and when the server starts.

        Raises:
            EditError: It cannot be written; nothing is changed then.
        """
        self._settle()
        texts = {path: text.text for path, text in self.texts.items() if path not in self.gone} | self.new
        order = ("embassy.yml", "sections", "topics", "conversation.yml", "stories", "questions")
        changed = sorted(
            (path for path, text in texts.items() if not path.exists() or path.read_text(encoding="utf-8") != text),
            key=lambda path: (order.index(head) if (head := _room(self.folder, path)) in order else len(order), path),
        )
        drafts = {path: path.with_name(f".{path.name}.{os.getpid()}") for path in changed}
        gone = sorted(self.gone)
        before: dict[Path, Path | None] = {}
        try:
            for path, draft in drafts.items():
                path.parent.mkdir(parents=True, exist_ok=True)
                _write(draft, texts[path])
            if changed or gone:
                _note(self.folder, put=drafts, gone=gone)
            for path in (*changed, *gone):
                before[path] = _kept(path)
                if path in drafts:
                    os.replace(drafts[path], path)
                else:
                    path.unlink(missing_ok=True)
        except OSError as error:
            _put_back(self.folder, before)
            for draft in drafts.values():
                with contextlib.suppress(OSError):
                    draft.unlink(missing_ok=True)
            raise EditError(unsaved(error)) from error
        with contextlib.suppress(OSError):
            (self.folder / JOURNAL).unlink(missing_ok=True)
        for old in before.values():
            if old is not None:
                with contextlib.suppress(OSError):
                    old.unlink(missing_ok=True)
        return [path.relative_to(self.folder).as_posix() for path in (*changed, *gone)]


def _room(folder: Path, path: Path) -> str:
    return path.relative_to(folder).parts[0]


def unsaved(error: OSError) -> Said:
    """What is said when the disk refuses: it is full, or may not be written."""
    reason = said("the disk is full: {error}", error=os.strerror(error.errno)) if error.errno in FULL else str(error)
    return said(
        "The change could not be saved ({reason}). Nothing was changed. Tell whoever runs the server, then save again.",
        reason=reason,
    )


def _write(path: Path, text: str) -> None:
    with path.open("w", encoding="utf-8") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())


def _note(folder: Path, put: Mapping[Path, Path], gone: Iterable[Path] = ()) -> None:
    """Writes into the journal what is to be done: files that come into the place of others, and files that go."""
    places = {_name(folder, path): _name(folder, draft) for path, draft in put.items()}
    draft = folder / f"{JOURNAL}.new"
    try:
        _write(draft, json.dumps({"put": places, "gone": [_name(folder, path) for path in gone]}))
        os.replace(draft, folder / JOURNAL)
    finally:
        draft.unlink(missing_ok=True)
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _name(folder: Path, path: Path) -> str:
    return path.relative_to(folder).as_posix()


def _kept(path: Path) -> Path | None:
    """A second name for a file as it is, or a copy where the disk knows no second names; None for none."""
    before = path.with_name(f".{path.name}.{os.getpid()}.old")
    before.unlink(missing_ok=True)
    if not path.exists():
        return None
    try:
        os.link(path, before)
    except OSError:
        shutil.copyfile(path, before)
    return before


def _put_back(folder: Path, before: Mapping[Path, Path | None]) -> None:
    """Makes files what they were; one that was not there goes."""
    journal = folder / JOURNAL
    olds = {path: old for path, old in before.items() if old is not None}
    new = [path for path, old in before.items() if old is None]
    try:
        if before:  # from here on a kill means the way back
            _note(folder, olds, new)
    except OSError:
        with contextlib.suppress(OSError):
            journal.unlink(missing_ok=True)
    for path, old in olds.items():
        with contextlib.suppress(OSError):
            _restore(path, old)
            old.unlink(missing_ok=True)
    for path in new:
        with contextlib.suppress(OSError):
            path.unlink(missing_ok=True)
    with contextlib.suppress(OSError):
        journal.unlink(missing_ok=True)


def _restore(path: Path, old: Path) -> None:
    if path.exists() and old.samefile(path):
        return  # it was not replaced yet
    try:
        os.replace(old, path)
    except OSError:  # where names cannot be changed, its words perhaps can
        shutil.copyfile(old, path)


def recover(folder: Path) -> None:
    """Finishes what a killed process was saving, if nobody saves at this moment; else it is done before the next save.

    A folder that cannot be written is left as it is: nobody can have saved there.
    """
    with contextlib.suppress(EditError, OSError), alone(folder):
        pass


def _finish(folder: Path) -> None:
    """Does what the journal says and clears away what stands beside the files; the lock must be held."""
    journal = folder / JOURNAL
    if journal.exists():
        try:
            wanted = json.loads(journal.read_text(encoding="utf-8"))
        except ValueError:  # never written by a rename: somebody else's
            wanted = {"put": {}, "gone": []}
        for name, draft in wanted["put"].items():
            if (folder / draft).exists():
                os.replace(folder / draft, folder / name)
        for name in wanted["gone"]:
            (folder / name).unlink(missing_ok=True)
        journal.unlink()
    for path in folder.rglob(".*"):
        if LEFT.fullmatch(path.name):
            path.unlink(missing_ok=True)


@contextlib.contextmanager
def alone(folder: Path) -> Iterator[None]:
    """Two people who save at the same moment, one after the other, also in other processes."""
    with contextlib.ExitStack() as held:
        try:
            held.enter_context(exclusive(folder))
            _finish(folder)
        except BusyError:
            raise EditError(said("Somebody else is saving. Please try again in a moment.")) from None
        except OSError as error:
            raise EditError(unsaved(error)) from error
        yield
