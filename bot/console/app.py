"""The console as one application, mounted at ``/console``."""

from __future__ import annotations

import logging
from importlib.resources import files

from sqlalchemy.exc import SQLAlchemyError
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from bot.console.access import PATH, session_of, signed_in
from bot.console.desk import ConsoleDesk, page, word_of, words
from bot.console.views import (
    answer,
    answers,
    contacts,
    exchange,
    figures,
    inbox,
    log,
    publish,
    section_removal,
    sections,
    sign_in,
    staff,
    stories,
    try_it,
    vague,
)  # fmt: skip
from bot.store.failures import cause
from bot.store.staff import Session

logger = logging.getLogger(__name__)


def create_console(desk: ConsoleDesk) -> Starlette:
    """All pages of the console."""
    app = Starlette(
        routes=[
            Route("/", _home, methods=["GET"]),
            _file("console.css", "text/css"),
            _file("console.js", "text/javascript"),
            *sign_in.ROUTES,
            *staff.ROUTES,
            *log.ROUTES,
            *inbox.ROUTES,
            *figures.ROUTES,
            *exchange.ROUTES,
            *stories.ROUTES,
            *vague.ROUTES,
            *try_it.ROUTES,
            *answers.ROUTES,
            *answer.ROUTES,
            *contacts.ROUTES,
            *sections.ROUTES,
            *section_removal.ROUTES,
            *publish.ROUTES,
        ],
        exception_handlers={HTTPException: _refused, SQLAlchemyError: _without_database, Exception: _failed},
    )
    app.state.console = desk
    return app


@signed_in
async def _home(request: Request, session: Session) -> Response:
    return RedirectResponse(f"{PATH}/inbox", 303)


def _file(name: str, media_type: str) -> Route:
    async def serve(request: Request) -> Response:
        text = (files(__package__) / name).read_text(encoding="utf-8")
        return Response(text, media_type=media_type, headers={"Cache-Control": "max-age=300"})

    return Route(f"/{name}", serve, methods=["GET"])


async def _refused(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    if not hasattr(request.state, "session"):
        request.state.session = await _session(request)
    key = f"error_{error.status_code}_{error.detail}"
    known = words()["en"]
    message = next((k for k in (key, error.detail, f"error_{error.status_code}") if k in known), "error_400")
    return page(request, "error.html", error.status_code, message=message, detail="", kept=None)


async def _session(request: Request) -> Session | None:
    try:
        return await session_of(request)
    except SQLAlchemyError:
        return None


async def _without_database(request: Request, error: Exception) -> Response:
    assert isinstance(error, SQLAlchemyError)
    logger.error("The console cannot use the database (%s): %s", type(error).__name__, cause(error))
    request.state.session = getattr(request.state, "session", None)
    response = page(request, "error.html", 503, message=word_of(error), detail="", kept=None)
    response.headers["Retry-After"] = "5"
    return response


async def _failed(request: Request, error: Exception) -> Response:
    logger.exception("A page of the console failed.", exc_info=error)
    request.state.session = getattr(request.state, "session", None)
    return page(request, "error.html", 500, message="error_500", detail="", kept=None)
