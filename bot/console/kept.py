"""What somebody typed is not lost when a form cannot be taken: it comes back, and nothing is saved by itself.

Three things can happen to a form on its way: nobody is signed in any more (the sign-in form carries the fields and
leads back to them), its token is out of date (the form is shown again), or something fails (the fields are shown with a
button that sends them again).
"""

from __future__ import annotations

import json
import logging
from collections.abc import Awaitable, Callable, Sequence

from sqlalchemy.exc import SQLAlchemyError
from starlette.datastructures import FormData
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Match

from bot.console.access import MOST_FORM_BYTES, local, login_token, text_of
from bot.console.desk import language_for, page, word_of
from bot.knowledge.edit.drafts import EditError
from bot.knowledge.said import in_language
from bot.store.failures import cause
from bot.store.staff import Session

logger = logging.getLogger(__name__)

SIGNED_IN, OUT_OF_DATE = "kept_signed_in", "kept_form"
"""Why a form is shown again; words of the console."""
SHOWN = {
    "title": "title", "answer": "answer", "questions": "questions", "name": "name", "short": "short_name",
    "question": "question_back", "value": "contact_value", "source": "source", "owner": "owner", "checked": "checked",
    "review_by": "review_by", "valid_until": "valid_until", "id": "id", "reason": "why",
}  # fmt: skip
"""Fields that people type into, with the word that names each; before ``_en`` or ``_fr`` where there are two."""
NOT_KEPT = ("csrf", "do")
MOST_BYTES = 2 * MOST_FORM_BYTES
MOST_CARRIED_BYTES = 4 * MOST_BYTES

Fields = Sequence[tuple[str, str]]


def why_again(request: Request) -> str:
    """Why the form is only to be shown again with what was typed; empty where it is to be taken."""
    return str(getattr(request.state, "again", ""))


def status_again(request: Request) -> int:
    """The status of a form that is shown again."""
    return 403 if why_again(request) == OUT_OF_DATE else 200


async def shown(request: Request, show: Callable[..., Awaitable[Response]], **values: object) -> Response | None:
    """A page as it is, or once more with what was typed; None where its form is to be taken.

    ``show`` takes the request, a status, ``notice`` (why it is shown again) and, where it is, ``values``.
    """
    if request.method == "GET":
        return await show(request)
    again = why_again(request)
    return await show(request, status_again(request), notice=again, **values) if again else None


def fields_in(form: FormData) -> list[tuple[str, str]]:
    """The texts of a form, tokens apart."""
    return [(name, text_of(form, name)) for name in form if name not in NOT_KEPT]


def is_worth_keeping(request: Request, form: FormData) -> bool:
    """Whether somebody typed something, and on a page of this site."""
    return is_of_this_site(request) and any(text.strip() for name, text in fields_in(form) if _word_of(name)[0])


def is_of_this_site(request: Request) -> bool:
    """Whether a form was sent from a page of this site, as far as the browser tells."""
    return request.headers.get("sec-fetch-site", "same-origin") in ("same-origin", "none")


def _word_of(name: str) -> tuple[str, str]:
    """The word that names a field that people type into, and its language; empty for other fields."""
    if name in SHOWN:
        return SHOWN[name], ""
    kind, _, code = name.rpartition("_")
    return (SHOWN[kind], code) if kind in SHOWN and len(code) == 2 else ("", "")


def sign_in_form(
    request: Request, there: str, status: int = 200, problem: str = "", name: str = "", kept: str = ""
) -> Response:
    """The form to sign in; ``kept`` carries a form's fields through it."""
    carrier = Response()
    token = login_token(request) or login_token(request, carrier)
    values = {"token": token, "next": there, "problem": problem, "name": name, "kept": kept}
    response = page(request, "sign_in.html", status, **values)
    response.raw_headers += [header for header in carrier.raw_headers if header[0] == b"set-cookie"]
    return response


def signed_out(request: Request, form: FormData) -> Response:
    """The form to sign in, with a form's fields in it, for somebody whose session ended while they typed."""
    kept = json.dumps(fields_in(form), ensure_ascii=False)
    return sign_in_form(request, request.url.path, 401, "session_over", kept=kept)


async def back_to_the_form(request: Request, session: Session, there: str, kept: str) -> Response | None:
    """The page of a form with what was typed before signing in; None where it cannot be found.

    Nothing is saved: the page's function is called as if its form's token were out of date.
    """
    try:
        fields = [(str(name), str(text)) for name, text in json.loads(kept)]
    except (ValueError, TypeError):
        return None
    path = local(there).partition("?")[0]
    scope = dict(request.scope) | {"method": "POST", "path": path, "raw_path": path.encode(), "state": {}}
    for route in request.app.routes:
        match, more = route.matches(scope)
        form = getattr(getattr(route, "endpoint", None), "form", None)
        if match is Match.FULL and form is not None:
            again = Request(scope | more, request.receive)
            again.state.session, again.state.form, again.state.again = session, FormData(dict(fields)), SIGNED_IN
            return await guarded(again, session, form)
    return None


async def guarded(
    request: Request, session: Session, view: Callable[[Request, Session], Awaitable[Response]]
) -> Response:
    """A page's answer to a form; whatever fails, what was typed is shown with what happened."""
    form: FormData = request.state.form
    try:
        return await view(request, session)
    except HTTPException as error:
        if not is_worth_keeping(request, form):
            raise
        return once_more(request, form, error.status_code, f"error_{error.status_code}")
    except EditError as error:
        return once_more(request, form, 409, "draft_broken", error)
    except SQLAlchemyError as error:
        logger.error("The console cannot use the database (%s): %s", type(error).__name__, cause(error))
        return once_more(request, form, 503, word_of(error))
    except Exception as error:
        logger.exception("A form of the console failed: %s", type(error).__name__)
        return once_more(request, form, 500, "error_500")


def once_more(request: Request, form: FormData, status: int, message: str, detail: object = "") -> Response:
    """What happened, and the fields with a button that sends them again."""
    shown, hidden = [], []
    for name, text in fields_in(form):
        word, code = _word_of(name)
        if word:
            shown.append({"name": name, "word": word, "code": code, "text": text})
        else:
            hidden.append((name, text))
    said = in_language(detail, language_for(request))
    values = {"shown": shown, "hidden": hidden, "token": text_of(form, "csrf")}
    response = page(request, "error.html", status, message=message, detail=said, kept=values if shown else None)
    if status == 503:
        response.headers["Retry-After"] = "5"
    return response
