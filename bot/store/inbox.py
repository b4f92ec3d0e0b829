"""Questions that got no answer, and what staff said of them. Texts are masked before they come here."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import delete, func, insert, select
from sqlalchemy.engine import Connection, Engine

from bot.store.database import FEEDBACK, INBOX_MARKS, TURNS
from bot.wording import STALE_PRESS

UNSURE = 0.6
DONE, IGNORED = "done", "ignored"
UNANSWERED = ("unknown", "fallback")
TOPIC = "topic."
"""What the ids of known topics begin with."""
MOST_AT_ONCE = 500
"""Values in one condition; databases take no endless list."""


@dataclass(frozen=True)
class Unanswered:
    """A question that got no answer, or not the right one.

    ``why`` is ``unknown``, ``fallback``, ``unsure``, ``none`` (of the choices) or ``down`` (a thumb).
    ``topic`` is the known topic that answered it clearly, empty where none did: staff have decided on that matter.
    """

    text: str
    why: str
    language: str
    channel: str
    created: datetime
    reason: str = ""
    topic: str = ""

    @property
    def digest(self) -> str:
        """What names the text where it must not stand itself."""
        return digest_of(self.text)


@dataclass(frozen=True)
class Ignored:
    """A question that staff want to see no more; ``text`` is empty once nobody's conversation holds it any longer.

    ``state`` is ``ignored``, or ``done``, then perhaps with the ``entry`` that it was put into. ``vector`` says what it
    means, so that later questions that mean the same are ignored too.
    """

    id: int
    text: str
    digest: str
    vector: bytes | None
    who: str
    created: datetime
    state: str = IGNORED
    entry: str | None = None


@dataclass(frozen=True)
class Settled:
    """A question that staff put into the knowledge: into ``entry``, at ``created``; it was first asked at ``asked``."""

    digest: str
    text: str
    entry: str
    asked: datetime
    created: datetime


def digest_of(text: str) -> str:
    """A text's name: the same for the same text, and nothing can be read from it."""
    return hashlib.sha256(text.encode("utf-8", "replace")).hexdigest()


def trouble_of(replies: Sequence[Mapping[str, Any]]) -> str:
    """Why a message belongs into the inbox by its replies alone, empty where it does not."""
    for reply in replies:
        if reply.get("kind") in UNANSWERED:
            return str(reply["kind"])
    if any(reply.get("kind") == "answer" and reply.get("confidence", 1.0) < UNSURE for reply in replies):
        return "unsure"
    return ""


def topic_of(replies: Sequence[Mapping[str, Any]]) -> str:
    """The known topic that a message was answered with, empty where it was answered otherwise too, or unsurely."""
    told = [reply for reply in replies if reply.get("kind") == "answer" or reply.get("kind") in UNANSWERED]
    if any(reply.get("confidence", 1.0) < UNSURE for reply in told):
        return ""
    without = [str(reply.get("entry") or "") for reply in told if reply.get("kind") in UNANSWERED]
    return without[0] if without and all(name.startswith(TOPIC) for name in without) else ""


