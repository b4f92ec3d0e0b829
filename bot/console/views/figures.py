"""What people ask, in counts: by day, kind, section, language, channel and hour; as plots, tables and CSV."""

from __future__ import annotations

import asyncio
import csv
import io
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, time, timedelta, timezone, tzinfo

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from bot.console.access import desk_of, signed_in
from bot.console.desk import ConsoleDesk, language_for, page, words
from bot.console.grouping import none_of_these
from bot.console.plots import bars
from bot.console.waits import waits
from bot.dialogue.generator import PAYLOAD
from bot.knowledge.model import Knowledge, Post, told
from bot.store.insights import THUMBS_BY, Figures, Thumbs, local
from bot.store.staff import Session

PERIODS = (1, 7, 30)
MOST_ENTRIES = 10
HOURS = tuple(f"{hour:02d}" for hour in range(24))
DEFUSED = ("=", "+", "-", "@", "\t", "\r")
QUANTILES = (("half", 0.5), ("most", 0.95))

Counts = list[tuple[str, int]]
Rated = list[tuple[str, int, int]]


@dataclass(frozen=True)
class Times:
    """How long half and almost all of something took; None of nothing."""

    half: float | None
    most: float | None

    @classmethod
    def of(cls, values: Iterable[float]) -> Times:
        """The times of some values."""
        ordered = sorted(values)
        at = [min(len(ordered) - 1, int(share * len(ordered))) for _, share in QUANTILES]
        return cls(*(ordered[place] if ordered else None for place in at))


def _period(request: Request) -> int:
    text = request.query_params.get("days", "7")
    return int(text) if text in {str(days) for days in PERIODS} else 7


def between(days: int, zone: tzinfo, now: datetime) -> tuple[datetime, datetime]:
    """The last days of a zone up to now, in UTC: from its midnight, or the first moment of a day without one."""
    first = local(now, zone).date() - timedelta(days=days - 1)
    return datetime.combine(first, time.min, zone).astimezone(timezone.utc).replace(tzinfo=None), now


def _found(desk: ConsoleDesk, days: int, post: Post) -> tuple[Figures, list[timedelta]]:
    since, until = between(days, post.zone, datetime.utcnow())
    refusals = none_of_these(desk.served())
    found = desk.insights.figures(since, until, post.zone, presses=(PAYLOAD,), refusals=refusals)
    return found, waits(desk, since, until)


@signed_in
async def show(request: Request, session: Session) -> Response:
    """The figures of a period."""
    desk, language, days = desk_of(request), language_for(request), _period(request)
    served = desk.served()
    figures, waited = await asyncio.to_thread(_found, desk, days, served.post)
    zone, known, name = served.post.time_zone, words()[language], _names(served, language)
    per_hour, thumbs_title = (known[key].format(zone=zone) for key in ("by_hour", "thumbs_by_hour"))
    hours = [(hour, figures.hours[int(hour)]) for hour in HOURS]
    a_day, per_day = known["questions_a_day"], list(figures.days.items())
    rated = _by_hour(figures.thumbs_by["hours"])
    answered_after = Times.of(wait.total_seconds() / 3600 for wait in waited)
    return page(
        request,
        "figures.html",
        figures=figures,
        days=days,
        periods=PERIODS,
        retention=desk.settings.retention_days,
        zone=zone,
        plots=[
            ("days", a_day, bars([(_short(day), count) for day, count in per_day], a_day)),
            ("hours", per_hour, bars(hours, per_hour)),
        ],
        tables={"days": per_day, "hours": hours},
        counts=_counts(figures, name),
        thumbs=[(f"thumbs_by_{by[:-1]}", _rated(by, figures.thumbs_by[by], name)) for by in THUMBS_BY[:-1]],
        thumbs_plot=bars([(hour, up) for hour, up, _ in rated], thumbs_title, [down for _, _, down in rated]),
        thumbs_title=thumbs_title,
        thumbs_hours=rated,
        worst=_worst(figures, name),
        asked=figures.asked.most_common(MOST_ENTRIES),
        answered=figures.kinds["answer"],
        clarified=figures.kinds["clarify"],
        refused=figures.kinds["unknown"] + figures.kinds["fallback"],
        up=sum(up for up, _ in figures.thumbs.values()),
        down=sum(down for _, down in figures.thumbs.values()),
        reply=Times.of(1000 * seconds for seconds in figures.seconds),
        published=len(waited),
        hours_until={key: _hours(getattr(answered_after, key), language) for key, _ in QUANTILES},
    )


def _short(day: str) -> str:
    return day[8:] + "." + day[5:7]


