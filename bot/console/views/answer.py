"""One answer in both languages: edited, added, deleted."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta

from starlette.datastructures import FormData
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from bot.console import conflicts, editing, kept, settling
from bot.console.access import PATH, desk_of, signed_in, text_of
from bot.console.conflicts import Clash
from bot.console.desk import language_for, page
from bot.console.grouping import group_with, sample_of
from bot.console.preview import Preview, previews
from bot.console.views.shared import broken, draft_knowledge, home_of, reason_in
from bot.knowledge.edit.drafts import (
    DAY,
    DAYS,
    PLAIN,
    ConflictError,
    EditError,
    EntryDraft,
    MissingError,
    UsedError,
    cells,
    drafted,
)
from bot.knowledge.edit.editor import KnowledgeEditor
from bot.knowledge.model import ASPECTS, Text
from bot.knowledge.said import said
from bot.store.staff import Session

HALF_A_YEAR = timedelta(days=182)
FIXED = ("id", "section")


@dataclass
class Shown:
    """The form of one answer as it is to be shown.

    Attributes:
        name: The answer's id.
        values: What stands in its fields, as it was typed.
        base: The version that it was made from, and ``was`` its texts.
        new: Whether there is no such answer yet.
        problem: What is wrong, with ``wrong`` the field.
        notice: The console's word for something to say that is no mistake.
        clashes: Where somebody else wrote something else.
        preview: What to show as it would look, None for no preview.
        group: Questions of the inbox that a new answer takes with it.
        users: What has to let go of it before it can be deleted, with its title and the page on which it is edited.
    """

    name: str
    values: Mapping[str, str]
    base: str = ""
    was: Mapping[str, str] | None = None
    new: bool = False
    problem: str = ""
    wrong: str = ""
    notice: str = ""
    clashes: Sequence[Clash] = ()
    preview: Mapping[str, str] | None = None
    group: str = ""
    understood: Sequence[tuple[str, date]] = field(default_factory=tuple)
    users: Sequence[tuple[str, Text, str]] = field(default_factory=tuple)


def values_of(draft: EntryDraft, languages: Sequence[str]) -> dict[str, str]:
    """An answer's texts by the names of the form's fields."""
    texts = {name: text for name, text in cells(draft, languages).items() if name not in FIXED}
    return texts | {"items": "\n".join(draft.items)}


def values_in(form: FormData, languages: Sequence[str], name: str) -> dict[str, str]:
    """What a form holds, as it was typed, line ends and blanks at the ends apart."""
    names = [name for name in PLAIN if name not in (*FIXED, "enabled")]
    names += [f"{text}_{code}" for text in ("title", "answer", "questions") for code in languages]
    names += ["items"] if "items" in form else []  # a form without the field takes nothing out of the list
    found = {name: text_of(form, name).strip() for name in names}
    found["aspect"] = found["aspect"] or "detail"
    return found | {"enabled": "yes" if text_of(form, "enabled") or name.startswith("topic.") else "no"}


async def show_form(request: Request, shown: Shown, status: int = 200) -> Response:
    """The form of an answer, with the checks' findings on what is stored."""
    desk, language = desk_of(request), language_for(request)
    editor = await asyncio.to_thread(KnowledgeEditor, desk.settings.knowledge)
    contacts = editor.contacts()
    findings = await asyncio.to_thread(editing.findings_of, desk.settings.knowledge)
    own = re.compile(rf"(?<![\w.-]){re.escape(shown.name)}(?![\w-])")
    values = shown.values
    return page(
        request,
        "answer.html",
        status,
        left_out=list(editor.broken.values()),
        shown=shown,
        is_topic=shown.name.startswith("topic."),
        title=values.get(f"title_{language}") or shown.name,
        languages=editor.languages,
        was=conflicts.carried(shown.was) if shown.was is not None else "",
        counts={code: len(values.get(f"questions_{code}", "").split("\n")) for code in editor.languages},
        contacts=contacts,
        findings=[] if shown.new else [finding for finding in findings if own.search(finding.problem)],
        aspects=ASPECTS,
        sections=await asyncio.to_thread(_sections, editor, language) if shown.new else [],
        previews=_previews(editor, shown) if shown.preview is not None else {},
        days={name: _is_day(values.get(name, "")) for name in DAYS},
    )


