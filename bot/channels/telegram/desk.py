"""Answers one incoming thing: what to say and show, without sending it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from html import escape

from telegram import InlineKeyboardButton, InlineKeyboardMarkup

from bot.channels.telegram.incoming import COMMAND, PRESS, TEXT, UNREADABLE, Incoming
from bot.channels.telegram.rendering import DOWN, UP, Outgoing, rendered, thumb
from bot.channels.telegram.strings import LANGUAGES, string
from bot.conversations import BusyError, Conversations
from bot.dialogue.generator import PAYLOAD, Reply, payload_of
from bot.engine import EngineNotReadyError
from bot.knowledge.model import Knowledge
from bot.messages import RefusedError, message_from
from bot.store.conversations import ConversationStore
from bot.store.feedback import Feedback, FeedbackStore
from bot.store.updates import UpdateStore
from bot.wording import refusal_text

CHANNEL = "telegram"
ASKS = {"start": "chat.greet", "help": "chat.capabilities", "human": "chat.human"}
MOST_ON_A_BUTTON = 60


class NotNowError(RuntimeError):
    """The message cannot be answered yet; it stays in the inbox."""


@dataclass(frozen=True)
class Desk:
    """What answering needs."""

    conversations: Conversations
    store: ConversationStore
    feedback: FeedbackStore
    updates: UpdateStore
    knowledge: Callable[[], Knowledge]
    longest_message: int

    async def answer(self, update_id: int, incoming: Incoming) -> list[Outgoing]:
        """The messages that answer an update; the same ones again for the same update.

        Raises:
            NotNowError: No model is loaded yet, or too many messages wait.
        """
        language = await self._language(incoming)
        if incoming.kind == TEXT:
            return await self._say(update_id, incoming, incoming.text)
        if incoming.kind == UNREADABLE:
            return [Outgoing(string(incoming.text, language))]
        if incoming.kind == COMMAND:
            return await self._command(update_id, incoming, language)
        if incoming.kind == PRESS:
            return await self._press(update_id, incoming, language)
        return []

    async def _command(self, update_id: int, incoming: Incoming, language: str) -> list[Outgoing]:
        if incoming.text == "sections":
            return [self._sections(language)]
        if incoming.text == "language":
            rows = [
                [InlineKeyboardButton("Français", callback_data=payload_of("chat.speak-french"))],
                [InlineKeyboardButton("English", callback_data=payload_of("chat.speak-english"))],
            ]
            return [Outgoing(string("language", language), InlineKeyboardMarkup(rows))]
        if incoming.text == "forget":
            row = [
                InlineKeyboardButton(string("forget-yes", language), callback_data="f:yes"),
                InlineKeyboardButton(string("forget-no", language), callback_data="f:no"),
            ]
            return [Outgoing(string("forget", language), InlineKeyboardMarkup([row]))]
        return await self._say(update_id, incoming, payload_of(ASKS[incoming.text]))

    async def _press(self, update_id: int, incoming: Incoming, language: str) -> list[Outgoing]:
        data = incoming.text
        if data == "f:yes":
            await self.conversations.forget(sender_of(incoming.chat))
            await asyncio.to_thread(self.updates.forget, str(incoming.chat))
            return [Outgoing(string("forgotten", language), edits=incoming.message)]
        if data == "f:no":
            return [Outgoing(string("kept", language), edits=incoming.message)]
        if data == "s:":
            return [self._sections(language, incoming.message)]
        if data.startswith("s:") and data[2:] in self.knowledge().sections:
            return [self._entries(data[2:], language, incoming.message)]
        if data.startswith(PAYLOAD) and self.conversations.is_choice(data):
            return await self._say(update_id, incoming, data)
        return [] if is_thumb(data) else [Outgoing(string("gone", language))]

    async def rate(self, incoming: Incoming) -> InlineKeyboardMarkup | None:
        """Keeps a pressed thumb; the buttons as they look then, None where there is no such reply in this chat."""
        _, letter, number, place = incoming.text.split(":")
        sender, message_id, item = sender_of(incoming.chat), message_id_of(int(number)), int(place)
        stored = await asyncio.to_thread(self.store.replies_to, sender, message_id)
        if stored is None or item >= len(stored):
            return None
        reply, up = Reply.from_dict(stored[item]), letter == "u"
        kept = Feedback(sender, message_id, item, up, "", reply.entry, reply.language, CHANNEL)
        await asyncio.to_thread(self.feedback.record, kept)
        return InlineKeyboardMarkup(
            [[thumb(UP, int(number), item, chosen=up), thumb(DOWN, int(number), item, chosen=not up)]]
        )

    async def _say(self, update_id: int, incoming: Incoming, text: str) -> list[Outgoing]:
        language = await self._language(incoming)
        try:
            message = message_from(
                sender=sender_of(incoming.chat),
                text=text,
                channel=CHANNEL,
                longest=self.longest_message,
                metadata={"language": incoming.language} if incoming.language else None,
                message_id=message_id_of(update_id),
                published=self.conversations.published,
            )
            replies = await self.conversations.handle(message)
        except BusyError as error:
            raise NotNowError(str(error)) from error
        except EngineNotReadyError as error:
            raise NotNowError(str(error)) from error
        except RefusedError as error:
            words = refusal_text(error.code, language, str(error), limit=self.longest_message)
            return [Outgoing(escape(words, quote=False))]
        return rendered(replies, self.knowledge(), update_id)

    async def _language(self, incoming: Incoming) -> str:
        """The conversation's language, else that of the person's Telegram, else the post's."""
        context = await asyncio.to_thread(self.store.context, sender_of(incoming.chat)) or {}
        for code in (context.get("language"), incoming.language, self.knowledge().post.default_language):
            if code in LANGUAGES:
                return str(code)
        return LANGUAGES[0]

    def _sections(self, language: str, edits: int | None = None) -> Outgoing:
        rows = [
            [InlineKeyboardButton(section.short[language][:MOST_ON_A_BUTTON], callback_data=f"s:{section.id}")]
            for section in self.knowledge().sections.values()
            if section.told(date.today())
        ]
        return Outgoing(string("sections", language), InlineKeyboardMarkup(rows), edits)

    def _entries(self, section_id: str, language: str, edits: int | None) -> Outgoing:
        section = self.knowledge().sections[section_id]
        rows = [
            [InlineKeyboardButton(entry.title[language][:MOST_ON_A_BUTTON], callback_data=payload_of(entry.id))]
            for entry in section.told(date.today())
        ]
        rows.append([InlineKeyboardButton(string("back", language), callback_data="s:")])
        name = escape(section.name[language], quote=False)
        return Outgoing(f"<b>{name}</b>\n{string('entries', language)}", InlineKeyboardMarkup(rows), edits)


def sender_of(chat: int) -> str:
    """The conversation of a chat."""
    return f"{CHANNEL}:{chat}"


def message_id_of(update_id: int) -> str:
    """The id under which an update's replies are stored."""
    return f"update-{update_id}"


def is_thumb(data: str) -> bool:
    """Whether a button's data is a thumb as :func:`bot.channels.telegram.rendering.thumb` writes it."""
    parts = data.split(":")
    return (
        len(parts) == 4
        and parts[0] == "t"
        and parts[1] in ("u", "d")
        and all(part.isascii() and part.isdigit() and len(part) < 19 for part in parts[2:])
    )
