"""How often somebody may try to sign in.

Whoever guesses passwords must be slowed; whoever only knows a colleague's name must not be able to keep that colleague
out. One counter for each name would do the first and break the second; one for each name *and* address alone would let
many addresses guess as often as they are many. So there are four, and an attempt must pass all that concern it:

- **address** (30 at once, then one in six seconds): one machine that tries many names. An office behind one address
  has room enough.
- **name at an address** (6 in five minutes): one machine that guesses one password. When it is shut out, nobody else
  is.
- **name anywhere** (60 in an hour): many machines that guess one password; at most some 1,400 guesses a day, far too
  few for a password of ten characters. A single machine cannot use this up: its attempts beyond six do not reach this
  counter.
- **browser that has signed in before** (6 in five minutes): such a browser holds a signed cookie that names the
  account, and is counted by itself instead of by the two counters before. So colleagues at their own browsers get in
  while strangers, even from the same address, try their name.

Counters are written before a password is looked at, in the database: attempts at the same moment, on several servers,
or around a restart are all counted. Only the one for addresses lives in memory (or Redis), as for every other page: it
is there to keep floods from the database. What an attacker with many addresses can still do: keep out somebody who
comes with a new browser, for as long as the attack lasts.
"""

from __future__ import annotations

import asyncio
import hashlib
import secrets
from datetime import timedelta

from itsdangerous import BadSignature, Signer
from starlette.requests import Request
from starlette.responses import Response

from bot.console.access import SIGN_IN, desk_of, signer
from bot.limits import Rate, retry_after
from bot.store.staff import Account

ADDRESS_RATE = Rate(a_second=1 / 6, burst=30)
HERE = (6, timedelta(minutes=5))
ANYWHERE = (60, timedelta(hours=1))
COOKIE = "front_desk_browser"
DAYS_KNOWN = 180


async def wait_to_try(request: Request, name: str) -> int:
    """Takes an attempt to sign in; 0 where it may go on, else the seconds to wait."""
    desk, address = desk_of(request), _address(request)
    seconds = await desk.limiter.wait(f"sign-in from {address}", ADDRESS_RATE)
    if seconds:
        return retry_after(seconds)
    here = await _counter(request, name)
    wait = await asyncio.to_thread(desk.attempts.wait, here, *HERE)
    if wait or here.startswith("browser"):
        return wait
    return await asyncio.to_thread(desk.attempts.wait, f"name {name.casefold()}", *ANYWHERE)


async def signed_in(request: Request, account: Account, response: Response) -> None:
    """Forgets somebody's failed attempts here, and lets the browser be known by its next visit."""
    await asyncio.to_thread(desk_of(request).attempts.clear, await _counter(request, account.name))
    value = (await _signer(request)).sign(f"{_mark(account.name)}.{secrets.token_urlsafe(12)}").decode()
    response.set_cookie(
        COOKIE, value, max_age=DAYS_KNOWN * 86400, path=SIGN_IN, httponly=True, samesite="strict",
        secure=request.url.scheme == "https",
    )  # fmt: skip


async def wait_to_change(request: Request, account: Account) -> int:
    """Takes an attempt to name one's current password while signed in; 0, or the seconds to wait."""
    return await asyncio.to_thread(desk_of(request).attempts.wait, f"own {account.id}", *HERE)


async def _counter(request: Request, name: str) -> str:
    """Who is counted: the browser, where it has signed in with this name before, else the name at this address."""
    cookie = request.cookies.get(COOKIE, "")
    if 0 < len(cookie) <= 300:
        try:
            value = (await _signer(request)).unsign(cookie).decode("utf-8", "replace")
        except BadSignature:
            value = ""
        if value.startswith(f"{_mark(name)}."):
            return f"browser {value}"
    return f"name {name.casefold()} from {_address(request)}"


async def _signer(request: Request) -> Signer:
    await signer(request)
    return Signer(str(desk_of(request).secret), salt="console browser")


def _mark(name: str) -> str:
    return hashlib.sha256(name.encode("utf-8", "replace")).hexdigest()[:16]


def _address(request: Request) -> str:
    return request.client.host if request.client else "unknown"