def _hours(hours: float | None, language: str) -> str:
    """Hours in words: minutes below one hour, days from 48 hours on."""
    if hours is None:
        return ""
    t = words()[language]
    if round(60 * hours) < 60:
        return t["n_minutes"].format(n=max(1, round(60 * hours)))
    return t["n_days"].format(n=round(hours / 24)) if hours >= 48 else t["n_hours"].format(n=round(hours))


def _names(knowledge: Knowledge, language: str) -> Callable[[str, str], str]:
    """What staff call a thing that is counted: ``name(what, id)``."""
    known = words()[language]
    titles = {entry.id: told(entry.title, language, entry.id) for entry in knowledge.entries.values()}
    titles |= {topic.id: told(topic.title, language, topic.id) for topic in knowledge.topics.values()}
    sections = {section.id: told(section.name, language, section.id) for section in knowledge.sections.values()}

    def name(what: str, which: str) -> str:
        if what in ("sections", "entries"):
            return (sections if what == "sections" else titles).get(which, which)
        prefix = {"languages": "language_", "channels": "channel_", "kinds": "kind_"}[what]
        return known.get(prefix + which, which)

    return name


def _counts(figures: Figures, name: Callable[[str, str], str]) -> list[tuple[str, Counts]]:
    shown = (
        ("by_section", "sections", None), ("by_language", "languages", None), ("by_channel", "channels", None),
        ("by_kind", "kinds", None), ("top_questions", "entries", MOST_ENTRIES),
    )  # fmt: skip
    return [
        (title, [(name(what, which), count) for which, count in getattr(figures, what).most_common(most)])
        for title, what, most in shown
    ]


def _rated(what: str, thumbs: Thumbs, name: Callable[[str, str], str]) -> Rated:
    ordered = sorted(thumbs.items(), key=lambda item: (-sum(item[1]), item[0]))
    return [(name(what, which), up, down) for which, (up, down) in ordered]


def _by_hour(thumbs: Thumbs) -> Rated:
    return [(hour, *_pair(thumbs.get(hour, [0, 0]))) for hour in HOURS]


def _pair(counts: Sequence[int]) -> tuple[int, int]:
    return counts[0], counts[1]


def _worst(figures: Figures, name: Callable[[str, str], str]) -> list[tuple[str, str, list[int]]]:
    """Entries with thumbs down, the most first: id, title, [up, down]."""
    disliked = [(which, counts) for which, counts in figures.thumbs.items() if counts[1]]
    ordered = sorted(disliked, key=lambda item: (item[1][0] - item[1][1], item[0]))[:MOST_ENTRIES]
    return [(which, name("entries", which), counts) for which, counts in ordered]


@signed_in
async def download(request: Request, session: Session) -> Response:
    """All counts of a period as CSV."""
    desk = desk_of(request)
    post = desk.served().post
    figures, waited = await asyncio.to_thread(_found, desk, _period(request), post)
    return Response(
        _csv(figures, waited, post.time_zone, figures.asked.most_common(MOST_ENTRIES)),
        media_type="text/csv; charset=utf-8",
        headers={"Content-Disposition": 'attachment; filename="figures.csv"', "Cache-Control": "no-store"},
    )


def _csv(figures: Figures, waited: Sequence[timedelta], zone: str, asked: Counts) -> str:
    out = io.StringIO()
    out.write("\ufeff")
    writer = csv.writer(out)
    writer.writerow(["what", "which", "count"])
    rows: list[tuple[str, object, object]] = []
    for what in ("days", "kinds", "sections", "languages", "channels", "hours", "entries"):
        rows += [(what, which, count) for which, count in getattr(figures, what).items()]
    for what, thumbs in {"entries": figures.thumbs, **figures.thumbs_by}.items():
        for which, (up, down) in sorted(thumbs.items()):
            rows += [(f"thumbs up by {what}", which, up), (f"thumbs down by {what}", which, down)]
    rows += [("questions asked most", text, count) for text, count in asked]
    for what, times in (
        ("milliseconds to reply", Times.of(1000 * seconds for seconds in figures.seconds)),
        ("hours from question to published answer", Times.of(wait.total_seconds() / 3600 for wait in waited)),
    ):
        values = ((key, getattr(times, key)) for key, _ in QUANTILES)
        names = {"half": "half within", "most": "95 % within"}
        rows += [(what, names[key], round(value, 2)) for key, value in values if value is not None]
    rows.append(("questions of the inbox whose answer was published", "", len(waited)))
    rows.append(("time zone of days and hours", zone, ""))
    for row in rows:
        text = str(row[1])
        # A spreadsheet would compute what begins like a formula.
        writer.writerow([row[0], f"'{text}" if text.startswith(DEFUSED) else text, row[2]])
    return out.getvalue()


ROUTES = [Route("/figures", show, methods=["GET"]), Route("/figures.csv", download, methods=["GET"])]
