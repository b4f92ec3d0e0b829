"""Answers as a list, searched and filtered."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from datetime import date

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from bot.console.access import desk_of, signed_in
from bot.console.desk import language_for, page
from bot.console.views.publish import draft_of
from bot.console.views.shared import broken, draft_knowledge, left_out
from bot.knowledge.consistency import thin
from bot.knowledge.due import is_due
from bot.knowledge.edit.drafts import EditError
from bot.knowledge.model import Entry, Knowledge, Topic, told
from bot.knowledge.said import said
from bot.store.staff import Session
from nlu.text import flat

DAYS_OF_THUMBS = 30
BADGES = ("expired", "stale", "thin", "missing", "hurt", "off", "draft")

Row = tuple[Entry | Topic, Sequence[str]]


@signed_in
async def listing(request: Request, session: Session) -> Response:
    """All answers and known topics by section, searched and filtered."""
    desk, language = desk_of(request), language_for(request)
    try:
        knowledge = await asyncio.to_thread(draft_knowledge, desk)
    except EditError as error:
        return broken(request, error)
    hurt = await asyncio.to_thread(desk.insights.hurt, DAYS_OF_THUMBS)
    draft = {change.id for change in (await asyncio.to_thread(draft_of, desk, language)).changes}
    section, badge = request.query_params.get("section", ""), request.query_params.get("badge", "")
    query = request.query_params.get("q", "")[:100]
    groups: list[tuple[str, str, list[Row]]] = []
    for office in knowledge.sections.values():
        rows: list[Row] = []
        items: list[Entry | Topic] = [*office.entries, *office.topics]
        for item in items if section in ("", office.id) else ():
            badges = _badges(item, knowledge, hurt, draft)
            if (not badge or badge in badges) and (not query or _matches(query, item, knowledge)):
                rows.append((item, badges))
        if rows:
            groups.append((office.id, told(office.name, language, office.id), rows))
    return page(
        request,
        "answers.html",
        left_out=await asyncio.to_thread(left_out, desk),
        twice=_twice(knowledge),
        groups=groups,
        count=sum(len(rows) for _, _, rows in groups),
        sections=[(name, told(found.name, language, name)) for name, found in knowledge.sections.items()],
        section=section,
        badge=badge,
        badges=BADGES,
        query=query,
    )


def _twice(knowledge: Knowledge) -> list[str]:
    """What stands several times by hand, and so cannot be edited, with what to do."""
    places: dict[str, list[str]] = {}
    for office in knowledge.sections.values():
        items: list[Entry | Topic] = [*office.entries, *office.topics]
        for item in items:
            places.setdefault(item.id, []).append(str(item.place))
    return [
        said("'{name}' stands twice ({places}). Remove one of them by hand first.", name=name, places=" + ".join(found))
        for name, found in places.items()
        if len(found) > 1
    ]


def _badges(item: Entry | Topic, knowledge: Knowledge, hurt: set[str], draft: set[str]) -> list[str]:
    found = []
    if isinstance(item, Entry):
        if item.valid_until is not None and item.valid_until < date.today():
            found.append("expired")
        if is_due(item, date.today()):
            found.append("stale")
        if not item.enabled:
            found.append("off")
    if thin(knowledge, item):
        found.append("thin")
    if any(not item.answer.get(code) or not item.title.get(code) for code in knowledge.post.languages):
        found.append("missing")
    if item.id in hurt:
        found.append("hurt")
    if item.id in draft:
        found.append("draft")
    return found


def _matches(query: str, item: Entry | Topic, knowledge: Knowledge) -> bool:
    texts = [item.id, *item.title.values(), *(knowledge.fill(text) for text in item.answer.values())]
    for by_id in knowledge.questions.values():
        texts += by_id.get(item.id, ())
    everything = flat(" ".join(texts))
    return all(word in everything for word in flat(query).split())


ROUTES = [Route("/answers", listing, methods=["GET"])]
