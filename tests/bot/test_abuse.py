"""Whatever is sent to an address that takes messages: a clear refusal, never a failure, nothing of the inside."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from starlette.testclient import TestClient

from tests.bot.test_web import client  # noqa: F401  (a fixture)

POSTS = ("/webhooks/rest/webhook", "/conversations", "/conversations/forget", "/feedback")
INSIDE = ("Traceback", "site-packages", ".py", "sqlalchemy", "SELECT", "rasa.")
TEXT = st.text(st.characters(min_codepoint=0, max_codepoint=0x10FFFF), max_size=40)
SCALARS = st.one_of(
    st.none(), st.booleans(), st.integers(), st.floats(), TEXT, st.just(10**400), st.just("w_" + "a" * 40)
)
VALUES = st.recursive(
    SCALARS, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXT, inner, max_size=3), max_leaves=8
)
KEYS = st.sampled_from(["sender", "message", "metadata", "message_id", "item", "helpful", "reason", "x"])
QUIET = {"max_examples": 60, "deadline": None, "suppress_health_check": [HealthCheck.function_scoped_fixture]}


def check(response: Any) -> None:
    assert response.status_code < 500, (response.status_code, response.text)
    if response.status_code >= 400:
        error = response.json()["error"]
        assert error["code"] and error["message"]
        assert not any(word in response.text for word in INSIDE)


@pytest.mark.parametrize("path", POSTS)
@settings(**QUIET)
@given(body=st.binary(max_size=300))
def test_any_bytes(client: TestClient, path: str, body: bytes) -> None:  # noqa: F811
    check(client.post(path, content=body, headers={"content-type": "application/json"}))


@pytest.mark.parametrize("path", POSTS)
@settings(**QUIET)
@given(body=st.dictionaries(KEYS, VALUES, max_size=6))
def test_json_that_is_nearly_right(client: TestClient, path: str, body: dict[str, Any]) -> None:  # noqa: F811
    text = json.dumps(body).encode("utf-8", "surrogatepass")
    check(client.post(path, content=text, headers={"content-type": "application/json"}))


@pytest.mark.parametrize("path", POSTS)
@pytest.mark.parametrize(
    "body",
    [b"[" * 100_000, b'{"sender":' * 2000, b'{"sender": ' + b"9" * 8000 + b"}", b'{"sender": NaN, "message": Infinity}',
     b'{"sender": "\\ud800", "message": "\\udfff"}', b"\xff\xfe{}", b"", b"null", b'"x"', b"a" * 1_000_000],
    ids=range(10),
)  # fmt: skip
def test_what_breaks_parsers(client: TestClient, path: str, body: bytes) -> None:  # noqa: F811
    check(client.post(path, content=body, headers={"content-type": "application/json"}))


@pytest.mark.parametrize(
    "path", [*POSTS, "/", "/faq", "/widget.js", "/health", "/metrics", "/console/sign-in", "/nowhere"]
)
@pytest.mark.parametrize("method", ["GET", "PUT", "DELETE", "PATCH", "OPTIONS", "HEAD"])
def test_wrong_methods_and_odd_queries(client: TestClient, path: str, method: str) -> None:  # noqa: F811
    query = "?language=%00%ff../..&next=//evil.example&q=%F0%9F%98%80"
    response = client.request(method, path + query)
    assert response.status_code < 500
    assert not any(word in response.text for word in ("Traceback", "site-packages"))


@pytest.mark.parametrize(
    "path", ["/faq/..%2f..%2fetc", "/faq/%00", "/console/answers/..%2f..", "/console/try/x/widget.js"]
)
def test_odd_paths(client: TestClient, path: str) -> None:  # noqa: F811
    assert client.get(path, follow_redirects=False).status_code in (303, 307, 400, 404)