def _sections(editor: KnowledgeEditor, language: str) -> list[tuple[str, str]]:
    """Every section with its name; its id where its file cannot be read."""
    found = []
    for path in sorted((editor.folder / "sections").glob("*.yml")):
        try:
            found.append((path.stem, editor.names(path.stem).get(f"name_{language}") or path.stem))
        except (EditError, AttributeError):
            found.append((path.stem, path.stem))
    return found


def _previews(editor: KnowledgeEditor, shown: Shown) -> dict[str, Preview]:
    assert shown.preview is not None
    section = shown.preview.get("section") or shown.name.removeprefix("topic.").partition(".")[0]
    return previews(editor, section, shown.preview, topic=shown.name.startswith("topic."))


def _is_day(text: str) -> bool:
    """Whether a browser's field for days can hold it."""
    try:
        return not text or date.fromisoformat(text).isoformat() == text
    except ValueError:
        return False


def _shown(draft: EntryDraft, languages: Sequence[str]) -> Shown:
    """A stored answer."""
    values = values_of(draft, languages)
    return Shown(draft.id, values, draft.version, values)


@signed_in
async def edit(request: Request, session: Session) -> Response:
    """One answer: English and French side by side."""
    desk, name = desk_of(request), request.path_params["name"]
    try:
        editor = await asyncio.to_thread(KnowledgeEditor, desk.settings.knowledge)
        draft = await asyncio.to_thread(editor.entry, name)
    except MissingError as error:
        raise HTTPException(404) from error
    except EditError as error:
        return broken(request, error)
    shown = _shown(draft, editor.languages)
    told = request.query_params.get("day", "").split(",")
    shown.understood = [(name, day) for name in DAYS if name in told and (day := getattr(draft, name)) is not None]
    return await show_form(request, shown)


@signed_in(keeps=True)
async def save(request: Request, session: Session) -> Response:
    """Saves, previews or deletes one answer of the draft."""
    desk, name, form = desk_of(request), request.path_params["name"], request.state.form
    editor = await asyncio.to_thread(KnowledgeEditor, desk.settings.knowledge)
    try:
        stored = await asyncio.to_thread(editor.entry, name)
    except MissingError as error:
        return await _gone(request, editor, name, error)
    except EditError as error:
        values, base = values_in(form, editor.languages, name), text_of(form, "base")
        shown = Shown(name, values, base, conflicts.begun_with(form), problem=error.args[0])
        return await show_form(request, shown, 409)
    if text_of(form, "do") == "delete" and not kept.why_again(request):
        return await _delete(request, session, stored, editor.languages)
    theirs = values_of(stored, editor.languages)
    typed, was = values_in(form, editor.languages, name), conflicts.begun_with(form)
    values = conflicts.chosen(form, typed, theirs)
    clashes = conflicts.still_there(form, typed, was)
    if kept.why_again(request) or text_of(form, "do") == "preview":
        # A conflict that was not settled stays on the page, with what was chosen so far.
        shown = Shown(name, typed, text_of(form, "base"), was, notice=kept.why_again(request), clashes=clashes)
        shown.preview = None if shown.notice else values
        return await show_form(request, shown, kept.status_again(request))
    shown = Shown(name, values, text_of(form, "base"), was)
    if any(clash.suggested == conflicts.NONE and not clash.picked for clash in clashes):
        return await show_form(request, Shown(name, typed, shown.base, was, clashes=clashes), 409)
    try:
        draft = drafted(name, stored.section, {"items": theirs["items"]} | values, editor.languages)
        await asyncio.to_thread(
            editing.make,
            desk,
            session.account.name,
            "edited",
            name,
            lambda e: e.save(draft, shown.base),
            reason_in(form),
        )
    except ConflictError as error:
        return await show_form(request, _clashing(shown, error.current, editor.languages), 409)
    except EditError as error:
        shown.problem, shown.wrong = error.args[0], error.field
        return await show_form(request, shown, 422)
    return RedirectResponse(f"{PATH}/answers/{name}?done=saved{_told(values)}", 303)


def _clashing(shown: Shown, current: EntryDraft, languages: Sequence[str]) -> Shown:
    """The form after somebody else saved the same answer: put together where that can be done."""
    theirs = values_of(current, languages)
    was = {name: text.strip() for name, text in shown.was.items()} if shown.was is not None else None
    found = conflicts.clashes(was, shown.values, theirs)
    values = conflicts.put_together(shown.values, found)
    return Shown(shown.name, values, current.version, theirs, clashes=found)


