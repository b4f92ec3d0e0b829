"""Publishing what changed, watching a candidate, going back to an earlier release."""

from __future__ import annotations

import asyncio
from dataclasses import asdict, dataclass
from typing import Any

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response
from starlette.routing import Route

from bot.console.access import PATH, desk_of, signed_in, text_of
from bot.console.desk import ConsoleDesk, language_for, page, words
from bot.console.editing import findings_of
from bot.knowledge.checks import ERROR, Finding
from bot.knowledge.reader import KnowledgeError, read_knowledge
from bot.publishing.changes import Change, changes, file_changes, only_words
from bot.store.staff import Session
from bot.training.releases import WORDS, Parts, Release, ReleaseError

LONGEST_REASON = 500


@dataclass(frozen=True)
class Draft:
    """What stands in ``knowledge/`` beside what is served."""

    changes: list[Change]
    problem: str = ""

    @property
    def only_words(self) -> bool:
        """Whether it can be published at once, without training."""
        return only_words(self.changes)


def draft_of(desk: ConsoleDesk, language: str) -> Draft:
    """Compares the draft with what is served; before the first release these are the same."""
    release = desk.releases.current()
    if release is None:
        return Draft([])
    folder = desk.releases.path(release.number) / "knowledge"
    try:
        draft = read_knowledge(desk.settings.knowledge)
    except KnowledgeError as error:
        return Draft([], str(error))
    found = changes(read_knowledge(folder), draft, language)
    return Draft(found + file_changes(folder, desk.settings.knowledge))


@signed_in
async def show(request: Request, session: Session) -> Response:
    """What would change, and how far the candidate is."""
    return await _show(request)


async def _show(request: Request, status: int = 200, problem: str = "") -> Response:
    desk = desk_of(request)
    draft = await asyncio.to_thread(draft_of, desk, language_for(request))
    errors = [f for f in await asyncio.to_thread(findings_of, desk.settings.knowledge) if f.severity == ERROR]
    job = desk.jobs.current()
    progress = job.read() if job else None
    ready = job is not None and progress is not None and progress.state == "ready"
    report = await asyncio.to_thread(job.report) if ready and job else None
    fresh = ready and job is not None and await asyncio.to_thread(_same_draft, desk, job.knowledge)
    return page(
        request,
        "publish.html",
        status,
        draft=draft,
        errors=errors,
        progress=progress,
        report=report,
        figures=_figures(report) if report else [],
        fresh=fresh,
        problem=problem,
        release=desk.releases.current(),
    )


def _same_draft(desk: ConsoleDesk, version: str) -> bool:
    from bot.knowledge.reader import knowledge_version

    return knowledge_version(desk.settings.knowledge) == version


def _figures(report: dict[str, Any]) -> list[tuple[str, float | None, float]]:
    return [(name, report["before"].get(name), value) for name, value in report["figures"].items()]


@signed_in(publisher=True)
async def prepare(request: Request, session: Session) -> Response:
    """Starts a candidate: checked, trained and examined in a process of its own."""
    desk = desk_of(request)
    try:
        await asyncio.to_thread(desk.releases.baseline)
        await asyncio.to_thread(desk.jobs.start)
    except ReleaseError as error:
        return await _show(request, 503, str(error))
    await asyncio.to_thread(desk.staff.note, session.account.name, "candidate-started", "")
    return RedirectResponse(f"{PATH}/publish", 303)


@signed_in(publisher=True)
async def cancel(request: Request, session: Session) -> Response:
    """Ends the candidate's process."""
    desk = desk_of(request)
    await asyncio.to_thread(desk.jobs.cancel)
    await asyncio.to_thread(desk.staff.note, session.account.name, "candidate-cancelled", "")
    return RedirectResponse(f"{PATH}/publish?done=cancelled", 303)


@signed_in
async def progress(request: Request, session: Session) -> Response:
    """How far the candidate is, for the page that waits."""
    job = desk_of(request).jobs.current()
    if job is None:
        return JSONResponse({"state": "none"})
    found = asdict(job.read())
    found["step"] = words()[language_for(request)][f"step_{found['step']}"]
    del found["pid"]
    return JSONResponse(found, headers={"Cache-Control": "no-store"})


