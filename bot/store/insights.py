"""What conversations tell the staff: questions without an answer, thumbs, counts. Texts are masked before."""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import delete, func, insert, select
from sqlalchemy.engine import Engine

from bot.store.database import CONVERSATIONS, FEEDBACK, INBOX_MARKS, TELEGRAM_UPDATES, TURNS

UNSURE = 0.6
MOST_TURNS = 5000
DONE, IGNORED = "done", "ignored"
UNANSWERED = ("unknown", "fallback")


@dataclass(frozen=True)
class Unanswered:
    """A question that got no answer, or not the right one.

    ``why`` is ``unknown``, ``fallback``, ``unsure``, ``none`` (of the choices) or ``down`` (a thumb).
    """

    text: str
    why: str
    language: str
    channel: str
    created: datetime
    entry: str | None
    reason: str = ""


@dataclass
class Figures:
    """Counts of a period; keys are as they are shown."""

    days: Counter[str] = field(default_factory=Counter)
    kinds: Counter[str] = field(default_factory=Counter)
    sections: Counter[str] = field(default_factory=Counter)
    languages: Counter[str] = field(default_factory=Counter)
    channels: Counter[str] = field(default_factory=Counter)
    hours: Counter[int] = field(default_factory=Counter)
    entries: Counter[str] = field(default_factory=Counter)
    thumbs: dict[str, list[int]] = field(default_factory=lambda: defaultdict(lambda: [0, 0]))
    """Entry → [up, down]; "" for replies that came from no entry."""
    seconds: list[float] = field(default_factory=list)

    @property
    def questions(self) -> int:
        """Messages that people sent."""
        return sum(self.days.values())


