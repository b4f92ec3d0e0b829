"""What the console's pages share: stores, releases, limits, templates."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime, timezone
from functools import lru_cache
from importlib.resources import files
from typing import Any

import yaml
from babel.dates import format_date, format_datetime
from jinja2 import Environment, PackageLoader, StrictUndefined, pass_context
from jinja2.runtime import Context
from sqlalchemy.engine import Engine as Database
from sqlalchemy.exc import SQLAlchemyError
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response

from bot.console.meanings import Meanings
from bot.console.naming import code_word, field_text, field_word, person, reason_word
from bot.engine import InProcessEngine
from bot.knowledge.edit.files import recover
from bot.knowledge.model import Knowledge, Post, told
from bot.knowledge.reader import KnowledgeError
from bot.knowledge.said import in_language, spaced
from bot.limits import Limiter
from bot.publishing.jobs import Jobs
from bot.settings import Settings
from bot.store.attempts import AttemptStore
from bot.store.failures import is_full
from bot.store.inbox import Inbox
from bot.store.insights import Insights
from bot.store.staff import Session, StaffStore
from bot.training.releases import Releases
from bot.widget import WidgetScript
from bot.wording import language_of

LANGUAGES = ("fr", "en")
LANGUAGE_COOKIE = "front_desk_language"


class ConsoleDesk:
    """One for each server process."""

    def __init__(
        self, settings: Settings, database: Database, engine: InProcessEngine, limiter: Limiter, releases: Releases
    ) -> None:
        # What was being saved when a server was killed is whole or gone before anybody looks at it.
        recover(settings.knowledge)
        self.settings = settings
        self.database = database
        self.engine = engine
        self.limiter = limiter
        self.releases = releases
        self.staff = StaffStore(database)
        self.jobs = Jobs(settings)
        self.attempts = AttemptStore(database)
        self.inbox = Inbox(database)
        self.insights = Insights(database)
        self.meanings = Meanings(engine)
        self.widget = WidgetScript(self.served, longest_message=settings.longest_message)
        self.secret: str | None = None

    def served(self) -> Knowledge:
        """What the public gets answers from."""
        return self.engine.source.current()


@lru_cache(maxsize=1)
def words() -> Mapping[str, Mapping[str, str]]:
    """The console's own words by language."""
    found: dict[str, Mapping[str, str]] = yaml.safe_load((files(__package__) / "words.yml").read_text(encoding="utf-8"))
    return found | {"fr": {key: spaced(text) for key, text in found["fr"].items()}}


@pass_context
def _moment(context: Context, value: datetime, language: str) -> str:
    """A moment, kept in UTC, by the clocks of the post."""
    moment = value if value.tzinfo is not None else value.replace(tzinfo=timezone.utc)
    zone: Post | None = context["post"]
    here = moment.astimezone(zone.zone if zone is not None else timezone.utc)
    return str(format_datetime(here, "d MMM y, HH:mm", tzinfo=here.tzinfo, locale=language))


@pass_context
def _stamp(context: Context, text: str, language: str) -> str:
    return _moment(context, datetime.fromisoformat(text), language)


@lru_cache(maxsize=1)
def environment() -> Environment:
    """The templates; everything put into them is escaped."""
    made = Environment(
        loader=PackageLoader("bot.console"), autoescape=True, undefined=StrictUndefined, trim_blocks=True,
        lstrip_blocks=True,
    )  # fmt: skip
    made.filters["stamp"] = _stamp
    made.filters["said"] = in_language
    made.filters["told"] = told
    made.filters["day"] = lambda value, language: format_date(value, "long", locale=language)
    made.filters["moment"] = _moment
    made.filters["field_word"] = field_word
    made.filters["field_text"] = field_text
    made.filters["code_word"] = code_word
    made.filters["person"] = person
    made.filters["reason_word"] = reason_word
    return made


def language_for(request: Request) -> str:
    """The language of a page: the account's, else the last one that this browser was shown, else what it prefers."""
    session: Session | None = getattr(request.state, "session", None)
    if session is not None and session.account.language in LANGUAGES:
        return session.account.language
    wished = request.query_params.get("language") or request.cookies.get(LANGUAGE_COOKIE)
    return language_of(wished, request.headers.get("accept-language", ""))


def word_of(error: SQLAlchemyError) -> str:
    """The word that says what a failing database means for the person before it."""
    return "error_full" if is_full(error) else "error_503"


def page(request: Request, template: str, status: int = 200, **values: Any) -> Response:
    """One page of the console, never kept by the browser: it may be somebody else's next time."""
    language = language_for(request)
    t: Callable[[str], str] = words()[language].__getitem__
    session: Session | None = getattr(request.state, "session", None)
    html = (
        environment()
        .get_template(template)
        .render(
            t=t,
            language=language,
            session=session,
            csrf=session.csrf if session else "",
            path=request.url.path,
            answers_form=request.method == "POST",
            post=_post(request),
            typed_reason=str(getattr(request.state, "form", {}).get("reason") or ""),
            done=request.query_params.get("done", "") if request.query_params.get("done") in DONE else "",
            **values,
        )
    )
    response = HTMLResponse(html, status, {"Cache-Control": "no-store"})
    if session is not None and request.cookies.get(LANGUAGE_COOKIE) != language:
        # For pages that nobody can be looked up for: the database is away, or the session is over.
        secure = request.url.scheme == "https"
        response.set_cookie(
            LANGUAGE_COOKIE, language, 31_536_000, path="/console", httponly=True, samesite="lax", secure=secure
        )
    return response


def _post(request: Request) -> Post | None:
    """The post whose clocks are shown; None where its knowledge cannot be read."""
    desk: ConsoleDesk = request.app.state.console
    try:
        return desk.served().post
    except (KnowledgeError, OSError):
        return None


DONE = {
    "saved",
    "password",
    "account",
    "removed",
    "published",
    "rolled-back",
    "added",
    "marked",
    "cancelled",
    "imported",
}
"""What a page may say that was done, after a form was sent."""
