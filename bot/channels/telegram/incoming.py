"""What an update means to the front desk."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import Any

from telegram import Bot, MessageEntity, Update, User
from telegram import Message as TelegramMessage
from telegram.constants import MessageType

from bot.channels.telegram.strings import COMMANDS, LANGUAGES

TEXT, COMMAND, PRESS, UNREADABLE = "text", "command", "press", "unreadable"
MOVED, NOTHING, BROKEN = "moved", "nothing", "broken"
VOICE = ("voice", "audio", "video", "video_note", "animation")
PICTURE = ("photo", "live_photo", "document", "contact", "poll", "story", "paid_media", "passport_data")
PLACE = ("location", "venue")
STICKER = ("sticker", "dice", "game", "checklist", "invoice", "giveaway", "giveaway_winners")
ABOUT_THE_MESSAGE = {
    MessageType.BUSINESS_CONNECTION_ID,
    MessageType.EFFECT_ID,
    MessageType.REPLY_TO_STORY,
    MessageType.SENDER_BOOST_COUNT,
    MessageType.SENDER_BUSINESS_BOT,
    MessageType.SUGGESTED_POST_INFO,
}
SERVICE = [kind for kind in MessageType if kind not in ABOUT_THE_MESSAGE]
"""What else the library knows: where the contents above and words are looked for first, these are service messages."""


@dataclass(frozen=True)
class Incoming:
    """One update, as far as it matters.

    Attributes:
        kind: ``text``, ``command``, ``press`` (of a button), ``unreadable`` (a picture, a voice, somebody
            else's command, …), ``moved`` (a
            group has become a supergroup), ``nothing`` to answer, or ``broken`` where the library cannot read the
            update.
        chat: Telegram's number of the chat, 0 for none.
        text: The words, the command's name, the button's data, the name of the string that says why this is not
            read, or the group's new number.
        language: The language of the person's Telegram, where the bot speaks it.
        group: Whether others read along.
        message: The message to reply to or, for a press, that holds the button.
        press: The id with which a press is acknowledged.
        person: Telegram's number of the person, 0 where unknown: a group's administrators may write as the group.
        thread: The topic of a group that it stands in, where the group has topics.
        album: What pictures that were sent together have in common, "" for a single one.
        written: When the message was sent, in seconds since 1970; None where Telegram does not tell, as for a press.
    """

    kind: str
    chat: int = 0
    text: str = ""
    language: str | None = None
    group: bool = False
    message: int | None = None
    press: str | None = None
    person: int = 0
    thread: int | None = None
    album: str = ""
    written: float | None = None


IGNORED = Incoming(NOTHING)


def read(payload: dict[str, Any], bot: Bot, me: User) -> Incoming:
    """What an update means, whatever it holds."""
    try:
        update = Update.de_json(payload, bot)
        what = incoming(update, me)
    except Exception:  # noqa: BLE001  (whatever the library raises for what it cannot read)
        return _broken(payload)
    chat = update.effective_chat
    return replace(what, chat=chat.id) if chat is not None else what


def _broken(payload: dict[str, Any]) -> Incoming:
    """Whom to tell that an update cannot be read: a private chat; in a group it need not have been for the bot."""
    holder = _inside(payload, "callback_query") or payload
    message = _inside(holder, "message")
    chat, person = _inside(message, "chat").get("id"), _inside(message, "from")
    if type(chat) is not int or chat <= 0:
        return Incoming(BROKEN)
    code = person.get("language_code")
    return Incoming(BROKEN, chat, language=_spoken(code) if isinstance(code, str) else None)


def _inside(data: dict[str, Any], name: str) -> dict[str, Any]:
    found = data.get(name)
    return found if isinstance(found, dict) else {}


def incoming(update: Update, bot: User) -> Incoming:
    """What to do with an update; edited messages, channels' posts and service messages are nothing to answer."""
    if update.callback_query is not None:
        return _press(update)
    message = update.message
    if message is None:
        return IGNORED
    if message.migrate_to_chat_id is not None:
        return Incoming(MOVED, message.chat.id, str(message.migrate_to_chat_id), group=True)
    person = message.from_user
    if message.sender_chat is not None and not message.is_automatic_forward:
        person = None  # somebody who writes as the group or as a channel; a bot of Telegram's own stands for them
    elif person is not None and person.is_bot:
        return IGNORED
    group = message.chat.type != "private"
    base = Incoming(
        TEXT,
        message.chat.id,
        language=_language(person),
        group=group,
        message=message.message_id,
        person=person.id if person else 0,
        thread=_thread(message),
        album=message.media_group_id or "",
        written=message.date.timestamp(),
    )
    words = message.text or message.caption or ""
    command, forwarded = _command(message, bot), message.forward_origin is not None
    if command and not forwarded:
        return replace(base, kind=COMMAND, text=command)
    if group and not _is_for(message, bot):
        return IGNORED
    if command:
        return replace(base, kind=UNREADABLE, text="forwarded")
    if words:
        return replace(base, text=_without_mention(words, bot))
    for name, contents in (("voice", VOICE), ("picture", PICTURE), ("place", PLACE), ("sticker", STICKER)):
        if any(getattr(message, content, None) for content in contents):
            return replace(base, kind=UNREADABLE, text=name)
    if group or any(getattr(message, kind, None) for kind in SERVICE):
        return IGNORED
    return replace(base, kind=UNREADABLE, text="sticker")  # newer than the library, or than the Bot API


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
        query.from_user.id,
        _thread(query.message) if isinstance(query.message, TelegramMessage) else None,
    )


