"""Who may do what: signed session cookies, CSRF tokens, roles, limited log-in attempts."""

from __future__ import annotations

import asyncio
import functools
import hmac
import secrets
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, urlsplit

from itsdangerous import BadSignature, Signer
from starlette.datastructures import FormData, UploadFile
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from bot.limits import Rate, retry_after
from bot.store.staff import Session

if TYPE_CHECKING:
    from bot.console.desk import ConsoleDesk

COOKIE = "front_desk"
LOGIN_COOKIE = "front_desk_login"
PATH = "/console"
SIGN_IN = f"{PATH}/sign-in"
MOST_FORM_BYTES = 1_000_000
MOST_UPLOAD_BYTES = 6_000_000
NAME_RATE = Rate(a_second=1 / 60, burst=6)
ADDRESS_RATE = Rate(a_second=1 / 6, burst=30)

View = Callable[[Request, Session], Awaitable[Response]]


def desk_of(request: Request) -> ConsoleDesk:
    """Everything that the console's pages use."""
    desk: ConsoleDesk = request.app.state.console
    return desk


def signed_in(view: View | None = None, *, publisher: bool = False, upload: bool = False) -> Any:
    """A page for those who are signed in.

    A POST must bring the session's CSRF token; its form is read at most a megabyte long (six where a file is sent) and
    is found in ``request.state.form``.

    Args:
        view: The page.
        publisher: Only those who may publish.
        upload: The form may carry a file.
    """
    if view is None:
        return functools.partial(signed_in, publisher=publisher, upload=upload)

    @functools.wraps(view)
    async def guarded(request: Request) -> Response:
        session = await session_of(request)
        if session is None:
            there = request.url.path if request.method == "GET" else PATH
            return RedirectResponse(f"{SIGN_IN}?next={quote(there)}", 303)
        request.state.session = session
        if request.method == "POST":
            request.state.form = await read_form(request, MOST_UPLOAD_BYTES if upload else MOST_FORM_BYTES)
            if not hmac.compare_digest(text_of(request.state.form, "csrf"), session.csrf):
                raise HTTPException(403, "form")
        if publisher and not session.account.publishes:
            raise HTTPException(403, "role")
        return await view(request, session)

    guarded.needs_publisher = publisher  # type: ignore[attr-defined]
    return guarded


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


async def may_try(request: Request, name: str) -> int:
    """0 where another attempt to sign in is allowed, else the seconds to wait: limited by name and by address."""
    limiter = desk_of(request).limiter
    address = request.client.host if request.client else "unknown"
    waits = [
        await limiter.wait(f"sign-in {name.casefold()[:60]}", NAME_RATE),
        await limiter.wait(f"sign-in from {address}", ADDRESS_RATE),
    ]
    return retry_after(max(waits)) if max(waits) else 0


async def read_form(request: Request, most: int) -> FormData:
    """A form, read no further than ``most`` bytes.

    Raises:
        HTTPException: 413 for a longer one, 400 for one that cannot be read.
    """
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > most:
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
