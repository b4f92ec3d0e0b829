"""Publishing what changed, watching a candidate, going back to an earlier release."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable, Mapping
from dataclasses import asdict
from types import MappingProxyType
from typing import Any, TypeVar

from sqlalchemy.exc import SQLAlchemyError
from starlette.datastructures import FormData
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response
from starlette.routing import Route

from bot.console import editing, kept
from bot.console.access import PATH, desk_of, signed_in, text_of
from bot.console.candidate import below_floor, candidate_of
from bot.console.desk import ConsoleDesk, language_for, page, words
from bot.console.views.shared import number_in, reason_in
from bot.knowledge.edit.drafts import EditError
from bot.knowledge.findings import Finding
from bot.knowledge.reader import KnowledgeError
from bot.knowledge.said import in_language
from bot.publishing.discard import can_discard, discard
from bot.publishing.draft import Comparison, compare, compare_draft, errors_of
from bot.publishing.jobs import RUNNING, BelowFloorError, Job
from bot.publishing.taken_back import taken_back
from bot.publishing.words import publish_words
from bot.store.staff import UNDER_WAY, Session
from bot.training.releases import Basis, ChangedError, Release, ReleaseError

SECONDS_HELD, MOST_HELD = 20.0, 18
"""How long a page is held for a browser without JavaScript, and how often in a row: browsers follow 20 redirections."""

logger = logging.getLogger(__name__)


def draft_of(desk: ConsoleDesk, language: str) -> Comparison:
    """Compares the draft with what is served; before the first release these are the same."""
    return compare_draft(desk.releases, desk.settings.knowledge, language)


@signed_in
async def show(request: Request, session: Session) -> Response:
    """What would change, and how far the candidate is; ``wait`` in the address holds the page until it is made."""
    held = number_in(request.query_params.get("wait", ""))
    if 0 < held <= MOST_HELD and await _goes_on(desk_of(request)):
        return RedirectResponse(f"{PATH}/publish?wait={held + 1}", 303)
    return await _show(request)


async def _goes_on(desk: ConsoleDesk) -> bool:
    """Whether a candidate is still being made after as long as one answer may be held."""
    until = time.monotonic() + SECONDS_HELD
    while (job := await asyncio.to_thread(desk.jobs.current)) and job.read().state == RUNNING:
        if time.monotonic() > until:
            return True
        await asyncio.sleep(0.5)
    return False


async def _show(
    request: Request,
    status: int = 200,
    problem: str = "",
    *,
    notice: str = "",
    reason: str = "",
    given_up: Mapping[str, str] = MappingProxyType({}),
) -> Response:
    """The page; ``reason`` is what somebody has typed already, ``given_up`` the form of a change to put back."""
    found = await asyncio.to_thread(_state, desk_of(request), language_for(request))
    return page(
        request, "publish.html", status, problem=problem, notice=notice, typed=reason, given_up=given_up,
        can_discard=can_discard, **found,
    )  # fmt: skip


def _state(desk: ConsoleDesk, language: str) -> dict[str, Any]:
    draft = draft_of(desk, language)
    try:
        errors = [] if draft.problem else errors_of(desk.settings.knowledge)
    except (KnowledgeError, OSError):
        errors = []
    release = None if draft.trouble else desk.releases.current()
    job = desk.jobs.current()
    progress = job.read() if job else None
    ready = bool(release and progress and progress.state == "ready")
    candidate = candidate_of(desk, release, language) if release and ready else None
    return {
        "draft": draft,
        "errors": errors,
        "job": job.id if job else "",
        "progress": progress,
        "refused": _refused(job) if job and progress and (progress.state, progress.step) == ("failed", "check") else [],
        "candidate": candidate,
        "release": release,
        "went_back": taken_back(desk.releases, release, draft.changes, language) if release else (),
        "candidate_back": taken_back(desk.releases, release, candidate.changes, language)
        if release and candidate
        else (),
    }


def _refused(job: Job) -> list[Finding]:
    """Why a candidate was not even learned, so that it is said in the reader's language."""
    try:
        return errors_of(job.knowledge)
    except (KnowledgeError, OSError):
        return []


def _said(request: Request, error: ReleaseError) -> str:
    """An error in the reader's language where there are words for it."""
    if isinstance(error, BelowFloorError):
        lines = "; ".join(below_floor(error.report, language_for(request)))
        return f"{words()[language_for(request)]['below_floor']} {lines}"
    if isinstance(error, ChangedError):
        return words()[language_for(request)][f"changed_{error.what}"]
    return in_language(error, language_for(request))


Done = TypeVar("Done")


def _noted(
    desk: ConsoleDesk, who: str, action: str, do: Callable[[], Done], subject: Callable[[Done], str], reason: str = ""
) -> tuple[Done, bool]:
    """Does something with its line in the log; whether the line could be written once it was done.

    Raises:
        SQLAlchemyError: The database was away before anything was done.
    """
    found: list[Done] = []
    try:
        with desk.staff.noting(who, action, UNDER_WAY, reason) as line:
            found.append(do())
            line.subject = subject(found[0])
    except SQLAlchemyError as error:
        if not found:
            raise
        logger.error("Done, but not in the log (%s): %s %s", type(error).__name__, action, subject(found[0]))
        return found[0], False
    return found[0], True


