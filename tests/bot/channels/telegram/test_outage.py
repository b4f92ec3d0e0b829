"""What Telegram, the database or a stop do in the middle of something, and what a person sees of it."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy.exc import OperationalError
from starlette.applications import Starlette
from starlette.routing import Route
from starlette.testclient import TestClient

from bot.channels.telegram.incoming import TEXT, UNREADABLE, read
from bot.channels.telegram.outage import Outage
from bot.channels.telegram.service import SECRET_HEADER, UNSTORED
from bot.channels.telegram.strings import STRINGS
from bot.limits import Rate
from bot.wording import REFUSALS
from tests.bot.channels.telegram.bot_api import BotApi, message, press
from tests.bot.channels.telegram.desks import KNOWN, Set, finished, inbox_of, unable_to_store, until

LOCKED = OperationalError("INSERT", {}, Exception("database is locked"))


def failing(times: int, real: Callable[..., Any]) -> Callable[..., Any]:
    left = [times]

    def call(*args: Any, **named: Any) -> Any:
        if left[0]:
            left[0] -= 1
            raise LOCKED
        return real(*args, **named)

    return call


async def test_a_stop_in_the_middle_of_an_answer_sends_nothing_twice(api: BotApi, tmp_path: Path) -> None:
    api.before = lambda method, data: time.sleep(0.5) if method == "sendmessage" else None
    first = Set(tmp_path / "bot.sqlite3", api.url)
    first.channel.start()
    api.bring(message(1, "hello"))
    await until(lambda: api.of("sendMessage"))
    await first.channel.stop()
    second = Set(tmp_path / "bot.sqlite3", api.url)
    second.channel.start()
    api.bring(message(2, "again"))
    await finished(second, 2)
    await second.channel.stop()
    assert [text.removeprefix("&lt;b&gt;") for text in api.texts()] == ["hello", "again"]


async def test_a_stop_ends_the_polling_though_the_library_drops_the_request_to_end(front: Set, api: BotApi) -> None:
    await until(lambda: front.channel.problem is None)
    post, dropped = front.channel._polling.post, 0

    async def deaf(*args: Any, **named: Any) -> Any:
        nonlocal dropped
        try:
            return await post(*args, **named)
        except asyncio.CancelledError:
            dropped += 1
            if dropped > 1:
                raise
            return []

    front.channel._polling.post = deaf  # type: ignore[method-assign]
    await until(lambda: len(api.of("getUpdates")) > 4)
    await asyncio.wait_for(front.channel.stop(), 10)
    assert dropped == 2
    polls = len(api.of("getUpdates"))
    await asyncio.sleep(0.3)
    assert len(api.of("getUpdates")) == polls


@pytest.mark.parametrize("status", [401, 404])
async def test_a_token_that_was_good_is_not_given_up_for_one_refusal(front: Set, api: BotApi, status: int) -> None:
    await until(lambda: front.channel.problem is None)
    api.fail("getUpdates", status, "Unauthorized")
    api.fail("sendMessage", status, "Unauthorized")
    api.bring(message(1, "hello"))
    await finished(front, 1)
    assert len(api.texts()) == 2  # the refused one and its repetition
    assert front.channel.problem is None


async def test_health_says_that_telegram_is_away_and_when_it_is_back(front: Set, api: BotApi) -> None:
    await until(lambda: front.channel.problem is None)
    for _ in range(4):
        api.fail("getUpdates", 502)
    await until(lambda: front.channel.problem == "Telegram is out of reach")
    await until(lambda: front.channel.problem is None)


async def test_typing_is_shown_beside_a_slow_answer_and_never_delays_it(front: Set, api: BotApi) -> None:
    api.before = lambda method, data: time.sleep(0)
    hanging = asyncio.Event()

    async def hang(*args: object) -> None:
        hanging.set()
        await asyncio.sleep(60)

    front.channel._sender.typing = hang  # type: ignore[method-assign]
    began = time.monotonic()
    api.bring(message(1, "slow question"))
    await finished(front, 1)
    assert hanging.is_set() and api.texts() and time.monotonic() - began < 10


async def test_a_table_that_is_locked_for_a_moment_costs_no_update_and_doubles_none(front: Set, api: BotApi) -> None:
    await until(lambda: front.channel.problem is None)
    front.updates.keep = failing(2, front.updates.keep)  # type: ignore[method-assign]
    api.bring(message(1, "one"), message(2, "two"))
    await finished(front, 2)
    assert [text.removeprefix("&lt;b&gt;") for text in api.texts()] == ["one", "two"]


async def test_the_webhook_asks_to_come_again_while_the_table_is_locked(api: BotApi, tmp_path: Path) -> None:
    front = Set(tmp_path / "bot.sqlite3", api.url, webhook_url="https://example.org/telegram", secret="s")
    front.channel.start()
    await until(lambda: front.channel.problem is None)
    front.updates.keep = failing(1, front.updates.keep)  # type: ignore[method-assign]
    app = Starlette(routes=[Route("/telegram", front.channel.receive, methods=["POST"])])
    client = TestClient(app)
    headers = {SECRET_HEADER: "s"}
    first = await asyncio.to_thread(client.post, "/telegram", json=message(1), headers=headers)
    assert first.status_code == 503 and "Retry-After" in first.headers
    await front.channel.stop()


async def test_updates_are_heard_though_telegram_counts_on_from_a_lower_number(front: Set, api: BotApi) -> None:
    api.bring(message(9000, "high"))
    await finished(front, 1)
    # More than one poll brings, and each in a chat of its own: one chat would wait for its pace.
    api.bring(*(message(number, f"low {number}", chat=number) for number in range(1, 131)))
    await until(lambda: front.updates.count("done") == 131, seconds=60)
    assert len(api.texts()) == 131


async def test_after_an_apology_comes_no_half_of_the_answer(front: Set, api: BotApi) -> None:
    await until(lambda: front.channel.problem is None)
    inbox = front.channel._inbox
    assert inbox is not None
    inbox._patience = 0.0
    front.engine.ready = False
    front.updates.done = failing(1, front.updates.done)  # type: ignore[method-assign]
    real = front.channel._sender.send

    async def send(*args: Any, **named: Any) -> None:
        await real(*args, **named)
        front.engine.ready = True

    front.channel._sender.send = send  # type: ignore[method-assign]
    api.bring(message(1, "contact"))
    await finished(front, 1)
    assert len(api.texts()) == 1 and not api.of("sendContact")


async def test_in_a_group_with_topics_everything_stays_in_the_topic(front: Set, api: BotApi) -> None:
    topic: Any = {"message_thread_id": 44, "is_topic_message": True}
    api.bring(message(1, "@desk_bot contact", group=-100, **topic))
    button = press(2, KNOWN, group=-100)
    button["callback_query"]["message"] |= topic
    api.bring(button)
    await finished(front, 2)
    sent = [*api.of("sendMessage"), *api.of("sendContact")]
    assert len(sent) >= 2 and {data.get("message_thread_id") for data in sent} == {"44"}


@pytest.mark.parametrize("text", ["@desk_bot2 what is the time", "write to x@desk_bot.ml", "desk_bot"])
async def test_what_is_meant_for_another_bot_is_left_to_it(front: Set, api: BotApi, text: str) -> None:
    api.bring(message(1, text, group=-100), message(2, "@Desk_Bot visa", group=-100))
    await finished(front, 2)
    assert front.engine.heard == ["visa"]


async def test_an_album_gets_one_word_and_its_caption_an_answer(front: Set, api: BotApi) -> None:
    picture: Any = {"photo": [{"file_id": "f", "file_unique_id": "u", "width": 1, "height": 1}], "media_group_id": "a"}
    api.bring(*(message(number, None, **picture) for number in range(1, 5)))
    api.bring(message(5, None, **picture, caption="visa"))
    await finished(front, 5)
    assert len(api.texts()) == 2 and front.engine.heard == ["visa"]


def test_an_update_says_its_topic_and_its_album() -> None:
    from telegram import Bot, User

    from tests.bot.channels.telegram.bot_api import ME, TOKEN

    bot, me = Bot(TOKEN), User.de_json(ME)
    album: Any = {"photo": [{"file_id": "f", "file_unique_id": "u", "width": 1, "height": 1}], "media_group_id": "a"}
    assert read(message(1, None, **album), bot, me).album == "a"
    assert read(message(1, None, **album), bot, me).kind == UNREADABLE
    assert read(message(1, "hello"), bot, me).kind == TEXT and read(message(1, "hello"), bot, me).thread is None


async def test_who_waits_while_updates_cannot_be_stored_hears_whom_to_ask_and_is_answered_later(
    api: BotApi, tmp_path: Path
) -> None:
    front = Set(tmp_path / "bot.sqlite3", api.url)
    front.channel.start()
    inbox = await inbox_of(front)
    inbox._outage = Outage(0.2)
    front.updates.keep = failing(10**6, front.updates.keep)  # type: ignore[method-assign]
    api.bring(message(1, "hello", chat=7), message(2, "bonjour", chat=8))
    await until(lambda: api.texts(7) and api.texts(8))
    assert front.channel.problem == UNSTORED
    await asyncio.sleep(1.5)
    assert [len(api.texts(chat)) for chat in (7, 8)] == [1, 1], "once is enough"
    assert "American Center" in api.texts(7)[0]
    for chat, language in ((7, "en"), (8, "fr")):
        assert api.texts(chat)[0].startswith(STRINGS["delay"][language])
        assert "send your question again" not in api.texts(chat)[0] and "renvoyer votre" not in api.texts(chat)[0]
    del front.updates.keep  # type: ignore[method-assign]
    await finished(front, 2)
    await until(lambda: len(api.texts(7)) == len(api.texts(8)) == 2)
    assert api.texts(7)[1].endswith("hello")
    assert front.channel.problem is None
    await front.channel.stop()


async def test_who_gets_no_answer_is_promised_none(api: BotApi, tmp_path: Path) -> None:
    front = Set(tmp_path / "bot.sqlite3", api.url, rate=Rate(a_second=0.1, burst=1))
    front.channel.start()
    inbox = await inbox_of(front)
    inbox._outage = Outage(0.0)
    await inbox.take(message(1, "visa", chat=7))
    await finished(front, 1)
    with unable_to_store(front):
        await inbox.tell_of_outage([message(2, "too fast", chat=7), message(3, "hello", chat=8)])
    assert len(api.texts(7)) == 1 and api.texts(8)[0].startswith(STRINGS["delay"]["en"])
    await front.channel.stop()


async def test_what_is_stored_and_waits_for_the_table_is_promised_its_answer(front: Set, api: BotApi) -> None:
    inbox = await inbox_of(front)
    inbox._outage = Outage(0.0)
    front.updates.begun = failing(1, front.updates.begun)  # type: ignore[method-assign]
    api.bring(message(1, "bonjour"))
    await finished(front, 1)
    promise, answer = api.texts()
    assert promise.startswith(STRINGS["delay"]["fr"]) and answer.endswith("bonjour")


async def test_who_heard_that_a_message_failed_is_not_promised_an_answer_to_it(front: Set, api: BotApi) -> None:
    inbox = await inbox_of(front)
    inbox._pause, inbox._outage = 0.05, Outage(0.0)
    front.updates.set_aside = failing(1, front.updates.set_aside)  # type: ignore[method-assign]
    api.bring(message(1, "poison"))
    await finished(front, 1)
    assert api.texts() and not any(text.startswith(STRINGS["delay"]["fr"]) for text in api.texts())


async def test_a_table_that_is_away_at_the_start_is_told_and_read_when_it_comes(api: BotApi, tmp_path: Path) -> None:
    before = Set(tmp_path / "bot.sqlite3", api.url)
    before.updates.keep(1, "7", message(1, "from before"))
    front = Set(tmp_path / "bot.sqlite3", api.url)
    calls = {name: getattr(front.updates, name) for name in ("chats", "keep")}
    for name in calls:
        setattr(front.updates, name, failing(1_000_000, calls[name]))
    front.channel.start()
    inbox = await until(lambda: front.channel._inbox)
    inbox._outage._patience = 0.0
    api.bring(message(2, "who handles visas?"))
    await until(lambda: front.channel.problem == UNSTORED and len(api.texts()) == 1)
    assert api.texts()[0].startswith("I'm sorry")  # though the person's Telegram speaks French
    for name, real in calls.items():
        setattr(front.updates, name, real)
    await finished(front, 2)
    assert front.engine.heard == ["from before", "who handles visas?"]
    await until(lambda: front.channel.problem is None)
    await front.channel.stop()


async def test_an_update_that_is_brought_often_while_nothing_can_be_stored_counts_once(
    api: BotApi, tmp_path: Path
) -> None:
    front = Set(tmp_path / "bot.sqlite3", api.url, rate=Rate(a_second=0.1, burst=2))
    front.channel.start()
    inbox = await inbox_of(front)
    picture: Any = {"photo": [{"file_id": "f", "file_unique_id": "u", "width": 1, "height": 1}], "media_group_id": "a"}
    brought = [message(1, "visa"), press(2, KNOWN, chat=8), message(3, None, chat=9, **picture)]
    for update in brought * 2 + [message(4, "second"), message(5, "one too many")]:
        with unable_to_store(front):
            for _ in range(5):
                with pytest.raises(OperationalError):
                    await inbox.take(update)
    for update in [message(5, "one too many"), message(4, "second"), *brought]:
        for _ in range(3):
            await inbox.take(update)
    await finished(front, 5)
    assert sorted(front.engine.heard) == sorted(["visa", "second", KNOWN])
    assert api.texts(9) == [STRINGS["picture"]["fr"]]
    await until(lambda: api.texts(7).count(REFUSALS["too_many_messages"]["en"]) == 1)
    await front.channel.stop()
