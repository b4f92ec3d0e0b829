"""Servers under measurement: started in a process of their own, watched, ended by their id."""

from __future__ import annotations

import http.client
import json
import os
import signal
import socket
import subprocess
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

ADDRESS = "/webhooks/rest/webhook"
PATIENCE = 600.0


@dataclass(frozen=True)
class Serving:
    """What a server did: seconds to the first answer, MiB resident, milliseconds a message, messages a second."""

    ready_seconds: float
    resident_mib: float
    median_ms: float
    p95_ms: float
    per_second: float


def free_port() -> int:
    """A port on loopback that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextmanager
def server(command: Sequence[str], folder: Path, port: int, log: Path) -> Iterator[tuple[int, float]]:
    """Runs a server until it answers a message, yields its process id and the seconds that took, and ends it.

    Raises:
        RuntimeError: It ended or did not answer in time; the message names the log.
    """
    environment = os.environ | {"RASA_TELEMETRY_ENABLED": "false", "DATABASE_URL": f"sqlite:///{log}.sqlite3"}
    with log.open("w") as output:
        began = time.perf_counter()
        process = subprocess.Popen(
            command, cwd=folder, env=environment, stdout=output, stderr=output, start_new_session=True
        )
        try:
            _wait(process, port, log)
            yield process.pid, time.perf_counter() - began
        finally:
            os.killpg(process.pid, signal.SIGTERM)
            try:
                process.wait(20)
            except subprocess.TimeoutExpired:
                os.killpg(process.pid, signal.SIGKILL)
                process.wait(20)


def _wait(process: subprocess.Popen[bytes], port: int, log: Path) -> None:
    end = time.perf_counter() + PATIENCE
    while time.perf_counter() < end:
        if process.poll() is not None:
            raise RuntimeError(f"The server ended with exit code {process.returncode}; its log is {log}.")
        try:
            if say(port, "ready", "bonjour"):
                return
        except (OSError, http.client.HTTPException, ValueError):
            pass
        time.sleep(0.05)
    raise RuntimeError(f"The server did not answer within {PATIENCE:.0f} seconds; its log is {log}.")


def say(port: int, sender: str, text: str, connection: http.client.HTTPConnection | None = None) -> list[object]:
    """Sends a message; the reply's items, empty unless the status is 200."""
    link = connection or http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    body = json.dumps({"sender": sender, "message": text}).encode()
    link.request("POST", ADDRESS, body, {"Content-Type": "application/json"})
    response = link.getresponse()
    data = response.read()
    if connection is None:
        link.close()
    return list(json.loads(data)) if response.status == 200 else []


def resident_mib(pid: int) -> float:
    """Resident memory of a process and its children."""
    total = 0.0
    for member in [pid, *_children(pid)]:
        for line in Path(f"/proc/{member}/status").read_text().splitlines():
            if line.startswith("VmRSS:"):
                total += int(line.split()[1]) / 1024
    return total


def _children(pid: int) -> list[int]:
    found = []
    for task in Path(f"/proc/{pid}/task").glob("*/children"):
        for child in task.read_text().split():
            found += [int(child), *_children(int(child))]
    return found


def one_client(port: int, questions: Sequence[str], step: Callable[[], None]) -> list[float]:
    """Milliseconds of each message, one after the other over one connection, ten messages a conversation."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=120)
    times = []
    for number, question in enumerate(questions):
        began = time.perf_counter()
        say(port, f"one-{os.getpid()}-{number // 10}", question, connection)
        times.append((time.perf_counter() - began) * 1000)
        step()
    connection.close()
    return times


def many_clients(port: int, questions: Sequence[str], clients: int, step: Callable[[], None]) -> float:
    """Messages a second with some clients that each wait for a reply before the next message."""

    def work(mine: Sequence[str], name: str) -> None:
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=120)
        for number, question in enumerate(mine):
            say(port, f"many-{name}-{number // 10}", question, connection)
            step()
        connection.close()

    threads = [
        threading.Thread(target=work, args=(questions[k::clients], f"{os.getpid()}-{k}")) for k in range(clients)
    ]
    began = time.perf_counter()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return len(questions) / (time.perf_counter() - began)


def measure(
    command: Sequence[str], folder: Path, port: int, log: Path, questions: Sequence[str], step: Callable[[], None]
) -> Serving:
    """Starts a server, asks it all questions twice (one client, then eight), and ends it."""
    with server(command, folder, port, log) as (pid, ready):
        for question in questions[:20]:
            say(port, "warm-up", question)
        times = sorted(one_client(port, questions, step))
        rate = many_clients(port, questions, 8, step)
        memory = resident_mib(pid)
    return Serving(ready, memory, times[len(times) // 2], times[int(len(times) * 0.95)], rate)
