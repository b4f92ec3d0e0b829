"""Works through the stored updates: those of one chat in order, those of different ones side by side."""

from __future__ import annotations

import asyncio
import logging
from collections import deque
from typing import Any

from telegram import Bot, Update, User
from telegram.error import BadRequest, Forbidden, TelegramError

from bot.channels.telegram.desk import Desk, NotNowError, is_thumb
from bot.channels.telegram.incoming import NOTHING, PRESS, Incoming, chat_of, incoming
from bot.channels.telegram.rendering import Outgoing
from bot.channels.telegram.sender import Sender
from bot.channels.telegram.strings import string
from bot.store.updates import StoredUpdate, UpdateStore

logger = logging.getLogger(__name__)

MOST_WAITING = 2000
SECONDS_UNTIL_TYPING = 0.3
SECONDS_UNTIL_NEXT_TRY = 1.0


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
        seconds_until_next_try: float = SECONDS_UNTIL_NEXT_TRY,
    ) -> None:
        self._bot, self._me, self._desk, self._updates, self._sender = bot, me, desk, updates, sender
        self._most_waiting = most_waiting
        self._pause = seconds_until_next_try
        self._queues: dict[str, deque[StoredUpdate]] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self._sent: dict[int, int] = {}

    async def resume(self) -> None:
        """Goes on with what an earlier run of the server left unanswered."""
        for update in await asyncio.to_thread(self._updates.waiting):
            self._enqueue(update)

    async def take(self, payload: dict[str, Any]) -> None:
        """Stores an update, so that it can be acknowledged when this returns; one that came before is dropped.

        Raises:
            InboxFullError: Too many wait.
            ValueError: It is no update.
        """
        if self.waiting >= self._most_waiting:
            raise InboxFullError
        update_id = payload.get("update_id")
        if not isinstance(update_id, int) or isinstance(update_id, bool):
            raise ValueError("no update_id")
        chat = _chat(payload, self._bot)
        if await asyncio.to_thread(self._updates.keep, update_id, chat, payload):
            self._enqueue(StoredUpdate(update_id, chat, payload))

    @property
    def waiting(self) -> int:
        """Updates that are not answered yet."""
        return sum(len(queue) for queue in self._queues.values())

    async def stop(self) -> None:
        """Stops working; what is unanswered stays stored."""
        for task in list(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def _enqueue(self, update: StoredUpdate) -> None:
        queue = self._queues.get(update.chat)
        if queue is not None:
            queue.append(update)
            return
        self._queues[update.chat] = deque([update])
        task = asyncio.create_task(self._work(update.chat))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _work(self, chat: str) -> None:
        queue = self._queues[chat]
        while queue:
            if await self._finish(queue[0]):
                queue.popleft()
        del self._queues[chat]

    async def _finish(self, update: StoredUpdate) -> bool:
        """Answers an update; False where it must be tried again."""
        try:
            await self._answer(update)
        except NotNowError:
            await asyncio.sleep(self._pause)
            return False
        except Forbidden:
            logger.info("A person blocked the bot or left; nothing more is sent for update %d.", update.id)
        except Exception as error:  # noqa: BLE001  (a poisonous update must not stop its chat)
            # Its text stays out of the log: it is a person's.
            logger.error("Update %d failed: %s", update.id, type(error).__name__)
            if not await asyncio.to_thread(self._updates.failed, update.id):
                await asyncio.sleep(self._pause)
                return False
            logger.error("Update %d is set aside after its last try.", update.id)
            return True
        await asyncio.to_thread(self._updates.done, update.id)
        return True

    async def _answer(self, update: StoredUpdate) -> None:
        parsed = Update.de_json(update.payload, self._bot)
        what = incoming(parsed, self._me)
        if what.kind == NOTHING:
            return
        if what.kind == PRESS and what.press is not None:
            await self._acknowledge(what)
            if is_thumb(what.text):
                await self._thumb(what)
                return
        messages = await self._thinking(update.id, what)
        for number, message in enumerate(messages):
            if number < self._already_sent(update):
                continue
            reply_to = what.message if what.group and what.kind != PRESS and number == 0 else None
            try:
                await self._sender.send(what.chat, message, group=what.group, reply_to=reply_to)
            except BadRequest as error:
                logger.warning("Telegram did not take a message for update %d: %s", update.id, error)
                if message.card is None and message.edits is None:
                    raise
            await asyncio.to_thread(self._updates.sent, update.id, number + 1)
            self._sent[update.id] = number + 1
        self._sent.pop(update.id, None)

    def _already_sent(self, update: StoredUpdate) -> int:
        return max(update.sent, self._sent.get(update.id, 0))

    async def _thinking(self, update_id: int, what: Incoming) -> list[Outgoing]:
        answer = asyncio.create_task(self._desk.answer(update_id, what))
        try:
            done, _ = await asyncio.wait({answer}, timeout=SECONDS_UNTIL_TYPING)
            if not done:
                await self._sender.typing(what.chat)
            return await answer
        except asyncio.CancelledError:
            answer.cancel()
            raise

    async def _acknowledge(self, what: Incoming) -> None:
        """Ends the button's waiting sign; a press that is too old to be acknowledged is answered all the same."""
        thanks = string("thanks", what.language or "fr") if is_thumb(what.text) else None
        try:
            await self._bot.answer_callback_query(str(what.press), thanks)
        except TelegramError as error:
            logger.debug("A press could not be acknowledged: %s", type(error).__name__)

    async def _thumb(self, what: Incoming) -> None:
        buttons = await self._desk.rate(what)
        if buttons is None or what.message is None:
            return
        try:
            await self._bot.edit_message_reply_markup(what.chat, what.message, reply_markup=buttons)
        except TelegramError as error:
            logger.debug("The thumb's mark could not be shown: %s", type(error).__name__)


def _chat(payload: dict[str, Any], bot: Bot) -> str:
    """The chat of an update, "" where the library cannot read it: the try to answer it will set it aside."""
    try:
        return chat_of(Update.de_json(payload, bot))
    except Exception:  # noqa: BLE001  (whatever the library raises for what is no update)
        return ""
