"""Guided conversations as small trees."""

from __future__ import annotations

import asyncio

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from bot.console import editing
from bot.console.access import PATH, desk_of, signed_in, text_of
from bot.console.desk import language_for, page
from bot.knowledge.edit.drafts import EditError
from bot.knowledge.edit.stories import Guide, StoryEditor
from bot.knowledge.reader import KnowledgeError, read_knowledge
from bot.store.staff import Session


@signed_in
async def stories(request: Request, session: Session) -> Response:
    """All of them; a POST changes, adds or deletes one."""
    desk = desk_of(request)
    if request.method == "GET":
        return await _show(request)
    form, who = request.state.form, session.account.name
    name = text_of(form, "name").strip()
    try:
        if text_of(form, "do") == "delete":
            await asyncio.to_thread(
                editing.make, desk, who, "story-deleted", name, lambda e: StoryEditor(e.folder).remove(name)
            )
            return RedirectResponse(f"{PATH}/stories?done=removed", 303)
        editor = await asyncio.to_thread(StoryEditor, desk.settings.knowledge)
        guide = Guide(
            name,
            text_of(form, "trigger").strip(),
            {code: text_of(form, f"question_{code}") for code in editor.languages},
            tuple(text_of(form, "options").split("\n")),
        )
        base = text_of(form, "base") or None
        await asyncio.to_thread(
            editing.make, desk, who, "story-saved", name, lambda e: StoryEditor(e.folder).save(guide, base)
        )
    except (EditError, KnowledgeError) as error:
        return await _show(request, 422, str(error))
    return RedirectResponse(f"{PATH}/stories?done=saved", 303)


async def _show(request: Request, status: int = 200, problem: str = "") -> Response:
    desk, language = desk_of(request), language_for(request)
    try:
        editor = await asyncio.to_thread(StoryEditor, desk.settings.knowledge)
        knowledge = await asyncio.to_thread(read_knowledge, desk.settings.knowledge, questions=False)
        guides, triggers = await asyncio.to_thread(editor.all), await asyncio.to_thread(editor.triggers)
    except (EditError, KnowledgeError) as error:
        return page(request, "error.html", 409, message="draft_broken", detail=str(error))
    titles = {item.id: item.title[language] for item in knowledge.entries.values()}
    titles |= {item.id: item.title[language] for item in knowledge.topics.values()}
    form = request.state.form if status != 200 else None
    return page(
        request, "stories.html", status, guides=guides, triggers=triggers, titles=titles, languages=editor.languages,
        problem=problem, values={name: text_of(form, name) for name in form} if form else {},
    )  # fmt: skip


ROUTES = [Route("/stories", stories, methods=["GET", "POST"])]
