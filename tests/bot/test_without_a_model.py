"""A server that has no model, a broken one, or one that is still being loaded: never silence."""

from __future__ import annotations

import asyncio
import json
import os
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from starlette.testclient import TestClient

import bot.app
from bot.app import create_app
from bot.engine import InProcessEngine
from bot.knowledge.model import Knowledge
from bot.settings import Settings
from tests.bot.light import LightAgent, domain
from tests.bot.widget.server import free_port

ADDRESS = "/webhooks/rest/webhook"
BODY = {"sender": "a", "message": "Who handles visas?", "message_id": "m-1", "metadata": {"language": "en"}}


@pytest.fixture
def house(root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The project's folder without a model."""
    monkeypatch.chdir(root)
    for name in ("config.yml", "domain.yml", "thresholds.json", "knowledge"):
        (tmp_path / name).symlink_to(root / name)
    return tmp_path


@pytest.fixture
def client(house: Path) -> Iterator[TestClient]:
    app = create_app(Settings(root=house, database_url=f"sqlite:///{house / 'bot.sqlite3'}"))
    with TestClient(app, raise_server_exceptions=False) as client:
        yield client


def until(holds: Callable[[], Any], seconds: float = 60) -> Any:
    end = time.monotonic() + seconds
    while not (found := holds()):
        assert time.monotonic() < end, "It did not happen."
        time.sleep(0.05)
    return found


def apology(client: TestClient) -> dict[str, Any]:
    """The reply to a message once the server knows that no model is coming."""
    until(lambda: not client.app.state.desk._model_is_coming())
    response = client.post(ADDRESS, json=BODY)
    assert response.status_code == 200
    (item,) = response.json()
    return dict(item)


def test_a_person_hears_the_sections_with_their_contacts(client: TestClient, knowledge: Knowledge) -> None:
    item = apology(client)
    assert (item["custom"]["kind"], item["custom"]["language"]) == ("fallback", "en")
    for section in knowledge.sections.values():
        assert section.name["en"] in item["text"]
    assert "+223 2070 2424" in item["text"]


def test_it_is_seen_in_health_and_counted(client: TestClient) -> None:
    apology(client)
    health = client.get("/health")
    assert (health.status_code, health.json()["problem"]) == (503, "no model is loaded")
    assert "embassy_bot_failures 1.0" in client.get("/metrics").text


def test_the_pages_and_the_list_of_all_answers_are_there(client: TestClient) -> None:
    for page in ("/", "/faq", "/faq/fr", "/widget.js"):
        assert client.get(page).status_code == 200


def test_the_same_message_is_answered_when_a_model_is_there(client: TestClient) -> None:
    apology(client)
    engine: InProcessEngine = client.app.state.desk.engine
    engine._tracker_store.domain = domain()
    engine._agent = LightAgent(engine._tracker_store)
    (item,) = client.post(ADDRESS, json=BODY).json()
    assert item["custom"]["kind"] == "answer"
    assert [turn.message_id for turn in client.app.state.desk.store.turns("a")] == ["m-1"]


def test_a_model_that_cannot_be_loaded_is_no_reason_for_silence(house: Path) -> None:
    (house / "models").mkdir()
    (house / "models" / "broken.tar.gz").write_bytes(b"no model")
    current = {"file": "broken.tar.gz", "sha256": "0", "knowledge": "", "inputs": ""}
    (house / "models" / "current.json").write_text(json.dumps(current))
    app = create_app(Settings(root=house, database_url=f"sqlite:///{house / 'bot.sqlite3'}"))
    with TestClient(app, raise_server_exceptions=False) as client:
        until(lambda: client.app.state.desk.problem)
        assert apology(client)["custom"]["kind"] == "fallback"
        assert "cannot be loaded" in client.get("/health").json()["warning"]


def test_while_one_is_being_loaded_people_are_asked_to_come_again(client: TestClient) -> None:
    client.app.state.desk.conversations._model_is_coming = lambda: True
    response = client.post(ADDRESS, json=BODY)
    assert (response.status_code, response.headers["retry-after"]) == (503, "10")
    assert response.json()["error"]["message"] == "The service is starting. Please try again in a moment."


async def test_a_load_that_never_ends_is_not_waited_for(house: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async def never(*arguments: Any) -> None:
        await asyncio.sleep(3600)

    desk = bot.app.FrontDesk(Settings(root=house, database_url="sqlite://"))
    monkeypatch.setattr(desk.releases, "edition", lambda: object())
    monkeypatch.setattr(desk.engine, "load", never)
    watching = asyncio.create_task(desk.watch())
    await asyncio.sleep(0.2)
    assert desk._model_is_coming()
    monkeypatch.setattr(bot.app, "SECONDS_TO_LOAD", 0.1)
    await asyncio.sleep(0.2)
    assert not desk._model_is_coming()
    watching.cancel()


def test_a_request_that_hangs_does_not_hold_up_a_stop(house: Path) -> None:
    port = free_port()
    environment = {**os.environ, "DATABASE_URL": f"sqlite:///{house / 'bot.sqlite3'}", "PYTHONPATH": os.getcwd()}
    command = [sys.executable, "-m", "bot.cli", "serve", "--port", str(port)]
    server = subprocess.Popen(command, cwd=house, env=environment)
    try:
        line = until(lambda: _reached(port))
        line.sendall(f"POST {ADDRESS} HTTP/1.1\r\nHost: x\r\nContent-Length: 200\r\n\r\n{{".encode())
        time.sleep(1)
        began = time.monotonic()
        server.terminate()
        server.wait(40)
        assert time.monotonic() - began < 20
        line.close()
    finally:
        server.kill()


def _reached(port: int) -> socket.socket | None:
    try:
        return socket.create_connection(("127.0.0.1", port), timeout=5)
    except OSError:
        return None
