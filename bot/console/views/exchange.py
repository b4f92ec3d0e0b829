"""All answers to a spreadsheet and back, looked at row by row."""

from __future__ import annotations

import asyncio
import hashlib
import time
from pathlib import Path

from starlette.datastructures import UploadFile
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from bot.console import editing
from bot.console.access import PATH, desk_of, signed_in, text_of
from bot.console.desk import ConsoleDesk, page
from bot.knowledge.edit import exchange
from bot.knowledge.edit.drafts import EditError
from bot.knowledge.edit.editor import KnowledgeEditor
from bot.store.staff import Session
from bot.training.current import write_atomically

TYPES = {
    "csv": ("text/csv; charset=utf-8", exchange.to_csv),
    "xlsx": ("application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", exchange.to_xlsx),
}
SECONDS_KEPT = 86_400


@signed_in
async def show(request: Request, session: Session) -> Response:
    """Files to take and a place to bring one back."""
    return page(request, "exchange.html", problem="", rows=None, token="")


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
        return page(request, "exchange.html", 409, problem=str(error), rows=None, token="")
    headers = {"Content-Disposition": f'attachment; filename="answers.{kind}"', "Cache-Control": "no-store"}
    return Response(content, media_type=media_type, headers=headers)


@signed_in(upload=True)
async def look(request: Request, session: Session) -> Response:
    """What a file would change; nothing is changed yet."""
    desk, upload = desk_of(request), request.state.form.get("file")
    if not isinstance(upload, UploadFile):
        return page(request, "exchange.html", 422, problem="", rows=None, token="")
    content = await upload.read()
    try:
        rows = await asyncio.to_thread(
            lambda: exchange.preview(KnowledgeEditor(desk.settings.knowledge), upload.filename or "", content)
        )
    except EditError as error:
        return page(request, "exchange.html", 422, problem=str(error), rows=None, token="")
    token = hashlib.sha256(session.token.encode() + content).hexdigest()[:32]
    await asyncio.to_thread(_keep, desk, token, exchange.as_json(rows))
    shown = [row for row in rows if row.state != exchange.SAME]
    return page(request, "exchange.html", problem="", rows=shown, token=token)


@signed_in
async def save(request: Request, session: Session) -> Response:
    """Saves what was looked at."""
    desk, token = desk_of(request), text_of(request.state.form, "token")
    path = _path(desk, token)
    if path is None or not path.exists():
        return RedirectResponse(f"{PATH}/exchange", 303)
    try:
        rows = exchange.from_json(await asyncio.to_thread(path.read_text, "utf-8"))
        await asyncio.to_thread(
            editing.make, desk, session.account.name, "imported", f"{len(rows)} rows",
            lambda editor: exchange.apply(editor, rows),
        )  # fmt: skip
    except EditError as error:
        return page(request, "exchange.html", 422, problem=str(error), rows=None, token="")
    path.unlink(missing_ok=True)
    return RedirectResponse(f"{PATH}/publish?done=imported", 303)


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
    Route("/exchange/answers.{kind}", download, methods=["GET"]),
]
