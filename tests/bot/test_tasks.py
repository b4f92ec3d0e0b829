"""A task that is to end ends, even where what it awaits takes the request for its own."""

from __future__ import annotations

import asyncio
import contextlib

from bot.tasks import end


async def test_a_task_that_loses_a_cancellation_is_asked_again() -> None:
    lost = 0

    async def deaf() -> None:
        nonlocal lost
        while True:
            with contextlib.suppress(asyncio.CancelledError):
                await asyncio.sleep(60)
            lost += 1
            if lost > 2:
                await asyncio.sleep(60)

    task = asyncio.create_task(deaf())
    await asyncio.sleep(0)
    await asyncio.wait_for(end(None, task), 5)
    assert task.cancelled() and lost == 3


async def test_what_a_task_raised_is_not_raised_again() -> None:
    async def failing() -> None:
        raise ArithmeticError

    task = asyncio.create_task(failing())
    await asyncio.wait({task})
    await end(task)


async def test_who_waits_for_the_end_can_be_cancelled() -> None:
    async def deaf() -> None:
        while not enough:
            with contextlib.suppress(asyncio.CancelledError):
                await asyncio.sleep(60)

    enough = False
    task = asyncio.create_task(deaf())
    await asyncio.sleep(0)
    ending = asyncio.create_task(end(task))
    await asyncio.sleep(0.1)
    ending.cancel()
    await asyncio.wait({ending}, timeout=5)
    assert ending.cancelled()
    enough = True
    await end(task)
