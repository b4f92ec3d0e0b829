"""A database that is away for ten seconds, full or read-only: nobody meets silence, and everybody can see it."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest
from sqlalchemy import event

from bot.knowledge.model import Knowledge
from bot.settings import Settings
from tests.bot.light import ROOT, light_app
from tests.bot.store.away import Absence, CutLine, absence_of
from tests.bot.widget.server import Running, free_port

ADDRESS = "/webhooks/rest/webhook"
SECONDS_AWAY = 10
PATIENT = 60
CONTACT = "+223 2070 2424"


@pytest.fixture
async def absence(database_url: str) -> Absence:
    found = absence_of(database_url, free_port)
    if isinstance(found, CutLine):
        await found.come_back()
    return found


@pytest.fixture
async def server(absence: Absence, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[tuple[Any, httpx.AsyncClient]]:
    """The application, and a client of it over a real socket."""
    monkeypatch.chdir(ROOT)
    app = await asyncio.to_thread(light_app, Settings(root=ROOT, database_url=absence.url))
    port = free_port()
    running = await asyncio.to_thread(Running, app, port)
    async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}", timeout=PATIENT) as client:
        yield app, client
    await asyncio.to_thread(running.stop)


async def say(client: httpx.AsyncClient, sender: str, message_id: str = "m-1") -> dict[str, Any]:
    body = {"sender": sender, "message": "bonjour", "message_id": message_id}
    response = await client.post(ADDRESS, json=body)
    assert response.status_code == 200, response.text
    (item,) = response.json()
    return dict(item)


def is_apology(item: dict[str, Any]) -> bool:
    return item["custom"]["kind"] == "fallback" and CONTACT in item["text"]


async def healthy(client: httpx.AsyncClient) -> None:
    for _ in range(PATIENT * 5):
        if (await client.get("/health")).status_code == 200:
            return
        await asyncio.sleep(0.2)
    raise AssertionError("it did not get well again")


async def test_a_database_away_for_ten_seconds_silences_nobody_stops_nothing_and_is_seen(
    server: tuple[Any, httpx.AsyncClient], absence: Absence, knowledge: Knowledge
) -> None:
    app, client = server
    store, loop = app.state.desk.store, asyncio.get_running_loop()
    assert not is_apology(await say(client, "before"))
    await absence.go()
    end = loop.time() + SECONDS_AWAY
    saying: list[asyncio.Task[dict[str, Any]]] = []
    seen, slowest = [], 0.0
    while loop.time() < end:
        saying.append(asyncio.create_task(say(client, f"person-{len(saying)}")))
        if len(saying) % 10 == 1:
            began = loop.time()
            assert (await client.get("/faq")).status_code == 200
            slowest = max(slowest, loop.time() - began)
            seen.append((await client.get("/health")).json().get("problem"))
        await asyncio.sleep(0.1)
    await absence.come_back()
    items = await asyncio.gather(*saying)
    # What waits for the database waits beside the loop, which serves everybody else meanwhile.
    assert slowest < 5
    assert any(problem and problem.startswith("conversations cannot be stored: the database ") for problem in seen)
    assert is_apology(items[0])
    assert all(is_apology(item) or item["custom"]["kind"] == "answer" for item in items)
    assert all(name["fr"] in items[0]["text"] for name in (section.name for section in knowledge.sections.values()))
    await healthy(client)
    # Who asks again gets an answer, and each message is stored once.
    again = [await say(client, f"person-{number}") for number in range(len(items))]
    assert not any(map(is_apology, again))
    for number, (item, later) in enumerate(zip(items, again)):
        assert is_apology(item) or item["text"] == later["text"]
        assert len(await asyncio.to_thread(store.turns, f"person-{number}")) == 1
    assert len(await asyncio.to_thread(store.turns, "before")) == 1


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
@pytest.mark.parametrize("pragma", ["max_page_count = 1", "query_only = ON"], ids=["full", "read-only"])
async def test_a_disk_that_is_full_or_may_not_be_written_silences_nobody_and_is_seen(
    server: tuple[Any, httpx.AsyncClient], pragma: str
) -> None:
    app, client = server
    engine = app.state.desk.store._engine

    def spoil(connection: sqlite3.Connection, *more: object) -> None:
        connection.execute(f"PRAGMA {pragma}")

    event.listen(engine, "connect", spoil)
    await asyncio.to_thread(engine.dispose)
    # A page of the file may have room for a few more.
    items = [await say(client, "a" * 150, f"{number:090d}") for number in range(30)]
    assert is_apology(items[-1])
    health = (await client.get("/health")).json()
    assert "could not be stored" in health.get("warning", "") or "cannot be stored" in health.get("problem", "")
    event.remove(engine, "connect", spoil)
    await asyncio.to_thread(engine.dispose)
    assert not is_apology(await say(client, "a" * 150, f"{29:090d}"))
    await healthy(client)
    assert "stored" not in (await client.get("/health")).json().get("warning", "")
