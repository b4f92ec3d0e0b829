"""A button whose answer is gone: the person is told so in their language, and staff are not asked to answer it."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from starlette.testclient import TestClient

from bot.dialogue.generator import payload_of
from bot.settings import Settings
from bot.store.conversations import Turn
from bot.store.inbox import Inbox
from bot.wording import STALE_BUTTON
from tests.bot.light import ROOT, light_app

ADDRESS = "/webhooks/rest/webhook"
STALE = payload_of("an.answer-that-is-gone")


@pytest.fixture
def client(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[TestClient]:
    monkeypatch.chdir(ROOT)
    app = light_app(Settings(root=ROOT, database_url=f"sqlite:///{tmp_path / 'bot.sqlite3'}"))
    with TestClient(app) as client:
        for language in ("en", "fr"):
            context = {"language": language, "hint": language, "pending": "ask.phone"}
            app.state.desk.store.record(Turn(language, "hello", []), context)
        yield client


def press(client: TestClient, sender: str, text: str = STALE, **more: Any) -> dict[str, Any]:
    response = client.post(ADDRESS, json={"sender": sender, "message": text, **more})
    assert response.status_code == 200
    (item,) = response.json()
    return dict(item)


@pytest.mark.parametrize(
    ("sender", "metadata", "expected"),
    [
        ("en", {}, "en"),
        ("fr", {}, "fr"),
        ("fr", {"language": "en"}, "en"),  # they have just switched the widget to it
        ("nobody", {"language": "en"}, "en"),
        ("nobody", {}, "fr"),
        ("fr", {"language": "xx"}, "fr"),
    ],
)
def test_it_is_said_in_the_conversation_s_language(
    client: TestClient, sender: str, metadata: dict[str, str], expected: str
) -> None:
    item = press(client, sender, metadata=metadata)
    assert (item["text"], item["custom"]["language"]) == (STALE_BUTTON[expected], expected)
    assert item["custom"]["kind"] == "fallback"


def test_the_conversation_goes_on_where_it_was(client: TestClient) -> None:
    store = client.app.state.desk.store  # type: ignore[attr-defined]
    before = store.context("en")
    press(client, "en")
    assert store.context("en") == before


def test_it_is_no_question_for_staff_and_its_payload_is_not_kept(client: TestClient) -> None:
    press(client, "fr", message_id="m")
    client.post("/feedback", json={"sender": "fr", "message_id": "m", "item": 0, "helpful": False})
    store = client.app.state.desk.store  # type: ignore[attr-defined]
    assert all(STALE not in turn.text for turn in store.turns("fr"))
    assert Inbox(store._engine).unanswered([], datetime.utcnow() - timedelta(days=1)) == []


def test_a_repeat_gets_the_first_reply(client: TestClient) -> None:
    assert press(client, "fr", message_id="m") == press(client, "fr", message_id="m")
    assert len(client.app.state.desk.store.turns("fr")) == 2  # type: ignore[attr-defined]


@pytest.mark.parametrize("text", ["choice:visa", f"{STALE} ?", f"What is {STALE}"])
def test_what_only_looks_like_a_button_is_a_question(client: TestClient, text: str) -> None:
    assert press(client, "fr", text)["custom"]["kind"] == "answer"
