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
from bot.console.naming import person, reason_word
from bot.console.noted import Told, told
from bot.store.staff import UNDER_WAY, AuditLine, Session
from bot.training.release import ROLLBACK

LINES = 50
LONGEST_FILTER = 60
FILES = re.compile(r"[\w./-]+\.yml(?:, [\w./-]+\.yml)*")
ROWS = re.compile(r"(\d+) rows")
RELEASE = re.compile(r"release (?P<number>\d+) \((?:of (?P<of>\d+)|(?P<kind>\w+))\)")
NAMED = re.compile(r"(?P<first>.*) \((?P<second>\w+)\)")


@dataclass(frozen=True)
class Line:
    """One thing that somebody did, as it is read.

    Attributes:
        files: Those of the knowledge that it changed.
        changes: The fields that it changed, before and after; ``more`` is how many are left out.
    """

    created: datetime
    who: str
    action: str
    subject: str
    reason: str
    files: str
    changes: list[Told]
    more: int


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
        people=[(name, person(name, known.__getitem__)) for name in people],
        actions=sorted(((name, did(name, known)) for name in actions), key=lambda item: item[1].casefold()),
    )


def did(action: str, known: Mapping[str, str]) -> str:
    """An action in words; what has none is shown as it is kept."""
    return known.get(f"did_{action}", action)


def _worded(line: AuditLine, known: Mapping[str, str]) -> Line:
    # In lines of earlier versions the files stand where reasons do; they are no reason.
    earlier = line.reason if FILES.fullmatch(line.reason) else ""
    files, changes, more = told(line.changes, line.subject, known.__getitem__)
    return Line(
        created=line.created,
        who=person(line.who, known.__getitem__),
        action=did(line.action, known),
        subject=_subject(line, known),
        reason="" if earlier else reason_word(line.reason, known.__getitem__),
        files=files or earlier,
        changes=changes,
        more=more,
    )


def _subject(line: AuditLine, known: Mapping[str, str]) -> str:
    """What it was done to: roles in words, a number of questions as such, one's own name left out."""
    if line.action in ("signed-in", "password-changed") and line.subject == line.who:
        return ""
    if line.action.startswith("inbox-") and line.subject.isdigit():
        return known["one_question" if line.subject == "1" else "n_questions"].format(n=line.subject)
    if line.subject == UNDER_WAY:
        return known["under_way"]
    rows = ROWS.fullmatch(line.subject)
    if line.action == "imported" and rows:
        return known["one_row" if rows[1] == "1" else "n_rows"].format(n=rows[1])
    release = RELEASE.fullmatch(line.subject)
    if line.action in ("published", "rolled-back") and release:
        kind = release["kind"] or ROLLBACK
        how = " ".join(filter(None, (known.get(f"kind_{kind}", kind), release["of"])))
        return f"{known['release'].lower()} {release['number']} ({how})"
    named = NAMED.fullmatch(line.subject)
    if line.action in ("account-added", "role-changed") and named:
        return f"{named['first']} ({known.get(named['second'], named['second'])})"
    return line.subject


ROUTES = [Route("/log", log, methods=["GET"])]
