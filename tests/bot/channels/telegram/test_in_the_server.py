"""Telegram as a part of the whole application: it begins and ends with it, and its webhook works over a real socket."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import httpx
import pytest

from bot.app import create_app
from bot.channels.telegram.service import SECRET_HEADER
from bot.settings import Settings
from bot.store.updates import DONE, UpdateStore
from tests.bot.channels.telegram.bot_api import TOKEN, BotApi, message
from tests.bot.light import ROOT, light_app
from tests.bot.store.away import LockedFile
from tests.bot.widget.server import Running, free_port

SECRET = "a-secret_1"
WEBHOOK = {"telegram_webhook_url": "https://desk.example/telegram", "telegram_webhook_secret": SECRET}
Serve = Callable[..., tuple[Running, str, Any]]


@pytest.fixture
def serve(api: BotApi, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Serve]:
    monkeypatch.chdir(ROOT)
    started: list[Running] = []

    def go(**more: Any) -> tuple[Running, str, Any]:
        url = f"sqlite:///{tmp_path / 'bot.sqlite3'}"
        settings = Settings(
            root=ROOT, database_url=url, telegram_token=TOKEN, telegram_api_url=api.url, public_url="", **more
        )
        app, port = light_app(settings), free_port()
        started.append(Running(app, port))
        return started[-1], f"http://127.0.0.1:{port}", app.state.desk

    yield go
    for server in started:
        server.stop()


def updates_of(desk: Any) -> UpdateStore:
    return UpdateStore(desk.store._engine)


def test_it_begins_and_ends_with_the_server_and_goes_on_after_the_next_start(api: BotApi, serve: Serve) -> None:
    server, url, _ = serve()
    api.bring(message(1, "bonjour"))
    api.wait_for(lambda: api.texts(7))
    assert api.texts(7)[0].startswith("1 bonjour ")
    assert httpx.get(f"{url}/health").json().get("warning") is None
    server.stop()
    polls = len(api.of("getUpdates"))
    api.bring(message(2, "encore"))
    time.sleep(0.3)
    assert len(api.of("getUpdates")) == polls and len(api.texts()) == 1, "nobody asks any more"
    serve()
    api.wait_for(lambda: len(api.texts(7)) == 2)
    assert api.texts(7)[1].startswith("2 encore "), "the conversation goes on"


def test_a_webhook_over_a_real_socket_stores_answers_once_and_refuses_strangers(api: BotApi, serve: Serve) -> None:
    _, url, desk = serve(**WEBHOOK)
    api.wait_for(lambda: api.of("setWebhook"))
    api.wait_for(lambda: desk.telegram.problem is None)
    (call,) = api.of("setWebhook")
    assert call["secret_token"] == SECRET and not api.of("getUpdates")
    with httpx.Client(base_url=url, headers={SECRET_HEADER: SECRET}) as telegram:
        for number in (1, 2, 1, 2):
            assert telegram.post("/telegram", json=message(number, f"question {number}")).status_code == 200
        assert telegram.post("/telegram", content=iter([b'{"update', b'_id": "x"}'])).status_code == 400
        assert telegram.post("/telegram", content=b"x" * 300_000).status_code == 413
        assert telegram.post("/telegram", json=message(3), headers={SECRET_HEADER: "wrong"}).status_code == 403
        assert telegram.get("/telegram").status_code == 405
    assert httpx.post(f"{url}/telegram", json=message(4)).status_code == 403
    api.wait_for(lambda: updates_of(desk).count(DONE) == 2)
    assert [text.rpartition(" ")[0] for text in api.texts(7)] == ["1 question 1", "2 question 2"]


def test_many_updates_at_once_from_one_address_are_all_taken(api: BotApi, serve: Serve) -> None:
    from bot.limits import Rate

    _, url, desk = serve(**WEBHOOK, address_rate=Rate(0.01, 1))
    api.wait_for(lambda: desk.telegram.problem is None)
    with httpx.Client(base_url=url, headers={SECRET_HEADER: SECRET}) as telegram:
        codes = {telegram.post("/telegram", json=message(n, "visa", chat=n)).status_code for n in range(1, 31)}
    assert codes == {200}, "all of Telegram's users share its few addresses"
    api.wait_for(lambda: updates_of(desk).count(DONE) == 30)
    assert len(api.texts()) == 30


def test_without_a_token_there_is_no_telegram(root: Path, tmp_path: Path) -> None:
    app = create_app(Settings(root=root, database_url=f"sqlite:///{tmp_path / 'a.sqlite3'}"))
    assert app.state.desk.telegram is None
    assert all(getattr(route, "path", "") != "/telegram" for route in app.routes)


def test_health_answers_in_time_while_many_updates_wait_for_a_locked_database(
    api: BotApi, serve: Serve, tmp_path: Path
) -> None:
    _, url, desk = serve(**WEBHOOK)
    api.wait_for(lambda: desk.telegram.problem is None)
    lock = LockedFile(f"sqlite:///{tmp_path / 'bot.sqlite3'}")
    asyncio.run(lock.go())
    try:
        with ThreadPoolExecutor(30) as crowd:
            for number in range(30):
                crowd.submit(
                    httpx.post,
                    f"{url}/telegram",
                    json=message(number, chat=number + 1),
                    headers={SECRET_HEADER: SECRET},
                    timeout=60,
                )
            time.sleep(0.5)
            begun = time.monotonic()
            health = httpx.get(f"{url}/health", timeout=60)
            took = time.monotonic() - begun
    finally:
        asyncio.run(lock.come_back())
    assert health.status_code == 503 and "conversations cannot be stored" in health.json()["problem"]
    assert took < 4
