"""The audit log: who did what, when and why, in the reader's words."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from urllib.parse import urlencode

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from bot.console.access import PATH, desk_of, signed_in
from bot.console.desk import language_for, page, words
from bot.store.staff import UNDER_WAY, AuditLine, Session

LINES = 50
LONGEST_FILTER = 60
FILES = re.compile(r"[\w./-]+\.yml(?:, [\w./-]+\.yml)*")
NAMED = re.compile(r"(?P<first>.*) \((?P<second>\w+)\)")


@dataclass(frozen=True)
class Line:
    """One thing that somebody did, as it is read; ``files`` are those of the knowledge that it changed."""

    created: datetime
    who: str
    action: str
    subject: str
    reason: str
    files: str


@signed_in
async def log(request: Request, session: Session) -> Response:
    """Who did what, when and why, the newest first; of one person or one action where these are chosen."""
    query, staff, known = request.query_params, desk_of(request).staff, words()[language_for(request)]
    text = query.get("skip", "")
    skip = min(int(text), 10**6) if text.isascii() and text.isdigit() and len(text) < 12 else 0
    who, action = (query.get(name, "")[:LONGEST_FILTER] for name in ("who", "action"))
    lines = await asyncio.to_thread(staff.log, LINES, skip, who=who, action=action)
    total = await asyncio.to_thread(staff.log_length, who=who, action=action)
    people, actions = await asyncio.to_thread(staff.logged)

    def address(to: int) -> str:
        kept = {name: value for name, value in (("who", who), ("action", action), ("skip", str(to or ""))) if value}
        return f"{PATH}/log" + (f"?{urlencode(kept)}" if kept else "")

    return page(
        request,
        "log.html",
        lines=[_worded(line, known) for line in lines],
        skip=skip,
        most=LINES,
        total=total,
        address=address,
        who=who,
        action=action,
        people=[(name, _person(name, known)) for name in people],
        actions=sorted(((name, did(name, known)) for name in actions), key=lambda item: item[1].casefold()),
    )


def did(action: str, known: Mapping[str, str]) -> str:
    """An action in words; what has none is shown as it is kept."""
    return known.get(f"did_{action}", action)


def _person(name: str, known: Mapping[str, str]) -> str:
    return known["command_line"] if name == "command line" else name


def _worded(line: AuditLine, known: Mapping[str, str]) -> Line:
    # What the console writes into files stands where reasons do; it is no reason.
    files = line.reason if FILES.fullmatch(line.reason) else ""
    return Line(
        created=line.created,
        who=_person(line.who, known),
        action=did(line.action, known),
        subject=_subject(line, known),
        reason="" if files else line.reason,
        files=files,
    )


def _subject(line: AuditLine, known: Mapping[str, str]) -> str:
    """What it was done to: roles in words, a number of questions as such, one's own name left out."""
    if line.action in ("signed-in", "password-changed") and line.subject == line.who:
        return ""
    if line.action.startswith("inbox-") and line.subject.isdigit():
        return known["n_questions"].format(n=line.subject)
    if line.subject == UNDER_WAY:
        return known["under_way"]
    named = NAMED.fullmatch(line.subject)
    if line.action in ("account-added", "role-changed") and named:
        return f"{named['first']} ({known.get(named['second'], named['second'])})"
    return line.subject


ROUTES = [Route("/log", log, methods=["GET"])]
