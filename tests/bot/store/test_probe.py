"""Whether anything can be stored is told in time, whoever else waits and however often it is asked."""

from __future__ import annotations

import asyncio
import threading
import time

from bot.store.probe import SILENT, Probe


async def test_it_answers_though_all_usual_threads_wait() -> None:
    free = threading.Event()
    others = [asyncio.create_task(asyncio.to_thread(free.wait, 20)) for _ in range(40)]
    await asyncio.sleep(0.1)
    try:
        assert await asyncio.wait_for(Probe(lambda: "locked", 10).problem(), 10) == "locked"
    finally:
        free.set()
        await asyncio.gather(*others)


async def test_a_database_that_is_silent_is_said_to_be_and_looked_at_once_for_all() -> None:
    free, looks = threading.Event(), []

    def look() -> str:
        looks.append(1)
        free.wait(20)
        return ""

    probe = Probe(look, 0.2)
    begun = time.monotonic()
    assert await asyncio.gather(*(probe.problem() for _ in range(5))) == [SILENT] * 5
    assert await probe.problem() == SILENT and len(looks) == 1
    assert time.monotonic() - begun < 5
    free.set()
    while await probe.problem():
        await asyncio.sleep(0.01)
