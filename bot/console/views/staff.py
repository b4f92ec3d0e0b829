"""Everybody's accounts: made, given another role or a one-time password, removed; each after a second thought."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from functools import partial

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from bot.console.access import PATH, desk_of, signed_in, text_of
from bot.console.desk import LANGUAGES, language_for, page, words
from bot.console.views.shared import reason_in
from bot.store.staff import ROLES, Session, StaffError

STEPS = ("role", "remove", "reset")


def worded(error: StaffError, language: str) -> str:
    """Why something cannot be done with an account, in a language of the console."""
    known = words()[language]
    values = {name: known.get(str(value), value) if name == "role" else value for name, value in error.values.items()}
    key = f"staff_{error.code}"
    return known[key].format(**values) if key in known else str(error)


@signed_in(publisher=True)
async def accounts(request: Request, session: Session) -> Response:
    """Everybody's accounts; a POST makes one."""
    staff = desk_of(request).staff
    if request.method != "POST":
        return await _show(request)
    form = request.state.form
    name, role, language = (text_of(form, field).strip() for field in ("name", "role", "language"))
    try:
        spoken = language if language in LANGUAGES else LANGUAGES[0]
        await asyncio.to_thread(staff.add, name, text_of(form, "password"), role, spoken)
    except StaffError as error:
        return await _show(request, error)
    await asyncio.to_thread(staff.note, session.account.name, "account-added", f"{name} ({role})", reason_in(form))
    return RedirectResponse(f"{PATH}/staff?done=account", 303)


async def _show(request: Request, error: StaffError | None = None, fresh: tuple[str, str] | None = None) -> Response:
    found = await asyncio.to_thread(desk_of(request).staff.all)
    problem = worded(error, language_for(request)) if error else ""
    fields = ("name", "role", "language", "reason")
    values = {field: text_of(request.state.form, field) if error else "" for field in fields}
    return page(
        request, "staff.html", 422 if error else 200, accounts=found, problem=problem, fresh=fresh, values=values
    )


async def _change(request: Request, session: Session, step: str) -> Response:
    """Asks first; does it when the form says that somebody is sure."""
    form, staff = request.state.form, desk_of(request).staff
    name, role = text_of(form, "name"), text_of(form, "role")
    try:
        account = await asyncio.to_thread(staff.get, name)
        if step == "role" and role not in ROLES:
            await asyncio.to_thread(staff.change_role, name, role)
        if not text_of(form, "sure"):
            return page(request, "staff_sure.html", step=step, account=account, role=role)
        if step == "reset":
            fresh = (name, await asyncio.to_thread(staff.reset_password, name))
        elif step == "role":
            await asyncio.to_thread(staff.change_role, name, role)
        else:
            await asyncio.to_thread(staff.remove, name)
    except StaffError as error:
        return await _show(request, error)
    action = {"role": "role-changed", "remove": "account-removed", "reset": "password-reset"}[step]
    subject = f"{name} ({role})" if step == "role" else name
    reason = reason_in(form)
    await asyncio.to_thread(staff.note, session.account.name, action, subject, reason)
    if step == "reset":
        # Shown in the answer itself: an address to go on to would have to hold it.
        return await _show(request, fresh=fresh)
    return RedirectResponse(f"{PATH}/staff?done={'saved' if step == 'role' else 'removed'}", 303)


def _step(step: str) -> Callable[[Request], Awaitable[Response]]:
    view: Callable[[Request], Awaitable[Response]] = signed_in(partial(_change, step=step), publisher=True)
    return view


ROUTES = [
    Route("/staff", accounts, methods=["GET", "POST"]),
    *(Route(f"/staff/{step}", _step(step), methods=["POST"]) for step in STEPS),
]
