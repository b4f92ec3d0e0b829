"""Which other sites may use the chat: an exact list (CORS), for the addresses that the widget calls."""

from __future__ import annotations

from collections.abc import Collection
from urllib.parse import urlsplit

from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import JSONResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

SECONDS_TO_REMEMBER = 86_400
OPEN_TO_ALL = ("/widget.js",)


class AllowedOrigins:
    """Answers preflights, names the allowed origin, and refuses what a page of another site sends.

    A request without ``Origin`` comes from no page and passes. The server's own pages are those whose origin has the
    request's ``Host``; forwarded hosts are not believed.
    """

    def __init__(self, app: ASGIApp, origins: Collection[str]) -> None:
        self._app = app
        self._origins = frozenset(origins)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Passes on, answers or refuses one request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        headers = Headers(scope=scope)
        origin = headers.get("origin")
        if origin is None or scope["path"] in OPEN_TO_ALL or scope["path"].startswith("/socket.io"):
            await self._app(scope, receive, send)
            return
        listed = origin in self._origins
        if not listed and not is_of_host(origin, headers.get("host", "")):
            if scope["method"] in ("GET", "HEAD"):
                await self._app(scope, receive, send)  # without the header the other page cannot read it
            else:
                await _refused(origin)(scope, receive, send)
            return
        if listed and scope["method"] == "OPTIONS" and "access-control-request-method" in headers:
            await _preflight(origin)(scope, receive, send)
            return

        async def send_named(message: Message) -> None:
            if message["type"] == "http.response.start" and listed:
                answer = MutableHeaders(scope=message)
                answer["Access-Control-Allow-Origin"] = origin
                answer["Access-Control-Expose-Headers"] = "Retry-After"
                answer.add_vary_header("Origin")
            await send(message)

        await self._app(scope, receive, send_named)


def is_of_host(origin: str, host: str) -> bool:
    """Whether an ``Origin`` header names the server itself; what is no address names nobody."""
    try:
        return urlsplit(origin).netloc.lower() == host.lower()
    except ValueError:
        return False


def _preflight(origin: str) -> Response:
    return Response(
        status_code=204,
        headers={
            "Access-Control-Allow-Origin": origin,
            "Access-Control-Allow-Methods": "GET, POST",
            "Access-Control-Allow-Headers": "Content-Type",
            "Access-Control-Max-Age": str(SECONDS_TO_REMEMBER),
            "Vary": "Origin",
        },
    )


def _refused(origin: str) -> Response:
    text = f"The site {origin[:200]} may not use this chat. The embassy can add it to ALLOWED_ORIGINS."
    return JSONResponse({"error": {"code": "origin_not_allowed", "message": text}}, 403, {"Vary": "Origin"})
