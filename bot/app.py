"""The web application: REST, health, metrics and plain pages around one engine."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
import time
from collections.abc import AsyncIterator
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, Counter, Gauge, Histogram, generate_latest
from sqlalchemy.engine import Engine as Database
from sqlalchemy.exc import SQLAlchemyError
from starlette.applications import Starlette
from starlette.datastructures import MutableHeaders
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, PlainTextResponse, Response
from starlette.routing import BaseRoute, Mount, Route, WebSocketRoute
from starlette.types import ASGIApp, Receive, Scope, Send
from starlette.types import Message as ASGIMessage

from bot.channels.rest import RestChannel, language_in, problem, refusal
from bot.channels.socketio import PATH as SOCKETIO
from bot.channels.socketio import SocketIoChannel
from bot.channels.web import WebChannel
from bot.console.app import create_console
from bot.console.desk import ConsoleDesk
from bot.conversations import TOO_FAST, BusyError, Conversations
from bot.engine import InProcessEngine
from bot.knowledge.model import Knowledge
from bot.limits import AddressRate, RedisLimiter, limiter_of, retry_after
from bot.origins import AllowedOrigins
from bot.pages import asset
from bot.pages.compressed import CompressedPages
from bot.pages.faq import faq_page
from bot.pages.language import preferred
from bot.pages.start import start_page
from bot.settings import Settings
from bot.store.conversations import ConversationStore
from bot.store.feedback import FeedbackStore
from bot.store.late import LateDatabase
from bot.store.probe import Probe
from bot.store.retention import Retention
from bot.store.updates import UpdateStore
from bot.tasks import end
from bot.training.current import Edition
from bot.training.releases import Releases
from bot.widget import WidgetScript
from bot.wording import refusal_text

if TYPE_CHECKING:
    from bot.channels.telegram.service import TelegramChannel

logger = logging.getLogger(__name__)

SECONDS_BETWEEN_LOOKS = 0.5
SECONDS_BETWEEN_ERASURES = 3600
SECONDS_TO_LOAD = 60
SECONDS_UNTIL_STORAGE = 5
"""After so many seconds a client may try again what could not be stored."""
SAFE_HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "Content-Security-Policy": (
        "default-src 'self'; img-src 'self' data:; object-src 'none'; frame-ancestors 'self'; base-uri 'none'; "
        "form-action 'self'"
    ),
    "Permissions-Policy": "camera=(), geolocation=(), microphone=(self)",
    "Cross-Origin-Opener-Policy": "same-origin",
}


class FrontDesk:
    """Everything that one server process holds."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.late = LateDatabase(settings.database_url)
        self.database = database = self.late.engine
        self.store = ConversationStore(database)
        self.probe = Probe(self.store.problem)
        self.feedback = FeedbackStore(database)
        self.retention = Retention(database)
        self.engine = InProcessEngine(settings.root, self.store)
        self.releases = Releases(settings)
        self.problem = ""
        self._loading_since: float | None = time.monotonic()
        self.limiter = limiter_of(settings.redis_url)
        self.address_rate = AddressRate(self.limiter, settings.address_rate)
        self.conversations = Conversations(
            self.engine,
            self.store,
            most_waiting=settings.most_waiting,
            most_at_once=settings.most_at_once,
            limiter=self.limiter,
            rate=settings.sender_rate,
            model_is_coming=self._model_is_coming,
        )
        self.rest = RestChannel(
            self.conversations, longest_message=settings.longest_message, largest_body=settings.largest_body
        )
        self.widget = WidgetScript(self.knowledge, longest_message=settings.longest_message)
        self.web = WebChannel(self.conversations, self.store, self.feedback, largest_body=settings.largest_body)
        self.socketio = SocketIoChannel(
            self.conversations,
            longest_message=settings.longest_message,
            largest_body=settings.largest_body,
            allowed_origins=settings.allowed_origins,
            address_rate=self.address_rate,
        )
        self.telegram = self._telegram(database)
        self.console = ConsoleDesk(settings, database, self.engine, self.limiter, self.releases)
        self.registry = CollectorRegistry()
        self.seconds = Histogram(
            "embassy_bot_reply_seconds", "Time to answer a message", registry=self.registry,
            buckets=(0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.25, 0.5, 1, 3),
        )  # fmt: skip
        self.failures = Gauge("embassy_bot_failures", "Messages that got an apology", registry=self.registry)
        self.requests = Counter("embassy_bot_requests_total", "Requests by status", ["status"], registry=self.registry)

    def _telegram(self, database: Database) -> TelegramChannel | None:
        settings = self.settings
        if not settings.telegram_token:
            return None
        # Imported only here: without Telegram a server need not load its library.
        from bot.channels.telegram.desk import Desk
        from bot.channels.telegram.service import TelegramChannel, TelegramSettings

        updates = UpdateStore(database)
        desk = Desk(
            self.conversations, self.store, self.feedback, updates, self.knowledge, settings.longest_message,
            settings.public_url,
        )  # fmt: skip
        reach = TelegramSettings(
            settings.telegram_token,
            settings.telegram_api_url,
            settings.telegram_webhook_url,
            settings.telegram_webhook_secret,
        )
        return TelegramChannel(reach, desk, updates, rate=settings.sender_rate)

    def knowledge(self) -> Knowledge:
        """What answers come from, as it is now."""
        return self.engine.source.current()

    async def watch(self) -> None:
        """Loads what is to be served whenever that changes: another release, or another model where there is none."""
        tried: Edition | None = None
        while True:
            try:
                edition = await asyncio.to_thread(self.releases.edition)
                if edition is not None and edition != tried:
                    tried, self._loading_since = edition, time.monotonic()
                    await self.engine.load(edition)
                    self.problem = ""
            except Exception as error:
                self.problem = "the new release cannot be loaded, the earlier one is in use"
                logger.exception("What is to be served cannot be loaded; the earlier goes on.", exc_info=error)
            self._loading_since = None
            await asyncio.sleep(SECONDS_BETWEEN_LOOKS)

    def _model_is_coming(self) -> bool:
        """Whether one is being looked for or loaded, and not for longer than that ever takes."""
        return self._loading_since is not None and time.monotonic() - self._loading_since < SECONDS_TO_LOAD

    async def keep_store(self) -> None:
        """Waits for a database that is away at the start, then erases what is old."""
        await self.late.until_ready()
        await self.forget_old()

    async def forget_old(self) -> None:
        """Erases what is older than the retention allows, at the start and every hour."""
        while True:
            try:
                oldest = datetime.utcnow() - timedelta(days=self.settings.retention_days)
                await asyncio.to_thread(self.retention.erase_before, oldest)
            except SQLAlchemyError:
                logger.exception("Old conversations could not be erased; it is tried again in an hour.")
            await asyncio.sleep(SECONDS_BETWEEN_ERASURES)

    async def health(self, request: Request) -> Response:
        """200 when a model answers and conversations can be stored, else 503 with what is wrong."""
        unkept = await self.probe.problem()
        problems = [] if self.engine.model else ["no model is loaded"]
        problems += [f"conversations cannot be stored: {unkept}"] if unkept else []
        knowledge = self.engine.source
        edition = self.engine.edition
        body: dict[str, object] = {
            "status": "unavailable" if problems else "ok",
            "model": self.engine.model,
            "knowledge": knowledge.current().version,
        }
        if edition is not None and edition.release is not None:
            body["release"] = edition.release
        if problems:
            body["problem"] = "; ".join(problems)
        warnings = ["the edited knowledge is broken, the earlier one is in use"] if knowledge.problem else []
        warnings += [self.problem] if self.problem else []
        warnings += (
            ["a message could not be stored within the last minute"] if self.conversations.storage_failed else []
        )
        warnings += [self.limiter.problem] if isinstance(self.limiter, RedisLimiter) and self.limiter.problem else []
        warnings += [self.telegram.problem] if self.telegram and self.telegram.problem else []
        if warnings:
            body["warning"] = "; ".join(warnings)
        return JSONResponse(body, 503 if problems else 200)

    async def receive(self, request: Request) -> Response:
        """The REST channel, measured."""
        with self.seconds.time():
            response = await self.rest.receive(request)
        self.requests.labels(str(response.status_code)).inc()
        return response

    async def rest_health(self, request: Request) -> Response:
        """What Rasa's REST channel says to a GET."""
        return JSONResponse({"status": "ok"})

    async def metrics(self, request: Request) -> Response:
        """Prometheus text."""
        self.failures.set(self.conversations.failures)
        return Response(generate_latest(self.registry), media_type=CONTENT_TYPE_LATEST)

    async def start(self, request: Request) -> Response:
        """The page to try the bot, in the language that ``?language=`` names, else the browser's, else the post's."""
        knowledge = self.knowledge()
        language: str | None = request.query_params.get("language", "")
        if language not in knowledge.post.languages:
            language = preferred(request.headers.get("accept-language", ""), knowledge.post.languages)
        own = self.settings.public_url or str(request.base_url)
        html = start_page(knowledge, language or knowledge.post.default_language, own)
        return HTMLResponse(html, headers={"Vary": "Accept-Language"})

    async def faq(self, request: Request) -> Response:
        """All answers as a page."""
        knowledge = self.knowledge()
        language = request.path_params.get("language", "en")
        if language not in knowledge.post.languages:
            return PlainTextResponse("Not found", 404)
        return HTMLResponse(faq_page(knowledge, language, self.settings.public_url))


