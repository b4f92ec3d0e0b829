"""The web server in a process of its own, forked by :mod:`tests.zygote`, that can be killed at a named point."""

from __future__ import annotations

import asyncio
import os
import signal
import tempfile
from typing import Any

import uvicorn
from argon2 import PasswordHasher

from bot.conversations import Conversations
from bot.settings import Settings
from bot.store.conversations import ConversationStore
from tests.bot.light import ROOT, LightAgent, domain, light_app, serve

POINTS = {
    "looked": (ConversationStore, "context", "after"),
    "thought": (ConversationStore, "record", "before"),
    "stored": (ConversationStore, "record", "after"),
    "answered": (LightAgent, "handle_message", "after"),
    "replied": (Conversations, "handle", "after"),
}
"""A message is looked up, thought about, stored; its reply goes to the queue, then to the channel."""


def settings(database: str) -> Settings:
    return Settings(root=ROOT, database_url=f"sqlite:///{database}")


def prepare() -> None:
    """Does once what every server would do again: knowledge, late imports, and a slow hash that staff's pages need."""
    domain()
    hashed = PasswordHasher().hash("never used")
    PasswordHasher.hash = lambda *arguments, **options: hashed  # type: ignore[method-assign]
    with tempfile.TemporaryDirectory() as folder:
        uvicorn.Config(light_app(settings(f"{folder}/bot.sqlite3")), ws="none").load()


def die_at(owner: type, name: str, when: str) -> None:
    """Makes the process die, as by kill -9, before or after the first call of a method."""
    method = getattr(owner, name)

    async def later(*args: Any, **kwargs: Any) -> Any:
        if when == "after":
            await method(*args, **kwargs)
        os.kill(os.getpid(), signal.SIGKILL)

    def now(*args: Any, **kwargs: Any) -> Any:
        if when == "after":
            method(*args, **kwargs)
        os.kill(os.getpid(), signal.SIGKILL)

    setattr(owner, name, later if asyncio.iscoroutinefunction(method) else now)


def main(database: str, port: str, point: str = "") -> None:
    if point:
        die_at(*POINTS[point])
    serve(light_app(settings(database)), int(port))
