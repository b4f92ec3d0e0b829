"""Every public address under whatever a client can send: no failure, and refusals as the contract writes them."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from starlette.applications import Starlette
from starlette.routing import Route

from bot.limits import Rate
from bot.settings import Settings
from tests.bot.light import ROOT, light_app

REST = "/webhooks/rest/webhook"
KINDS = {"answer", "clarify", "unknown", "fallback", "smalltalk", "handoff", "safety"}
PATHS = [
    *("/", "/start.css", "/faq.css", "/start.js", "/widget.js", "/health", "/metrics", "/faq", "/faq/fr", "/telegram"),
    *("/webhooks/rest", "/webhooks/rest/", REST, "/conversations", "/conversations/forget", "/feedback", "/socket.io/"),
]
OTHERS = ["/console/sign-in", "/console/", "/nowhere", "/faq/xx", "//", "/console/../health"]
METHODS = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "BREW", "post"]
HEADERS = [
    *("accept", "accept-encoding", "accept-language", "access-control-request-method", "authorization", "cookie"),
    *("content-encoding", "content-length", "content-type", "forwarded", "host", "if-none-match", "origin", "range"),
    *("referer", "transfer-encoding", "upgrade", "x-forwarded-for", "x-forwarded-host"),
    "x-telegram-bot-api-secret-token",
]
VALUES = [
    "", "*", "*/*", "gzip;q=x, br;q=", "fr;q=0.5,en", "null", "https://[", "http://evil.example", "bytes=0-", "-1",
    "99999999999999999999", "application/json; charset=utf-16", "multipart/form-data", '"', 'W/"x", "', "POST",
]  # fmt: skip
TEXT = st.text(st.characters(min_codepoint=0, max_codepoint=0x10FFFF), max_size=60)
LATIN = st.text(st.characters(codec="latin-1"), max_size=30)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | TEXT,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXT, inner, max_size=3),
    max_leaves=6,
)
FIELDS = ["sender", "message", "metadata", "message_id", "item", "helpful", "reason"]
MESSAGES = st.fixed_dictionaries(
    {"sender": st.just("p") | JSON, "message": TEXT | JSON},
    optional={
        "metadata": st.fixed_dictionaries({}, optional={"language": st.sampled_from(["en", "fr", "xx"]) | JSON}) | JSON,
        "message_id": st.just("m") | JSON,
        "item": st.integers(0, 3) | JSON,
        "helpful": st.booleans() | JSON,
        "reason": TEXT | JSON,
    },
)
BODIES = st.binary(max_size=200) | (MESSAGES | st.dictionaries(st.sampled_from(FIELDS), JSON) | JSON).map(
    lambda value: json.dumps(value).encode()
)
QUIET: dict[str, Any] = {
    "max_examples": 150, "deadline": None, "suppress_health_check": [HealthCheck.function_scoped_fixture],
}  # fmt: skip


class Answer:
    """What an application answers to one request."""

    def __init__(self, status: int, headers: dict[str, str], body: bytes) -> None:
        self.status, self.headers, self.body = status, headers, body


class Door:
    """Calls the application as a server does, with whatever a client may write: HTTP libraries would not send it."""

    def __init__(self, app: Starlette) -> None:
        self.app = app
        self._loop = asyncio.new_event_loop()

    def call(self, method: str, path: str, headers: list[tuple[str, str]], body: bytes) -> Answer:
        return self._loop.run_until_complete(self._call(method, path, headers, body))

    async def _call(self, method: str, path: str, headers: list[tuple[str, str]], body: bytes) -> Answer:
        path, _, query = path.partition("?")
        scope = {
            "type": "http", "asgi": {"version": "3.0"}, "http_version": "1.1", "method": method, "scheme": "http",
            "path": path, "raw_path": path.encode("utf-8", "replace"), "root_path": "",
            "query_string": query.encode("utf-8", "replace"), "client": ("10.0.0.1", 1), "server": ("desk", 80),
            "headers": [(name.encode("latin-1"), value.encode("latin-1", "replace")) for name, value in headers],
        }  # fmt: skip
        incoming = [{"type": "http.request", "body": body, "more_body": False}]
        sent: list[Any] = []

        async def receive() -> Any:
            return incoming.pop() if incoming else {"type": "http.disconnect"}

        async def send(message: Any) -> None:
            sent.append(message)

        await self.app(scope, receive, send)
        found = {name.decode("latin-1"): value.decode("latin-1") for name, value in sent[0]["headers"]}
        return Answer(sent[0]["status"], found, b"".join(part.get("body", b"") for part in sent[1:]))


@pytest.fixture(scope="module")
def door(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Door]:
    url = f"sqlite:///{tmp_path_factory.mktemp('door') / 'bot.sqlite3'}"
    plenty = Rate(1e6, 1e6)
    yield Door(
        light_app(
            Settings(
                root=ROOT,
                database_url=url,
                sender_rate=plenty,
                address_rate=plenty,
                telegram_token="1:x",
                telegram_webhook_url="https://desk.example/telegram",
                telegram_webhook_secret="secret",
            )
        )
    )


def check(answer: Answer, path: str, method: str) -> None:
    assert answer.status < 500, (method, path, answer.status, answer.body[:200])
    assert "x-content-type-options" in answer.headers
    posts = (REST, "/conversations", "/conversations/forget", "/feedback", "/telegram")
    if answer.status >= 400 and path in posts and method == "POST":
        error = json.loads(answer.body)["error"]
        assert error["code"] and error["message"]
    assert not any(word in answer.body for word in (b"Traceback", b"site-packages", b"sqlalchemy"))


@settings(**QUIET)
@given(
    path=st.sampled_from(PATHS + OTHERS), query=TEXT, method=st.sampled_from(METHODS), body=BODIES,
    headers=st.lists(st.tuples(st.sampled_from(HEADERS), LATIN | st.sampled_from(VALUES)), max_size=4),
)  # fmt: skip
@example(path="/", query="language=%00", method="GET", body=b"", headers=[("accept-language", "fr;q=1;q=2,;,=")])
@example(path=REST, query="", method="POST", body=b"{}", headers=[("content-length", "-1"), ("origin", "https://[")])
def test_no_request_fails(
    door: Door, path: str, query: str, method: str, body: bytes, headers: list[tuple[str, str]]
) -> None:
    check(door.call(method, f"{path}?{query}" if query else path, headers, body), path, method)


@settings(**QUIET)
@given(body=MESSAGES)
def test_what_rest_answers_is_what_the_contract_says(door: Door, body: dict[str, Any]) -> None:
    answer = door.call("POST", REST, [("content-type", "application/json")], json.dumps(body).encode())
    check(answer, REST, "POST")
    if answer.status != 200:
        assert answer.status in (400, 413)
        return
    items = json.loads(answer.body)
    assert isinstance(items, list) and items
    for item in items:
        assert item["recipient_id"] == body["sender"] and item["text"]
        assert item["custom"]["kind"] in KINDS and item["custom"]["language"] in ("en", "fr")
        assert 0 <= item["custom"]["confidence"] <= 1


def test_no_public_address_is_left_out(door: Door) -> None:
    routes = [route for route in door.app.routes if isinstance(route, Route)]
    assert {route.path.replace("{language}", "fr") for route in routes} == set(PATHS)


@pytest.mark.parametrize("path", PATHS + OTHERS)
@pytest.mark.parametrize("method", METHODS)
def test_every_method_at_every_address(door: Door, method: str, path: str) -> None:
    check(door.call(method, path, [], b""), path, method)


@pytest.mark.parametrize(("accept", "kind"), [("*/*", "application/json"), ("text/html,*/*", "text/plain")])
def test_what_is_not_there_is_said_as_the_caller_reads_it(door: Door, accept: str, kind: str) -> None:
    for method, path, status, code in (("GET", "/nowhere", 404, "not_found"), ("GET", REST, 405, "method_not_allowed")):
        answer = door.call(method, path, [("accept", accept)], b"")
        assert answer.status == status and answer.headers["content-type"].startswith(kind)
        assert kind != "application/json" or json.loads(answer.body)["error"]["code"] == code
