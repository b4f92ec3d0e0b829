"""Who may knock, how often, and what is said when the house is full; nothing of Rasa's own doors is open."""

from __future__ import annotations

import asyncio
import time
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
from sqlalchemy import func, select

from bot.channels.telegram.service import SECRET_HEADER
from bot.limits import Rate
from bot.settings import Settings
from bot.store.conversations import Turn
from bot.store.database import CONVERSATIONS, TURNS
from tests.bot.channels.telegram.bot_api import TOKEN
from tests.bot.light import light_app

ADDRESS = "/webhooks/rest/webhook"


def app_of(root: Path, folder: Path, **more: Any) -> Any:
    return light_app(Settings(root=root, database_url=f"sqlite:///{folder / 'bot.sqlite3'}", **more))


def client_of(app: Any) -> httpx.AsyncClient:
    return httpx.AsyncClient(base_url="http://desk", transport=httpx.ASGITransport(app), timeout=60)


@pytest.fixture(autouse=True)
def at_home(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(root)


RASA = [
    *(f"/webhooks/{name}/webhook" for name in ("telegram", "callback", "facebook", "slack")),
    *(f"/conversations/a/{name}" for name in ("messages", "tracker", "trigger_intent", "execute")),
    *("/model", "/model/parse", "/model/train", "/domain"),
]


@pytest.mark.parametrize("path", RASA)
async def test_none_of_rasa_s_own_addresses_is_served(root: Path, tmp_path: Path, path: str) -> None:
    async with client_of(app_of(root, tmp_path)) as client:
        for method in ("GET", "POST", "PUT"):
            assert (await client.request(method, path, json={})).status_code in (404, 405)


async def test_telegram_s_few_servers_are_not_held_back_as_one_address(root: Path, tmp_path: Path) -> None:
    more = {"telegram_token": TOKEN, "telegram_webhook_url": "https://desk.example/telegram"}
    app = app_of(root, tmp_path, address_rate=Rate(0.01, 2), telegram_webhook_secret="s", **more)
    async with client_of(app) as client:
        answers = [await client.post("/telegram", json={}, headers={SECRET_HEADER: "s"}) for _ in range(6)]
        assert {answer.json()["error"]["code"] for answer in answers} == {"not_ready"}
        body = {"sender": "a", "message": "x"}
        assert [(await client.post(ADDRESS, json=body)).status_code for _ in range(3)] == [200, 200, 429]


async def test_overload_is_said_at_once_in_words_and_the_others_are_answered(root: Path, tmp_path: Path) -> None:
    app = app_of(root, tmp_path, most_at_once=40)
    said: list[tuple[float, httpx.Response]] = []

    async def one(client: httpx.AsyncClient, number: int) -> None:
        began = time.monotonic()
        body = {"sender": f"person-{number}", "message": "bonjour", "metadata": {"language": "en"}}
        response = await client.post(ADDRESS, json=body)
        said.append((time.monotonic() - began, response))

    async with client_of(app) as client:
        await asyncio.gather(*(one(client, number) for number in range(200)))
    refused = [(seconds, response) for seconds, response in said if response.status_code == 503]
    assert refused and len(refused) + sum(response.status_code == 200 for _, response in said) == 200
    assert all(int(response.headers["retry-after"]) >= 1 for _, response in refused)
    assert refused[0][1].json()["error"]["message"].startswith("Many people are writing")
    print(f"the last of {len(refused)} was told after {max(seconds for seconds, _ in refused):.2f} s")
    assert max(seconds for seconds, _ in refused) <= 1
    assert not app.state.desk.conversations._lines


async def test_conversations_are_gone_after_their_days_when_a_server_starts(root: Path, tmp_path: Path) -> None:
    app = app_of(root, tmp_path, retention_days=30)
    store = app.state.desk.store
    for sender, days in (("old", 31), ("young", 29)):
        moment = datetime.utcnow() - timedelta(days=days)
        store.record(Turn(sender, "secret", [], "m"), {"language": "fr"}, moment)
    engine = store._engine

    def left() -> list[int]:
        with engine.connect() as connection:
            tables = (TURNS, CONVERSATIONS)
            counts = [select(func.count()).select_from(t).where(t.c.sender == "old") for t in tables]
            return [int(connection.execute(query).scalar_one()) for query in counts]

    assert left() == [1, 1]
    async with app.router.lifespan_context(app):
        for _ in range(600):
            if left() == [0, 0]:
                break
            await asyncio.sleep(0.05)
    assert left() == [0, 0]
    assert [turn.text for turn in store.turns("young")] == ["secret"]
