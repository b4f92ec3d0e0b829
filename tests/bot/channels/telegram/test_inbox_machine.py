"""Whatever order updates come in, how often, and whenever the server dies: each is answered, and once."""

from __future__ import annotations

import asyncio
import tempfile
from collections import Counter
from functools import lru_cache
from pathlib import Path
from typing import Any, cast

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule
from sqlalchemy import select
from telegram import Bot, User

from bot.channels.telegram.desk import Desk
from bot.channels.telegram.inbox import Inbox
from bot.channels.telegram.incoming import Incoming
from bot.channels.telegram.rendering import Outgoing
from bot.channels.telegram.sender import Sender
from bot.store.database import TELEGRAM_UPDATES as UPDATES
from bot.store.database import open_database
from bot.store.updates import ASIDE, DONE, MOST_DEATHS, UpdateStore
from tests.bot.channels.telegram.bot_api import ME, TOKEN, message

CHATS = 3
PIECES = 2


@lru_cache(maxsize=1)
def the_bot() -> Bot:
    return Bot(TOKEN)


class Telegram:
    """What has reached people; the line may be down, and a killed server sends nothing more."""

    def __init__(self) -> None:
        self.sent: list[tuple[int, str]] = []
        self.down = 0

    async def send(self, chat: int, outgoing: Outgoing, **more: Any) -> None:
        await asyncio.sleep(0)
        while self.down:
            self.down -= 1
            await asyncio.sleep(0.001)
        self.sent.append((chat, outgoing.html))

    async def typing(self, chat: int) -> None:
        pass


class Echo:
    """A desk that answers each update with two messages that name it; where that cannot be, with one."""

    async def apology(self, what: Incoming) -> list[Outgoing]:
        return [Outgoing(f"{what.text}/sorry")]

    async def delay(self, what: Incoming) -> list[Outgoing]:
        return [Outgoing(f"{what.text}/late")]

    async def answer(self, update_id: int, what: Incoming) -> list[Outgoing]:
        await asyncio.sleep(0)
        return [Outgoing(f"{update_id}/{piece}") for piece in range(PIECES)]


class InboxMachine(RuleBasedStateMachine):
    """Updates are delivered, repeated and reordered; the server crashes between any two steps and starts again."""

    def __init__(self) -> None:
        super().__init__()
        self.loop = asyncio.new_event_loop()
        self.folder = tempfile.TemporaryDirectory()
        self.engine = open_database(f"sqlite:///{Path(self.folder.name) / 'bot.sqlite3'}")
        self.telegram = Telegram()
        self.updates = UpdateStore(self.engine)
        self.taken: list[int] = []
        self.doubtful = 0
        self.start()

    def start(self) -> None:
        bot, me = the_bot(), User.de_json(ME, None)
        desk, sender = cast(Desk, Echo()), cast(Sender, self.telegram)
        self.inbox = Inbox(bot, me, desk, self.updates, sender, seconds_until_next_try=0.001)
        self.loop.run_until_complete(self.inbox.resume())

    @rule(update_id=st.integers(1, 12))
    def deliver(self, update_id: int) -> None:
        """In any order, and again where the number was drawn before."""
        self.loop.run_until_complete(self.inbox.take(message(update_id, str(update_id), chat=1 + update_id % CHATS)))
        if update_id not in self.taken:
            self.taken.append(update_id)

    @rule(turns=st.integers(1, 40))
    def go_on(self, turns: int) -> None:
        async def some() -> None:
            for _ in range(turns):
                await asyncio.sleep(0.0002)

        self.loop.run_until_complete(some())

    @rule(times=st.integers(1, 20))
    def the_line_is_down(self, times: int) -> None:
        self.telegram.down = times

    @rule()
    def crash(self) -> None:
        """Nothing is tidied up: what is under way is gone, what is stored is all that is left."""
        for task in asyncio.all_tasks(self.loop):
            task.cancel()
        self.loop.run_until_complete(asyncio.sleep(0))
        self.loop.run_until_complete(self.loop.shutdown_default_executor())
        self.loop.close()
        self.loop = asyncio.new_event_loop()
        noted = sum(update.sent for update in self.updates.waiting()) + PIECES * self.updates.count(DONE)
        noted += self.updates.count(ASIDE)
        before, self.doubtful = self.doubtful, len(self.telegram.sent) - noted
        assert self.doubtful <= before + CHATS, "more than one message of a chat was on its way"
        self.start()

    @precondition(lambda self: self.taken)
    @rule()
    def wait_until_all_is_quiet(self) -> None:
        async def quiet() -> None:
            for _ in range(20_000):
                if not self.inbox.waiting:
                    return
                await asyncio.sleep(0.001)
            raise AssertionError("an update is never answered")

        self.loop.run_until_complete(quiet())
        aside = self.set_aside()
        assert self.updates.count(DONE) + len(aside) == len(self.taken)
        reached = set(self.telegram.sent)
        answers = {(1 + n % CHATS, f"{n}/{piece}") for n in self.taken if n not in aside for piece in range(PIECES)}
        assert answers | {(1 + n % CHATS, f"{n}/sorry") for n in aside} <= reached
        assert all(int(html.partition("/")[0]) in aside for _, html in reached - answers)

    def set_aside(self) -> set[int]:
        """Only what was being answered at each of so many crashes may be."""
        with self.engine.connect() as connection:
            rows = connection.execute(select(UPDATES).where(UPDATES.c.state == ASIDE)).all()
        assert all(row.tries >= MOST_DEATHS for row in rows)
        return {row.update_id for row in rows}

    @invariant()
    def only_what_was_not_noted_at_a_crash_comes_twice(self) -> None:
        doubled = sum(count - 1 for count in Counter(self.telegram.sent).values())
        assert doubled <= max(0, self.doubtful)

    @invariant()
    def the_pieces_of_an_answer_come_in_order(self) -> None:
        first = list(dict.fromkeys(html for _, html in self.telegram.sent))
        for number in self.taken:
            mine = [html for html in first if html.startswith(f"{number}/") and not html.endswith("sorry")]
            assert mine == [f"{number}/{piece}" for piece in range(len(mine))]

    def teardown(self) -> None:
        self.wait_until_all_is_quiet()
        self.loop.run_until_complete(self.inbox.stop())
        self.loop.run_until_complete(self.loop.shutdown_default_executor())
        self.loop.close()
        self.engine.dispose()
        self.folder.cleanup()


TestInbox = InboxMachine.TestCase
TestInbox.settings = settings(
    max_examples=25, stateful_step_count=25, deadline=None, suppress_health_check=list(HealthCheck)
)


def test_what_comes_again_while_its_line_is_read_after_a_start_is_answered() -> None:
    for _ in range(20):
        machine = InboxMachine()
        try:
            machine.deliver(1)
            machine.crash()
            machine.deliver(1)
            machine.wait_until_all_is_quiet()
        finally:
            machine.teardown()
