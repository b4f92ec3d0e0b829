"""Telegram's webhook: who may call it, and when it says 200."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest
from starlette.applications import Starlette
from starlette.routing import Route

from bot.channels.telegram.inbox import Inbox
from bot.channels.telegram.service import SECRET_HEADER
from bot.settings import SENDER_RATE
from bot.store.updates import DONE
from tests.bot.channels.telegram.bot_api import TOKEN, BotApi, message
from tests.bot.channels.telegram.desks import Set, finished, inbox_of, unable_to_store, until

SECRET = "a-secret_1"


@pytest.fixture
async def front(api: BotApi, tmp_path: Path) -> AsyncIterator[Set]:
    front = Set(tmp_path / "bot.sqlite3", api.url, webhook_url="https://desk.example/telegram", secret=SECRET)
    front.channel.start()
    await until(lambda: api.of("setWebhook"))
    yield front
    await front.channel.stop()


@pytest.fixture
async def client(front: Set) -> AsyncIterator[httpx.AsyncClient]:
    app = Starlette(routes=[Route("/telegram", front.channel.receive, methods=["POST"])])
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://desk") as client:
        yield client


async def test_telegram_learns_the_address_and_the_secret_and_keeps_what_waits(front: Set, api: BotApi) -> None:
    (call,) = api.of("setWebhook")
    assert (call["url"], call["secret_token"]) == ("https://desk.example/telegram", SECRET)
    assert "drop_pending_updates" not in call
    assert not api.of("getUpdates")


async def test_an_update_is_stored_then_acknowledged_then_answered(
    front: Set, api: BotApi, client: httpx.AsyncClient
) -> None:
    for _ in range(2):
        response = await client.post("/telegram", json=message(1, "visa"), headers={SECRET_HEADER: SECRET})
        assert response.status_code == 200
    await finished(front, 1)
    assert api.texts() == ["&lt;b&gt;visa"]


async def test_a_question_that_was_refused_for_a_minute_is_answered_when_it_can_be_stored(
    front: Set, api: BotApi, client: httpx.AsyncClient
) -> None:
    (await inbox_of(front))._hurry._rate = SENDER_RATE

    async def post() -> int:
        return (await client.post("/telegram", json=message(1, "visa"), headers={SECRET_HEADER: SECRET})).status_code

    with unable_to_store(front):
        assert {await post() for _ in range(45)} == {503}
    assert await post() == 200
    await finished(front, 1)
    assert api.texts()[-1] == "&lt;b&gt;visa"


@pytest.mark.parametrize("headers", [{}, {SECRET_HEADER: ""}, {SECRET_HEADER: "a-secret_2"}, {SECRET_HEADER: "é"}])
async def test_without_the_secret_nothing_is_taken(
    front: Set, client: httpx.AsyncClient, headers: dict[str, str]
) -> None:
    sent = {name: value.encode() for name, value in headers.items()}
    response = await client.post("/telegram", json=message(1), headers=sent)
    assert response.status_code == 403
    assert front.updates.count(DONE) == 0 and front.updates.waiting() == []


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"[]",
        b"{}",
        b"{",
        b'{"update_id": "1"}',
        b'{"update_id": true}',
        b'{"update_id": 99999999999999999999}',
        b"[" * 9000,
    ],
)
async def test_what_is_no_update_is_a_400(front: Set, client: httpx.AsyncClient, body: bytes) -> None:
    response = await client.post("/telegram", content=body, headers={SECRET_HEADER: SECRET})
    assert response.status_code == 400


async def test_an_answer_links_its_source_on_this_server(front: Set, api: BotApi, client: httpx.AsyncClient) -> None:
    await client.post("/telegram", json=message(1, "source"), headers={SECRET_HEADER: SECRET})
    await finished(front, 1)
    (sent,) = api.of("sendMessage")
    link = '<a href="https://desk.example/faq/fr#consular.visas">Page &lt;1&gt;: visas</a>'
    assert sent["text"].endswith(f"<i>D'après : {link} (vérifié le 23 novembre 2026)</i>")
    assert sent["link_preview_options"] == {"is_disabled": True}


async def test_a_huge_update_is_refused(front: Set, client: httpx.AsyncClient) -> None:
    response = await client.post("/telegram", content=b"x" * 300_000, headers={SECRET_HEADER: SECRET})
    assert response.status_code == 413


async def test_a_full_inbox_asks_telegram_to_come_again(front: Set, client: httpx.AsyncClient) -> None:
    inbox = front.channel._inbox
    assert isinstance(inbox, Inbox)
    inbox._most_waiting = 1
    codes = []
    for update_id in (1, 2):
        reply = await client.post("/telegram", json=message(update_id, "slow"), headers={SECRET_HEADER: SECRET})
        codes.append((reply.status_code, reply.headers.get("retry-after")))
    assert codes == [(200, None), (503, "5")]
    await finished(front, 1)


async def test_without_a_secret_of_its_own_the_server_makes_one(api: BotApi, tmp_path: Path) -> None:
    front = Set(tmp_path / "x.sqlite3", api.url, webhook_url="https://desk.example/telegram")
    front.channel.start()
    await until(lambda: api.of("setWebhook"))
    assert len(api.of("setWebhook")[-1]["secret_token"]) >= 43
    await asyncio.sleep(0)
    await front.channel.stop()


async def test_what_keeps_telegram_from_the_webhook_is_logged_and_seen_while_it_is_new(
    api: BotApi, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    api.webhook |= {"last_error_date": 1_700_000_000, "last_error_message": "Connection refused"}
    times = {"seconds_between_looks": 0.1}
    front = Set(tmp_path / "x.sqlite3", api.url, times=times, webhook_url="https://desk.example/telegram")
    front.channel.start()
    await until(lambda: len(api.of("getWebhookInfo")) > 2)
    assert caplog.text.count("Connection refused") == 1, "said once, not at each look"
    assert front.channel.problem is None, "what was wrong before the start may be over"
    api.webhook |= {"last_error_date": 1_700_000_100, "last_error_message": "SSL error"}
    await until(lambda: front.channel.problem == "Telegram could not reach the webhook: SSL error")
    await until(lambda: front.channel.problem is None)
    assert caplog.text.count("SSL error") == 1 and SECRET not in caplog.text
    await front.channel.stop()


async def test_why_telegram_refuses_the_webhook_is_told_until_it_is_taken(
    api: BotApi, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bot.channels.telegram.service.LONGEST_WAIT", 2)
    reason = "bad webhook: Failed to resolve host: Name or service not known"
    api.fail("setWebhook", 400, f"Bad Request: {reason} (bot{TOKEN})")
    front = Set(tmp_path / "x.sqlite3", api.url, webhook_url="https://desk.example/telegram")
    front.channel.start()
    await until(lambda: reason.lower() in (front.channel.problem or "").lower())
    assert TOKEN not in (front.channel.problem or "")
    await until(lambda: front.channel.problem is None)
    assert len(api.of("setWebhook")) == 2
    await front.channel.stop()


async def test_a_webhook_that_somebody_changed_is_set_again(api: BotApi, tmp_path: Path) -> None:
    times = {"seconds_between_looks": 0.1}
    front = Set(tmp_path / "x.sqlite3", api.url, times=times, webhook_url="https://desk.example/telegram")
    front.channel.start()
    await until(lambda: api.of("getWebhookInfo"))
    api.webhook["url"] = ""
    await until(lambda: api.webhook["url"] == "https://desk.example/telegram")
    await front.channel.stop()


async def test_a_webhook_left_over_or_set_meanwhile_is_removed_where_the_server_polls(
    api: BotApi, tmp_path: Path
) -> None:
    api.webhook["url"] = "https://old.example/telegram"
    front = Set(tmp_path / "x.sqlite3", api.url)
    front.channel.start()
    api.bring(message(1, "one"))
    await finished(front, 1)
    assert all("drop_pending_updates" not in call for call in api.of("deleteWebhook"))
    api.webhook["url"] = "https://other.example/telegram"
    api.bring(message(2, "two", chat=8))
    await finished(front, 2)
    await front.channel.stop()
