"""What conversations tell the staff in counts: by day, kind, section, language, channel and hour."""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta, timezone, tzinfo
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.engine import Engine

from bot.store.database import FEEDBACK, TURNS

NONE = "–"
QUESTIONS = ("answer", "clarify", "unknown", "fallback")
"""Kinds of replies that questions get."""
SMALL_TALK = "smalltalk"
THUMBS_BY = ("sections", "languages", "channels", "hours")
Thumbs = dict[str, list[int]]
"""Whatever they are counted by → [up, down]."""


def no_thumbs() -> Thumbs:
    """Nothing counted yet."""
    return defaultdict(lambda: [0, 0])


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
    asked: Counter[str] = field(default_factory=Counter)
    """Masked questions, as they were first written; small talk apart. Those that differ in case or marks are one."""
    thumbs: Thumbs = field(default_factory=no_thumbs)
    """By entry; "" for replies that came from no entry."""
    thumbs_by: dict[str, Thumbs] = field(default_factory=lambda: {name: no_thumbs() for name in THUMBS_BY})
    """The same by section, language, channel and hour (two digits)."""
    seconds: list[float] = field(default_factory=list)

    @property
    def questions(self) -> int:
        """Messages in which people asked for something."""
        return sum(self.days.values())


class Insights:
    """Reads turns and thumbs."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

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

    def figures(
        self,
        since: datetime,
        until: datetime,
        zone: tzinfo = timezone.utc,
        *,
        presses: tuple[str, ...] = (),
        refusals: Collection[str] = (),
    ) -> Figures:
        """Counts of the questions and thumbs between two moments, which are in UTC; days and hours are a zone's.

        Greetings are no questions, nor are pressed buttons, whose texts begin with ``presses``; what an option that was
        pressed brings counts as a reply. ``refusals`` are texts by which people say that no option is meant.
        """
        found, first = Figures(), dict[str, str]()
        query = select(
            TURNS.c.created, TURNS.c.language, TURNS.c.channel, TURNS.c.replies, TURNS.c.seconds, TURNS.c.text
        ).where(TURNS.c.created >= since, TURNS.c.created < until)  # fmt: skip
        day, last = local(since, zone).date(), local(until, zone).date()
        while day <= last:
            found.days[day.isoformat()] = 0
            day += timedelta(days=1)
        with self._engine.connect() as connection:
            for row in connection.execution_options(stream_results=True).execute(query):
                if row.seconds is not None:
                    found.seconds.append(row.seconds)
                if row.text in refusals:
                    continue
                replies = json.loads(row.replies)
                kinds = {reply["kind"] for reply in replies}
                if not row.text.startswith(presses) and not kinds <= {SMALL_TALK}:
                    created = local(row.created, zone)
                    found.days[created.date().isoformat()] += 1
                    found.hours[created.hour] += 1
                    found.languages[row.language or "?"] += 1
                    found.channels[row.channel or "?"] += 1
                    if not kinds.isdisjoint(QUESTIONS):
                        found.asked[first.setdefault(_bare(row.text), row.text)] += 1
                for reply in replies:
                    found.kinds[reply["kind"]] += 1
                    found.sections[reply.get("section") or NONE] += 1
                    if reply.get("entry") and reply["kind"] == "answer":
                        found.entries[reply["entry"]] += 1
            same = (TURNS.c.sender == FEEDBACK.c.sender) & (TURNS.c.message_id == FEEDBACK.c.message_id)
            thumbs = (
                select(FEEDBACK, TURNS.c.replies)
                .join(TURNS, same, isouter=True)
                .where(FEEDBACK.c.created >= since, FEEDBACK.c.created < until)
            )
            for row in connection.execute(thumbs):
                at = 0 if row.helpful else 1
                found.thumbs[row.entry or ""][at] += 1
                hour = f"{local(row.created, zone).hour:02d}"
                which = (_section_of(row), row.language or "?", row.channel or "?", hour)
                for name, value in zip(THUMBS_BY, which):
                    found.thumbs_by[name][value][at] += 1
        return found


def _bare(text: str) -> str:
    return " ".join(text.casefold().split()).rstrip(" ?!.…")


def local(moment: datetime, zone: tzinfo) -> datetime:
    """A moment as it is kept, in UTC, by the clocks of a zone."""
    return moment.replace(tzinfo=timezone.utc).astimezone(zone)


def _section_of(thumb: Any) -> str:
    """The section of the reply that a thumb is about; where that reply is gone, the one that its entry's id names."""
    replies: Sequence[Mapping[str, Any]] = json.loads(thumb.replies) if thumb.replies else ()
    if thumb.item < len(replies):
        return str(replies[thumb.item].get("section") or NONE)
    section = (thumb.entry or "").partition(".")[0]
    return NONE if section in ("", "topic") else section
