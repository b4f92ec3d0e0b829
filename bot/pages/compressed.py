"""Which answers go out compressed: pages and style sheets that are the same for everybody."""

from __future__ import annotations

from starlette.middleware.gzip import GZipMiddleware
from starlette.types import ASGIApp, Receive, Scope, Send

PUBLIC = {"/", "/start.css", "/start.js", "/faq.css", "/console/console.css", "/console/console.js"}


class CompressedPages:
    """Compresses what is public. The console's own pages carry secrets beside what people wrote: the length of a
    compressed one would tell of them, so they stay as they are.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app
        self._compressing = GZipMiddleware(app, compresslevel=6)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Passes a request on."""
        app = self._compressing if scope["type"] == "http" and is_public(scope["path"]) else self._app
        await app(scope, receive, send)


def is_public(path: str) -> bool:
    """Whether everybody gets the same under this path."""
    return path in PUBLIC or path == "/faq" or path.startswith("/faq/")
