"""Processes, told apart from others that were given the same number later."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import time
from collections.abc import Callable
from pathlib import Path

GRACE = 5.0
BOOT = Path("/proc/sys/kernel/random/boot_id")


def born(pid: int) -> str:
    """When a process started, as the system writes it; empty where there is none or it cannot be told."""
    try:
        ticks = _status(pid)[19]
        boot = BOOT.read_text().strip() if BOOT.exists() else ""
        return f"{boot} {ticks}".strip()
    except (OSError, IndexError):
        pass
    if Path("/proc/self/stat").exists():
        return ""
    try:
        done = subprocess.run(["ps", "-o", "lstart=", "-p", str(pid)], capture_output=True, text=True, check=False)
    except OSError:
        return ""
    return done.stdout.strip()


def is_alive(pid: int, since: str | None = None) -> bool:
    """Whether a process is there and not merely waiting to be forgotten; ``since`` is when it was :func:`born`."""
    if pid <= 1:
        return False
    try:
        os.kill(pid, 0)
        state = _status(pid)[0]
    except ProcessLookupError:
        return False
    except (OSError, IndexError):
        state = ""
    return state != "Z" and (since is None or born(pid) == since)


def end(pid: int, since: str, between: Callable[[], None]) -> None:
    """Ends a process and everything that it started, unless its number is somebody else's by now.

    ``between`` is called again and again while it is waited for.
    """
    for sign in (signal.SIGTERM, signal.SIGKILL):
        if not is_alive(pid, since):
            return
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(pid, sign)
        until = time.monotonic() + GRACE
        while time.monotonic() < until and is_alive(pid, since):
            between()
            time.sleep(0.05)


def _status(pid: int) -> list[str]:
    """Fields of the process's line from the third on: the second, its name, may hold anything."""
    return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
