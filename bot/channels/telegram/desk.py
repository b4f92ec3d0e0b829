"""Answers one incoming thing: what to say and show, without sending it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date
from html import escape

from sqlalchemy.exc import SQLAlchemyError
from telegram import InlineKeyboardButton, InlineKeyboardMarkup

from bot.channels.telegram.incoming import BROKEN, COMMAND, MOVED, PRESS, TEXT, UNREADABLE, Incoming, nameless
from bot.channels.telegram.rendering import DOWN, UP, Outgoing, label, rendered, thumb
from bot.channels.telegram.strings import LANGUAGES, string
from bot.conversations import BusyError, Conversations, language_to_apologise_in
from bot.dialogue.decision import ANSWER
from bot.dialogue.generator import PAYLOAD, Reply, ReplyWriter, payload_of
from bot.engine import EngineNotReadyError
from bot.knowledge.model import Knowledge
from bot.latest import Latest
from bot.messages import RefusedError, message_from
from bot.store.conversations import ConversationStore
from bot.store.feedback import Feedback, FeedbackStore
from bot.store.updates import UpdateStore
from bot.wording import refusal_text

CHANNEL = "telegram"
ASKS = {"start": "chat.greet", "help": "chat.capabilities", "human": "chat.human"}
TOO_FAST = "too_many_messages"


class NotNowError(RuntimeError):
    """The message cannot be answered yet; ``words`` are what to say where that lasts."""

    def __init__(self, words: list[Outgoing]) -> None:
        super().__init__("not now")
        self.words = words


@dataclass(frozen=True)
class Desk:
    """What answering needs; ``public`` is this server's own address, "" where nobody knows it."""

    conversations: Conversations
    store: ConversationStore
    feedback: FeedbackStore
    updates: UpdateStore
    knowledge: Callable[[], Knowledge]
    longest_message: int
    public: str = ""
    _forgotten: Latest[tuple[int, int | None], bool] = field(default_factory=Latest)
    """Messages of ``/forget`` that were answered with yes: their chats and numbers."""

    async def answer(self, update_id: int, incoming: Incoming) -> list[Outgoing]:
        """The messages that answer an update; the same ones again for the same update.

        Raises:
            NotNowError: No model is loaded yet, or too many people are writing.
        """
        wish = await self._wish(incoming)
        language = self._or_default(wish)
        try:
            return await self._answer(update_id, incoming, language, wish)
        except EngineNotReadyError as error:
            raise NotNowError(self._apology(incoming, wish)) from error
        except BusyError as error:
            raise NotNowError(self._refusal(error, language)) from error
        except RefusedError as error:
            return self._refusal(error, language)

    async def _answer(self, update_id: int, incoming: Incoming, language: str, wish: str | None) -> list[Outgoing]:
        if incoming.kind == TEXT:
            return await self._say(update_id, incoming, incoming.text, wish)
        if incoming.kind == UNREADABLE:
            return [Outgoing(string(incoming.text, language))]
        if incoming.kind == COMMAND:
            return await self._command(update_id, incoming, language)
        if incoming.kind == PRESS:
            return await self._press(update_id, incoming, language)
        if incoming.kind == MOVED:
            await self.conversations.move(sender_of(incoming.chat), sender_of(int(incoming.text)))
        if incoming.kind == BROKEN:
            raise ValueError("The library cannot read the update.")
        return []

    async def apology(self, incoming: Incoming) -> list[Outgoing]:
        """What is said instead of an answer that cannot be given: whom to ask."""
        return self._apology(incoming, await self._wish(incoming))

    async def delay(self, incoming: Incoming) -> list[Outgoing]:
        """What is said where an answer comes late, but will come: that, and whom else to ask."""
        return self._apology(incoming, await self._wish(incoming), "delay")

    async def too_fast(self, incoming: Incoming) -> str:
        """What a person who writes too fast is told."""
        language = language_to_apologise_in(incoming.text if incoming.kind == TEXT else "", await self._wish(incoming))
        return refusal_text(TOO_FAST, self._or_default(language), "")

    async def acknowledgement(self, incoming: Incoming) -> str | None:
        """What is shown for a moment where a button was pressed, None for nothing."""
        if is_thumb(incoming.text):
            return string("thanks" if await self._rated(incoming) else "not-kept", await self._language(incoming))
        if is_about_forgetting(incoming.text) and not is_own(incoming):
            return string("not-yours", await self._language(incoming))
        return None

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
            if not incoming.person:
                return [Outgoing(string("forget-unnamed", language))]
            row = [
                InlineKeyboardButton(string("forget-yes", language), callback_data=f"f:yes:{incoming.person}"),
                InlineKeyboardButton(string("forget-no", language), callback_data=f"f:no:{incoming.person}"),
            ]
            return [Outgoing(string("forget", language), InlineKeyboardMarkup([row]))]
        return await self._say(update_id, incoming, payload_of(ASKS[incoming.text]), language)

    async def _press(self, update_id: int, incoming: Incoming, language: str) -> list[Outgoing]:
        data = incoming.text
        if is_about_forgetting(data):
            return await self._forget(update_id, incoming, language) if is_own(incoming) else []
        if data == "s:":
            return [self._sections(language, incoming.message)]
        if data.startswith("s:") and data[2:] in self.knowledge().sections:
            return [self._entries(data[2:], language, incoming.message)]
        if data.startswith(PAYLOAD) and self.conversations.is_choice(data):
            return await self._say(update_id, incoming, data, language)
        return [] if is_thumb(data) else [Outgoing(string("gone", language))]

    async def _forget(self, update_id: int, incoming: Incoming, language: str) -> list[Outgoing]:
        where = incoming.chat, incoming.message
        if incoming.text.startswith("f:yes:"):
            await self.conversations.forget(sender_of(incoming.chat))
            # The press itself waits in the table until it is answered: it stays without the person's names.
            await asyncio.to_thread(self.updates.rewrite, update_id, nameless(update_id, incoming))
            await asyncio.to_thread(self.updates.forget, str(incoming.chat))
            self._forgotten[where] = True
        # A no that comes after the yes, while the buttons still showed, takes nothing back.
        words = "forgotten" if where in self._forgotten else "kept"
        return [Outgoing(string(words, language), edits=incoming.message)]

    async def rate(self, incoming: Incoming) -> InlineKeyboardMarkup | None:
        """Keeps a pressed thumb; the buttons as they look then, None where there is no such reply in this chat."""
        reply = await self._rated(incoming)
        if reply is None:
            return None
        _, letter, number, place = incoming.text.split(":")
        sender, message_id, item, up = sender_of(incoming.chat), message_id_of(int(number)), int(place), letter == "u"
        kept = Feedback(sender, message_id, item, up, "", reply.entry, reply.language, CHANNEL)
        await asyncio.to_thread(self.feedback.record, kept)
        return InlineKeyboardMarkup(
            [[thumb(UP, int(number), item, chosen=up), thumb(DOWN, int(number), item, chosen=not up)]]
        )

    async def _rated(self, incoming: Incoming) -> Reply | None:
        """The answer of this chat that a thumb is about, None where none is kept."""
        _, _, number, place = incoming.text.split(":")
        message_id = message_id_of(int(number))
        stored = await asyncio.to_thread(self.store.replies_to, sender_of(incoming.chat), message_id)
        if stored is None or int(place) >= len(stored):
            return None
        reply = Reply.from_dict(stored[int(place)])
        return reply if reply.kind == ANSWER else None

    async def _say(self, update_id: int, incoming: Incoming, text: str, wish: str | None) -> list[Outgoing]:
        message = message_from(
            sender=sender_of(incoming.chat),
            text=text,
            channel=CHANNEL,
            longest=self.longest_message,
            metadata={"language": wish} if wish else None,
            message_id=message_id_of(update_id),
            published=self.conversations.published,
        )
        replies = await self.conversations.handle(message, comes_back=True)
        return rendered(replies, self.knowledge(), update_id, self.public)

    def _apology(self, incoming: Incoming, wish: str | None, name: str = "") -> list[Outgoing]:
        language = self._or_default(language_to_apologise_in(incoming.text if incoming.kind == TEXT else "", wish))
        words = string(name, language) if name else None
        # Written here, not by the engine: it must work while there is none.
        return rendered([ReplyWriter(self.knowledge()).apology(language, words)], self.knowledge(), 0)

    def _refusal(self, error: RefusedError, language: str) -> list[Outgoing]:
        words = refusal_text(error.code, language, str(error), limit=self.longest_message)
        return [Outgoing(escape(words, quote=False))]

    async def _language(self, incoming: Incoming) -> str:
        return self._or_default(await self._wish(incoming))

    async def _wish(self, incoming: Incoming) -> str | None:
        """The conversation's language, else that of the person's Telegram, None where the bot speaks neither."""
        try:
            context = await asyncio.to_thread(self.store.context, sender_of(incoming.chat)) or {}
        except SQLAlchemyError:
            context = {}
        found = (code for code in (context.get("language"), incoming.language) if code in LANGUAGES)
        return next(found, None)

    def _or_default(self, wish: str | None) -> str:
        code = wish or self.knowledge().post.default_language
        return code if code in LANGUAGES else LANGUAGES[0]

    def _sections(self, language: str, edits: int | None = None) -> Outgoing:
        rows = [
            [InlineKeyboardButton(label(section.short[language]), callback_data=f"s:{section.id}")]
            for section in self.knowledge().sections.values()
            if section.told(date.today())
        ]
        return Outgoing(string("sections", language), InlineKeyboardMarkup(rows), edits)

    def _entries(self, section_id: str, language: str, edits: int | None) -> Outgoing:
        section = self.knowledge().sections[section_id]
        rows = [
            [InlineKeyboardButton(label(entry.title[language]), callback_data=payload_of(entry.id))]
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


def is_about_forgetting(data: str) -> bool:
    """Whether a button's data answers the question that ``/forget`` asks."""
    return data.startswith(("f:yes:", "f:no:"))


def is_own(incoming: Incoming) -> bool:
    """Whether who pressed a button of ``/forget`` is the person who asked for it."""
    return incoming.person != 0 and incoming.text.rpartition(":")[2] == str(incoming.person)
