"""A Telegram channel in a process of its own, forked by :mod:`tests.zygote`, that can be killed at a named point."""

from __future__ import annotations

import asyncio
import os
import signal
import tempfile
from pathlib import Path
from typing import Any

import anyio
import anyio.streams.tls

from bot.channels.telegram.pace import Pace
from bot.channels.telegram.sender import Sender
from bot.store.updates import UpdateStore
from tests.bot.channels.telegram.desks import Repeating, Set, one_certificate, the_knowledge

POINTS = {
    "stored": (UpdateStore, "keep"),
    "answered": (Repeating, "reply"),
    "sent": (Sender, "send"),
    "marked": (UpdateStore, "sent"),
    "done": (UpdateStore, "done"),
}


def prepare() -> None:
    """What every process would do again: reading the knowledge, and 150 certificates that plain http never needs."""
    the_knowledge()
    folder = tempfile.mkdtemp(prefix="killed-")
    os.environ["SSL_CERT_FILE"] = one_certificate()
    Set(Path(folder, "bot.sqlite3"), "http://127.0.0.1:1")
    anyio.run(anyio.sleep, 0)  # loads what httpx uses of it


def die_after(owner: type, name: str) -> None:
    """Makes the process die, as by kill -9, when a method returns for the first time."""
    method = getattr(owner, name)

    async def later(*args: Any, **kwargs: Any) -> Any:
        await method(*args, **kwargs)
        os.kill(os.getpid(), signal.SIGKILL)

    def now(*args: Any, **kwargs: Any) -> Any:
        method(*args, **kwargs)
        os.kill(os.getpid(), signal.SIGKILL)

    setattr(owner, name, later if asyncio.iscoroutinefunction(method) else now)


def main(database: str, api_url: str, point: str = "") -> None:
    if point:
        die_after(*POINTS[point])
    asyncio.run(serve(Path(database), api_url))


async def serve(database: Path, api_url: str) -> None:
    Set(database, api_url, pace=Pace()).channel.start()
    await asyncio.sleep(3600)
