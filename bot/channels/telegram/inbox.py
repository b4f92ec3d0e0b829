"""Works through the stored updates: those of one chat in order, those of different ones side by side."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import time
from collections import deque
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine, Sequence
from typing import Any

from sqlalchemy.exc import SQLAlchemyError
from telegram import Bot, User
from telegram.error import BadRequest, Forbidden, TelegramError

from bot.channels.telegram.desk import Desk, NotNowError, is_about_forgetting, is_thumb
from bot.channels.telegram.door import AGAIN, ANSWER, NO_ANSWER, TOO_FAST, Door
from bot.channels.telegram.hurry import Hurry
from bot.channels.telegram.incoming import BROKEN, NOTHING, PRESS, Incoming, read
from bot.channels.telegram.outage import Outage
from bot.channels.telegram.rendering import Outgoing
from bot.channels.telegram.sender import Sender
from bot.channels.telegram.typing_sign import typing_beside
from bot.limits import Rate
from bot.store.updates import MOST_DEATHS, MOST_TRIES, StoredUpdate, UpdateStore
from bot.tasks import end

logger = logging.getLogger(__name__)

LARGEST_ID = 2**63
MOST_WAITING = 2000
MOST_OF_A_CHAT = 20
"""So many updates of one chat are in memory; the others wait in the table."""
SECONDS_UNTIL_NEXT_TRY = 1.0
SECONDS_UNTIL_APOLOGY = 10.0
SECONDS_IN_DOUBT = 0.5
SECONDS_UNTIL_STORED = 0.01
"""After so long what was arriving is looked for again."""
SECONDS_TO_FINISH = 5.0
"""So long a stop waits for what is being sent: cut off, it would be sent again after the start."""


class InboxFullError(RuntimeError):
    """Too many updates wait; Telegram keeps the rest and brings them again."""


class Inbox:
    """Takes updates in durably and sees to it that each is answered once.

    Between a message's arrival at Telegram and the note that it was sent there is a moment in which a killed server
    cannot know of it; then that one message is sent again, since the Bot API has no way to ask.
    """

    def __init__(
        self,
        bot: Bot,
        me: User,
        desk: Desk,
        updates: UpdateStore,
        sender: Sender,
        *,
        most_waiting: int = MOST_WAITING,
        most_of_a_chat: int = MOST_OF_A_CHAT,
        rate: Rate | None = None,
        seconds_until_next_try: float = SECONDS_UNTIL_NEXT_TRY,
        seconds_until_apology: float = SECONDS_UNTIL_APOLOGY,
    ) -> None:
        """What answers and sends, where updates are kept, and how much is taken.

        ``most_waiting`` updates may be in memory, ``most_of_a_chat`` of one chat; ``rate`` is how fast a person may
        write, None for no limit; an update that fails is tried again after ``seconds_until_next_try``; where none can
        be answered the chat is told so after ``seconds_until_apology``.
        """
        self._bot, self._me, self._desk, self._updates, self._sender = bot, me, desk, updates, sender
        self._most_waiting, self._most_of_a_chat = most_waiting, most_of_a_chat
        self._pause, self._patience = seconds_until_next_try, seconds_until_apology
        self._hurry = Hurry(rate)
        self._door = Door(self._hurry)
        self._queues: dict[str, deque[StoredUpdate]] = {}
        self._unread: dict[str, int] = {}
        """Chats with updates in the table that are not in memory, and how often one came since that was so."""
        self._tasks: set[asyncio.Task[None]] = set()
        self._sent: dict[int, int] = {}
        self._arriving: set[int] = set()
        """What is being stored: it may be in the table already, but belongs to whoever stores it."""
        self._acknowledged: set[int] = set()
        self._stuck: dict[str, float] = {}
        self._sorry: set[int] = set()
        self._tries: dict[int, int] = {}
        self._outage = Outage(seconds_until_apology)
        self._alone = asyncio.Lock()
        self._resumed = 0.0
        self._stopping = False

    async def resume(self) -> None:
        """Goes on with what an earlier run of the server left unanswered; SQLAlchemyError: the table failed."""
        chats = await asyncio.to_thread(self._updates.chats)
        self._resumed = time.monotonic()
        for chat in chats:
            self._go_on(chat)

    async def take(self, payload: dict[str, Any]) -> None:
        """Stores an update, so that it can be acknowledged when this returns; one that came before is dropped.

        Raises:
            InboxFullError: Too many wait.
            ValueError: It is no update.
        """
        if self.waiting >= self._most_waiting:
            raise InboxFullError
        await self._take(payload)
        self._outage.over()

    async def _take(self, payload: dict[str, Any]) -> None:
        update_id = payload.get("update_id")
        if not isinstance(update_id, int) or isinstance(update_id, bool) or not 0 <= update_id < LARGEST_ID:
            raise ValueError("no update_id")
        what = self._read(payload)
        chat = str(what.chat) if what.chat else ""
        verdict = await self._door.judge(update_id, chat, what)
        if verdict == NO_ANSWER:
            await asyncio.to_thread(self._updates.keep, update_id, chat, None)
        elif verdict == TOO_FAST:
            await self._turn_away(update_id, chat, what)
        elif verdict == AGAIN:
            if await asyncio.to_thread(self._updates.keep, update_id, chat, None):
                self._begin(self._acknowledge(what))
        elif await self._keep(update_id, chat, payload):
            self._acknowledge_press(update_id, what)
            self._go_on(chat, StoredUpdate(update_id, chat, payload))

    async def tell_of_outage(self, payloads: Sequence[Any]) -> None:
        """Tells chats whose updates could not be stored for a while that they are answered: Telegram brings them again.

        What gets no answer is promised none.
        """
        for payload in payloads:
            with contextlib.suppress(AttributeError, KeyError, RecursionError, TypeError, ValueError):
                what = self._read(payload)
                if await self._door.judge(payload["update_id"], str(what.chat or ""), what) == ANSWER:
                    await self._tell_of_delay(what)

    @property
    def waiting(self) -> int:
        """Updates in memory that are not answered yet, and chats with more of them in the table."""
        return sum(len(queue) for queue in self._queues.values()) + len(self._unread)

    async def stop(self) -> None:
        """Ends what is being answered and begins nothing new; what is unanswered stays stored."""
        self._stopping = True
        if self._tasks:
            await asyncio.wait(list(self._tasks), timeout=SECONDS_TO_FINISH)
        await end(*self._tasks)

    def _read(self, payload: dict[str, Any]) -> Incoming:
        return read(payload, self._bot, self._me)

    async def _keep(self, update_id: int, chat: str, payload: dict[str, Any]) -> bool:
        self._arriving.add(update_id)
        try:
            return await asyncio.to_thread(self._updates.keep, update_id, chat, payload)
        finally:
            self._arriving.discard(update_id)

    def _go_on(self, chat: str, update: StoredUpdate | None = None) -> None:
        """Sees to it that what the table holds of a chat is answered, or this one update, if it is all there is."""
        idle = chat not in self._queues
        if not self._resumed:
            update = None  # the table may hold older ones of this chat, which come first
        if update is None or not idle:
            self._unread[chat] = self._unread.get(chat, 0) + 1
        if idle:
            self._queues[chat] = deque() if update is None else deque([update])
            self._begin(self._work(chat))

    def _acknowledge_press(self, update_id: int, what: Incoming) -> None:
        """Once, and not in the chat's line: the button shows that it waits until this is said."""
        if what.kind == PRESS and update_id not in self._acknowledged:
            self._acknowledged.add(update_id)
            self._begin(self._acknowledge(what))

    def _begin(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _turn_away(self, update_id: int, chat: str, what: Incoming) -> None:
        """What comes too fast gets a word at most once a minute, and counts as answered."""
        if not await asyncio.to_thread(self._updates.keep, update_id, chat, None):
            return
        if what.kind == PRESS:
            self._begin(self._acknowledge(what, await self._desk.too_fast(what)))
        elif what.kind != BROKEN and await self._hurry.is_to_be_told(chat):
            self._begin(self._try_to_send(what, [Outgoing(await self._desk.too_fast(what))]))

    async def _work(self, chat: str) -> None:
        queue = self._queues[chat]
        while not self._stopping and (queue or await self._read_on(chat, queue)):
            try:
                finished = await self._finish(queue[0])
            except SQLAlchemyError as error:
                logger.error("The inbox's table failed: %s; it is tried again.", type(error).__name__)
                if not self._already_sent(queue[0]):
                    await self._tell_of_delay(self._read(queue[0].payload))
                await asyncio.sleep(self._pause)
                continue
            self._outage.over()
            if finished:
                update = queue.popleft()
                self._sent.pop(update.id, None)
                self._sorry.discard(update.id)
                self._tries.pop(update.id, None)
                self._acknowledged.discard(update.id)
        del self._queues[chat]
        self._stuck.pop(chat, None)

    async def _read_on(self, chat: str, queue: deque[StoredUpdate]) -> bool:
        """Fills a chat's empty line from the table; False where there is nothing left to answer."""
        while not self._stopping and (seen := self._unread.get(chat)):
            try:
                found = await asyncio.to_thread(self._updates.waiting, chat, self._most_of_a_chat)
            except SQLAlchemyError as error:
                logger.error("The inbox's table failed: %s; it is tried again.", type(error).__name__)
                await asyncio.sleep(self._pause)
                continue
            settled = [update for update in found if update.id not in self._arriving]
            more = len(found) == self._most_of_a_chat or len(settled) < len(found)
            found = settled
            # What was stored while the table was read may be missing from what was found; what arrives may be there
            # already and only come again, then nobody but this line answers it.
            if not more and self._unread[chat] == seen:
                del self._unread[chat]
            for update in found:
                self._acknowledge_press(update.id, self._read(update.payload))
            queue.extend(found)
            if found:
                return True
            if more:
                await asyncio.sleep(SECONDS_UNTIL_STORED)
        return False

    async def _finish(self, update: StoredUpdate) -> bool:
        """Answers an update; False where it must be tried again.

        Raises:
            SQLAlchemyError: The inbox's table failed, which is no fault of the update: it is tried again.
        """
        what = self._read(update.payload)
        if update.tries >= MOST_DEATHS:
            return await self._give_up(update, what)
        try:
            await self._answer(update, what)
        except NotNowError:
            self._begin(self._sender.typing(what.chat, what.thread))
            await asyncio.sleep(self._pause)
            return False
        except SQLAlchemyError:
            raise
        except Forbidden:
            logger.info("A person blocked the bot or left; nothing more is sent for update %d.", update.id)
        except Exception as error:  # noqa: BLE001  (a poisonous update must not stop its chat)
            # Its text stays out of the log: it is a person's.
            logger.error("Update %d failed: %s", update.id, type(error).__name__)
            tries = self._tries.pop(update.id, 0) or await asyncio.to_thread(self._updates.begun, update.id)
            if tries < MOST_TRIES:
                await asyncio.sleep(self._pause)
                return False
            return await self._give_up(update, what)
        await asyncio.to_thread(self._updates.done, update.id)
        if what.kind == PRESS and is_about_forgetting(what.text):
            await asyncio.to_thread(self._updates.leave_no_trace)
        return True

    async def _give_up(self, update: StoredUpdate, what: Incoming) -> bool:
        logger.error("Update %d is set aside after its last try.", update.id)
        self._door.presses.forget(what)
        # First the word, then the note: what dies in between says it twice, not never.
        await self._apologise(what, self._desk.apology)
        self._outage.told(update.chat)
        await asyncio.to_thread(self._updates.set_aside, update.id)
        return True

    @contextlib.asynccontextmanager
    async def _counted(self, update: StoredUpdate) -> AsyncIterator[None]:
        """Around what may fail or even kill the server: the try is counted before it is made.

        What was under way when the server died is tried one after the other, so that it counts for the one that
        killed it and not for those beside it; what was so again, a while after the start, when others are answered.
        """
        if update.tries > 1:
            until = self._resumed + SECONDS_IN_DOUBT * 2 ** (update.tries - 2)
            await asyncio.sleep(max(0.0, until - time.monotonic()))
        async with self._alone if update.tries else contextlib.nullcontext():
            self._tries[update.id] = await asyncio.to_thread(self._updates.begun, update.id)
            try:
                yield
            except (NotNowError, SQLAlchemyError):
                await self._went_well(update)
                raise
            await self._went_well(update)

    async def _went_well(self, update: StoredUpdate) -> None:
        await asyncio.to_thread(self._updates.went_well, update.id)
        del self._tries[update.id]

    async def _answer(self, update: StoredUpdate, what: Incoming) -> None:
        if what.kind == NOTHING:
            return
        if what.kind == PRESS and is_thumb(what.text):
            await self._thumb(update, what)
            return
        for number, message in enumerate(await self._messages(update, what)):
            if number < self._already_sent(update):
                continue
            try:
                await self._send(what, message, first=number == 0)
            except BadRequest as error:
                logger.warning("Telegram did not take a message for update %d: %s", update.id, error)
                if message.card is None:
                    raise
            self._sent[update.id] = number + 1
            await asyncio.to_thread(self._updates.sent, update.id, number + 1)

    async def _messages(self, update: StoredUpdate, what: Incoming) -> list[Outgoing]:
        if update.id in self._sorry:
            return []  # the apology went out, only the note of it failed; the rest of an answer alone would mislead
        try:
            async with self._counted(update), typing_beside(self._sender, what):
                messages = await self._desk.answer(update.id, what)
        except NotNowError as error:
            now = time.monotonic()
            if now - self._stuck.setdefault(update.chat, now) < self._patience:
                raise
            self._sorry.add(update.id)
            self._door.presses.forget(what)
            return error.words
        self._stuck.pop(update.chat, None)
        return messages

    async def _send(self, what: Incoming, message: Outgoing, *, first: bool) -> None:
        reply_to = what.message if what.group and what.kind != PRESS and first else None
        await self._sender.send(what.chat, message, group=what.group, reply_to=reply_to, thread=what.thread)

    async def _try_to_send(self, what: Incoming, messages: list[Outgoing]) -> None:
        """Sends what need not arrive where Telegram refuses it."""
        try:
            for number, message in enumerate(messages):
                await self._send(what, message, first=number == 0)
        except TelegramError as error:
            logger.warning("A word to a person could not be sent: %s", type(error).__name__)

    async def _tell_of_delay(self, what: Incoming) -> None:
        if what.kind not in (BROKEN, NOTHING, PRESS) and self._outage.is_to_be_told(str(what.chat)):
            await self._apologise(what, self._desk.delay)

    async def _apologise(self, what: Incoming, words: Callable[[Incoming], Awaitable[list[Outgoing]]]) -> None:
        if not what.chat:
            return
        try:
            messages = await words(what)
        except Exception as error:  # noqa: BLE001  (whatever is broken, the chat goes on)
            logger.error("There is no apology: %s", type(error).__name__)
            return
        await self._try_to_send(what, messages)

    def _already_sent(self, update: StoredUpdate) -> int:
        return max(update.sent, self._sent.get(update.id, 0))

    async def _acknowledge(self, what: Incoming, words: str | None = None) -> None:
        """Ends the button's waiting sign; a press that is too old to be acknowledged is answered all the same."""
        try:
            shown = words or await self._desk.acknowledgement(what)
        except SQLAlchemyError:
            shown = None  # nobody knows whether a thumb can be kept; it is tried all the same
        try:
            await self._sender.insist(lambda: self._bot.answer_callback_query(str(what.press), shown))
        except TelegramError as error:
            logger.debug("A press could not be acknowledged: %s", type(error).__name__)

    async def _thumb(self, update: StoredUpdate, what: Incoming) -> None:
        async with self._counted(update):
            buttons = await self._desk.rate(what)
        if buttons is None or what.message is None:
            return
        chat, message = what.chat, what.message
        try:
            await self._sender.insist(
                lambda: self._bot.edit_message_reply_markup(chat, message, reply_markup=buttons),
                chat,
                group=what.group,
            )
        except TelegramError as error:
            logger.debug("The thumb's mark could not be shown: %s", type(error).__name__)
