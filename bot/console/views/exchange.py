"""All answers to a spreadsheet and back, looked at row by row."""

from __future__ import annotations

import asyncio
import hashlib
import time
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from starlette.datastructures import FormData, UploadFile
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from bot.console import editing
from bot.console.access import PATH, desk_of, signed_in, text_of
from bot.console.conflicts import WORDS
from bot.console.desk import ConsoleDesk, language_for, page, words
from bot.console.views.shared import left_out, number_in, reason_in
from bot.knowledge.edit import exchange
from bot.knowledge.edit.drafts import EditError
from bot.knowledge.edit.editor import KnowledgeEditor
from bot.knowledge.edit.exchange import Row
from bot.knowledge.edit.files import unsaved
from bot.knowledge.findings import Finding
from bot.knowledge.said import in_language, said
from bot.store.staff import Session
from bot.training.current import write_atomically

TYPES = {
    "csv": ("text/csv; charset=utf-8", exchange.to_csv),
    "xlsx": ("application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", exchange.to_xlsx),
}
SECONDS_KEPT = 86_400
ROWS_ON_A_PAGE = 100


@signed_in
async def show(request: Request, session: Session) -> Response:
    """Files to take and a place to bring one back."""
    return await _page(request)


async def _page(request: Request, status: int = 200, problem: str = "", shown: Shown | None = None) -> Response:
    known = words()[language_for(request)]
    return page(
        request, "exchange.html", status, problem=problem, shown=shown, named=lambda column: _named(column, known),
        left_out=await asyncio.to_thread(left_out, desk_of(request)), why_text=_typed(request),
    )  # fmt: skip


def _typed(request: Request) -> str:
    """The reason that stands in the form while its pages are turned."""
    return reason_in(request.state.form) if request.method == "POST" else ""


def _named(column: str, known: Mapping[str, str]) -> str:
    """What the console calls a column of the table."""
    kind, _, code = column.rpartition("_")
    if kind in WORDS and len(code) == 2:
        return f"{known[WORDS[kind]]} ({code})"
    return known[WORDS.get(column, column)]


@signed_in
async def download(request: Request, session: Session) -> Response:
    """All answers of the draft as a file."""
    kind = request.path_params["kind"]
    if kind not in TYPES:
        return RedirectResponse(f"{PATH}/exchange", 303)
    media_type, write = TYPES[kind]
    try:
        content = await asyncio.to_thread(lambda: write(KnowledgeEditor(desk_of(request).settings.knowledge)))
    except EditError as error:
        return await _page(request, 409, error.args[0])
    headers = {"Content-Disposition": f'attachment; filename="answers.{kind}"', "Cache-Control": "no-store"}
    return Response(content, media_type=media_type, headers=headers)


@signed_in(upload=True)
async def look(request: Request, session: Session) -> Response:
    """What a file would change; nothing is changed yet."""
    desk, upload = desk_of(request), request.state.form.get("file")
    if not isinstance(upload, UploadFile) or not upload.filename:
        return await _page(request, 422, said("No file was chosen. Choose a CSV or XLSX file first."))
    content = await upload.read()
    try:
        rows = await asyncio.to_thread(
            lambda: exchange.preview(KnowledgeEditor(desk.settings.knowledge), upload.filename or "", content)
        )
        rows = await asyncio.to_thread(_checked, desk, rows)
        token = hashlib.sha256(session.token.encode() + content).hexdigest()[:32]
        language = language_for(request)
        told = [replace(row, reason=in_language(row.reason, language)) for row in rows if row.state != exchange.SAME]
        await asyncio.to_thread(_keep, desk, token, exchange.as_json(told))
    except EditError as error:
        return await _page(request, 422, error.args[0])
    except OSError as error:
        return await _page(request, 507, unsaved(error))
    return await _page(request, shown=Shown.of(token, told, 0))


def _checked(desk: ConsoleDesk, rows: list[Row]) -> list[Row]:
    """The rows after the checks that saving makes; those that the errors name, else all, cannot be used."""
    while usable := [row for row in rows if row.state in (exchange.NEW, exchange.CHANGED)]:
        try:
            errors = editing.errors_after(desk, lambda editor, usable=usable: exchange.apply(editor, usable))  # type: ignore[misc]
        except EditError as error:
            wrong = {row.number: error.args[0] for row in usable}
        else:
            wrong = {row.number: _said(found) for found in reversed(errors) for row in _blamed(usable, found)}
        if not wrong:
            return rows
        rows = [
            replace(row, state=exchange.WRONG, fields=(), draft=None, reason=wrong[row.number])
            if row.number in wrong
            else row
            for row in rows
        ]
    return rows