def _page(name: str, media_type: str) -> Route:
    async def serve(request: Request) -> Response:
        return Response(asset(name), media_type=media_type)

    return Route(f"/{name}", serve)


class SafeHeaders:
    """Headers that keep browsers from guessing and embedding."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Adds each header that the answer does not have yet."""

        async def send_safely(message: ASGIMessage) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in SAFE_HEADERS.items():
                    headers.setdefault(name, value)
            await send(message)

        await self._app(scope, receive, send_safely)


class AddressLimit:
    """Refuses an address that posts too fast. Telegram's own servers are few and all its users share them: exempt."""

    def __init__(self, app: ASGIApp, rate: AddressRate) -> None:
        self._app = app
        self._rate = rate

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Passes a request on, or answers it with 429."""
        if scope["type"] == "http" and scope["method"] == "POST" and scope["path"] != "/telegram":
            seconds = await self._rate.wait(scope)
            if seconds:
                error = BusyError("too_many_messages", TOO_FAST, 429, retry_after(seconds))
                await refusal(error, Request(scope))(scope, receive, send)
                return
        await self._app(scope, receive, send)


async def _failed(request: Request, error: Exception) -> Response:
    logger.exception("A request failed.", exc_info=error)
    return problem("internal", refusal_text("internal", language_in(request, {}), ""), 500)


async def _storage_failed(request: Request, error: Exception) -> Response:
    # The statement stays out of the log: it holds what people wrote.
    logger.error("The database failed at %s: %s.", request.url.path, type(error).__name__)
    text = refusal_text("storage_failed", language_in(request, {}), "")
    return problem("storage_failed", text, 503, {"Retry-After": str(SECONDS_UNTIL_STORAGE)})


async def _refused(request: Request, error: Exception) -> Response:
    """What has no address, or not with this method: as the contract's error, but for people who look at pages."""
    status, headers = getattr(error, "status_code", 400), getattr(error, "headers", None)
    detail = getattr(error, "detail", "")
    if "text/html" in request.headers.get("accept", ""):
        return PlainTextResponse(detail, status, headers)
    return problem(detail.lower().replace(" ", "_"), f"{detail}: {request.method} {request.url.path}", status, headers)


