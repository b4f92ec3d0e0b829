"""Rasa's Socket.IO protocol with the real client, over a real server."""

from __future__ import annotations

import json
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
import socketio
import uvicorn

from bot.app import create_app
from bot.limits import Rate
from bot.settings import Settings
from bot.wording import REFUSALS

SITE = "https://ml.example.org"
BURST = """
import json, os, sys, socketio
client = socketio.SimpleClient()
client.connect(sys.argv[1], transports=["polling"])
heard = []
for burst in (range(45), range(1)):
    for number in burst:
        client.emit("user_uttered", {"message": f"where is the press office? {number}"})
    heard += [client.receive(timeout=60)[1] for _ in burst]
print(json.dumps(heard), flush=True)
os._exit(0)  # its goodbye waits until its open request times out
"""


def served(settings: Settings) -> Iterator[str]:
    app = create_app(settings)
    server = uvicorn.Server(uvicorn.Config(app, port=0, log_level="error", ws="wsproto", ws_max_size=8192))
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    until = time.monotonic() + 90
    while not server.started:
        assert time.monotonic() < until
        time.sleep(0.05)
    found = f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}"
    while httpx.get(f"{found}/health").status_code != 200:
        assert time.monotonic() < until
        time.sleep(0.2)
    yield found
    server.should_exit = server.force_exit = True
    thread.join(10)


