"""Who may do what: signed session cookies, CSRF tokens, roles."""

from __future__ import annotations

import asyncio
import functools
import hmac
import secrets
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, urlsplit

from itsdangerous import BadSignature, Signer
from sqlalchemy.exc import SQLAlchemyError
from starlette.datastructures import FormData, UploadFile
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from bot.knowledge.edit.drafts import EditError
from bot.store.staff import Session

if TYPE_CHECKING:
    from bot.console.desk import ConsoleDesk

COOKIE = "front_desk"
LOGIN_COOKIE = "front_desk_login"
PATH = "/console"
SIGN_IN = f"{PATH}/sign-in"
MOST_FORM_BYTES = 1_000_000
MOST_UPLOAD_BYTES = 6_000_000
MOST_SWALLOWED_BYTES = 200_000_000
WITH_ONE_TIME_PASSWORD = (f"{PATH}/me", f"{PATH}/me/password", f"{PATH}/sign-out")

View = Callable[[Request, Session], Awaitable[Response]]


def desk_of(request: Request) -> ConsoleDesk:
    """Everything that the console's pages use."""
    desk: ConsoleDesk = request.app.state.console
    return desk


def signed_in(view: View | None = None, *, publisher: bool = False, upload: bool = False, keeps: bool = False) -> Any:
    """A page for those who are signed in.

    A POST must bring the session's CSRF token; its form is read at most a megabyte long (six where a file is sent) and
    is found in ``request.state.form``.

    Args:
        view: The page.
        publisher: Only those who may publish.
        upload: The form may carry a file.
        keeps: People type into the form: what they typed comes back when it cannot be taken. The page must look at
            :func:`bot.console.kept.why_again`; an :class:`EditError` that it does not catch is a broken draft.
    """
    if view is None:
        return functools.partial(signed_in, publisher=publisher, upload=upload, keeps=keeps)
    if keeps:
        return _keeping(view, publisher)

    @functools.wraps(view)
    async def guarded(request: Request) -> Response:
        session = await session_of(request)
        if session is None:
            return _to_sign_in(request)
        request.state.session = session
        if has_to_change_password(request, session):
            return RedirectResponse(f"{PATH}/me", 303)
        if request.method == "POST":
            request.state.form = await read_form(request, MOST_UPLOAD_BYTES if upload else MOST_FORM_BYTES)
            if not hmac.compare_digest(text_of(request.state.form, "csrf"), session.csrf):
                raise HTTPException(403, "form")
        if publisher and not session.account.publishes:
            raise HTTPException(403, "role")
        return await view(request, session)

    guarded.needs_publisher = publisher  # type: ignore[attr-defined]
    return guarded


def _keeping(view: View, publisher: bool) -> Any:
    """A page with a form that people type into, for those who are signed in."""
    from bot.console import kept
    from bot.console.desk import word_of

    @functools.wraps(view)
    async def guarded(request: Request) -> Response:
        form = await read_form(request, kept.MOST_BYTES) if request.method == "POST" else FormData()
        request.state.form = form
        worth = kept.is_worth_keeping(request, form)
        try:
            session = await session_of(request)
        except SQLAlchemyError as error:
            if not worth:
                raise
            return kept.once_more(request, form, 503, word_of(error))
        if session is None:
            if worth:
                return kept.signed_out(request, form)
            return _to_sign_in(request)
        request.state.session = session
        if has_to_change_password(request, session):
            return RedirectResponse(f"{PATH}/me", 303)
        if request.method == "GET":
            try:
                return await view(request, session)
            except EditError as error:
                return kept.once_more(request, form, 409, "draft_broken", error)
        if publisher and not session.account.publishes:
            raise HTTPException(403, "role")
        if not hmac.compare_digest(text_of(form, "csrf"), session.csrf):
            if not worth:
                raise HTTPException(403, "form")
            request.state.again = kept.OUT_OF_DATE
        answer: Response = await kept.guarded(request, session, view)
        return answer

    guarded.needs_publisher = publisher  # type: ignore[attr-defined]
    guarded.form = view  # type: ignore[attr-defined]
    return guarded