def nameless(update_id: int, press: Incoming) -> dict[str, Any]:
    """A press as Telegram would send it of somebody who has neither name nor words: :func:`read` finds the same."""
    place = {"id": press.chat, "type": "group" if press.group else "private"}
    topic = {"message_thread_id": press.thread, "is_topic_message": True} if press.thread else {}
    holder = {"message_id": press.message, "date": 1, "chat": place, **topic}
    person = {"id": press.person, "is_bot": False, "first_name": "", "language_code": press.language or ""}
    query = {"id": press.press, "from": person, "chat_instance": "", "message": holder, "data": press.text}
    return {"update_id": update_id, "callback_query": query}


def _thread(message: TelegramMessage) -> int | None:
    return message.message_thread_id if message.is_topic_message else None


def _language(user: User | None) -> str | None:
    return _spoken(user.language_code or "") if user else None


def _spoken(code: str) -> str | None:
    return code[:2].lower() if code[:2].lower() in LANGUAGES else None


def _command(message: TelegramMessage, bot: User) -> str | None:
    """A known command at the beginning, meant for this bot; anything else that begins with "/" is text."""
    first = next((entity for entity in message.entities if entity.offset == 0), None)
    if first is None or first.type != MessageEntity.BOT_COMMAND:
        return None
    name, _, whose = message.parse_entity(first)[1:].partition("@")
    if whose and whose.lower() != (bot.username or "").lower():
        return None
    return name.lower() if name.lower() in COMMANDS else None


def _is_for(message: TelegramMessage, bot: User) -> bool:
    answered = message.reply_to_message
    if answered is not None and answered.from_user is not None and answered.from_user.id == bot.id:
        return True
    return bool(bot.username) and _mention(bot).search(message.text or message.caption or "") is not None


def _without_mention(words: str, bot: User) -> str:
    return _mention(bot).sub("", words, count=1).strip() if bot.username else words


def _mention(bot: User) -> re.Pattern[str]:
    """The bot's name as somebody addresses it: not the beginning of another bot's, nor a part of a mail address."""
    return re.compile(rf"(?<![\w@])@{re.escape(bot.username or '')}(?!\w)", re.IGNORECASE)