def create_app(settings: Settings) -> Starlette:
    """The application for one server process.

    Raises:
        SettingsError: The database can never be used as the settings are.
    """
    os.chdir(settings.root)
    desk = FrontDesk(settings)

    @contextlib.asynccontextmanager
    async def lifespan(app: Starlette) -> AsyncIterator[None]:
        tasks = [asyncio.create_task(desk.watch()), asyncio.create_task(desk.keep_store())]
        if desk.telegram is not None:
            desk.telegram.start()
        yield
        if desk.telegram is not None:
            await desk.telegram.stop()
        await end(*tasks)
        if isinstance(desk.limiter, RedisLimiter):
            await desk.limiter.close()
        await asyncio.to_thread(desk.database.dispose)

    routes: list[BaseRoute] = [
        Route("/", desk.start),
        _page("start.css", "text/css"),
        _page("faq.css", "text/css"),
        _page("start.js", "text/javascript"),
        Route("/widget.js", desk.widget.serve),
        Route("/health", desk.health),
        Route("/metrics", desk.metrics),
        Route("/faq", desk.faq),
        Route("/faq/{language}", desk.faq),
        Route("/webhooks/rest", desk.rest_health),
        Route("/webhooks/rest/", desk.rest_health),
        Route("/webhooks/rest/webhook", desk.receive, methods=["POST"]),
        Route("/conversations", desk.web.begin, methods=["POST"]),
        Route("/conversations/forget", desk.web.forget, methods=["POST"]),
        Route("/feedback", desk.web.rate, methods=["POST"]),
    ]
    routes.append(Mount("/console", create_console(desk.console)))
    socketio = desk.socketio.app
    routes += [Route(SOCKETIO + "/", socketio), WebSocketRoute(SOCKETIO + "/", socketio)]
    if desk.telegram is not None:
        routes.append(Route("/telegram", desk.telegram.receive, methods=["POST"]))
    app = Starlette(
        routes=routes,
        lifespan=lifespan,
        middleware=[
            Middleware(SafeHeaders),
            Middleware(AllowedOrigins, origins=settings.allowed_origins),
            Middleware(AddressLimit, rate=desk.address_rate),
            Middleware(CompressedPages),
        ],
        exception_handlers={HTTPException: _refused, SQLAlchemyError: _storage_failed, Exception: _failed},
    )
    app.state.desk = desk
    return app
