"""Contacts: each stands once, with what shows it."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Any

from starlette.datastructures import FormData
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from bot.console import conflicts, editing, kept
from bot.console.access import PATH, desk_of, signed_in, text_of
from bot.console.desk import ConsoleDesk, page
from bot.console.views.shared import draft_knowledge, left_out, reason_in, texts_in
from bot.knowledge.contacts import users_of
from bot.knowledge.edit.drafts import CONTACT_KINDS, ConflictError, EditError, SpelledOutError
from bot.knowledge.edit.post import ASK
from bot.knowledge.model import Text
from bot.knowledge.shown import Shown
from bot.store.staff import Session

FIELDS = ("kind", "value")


@signed_in(keeps=True)
async def contacts(request: Request, session: Session) -> Response:
    """Every contact once, with what uses it; a POST changes, adds or removes one."""
    page_only = await kept.shown(request, _show)
    if page_only is not None:
        return page_only
    form = request.state.form
    name = text_of(form, "name").strip()
    base = _base(form)
    try:
        if text_of(form, "do") == "delete":
            await _make(request, session, "contact-removed", name, lambda e: e.remove_contact(name, base))
            return RedirectResponse(f"{PATH}/contacts?done=removed", 303)
        theirs = dict(zip(FIELDS, base)) if base else {}
        values = conflicts.chosen(form, texts_in(form, FIELDS), theirs)
        action = "contact-changed" if base else "contact-added"
        elsewhere = text_of(form, "elsewhere") or ASK
        await _make(
            request, session, action, name,
            lambda e: e.save_contact(name, values["kind"], values["value"], base, elsewhere),
        )  # fmt: skip
    except ConflictError as error:
        was = dict(zip(FIELDS, base)) if base else None
        found = conflicts.clashes(was, texts_in(form, FIELDS), error.current) if error.current else []
        return await _show(request, 422, problem=error.args[0], clashes=found)
    except SpelledOutError as error:
        return await _show(request, 422, problem=error.args[0], spelled=error.places)
    except EditError as error:
        return await _show(request, 422, problem=error.args[0])
    return RedirectResponse(f"{PATH}/contacts?done=saved", 303)


async def _make(request: Request, session: Session, action: str, name: str, change: editing.Change) -> None:
    await asyncio.to_thread(
        editing.make, desk_of(request), session.account.name, action, name, change, reason_in(request.state.form)
    )


def _base(form: FormData) -> tuple[str, str] | None:
    """What the form began with; None for a new contact."""
    kind = text_of(form, "base_kind")
    return (kind, text_of(form, "base_value")) if kind else None


async def _show(
    request: Request,
    status: int = 200,
    *,
    problem: str = "",
    notice: str = "",
    clashes: Sequence[conflicts.Clash] = (),
    spelled: Sequence[Shown] = (),
) -> Response:
    found, used, titles = await asyncio.to_thread(_found, desk_of(request))
    form = request.state.form
    typed = texts_in(form, ("name", *FIELDS)) if status != 200 or notice else {}
    if typed and clashes:
        typed |= conflicts.put_together(texts_in(form, FIELDS), list(clashes))
    return page(
        request,
        "contacts.html",
        status,
        left_out=await asyncio.to_thread(left_out, desk_of(request)),
        contacts=found,
        used=used,
        kinds=CONTACT_KINDS,
        problem=problem,
        notice=notice,
        clashes=clashes,
        spelled=[(place, titles.get(place.id)) for place in spelled],
        typed=typed,
        base=None if clashes else _base(form),
        changed=typed.get("name", "") if any(contact.id == typed.get("name") for contact in found) else "",
    )


def _found(desk: ConsoleDesk) -> tuple[list[Any], dict[str, list[tuple[str, Text | None]]], dict[str, Text]]:
    """All contacts, for each the ids that show it, with their titles where they are answers, and all these titles."""
    knowledge = draft_knowledge(desk)
    titles = {item.id: item.title for item in knowledge.entries.values()}
    titles |= {item.id: item.title for item in knowledge.topics.values()}
    used = {
        name: [(owner, titles.get(owner)) for owner in users_of(knowledge, name)] for name in knowledge.post.contacts
    }
    return list(knowledge.post.contacts.values()), used, titles


ROUTES = [Route("/contacts", contacts, methods=["GET", "POST"])]
