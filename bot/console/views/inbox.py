"""Questions without an answer, grouped by what they mean, each with one step to mend it."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import numpy as np
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from bot.console import editing
from bot.console.access import PATH, desk_of, signed_in, text_of
from bot.console.desk import ConsoleDesk, language_for, page
from bot.engine import EngineNotReadyError
from bot.knowledge.edit.drafts import EditError
from bot.knowledge.model import Entry, Topic
from bot.store.insights import DONE, IGNORED, Unanswered
from bot.store.staff import Session

ALIKE = 0.86
"""Cosine from which two questions count as one; below, people's different wishes began to be mixed."""
SAME_AS_IGNORED = 0.93
MOST_GROUPS = 40
MOST_TEXTS = 600
CANDIDATES = 5


@dataclass
class Group:
    """Questions that mean the same."""

    items: list[Unanswered]
    candidates: list[tuple[str, str, float]]
    """(entry or topic, its title, confidence), the best first"""

    @property
    def texts(self) -> list[str]:
        """Its different texts, the most frequent first."""
        return [text for text, _ in Counter(item.text for item in self.items).most_common()]

    @property
    def last(self) -> datetime:
        """When it was asked last."""
        return max(item.created for item in self.items)

    @property
    def language(self) -> str:
        """The language that most of it is in."""
        return Counter(item.language for item in self.items).most_common(1)[0][0]

    def most(self, name: str) -> list[str]:
        """The values of an attribute, the most frequent first."""
        return [value for value, _ in Counter(getattr(item, name) for item in self.items).most_common() if value]


@signed_in
async def show(request: Request, session: Session) -> Response:
    """All groups, the most frequent first."""
    return await _show(request)


async def _show(request: Request, status: int = 200, problem: str = "") -> Response:
    desk, language = desk_of(request), language_for(request)
    groups = await asyncio.to_thread(groups_of, desk, language)
    knowledge = desk.served()
    items: list[Entry | Topic] = [*knowledge.entries.values(), *knowledge.topics.values()]
    names = [(item.id, item.title[language]) for item in items]
    return page(
        request,
        "inbox.html",
        status,
        groups=groups[:MOST_GROUPS],
        more=max(0, len(groups) - MOST_GROUPS),
        names=names,
        problem=problem,
        languages=knowledge.post.languages,
    )


def groups_of(desk: ConsoleDesk, language: str) -> list[Group]:
    """The inbox as groups."""
    knowledge = desk.served()
    since = datetime.utcnow() - timedelta(days=desk.settings.retention_days)
    none = list(knowledge.conversation.wording["none-of-these"].values())
    items = desk.inbox.unanswered(none, since)
    texts = list(dict.fromkeys(item.text for item in items))[:MOST_TEXTS]
    if not texts:
        return []
    try:
        clusters = clustered(desk, texts)
    except EngineNotReadyError:
        clusters = [[text] for text in texts]
    groups = []
    for cluster in clusters:
        members = [item for item in items if item.text in set(cluster)]
        groups.append(Group(members, []))
    groups.sort(key=lambda group: (-len(group.items), -group.last.timestamp()))
    for group in groups[:MOST_GROUPS]:
        group.candidates = candidates(desk, group.texts[0], language)
    return groups


def clustered(desk: ConsoleDesk, texts: Sequence[str]) -> list[list[str]]:
    """Texts that mean the same together; those that mean the same as an ignored one are left out.

    Each text joins the first group whose first text is near enough, so groups do not grow into chains.
    """
    ignored = desk.inbox.ignored()[-MOST_TEXTS:]
    vectors = desk.engine.vectors([*texts, *ignored])
    own, unwanted = vectors[: len(texts)], vectors[len(texts) :]
    groups: list[list[int]] = []
    for index, vector in enumerate(own):
        if len(unwanted) and float(np.max(unwanted @ vector)) >= SAME_AS_IGNORED:
            continue
        near = next((group for group in groups if float(own[group[0]] @ vector) >= ALIKE), None)
        if near is None:
            groups.append([index])
        else:
            near.append(index)
    return [[texts[index] for index in group] for group in groups]


def candidates(desk: ConsoleDesk, text: str, language: str) -> list[tuple[str, str, float]]:
    """The entries and topics that the classifier holds likeliest."""
    knowledge = desk.served()
    try:
        ranking = desk.engine.understand(text).get("intent_ranking") or []
    except EngineNotReadyError:
        return []
    found = []
    for ranked in ranking:
        item = knowledge.entries.get(ranked["name"]) or knowledge.topics.get(ranked["name"])
        if item is not None:
            found.append((item.id, item.title[language], float(ranked["confidence"])))
    return found[:CANDIDATES]


@signed_in
async def act(request: Request, session: Session) -> Response:
    """Adds questions to an answer or topic, or takes a group out of the inbox."""
    desk, form, who = desk_of(request), request.state.form, session.account.name
    group = [line for line in text_of(form, "group").split("\n") if line]
    action = text_of(form, "do")
    if action == "add":
        name = text_of(form, "entry").strip()
        language = text_of(form, "language")
        questions = tuple(line for line in text_of(form, "questions").split("\n") if line.strip())
        try:
            await asyncio.to_thread(
                editing.make, desk, who, "questions-added", name,
                lambda editor: editor.add_questions(name, language, questions),
            )  # fmt: skip
        except EditError as error:
            return await _show(request, 422, str(error))
        await asyncio.to_thread(desk.inbox.mark, group, DONE, who)
        return RedirectResponse(f"{PATH}/inbox?done=added", 303)
    state = {"ignore": IGNORED, "done": DONE}.get(action)
    if state is None or not group:
        return await _show(request, 422, "")
    await asyncio.to_thread(desk.inbox.mark, group, state, who)
    await asyncio.to_thread(desk.staff.note, who, f"inbox-{state}", group[0])
    return RedirectResponse(f"{PATH}/inbox?done=marked", 303)


ROUTES = [Route("/inbox", show, methods=["GET"]), Route("/inbox", act, methods=["POST"])]