class Inbox:
    """Finds what waits for an answer, and keeps what staff said of it."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def unanswered(self, none_of_these: Sequence[str], since: datetime) -> list[Unanswered]:
        """Questions since then that got no answer, an unsure one, or a thumb down; the newest first, none left out.

        Args:
            none_of_these: The words of the button "none of these" in every language: the message before it is meant.
            since: Older ones are left out.
        """
        found: dict[int, Unanswered] = {}
        with self._engine.connect() as connection:
            troubled = select(TURNS).where(TURNS.c.created >= since, TURNS.c.trouble != "")
            for row in connection.execute(troubled):
                topic = topic_of(json.loads(row.replies)) if row.trouble == "unknown" else ""
                found[row.id] = _unanswered(row, row.trouble, topic=topic)
            for row in _before_none(connection, none_of_these, since):
                found[row.id] = _unanswered(row, "none")
            thumbs = FEEDBACK.c.helpful.is_(False) & (FEEDBACK.c.created >= since)
            rated = (
                select(TURNS, FEEDBACK.c.reason)
                .join(FEEDBACK, (FEEDBACK.c.sender == TURNS.c.sender) & (FEEDBACK.c.message_id == TURNS.c.message_id))
                .where(TURNS.c.created >= since, thumbs)
                .order_by(FEEDBACK.c.id)
            )
            for row in connection.execute(rated):
                found[row.id] = _unanswered(row, "down", row.reason)
            marks = _marks(connection)
        kept = (found[number] for number in sorted(found, reverse=True))
        no_questions = {*none_of_these, *STALE_PRESS.values()}
        return [item for item in kept if item.text not in no_questions and not _is_marked(item, marks)]

    def ignored(self) -> list[Ignored]:
        """What staff want to see no more, the newest first."""
        return [item for item in self.settled_by_staff() if item.state == IGNORED]

    def settled_by_staff(self) -> list[Ignored]:
        """What staff took out of the inbox, ignored or done, the newest first."""
        query = select(INBOX_MARKS).order_by(INBOX_MARKS.c.id.desc())
        with self._engine.connect() as connection:
            rows = connection.execute(query).all()
        return [
            Ignored(row.id, row.text, row.digest, row.vector, row.who, row.created, row.state, row.entry)
            for row in rows
        ]  # fmt: skip

    def mark(
        self,
        items: Sequence[Unanswered],
        state: str,
        who: str,
        now: datetime | None = None,
        *,
        entry: str | None = None,
        vectors: Mapping[str, bytes] | None = None,
    ) -> None:
        """Takes questions out of the inbox: ``done`` until somebody asks them again in vain, ``ignored`` for good.

        Args:
            items: The questions.
            state: ``done`` or ``ignored``.
            who: The account.
            now: When, if not now.
            entry: What they were put into, None for nothing.
            vectors: What the texts mean, by text.
        """
        moment = now or datetime.utcnow()
        first: dict[str, datetime] = {}
        for item in items:
            first[item.text] = min(item.created, first.get(item.text, item.created))
        rows = [
            {
                "text": text, "digest": digest_of(text), "state": state, "who": who, "created": moment,
                "entry": entry, "asked": asked, "vector": (vectors or {}).get(text),
            }
            for text, asked in first.items()
        ]  # fmt: skip
        if rows:
            with self._engine.begin() as connection:
                for part in portions([row["digest"] for row in rows]):
                    connection.execute(delete(INBOX_MARKS).where(INBOX_MARKS.c.digest.in_(part)))
                connection.execute(insert(INBOX_MARKS), rows)

    def restore(self, number: int) -> bool:
        """Takes back that something is ignored or done; False where it is not. What it was put into keeps it."""
        which = INBOX_MARKS.c.id == number
        with self._engine.begin() as connection:
            return bool(connection.execute(delete(INBOX_MARKS).where(which)).rowcount)

    def settled(self, since: datetime) -> list[Settled]:
        """Questions that were first asked since then and that staff have put into the knowledge."""
        query = select(INBOX_MARKS).where(INBOX_MARKS.c.entry.isnot(None), INBOX_MARKS.c.asked >= since)
        with self._engine.connect() as connection:
            rows = connection.execute(query).all()
        return [Settled(row.digest, row.text, row.entry, row.asked, row.created) for row in rows]


def portions(values: Sequence[Any]) -> Iterator[Sequence[Any]]:
    """The values in lists that a condition can hold."""
    for start in range(0, len(values), MOST_AT_ONCE):
        yield values[start : start + MOST_AT_ONCE]


def _before_none(connection: Connection, none_of_these: Sequence[str], since: datetime) -> Iterator[Any]:
    """The messages after whose reply somebody chose "none of these"."""
    earlier = TURNS.alias("earlier")
    before = (
        select(func.max(earlier.c.id))
        .where(earlier.c.sender == TURNS.c.sender, earlier.c.id < TURNS.c.id)
        .scalar_subquery()
    )
    pressed = select(before).where(TURNS.c.created >= since, TURNS.c.text.in_(list(none_of_these)))
    numbers = sorted({number for number in connection.execute(pressed).scalars() if number is not None})
    for part in portions(numbers):
        yield from connection.execute(select(TURNS).where(TURNS.c.id.in_(part), TURNS.c.created >= since))


def _marks(connection: Connection) -> dict[str, tuple[str, datetime]]:
    query = select(INBOX_MARKS.c.digest, INBOX_MARKS.c.state, INBOX_MARKS.c.created).order_by(INBOX_MARKS.c.id)
    return {row.digest: (row.state, row.created) for row in connection.execute(query)}


def _unanswered(row: Any, why: str, reason: str = "", topic: str = "") -> Unanswered:
    return Unanswered(row.text, why, row.language or "", row.channel or "", row.created, reason, topic)


def _is_marked(item: Unanswered, marks: Mapping[str, tuple[str, datetime]]) -> bool:
    state, when = marks.get(item.digest, ("", item.created))
    return state == IGNORED or (state == DONE and item.created <= when)
