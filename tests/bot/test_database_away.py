"""While the database is locked or away, what must be stored is refused politely, and everything else goes on."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy.exc import OperationalError
from starlette.testclient import TestClient

from bot.settings import Settings
from tests.bot.light import ROOT, light_app
from tests.bot.store.away import LockedFile

ADDRESS = "/webhooks/rest/webhook"
THUMB = {"sender": "person", "message_id": "m-1", "item": 0, "helpful": True}
TO_STORE = {"/feedback": THUMB, "/conversations/forget": {"sender": "person"}}
PAGES = ("/", "/faq", "/faq/fr", "/widget.js", "/start.js", "/metrics", "/health", "/webhooks/rest")


@pytest.fixture
def url(tmp_path: Path) -> str:
    return f"sqlite:///{tmp_path / 'bot.sqlite3'}"


@pytest.fixture
def client(url: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[TestClient]:
    monkeypatch.chdir(ROOT)
    with TestClient(light_app(Settings(root=ROOT, database_url=url)), raise_server_exceptions=False) as client:
        body = {"sender": "person", "message": "bonjour", "message_id": "m-1"}
        assert client.post(ADDRESS, json=body).status_code == 200
        yield client


@pytest.mark.parametrize("path", TO_STORE)
def test_while_it_is_locked_a_person_is_asked_to_come_back_and_can(client: TestClient, url: str, path: str) -> None:
    lock = LockedFile(url)
    asyncio.run(lock.go())
    refused = client.post(path, json=TO_STORE[path], headers={"accept-language": "en"})
    assert (refused.status_code, refused.json()["error"]["code"]) == (503, "storage_failed")
    assert refused.json()["error"]["message"] == "Nothing can be saved just now. Please try again in a moment."
    assert int(refused.headers["retry-after"]) >= 1
    assert refused.headers["x-content-type-options"] == "nosniff"
    asyncio.run(lock.come_back())
    assert client.post(path, json=TO_STORE[path]).status_code == 204


def test_while_it_is_away_no_public_address_fails(client: TestClient, monkeypatch: pytest.MonkeyPatch) -> None:
    def away(*arguments: Any, **named: Any) -> None:
        raise OperationalError("SELECT secret", {}, Exception("away"))

    for database in {client.app.state.desk.store._engine, client.app.state.desk.feedback._engine}:
        monkeypatch.setattr(database, "begin", away)
        monkeypatch.setattr(database, "connect", away)
    for path, body in {**TO_STORE, "/conversations": {}, ADDRESS: {"sender": "x", "message": "visa"}}.items():
        response = client.post(path, json=body)
        assert response.status_code == (503 if path in TO_STORE else 201 if path == "/conversations" else 200), path
        assert "secret" not in response.text
    for path in PAGES:
        assert client.get(path).status_code == (503 if path == "/health" else 200), path
