"""While the database is locked or away, what must be stored is refused politely, and everything else goes on."""

from __future__ import annotations

import asyncio
import time
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


QUESTIONS = {"who handles visas?": "en", "qui s'occupe des visas ?": "fr"}


def test_a_server_that_starts_without_it_says_so_and_works_as_soon_as_it_comes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.chdir(ROOT)
    file = tmp_path / "bot.sqlite3"
    file.mkdir()  # SQLite cannot open what is a folder
    app = light_app(Settings(root=ROOT, database_url=f"sqlite:///{file}"))
    with TestClient(app, raise_server_exceptions=False) as client:
        health = client.get("/health")
        assert health.status_code == 503
        assert "conversations cannot be stored: the database cannot be reached" in health.json()["problem"]
        for question, language in QUESTIONS.items():
            (item,) = client.post(ADDRESS, json={"sender": language, "message": question}).json()
            assert (item["custom"]["kind"], item["custom"]["language"]) == ("fallback", language)
            assert item["custom"]["contacts"]
        for path in PAGES:
            assert client.get(path).status_code == (503 if path == "/health" else 200), path
        console = client.get("/console/inbox", headers={"accept-language": "en"}, cookies={"front_desk": "x"})
        assert console.status_code == 503 and "The database cannot be reached" in console.text
        assert "Traceback" not in caplog.text
        file.rmdir()
        until = time.monotonic() + 15
        while client.get("/health").status_code != 200:
            assert time.monotonic() < until
            time.sleep(0.1)
        (item,) = client.post(ADDRESS, json={"sender": "en", "message": "who handles visas?"}).json()
        assert item["custom"]["kind"] == "answer"
        assert client.get("/console/sign-in").status_code == 200