@signed_in(publisher=True)
async def publish(request: Request, session: Session) -> Response:
    """Makes the release: of the draft where only words changed, else of the candidate that is ready."""
    desk = desk_of(request)
    reason = text_of(request.state.form, "reason").strip()[:LONGEST_REASON]
    if not reason:
        return await _show(request, 422, words()[language_for(request)]["reason_missing"])
    try:
        release = await asyncio.to_thread(_publish, desk, session.account.name, reason, language_for(request))
    except ReleaseError as error:
        return await _show(request, 409, str(error))
    note = f"release {release.number} ({release.kind})"
    await asyncio.to_thread(desk.staff.note, session.account.name, "published", note, reason)
    await _served(desk, release)
    return RedirectResponse(f"{PATH}/releases?done=published", 303)


def _publish(desk: ConsoleDesk, author: str, reason: str, language: str) -> Release:
    draft = draft_of(desk, language)
    if draft.problem:
        raise ReleaseError(draft.problem)
    job = desk.jobs.current()
    if draft.changes and draft.only_words:
        errors = [finding for finding in findings_of(desk.settings.knowledge) if finding.severity == ERROR]
        if errors:
            raise ReleaseError(_listed(errors))
        edition = desk.releases.edition()
        if edition is None:
            raise ReleaseError("There is no model yet. Run `embassy-bot train` first.")
        parts = Parts(desk.settings.knowledge, edition.model, edition.thresholds, _report_of(desk))
        figures = current.figures if (current := desk.releases.current()) else {}
        return desk.releases.publish(parts, author=author, reason=reason, kind=WORDS, figures=figures)
    if job is None:
        raise ReleaseError("There is nothing new to publish." if not draft.changes else "Prepare the candidate first.")
    return desk.jobs.publish(desk.releases, author=author, reason=reason)


def _report_of(desk: ConsoleDesk) -> Any:
    """The examination of the served model holds for other words too."""
    release = desk.releases.current()
    path = desk.releases.path(release.number) / "report.json" if release else None
    return path if path is not None and path.exists() else None


def _listed(findings: list[Finding]) -> str:
    return " ".join(f"{finding.file}:{finding.line}: {finding.problem}" for finding in findings[:5])


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
    """Every release, the newest first, with a way back to each."""
    found = await asyncio.to_thread(desk_of(request).releases.all)
    return page(request, "releases.html", releases=found, problem="")


@signed_in
async def confirm(request: Request, session: Session) -> Response:
    """Asks once before going back: what is served now, what would be served."""
    desk = desk_of(request)
    number = int(request.path_params["number"])
    try:
        old, current = desk.releases.get(number), desk.releases.current()
        if current is None or number >= current.number:
            raise HTTPException(404)
        folders = [desk.releases.path(n) / "knowledge" for n in (current.number, number)]
        states = [await asyncio.to_thread(read_knowledge, folder) for folder in folders]
    except ReleaseError as error:
        raise HTTPException(404) from error
    found = changes(states[0], states[1], language_for(request)) + file_changes(folders[0], folders[1])
    return page(request, "rollback.html", old=old, current=current, changes=found)


@signed_in(publisher=True)
async def roll_back(request: Request, session: Session) -> Response:
    """Serves an earlier release again, as a new one."""
    desk = desk_of(request)
    number = int(request.path_params["number"])
    reason = text_of(request.state.form, "reason").strip()[:LONGEST_REASON]
    try:
        release = await asyncio.to_thread(
            desk.releases.roll_back, number, author=session.account.name, reason=reason or f"→ {number}"
        )
    except ReleaseError as error:
        found = await asyncio.to_thread(desk.releases.all)
        return page(request, "releases.html", 409, releases=found, problem=str(error))
    note = f"release {release.number} (of {number})"
    await asyncio.to_thread(desk.staff.note, session.account.name, "rolled-back", note, reason)
    await _served(desk, release)
    return RedirectResponse(f"{PATH}/releases?done=rolled-back", 303)


ROUTES = [
    Route("/publish", show, methods=["GET"]),
    Route("/publish", publish, methods=["POST"]),
    Route("/publish/prepare", prepare, methods=["POST"]),
    Route("/publish/cancel", cancel, methods=["POST"]),
    Route("/publish/progress", progress, methods=["GET"]),
    Route("/releases", releases, methods=["GET"]),
    Route("/releases/{number:int}", confirm, methods=["GET"]),
    Route("/releases/{number:int}", roll_back, methods=["POST"]),
]
