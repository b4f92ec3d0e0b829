"""When the next message may go to Telegram."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable

SECONDS_A_MESSAGE = 1 / 27
"""Less than 30 a second: what the way to Telegram holds up for a moment comes on top of what follows."""
SECONDS_A_CHAT = 1.0
SECONDS_A_GROUP = 3.0
MOST_CHATS = 10_000


class Pace:
    """30 messages a second in all, 1 a second in a chat, 20 a minute in a group: the limits of Telegram's "Bots FAQ".

    Whatever goes out takes its turn: a message, its repetition after a failure, an edit.
    """

    def __init__(
        self,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], Awaitable[object]] = asyncio.sleep,
        *,
        a_chat: float = SECONDS_A_CHAT,
        a_group: float = SECONDS_A_GROUP,
    ) -> None:
        """``a_chat`` and ``a_group`` are the seconds between two things in one."""
        self._clock, self._sleep = clock, sleep
        self._a_chat, self._a_group = a_chat, a_group
        self._next = 0.0
        self._chats: dict[int, float] = {}
        self._line = asyncio.Lock()

    async def turn(self, chat: int, group: bool) -> None:
        """Returns when something may be sent to a chat."""
        # First the chat's own turn, then one among all: a place taken in advance by a chat that is held would let the
        # others pass now and come on top of them later.
        while True:
            while (pause := self._chats.get(chat, 0.0) - self._clock()) > 0:
                await self._sleep(pause)
            async with self._line:
                while (pause := self._next - self._clock()) > 0:
                    await self._sleep(pause)
                now = self._clock()
                if self._chats.get(chat, 0.0) > now:
                    continue  # meanwhile it was held, or had another turn
                # Counted from now, not from what was planned: else a busy machine sends all that is overdue at once.
                self._next = now + SECONDS_A_MESSAGE
                self._chats[chat] = now + (self._a_group if group else self._a_chat)
                if len(self._chats) > MOST_CHATS:
                    self._chats = {chat: free for chat, free in self._chats.items() if free > now}
                return

    def hold(self, chat: int, seconds: float) -> None:
        """Nothing goes to a chat for so long."""
        self._chats[chat] = max(self._chats.get(chat, 0.0), self._clock() + seconds)
