"""Vague questions and questions that name no office: how people ask them, what is asked back, what is offered then."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence

from starlette.datastructures import FormData
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from bot.console import conflicts, editing, kept
from bot.console.access import PATH, desk_of, signed_in, text_of
from bot.console.desk import language_for, page
from bot.console.views.shared import draft_knowledge, left_out, not_saved, reason_in
from bot.console.views.stories import listed
from bot.knowledge.edit.asked_back import FEWEST, MOST
from bot.knowledge.edit.drafts import EditError
from bot.knowledge.edit.vague import ASK, Vague, VagueEditor
from bot.store.staff import Session

HERE = f"{PATH}/stories/vague"


@signed_in(keeps=True)
async def vague(request: Request, session: Session) -> Response:
    """All of them; a POST changes, adds or deletes one."""
    page_only = await kept.shown(request, _show)
    if page_only is not None:
        return page_only
    desk, form, who = desk_of(request), request.state.form, session.account.name
    name, base, was = text_of(form, "name").strip(), text_of(form, "base") or None, conflicts.begun_with(form)
    editor = await asyncio.to_thread(VagueEditor, desk.settings.knowledge)
    values = conflicts.chosen(form, values_in(form, editor.languages), was or {})
    try:
        if text_of(form, "do") == "delete":
            await asyncio.to_thread(
                editing.make, desk, who, "vague-deleted", name,
                lambda e: VagueEditor(e.folder).remove_vague(name, base), reason_in(form),
            )  # fmt: skip
            return RedirectResponse(f"{HERE}?done=removed", 303)
        made = vague_of(name, values, editor.languages)
        await asyncio.to_thread(
            editing.make, desk, who, "vague-saved", name,
            lambda e: VagueEditor(e.folder).save_vague(made, base), reason_in(form),
        )  # fmt: skip
    except EditError as error:
        return await not_saved(_show, request, error, was, values, values_of)
    return RedirectResponse(f"{HERE}?done=saved#v-{name}", 303)


def values_of(asked: Vague) -> dict[str, str]:
    """A vague question as a form's texts; choices and sample questions one a line."""
    found = {f"question_{code}": text for code, text in asked.question.items()} | {"options": "\n".join(asked.options)}
    return found | {f"questions_{code}": "\n".join(lines) for code, lines in asked.questions.items()}


def values_in(form: FormData, languages: Sequence[str]) -> dict[str, str]:
    """What a form holds, as it was typed."""
    names = [f"{field}_{code}" for field in ("question", "questions") for code in languages]
    lines = [*text_of(form, "options").split("\n"), *(text_of(form, f"option_{at}") for at in range(1, MOST + 1))]
    found = {name: text_of(form, name).strip() for name in names}
    return found | {"options": "\n".join(filter(None, map(str.strip, lines)))}


def vague_of(name: str, values: Mapping[str, str], languages: Sequence[str]) -> Vague:
    """The vague question that a form describes."""
    asked = {code: values[f"question_{code}"] for code in languages}
    samples = {code: tuple(values[f"questions_{code}"].split("\n")) for code in languages if not name.startswith(ASK)}
    return Vague(name, asked, tuple(values["options"].split("\n")), samples)


async def _show(
    request: Request,
    status: int = 200,
    *,
    problem: str = "",
    notice: str = "",
    clashes: Sequence[conflicts.Clash] = (),
    values: Mapping[str, str] | None = None,
) -> Response:
    desk, language, form = desk_of(request), language_for(request), request.state.form
    knowledge = await asyncio.to_thread(draft_knowledge, desk)
    editor = await asyncio.to_thread(VagueEditor, desk.settings.knowledge)
    stored = await asyncio.to_thread(editor.vague)
    name = text_of(form, "name").strip() if form else request.query_params.get("edit", "")
    edited = name if name in stored and (not form or text_of(form, "base")) else ""
    begun = values_of(stored[edited]) if edited else {}
    typed = values if values is not None else values_in(form, editor.languages) if form else begun
    sent = bool(form) and not clashes
    return page(
        request,
        "vague.html",
        status,
        left_out=await asyncio.to_thread(left_out, desk),
        stored=[asked for asked in stored.values() if not asked.is_built_in],
        built_in=[asked for asked in stored.values() if asked.is_built_in],
        samples=not edited or not stored[edited].is_built_in,
        answers=listed(knowledge, [*knowledge.entries, *knowledge.topics], language),
        languages=editor.languages,
        problem=problem,
        notice=notice,
        clashes=clashes,
        typed=typed,
        options=typed.get("options", "").split("\n"),
        name="" if not form else name,
        edited=edited,
        new=not edited and (bool(form) or "new" in request.query_params),
        base=text_of(form, "base") if sent else stored[edited].version if edited else "",
        was=text_of(form, "was") if sent else conflicts.carried(begun),
        fewest=FEWEST,
        most=MOST,
    )


ROUTES = [Route("/stories/vague", vague, methods=["GET", "POST"])]