def _blamed(usable: list[Row], found: Finding) -> list[Row]:
    return exchange.named_in(usable, found.problem) or usable


def _said(found: Finding) -> str:
    return said("{problem} → {mend}.", problem=found.problem, mend=found.mend)


@signed_in
async def more(request: Request, session: Session) -> Response:
    """Another page of what a file would change; with a form, what is ticked on the others stays so."""
    path = _path(desk_of(request), request.path_params["token"])
    if path is None or not path.exists():
        return RedirectResponse(f"{PATH}/exchange", 303)
    rows = exchange.from_json(await asyncio.to_thread(path.read_text, "utf-8"))
    ticked = _ticked(request.state.form, rows) if request.method == "POST" else frozenset()
    return await _page(
        request, shown=Shown.of(path.stem, rows, number_in(request.query_params.get("skip", "")), ticked)
    )


def _ticked(form: FormData, rows: list[Row]) -> frozenset[int]:
    """The numbers of the rows that are taken although they changed: on the page that was sent, and on those before."""
    skip = number_in(text_of(form, "skip"))
    here = {row.number for row in rows[skip : skip + ROWS_ON_A_PAGE]}
    elsewhere = {number_in(text) for text in text_of(form, "ticked").split()} - here
    return frozenset(elsewhere | {number for number in here if f"take_{number}" in form})


@signed_in
async def save(request: Request, session: Session) -> Response:
    """Saves what was looked at."""
    desk, token = desk_of(request), text_of(request.state.form, "token")
    path = _path(desk, token)
    if path is None or not path.exists():
        return RedirectResponse(f"{PATH}/exchange", 303)
    rows = exchange.from_json(await asyncio.to_thread(path.read_text, "utf-8"))
    ticked = _ticked(request.state.form, rows)
    try:
        count = len(exchange.chosen(rows, ticked))
        if not count:
            raise EditError(said("Nothing would be saved. Tick the rows that are to be taken."))
        await asyncio.to_thread(
            editing.make, desk, session.account.name, "imported", f"{count} rows",
            lambda editor: exchange.apply(editor, rows, ticked), reason_in(request.state.form),
        )  # fmt: skip
    except EditError as error:
        shown = Shown.of(path.stem, rows, number_in(text_of(request.state.form, "skip")), ticked)
        return await _page(request, 422, error.args[0], shown)
    path.unlink(missing_ok=True)
    return RedirectResponse(f"{PATH}/publish?done=imported", 303)


@dataclass(frozen=True)
class Shown:
    """A page of the rows that do something: as many as a slow line carries."""

    token: str
    rows: list[Row]
    skip: int
    total: int
    counts: dict[str, int]
    usable: bool
    untold: bool
    ticked: frozenset[int]
    most: int = ROWS_ON_A_PAGE

    @classmethod
    def of(cls, token: str, rows: list[Row], skip: int, ticked: frozenset[int] = frozenset()) -> Shown:
        """The page that begins after ``skip`` rows; ``ticked`` are rows that are taken although they changed."""
        states = (exchange.NEW, exchange.CHANGED, exchange.STALE, exchange.WRONG)
        counts = {state: sum(row.state == state for row in rows) for state in states}
        untold = any(row.state == exchange.CHANGED and not row.told for row in rows)
        here, usable = rows[skip : skip + ROWS_ON_A_PAGE], len(rows) > counts[exchange.WRONG]
        return cls(token, here, skip, len(rows), counts, usable, untold, ticked)


def _path(desk: ConsoleDesk, token: str) -> Path | None:
    """Where an import waits; only what this module wrote can be named."""
    return desk.settings.var / "imports" / f"{token}.json" if token.isalnum() and len(token) == 32 else None


def _keep(desk: ConsoleDesk, token: str, text: str) -> None:
    path = _path(desk, token)
    assert path is not None
    path.parent.mkdir(parents=True, exist_ok=True)
    for old in path.parent.glob("*.json"):
        if old.stat().st_mtime < time.time() - SECONDS_KEPT:
            old.unlink(missing_ok=True)
    write_atomically(path, text)


ROUTES = [
    Route("/exchange", show, methods=["GET"]),
    Route("/exchange", look, methods=["POST"]),
    Route("/exchange/save", save, methods=["POST"]),
    Route("/exchange/rows/{token}", more, methods=["GET", "POST"]),
    Route("/exchange/answers.{kind}", download, methods=["GET"]),
]
