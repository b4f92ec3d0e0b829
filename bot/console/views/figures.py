"""What people ask, in counts: by day, kind, section, language, channel and hour; as plots, tables and CSV."""

from __future__ import annotations

import asyncio
import csv
import io
from datetime import datetime, timedelta

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from bot.console.access import desk_of, signed_in
from bot.console.desk import language_for, page, words
from bot.console.plots import bars
from bot.store.insights import Figures
from bot.store.staff import Session

PERIODS = (1, 7, 30)
MOST_ENTRIES = 10
DEFUSED = ("=", "+", "-", "@", "\t", "\r")


def _period(request: Request) -> int:
    text = request.query_params.get("days", "7")
    return int(text) if text in {str(days) for days in PERIODS} else 7


def _between(days: int) -> tuple[datetime, datetime]:
    now = datetime.utcnow()
    midnight = now.replace(hour=0, minute=0, second=0, microsecond=0)
    return midnight - timedelta(days=days - 1), now


@signed_in
async def show(request: Request, session: Session) -> Response:
    """The figures of a period."""
    desk, language, days = desk_of(request), language_for(request), _period(request)
    figures = await asyncio.to_thread(desk.inbox.figures, *_between(days))
    knowledge = desk.served()
    titles = {name: entry.title[language] for name, entry in knowledge.entries.items()}
    sections = {name: section.name[language] for name, section in knowledge.sections.items()}
    t = words()[language].__getitem__
    known = words()[language]
    seconds = sorted(figures.seconds)
    up, down = (sum(counts[at] for counts in figures.thumbs.values()) for at in (0, 1))
    tables = [
        ("by_section", [(sections.get(name, name), count) for name, count in figures.sections.most_common()]),
        ("by_language", figures.languages.most_common()),
        ("by_channel", figures.channels.most_common()),
        ("by_kind", [(known.get(f"kind_{kind}", kind), count) for kind, count in figures.kinds.most_common()]),
        ("top_questions", [(titles.get(name, name), n) for name, n in figures.entries.most_common(MOST_ENTRIES)]),
    ]
    hours = [(f"{hour:02d}", figures.hours[hour]) for hour in range(24)]
    per_day = [(day[8:] + "." + day[5:7], count) for day, count in figures.days.items()]
    worst = sorted(
        ((name, counts) for name, counts in figures.thumbs.items() if counts[1]),
        key=lambda item: (item[1][0] - item[1][1], item[0]),
    )[:MOST_ENTRIES]
    return page(
        request,
        "figures.html",
        figures=figures,
        days=days,
        periods=PERIODS,
        retention=desk.settings.retention_days,
        day_plot=bars(per_day, t("questions_a_day")),
        hour_plot=bars(hours, t("by_hour")),
        per_day=list(figures.days.items()),
        hours=hours,
        tables=tables,
        worst=[(name, titles.get(name, name), counts) for name, counts in worst],
        answered=figures.kinds["answer"],
        clarified=figures.kinds["clarify"],
        refused=figures.kinds["unknown"] + figures.kinds["fallback"],
        up=up,
        down=down,
        half=_quantile(seconds, 0.5),
        most=_quantile(seconds, 0.95),
    )


def _quantile(ordered: list[float], share: float) -> int | None:
    """In milliseconds, None of nothing."""
    return round(1000 * ordered[min(len(ordered) - 1, int(share * len(ordered)))]) if ordered else None


@signed_in
async def download(request: Request, session: Session) -> Response:
    """All counts of a period as CSV."""
    figures = await asyncio.to_thread(desk_of(request).inbox.figures, *_between(_period(request)))
    return Response(
        _csv(figures),
        media_type="text/csv; charset=utf-8",
        headers={"Content-Disposition": 'attachment; filename="figures.csv"', "Cache-Control": "no-store"},
    )


def _csv(figures: Figures) -> str:
    out = io.StringIO()
    out.write("\ufeff")
    writer = csv.writer(out)
    writer.writerow(["what", "which", "count"])
    rows: list[tuple[str, object, int]] = []
    for what in ("days", "kinds", "sections", "languages", "channels", "hours", "entries"):
        rows += [(what, which, count) for which, count in getattr(figures, what).items()]
    for entry, (up, down) in figures.thumbs.items():
        rows += [("thumbs up", entry, up), ("thumbs down", entry, down)]
    for what, which, count in rows:
        text = str(which)
        # A spreadsheet would compute what begins like a formula.
        writer.writerow([what, f"'{text}" if text.startswith(DEFUSED) else text, count])
    return out.getvalue()


ROUTES = [Route("/figures", show, methods=["GET"]), Route("/figures.csv", download, methods=["GET"])]
