"""Signing in and out, and one's own account."""

from __future__ import annotations

import asyncio
import hmac

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from bot.console import access, attempts
from bot.console.access import PATH, SIGN_IN, desk_of, local, signed_in, text_of
from bot.console.desk import LANGUAGES, language_for, page, words
from bot.console.kept import MOST_CARRIED_BYTES, back_to_the_form, is_of_this_site, sign_in_form
from bot.console.views.staff import worded
from bot.store.staff import Session, StaffError


async def show_sign_in(request: Request) -> Response:
    """The form to sign in."""
    return sign_in_form(request, local(request.query_params.get("next", "")))


async def do_sign_in(request: Request) -> Response:
    """Signs somebody in, if name and password belong together and there were not too many attempts."""
    form = await access.read_form(request, MOST_CARRIED_BYTES)
    name, there, kept = text_of(form, "name").strip(), local(text_of(form, "next")), text_of(form, "kept")
    token = access.login_token(request)
    if not token or not hmac.compare_digest(text_of(form, "csrf"), token):
        if kept and is_of_this_site(request):
            return sign_in_form(request, there, 403, "session_over", name, kept)
        raise HTTPException(403, "form")
    wait = await attempts.wait_to_try(request, name)
    if wait:
        response = sign_in_form(request, there, 429, "too_many_tries", name, kept)
        response.headers["Retry-After"] = str(wait)
        return response
    staff = desk_of(request).staff
    account = await asyncio.to_thread(staff.signs_in, name, text_of(form, "password"))
    if account is None:
        return sign_in_form(request, there, 401, "wrong_sign_in", name, kept)
    session = await asyncio.to_thread(staff.begin, account)
    await asyncio.to_thread(staff.note, account.name, "signed-in", account.name)
    answer = (await back_to_the_form(request, session, there, kept)) if kept else None
    answer = answer or RedirectResponse(there, 303)
    await access.sign_in(request, session, answer)
    await attempts.signed_in(request, account, answer)
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
    form, staff, account = request.state.form, desk_of(request).staff, session.account
    known = words()[language_for(request)]
    wait = await attempts.wait_to_change(request, account)
    if wait:
        response = page(request, "me.html", 429, problem=known["too_many_tries"])
        response.headers["Retry-After"] = str(wait)
        return response
    current, new = text_of(form, "current"), text_of(form, "new")
    if await asyncio.to_thread(staff.signs_in, account.name, current) is None:
        return page(request, "me.html", 422, problem=known["wrong_password"])
    try:
        if new == current:
            raise StaffError("same", "This is the password that you have already.")
        await asyncio.to_thread(staff.change_password, account, new)
    except StaffError as error:
        return page(request, "me.html", 422, problem=worded(error, language_for(request)))
    await asyncio.to_thread(staff.note, session.account.name, "password-changed", session.account.name)
    response = RedirectResponse(f"{SIGN_IN}?done=password", 303)
    access.sign_out(response)
    return response


ROUTES = [
    Route("/sign-in", show_sign_in, methods=["GET"]),
    Route("/sign-in", do_sign_in, methods=["POST"]),
    Route("/sign-out", do_sign_out, methods=["POST"]),
    Route("/me", me, methods=["GET", "POST"]),
    Route("/me/password", change_password, methods=["POST"]),
]
