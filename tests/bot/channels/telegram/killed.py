"""A Telegram channel in a process of its own that can be killed at a named point.

Usage: python -m tests.bot.channels.telegram.killed DATABASE API_URL [POINT]
"""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from pathlib import Path
from typing import Any

from bot.channels.telegram.sender import Sender
from bot.store.updates import UpdateStore
from tests.bot.channels.telegram.desks import Repeating, Set

POINTS = {
    "stored": (UpdateStore, "keep"),
    "answered": (Repeating, "reply"),
    "sent": (Sender, "send"),
    "marked": (UpdateStore, "sent"),
    "done": (UpdateStore, "done"),
}


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


async def main() -> None:
    front = Set(Path(sys.argv[1]), sys.argv[2])
    front.channel.start()
    await asyncio.sleep(60)


if __name__ == "__main__":
    if len(sys.argv) > 3:
        die_after(*POINTS[sys.argv[3]])
    asyncio.run(main())
