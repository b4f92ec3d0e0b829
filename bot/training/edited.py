"""Which files of the draft hold what the console wrote and nobody has published: no command may put these into service.

A mark under ``var/edited`` stands for each file that the console ever changed, and for what a roll-back took back. A
mark counts as long as its file differs from what is served; where the two are the same again, it goes.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterable
from pathlib import Path

from bot.knowledge.edit.drafts import EditError
from bot.knowledge.edit.files import alone
from bot.knowledge.reader import knowledge_files
from bot.settings import Settings
from bot.training.current import sync_folder


def mark(settings: Settings, names: Iterable[str]) -> None:
    """Notes that files of the draft are about to hold what the console writes."""
    for name in names:
        path = _folder(settings) / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()
        sync_folder(path.parent)


def mark_differing(settings: Settings, served: Path) -> None:
    """Notes every file of the draft that differs from what is about to be served: somebody has taken it back."""
    mark(settings, differing(settings.knowledge, served))


def held(settings: Settings, served: Path) -> list[str]:
    """The files that hold unpublished changes of the console, in alphabetical order."""
    folder = _folder(settings)
    names = (path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file())
    return sorted(name for name in names if _bytes(settings.knowledge / name) != _bytes(served / name))


def settle(settings: Settings, served: Path) -> None:
    """Takes away the marks of files that are as they are served."""
    # Nobody saves meanwhile, so no mark goes that was made for a change to come. Left over, it does no harm.
    with contextlib.suppress(OSError, EditError), alone(settings.knowledge):
        still = set(held(settings, served))
        folder = _folder(settings)
        for path in [path for path in folder.rglob("*") if path.is_file()]:
            if path.relative_to(folder).as_posix() not in still:
                path.unlink(missing_ok=True)


def differing(one: Path, other: Path) -> list[str]:
    """The files in which two states of the knowledge differ."""
    names = {path.relative_to(folder).as_posix() for folder in (one, other) for path in knowledge_files(folder)}
    return sorted(name for name in names if _bytes(one / name) != _bytes(other / name))


def _folder(settings: Settings) -> Path:
    return settings.var / "edited"


def _bytes(path: Path) -> bytes | None:
    return path.read_bytes() if path.is_file() else None
