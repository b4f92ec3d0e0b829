"""A Bot API that takes calls and never answers: who waits for it waits no longer than a time-out, and nobody else."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import AsyncIterator
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from bot.store.updates import ASIDE
from tests.bot.channels.telegram.bot_api import BotApi, message, press
from tests.bot.channels.telegram.desks import KNOWN, Set, finished, until

TIME_OUT, FIRST_WAIT = 0.4, 0.05


@pytest.fixture
def unstarted(api: BotApi, tmp_path: Path) -> Set:
    return Set(tmp_path / "bot.sqlite3", api.url, times={"seconds_of_a_call": TIME_OUT, "first_wait": FIRST_WAIT})


@pytest.fixture
async def front(unstarted: Set) -> AsyncIterator[Set]:
    unstarted.channel.start()
    await until(lambda: unstarted.channel.problem is None)
    yield unstarted
    await unstarted.channel.stop()


async def test_a_message_is_sent_again_after_longer_and_longer_pauses_and_only_as_often_as_it_got_no_answer(
    front: Set, api: BotApi
) -> None:
    times: list[float] = []
    api.before = lambda method, data: times.append(time.monotonic()) if method == "sendmessage" else None
    api.hang("sendMessage", 3)
    api.bring(message(1, "one"), message(2, "two"))
    await finished(front, 2)
    assert [text[9:] for text in api.texts()] == ["one"] * 4 + ["two"], "in order, and none lost"
    # Each try is waited for until it times out; then comes the pause, twice as long each time, or the chat's own pace.
    gaps = [b - a for a, b in pairwise(times)]
    # On a busy machine a call arrives late, so that the next one seems to come too soon.
    late = TIME_OUT / 2
    assert all(gap > TIME_OUT + FIRST_WAIT * 2**tries - late for tries, gap in enumerate(gaps[:3]))
    assert sum(gaps[:3]) > 3 * TIME_OUT + FIRST_WAIT * (1 + 2 + 4) - late
    assert front.updates.count(ASIDE) == 0 and front.engine.heard == ["one", "two"]
    assert front.channel.problem is None


async def test_other_chats_go_on_meanwhile(front: Set, api: BotApi) -> None:
    def hold(method: str, data: dict[str, Any]) -> None:
        if method == "sendmessage" and data["chat_id"] == "7":
            api.hang("sendMessage")

    api.before = hold
    api.bring(message(1, "held"), *(message(number, "free", chat=number) for number in range(8, 28)))
    began = time.monotonic()
    await until(lambda: len(api.texts()) - len(api.texts(7)) == 20)
    # 30 a second is what Telegram takes; the rest is a busy machine.
    assert time.monotonic() - began < 3
    assert Counter(text for chat in range(8, 28) for text in api.texts(chat)) == {"&lt;b&gt;free": 20}
    api.before = lambda method, data: None
    await finished(front, 21)


@pytest.mark.parametrize("method", ["getUpdates", "answerCallbackQuery", "editMessageText", "sendChatAction"])
async def test_whatever_hangs_an_update_is_answered_in_the_end(front: Set, api: BotApi, method: str) -> None:
    api.hang(method)
    api.bring(press(1, "s:press"), message(2, "slow"), press(3, KNOWN, chat=8))
    await finished(front, 3)
    assert [text[9:] for text in api.texts(7)] == ["slow"]
    assert [text[9:] for text in api.texts(8)] == [KNOWN]
    assert len(api.of("editMessageText")) == (2 if method == "editMessageText" else 1)


@pytest.mark.parametrize("method", ["getMe", "deleteWebhook", "setMyCommands"])
async def test_at_the_start_it_is_tried_again_too(unstarted: Set, api: BotApi, method: str) -> None:
    api.hang(method, 2)
    unstarted.channel.start()
    api.bring(message(1, "one"))
    await finished(unstarted, 1)
    assert [text[9:] for text in api.texts()] == ["one"]
    await until(lambda: len(api.of("setMyCommands")) >= 3)
    await unstarted.channel.stop()


async def test_a_stop_does_not_wait_for_what_hangs_longer_than_promised(
    unstarted: Set, api: BotApi, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bot.channels.telegram.inbox.SECONDS_TO_FINISH", 0.5)
    unstarted.channel.start()
    await until(lambda: unstarted.channel.problem is None)
    api.hang("sendMessage", 1000)
    api.bring(message(1, "one"))
    await until(lambda: api.texts())
    began = time.monotonic()
    await unstarted.channel.stop()
    assert time.monotonic() - began < 2
    assert len(unstarted.updates.waiting()) == 1, "it is answered after the next start"
