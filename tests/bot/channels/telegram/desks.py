"""A Telegram channel over the real conversations and stores, by default with an engine that repeats what it hears."""

from __future__ import annotations

import asyncio
import contextlib
import os
import shutil
import tempfile
from collections.abc import Callable, Iterator, Mapping
from functools import lru_cache
from pathlib import Path
from types import MappingProxyType
from typing import Any

import certifi
from sqlalchemy.exc import OperationalError

from bot.channels.telegram.desk import Desk
from bot.channels.telegram.inbox import Inbox
from bot.channels.telegram.pace import Pace
from bot.channels.telegram.service import TelegramChannel, TelegramSettings
from bot.conversations import BusyError, Conversations
from bot.dialogue.generator import PAYLOAD, Button, Reply, payload_of
from bot.engine import Engine, EngineNotReadyError
from bot.knowledge.model import Knowledge
from bot.knowledge.reader import read_knowledge
from bot.limits import LocalLimiter, Rate
from bot.messages import Message
from bot.store.conversations import ConversationStore, Turn
from bot.store.database import open_database
from bot.store.feedback import FeedbackStore
from bot.store.updates import ASIDE, DONE, UpdateStore
from tests.bot.channels.telegram.bot_api import TOKEN

ROOT = Path(__file__).resolve().parents[4]
DEADLY = 77
KNOWN = payload_of("consular.visas")
SOURCE = {"title": "Page <1>: visas", "url": "/faq/fr#consular.visas", "checked": "2026-11-23"}


@lru_cache(maxsize=1)
def the_knowledge() -> Knowledge:
    return read_knowledge(ROOT / "knowledge", questions=False)


@lru_cache(maxsize=1)
def one_certificate() -> str:
    """A file for ``SSL_CERT_FILE``: reading all 150, which plain http never needs, takes longer than most tests."""
    file = Path(tempfile.mkdtemp(prefix="one-certificate-"), "one.pem")
    file.write_text(certifi.contents().partition("-----END")[0] + "-----END CERTIFICATE-----\n")
    return str(file)


@lru_cache(maxsize=1)
def empty_database() -> Path:
    """With all its tables, to be copied: making them takes longer, too."""
    file = Path(tempfile.mkdtemp(prefix="empty-database-"), "bot.sqlite3")
    open_database(f"sqlite:///{file}").dispose()
    return file


class Repeating:
    """An engine: repeats what it hears as an answer; slowly for "slow", not for "poison" or while not ``ready``.

    "deadly" ends the process.
    """

    model: str | None = "repeating"
    published: frozenset[str] = frozenset()

    def __init__(self, store: ConversationStore) -> None:
        self.store = store
        self.heard: list[str] = []
        self.ready = True
        self.crowded = 0

    async def reply(self, message: Message) -> list[Reply]:
        if not self.ready:
            raise EngineNotReadyError
        if self.crowded:
            self.crowded -= 1
            raise BusyError("overloaded", "", 503, 3)
        self.heard.append(message.text)
        if message.text == "deadly":
            os._exit(DEADLY)
        if message.text == "poison":
            raise ArithmeticError("poison")
        if message.text.startswith("slow"):
            await asyncio.sleep(0.6)
        contacts = ({"kind": "phone", "value": "+223 2070 2424"}, {"kind": "email", "value": "fanei@state.gov"})
        reply = Reply(
            "clarify" if message.text == "which" else "answer",
            "<b>" + message.text,
            str(message.metadata.get("language") or "fr"),
            0.9,
            section="press",
            entry="press.phone",
            buttons=(Button("Visas", KNOWN),) if message.text == "which" else (),
            contacts=contacts if message.text == "contact" else (),
            source=SOURCE if message.text.startswith("source") else None,
        )
        turn = Turn(message.sender, message.text, [reply.as_dict()], message.id, message.channel)
        await asyncio.to_thread(self.store.record, turn, {"language": reply.language})
        return [reply]

    def apology(self, language: str) -> Reply:
        return Reply("fallback", "sorry", language or "fr", 0.0)

    def choice(self, text: str) -> str | None:
        return text if text.startswith(PAYLOAD) and len(text) == len(KNOWN) else None

    async def load(self, model: Path) -> None:
        raise NotImplementedError


class Set:
    """Everything that a test wants to look into."""

    def __init__(
        self,
        database: Path,
        api_url: str,
        engine_over: Callable[[ConversationStore], Engine] | None = None,
        rate: Rate | None = None,
        times: Mapping[str, float] = MappingProxyType({}),
        pace: Pace | None = None,
        **settings: Any,
    ) -> None:
        if not database.exists():
            shutil.copy(empty_database(), database)
        engine = open_database(f"sqlite:///{database}")
        self.store, self.feedback, self.updates = ConversationStore(engine), FeedbackStore(engine), UpdateStore(engine)
        self.engine = Repeating(self.store)
        conversations = Conversations(
            engine_over(self.store) if engine_over else self.engine,
            self.store,
            most_waiting=20,
            most_at_once=500,
            limiter=LocalLimiter(),
        )
        desk = Desk(conversations, self.store, self.feedback, self.updates, the_knowledge, 1000)
        reach = TelegramSettings(TOKEN, api_url, **settings)
        quick = {"seconds_of_a_poll": 0, "first_wait": 0.05, **times}
        quickly = Pace(a_chat=0.05, a_group=0.05)
        # Telegram's own pace would make most tests wait for nothing but that; test_pace.py keeps it.
        self.channel = TelegramChannel(reach, desk, self.updates, pace=pace or quickly, rate=rate, **quick)


async def until(holds: Callable[[], Any], seconds: float = 15) -> Any:
    for _ in range(int(seconds / 0.02)):
        if found := holds():
            return found
        await asyncio.sleep(0.02)
    raise AssertionError("It did not happen.")


async def finished(front: Set, updates: int) -> None:
    await until(lambda: front.updates.count(DONE) + front.updates.count(ASIDE) >= updates)


async def inbox_of(front: Set) -> Inbox:
    await until(lambda: front.channel.problem is None)
    inbox = front.channel._inbox
    assert inbox is not None
    return inbox


@contextlib.contextmanager
def unable_to_store(front: Set) -> Iterator[None]:
    """No update can be stored meanwhile."""

    def locked(*arguments: Any) -> bool:
        raise OperationalError("INSERT", {}, Exception("database is locked"))

    front.updates.keep = locked  # type: ignore[assignment,method-assign]
    try:
        yield
    finally:
        del front.updates.keep  # type: ignore[method-assign]
