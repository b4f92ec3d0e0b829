"""Servers for the browser tests: the real application, which can be stopped and started, and other people's pages."""

from __future__ import annotations

import json
import secrets
import socket
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import uvicorn
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from bot.app import create_app
from bot.settings import Settings

MESSAGES = "/webhooks/rest/webhook"
FORGET = "/conversations/forget"
Rule = Callable[[str], Response | None]


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


class Running:
    """An application on loopback, in a thread."""

    def __init__(self, app: ASGIApp, port: int) -> None:
        self._server = uvicorn.Server(
            uvicorn.Config(app, host="127.0.0.1", port=port, log_level="error", ws="none", timeout_graceful_shutdown=1)
        )
        self._thread = threading.Thread(target=self._server.run, daemon=True)
        self._thread.start()
        until = time.monotonic() + 30
        while not self._server.started:
            assert time.monotonic() < until, "the server did not start"
            time.sleep(0.02)

    def stop(self) -> None:
        self._server.should_exit = True
        self._thread.join(timeout=20)
        assert not self._thread.is_alive()


@dataclass
class Seen:
    """What reached the server, and how it is told to misbehave."""

    bodies: list[tuple[str, dict[str, Any]]] = field(default_factory=list)
    done: list[str] = field(default_factory=list)
    """The addresses of what the application has finished with, answered or broken off."""
    rule: Rule | None = None
    after: bool = False
    """Whether the message is really handled before the rule takes the place of its answer: a reply that got lost."""

    def posted(self, path: str) -> list[dict[str, Any]]:
        return [body for where, body in self.bodies if where == path]


class Watched:
    """The application with a note of every POST, and a rule that may take the place of an answer."""

    def __init__(self, app: ASGIApp, seen: Seen) -> None:
        self._app = app
        self._seen = seen

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["method"] != "POST":
            await self._app(scope, receive, send)
            return
        body = await Request(scope, receive).body()
        if not scope["path"].startswith("/console"):
            self._seen.bodies.append((scope["path"], json.loads(body or b"{}")))

        async def again() -> Message:
            return {"type": "http.request", "body": body, "more_body": False}

        async def nowhere(message: Message) -> None:
            pass

        instead = self._seen.rule(scope["path"]) if self._seen.rule else None
        if instead is None:
            try:
                await self._app(scope, again, send)
            finally:
                self._seen.done.append(scope["path"])
            return
        if self._seen.after:
            await self._app(scope, again, nowhere)
        await instead(scope, receive, send)


class Desk:
    """The real application with a real model on a port of its own."""

    def __init__(self, settings: Settings) -> None:
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.seen = Seen()
        self.app = create_app(settings)
        # The innermost, so that what a rule answers gets the same headers as the routes' answers.
        self.app.user_middleware.append(Middleware(Watched, seen=self.seen))
        self._running: Running | None = None
        self.start()

    def script(self) -> bytes:
        return bytes(self.app.state.desk.widget.edition().packed["identity"])

    @property
    def store(self) -> Any:
        return self.app.state.desk.store

    def start(self) -> None:
        self._running = Running(self.app, self.port)
        until = time.monotonic() + 90
        while not self._healthy():
            assert time.monotonic() < until, "the server got no model"
            time.sleep(0.1)

    def stop(self) -> None:
        assert self._running is not None
        self._running.stop()
        self._running = None

    def _healthy(self) -> bool:
        try:
            with urllib.request.urlopen(f"{self.url}/health", timeout=5) as response:
                return bool(response.status == 200)
        except urllib.error.URLError:
            return False


class Scripted:
    """Sends the widget's own script, but replies as a test says: to try what a server should never send."""

    def __init__(self, script: Callable[[], bytes], page: str = "") -> None:
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.replies: list[dict[str, Any]] = []
        self.page = page
        self._script = script
        self._running = Running(
            Starlette(
                routes=[
                    Route("/", self._home),
                    Route("/widget.js", self._widget),
                    Route("/conversations", self._begin, methods=["POST"]),
                    Route(MESSAGES, self._reply, methods=["POST"]),
                ]
            ),
            self.port,
        )

    def stop(self) -> None:
        self._running.stop()

    async def _home(self, request: Request) -> Response:
        return HTMLResponse(self.page)

    async def _widget(self, request: Request) -> Response:
        return Response(self._script(), media_type="text/javascript")

    async def _begin(self, request: Request) -> Response:
        return JSONResponse({"sender": "w_" + secrets.token_hex(16)}, 201)

    async def _reply(self, request: Request) -> Response:
        return JSONResponse(self.replies)


class Site:
    """Somebody's web site that embeds the widget, on another origin than the bot's."""

    def __init__(self, html: str = "", headers: dict[str, str] | None = None, port: int | None = None) -> None:
        self.html = html
        self.headers = headers or {}
        self.port = port or free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self._running = Running(Starlette(routes=[Route("/", self._home)]), self.port)

    async def _home(self, request: Request) -> Response:
        return HTMLResponse(self.html, headers=self.headers)

    def stop(self) -> None:
        self._running.stop()
