"""Several files changed together: whole or not at all, one person after the other."""

from __future__ import annotations

import contextlib
import fcntl
import os
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from bot.knowledge.edit.drafts import EditError
from bot.knowledge.edit.yaml_text import YamlText, YamlTextError

PATIENCE = 10.0


@dataclass
class Files:
    """Files being changed: what they will hold."""

    folder: Path
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
                self.texts[path] = YamlText(path.read_text(encoding="utf-8"))
            except (OSError, UnicodeDecodeError, YamlTextError) as error:
                name = path.relative_to(self.folder)
                raise EditError(
                    f"{name} cannot be read ({error}). Run `embassy-bot check` and mend it first."
                ) from error
        return self.texts[path]

    def store(self) -> list[str]:
        """Everything that changed, on the disk: first all new texts beside the old ones, then one rename after another.

        A crash between two renames leaves whole files: questions come last, so that an entry may for once have its old
        questions, never questions without an entry.
        """
        texts = {path: text.text for path, text in self.texts.items() if path not in self.gone} | self.new
        order = ("embassy.yml", "sections", "topics", "conversation.yml", "stories", "questions")
        changed = sorted(
            (path for path, text in texts.items() if not path.exists() or path.read_text(encoding="utf-8") != text),
            key=lambda path: (order.index(path.relative_to(self.folder).parts[0]), path),
        )
        drafts = {path: path.with_name(f".{path.name}.{os.getpid()}") for path in changed}
        try:
            for path, draft in drafts.items():
                path.parent.mkdir(parents=True, exist_ok=True)
                with draft.open("w", encoding="utf-8") as file:
                    file.write(texts[path])
                    file.flush()
                    os.fsync(file.fileno())
            for path, draft in drafts.items():
                os.replace(draft, path)
            for path in self.gone:
                path.unlink(missing_ok=True)
        except OSError as error:
            for draft in drafts.values():
                with contextlib.suppress(OSError):
                    draft.unlink(missing_ok=True)
            raise EditError(
                f"The change could not be saved ({error.strerror or error}). Tell whoever runs the server, then save "
                "again."
            ) from error
        return [path.relative_to(self.folder).as_posix() for path in (*changed, *sorted(self.gone))]


@contextlib.contextmanager
def alone(folder: Path) -> Iterator[None]:
    """Two people who save at the same moment, one after the other, also in other processes."""
    try:
        handle = (folder / ".lock").open("w")
    except OSError as error:
        raise EditError(f"The knowledge cannot be written ({error.strerror}).") from error
    with handle:
        until = time.monotonic() + PATIENCE
        while True:
            try:
                fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            except BlockingIOError:
                if time.monotonic() > until:
                    raise EditError("Somebody else is saving. Please try again in a moment.") from None
                time.sleep(0.02)
        yield
