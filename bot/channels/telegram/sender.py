"""Sends to Telegram at the pace that it allows, again and again while the line is down."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from dataclasses import replace
from typing import TypeVar

from telegram import Bot, LinkPreviewOptions, ReplyParameters
from telegram.constants import ChatAction, ParseMode
from telegram.error import BadRequest, ChatMigrated, InvalidToken, NetworkError, RetryAfter

from bot.channels.telegram.pace import Pace
from bot.channels.telegram.rendering import Outgoing

logger = logging.getLogger(__name__)

FIRST_WAIT, LONGEST_WAIT = 0.5, 60.0
UNCHANGED = "message is not modified"
NO_PREVIEW = LinkPreviewOptions(is_disabled=True)

Answer = TypeVar("Answer")


class Sender:
    """Messages out, in the order of the calls within a chat."""

    def __init__(self, bot: Bot, pace: Pace | None = None, first_wait: float = FIRST_WAIT) -> None:
        self._bot = bot
        self._pace = pace or Pace()
        self._first_wait = first_wait
        self._moved: dict[int, int] = {}
        self.known = False
        """Whether Telegram took the token once: what looks like a wrong one later is trouble that passes."""
        self.trouble: str | None = None
        """What keeps Telegram from being reached at present."""

    async def send(
        self,
        chat: int,
        outgoing: Outgoing,
        *,
        group: bool = False,
        reply_to: int | None = None,
        thread: int | None = None,
    ) -> None:
        """Sends one message, or edits the one that it replaces; where that one cannot be edited it is sent as well.

        ``thread`` is the topic of a group that it belongs to. A group that has become a supergroup goes on under its
        new number.

        Raises:
            telegram.error.Forbidden: The person blocked the bot or is gone.
            telegram.error.BadRequest: Telegram does not take the message.
        """
        if chat in self._moved:
            # There the messages count from one again: the old numbers would name somebody else's.
            chat, reply_to, outgoing = self._moved[chat], None, replace(outgoing, edits=None)
        # In a group it is shown whose question it answers; a question that was deleted meanwhile is no obstacle.
        parameters = ReplyParameters(reply_to, allow_sending_without_reply=True) if reply_to else None

        async def once() -> object:
            if outgoing.card is not None:
                number, name, card = outgoing.card
                return await self._bot.send_contact(chat, number, name, vcard=card or None, message_thread_id=thread)
            if outgoing.edits is not None:
                return await self._bot.edit_message_text(
                    outgoing.html,
                    chat,
                    outgoing.edits,
                    parse_mode=ParseMode.HTML,
                    reply_markup=outgoing.keyboard,
                    link_preview_options=NO_PREVIEW,
                )
            return await self._bot.send_message(
                chat,
                outgoing.html,
                parse_mode=ParseMode.HTML,
                reply_markup=outgoing.keyboard,
                reply_parameters=parameters,
                message_thread_id=thread,
                link_preview_options=NO_PREVIEW,
            )

        try:
            await self.insist(once, chat, group=group)
        except ChatMigrated as error:
            logger.info("A group has become a supergroup; it goes on there.")
            self._moved[chat] = error.new_chat_id
            await self.send(chat, outgoing, group=group, thread=thread)
        except BadRequest as error:
            if UNCHANGED in str(error).lower():
                return
            if outgoing.edits is None:
                raise
            logger.info("A message could not be edited (%s), so a new one is sent.", error)
            await self.send(chat, replace(outgoing, edits=None), group=group, reply_to=reply_to, thread=thread)

    async def typing(self, chat: int, thread: int | None = None) -> None:
        """Shows "typing…", which Telegram ends by itself after five seconds; that it fails does not matter."""
        try:
            await self._bot.send_chat_action(chat, ChatAction.TYPING, message_thread_id=thread)
        except Exception:  # noqa: BLE001  (decoration only)
            logger.debug("'typing' could not be shown.")

    async def insist(
        self, call: Callable[[], Awaitable[Answer]], chat: int | None = None, *, group: bool = False
    ) -> Answer:
        """Calls until Telegram answers: waits as long as it asks, else longer and longer while it is out of reach.

        Whatever shows something in a ``chat`` names it, so that each try keeps to the pace.
        """
        wait = self._first_wait
        while True:
            if chat is not None:
                await self._pace.turn(chat, group)
            try:
                answer = await call()
                self.trouble = None
                return answer
            except RetryAfter as error:
                seconds = error.retry_after
                pause = seconds if isinstance(seconds, (int, float)) else seconds.total_seconds()
                if chat is not None:
                    self._pace.hold(chat, pause)
            except BadRequest:
                raise  # for the library a kind of network error, but it would fail for ever
            except (NetworkError, InvalidToken) as error:
                if isinstance(error, InvalidToken) and not self.known:
                    raise
                pause = wait
                wait = min(LONGEST_WAIT, wait * 2)
                self.trouble = "Telegram is out of reach"
                logger.warning("Telegram is out of reach (%s); next try in %.0f s.", type(error).__name__, pause)
            await asyncio.sleep(pause)