def _unlogged(request: Request, what: str) -> str:
    """What is said where something was done that the log does not tell of."""
    known = words()[language_for(request)]
    return f"{known[f'done_{what}']} {known['unlogged']}"


@signed_in(publisher=True)
async def prepare(request: Request, session: Session) -> Response:
    """Starts a candidate: checked, trained and examined in a process of its own."""
    desk = desk_of(request)
    try:
        await asyncio.to_thread(desk.releases.baseline)
        _, logged = await asyncio.to_thread(
            _noted, desk, session.account.name, "candidate-started", desk.jobs.start, lambda job: ""
        )
    except ReleaseError as error:
        return await _show(request, 503, in_language(error, language_for(request)))
    if not logged:
        return await _show(request, notice=_unlogged(request, "started"))
    held = "?wait=1" if text_of(request.state.form, "wait") else ""
    return RedirectResponse(f"{PATH}/publish{held}", 303)


@signed_in(publisher=True)
async def cancel(request: Request, session: Session) -> Response:
    """Ends the candidate's process."""
    desk = desk_of(request)
    try:
        _, logged = await asyncio.to_thread(
            _noted, desk, session.account.name, "candidate-cancelled", desk.jobs.cancel, lambda done: ""
        )
    except ReleaseError as error:
        return await _show(request, 503, in_language(error, language_for(request)))
    if not logged:
        return await _show(request, notice=_unlogged(request, "cancelled"))
    return RedirectResponse(f"{PATH}/publish?done=cancelled", 303)


@signed_in(publisher=True)
async def dismiss(request: Request, session: Session) -> Response:
    """Forgets a candidate that is blocked or not wanted."""
    desk, candidate = desk_of(request), text_of(request.state.form, "candidate")
    try:
        _, logged = await asyncio.to_thread(
            _noted, desk, session.account.name, "candidate-dismissed", lambda: desk.jobs.dismiss(candidate),
            lambda done: candidate,
        )  # fmt: skip
    except ReleaseError as error:
        return await _show(request, 409, _said(request, error))
    if not logged:
        return await _show(request, notice=_unlogged(request, "removed"))
    return RedirectResponse(f"{PATH}/publish?done=removed", 303)


@signed_in(keeps=True)
async def give_up(request: Request, session: Session) -> Response:
    """Puts one change of the draft back to what is served, if it is still the one that was seen."""
    desk, form, again = desk_of(request), request.state.form, kept.why_again(request)
    typed = {field: text_of(form, field) for field in ("what", "id", "reason")}
    if again:
        said = words()[language_for(request)][again]
        return await _show(request, kept.status_again(request), notice=said, given_up=typed)
    draft = await asyncio.to_thread(draft_of, desk, language_for(request))
    what, name = text_of(form, "what"), text_of(form, "id")
    change = next((c for c in draft.changes if (c.what, c.id) == (what, name)), None)
    if change is None or draft.version != text_of(form, "knowledge"):
        return await _show(request, 409, words()[language_for(request)]["changed_knowledge"], given_up=typed)
    try:
        release = desk.releases.current()
        if release is None:
            raise HTTPException(404)
        served = desk.releases.path(release.number) / "knowledge"
        await asyncio.to_thread(
            editing.make, desk, session.account.name, "discarded", name, lambda e: discard(e, served, change),
            reason_in(form),
        )  # fmt: skip
    except (EditError, KnowledgeError, ReleaseError) as error:
        return await _show(request, 422, in_language(error, language_for(request)), given_up=typed)
    return RedirectResponse(f"{PATH}/publish?done=marked", 303)


@signed_in
async def progress(request: Request, session: Session) -> Response:
    """How far the candidate is, for the page that waits."""
    job = desk_of(request).jobs.current()
    if job is None:
        return JSONResponse({"state": "none"})
    found = asdict(job.read())
    found["step"] = words()[language_for(request)][f"step_{found['step']}"]
    del found["pid"], found["born"]
    return JSONResponse(found, headers={"Cache-Control": "no-store"})


@signed_in(publisher=True, keeps=True)
async def publish(request: Request, session: Session) -> Response:
    """Makes a release of what the form names and its reader saw: the candidate, or only the draft's words."""
    desk, form = desk_of(request), request.state.form
    reason, again = reason_in(form), kept.why_again(request)
    if again:
        said = words()[language_for(request)][again]
        return await _show(request, kept.status_again(request), notice=said, reason=reason)
    if not reason:
        return await _show(request, 422, words()[language_for(request)]["reason_missing"])
    try:
        release, logged = await asyncio.to_thread(
            _noted, desk, session.account.name, "published",
            lambda: _publish(desk, session.account.name, reason, form, language_for(request)),
            lambda made: f"release {made.number} ({made.kind})", reason,
        )  # fmt: skip
    except ReleaseError as error:
        return await _show(request, 409, _said(request, error), reason=reason)
    await _served(desk, release)
    if not logged:
        return await _list(request, notice=_unlogged(request, "published"))
    return RedirectResponse(f"{PATH}/releases?done=published", 303)


