"""Whatever is refused is refused in the conversation's language, where one is known."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy.exc import OperationalError
from starlette.testclient import TestClient

from bot.conversations import language_to_apologise_in
from bot.limits import Rate
from bot.settings import Settings
from bot.store.conversations import Turn
from bot.wording import FOR_PROGRAMS, REFUSALS
from tests.bot.light import ROOT, light_app

ADDRESS = "/webhooks/rest/webhook"
TOO_LONG: dict[str, Any] = {"message": "a" * 1001}
WRONG: dict[str, Any] = {"message": None}
WRONG_IN_ENGLISH = "The field 'message' must be a text."


@pytest.fixture
def client(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[TestClient]:
    monkeypatch.chdir(ROOT)
    url = f"sqlite:///{tmp_path / 'bot.sqlite3'}"
    app = light_app(Settings(root=ROOT, database_url=url, sender_rate=Rate(0.01, 2)))
    with TestClient(app) as client:
        for language in ("en", "fr"):
            app.state.desk.store.record(Turn(language, "hello", []), {"language": language})
        yield client


def refused(client: TestClient, path: str, body: dict[str, Any], accepted: str = "") -> str:
    response = client.post(path, json=body, headers={"accept-language": accepted})
    assert 400 <= response.status_code < 500
    return str(response.json()["error"]["message"])


@pytest.mark.parametrize(
    ("sender", "accepted", "metadata", "expected"),
    [
        ("en", "fr", {}, "en"),
        ("fr", "en", {}, "fr"),
        ("en", "", {"language": "fr"}, "fr"),
        ("en", "", {"language": 5}, "en"),
        ("nobody", "en", {}, "en"),
        ("telegram:7", "en", {}, "en"),
        ("nobody", "", {}, "fr"),
    ],
)
def test_a_message_that_is_too_long(
    client: TestClient, sender: str, accepted: str, metadata: dict[str, Any], expected: str
) -> None:
    said = refused(client, ADDRESS, {**TOO_LONG, "sender": sender, "metadata": metadata}, accepted)
    if sender.startswith("telegram:"):
        assert said.startswith("The field 'sender'")
    else:
        assert said == REFUSALS["message_too_long"][expected].replace("{limit}", "1000")


@pytest.mark.parametrize(
    ("text", "sender", "accepted", "expected"),
    [
        ("the visa question ", "nobody", "", "en"),
        ("la question du visa ", "nobody", "", "fr"),
        ("the visa question ", "fr", "fr", "en"),
        ("la question du visa ", "en", "en", "fr"),
        ("visa ", "en", "", "en"),
        ("passport application status ", "en", "", "en"),
    ],
)
def test_what_is_too_long_is_refused_in_the_language_it_is_written_in(
    client: TestClient, text: str, sender: str, accepted: str, expected: str
) -> None:
    said = refused(client, ADDRESS, {"sender": sender, "message": text * 250}, accepted)
    assert said == REFUSALS["message_too_long"][expected].replace("{limit}", "1000")


def test_of_a_text_that_is_far_too_long_only_the_beginning_is_looked_at() -> None:
    text = "where is the press office? " * 40
    began = time.monotonic()
    assert language_to_apologise_in(text + "où est le bureau de presse ? " * 100_000) == "en"
    assert time.monotonic() - began < 1


def test_bad_input_and_english_where_nobody_said_french(client: TestClient) -> None:
    assert refused(client, ADDRESS, {**WRONG, "sender": "fr"}) == FOR_PROGRAMS["message_missing"]
    assert refused(client, ADDRESS, {**WRONG, "sender": "en"}, "fr") == WRONG_IN_ENGLISH
    assert refused(client, ADDRESS, {**WRONG, "sender": "nobody"}) == WRONG_IN_ENGLISH
    assert refused(client, ADDRESS, {**WRONG, "sender": "nobody"}, "fr-ML") == FOR_PROGRAMS["message_missing"]


@pytest.mark.parametrize("body", [{"message_id": "never", "helpful": True}, {"message_id": 5}])
def test_thumbs_and_what_is_missing_in_them(client: TestClient, body: dict[str, Any]) -> None:
    assert refused(client, "/feedback", {**body, "sender": "fr"}) in FOR_PROGRAMS.values()
    assert refused(client, "/feedback", {**body, "sender": "en"}, "fr").startswith("The")


def test_who_writes_too_fast(client: TestClient) -> None:
    with client.app.state.desk.conversations._place("fast"):  # a message of theirs is being answered meanwhile
        for _ in range(2):
            client.post(ADDRESS, json={"sender": "fast", "message": "bonjour"})  # the light dialogue answers in French
        said = refused(client, ADDRESS, {"sender": "fast", "message": "x"}, "en")
        asked = refused(client, ADDRESS, {"sender": "fast", "message": "where is the press office? 7"})
    assert said == REFUSALS["too_many_messages"]["fr"]
    assert asked == REFUSALS["too_many_messages"]["en"]


def test_an_erased_conversation_has_no_language(client: TestClient) -> None:
    client.post(ADDRESS, json={"sender": "person", "message": "bonjour"})
    client.post("/conversations/forget", json={"sender": "person"})
    assert refused(client, ADDRESS, {**WRONG, "sender": "person"}) == WRONG_IN_ENGLISH


def test_a_database_that_is_slow_or_away_delays_no_refusal(client: TestClient, monkeypatch: pytest.MonkeyPatch) -> None:
    store = client.app.state.desk.store
    monkeypatch.setattr(store, "context", lambda name: time.sleep(1))
    began = time.monotonic()
    assert refused(client, ADDRESS, {**WRONG, "sender": "fr"}) == WRONG_IN_ENGLISH
    assert time.monotonic() - began < 0.9

    def away(name: str) -> None:
        raise OperationalError("SELECT", {}, Exception("away"))

    monkeypatch.setattr(store, "context", away)
    assert refused(client, ADDRESS, {**WRONG, "sender": "fr"}) == WRONG_IN_ENGLISH


def test_what_is_remembered_of_languages_is_bounded(client: TestClient, monkeypatch: pytest.MonkeyPatch) -> None:
    conversations = client.app.state.desk.conversations
    monkeypatch.setattr(conversations._languages, "_most", 3)
    for number in range(5):
        client.app.state.desk.store.record(Turn(f"p{number}", "x", []), {"language": "en"})
        assert asyncio.run(conversations.language_of(f"p{number}")) == "en"
    assert list(conversations._languages) == ["p2", "p3", "p4"]
