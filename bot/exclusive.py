"""One at a time in a folder, in whatever processes: a lock that a process's end gives back."""

from __future__ import annotations

import contextlib
import fcntl
import time
from collections.abc import Iterator
from pathlib import Path

LOCK = ".lock"
PATIENCE = 10.0
"""Seconds that somebody waits for another to be done."""
LOOK_EVERY = 0.02


class BusyError(Exception):
    """Somebody else has held the folder for longer than ``PATIENCE``."""


@contextlib.contextmanager
def exclusive(folder: Path, patience: float | None = None) -> Iterator[None]:
    """Holds a folder that is there; whoever else wants it waits, so many seconds at most (else ``PATIENCE``).

    Raises:
        BusyError: It was not given back for so long.
        OSError: No lock can be made there.
    """
    until = time.monotonic() + (PATIENCE if patience is None else patience)
    with (folder / LOCK).open("w") as handle:
        while True:
            try:
                fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            except BlockingIOError:
                if time.monotonic() > until:
                    raise BusyError(str(folder)) from None
                time.sleep(LOOK_EVERY)
        yield
