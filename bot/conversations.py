"""What every channel calls: a message in, its replies out, in order within a conversation, once for each message."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from sqlalchemy.exc import SQLAlchemyError

from bot.dialogue.generator import Reply
from bot.engine import Engine
from bot.limits import Limiter, Rate, retry_after
from bot.messages import Message, RefusedError
from bot.store.conversations import ConversationStore

logger = logging.getLogger(__name__)

TOO_FAST = "Too many messages at once. Please wait for the replies."


class BusyError(RefusedError):
    """Too many messages are waiting; ``retry_after`` is in seconds."""

    def __init__(self, code: str, message: str, status: int, retry_after: int) -> None:
        super().__init__(code, message, status)
        self.retry_after = retry_after


@dataclass
class _Line:
    """The people waiting in one conversation."""

    lock: asyncio.Lock = field(default_factory=asyncio.Lock)
    waiting: int = 0


class Conversations:
    """Answers messages: those of one conversation one after the other, those of different ones side by side."""

    def __init__(
        self,
        engine: Engine,
        store: ConversationStore,
        *,
        most_waiting: int,
        most_at_once: int,
        limiter: Limiter | None = None,
        rate: Rate | None = None,
    ) -> None:
        """``rate`` is how fast one conversation may go on, as counted by ``limiter``."""
        self._limiter, self._rate = limiter, rate
        self._engine = engine
        self._store = store
        self._most_waiting = most_waiting
        self._most_at_once = most_at_once
        self._lines: dict[str, _Line] = {}
        self._total = 0
        self.failures = 0

    @property
    def published(self) -> frozenset[str]:
        """The post's own contacts, which stay as they are in what people type."""
        return self._engine.published

    def is_choice(self, payload: str) -> bool:
        """Whether a button's payload still chooses something."""
        return self._engine.choice(payload) is not None

    async def handle(self, message: Message) -> list[Reply]:
        """The replies to a message; a message whose id was answered before gets the same replies again.

        Raises:
            BusyError: Too many messages are waiting.
            EngineNotReadyError: No model is loaded.
        """
        if self._limiter is not None and self._rate is not None:
            seconds = await self._limiter.wait(f"sender {message.sender}", self._rate)
            if seconds:
                raise BusyError("too_many_messages", TOO_FAST, 429, retry_after(seconds))
        async with self._turn(message.sender):
            try:
                replies = await self._replies(message)
            except SQLAlchemyError:
                self.failures += 1
                logger.exception("The database failed; the person is told so.")
                replies = []
        if not replies:
            self.failures += 1
            logger.error("A message got no reply, so it gets an apology with the sections' contacts.")
            replies = [self._engine.apology(str(message.metadata.get("language") or ""))]
        return replies

    async def _replies(self, message: Message) -> list[Reply]:
        if message.id is not None:
            stored = await asyncio.to_thread(self._store.replies_to, message.sender, message.id)
            if stored is not None:
                return [Reply.from_dict(raw) for raw in stored]
        return await self._engine.reply(message)

    async def forget(self, sender: str) -> None:
        """Erases a conversation."""
        async with self._turn(sender):
            await asyncio.to_thread(self._store.forget, sender)

    @asynccontextmanager
    async def _turn(self, sender: str) -> AsyncIterator[None]:
        line = self._lines.setdefault(sender, _Line())
        if line.waiting >= self._most_waiting:
            raise BusyError("too_many_messages", TOO_FAST, 429, 2)
        if self._total >= self._most_at_once:
            raise BusyError("overloaded", "Many people are writing just now. Please try again in a moment.", 503, 3)
        line.waiting += 1
        self._total += 1
        try:
            async with line.lock:
                yield
        finally:
            line.waiting -= 1
            self._total -= 1
            if line.waiting == 0 and self._lines.get(sender) is line:
                del self._lines[sender]
