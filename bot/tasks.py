"""Ending tasks for good."""

from __future__ import annotations

import asyncio
from typing import Any

ASK_AGAIN = 0.05
"""Seconds until a task that has not ended is asked again."""


async def end(*tasks: asyncio.Task[Any] | None) -> None:
    """Cancels tasks until each has ended; what they raise is theirs.

    Asking once is not enough: where what a task awaits is done at that very moment, the library between may take the
    cancellation for its own and drop it (HTTP clients do, and so does ``asyncio.wait_for`` of Python 3.10: bpo-37658),
    and a task that goes on for ever would go on.
    """
    left = {task for task in tasks if task is not None}
    ended = list(left)
    while left:
        for task in left:
            task.cancel()
        _, left = await asyncio.wait(left, timeout=ASK_AGAIN)
    await asyncio.gather(*ended, return_exceptions=True)
