"""Shows "typing…" beside an answer that takes its time."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from bot.channels.telegram.incoming import Incoming
from bot.channels.telegram.sender import Sender
from bot.tasks import end

SECONDS_UNTIL_TYPING = 0.3
SECONDS_BETWEEN_TYPING = 4.0


@asynccontextmanager
async def typing_beside(sender: Sender, what: Incoming) -> AsyncIterator[None]:
    """Shows the sign from a moment after the beginning, as long as what stands in it takes."""
    typing = asyncio.create_task(_type(sender, what))
    try:
        yield
    finally:
        await end(typing)


async def _type(sender: Sender, what: Incoming) -> None:
    await asyncio.sleep(SECONDS_UNTIL_TYPING)
    while True:
        await sender.typing(what.chat, what.thread)
        await asyncio.sleep(SECONDS_BETWEEN_TYPING)
