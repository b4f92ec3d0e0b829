"""Ever more people, then many for a while, over a real socket: nothing is lost, nothing fails, memory does not grow."""

from __future__ import annotations

import asyncio
import gc
from collections import Counter
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from bot.settings import Settings
from tests.bot.light import ROOT, light_app
from tests.bot.test_load import resident
from tests.bot.widget.server import Running, free_port

ADDRESS = "/webhooks/rest/webhook"
STEPS = {10: 20, 20: 40, 40: 80}
"""Messages a second, and how many of them."""
SOAK, SOAK_A_SECOND, PEOPLE = 360, 30, 40

pytestmark = pytest.mark.alone


class Crowd:
    """People who write without waiting for each other, and what they hear."""

    def __init__(self, client: httpx.AsyncClient) -> None:
        self._client = client
        self.said: Counter[str] = Counter()
        self.seconds: list[float] = []

    async def write(self, messages: int, a_second: float) -> None:
        loop, first = asyncio.get_running_loop(), self.said.total()
        began, tasks = loop.time(), []
        for number in range(first, first + messages):
            await asyncio.sleep(max(0.0, began + (number - first) / a_second - loop.time()))
            tasks.append(asyncio.create_task(self._one(f"person-{number % PEOPLE}", f"question {number}")))
            self.said[f"person-{number % PEOPLE}"] += 1
        await asyncio.gather(*tasks)

    async def _one(self, sender: str, text: str) -> None:
        loop = asyncio.get_running_loop()
        began = loop.time()
        response = await self._client.post(ADDRESS, json={"sender": sender, "message": text, "message_id": text})
        self.seconds.append(loop.time() - began)
        assert response.status_code == 200, response.text
        (item,) = response.json()
        assert item["recipient_id"] == sender and f" {text} " in item["text"], "somebody else's reply"

    def slowest_of_most(self) -> float:
        """What 95 in a hundred waited at most, since this was asked last."""
        seconds, self.seconds = sorted(self.seconds), []
        return seconds[int(0.95 * len(seconds))]


@pytest.fixture
async def server(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[tuple[Any, httpx.AsyncClient]]:
    monkeypatch.chdir(ROOT)
    app = await asyncio.to_thread(light_app, Settings(root=ROOT, database_url=f"sqlite:///{tmp_path / 'a.sqlite3'}"))
    port = free_port()
    running = await asyncio.to_thread(Running, app, port)
    limits = httpx.Limits(max_connections=200)
    async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}", timeout=30, limits=limits) as client:
        yield app.state.desk, client
    await asyncio.to_thread(running.stop)


async def test_in_steps_and_then_for_a_while(server: tuple[Any, httpx.AsyncClient]) -> None:
    desk, client = server
    crowd = Crowd(client)
    for a_second, messages in STEPS.items():
        await crowd.write(messages, a_second)
        waited = crowd.slowest_of_most()
        print(f"{a_second} a second: 95 % within {waited:.3f} s")
        assert waited <= 1
    sizes = []
    for _ in range(4):
        await crowd.write(SOAK // 4, SOAK_A_SECOND)
        gc.collect()
        sizes.append(resident())
    print(f"{SOAK_A_SECOND} a second: 95 % within {crowd.slowest_of_most():.3f} s; MiB {[s >> 20 for s in sizes]}")
    for sender, messages in crowd.said.items():
        turns = desk.store.turns(sender, 1000)
        assert len(turns) == len({turn.text for turn in turns}) == messages
    assert desk.conversations.failures == 0 and not desk.conversations._lines
    assert not desk.conversations.storage_failed
    # Test and server share the process; what both keep of a message is a few kilobytes.
    assert sizes[-1] - sizes[0] < 8 * 2**20
    health = (await client.get("/health")).json()
    assert health["status"] == "ok" and "warning" not in health