@pytest.fixture(scope="module")
def address(trained: Path, root: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    database = f"sqlite:///{tmp_path_factory.mktemp('socketio') / 'bot.sqlite3'}"
    yield from served(Settings(root=root, database_url=database, allowed_origins=(SITE,)))


class Talk:
    """One client and what it hears."""

    def __init__(self, address: str, transport: str) -> None:
        self.client = socketio.SimpleClient()
        self.client.connect(address, transports=[transport])

    def hear(self, event: str) -> Any:
        name, data = self.client.receive(timeout=10)
        assert name == event
        return data

    def session(self, data: object = None) -> str:
        self.client.emit("session_request", data)
        return str(self.hear("session_confirm"))

    def say(self, data: object) -> dict[str, Any]:
        self.client.emit("user_uttered", data)
        return dict(self.hear("bot_uttered"))


@pytest.fixture
def talk(address: str) -> Iterator[Talk]:
    talk = Talk(address, "websocket")
    yield talk
    talk.client.disconnect()


def test_a_client_without_websockets_holds_the_same_conversation(address: str) -> None:
    talk = Talk(address, "polling")
    name = talk.session({})
    reply = talk.say({"message": "Qui gère les visas ?", "session_id": name})
    # A polling client's goodbye waits until its open request times out; nothing here depends on it.
    threading.Thread(target=talk.client.disconnect, daemon=True).start()
    assert reply["custom"]["entry"] == "consular.visas"


def test_what_a_client_without_websockets_sends_all_at_once_is_answered_whole(address: str) -> None:
    talk = Talk(address, "polling")
    name = talk.session({})
    for number in range(30):
        talk.client.emit("user_uttered", {"message": f"visa {number}", "session_id": name})
    heard = [talk.hear("bot_uttered") for _ in range(30)]
    threading.Thread(target=talk.client.disconnect, daemon=True).start()
    assert all(item["text"] for item in heard)


def test_a_burst_over_the_rate_costs_a_client_without_websockets_neither_replies_nor_its_line(address: str) -> None:
    # In a process of its own, where the client reads as many packets at once as it does by itself.
    client = subprocess.run([sys.executable, "-c", BURST, address], capture_output=True, text=True, timeout=100)
    heard = json.loads(client.stdout)
    assert len(heard) == 46
    codes = [item.get("error", {}).get("code") for item in heard]
    assert set(codes) == {None, "too_many_messages"}
    assert codes[-1] is None, "the connection lives"
    assert {item["text"] for item in heard if "error" in item} == {REFUSALS["too_many_messages"]["en"]}


def test_a_session_without_a_name_gets_one_that_cannot_be_guessed(talk: Talk) -> None:
    names = {talk.session({}), talk.session(), talk.session({"session_id": None})}
    assert len(names) == 3
    assert all(len(name) >= 34 for name in names)


def test_a_client_that_comes_back_keeps_its_conversation(talk: Talk, address: str) -> None:
    name = talk.session({})
    talk.say({"message": "What does the press office do?", "session_id": name})
    again = Talk(address, "websocket")
    assert again.session({"session_id": name}) == name
    reply = again.say({"message": "and the email?"})
    again.client.disconnect()
    assert reply["custom"]["section"] == "press"
    assert "fanei@state.gov" in reply["text"]


def test_choices_are_quick_replies_whose_payload_can_be_sent_back(talk: Talk) -> None:
    talk.session({})
    question = talk.say({"message": "formation"})
    assert question["custom"]["kind"] == "clarify"
    choice = question["quick_replies"][0]
    assert choice["content_type"] == "text"
    answer = talk.say({"message": choice["payload"]})
    assert answer["custom"]["kind"] == "answer"


def test_several_questions_get_an_utterance_each(talk: Talk) -> None:
    talk.session({})
    first = talk.say({"message": "Who handles visas? And what is the phone number of the press office?"})
    second = talk.hear("bot_uttered")
    assert (first["custom"]["section"], second["custom"]["section"]) == ("consular", "press")


@pytest.mark.parametrize(
    "data", [None, 7, [], "text", {}, {"message": None}, {"message": ["x"]}, {"message": "x", "metadata": 5}]
)
def test_what_is_no_message_is_refused_and_the_connection_goes_on(talk: Talk, data: object) -> None:
    assert "error" in talk.say(data)
    assert talk.say({"message": "Qui gère les visas ?"})["custom"]["entry"] == "consular.visas"


def test_a_telegram_conversation_cannot_be_taken_over(talk: Talk) -> None:
    assert talk.say({"message": "x", "session_id": "telegram:7"})["error"]["code"] == "sender_reserved"
    talk.client.emit("session_request", {"session_id": "telegram:7"})
    assert talk.hear("bot_uttered")["error"]["code"] == "sender_reserved"


def test_what_is_typed_reaches_nothing_internal(talk: Talk) -> None:
    reply = talk.say({"message": '/restart{"a": 1}'})
    assert reply["custom"]["kind"] in ("fallback", "clarify", "unknown")


def test_a_message_that_is_too_long_is_refused_in_the_person_s_language(talk: Talk) -> None:
    reply = talk.say({"message": "a" * 1001, "metadata": {"language": "en"}})
    assert reply["error"]["code"] == "message_too_long"
    assert reply["text"].startswith("Your message is too long")


@pytest.mark.parametrize(
    ("question", "too_long", "wrong"),
    [
        ("What does the press office do?", "Your message is too long", "The field 'message'"),
        ("Que fait le bureau de presse ?", "Votre message est trop long", "Le champ « message »"),
    ],
)
def test_a_refusal_is_in_the_conversation_s_language(talk: Talk, question: str, too_long: str, wrong: str) -> None:
    talk.session({})
    talk.say({"message": question})
    assert talk.say({"message": "a" * 1001})["text"].startswith(too_long)
    assert talk.say({"message": None})["text"].startswith(wrong)


@pytest.mark.parametrize(("origin", "status"), [(SITE, 200), ("https://evil.example", 400), (None, 200)])
def test_only_listed_sites_may_connect(address: str, origin: str | None, status: int) -> None:
    headers = {"origin": origin} if origin else {}
    response = httpx.get(f"{address}/socket.io/?EIO=4&transport=polling", headers=headers)
    assert response.status_code == status
    assert response.headers.get("access-control-allow-origin") == (origin if status == 200 else None)
    assert "access-control-allow-credentials" not in response.headers


def test_an_address_that_writes_too_fast_is_held_back_whatever_its_connections(
    trained: Path, root: Path, tmp_path: Path
) -> None:
    settings = Settings(root=root, database_url=f"sqlite:///{tmp_path / 'a.sqlite3'}", address_rate=Rate(0.05, 3))
    for address in served(settings):
        talks = [Talk(address, "websocket") for _ in range(2)]
        message = {"message": "hello"}
        heard = [talks[index % 2].say(message) for index in range(4)]
        for talk in talks:
            talk.client.disconnect()
        assert ["error" in reply for reply in heard] == [False, False, False, True]
        assert heard[3]["error"]["code"] == "too_many_messages"
        assert heard[3]["text"].startswith("You are writing very fast")
        response = httpx.post(f"{address}/conversations", headers={"accept-language": "en"})
        assert response.status_code == 429, "the same count as for every other channel"
        assert response.json()["error"]["message"].startswith("You are writing very fast")
