"""What an update means to the front desk."""

from __future__ import annotations

from dataclasses import dataclass

from telegram import Message as TelegramMessage
from telegram import MessageEntity, Update, User

from bot.channels.telegram.strings import COMMANDS, LANGUAGES

TEXT, COMMAND, PRESS, UNREADABLE, NOTHING = "text", "command", "press", "unreadable", "nothing"
VOICE = ("voice", "audio", "video", "video_note", "animation")
PICTURE = ("photo", "document", "contact", "poll", "story", "paid_media")
PLACE = ("location", "venue")
STICKER = ("sticker", "dice", "game")


@dataclass(frozen=True)
class Incoming:
    """One update, as far as it matters.

    Attributes:
        kind: ``text``, ``command``, ``press`` (of a button), ``unreadable`` (a picture, a voice, …) or ``nothing``.
        chat: Telegram's number of the chat.
        text: The words, the command's name, the button's data, or the name of the string that says what is unreadable.
        language: The language of the person's Telegram, where the bot speaks it.
        group: Whether others read along.
        message: The message to reply to or, for a press, that holds the button.
        press: The id with which a press is acknowledged.
    """

    kind: str
    chat: int = 0
    text: str = ""
    language: str | None = None
    group: bool = False
    message: int | None = None
    press: str | None = None


IGNORED = Incoming(NOTHING)


def chat_of(update: Update) -> str:
    """The chat that an update belongs to, "" for none."""
    return str(update.effective_chat.id) if update.effective_chat else ""


def incoming(update: Update, bot: User) -> Incoming:
    """What to do with an update; edited messages, channels' posts and service messages are nothing to answer."""
    if update.callback_query is not None:
        return _press(update)
    message = update.message
    if message is None or (message.from_user is not None and message.from_user.is_bot):
        return IGNORED
    group = message.chat.type != "private"
    base = Incoming(
        TEXT, message.chat.id, language=_language(message.from_user), group=group, message=message.message_id
    )
    words = message.text or message.caption or ""
    if command := _command(message, bot):
        return _as(base, COMMAND, command)
    if group and not _is_for(message, bot):
        return IGNORED
    if words:
        return _as(base, TEXT, _without_mention(words, bot))
    for name, contents in (("voice", VOICE), ("picture", PICTURE), ("place", PLACE), ("sticker", STICKER)):
        if any(getattr(message, content, None) for content in contents):
            return _as(base, UNREADABLE, name)
    return IGNORED


def _as(base: Incoming, kind: str, text: str) -> Incoming:
    return Incoming(kind, base.chat, text, base.language, base.group, base.message)


def _press(update: Update) -> Incoming:
    query = update.callback_query
    if query is None or query.message is None:
        return IGNORED
    chat = query.message.chat
    return Incoming(
        PRESS,
        chat.id,
        query.data or "",
        _language(query.from_user),
        chat.type != "private",
        query.message.message_id,
        query.id,
    )


def _language(user: User | None) -> str | None:
    code = (user.language_code or "")[:2].lower() if user else ""
    return code if code in LANGUAGES else None


def _command(message: TelegramMessage, bot: User) -> str | None:
    """A known command at the beginning, meant for this bot; anything else that begins with "/" is text."""
    first = next((entity for entity in message.entities if entity.offset == 0), None)
    if first is None or first.type != MessageEntity.BOT_COMMAND or message.forward_origin is not None:
        return None
    name, _, whose = message.parse_entity(first)[1:].partition("@")
    if whose and whose.lower() != (bot.username or "").lower():
        return None
    return name.lower() if name.lower() in COMMANDS else None


def _is_for(message: TelegramMessage, bot: User) -> bool:
    answered = message.reply_to_message
    if answered is not None and answered.from_user is not None and answered.from_user.id == bot.id:
        return True
    words = (message.text or message.caption or "").lower()
    return bool(bot.username) and f"@{bot.username}".lower() in words


def _without_mention(words: str, bot: User) -> str:
    if not bot.username:
        return words
    start = words.lower().find(f"@{bot.username}".lower())
    return words if start < 0 else (words[:start] + words[start + len(bot.username) + 1 :]).strip()