class Insights:
    """Reads turns and thumbs; keeps what staff said of the questions in the inbox; forgets what is too old."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def unanswered(self, none_of_these: Sequence[str], since: datetime) -> list[Unanswered]:
        """Questions since then that got no answer, an unsure one, or a thumb down; the newest first.

        Args:
            none_of_these: The words of the button "none of these" in every language: the message before it is meant.
            since: Older ones are left out.
        """
        down = self._down(since)
        marks = self._marks()
        found: list[Unanswered] = []
        before: dict[str, Any] = {}
        for row in self._turns(since):
            earlier, before[row.sender] = before.get(row.sender), row
            replies = json.loads(row.replies)
            if row.text in none_of_these:
                if earlier is not None and earlier.text not in none_of_these:
                    found.append(_unanswered(earlier, json.loads(earlier.replies), "none"))
                continue
            thumb = down.get((row.sender, row.message_id or ""))
            why = _why(replies) if thumb is None else "down"
            if why:
                found.append(_unanswered(row, replies, why, thumb or ""))
        return [item for item in reversed(found) if not _is_marked(item, marks)]

    def _turns(self, since: datetime) -> Iterator[Any]:
        newest = select(TURNS).where(TURNS.c.created >= since).order_by(TURNS.c.id.desc()).limit(MOST_TURNS)
        with self._engine.connect() as connection:
            rows = connection.execute(newest).all()
        yield from reversed(rows)

    def _down(self, since: datetime) -> dict[tuple[str, str], str]:
        query = select(FEEDBACK).where(FEEDBACK.c.created >= since, FEEDBACK.c.helpful.is_(False))
        with self._engine.connect() as connection:
            return {(row.sender, row.message_id): row.reason for row in connection.execute(query)}

    def _marks(self) -> dict[str, tuple[str, datetime]]:
        with self._engine.connect() as connection:
            rows = connection.execute(select(INBOX_MARKS).order_by(INBOX_MARKS.c.id)).all()
        return {row.text: (row.state, row.created) for row in rows}

    def ignored(self) -> list[str]:
        """Texts that staff want to see no more."""
        return [text for text, (state, _) in self._marks().items() if state == IGNORED]

    def mark(self, texts: Sequence[str], state: str, who: str, now: datetime | None = None) -> None:
        """Takes questions out of the inbox: ``done`` until somebody asks them again in vain, ``ignored`` for good."""
        moment = now or datetime.utcnow()
        rows = [{"text": text, "state": state, "who": who, "created": moment} for text in dict.fromkeys(texts)]
        if rows:
            with self._engine.begin() as connection:
                connection.execute(delete(INBOX_MARKS).where(INBOX_MARKS.c.text.in_([row["text"] for row in rows])))
                connection.execute(insert(INBOX_MARKS), rows)

    def hurt(self, days: int, now: datetime | None = None) -> set[str]:
        """Entries that got more thumbs down than up lately."""
        since = (now or datetime.utcnow()) - timedelta(days=days)
        query = (
            select(FEEDBACK.c.entry, FEEDBACK.c.helpful, func.count())
            .where(FEEDBACK.c.created >= since, FEEDBACK.c.entry.isnot(None))
            .group_by(FEEDBACK.c.entry, FEEDBACK.c.helpful)
        )
        balance: Counter[str] = Counter()
        with self._engine.connect() as connection:
            for entry, helpful, count in connection.execute(query):
                balance[entry] += count if helpful else -count
        return {entry for entry, value in balance.items() if value < 0}

    def figures(self, since: datetime, until: datetime) -> Figures:
        """Counts of the messages and thumbs between two moments."""
        found = Figures()
        query = select(
            TURNS.c.created, TURNS.c.language, TURNS.c.channel, TURNS.c.replies, TURNS.c.seconds
        ).where(TURNS.c.created >= since, TURNS.c.created < until)  # fmt: skip
        day = since.date()
        while day <= until.date():
            found.days[day.isoformat()] = 0
            day += timedelta(days=1)
        with self._engine.connect() as connection:
            for row in connection.execution_options(stream_results=True).execute(query):
                found.days[row.created.date().isoformat()] += 1
                found.hours[row.created.hour] += 1
                found.languages[row.language or "?"] += 1
                found.channels[row.channel or "?"] += 1
                if row.seconds is not None:
                    found.seconds.append(row.seconds)
                for reply in json.loads(row.replies):
                    found.kinds[reply["kind"]] += 1
                    found.sections[reply.get("section") or "–"] += 1
                    if reply.get("entry") and reply["kind"] == "answer":
                        found.entries[reply["entry"]] += 1
            thumbs = select(FEEDBACK).where(FEEDBACK.c.created >= since, FEEDBACK.c.created < until)
            for row in connection.execute(thumbs):
                found.thumbs[row.entry or ""][0 if row.helpful else 1] += 1
        return found

    def erase_before(self, moment: datetime) -> int:
        """Erases everything of conversations that is older; the number of messages that went."""
        with self._engine.begin() as connection:
            gone = connection.execute(delete(TURNS).where(TURNS.c.created < moment)).rowcount
            connection.execute(delete(FEEDBACK).where(FEEDBACK.c.created < moment))
            connection.execute(delete(CONVERSATIONS).where(CONVERSATIONS.c.updated < moment))
            connection.execute(delete(TELEGRAM_UPDATES).where(TELEGRAM_UPDATES.c.created < moment))
            connection.execute(delete(INBOX_MARKS).where(INBOX_MARKS.c.created < moment, INBOX_MARKS.c.state == DONE))
        return int(gone)


def _why(replies: Sequence[Mapping[str, Any]]) -> str:
    """Why a message belongs into the inbox, empty where it does not."""
    for reply in replies:
        if reply["kind"] in UNANSWERED:
            return str(reply["kind"])
    if any(reply["kind"] == "answer" and reply.get("confidence", 1.0) < UNSURE for reply in replies):
        return "unsure"
    return ""


def _unanswered(row: Any, replies: Sequence[Mapping[str, Any]], why: str, reason: str = "") -> Unanswered:
    entry = next((reply["entry"] for reply in replies if reply.get("entry")), None)
    return Unanswered(row.text, why, row.language or "", row.channel or "", row.created, entry, reason)


def _is_marked(item: Unanswered, marks: Mapping[str, tuple[str, datetime]]) -> bool:
    state, when = marks.get(item.text, ("", item.created))
    return state == IGNORED or (state == DONE and item.created <= when)
