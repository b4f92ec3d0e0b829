"""What the embassy and its sections are called, and new sections."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date

from starlette.datastructures import FormData
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from bot.console import conflicts, editing, kept
from bot.console.access import PATH, desk_of, signed_in, text_of
from bot.console.desk import ConsoleDesk, page
from bot.console.views.answer import HALF_A_YEAR
from bot.console.views.shared import draft_knowledge, home_of, left_out, reason_in
from bot.knowledge.edit.drafts import ConflictError, EditError, EntryDraft, drafted
from bot.knowledge.edit.editor import KnowledgeEditor
from bot.knowledge.edit.named import Choice, Named, NamedError
from bot.knowledge.edit.post import KEEP
from bot.publishing.changes import word_changes
from bot.store.staff import Session

POST = "*"
"""What the form of the embassy's own name sends as its section: no section can be called so."""
TAKE = "take-"
"""Before the key of a text that takes the new name, as the form sends it."""


@signed_in(keeps=True)
async def sections(request: Request, session: Session) -> Response:
    """What the embassy and its sections are called; a POST renames one."""
    form, section = request.state.form, text_of(request.state.form, "section")
    was = conflicts.begun_with(form)
    page_only = await kept.shown(request, _show, was=was)
    if page_only is not None:
        return page_only
    names = conflicts.chosen(form, _all_names(form), was or {})
    choice = None if text_of(form, "elsewhere") == KEEP else _choice(form)

    def rename(editor: KnowledgeEditor) -> list[str]:
        if section == POST:
            return editor.save_post(_by_language(names, "name"), was, choice)
        return editor.save_names(section, _by_language(names, "name"), _by_language(names, "short"), was, choice)

    action, subject = ("post-named", "") if section == POST else ("section-named", section)
    try:
        await asyncio.to_thread(
            editing.make, desk_of(request), session.account.name, action, subject, rename, reason_in(form)
        )
    except ConflictError as error:
        found = conflicts.clashes(was, names, error.current)
        typed = conflicts.put_together(names, found)
        return await _show(request, 409, clashes=found, typed=typed)
    except NamedError as error:
        return await _show(request, 422, problem=error.args[0], typed=names, was=was, named=error.places)
    except EditError as error:
        return await _show(request, 422, problem=error.args[0], was=was)
    return RedirectResponse(f"{PATH}/sections?done=saved", 303)


async def _show(
    request: Request,
    status: int = 200,
    *,
    problem: str = "",
    notice: str = "",
    clashes: Sequence[conflicts.Clash] = (),
    typed: Mapping[str, str] | None = None,
    was: Mapping[str, str] | None = None,
    named: Sequence[Named] = (),
) -> Response:
    desk, form = desk_of(request), request.state.form
    knowledge = await asyncio.to_thread(draft_knowledge, desk)
    languages = knowledge.post.languages
    offices = [(POST, {f"name_{code}": knowledge.post.name.get(code, "") for code in languages})]
    for section in knowledge.sections.values():
        names = {f"name_{code}": section.name.get(code, "") for code in languages}
        offices.append((section.id, names | {f"short_{code}": section.short.get(code, "") for code in languages}))
    typed, choice = typed if typed is not None else _all_names(form), _choice(form)
    if choice.seen and not named and not clashes:
        named = await asyncio.to_thread(_named, desk, text_of(form, "section"), typed)
    return page(
        request,
        "sections.html",
        status,
        left_out=await asyncio.to_thread(left_out, desk),
        offices=[(name, names, conflicts.carried(names)) for name, names in offices],
        languages=languages,
        problem=problem,
        notice=notice,
        clashes=clashes,
        changed=text_of(form, "section"),
        typed=typed,
        named=[
            (
                place,
                word_changes(place.before, place.after),
                *home_of(knowledge, place.id),
                place.key in choice.taken if place.key in choice.seen else place.sure,
            )
            for place in named
        ],
        was=conflicts.carried(was) if was else "",
    )


def _choice(form: FormData) -> Choice:
    """What was chosen for the texts that spell out an old name."""
    taken = [name.removeprefix(TAKE) for name in form if name.startswith(TAKE)]
    return Choice(text_of(form, "seen").split(), taken)


def _named(desk: ConsoleDesk, section: str, names: Mapping[str, str]) -> list[Named]:
    """The texts that spell out an old name, once more; none where the names cannot be written at all."""
    name, short = _by_language(names, "name"), _by_language(names, "short")
    try:
        return KnowledgeEditor(desk.settings.knowledge).named_in("" if section == POST else section, name, short)
    except EditError:
        return []


def _all_names(form: FormData) -> dict[str, str]:
    names = [name for name in form if name.startswith(("name_", "short_"))]
    return {name: text_of(form, name).strip() for name in names}


def _by_language(names: Mapping[str, str], key: str) -> dict[str, str]:
    return {name.removeprefix(f"{key}_"): text for name, text in names.items() if name.startswith(f"{key}_")}


@signed_in(keeps=True)
async def add_section(request: Request, session: Session) -> Response:
    """A new section with the answer that says what it does."""
    desk, form = desk_of(request), request.state.form
    editor = await asyncio.to_thread(KnowledgeEditor, desk.settings.knowledge)
    again = kept.why_again(request)
    if request.method == "GET" or again:
        return _new(request, editor, kept.status_again(request), notice=again)
    section, names = text_of(form, "section").strip(), _all_names(form)
    values = {name: text_of(form, name) for name in form} | {"aspect": "overview", "enabled": "yes"}
    name, short = _by_language(names, "name"), _by_language(names, "short")
    try:
        first = _overview(drafted(f"{section}.overview", section, values, editor.languages), name)
        await asyncio.to_thread(
            editing.make, desk, session.account.name, "section-added", section,
            lambda e: e.add_section(section, name, short, first), reason_in(form),
        )  # fmt: skip
    except EditError as error:
        return _new(request, editor, 422, problem=error.args[0])
    return RedirectResponse(f"{PATH}/answers/{section}.overview?done=added", 303)


def _overview(first: EntryDraft, names: Mapping[str, str]) -> EntryDraft:
    return replace(first, title=first.title if all(first.title.values()) else names)


def _new(request: Request, editor: KnowledgeEditor, status: int, *, problem: str = "", notice: str = "") -> Response:
    form = request.state.form
    return page(
        request,
        "section_new.html",
        status,
        languages=editor.languages,
        problem=problem,
        notice=notice,
        values={name: text_of(form, name) for name in form},
        today=date.today(),
        later=date.today() + HALF_A_YEAR,
    )


ROUTES = [
    Route("/sections", sections, methods=["GET", "POST"]),
    Route("/sections/new", add_section, methods=["GET", "POST"]),
]
