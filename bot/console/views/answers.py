"""Answers as a list, one answer in both languages, contacts, sections."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Mapping
from datetime import date, timedelta

from starlette.datastructures import FormData
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from bot.console import editing
from bot.console.access import PATH, desk_of, signed_in, text_of
from bot.console.desk import ConsoleDesk, language_for, page
from bot.console.views.publish import draft_of
from bot.knowledge.due import is_due
from bot.knowledge.edit.drafts import CONTACT_KINDS, ConflictError, EditError, EntryDraft, day_of
from bot.knowledge.edit.editor import KnowledgeEditor
from bot.knowledge.model import ASPECTS, Entry, Knowledge, Topic
from bot.knowledge.reader import KnowledgeError, read_knowledge
from bot.store.staff import Session
from nlu.text import flat

FEWEST_QUESTIONS = 25
DAYS_OF_THUMBS = 30
HALF_A_YEAR = timedelta(days=182)
BADGES = ("stale", "thin", "missing", "hurt", "off", "draft")


def _draft_knowledge(desk: ConsoleDesk) -> Knowledge:
    try:
        return read_knowledge(desk.settings.knowledge)
    except KnowledgeError as error:
        raise EditError(str(error)) from error


def _broken(request: Request, error: EditError) -> Response:
    return page(request, "error.html", 409, message="draft_broken", detail=str(error))


@signed_in
async def listing(request: Request, session: Session) -> Response:
    """All answers and known topics, searched and filtered."""
    desk, language = desk_of(request), language_for(request)
    try:
        knowledge = await asyncio.to_thread(_draft_knowledge, desk)
    except EditError as error:
        return _broken(request, error)
    hurt = await asyncio.to_thread(desk.inbox.hurt, DAYS_OF_THUMBS)
    draft = {change.id for change in (await asyncio.to_thread(draft_of, desk, language)).changes}
    section, badge = request.query_params.get("section", ""), request.query_params.get("badge", "")
    query = request.query_params.get("q", "")[:100]
    rows = []
    items: list[Entry | Topic] = [*knowledge.entries.values(), *knowledge.topics.values()]
    for item in items:
        badges = _badges(item, knowledge, hurt, draft)
        if (section and item.section != section) or (badge and badge not in badges):
            continue
        if query and not _matches(query, item, knowledge):
            continue
        rows.append((item, badges))
    return page(
        request,
        "answers.html",
        rows=rows,
        sections=[(name, found.name[language]) for name, found in knowledge.sections.items()],
        section=section,
        badge=badge,
        badges=BADGES,
        query=query,
    )


def _badges(item: Entry | Topic, knowledge: Knowledge, hurt: set[str], draft: set[str]) -> list[str]:
    found = []
    if isinstance(item, Entry):
        if is_due(item, date.today()):
            found.append("stale")
        if item.withdrawn(date.today()):
            found.append("off")
    counts = [len(knowledge.questions.get(code, {}).get(item.id, ())) for code in knowledge.post.languages]
    if min(counts) < FEWEST_QUESTIONS:
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


@signed_in
async def edit(request: Request, session: Session) -> Response:
    """One answer: English and French side by side."""
    desk, name = desk_of(request), request.path_params["name"]
    try:
        draft = await asyncio.to_thread(lambda: KnowledgeEditor(desk.settings.knowledge).entry(name))
        return await _form(request, draft, base=draft.version)
    except EditError as error:
        if "There is no answer" in str(error):
            raise HTTPException(404) from error
        return _broken(request, error)


async def _form(
    request: Request,
    draft: EntryDraft,
    status: int = 200,
    *,
    base: str = "",
    new: bool = False,
    problem: str = "",
    theirs: EntryDraft | None = None,
    preview: bool = False,
) -> Response:
    desk = desk_of(request)
    editor = await asyncio.to_thread(KnowledgeEditor, desk.settings.knowledge)
    contacts = editor.contacts()
    findings = await asyncio.to_thread(editing.findings_of, desk.settings.knowledge)
    name = re.compile(rf"(?<![\w.-]){re.escape(draft.id)}(?![\w-])")
    sections = {path.stem: path.stem for path in sorted((desk.settings.knowledge / "sections").glob("*.yml"))}
    return page(
        request,
        "answer.html",
        status,
        draft=draft,
        languages=editor.languages,
        base=base,
        new=new,
        problem=problem,
        theirs=theirs,
        contacts=contacts,
        findings=[] if new else [finding for finding in findings if name.search(finding.problem)],
        aspects=ASPECTS,
        sections=sections,
        filled={code: _filled(draft.answer.get(code, ""), contacts) for code in editor.languages},
        preview=preview,
        count=FEWEST_QUESTIONS,
    )


def _filled(text: str, contacts: Mapping[str, tuple[str, str]]) -> str:
    for name, (_, value) in contacts.items():
        text = text.replace("{" + name + "}", value)
    return text


def _posted(form: FormData, languages: tuple[str, ...], name: str, section: str) -> EntryDraft:
    """The draft that a form holds."""
    return EntryDraft(
        id=name,
        section=section,
        aspect=text_of(form, "aspect") or "detail",
        title={code: text_of(form, f"title_{code}").strip() for code in languages},
        answer={code: text_of(form, f"answer_{code}").strip() for code in languages},
        questions={
            code: tuple(line.strip() for line in text_of(form, f"questions_{code}").split("\n") if line.strip())
            for code in languages
        },
        source=text_of(form, "source").strip(),
        checked=day_of(text_of(form, "checked")),
        review_by=day_of(text_of(form, "review_by")),
        valid_until=day_of(text_of(form, "valid_until")),
        owner=text_of(form, "owner").strip(),
        enabled=bool(text_of(form, "enabled")) or name.startswith("topic."),
    )


@signed_in
async def save(request: Request, session: Session) -> Response:
    """Saves, previews or deletes one answer of the draft."""
    desk, name, form = desk_of(request), request.path_params["name"], request.state.form
    editor = await asyncio.to_thread(KnowledgeEditor, desk.settings.knowledge)
    try:
        stored = await asyncio.to_thread(editor.entry, name)
    except EditError as error:
        raise HTTPException(404) from error
    who = session.account.name
    if text_of(form, "do") == "delete":
        try:
            await asyncio.to_thread(editing.make, desk, who, "deleted", name, lambda e: e.remove(name))
        except EditError as error:
            return await _form(request, stored, 422, base=stored.version, problem=str(error))
        return RedirectResponse(f"{PATH}/answers?done=removed", 303)
    draft, base = _posted(form, editor.languages, name, stored.section), text_of(form, "base")
    if text_of(form, "do") == "preview":
        return await _form(request, draft, base=base, preview=True)
    try:
        await asyncio.to_thread(editing.make, desk, who, "edited", name, lambda e: e.save(draft, base))
    except ConflictError as error:
        current = error.current
        return await _form(request, draft, 409, base=current.version, theirs=current)
    except EditError as error:
        return await _form(request, draft, 422, base=base, problem=str(error))
    return RedirectResponse(f"{PATH}/answers/{name}?done=saved", 303)


@signed_in
async def add(request: Request, session: Session) -> Response:
    """A new answer, or a known topic without one; a POST adds it."""
    desk = desk_of(request)
    editor = await asyncio.to_thread(KnowledgeEditor, desk.settings.knowledge)
    if request.method == "GET":
        asked, language = request.query_params.get("question", "")[:300], request.query_params.get("in", "")
        topic = bool(request.query_params.get("topic"))
        section = request.query_params.get("section", "")
        draft = EntryDraft(
            id="topic." if topic else f"{section}." if section else "",
            section=section,
            aspect="detail",
            title={},
            answer={},
            questions={code: (asked,) if asked and code == language else () for code in editor.languages},
            checked=date.today(),
            review_by=date.today() + HALF_A_YEAR,
        )
        return await _form(request, draft, new=True)
    form = request.state.form
    draft = _posted(form, editor.languages, text_of(form, "id").strip(), text_of(form, "section").strip())
    if text_of(form, "do") == "preview":
        return await _form(request, draft, new=True, preview=True)
    try:
        await asyncio.to_thread(editing.make, desk, session.account.name, "added", draft.id, lambda e: e.add(draft))
    except EditError as error:
        return await _form(request, draft, 422, new=True, problem=str(error))
    return RedirectResponse(f"{PATH}/answers/{draft.id}?done=added", 303)


@signed_in
async def contacts(request: Request, session: Session) -> Response:
    """Every contact once, with what uses it; a POST changes one or adds one."""
    desk = desk_of(request)
    problem = ""
    if request.method == "POST":
        form = request.state.form
        name, kind, value = (text_of(form, field).strip() for field in ("name", "kind", "value"))
        base_kind, base_value = text_of(form, "base_kind"), text_of(form, "base_value")
        base = (base_kind, base_value) if base_kind else None
        try:
            await asyncio.to_thread(
                editing.make, desk, session.account.name, "contact-changed" if base else "contact-added", name,
                lambda e: e.save_contact(name, kind, value, base),
            )  # fmt: skip
            return RedirectResponse(f"{PATH}/contacts?done=saved", 303)
        except EditError as error:
            problem = str(error)
    try:
        knowledge = await asyncio.to_thread(_draft_knowledge, desk)
    except EditError as error:
        return _broken(request, error)
    used = {
        name: [item for item in knowledge.entries.values() if "{" + name + "}" in "".join(item.answer.values())]
        for name in knowledge.post.contacts
    }
    return page(
        request,
        "contacts.html",
        422 if problem else 200,
        contacts=list(knowledge.post.contacts.values()),
        used=used,
        kinds=CONTACT_KINDS,
        problem=problem,
    )


@signed_in
async def sections(request: Request, session: Session) -> Response:
    """What sections are called; a POST renames one."""
    desk = desk_of(request)
    problem = ""
    if request.method == "POST":
        form, section = request.state.form, text_of(request.state.form, "section")
        names, shorts = _names(form, "name"), _names(form, "short")
        try:
            await asyncio.to_thread(
                editing.make, desk, session.account.name, "section-named", section,
                lambda e: e.save_names(section, names, shorts),
            )  # fmt: skip
            return RedirectResponse(f"{PATH}/sections?done=saved", 303)
        except EditError as error:
            problem = str(error)
    try:
        knowledge = await asyncio.to_thread(_draft_knowledge, desk)
    except EditError as error:
        return _broken(request, error)
    return page(request, "sections.html", 422 if problem else 200, knowledge=knowledge, problem=problem)


def _names(form: FormData, key: str) -> dict[str, str]:
    return {name.removeprefix(f"{key}_"): text_of(form, name) for name in form if name.startswith(f"{key}_")}


@signed_in
async def add_section(request: Request, session: Session) -> Response:
    """A new section with the answer that says what it does."""
    desk = desk_of(request)
    editor = await asyncio.to_thread(KnowledgeEditor, desk.settings.knowledge)
    problem, values = "", {}
    if request.method == "POST":
        form = request.state.form
        section = text_of(form, "section").strip()
        first = _posted(form, editor.languages, f"{section}.overview", section)
        names, shorts = _names(form, "name"), _names(form, "short")
        values = {name: text_of(form, name) for name in form}
        try:
            await asyncio.to_thread(
                editing.make, desk, session.account.name, "section-added", section,
                lambda e: e.add_section(section, names, shorts, _overview(first, names)),
            )  # fmt: skip
            return RedirectResponse(f"{PATH}/answers/{section}.overview?done=added", 303)
        except EditError as error:
            problem = str(error)
    return page(
        request,
        "section_new.html",
        422 if problem else 200,
        languages=editor.languages,
        problem=problem,
        values=values,
        today=date.today(),
        later=date.today() + HALF_A_YEAR,
    )


def _overview(first: EntryDraft, names: Mapping[str, str]) -> EntryDraft:
    from dataclasses import replace

    return replace(first, aspect="overview", title=first.title if all(first.title.values()) else names, enabled=True)


ROUTES = [
    Route("/answers", listing, methods=["GET"]),
    Route("/answers/new", add, methods=["GET", "POST"]),
    Route("/answers/{name}", edit, methods=["GET"]),
    Route("/answers/{name}", save, methods=["POST"]),
    Route("/contacts", contacts, methods=["GET", "POST"]),
    Route("/sections", sections, methods=["GET", "POST"]),
    Route("/sections/new", add_section, methods=["GET", "POST"]),
]
