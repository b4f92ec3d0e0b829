"""Floods, poison, a missing model and a failing table: everybody hears something, and nobody waits for others."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy.exc import OperationalError

from bot.channels.telegram.inbox import MOST_OF_A_CHAT
from bot.channels.telegram.incoming import BROKEN, read
from bot.limits import Rate
from bot.store.updates import ASIDE, DONE, WAITING
from bot.wording import REFUSALS
from tests.bot.channels.telegram.bot_api import BotApi, message, press
from tests.bot.channels.telegram.desks import KNOWN, Set, finished, inbox_of, until

TOO_FAST = REFUSALS["too_many_messages"]
CONTACT = "+223 2070 2424"


def apologies(front: Set, api: BotApi) -> list[str]:
    return [text for text in api.texts() if "renvoyer votre question" in text]


@pytest.fixture
async def hurried(api: BotApi, tmp_path: Path) -> AsyncIterator[Set]:
    """A channel where a person may write twice at once, and then every ten seconds."""
    front = Set(tmp_path / "bot.sqlite3", api.url, rate=Rate(a_second=0.1, burst=2))
    front.channel.start()
    yield front
    await front.channel.stop()


async def test_a_chat_that_floods_keeps_nobody_else_waiting_and_is_told_once(hurried: Set, api: BotApi) -> None:
    inbox = await inbox_of(hurried)
    for number in range(2200):
        await inbox.take(message(number + 1, "slow"))
    await inbox.take(message(5000, "visa", chat=8))
    await until(lambda: api.texts(8) == ["&lt;b&gt;visa"])
    await finished(hurried, 2201)
    assert sorted(api.texts(7)) == ["&lt;b&gt;slow", "&lt;b&gt;slow", TOO_FAST["fr"]]


async def test_what_gathered_while_the_server_was_away_is_all_answered_in_order(hurried: Set, api: BotApi) -> None:
    inbox = await inbox_of(hurried)
    api.bring(*(message(number, f"question {number}", date=1_000 + 120 * number) for number in range(1, 71)))
    await until(lambda: hurried.updates.count(DONE) == 70, seconds=40)
    assert [text[9:] for text in api.texts()] == [f"question {number}" for number in range(1, 71)]
    await until(lambda: inbox.waiting == 0)


async def test_of_a_long_line_only_the_beginning_is_in_memory_and_none_of_it_is_lost_by_a_restart(
    front: Set, api: BotApi, tmp_path: Path
) -> None:
    inbox = await inbox_of(front)
    for number in range(1, 61):
        await inbox.take(message(number, f"question {number}"))
        assert len(inbox._queues["7"]) <= MOST_OF_A_CHAT
    await front.channel.stop()
    again = Set(tmp_path / "bot.sqlite3", api.url)
    again.channel.start()
    await until(lambda: again.updates.count(WAITING) == 0, seconds=40)
    await again.channel.stop()
    numbers = [int(text.split()[-1]) for text in api.texts()]
    assert numbers == list(range(1, 61))


async def test_in_a_group_one_person_s_haste_silences_nobody_else(hurried: Set, api: BotApi) -> None:
    inbox = await inbox_of(hurried)
    for number in range(5):
        await inbox.take(message(number + 1, f"@desk_bot a{number}", chat=7, group=-5))
        await inbox.take(message(number + 11, f"@desk_bot b{number}", chat=9, group=-5, date=1 + number * 60))
    await finished(hurried, 10)
    heard = sorted(hurried.engine.heard)
    assert heard == ["a0", "a1", "b0", "b1", "b2", "b3", "b4"]


async def test_who_wrote_too_fast_is_heard_again_and_a_minute_later_told_again(hurried: Set, api: BotApi) -> None:
    inbox = await inbox_of(hurried)
    now = 0.0
    inbox._hurry._limiter._clock = lambda: now
    english: Any = {"from": {"id": 7, "is_bot": False, "first_name": "Ann", "language_code": "en"}}
    for first in (1, 11):
        for number in range(4):
            await inbox.take(message(first + number, f"fast {first + number}", date=1000 + first * 30, **english))
        await until(lambda: inbox.waiting == 0 and hurried.updates.count(WAITING) == 0)
        now += 61
    assert hurried.engine.heard == ["fast 1", "fast 2", "fast 11", "fast 12"]
    await until(lambda: api.texts().count(TOO_FAST["en"]) == 2)


async def test_who_writes_too_fast_is_told_so_in_the_language_of_the_message(hurried: Set, api: BotApi) -> None:
    inbox = await inbox_of(hurried)
    for number in range(4):
        await inbox.take(message(number + 1, "where is the press office?"))
    await finished(hurried, 4)
    await until(lambda: TOO_FAST["en"] in api.texts())
    assert TOO_FAST["fr"] not in api.texts()


async def test_a_press_too_many_is_told_so_where_it_was_made(hurried: Set, api: BotApi) -> None:
    inbox = await inbox_of(hurried)
    for number in range(3):
        await inbox.take(press(number + 1, KNOWN))
    await finished(hurried, 3)
    calls = await until(lambda: len(api.of("answerCallbackQuery")) == 3 and api.of("answerCallbackQuery"))
    assert sorted(str(call.get("text")) for call in calls) == ["None", "None", TOO_FAST["fr"]]
    assert TOO_FAST["fr"] not in api.texts()


async def test_what_a_group_says_to_itself_takes_no_place_and_gets_no_word(hurried: Set, api: BotApi) -> None:
    inbox = await inbox_of(hurried)
    for number in range(10):
        await inbox.take(message(10 + number, "chatter", group=-5))
    await inbox.take(message(30, "@desk_bot slow", group=-5))
    await finished(hurried, 11)
    assert [text[9:] for text in api.texts()] == ["slow"]


async def test_beyond_the_rate_limit_there_is_a_polite_word_and_no_endless_retry(hurried: Set, api: BotApi) -> None:
    api.bring(*(message(number, str(number)) for number in range(1, 5)))
    await finished(hurried, 4)
    await until(lambda: len(api.texts()) == 3)
    assert sorted(api.texts()) == ["&lt;b&gt;1", "&lt;b&gt;2", TOO_FAST["fr"]]


async def test_where_many_write_a_message_waits_a_moment_and_is_answered(front: Set, api: BotApi) -> None:
    front.engine.crowded = 1
    api.bring(message(1, "patient"))
    await finished(front, 1)
    assert api.texts() == ["&lt;b&gt;patient"]


@pytest.mark.parametrize(
    "nonsense",
    [
        {"update_id": 1, "message": {"chat": "nonsense"}},
        {"update_id": 1, "message": "nonsense"},
        {"update_id": 1, "callback_query": {"message": []}},
        {"update_id": "1"},
        {"update_id": 1, "message": {"message_id": 1, "date": 1, "chat": {"id": 7, "type": "private"}, "text": 5}},
    ],
)
async def test_an_update_that_cannot_be_read_stops_no_polling(front: Set, api: BotApi, nonsense: Any) -> None:
    real = BotApi._result

    async def mixed(method: str, data: dict[str, Any]) -> Any:
        found = await real(api, method, data)
        first = method == "getupdates" and not int(data.get("offset") or 0)
        return [nonsense, *found] if first else found

    api._result = mixed  # type: ignore[method-assign]
    api.bring(message(2, "real", chat=8))
    await until(lambda: api.texts(8) == ["&lt;b&gt;real"])
    assert front.channel.problem is None


async def test_what_is_set_aside_gets_one_apology_with_contacts_and_is_kept_for_staff(front: Set, api: BotApi) -> None:
    inbox = await inbox_of(front)
    inbox._pause = 0.02
    api.bring(message(1, "poison"), message(2, "next"))
    await finished(front, 2)
    (apology,) = apologies(front, api)
    assert CONTACT in apology
    assert api.texts() == [apology, "&lt;b&gt;next"]
    assert front.engine.heard == ["poison"] * 3 + ["next"]
    with front.updates._engine.connect() as connection:
        (row,) = connection.exec_driver_sql("select payload from telegram_updates where state = 'aside'")
    assert json.loads(row.payload)["message"]["text"] == "poison"
    front.updates.forget("7")
    assert front.updates.count(ASIDE) == 0


async def test_a_person_whose_message_the_library_cannot_read_gets_a_word_too(front: Set, api: BotApi) -> None:
    (await inbox_of(front))._pause = 0.02
    broken = message(1, "x")
    broken["message"]["entities"] = "nonsense"
    api.bring(broken)
    await finished(front, 1)
    assert len(apologies(front, api)) == 1


async def test_in_a_group_what_cannot_be_read_gets_no_word(front: Set) -> None:
    inbox = await inbox_of(front)
    broken = message(1, "x", group=-5)
    broken["message"]["entities"] = "nonsense"
    what = read(broken, inbox._bot, inbox._me)
    assert (what.kind, what.chat) == (BROKEN, 0)


async def test_an_apology_that_telegram_refuses_does_not_stop_the_chat(front: Set, api: BotApi) -> None:
    (await inbox_of(front))._pause = 0.02
    api.fail("sendMessage", 400, "Bad Request: chat not found")
    api.bring(message(1, "poison"), message(2, "next"))
    await finished(front, 2)
    assert [text[9:] for text in api.texts()][-1] == "next"


async def test_without_a_model_people_soon_hear_whom_to_ask(front: Set, api: BotApi) -> None:
    inbox = await inbox_of(front)
    inbox._patience, inbox._pause = 0.3, 0.02
    front.engine.ready = False
    api.bring(message(1, "visa"))
    await finished(front, 1)
    assert CONTACT in apologies(front, api)[0]
    assert api.of("sendChatAction"), "while it is waited for a model"
    front.engine.ready = True
    api.bring(message(2, "visa"))
    await finished(front, 2)
    assert [text[9:] for text in api.texts()][-1] == "visa"
    assert len(apologies(front, api)) == 1


async def test_a_model_that_comes_a_moment_later_still_answers(front: Set, api: BotApi) -> None:
    inbox = await inbox_of(front)
    inbox._pause = 0.02
    front.engine.ready = False
    api.bring(message(1, "visa"))
    await until(lambda: inbox._stuck)
    front.engine.ready = True
    await finished(front, 1)
    assert api.texts() == ["&lt;b&gt;visa"]


@pytest.mark.parametrize("step", ["sent", "done"])
async def test_a_table_that_fails_for_a_moment_neither_stops_a_chat_nor_doubles_an_answer(
    front: Set, api: BotApi, step: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    (await inbox_of(front))._pause = 0.02
    real, failures = getattr(front.updates, step), [OperationalError("locked", {}, Exception())]

    def failing(*arguments: Any) -> None:
        if failures:
            raise failures.pop()
        real(*arguments)

    monkeypatch.setattr(front.updates, step, failing)
    api.bring(message(1, "one"), message(2, "two"))
    await finished(front, 2)
    assert [text[9:] for text in api.texts()] == ["one", "two"]


async def test_half_a_character_is_no_obstacle(front: Set, api: BotApi) -> None:
    inbox = await inbox_of(front)
    await inbox.take(message(1, "visa \ud83d"))
    await finished(front, 1)
    assert len(api.texts()) == 1 and not apologies(front, api)
