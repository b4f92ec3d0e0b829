"""Processes that are there at once: one has imported everything and forks itself for each, to be killed at will.

Usage: python -m tests.zygote MODULE — reads orders from stdin, one JSON list a line, and answers each with a line.
"""

from __future__ import annotations

import gc
import importlib
import json
import os
import signal
import subprocess
import sys
import time
import traceback
from pathlib import Path
from types import ModuleType
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
SECONDS_TO_IMPORT = 120


class Zygote:
    """Starts processes that run ``main(*arguments)`` of a module, each within milliseconds.

    The module's ``prepare()`` runs once, before the first fork; it may start no thread.
    """

    def __init__(self, module: str) -> None:
        # Threads do not survive a fork, so that no library may begin with some.
        environment = {**os.environ, "OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1", "RASA_TELEMETRY_ENABLED": "0"}
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.zygote", module],
            cwd=ROOT,
            env=environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        assert self._read() == "ready", f"{module} could not be imported"

    def start(self, *arguments: str) -> Forked:
        """A new process."""
        return Forked(self, int(self._order("start", *arguments)))

    def close(self) -> None:
        """Ends the zygote, and with it every process that still runs."""
        assert self._process.stdin is not None and self._process.stdout is not None
        self._process.stdin.close()
        self._process.wait(20)
        self._process.stdout.close()

    def _order(self, *order: Any) -> Any:
        assert self._process.stdin is not None
        self._process.stdin.write(json.dumps(order) + "\n")
        self._process.stdin.flush()
        return self._read()

    def _read(self) -> Any:
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        assert line, "the zygote is dead"
        return json.loads(line)


class Forked:
    """A process of a zygote."""

    def __init__(self, zygote: Zygote, pid: int) -> None:
        self._zygote, self.pid = zygote, pid
        self._status: int | None = None

    def ended(self) -> int | None:
        """The exit status of a process that has ended by itself, None while it runs."""
        if self._status is None:
            self._status = self._zygote._order("wait", self.pid, 0)
        return self._status

    def kill(self) -> int:
        """kill -9; returns once the process is gone: its exit status as :mod:`subprocess` gives it."""
        return int(self._zygote._order("kill", self.pid))

    def wait(self, seconds: float) -> int:
        """The exit status of a process that ends by itself."""
        status = self._zygote._order("wait", self.pid, seconds)
        assert status is not None, "the process did not end"
        return int(status)


def serve(module: ModuleType) -> None:
    """Works through the orders until there are no more; then every process is killed."""
    running: set[int] = set()
    for line in iter(sys.stdin.readline, ""):
        action, *arguments = json.loads(line)
        if action == "start":
            pid = os.fork()
            if pid == 0:
                _be(module, arguments)
            running.add(pid)
            _say(pid)
            continue
        pid = arguments[0]
        if action == "kill" and pid in running:
            os.kill(pid, signal.SIGKILL)
        status = _ended(pid, arguments[1] if action == "wait" else 60.0)
        if status is not None:
            running.discard(pid)
        _say(status)
    for pid in running:
        os.kill(pid, signal.SIGKILL)
        os.waitpid(pid, 0)


def _ended(pid: int, seconds: float) -> int | None:
    until = time.monotonic() + seconds
    while True:
        found, status = os.waitpid(pid, os.WNOHANG)
        if found:
            return os.waitstatus_to_exitcode(status)
        if time.monotonic() > until:
            return None
        time.sleep(0.001)


def _be(module: ModuleType, arguments: list[str]) -> None:
    """What a fork does: it never returns."""
    nothing = os.open(os.devnull, os.O_RDWR)
    os.dup2(nothing, 0)
    os.dup2(nothing, 1)
    try:
        module.main(*arguments)
    except BaseException:  # noqa: BLE001  (a fork must not go on as the zygote)
        traceback.print_exc()
    os._exit(1)


def _say(what: Any) -> None:
    print(json.dumps(what), flush=True)


if __name__ == "__main__":
    chosen = importlib.import_module(sys.argv[1])
    if hasattr(chosen, "prepare"):
        chosen.prepare()
    gc.collect()
    gc.freeze()  # so that the collector of a fork does not copy the memory that it shares
    _say("ready")
    serve(chosen)