def _to_sign_in(request: Request) -> Response:
    """The way to the sign-in form, and from there to the page that was asked for."""
    there = request.url.path if request.method == "GET" else PATH
    return RedirectResponse(f"{SIGN_IN}?next={quote(there)}", 303)


def has_to_change_password(request: Request, session: Session) -> bool:
    """Whether somebody with a one-time password asks for anything but to set one of their own."""
    return session.account.one_time and request.url.path not in WITH_ONE_TIME_PASSWORD


async def session_of(request: Request) -> Session | None:
    """The session that the request's cookie names, None for none."""
    desk = desk_of(request)
    cookie = request.cookies.get(COOKIE, "")
    if not cookie or len(cookie) > 300:
        return None
    try:
        token = (await signer(request)).unsign(cookie).decode("utf-8", "replace")
    except BadSignature:
        return None
    return await asyncio.to_thread(desk.staff.session, token)


async def signer(request: Request) -> Signer:
    """Signs and checks cookies with the installation's secret."""
    desk = desk_of(request)
    if desk.secret is None:
        desk.secret = await asyncio.to_thread(desk.staff.secret)
    return Signer(desk.secret, salt="console")


async def sign_in(request: Request, session: Session, response: Response) -> None:
    """Gives the browser the session's cookie, which scripts cannot read and other sites cannot send."""
    value = (await signer(request)).sign(session.token).decode()
    response.set_cookie(COOKIE, value, path=PATH, httponly=True, samesite="lax", secure=request.url.scheme == "https")


def sign_out(response: Response) -> None:
    """Takes the cookie back."""
    response.delete_cookie(COOKIE, path=PATH, httponly=True, samesite="lax")


def login_token(request: Request, response: Response | None = None) -> str:
    """What the sign-in form brings back, since there is no session yet; kept in a cookie of its own."""
    token = request.cookies.get(LOGIN_COOKIE) or ""
    if response is not None and not token:
        token = secrets.token_urlsafe(24)
        response.set_cookie(
            LOGIN_COOKIE, token, path=SIGN_IN, httponly=True, samesite="strict", secure=request.url.scheme == "https"
        )
    return token


async def read_form(request: Request, most: int) -> FormData:
    """A form, read no further than ``most`` bytes.

    Raises:
        HTTPException: 413 for a longer one, 400 for one that cannot be read.
    """
    body, length = bytearray(), 0
    async for chunk in request.stream():
        # What is too long is read to its end all the same, and thrown away: a browser shows no answer before that.
        length += len(chunk)
        if length <= most:
            body += chunk
        elif length > MOST_SWALLOWED_BYTES:
            break
    if length > most:
        raise HTTPException(413, "size")
    request._body = bytes(body)
    try:
        return await request.form(max_files=2, max_fields=500, max_part_size=most)
    except (HTTPException, ValueError, UnicodeError, KeyError) as error:
        raise HTTPException(400, "form") from error


def text_of(form: FormData, name: str) -> str:
    """A field's text, line ends as ``\\n``; empty where it is missing, a file, or holds signs that no text has."""
    value = form.get(name)
    if value is None or isinstance(value, UploadFile):
        return ""
    text = value.replace("\r\n", "\n").replace("\r", "\n").encode("utf-8", "replace").decode("utf-8")
    return "".join(sign for sign in text if sign in "\n\t" or sign.isprintable() or sign in "\u00a0\u202f\u200d")


def local(address: str) -> str:
    """A page of the console to go on to; anything else is the console's first page."""
    parts = urlsplit(address)
    if parts.scheme or parts.netloc or not parts.path.startswith(PATH) or parts.path.startswith(SIGN_IN):
        return PATH
    return parts.path + (f"?{parts.query}" if parts.query else "")
