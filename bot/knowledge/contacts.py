"""What a phone number, a mail address, a link or a name may look like, and where answers refer to one."""

from __future__ import annotations

import re
from functools import lru_cache
from urllib.parse import urlsplit

from bot.knowledge.model import Knowledge
from bot.knowledge.said import Said, said
from bot.knowledge.shown import Shown, filled, unfilled

KINDS = ("phone", "email", "link", "name")
LONGEST = 200
FEWEST_DIGITS = 2
FEWEST_DIGITS_ALONE = 6
"""Of a number without its country; fewer could be any number."""
BETWEEN_DIGITS = r"[\s.()/\u2011-]*"
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


@lru_cache(maxsize=512)
def spelling(kind: str, value: str) -> re.Pattern[str]:
    """How texts spell a contact out: a number grouped in any way and with or without its country, else in any case."""
    if kind == "phone":
        country = re.match(r"\+\d{1,3}(?=\D)", value)
        number = re.findall(r"\w", value[country.end() :] if country else value)
        before = ""
        if country and sum(sign.isdigit() for sign in number) >= FEWEST_DIGITS_ALONE:
            before = rf"(?:\(?(?:\+|00)?{country[0][1:]}{BETWEEN_DIGITS})?"
        elif country:
            number = [*country[0][1:], *number]
        signs = BETWEEN_DIGITS.join(number)
        return re.compile(rf"(?<![\d+])(?<!\d[\s.-])\+?{before}{signs}(?![\s.-]?\d)", re.IGNORECASE)
    words = r"\s+".join(map(re.escape, value.split()))
    end = {"email": r"(?![\w-]|\.\w)", "link": r"(?![\w-]|[./?#]\w)"}.get(kind, r"(?!\w)")
    return re.compile(rf"(?<![\w.+-]){words}{end}", re.IGNORECASE)


def spelled_in(knowledge: Knowledge, kind: str, value: str) -> list[Shown]:
    """The texts for the public that spell a contact out; they do not change with it."""
    pattern = spelling(kind, value)
    return [
        shown
        for shown in (*filled(knowledge), *unfilled(knowledge))
        if any(pattern.search(REFERENCE.sub(" ", text)) for text in shown.text.values())
    ]


def referring(text: str, kind: str, value: str, name: str) -> str:
    """A text in which each place that spells a contact out refers to it instead."""
    found = re.compile(rf"({REFERENCE.pattern})|{spelling(kind, value).pattern}", re.IGNORECASE)
    return found.sub(lambda match: match[0] if match[1] else "{" + name + "}", text)


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
