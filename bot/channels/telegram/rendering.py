"""Replies as Telegram shows them: safe HTML in pieces that fit, buttons, thumbs and contact cards."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from html import escape
from textwrap import shorten

from babel.dates import format_date
from telegram import InlineKeyboardButton, InlineKeyboardMarkup

from bot.channels.telegram.strings import string
from bot.dialogue.contacts import OFFICE
from bot.dialogue.generator import Reply
from bot.knowledge.model import Knowledge

LONGEST_TEXT = 4096
LONGEST_CARD = 2048
LONGEST_TITLE = 200
LONGEST_LABEL = 100
WITH_CARDS = ("answer", "unknown", "handoff")
"""Kinds of replies whose phone numbers come as cards to save; an apology lists those of the whole embassy."""
UP, DOWN = "👍", "👎"

Keyboard = InlineKeyboardMarkup


@dataclass(frozen=True)
class Outgoing:
    """A message to send, or to put in place of an earlier one where ``edits`` names it.

    ``html`` is safe HTML; ``card`` is (phone number, name, vCard) of a contact card, which is sent instead of a text.
    """

    html: str = ""
    keyboard: Keyboard | None = None
    edits: int | None = None
    card: tuple[str, str, str] | None = None


def units(text: str) -> int:
    """Length as Telegram counts it: UTF-16 code units."""
    return len(text.encode("utf-16-le", "surrogatepass")) // 2


def pieces(text: str, longest: int = LONGEST_TEXT) -> list[str]:
    """The text in pieces of at most ``longest`` units, cut between paragraphs, else lines, words, characters."""
    if units(text) <= longest:
        return [text]
    for cut in ("\n\n", "\n", " "):
        found = []
        current = ""
        for part in text.split(cut):
            joined = current + cut + part if current else part
            if units(joined) <= longest:
                current = joined
                continue
            if current:
                found.append(current)
            current = part
        found.append(current)
        if len(found) > 1 and all(units(piece) <= longest for piece in found):
            return found
        if len(found) > 1:
            return [small for piece in found for small in pieces(piece, longest)]
    half = max(1, longest // 2)
    return [text[start : start + half] for start in range(0, len(text), half)]


def rendered(replies: list[Reply], knowledge: Knowledge, update_id: int, public: str = "") -> list[Outgoing]:
    """The messages that show the replies to an update; ``public`` is this server's address, "" for none."""
    found: list[Outgoing] = []
    for item, reply in enumerate(replies):
        texts = [escape(piece, quote=False) for piece in pieces(reply.text, LONGEST_TEXT - 300)]
        if reply.source:
            texts[-1] += f"\n\n<i>{source_line(reply.source, reply.language, public)}</i>"
        found += [Outgoing(text) for text in texts[:-1]]
        found.append(Outgoing(texts[-1], keyboard(reply, update_id, item)))
        found += [Outgoing(card=card) for card in contact_cards(reply, knowledge)]
    return found


def source_line(source: Mapping[str, str], language: str, public: str) -> str:
    """Where an answer comes from and when that was checked, as safe HTML; with a link where there is an address."""
    title, url = escape(source["title"][:LONGEST_TITLE], quote=False), source.get("url", "")
    if public and url.startswith("/"):
        title = f'<a href="{escape(public + url)}">{title}</a>'
    day = escape(_as_read(source.get("checked", ""), language), quote=False)
    return string("source", language).format(title=title, checked=day)


def _as_read(day: str, language: str) -> str:
    """A day as people write it: ``2026-11-23`` → ``23 novembre 2026``."""
    try:
        return str(format_date(date.fromisoformat(day), "long", locale=language))
    except ValueError:
        return day


def label(text: str) -> str:
    """The words of a button, which begin like a sentence: "l'Ambassade" → "L'Ambassade"."""
    whole = text[:1].upper() + text[1:]
    if len(whole) <= LONGEST_LABEL:
        return whole
    short = shorten(whole, LONGEST_LABEL, placeholder="…")
    return short if len(short) > 1 else whole[: LONGEST_LABEL - 1] + "…"


def keyboard(reply: Reply, update_id: int, item: int) -> Keyboard | None:
    """A reply's choices, or thumbs under an answer."""
    rows = [[InlineKeyboardButton(label(button.title), callback_data=button.payload)] for button in reply.buttons]
    if reply.kind == "answer":
        rows.append([thumb(UP, update_id, item), thumb(DOWN, update_id, item)])
    return InlineKeyboardMarkup(rows) if rows else None


def thumb(sign: str, update_id: int, item: int, chosen: bool = False) -> InlineKeyboardButton:
    """A thumb for one reply to one update."""
    letter = "u" if sign == UP else "d"
    return InlineKeyboardButton(f"{sign} ✓" if chosen else sign, callback_data=f"t:{letter}:{update_id}:{item}")


def contact_cards(reply: Reply, knowledge: Knowledge) -> list[tuple[str, str, str]]:
    """Phone number, name and vCard of each office whose phone number a reply tells."""
    if reply.kind not in WITH_CARDS:
        return []
    section = knowledge.sections.get(reply.section or "")
    post = knowledge.post.name[reply.language]
    offices = [(label(section.short[reply.language]) if section else post, list[Mapping[str, str]]())]
    for contact in reply.contacts:
        if contact["kind"] == OFFICE:
            offices.append((contact["value"], []))
        else:
            offices[-1][1].append(contact)
    return [card for name, contacts in offices if (card := _card(name, post, contacts)) is not None]


def _card(name: str, post: str, contacts: list[Mapping[str, str]]) -> tuple[str, str, str] | None:
    numbers = [contact["value"] for contact in contacts if contact["kind"] == "phone"]
    if not numbers:
        return None
    lines = ["BEGIN:VCARD", "VERSION:3.0", f"FN:{_vcard(name)}", f"N:{_vcard(name)};;;;", f"ORG:{_vcard(post)}"]
    lines += [f"TEL;TYPE=WORK,VOICE:{_vcard(number)}" for number in numbers]
    lines += [f"EMAIL;TYPE=WORK:{_vcard(contact['value'])}" for contact in contacts if contact["kind"] == "email"]
    card = "\r\n".join([*lines, "END:VCARD"])
    return numbers[0], name, card if len(card.encode()) <= LONGEST_CARD else ""


def _vcard(text: str) -> str:
    """Escaped as RFC 6350, section 3.4."""
    return text.replace("\\", "\\\\").replace("\n", "\\n").replace(",", "\\,").replace(";", "\\;")
