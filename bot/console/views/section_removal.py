"""Removing a section: a page that lists what goes and what stands in the way, then the removal itself."""

from __future__ import annotations

import asyncio

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from bot.console import editing
from bot.console.access import PATH, desk_of, signed_in, text_of
from bot.console.desk import language_for, page, words
from bot.console.views.shared import broken, reason_in
from bot.knowledge.edit.drafts import ConflictError, EditError, MissingError
from bot.knowledge.edit.sections import Contents, SectionEditor
from bot.knowledge.said import in_language
from bot.store.staff import Session


@signed_in(publisher=True)
async def remove(request: Request, session: Session) -> Response:
    """What goes with a section; a POST removes it, if that is still what was seen, with a reason."""
    desk, section = desk_of(request), request.path_params["section"]
    known = words()[language_for(request)]
    try:
        editor = await asyncio.to_thread(SectionEditor, desk.settings.knowledge)
        found = await asyncio.to_thread(editor.contents, section)
    except MissingError as error:
        raise HTTPException(404) from error
    except EditError as error:
        return broken(request, error)
    if request.method == "GET":
        return _show(request, found, editor.languages)
    form = request.state.form
    reason, base = reason_in(form), text_of(form, "base")
    if not reason:
        return _show(request, found, editor.languages, 422, known["remove_section_why"])
    try:
        await asyncio.to_thread(
            editing.make, desk, session.account.name, "section-removed", section,
            lambda e: SectionEditor(e.folder).remove_section(section, base), reason,
        )  # fmt: skip
    except ConflictError as error:
        return _show(request, error.current, editor.languages, 409, known["remove_section_changed"], reason)
    except EditError as error:
        return _show(request, found, editor.languages, 422, in_language(error, language_for(request)), reason)
    return RedirectResponse(f"{PATH}/sections?done=removed", 303)


def _show(
    request: Request,
    found: Contents,
    languages: tuple[str, ...],
    status: int = 200,
    problem: str = "",
    reason: str = "",
) -> Response:
    return page(
        request, "section_remove.html", status, found=found, languages=languages, problem=problem, reason=reason
    )  # fmt: skip


ROUTES = [Route("/sections/{section}/remove", remove, methods=["GET", "POST"])]
