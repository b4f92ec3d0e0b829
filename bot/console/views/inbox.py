"""Questions without an answer, grouped by what they mean, each with one step to mend it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from urllib.parse import urlencode

from starlette.datastructures import FormData
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from bot.console import kept, settling
from bot.console.access import PATH, desk_of, signed_in, text_of
from bot.console.desk import ConsoleDesk, language_for, page, words
from bot.console.grouping import Group, Place, Shelf, group_of, known, shelf_of
from bot.console.likeness import items_of
from bot.console.views.shared import number_in
from bot.knowledge.edit.drafts import EditError
from bot.knowledge.model import told
from bot.knowledge.said import in_language, said
from bot.store.staff import Session

LINES = 50


@signed_in
async def show(request: Request, session: Session) -> Response:
    """A page of groups, the most frequent first."""
    return await _show(request, _place(request.query_params.get))


async def _show(
    request: Request,
    place: Place,
    status: int = 200,
    problem: str = "",
    typed: Mapping[str, str] | None = None,
    notice: str = "",
) -> Response:
    """A page of the inbox; ``typed`` is a form of it that could not be taken, ``notice`` why it is shown again."""
    desk, language = desk_of(request), language_for(request)
    shelf, names, sections = await asyncio.to_thread(_state, desk, language, place)
    settled = len(await asyncio.to_thread(desk.inbox.settled_by_staff))
    return page(
        request,
        "inbox.html",
        status,
        shelf=shelf,
        names=names,
        titles=dict(names),
        sections=sections,
        problem=problem,
        typed=typed or {},
        notice=notice,
        settled=settled,
        languages=desk.served().post.languages,
        address=_address,
        samples=lambda group: _samples(desk, group),
    )


def _samples(desk: ConsoleDesk, group: Group) -> list[tuple[str, str]]:
    """What "add" writes into an answer's questions, with its language, so that staff see it before it is written."""
    return [(code, line) for code, lines in settling.samples_of(desk, group).items() for line in lines]


def _state(desk: ConsoleDesk, language: str, place: Place) -> tuple[Shelf, list[tuple[str, str]], dict[str, str]]:
    knowledge, _ = known(desk)
    names = [(item.id, told(item.title, language, item.id)) for item in items_of(knowledge)]
    sections = {section.id: told(section.name, language, section.id) for section in knowledge.sections.values()}
    return shelf_of(desk, language, place), names, sections


def _place(get: Callable[[str], str | None]) -> Place:
    window, skip = (number_in(get(name) or "") for name in ("window", "skip"))
    return Place(window, skip)


def _address(place: Place, **more: str) -> str:
    """The page of the inbox that shows a place."""
    where = {name: str(value) for name, value in vars(place).items() if value}
    query = urlencode({**where, **more})
    return f"{PATH}/inbox" + (f"?{query}" if query else "")


@signed_in(keeps=True)
async def act(request: Request, session: Session) -> Response:
    """Does one thing with a group: its questions go into an answer or a known topic, or are seen no more."""
    desk, form = desk_of(request), request.state.form
    place = _place(lambda name: text_of(form, name))
    typed, again = {name: text_of(form, name) for name in form}, kept.why_again(request)
    if again:
        return await _show(request, place, kept.status_again(request), typed=typed, notice=again)
    group = await asyncio.to_thread(group_of, desk, text_of(form, "group").split())
    if group is None:
        return await _show(request, place, 409, words()[language_for(request)]["inbox_gone"])
    try:
        done = await asyncio.to_thread(_do, desk, session.account.name, form, group)
    except EditError as error:
        return await _show(request, place, 422, in_language(error, language_for(request)), typed)
    return RedirectResponse(_address(place, done=done) + f"#h{number_in(text_of(form, 'at')) or 1}", 303)


def _do(desk: ConsoleDesk, who: str, form: FormData, group: Group) -> str:
    """What the page is to say afterwards.

    Raises:
        EditError: It cannot be done, or is nothing that can.
    """
    action, _, name = text_of(form, "do").partition(":")
    action = action or text_of(form, "what")
    if action == "add":
        settling.add_to(desk, who, name or text_of(form, "entry").strip(), group)
        return "added"
    if action == "topic":
        titles = {code: text_of(form, f"title_{code}") for code in desk.served().post.languages}
        settling.add_topic(desk, who, text_of(form, "section"), titles, group)
        return "added"
    step = {"ignore": settling.ignore, "done": settling.done}.get(action)
    if step is None:
        raise EditError(said("'{action}' is nothing that can be done with questions.", action=action))
    step(desk, who, group)
    return "marked"


@signed_in
async def ignored(request: Request, session: Session) -> Response:
    """What is ignored or done, the newest first; a POST brings one back."""
    desk = desk_of(request)
    skip = number_in(request.query_params.get("skip", ""))
    if request.method == "POST":
        if await asyncio.to_thread(desk.inbox.restore, number_in(text_of(request.state.form, "id"))):
            await asyncio.to_thread(desk.staff.note, session.account.name, "inbox-restored", "1")
        return RedirectResponse(f"{PATH}/inbox/ignored?done=marked", 303)
    found = await asyncio.to_thread(desk.inbox.settled_by_staff)
    knowledge, _ = await asyncio.to_thread(known, desk)
    language = language_for(request)
    titles = {item.id: told(item.title, language, item.id) for item in items_of(knowledge)}
    return page(
        request, "ignored.html", items=found[skip : skip + LINES], titles=titles, skip=skip, most=LINES,
        total=len(found),
    )  # fmt: skip


ROUTES = [
    Route("/inbox", show, methods=["GET"]),
    Route("/inbox", act, methods=["POST"]),
    Route("/inbox/ignored", ignored, methods=["GET", "POST"]),
]
