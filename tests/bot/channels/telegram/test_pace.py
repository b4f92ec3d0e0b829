"""Telegram's limits are kept whatever goes out: messages, their repetitions, edits, and what was held back."""

from __future__ import annotations

import asyncio
import heapq
import time
from collections import Counter
from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path
from typing import Any

from bot.channels.telegram.pace import Pace
from tests.bot.channels.telegram.bot_api import BotApi, message, press
from tests.bot.channels.telegram.desks import Set, finished, until

CROWD, FEW = 40, 15


class Clock:
    """Time that passes only when everybody sleeps."""

    def __init__(self) -> None:
        self.now = 0.0
        self._sleepers: list[tuple[float, int, asyncio.Future[None]]] = []

    async def sleep(self, seconds: float) -> None:
        future: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        heapq.heappush(self._sleepers, (self.now + seconds, id(future), future))
        await future

    async def run(self, *work: Any) -> None:
        tasks = [asyncio.create_task(one) for one in work]
        while not all(task.done() for task in tasks):
            for _ in range(3):
                await asyncio.sleep(0)
            if self._sleepers:
                due, _, future = heapq.heappop(self._sleepers)
                self.now = max(self.now, due)
                future.set_result(None)
        await asyncio.gather(*tasks)


class Timed:
    """A pace on a clock of its own, and when each chat had its turns."""

    def __init__(self) -> None:
        self.clock = Clock()
        self.pace = Pace(lambda: self.clock.now, self.clock.sleep)
        self.turns: list[tuple[int, float]] = []

    async def send(self, chat: int, group: bool = False) -> None:
        await self.pace.turn(chat, group)
        self.turns.append((chat, round(self.clock.now, 3)))

    def of(self, chat: int) -> list[float]:
        return [when for who, when in self.turns if who == chat]


def most_in_a_second(times: Sequence[float]) -> int:
    return max(sum(at <= when < at + 0.999 for when in times) for at in times)


async def test_one_a_second_in_a_chat_twenty_a_minute_in_a_group_and_thirty_a_second_in_all() -> None:
    timed = Timed()
    chats = [timed.send(1) for _ in range(3)] + [timed.send(-1, True) for _ in range(2)]
    await timed.clock.run(*chats)
    assert [round(b - a) for a, b in zip(timed.of(1), timed.of(1)[1:])] == [1, 1]
    assert [round(b - a) for a, b in zip(timed.of(-1), timed.of(-1)[1:])] == [3]
    await timed.clock.run(*(timed.send(chat) for chat in range(100, 200)))
    assert most_in_a_second([when for _, when in timed.turns]) <= 30


async def test_a_chat_that_is_held_back_waits_alone_and_does_not_come_on_top_of_the_others() -> None:
    timed = Timed()
    for chat in range(CROWD):
        timed.pace.hold(chat, 30)
    held = [timed.send(chat) for chat in range(CROWD)]

    async def others() -> None:
        for number in range(100):
            await timed.send(1000 + number)

    async def more() -> None:
        await timed.clock.sleep(29.5)
        await asyncio.gather(*(timed.send(2000 + number) for number in range(CROWD)))

    await timed.clock.run(*held, others(), more())
    assert min(timed.of(chat)[0] for chat in range(CROWD)) >= 30
    assert timed.of(1099)[0] < 4, "nobody else waits for the held ones"
    assert most_in_a_second([when for _, when in timed.turns]) <= 30


async def test_a_machine_that_stood_still_does_not_send_all_that_is_overdue_at_once() -> None:
    timed = Timed()

    async def stand_still() -> None:
        await timed.clock.sleep(0.1)
        timed.clock.now += 1.5

    await timed.clock.run(*(timed.send(chat) for chat in range(100)), stand_still())
    assert len(timed.turns) == 100
    times = sorted(when for _, when in timed.turns)
    assert min(b - a for a, b in pairwise(times)) > 0.036


async def test_a_chat_that_is_held_while_it_stands_in_the_line_waits() -> None:
    timed = Timed()

    async def hold() -> None:
        await timed.clock.sleep(0.1)
        timed.pace.hold(19, 5)

    await timed.clock.run(*(timed.send(chat) for chat in range(20)), hold())
    assert timed.of(19)[0] >= 5


async def test_repetitions_and_marked_thumbs_take_their_turn_too(api: BotApi, tmp_path: Path) -> None:
    pace, turns = Pace(), Counter[int]()
    real = pace.turn

    async def turn(chat: int, group: bool) -> None:
        await real(chat, group)
        turns[chat] += 1

    pace.turn = turn  # type: ignore[method-assign]
    front = Set(tmp_path / "bot.sqlite3", api.url, pace=pace)
    front.channel.start()
    await until(lambda: front.channel.problem is None)
    calls: Counter[int] = Counter()
    times: list[float] = []

    def note(method: str, data: dict[str, Any]) -> None:
        if method in ("sendmessage", "editmessagereplymarkup"):
            calls[int(data["chat_id"])] += 1
            times.append(time.monotonic())
            assert calls[int(data["chat_id"])] == turns[int(data["chat_id"])], "sent without a turn"

    api.before = note
    for _ in range(FEW):
        api.fail("sendMessage", 502, "Bad Gateway")
        api.fail("editMessageReplyMarkup", 429, "Too Many Requests: retry after 1", retry_after=1)
    api.bring(*(message(number, "visa", chat=number) for number in range(1, FEW + 1)))
    await finished(front, FEW)
    api.bring(*(press(100 + number, f"t:u:{number}:0", chat=number) for number in range(1, FEW + 1)))
    await finished(front, 2 * FEW)
    await front.channel.stop()
    assert calls == turns == dict.fromkeys(range(1, FEW + 1), 4)
    assert times[-1] - times[0] >= (4 * FEW - 2) / 30, "more than 30 a second"