def _told(values: Mapping[str, str]) -> str:
    """The part of the next page's address that says which days were written in the French order."""
    french = [name for name in DAYS if DAY.fullmatch(values[name])]
    return f"&day={','.join(french)}" if french else ""


async def _gone(request: Request, editor: KnowledgeEditor, name: str, error: MissingError) -> Response:
    """What was typed into the form of an answer that somebody has deleted; saving makes it again."""
    form = request.state.form
    if not kept.is_worth_keeping(request, form):
        raise HTTPException(404) from error
    values = values_in(form, editor.languages, name) | {"section": name.partition(".")[0]}
    problem = said("Somebody has deleted '{name}' in the meantime. Saving makes it again.", name=name)
    return await show_form(request, Shown(name, values, new=True, problem=problem), 409)


async def _delete(request: Request, session: Session, stored: EntryDraft, languages: Sequence[str]) -> Response:
    desk, base = desk_of(request), text_of(request.state.form, "base") or None
    shown, status = _shown(stored, languages), 422
    try:
        who = session.account.name
        await asyncio.to_thread(
            editing.make,
            desk,
            who,
            "deleted",
            stored.id,
            lambda e: e.remove(stored.id, base),
            reason_in(request.state.form),
        )
    except ConflictError as error:
        shown, status = _shown(error.current, languages), 409
        shown.problem = said("Somebody has changed this since you looked at it, so it was not deleted. Look once more.")
    except UsedError as error:
        shown.problem = error.args[0]
        knowledge = await asyncio.to_thread(draft_knowledge, desk)
        shown.users = [(name, *home_of(knowledge, name)) for name in error.users]
    except EditError as error:
        shown.problem = error.args[0]
    else:
        return RedirectResponse(f"{PATH}/answers?done=removed", 303)
    return await show_form(request, shown, status)


@signed_in(keeps=True)
async def add(request: Request, session: Session) -> Response:
    """A new answer, or a known topic without one; a POST adds it."""
    desk = desk_of(request)
    editor = await asyncio.to_thread(KnowledgeEditor, desk.settings.knowledge)
    if request.method == "GET":
        return await show_form(request, await _empty(request, editor))
    form = request.state.form
    name, section = text_of(form, "id").strip(), text_of(form, "section").strip()
    values = values_in(form, editor.languages, name)
    shown = Shown(name, values | {"section": section}, new=True, group=text_of(form, "group"))
    if kept.why_again(request) or text_of(form, "do") == "preview":
        shown.notice = kept.why_again(request)
        shown.preview = None if shown.notice else shown.values
        return await show_form(request, shown, kept.status_again(request))
    try:
        draft = drafted(name, section, values, editor.languages)
        await asyncio.to_thread(
            editing.make, desk, session.account.name, "added", name, lambda e: e.add(draft), reason_in(form)
        )
        await asyncio.to_thread(settling.settle, desk, session.account.name, shown.group, name)
    except EditError as error:
        shown.problem, shown.wrong = error.args[0], error.field
        return await show_form(request, shown, 422)
    return RedirectResponse(f"{PATH}/answers/{name}?done=added{_told(values)}", 303)


async def _empty(request: Request, editor: KnowledgeEditor) -> Shown:
    """The form of a new answer, with what the inbox gives it."""
    desk, query = desk_of(request), request.query_params
    asked, language = sample_of(query.get("question", "")), query.get("in", "")
    waiting = await asyncio.to_thread(group_with, desk, query.get("group", ""))
    taken = settling.samples_of(desk, waiting) if waiting else {}
    section = query.get("section", "")
    questions = {code: taken.get(code) or ((asked,) if asked and code == language else ()) for code in editor.languages}
    values = {f"questions_{code}": "\n".join(lines) for code, lines in questions.items()}
    values |= {"section": section, "aspect": "detail", "enabled": "yes", "checked": date.today().isoformat()}
    values |= {"review_by": (date.today() + HALF_A_YEAR).isoformat()}
    name = "topic." if query.get("topic") else f"{section}." if section else ""
    return Shown(name, values, new=True, group=" ".join(waiting.digests) if waiting else "")


ROUTES = [
    Route("/answers/new", add, methods=["GET", "POST"]),
    Route("/answers/{name}", edit, methods=["GET"]),
    Route("/answers/{name}", save, methods=["POST"]),
]
