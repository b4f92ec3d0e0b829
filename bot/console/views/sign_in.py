"""Signing in and out, one's own account, everybody's accounts, the log."""

from __future__ import annotations

import asyncio
import hmac

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from bot.console import access
from bot.console.access import PATH, SIGN_IN, desk_of, local, signed_in, text_of
from bot.console.desk import LANGUAGES, page
from bot.store.staff import Session, StaffError

LINES = 50


async def show_sign_in(request: Request) -> Response:
    """The form to sign in."""
    return _form(request, local(request.query_params.get("next", "")))


def _form(request: Request, there: str, status: int = 200, problem: str = "", name: str = "") -> Response:
    token = access.login_token(request)
    if token:
        return page(request, "sign_in.html", status, token=token, next=there, problem=problem, name=name)
    # The cookie's value must stand in the form: made first, then set on the page.
    carrier = Response()
    token = access.login_token(request, carrier)
    response = page(request, "sign_in.html", status, token=token, next=there, problem=problem, name=name)
    response.raw_headers += [header for header in carrier.raw_headers if header[0] == b"set-cookie"]
    return response


async def do_sign_in(request: Request) -> Response:
    """Signs somebody in, if name and password belong together and there were not too many attempts."""
    form = await access.read_form(request, access.MOST_FORM_BYTES)
    name, there = text_of(form, "name").strip(), local(text_of(form, "next"))
    token = access.login_token(request)
    if not token or not hmac.compare_digest(text_of(form, "csrf"), token):
        raise HTTPException(403, "form")
    wait = await access.may_try(request, name)
    if wait:
        response = _form(request, there, 429, "too_many_tries", name)
        response.headers["Retry-After"] = str(wait)
        return response
    staff = desk_of(request).staff
    account = await asyncio.to_thread(staff.signs_in, name, text_of(form, "password"))
    if account is None:
        return _form(request, there, 401, "wrong_sign_in", name)
    session = await asyncio.to_thread(staff.begin, account)
    await asyncio.to_thread(staff.note, account.name, "signed-in", account.name)
    answer = RedirectResponse(there, 303)
    await access.sign_in(request, session, answer)
    return answer


@signed_in
async def do_sign_out(request: Request, session: Session) -> Response:
    """Ends the session."""
    await asyncio.to_thread(desk_of(request).staff.end, session.token)
    response = RedirectResponse(SIGN_IN, 303)
    access.sign_out(response)
    return response


@signed_in
async def me(request: Request, session: Session) -> Response:
    """One's own account; a POST changes the console's language."""
    if request.method == "POST":
        language = text_of(request.state.form, "language")
        if language in LANGUAGES:
            await asyncio.to_thread(desk_of(request).staff.change_language, session.account, language)
        return RedirectResponse(f"{PATH}/me?done=saved", 303)
    return page(request, "me.html", problem="")


@signed_in
async def change_password(request: Request, session: Session) -> Response:
    """Sets another password, if the current one is given; ends all sessions."""
    form, staff = request.state.form, desk_of(request).staff
    if await access.may_try(request, session.account.name):
        raise HTTPException(429, "too_many_tries")
    if await asyncio.to_thread(staff.signs_in, session.account.name, text_of(form, "current")) is None:
        from bot.console.desk import language_for, words

        return page(request, "me.html", 422, problem=words()[language_for(request)]["wrong_password"])
    try:
        await asyncio.to_thread(staff.change_password, session.account, text_of(form, "new"))
    except StaffError as error:
        return page(request, "me.html", 422, problem=str(error))
    await asyncio.to_thread(staff.note, session.account.name, "password-changed", session.account.name)
    response = RedirectResponse(f"{SIGN_IN}?done=password", 303)
    access.sign_out(response)
    return response


@signed_in(publisher=True)
async def accounts(request: Request, session: Session) -> Response:
    """Everybody's accounts; a POST makes one."""
    staff = desk_of(request).staff
    problem = ""
    if request.method == "POST":
        form = request.state.form
        name, role, language = (text_of(form, field).strip() for field in ("name", "role", "language"))
        try:
            spoken = language if language in LANGUAGES else LANGUAGES[0]
            await asyncio.to_thread(staff.add, name, text_of(form, "password"), role, spoken)
            await asyncio.to_thread(staff.note, session.account.name, "account-added", f"{name} ({role})")
            return RedirectResponse(f"{PATH}/staff?done=account", 303)
        except StaffError as error:
            problem = str(error)
    found = await asyncio.to_thread(staff.all)
    return page(request, "staff.html", 422 if problem else 200, accounts=found, problem=problem)


@signed_in(publisher=True)
async def change_role(request: Request, session: Session) -> Response:
    """Gives somebody another role."""
    name, role = text_of(request.state.form, "name"), text_of(request.state.form, "role")
    staff = desk_of(request).staff
    try:
        await asyncio.to_thread(staff.change_role, name, role)
    except StaffError as error:
        found = await asyncio.to_thread(staff.all)
        return page(request, "staff.html", 422, accounts=found, problem=str(error))
    await asyncio.to_thread(staff.note, session.account.name, "role-changed", f"{name} ({role})")
    return RedirectResponse(f"{PATH}/staff?done=saved", 303)


@signed_in(publisher=True)
async def remove_account(request: Request, session: Session) -> Response:
    """Removes somebody's account."""
    name = text_of(request.state.form, "name")
    staff = desk_of(request).staff
    try:
        await asyncio.to_thread(staff.remove, name)
    except StaffError as error:
        found = await asyncio.to_thread(staff.all)
        return page(request, "staff.html", 422, accounts=found, problem=str(error))
    await asyncio.to_thread(staff.note, session.account.name, "account-removed", name)
    return RedirectResponse(f"{PATH}/staff?done=removed", 303)


@signed_in
async def log(request: Request, session: Session) -> Response:
    """Who did what, when and why."""
    text = request.query_params.get("skip", "0")
    skip = min(int(text), 10**9) if text.isascii() and text.isdigit() else 0
    staff = desk_of(request).staff
    lines = await asyncio.to_thread(staff.log, LINES, skip)
    total = await asyncio.to_thread(staff.log_length)
    return page(request, "log.html", lines=lines, skip=skip, most=LINES, total=total)


ROUTES = [
    Route("/sign-in", show_sign_in, methods=["GET"]),
    Route("/sign-in", do_sign_in, methods=["POST"]),
    Route("/sign-out", do_sign_out, methods=["POST"]),
    Route("/me", me, methods=["GET", "POST"]),
    Route("/me/password", change_password, methods=["POST"]),
    Route("/staff", accounts, methods=["GET", "POST"]),
    Route("/staff/role", change_role, methods=["POST"]),
    Route("/staff/remove", remove_account, methods=["POST"]),
    Route("/log", log, methods=["GET"]),
]
