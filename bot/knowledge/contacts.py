"""What a phone number, a mail address, a link or a name may look like, and where answers refer to one."""

from __future__ import annotations

import re
from urllib.parse import urlsplit

from bot.knowledge.model import Knowledge
from bot.knowledge.said import Said, said
from bot.knowledge.shown import filled

KINDS = ("phone", "email", "link", "name")
LONGEST = 200
FEWEST_DIGITS = 2
MAIL = re.compile(r"[\w.+-]+@[\w-]+(?:\.[\w-]+)+")
PHONE = re.compile(r"[\d\s+()./\u00a0\u202f-]+(?:(?:ext|poste|p)\.?\s*\d+)?", re.IGNORECASE)
REFERENCE = re.compile(r"\{([^{}]*)\}")


def contact_problem(kind: str, value: str) -> Said | None:
    """What is wrong with a contact's value, None for nothing."""
    if kind == "link":
        parts = _split(value)
        if parts not in ("http", "https"):
            return said("'{value}' is no link: it must begin with https:// or http://", value=value[:60])
    if kind == "email" and not MAIL.fullmatch(value):
        return said("'{value}' is no mail address: write it like name@example.org", value=value[:60])
    if kind == "phone" and (sum(sign.isdigit() for sign in value) < FEWEST_DIGITS or not PHONE.fullmatch(value)):
        return said("'{value}' is no phone number: write it in digits, like +223 2070 2424", value=value[:60])
    if kind == "name" and (MAIL.search(value) or "://" in value):
        return said("'{value}' is no name: choose the kind mail or link for it", value=value[:60])
    return None


def _split(value: str) -> str:
    """The scheme of a link that names a host and holds no blank, else nothing."""
    try:
        parts = urlsplit(value)
        return parts.scheme.lower() if parts.hostname and not re.search(r"[\s\\<>\"]", value) else ""
    except ValueError:
        return ""


def brace_problem(text: str) -> Said | None:
    """What is wrong with the braces of an answer: one that nothing closes or opens."""
    rest = REFERENCE.sub("", text)
    at = next((index for index, sign in enumerate(rest) if sign in "{}"), None)
    if at is None:
        return None
    near = " ".join(rest[max(0, at - 10) : at + 25].split())
    if rest[at] == "{":
        return said("the brace in “{near}” is not closed", near=near)
    return said("the brace in “{near}” was not opened", near=near)


def users_of(knowledge: Knowledge, name: str) -> list[str]:
    """The ids of everything whose words show a contact."""
    reference = "{" + name + "}"
    owners = (shown.id for shown in filled(knowledge) if any(reference in text for text in shown.text.values()))
    return list(dict.fromkeys(owners))
