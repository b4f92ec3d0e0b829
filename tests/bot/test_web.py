"""What the widget needs of the server, through the real application and a real model."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from bot.app import create_app
from bot.limits import Rate
from bot.settings import Settings

SITE = "https://ml.example.org"


def started(settings: Settings) -> Iterator[TestClient]:
    with TestClient(create_app(settings), raise_server_exceptions=False) as client:
        until = time.monotonic() + 90
        while client.get("/health").status_code != 200:
            assert time.monotonic() < until, client.get("/health").text
            time.sleep(0.2)
        yield client


@pytest.fixture(scope="module")
def client(trained: Path, root: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[TestClient]:
    database = f"sqlite:///{tmp_path_factory.mktemp('web') / 'bot.sqlite3'}"
    yield from started(Settings(root=root, database_url=database, allowed_origins=(SITE,)))


def say(client: TestClient, sender: str, text: str, message_id: str, **headers: str):
    body = {"sender": sender, "message": text, "metadata": {"message_id": message_id}}
    return client.post("/webhooks/rest/webhook", json=body, headers=headers)


def begin(client: TestClient) -> str:
    return client.post("/conversations").json()["sender"]


def test_every_conversation_gets_an_id_that_cannot_be_guessed(client: TestClient) -> None:
    ids = {begin(client) for _ in range(50)}
    assert len(ids) == 50
    assert all(identifier.startswith("w_") and len(identifier) >= 34 for identifier in ids)


def test_a_repeated_message_gets_the_first_reply_and_is_stored_once(client: TestClient) -> None:
    sender = begin(client)
    first, again = say(client, sender, "Qui gère les visas ?", "m1"), say(client, sender, "Qui gère les visas ?", "m1")
    assert first.json() == again.json()
    assert len(client.app.state.desk.store.turns(sender)) == 1


def test_forgetting_erases_the_turns_the_context_and_the_thumbs(client: TestClient) -> None:
    sender, desk = begin(client), client.app.state.desk
    say(client, sender, "Qui gère les visas ?", "m1")
    client.post("/feedback", json={"sender": sender, "message_id": "m1", "item": 0, "helpful": True})
    assert desk.feedback.of(sender)
    assert client.post("/conversations/forget", json={"sender": sender}).status_code == 204
    assert desk.store.turns(sender) == [] and desk.store.context(sender) is None and desk.feedback.of(sender) == []


def test_a_thumb_says_which_entry_it_was_about_and_its_reason_is_masked(client: TestClient) -> None:
    sender = begin(client)
    say(client, sender, "Who handles visas?", "m1")
    thumb = {"sender": sender, "message_id": "m1", "helpful": False, "reason": "call me: 76 12 34 56"}
    assert client.post("/feedback", json=thumb).status_code == 204
    (kept,) = client.app.state.desk.feedback.of(sender)
    assert (kept.entry, kept.language, kept.helpful) == ("consular.visas", "en", False)
    assert kept.reason == "call me: [number]"


def test_a_thumb_can_be_taken_back(client: TestClient) -> None:
    sender = begin(client)
    say(client, sender, "Who handles visas?", "m1")
    for helpful in (True, None):
        client.post("/feedback", json={"sender": sender, "message_id": "m1", "item": 0, "helpful": helpful})
    assert client.app.state.desk.feedback.of(sender) == []


@pytest.mark.parametrize(
    ("change", "status", "code"),
    [
        ({"message_id": "never"}, 404, "no_such_reply"),
        ({"item": 7}, 404, "no_such_reply"),
        ({"item": True}, 400, "item_invalid"),
        ({"helpful": "yes"}, 400, "helpful_invalid"),
        ({"message_id": 5}, 400, "message_id_invalid"),
        ({"reason": ["x"]}, 400, "reason_invalid"),
        ({"reason": "x" * 501}, 400, "reason_invalid"),
        ({"sender": None}, 400, "sender_missing"),
        ({"sender": "telegram:1"}, 400, "sender_reserved"),
    ],
)
def test_a_thumb_that_cannot_be_kept_is_refused_with_its_reason(
    client: TestClient, change: dict[str, object], status: int, code: str
) -> None:
    sender = begin(client)
    say(client, sender, "Who handles visas?", "m1")
    thumb = {"sender": sender, "message_id": "m1", "item": 0, "helpful": True, **change}
    response = client.post("/feedback", json=thumb)
    assert (response.status_code, response.json()["error"]["code"]) == (status, code)


@pytest.mark.parametrize("address", ["/webhooks/rest/webhook", "/conversations/forget", "/feedback"])
def test_nobody_reaches_a_telegram_conversation_from_the_web(client: TestClient, address: str) -> None:
    response = client.post(address, json={"sender": "telegram:42", "message": "hello"})
    assert (response.status_code, response.json()["error"]["code"]) == (400, "sender_reserved")


def test_a_site_on_the_list_may_use_the_chat(client: TestClient) -> None:
    response = say(client, begin(client), "visa", "m1", origin=SITE)
    assert response.status_code == 200
    assert response.headers["access-control-allow-origin"] == SITE
    assert "access-control-allow-credentials" not in response.headers
    assert "Origin" in response.headers["vary"]


def test_a_preflight_of_a_listed_site_is_answered_and_remembered_for_a_day(client: TestClient) -> None:
    headers = {"origin": SITE, "access-control-request-method": "POST"}
    response = client.options("/webhooks/rest/webhook", headers=headers)
    assert response.status_code == 204
    assert response.headers["access-control-allow-origin"] == SITE
    assert response.headers["access-control-max-age"] == "86400"


@pytest.mark.parametrize(
    "origin",
    ["https://evil.example", f"{SITE}.evil.example", "http://ml.example.org", "null", "https://evil.example:80"],
)
def test_a_site_that_is_not_on_the_list_may_not(client: TestClient, origin: str) -> None:
    sender = begin(client)
    response = say(client, sender, "visa", "m1", origin=origin)
    assert (response.status_code, response.json()["error"]["code"]) == (403, "origin_not_allowed")
    assert "access-control-allow-origin" not in response.headers
    assert client.app.state.desk.store.turns(sender) == []


def test_the_server_s_own_pages_may_always_use_the_chat(client: TestClient) -> None:
    assert say(client, begin(client), "visa", "m1", origin="http://testserver").status_code == 200


@pytest.mark.parametrize(
    ("headers", "metadata", "beginning"),
    [
        ({}, {"language": "en"}, "Your message"),
        ({"accept-language": "en-GB,fr;q=0.5"}, {}, "Your message"),
        ({"accept-language": "en-GB"}, {"language": "fr"}, "Votre message"),
        ({"accept-language": "de"}, {}, "Votre message"),
    ],
)
def test_a_refusal_is_in_the_person_s_language(
    client: TestClient, headers: dict[str, str], metadata: dict[str, str], beginning: str
) -> None:
    body = {"sender": "x", "message": "a" * 1001, "metadata": metadata}
    response = client.post("/webhooks/rest/webhook", json=body, headers=headers)
    assert response.status_code == 413
    assert response.json()["error"]["message"].startswith(beginning)


def test_who_writes_too_fast_is_told_when_to_go_on(trained: Path, root: Path, tmp_path: Path) -> None:
    settings = Settings(root=root, database_url=f"sqlite:///{tmp_path / 'a.sqlite3'}", sender_rate=Rate(0.2, 2))
    for client in started(settings):
        codes = [say(client, "patient", "bonjour", str(index)).status_code for index in range(4)]
        assert codes == [200] * 4, "who waits for each reply is not held back"
        with client.app.state.desk.conversations._place("fast"):  # a message of theirs is being answered meanwhile
            codes = [say(client, "fast", "bonjour", str(index)).status_code for index in range(3)]
            refused = say(client, "fast", "bonjour", "4")
        assert codes == [200, 200, 429]
        assert 1 <= int(refused.headers["retry-after"]) <= 5
        assert refused.json()["error"]["message"].startswith("Vous écrivez très vite")
        assert say(client, "other", "bonjour", "1").status_code == 200


def test_an_address_that_posts_too_fast_is_held_back_whatever_its_senders(
    trained: Path, root: Path, tmp_path: Path
) -> None:
    settings = Settings(root=root, database_url=f"sqlite:///{tmp_path / 'a.sqlite3'}", address_rate=Rate(0.1, 3))
    for client in started(settings):
        codes = [say(client, f"person-{index}", "bonjour", "1").status_code for index in range(4)]
        assert codes == [200, 200, 200, 429]
        assert client.get("/faq").status_code == 200
