"""The door: what comes in from any channel, checked, cleaned and masked before anything else sees it."""

from __future__ import annotations

import re
from collections.abc import Collection
from dataclasses import dataclass, field
from typing import Any

from bot.introductions import without_birth, without_names
from nlu.text import clean

LONGEST_SENDER = 200
ALLOWED_METADATA = ("language",)
RESERVED = {"telegram": "telegram:"}
"""Channels whose conversations' ids can be guessed, so that no other channel may use them."""

EMAIL = re.compile(
    r"[\w.+%'-]{1,64}\s?(?:@|\(at\)|\[at\]|\(arobase\)|\[arobase\]|\sarobase\s|\sat\s(?=\w+\s?(?:\.|dot|point)\s?(?:com|net|org|fr|ml|gov|edu)\b))\s?"
    r"[\w-]{1,63}(?:\s?(?:\.|\(dot\)|\sdot\s|\spoint\s)\s?[\w-]{2,24}){1,4}",
    re.IGNORECASE,
)
LONG_NUMBER = re.compile(r"(?<![\w])[+(]?\d(?:[\s.\-/()_*]{0,3}\d){6,24}(?:[A-Za-z]\b)?(?!\d)")
CONTACT = re.compile(f"{EMAIL.pattern}|{LONG_NUMBER.pattern}", re.IGNORECASE)
PASSPORT = re.compile(r"\b(?=[a-z0-9]*\d{5})(?=[a-z0-9]*[a-z])[a-z0-9]{7,16}\b", re.IGNORECASE)
SPACED_PASSPORT = re.compile(r"\b[a-z]{1,3}[\s.\-°#]{1,2}\d(?:[\s.\-]?\d){5,9}\b", re.IGNORECASE)
NAMED_NUMBER = re.compile(
    r"\b(passe?port|passp|pass|carte|card|nina|cni|iban|num[eé]ro|number|no|n°|num|dossier|case|id)\b((?:\s+\w{1,10}){0,3}\s*[:#=n°]*\s*)"
    r"([a-z]{0,3}\s?\d[\d\s\-]{3,}\d)",
    re.IGNORECASE,
)


class RefusedError(ValueError):
    """A message that is not taken in; ``code`` and ``status`` are for the channel, the text for the person."""

    def __init__(self, code: str, message: str, status: int = 400) -> None:
        super().__init__(message)
        self.code = code
        self.status = status


@dataclass(frozen=True)
class Message:
    """A message from a person.

    Attributes:
        sender: The conversation's id.
        text: What the person typed, cleaned and masked.
        channel: Name of the channel.
        id: The client's own id of the message, if it has one: a repeat is answered with the first reply.
        metadata: What the client says besides; only what is allowed.
    """

    sender: str
    text: str
    channel: str
    id: str | None = None
    metadata: dict[str, Any] = field(default_factory=dict)


def bare(contact: str) -> str:
    """A phone number or mail address without the signs that people write in different ways."""
    return re.sub(r"[\s().\-/]", "", contact).removeprefix("+").lower()


FORGET = "/forget"
"""Erases the conversation: the one text that stays a command; it never reaches the engine. Telegram has its own."""


def mask(text: str, published: Collection[str] = ()) -> str:
    """The text without mail addresses, phone, card, passport and other long numbers, names and days of birth.

    Only names by which people introduce themselves are found, not those of others. ``published`` holds what stays, as
    :func:`bare` writes it: the post's own contacts and names, since "whose number is this?" can only be answered when
    it is still there.
    """
    text = without_names(without_birth(text), published)
    kept, start = "", 0
    for found in CONTACT.finditer(text) if published else ():
        if bare(found.group()) in published:
            kept += _masked(text[start : found.start()]) + found.group()
            start = found.end()
    return kept + _masked(text[start:])


def _masked(text: str) -> str:
    text = EMAIL.sub("[email]", text)
    text = LONG_NUMBER.sub("[number]", text)
    text = PASSPORT.sub("[number]", text)
    text = SPACED_PASSPORT.sub("[number]", text)
    return NAMED_NUMBER.sub(lambda match: f"{match.group(1)}{match.group(2)}[number]", text)


def safe_text(text: str, published: Collection[str] = ()) -> str:
    """The text as words only: nothing invisible, nothing that Rasa's own parser would take for a command."""
    lines = (clean(line) for line in text.splitlines())
    return mask("\n".join(line for line in lines if line), published).lstrip("/ \t\n")


def checked_sender(sender: object, own_prefix: str | None = None) -> str:
    """A conversation's id that may be used; ``own_prefix`` is the beginning that only this channel's ids have.

    Raises:
        RefusedError: It is missing, too long, unprintable, or belongs to another channel.
    """
    if not isinstance(sender, str) or not sender.strip():
        raise RefusedError("sender_missing", "The field 'sender' must be a text that names the conversation.")
    if len(sender) > LONGEST_SENDER or not sender.isprintable():
        raise RefusedError(
            "sender_invalid", f"The field 'sender' must be at most {LONGEST_SENDER} printable characters."
        )
    for prefix in RESERVED.values():
        if sender.startswith(prefix) and prefix != own_prefix:
            raise RefusedError("sender_reserved", f"The field 'sender' must not begin with '{prefix}'.")
    return sender


def message_from(
    *,
    sender: object,
    text: object,
    channel: str,
    longest: int,
    metadata: object = None,
    message_id: object = None,
    published: Collection[str] = (),
) -> Message:
    """Checks what a channel received; ``published`` are the post's own contacts, which are not masked.

    Raises:
        RefusedError: Something is missing, of the wrong type or too long; the text says what and what to do.
    """
    sender = checked_sender(sender, RESERVED.get(channel))
    if not isinstance(text, str):
        raise RefusedError("message_missing", "The field 'message' must be a text.")
    if len(text) > longest:
        raise RefusedError(
            "message_too_long", f"The message is longer than {longest} characters. Please shorten it.", 413
        )
    if metadata is not None and not isinstance(metadata, dict):
        raise RefusedError("metadata_invalid", "The field 'metadata' must be an object.")
    given = metadata or {}
    kept = {
        name: given[name] for name in ALLOWED_METADATA if isinstance(given.get(name), str) and len(given[name]) <= 16
    }
    identifier = message_id if message_id is not None else given.get("message_id")
    if identifier is not None and (not isinstance(identifier, str) or not 0 < len(identifier) <= 100):
        raise RefusedError("message_id_invalid", "The field 'message_id' must be a text of at most 100 characters.")
    if identifier is not None and not identifier.isprintable():
        raise RefusedError("message_id_invalid", "The field 'message_id' must be printable.")
    erases = text.strip().lower() == FORGET and channel not in RESERVED
    words = FORGET if erases else safe_text(text, published)
    return Message(sender, words, channel, identifier, kept)