def _publish(desk: ConsoleDesk, author: str, reason: str, form: FormData, language: str) -> Release:
    what = text_of(form, "what")
    if what == "candidate":
        return desk.jobs.publish(desk.releases, author=author, reason=reason, candidate=text_of(form, "candidate"))
    if what != "words":
        raise ChangedError("knowledge", "Say what is to be published.")
    basis = Basis(_number(text_of(form, "release")), text_of(form, "knowledge"))
    return publish_words(
        desk.releases, desk.settings.knowledge, author=author, reason=reason, basis=basis, language=language
    )


def _number(text: str) -> int | None:
    return int(text) if text.isascii() and text.isdigit() else None


async def _served(desk: ConsoleDesk, release: Release) -> None:
    """Waits until people get it, two seconds at most; a new model takes longer and goes on by itself."""
    served, new = desk.engine.edition, await asyncio.to_thread(desk.releases.edition)
    if served is not None and new is not None and served.sha256 == new.sha256:
        await desk.engine.load(new)  # only words differ: nothing to wait for
    for _ in range(40):
        edition = desk.engine.edition
        if edition is not None and edition.release == release.number:
            return
        await asyncio.sleep(0.05)


@signed_in
async def releases(request: Request, session: Session) -> Response:
    """Every release that can be read, the newest first, with a way back to each."""
    return await _list(request)


async def _list(request: Request, status: int = 200, problem: str = "", notice: str = "") -> Response:
    found = await asyncio.to_thread(desk_of(request).releases.survey)
    return page(request, "releases.html", status, survey=found, problem=problem, notice=notice)


@signed_in
async def confirm(request: Request, session: Session) -> Response:
    """Asks once before going back: what is served now, what would be served."""
    return await _confirm(request)


async def _confirm(request: Request, status: int = 200, problem: str = "", reason: str = "") -> Response:
    """The page; ``reason`` is what somebody has typed already."""
    desk = desk_of(request)
    number = int(request.path_params["number"])
    try:
        current = await asyncio.to_thread(desk.releases.current)
        if current is None or not 0 < number < current.number:
            raise HTTPException(404)
        old = await asyncio.to_thread(desk.releases.get, number)
    except ReleaseError as error:
        return await _list(request, 409, in_language(error, language_for(request)))
    now, then = (desk.releases.path(n) / "knowledge" for n in (current.number, number))
    found = await asyncio.to_thread(compare, now, then, language_for(request))
    broken = found.trouble or found.problem
    return page(
        request, "rollback.html", 409 if broken else status, old=old, current=current, changes=found.changes,
        problem=broken or problem, typed=reason,
    )  # fmt: skip


@signed_in(publisher=True, keeps=True)
async def roll_back(request: Request, session: Session) -> Response:
    """Serves an earlier release again, as a new one, if the release is still served that its reader saw."""
    desk = desk_of(request)
    number = int(request.path_params["number"])
    reason, seen = reason_in(request.state.form), _number(text_of(request.state.form, "release"))
    again = kept.why_again(request)
    if again:
        return await _confirm(request, kept.status_again(request), words()[language_for(request)][again], reason)
    try:
        release, logged = await asyncio.to_thread(
            _noted, desk, session.account.name, "rolled-back",
            lambda: desk.releases.roll_back(
                number, author=session.account.name, reason=reason or f"→ {number}", seen=seen or 0
            ),
            lambda made: f"release {made.number} (of {number})", reason,
        )  # fmt: skip
    except ChangedError:
        return await _overtaken(request, number, reason)
    except ReleaseError as error:
        return await _confirm(request, 409, in_language(error, language_for(request)), reason)
    await _served(desk, release)
    if not logged:
        return await _list(request, notice=_unlogged(request, "rolled-back"))
    return RedirectResponse(f"{PATH}/releases?done=rolled-back", 303)


async def _overtaken(request: Request, number: int, reason: str) -> Response:
    """Says why nobody went back: it was done already, or another release is served than the one that was seen."""
    known = words()[language_for(request)]
    current = await asyncio.to_thread(desk_of(request).releases.current)
    if current is not None and current.of == number:
        return await _list(request, 409, notice=known["rollback_done"].format(number=number, served=current.number))
    return await _confirm(request, 409, known["rollback_overtaken"], reason)


ROUTES = [
    Route("/publish", show, methods=["GET"]),
    Route("/publish", publish, methods=["POST"]),
    Route("/publish/prepare", prepare, methods=["POST"]),
    Route("/publish/cancel", cancel, methods=["POST"]),
    Route("/publish/dismiss", dismiss, methods=["POST"]),
    Route("/publish/discard", give_up, methods=["POST"]),
    Route("/publish/progress", progress, methods=["GET"]),
    Route("/releases", releases, methods=["GET"]),
    Route("/releases/{number:int}", confirm, methods=["GET"]),
    Route("/releases/{number:int}", roll_back, methods=["POST"]),
]
