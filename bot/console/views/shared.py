"""What the pages that edit the draft share."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable
from typing import Any

from starlette.datastructures import FormData
from starlette.requests import Request
from starlette.responses import Response

from bot.console import conflicts
from bot.console.access import PATH, text_of
from bot.console.desk import ConsoleDesk, page
from bot.knowledge.broken import broken_files
from bot.knowledge.edit.drafts import ConflictError, EditError
from bot.knowledge.findings import Finding
from bot.knowledge.model import Knowledge, Text
from bot.knowledge.reader import KnowledgeError, read_knowledge

LONGEST_REASON = 500


def draft_knowledge(desk: ConsoleDesk) -> Knowledge:
    """The draft, without the files of it that cannot be read: see :func:`left_out`.

    Raises:
        EditError: It cannot be read; the message says where and what to do.
    """
    folder = desk.settings.knowledge
    try:
        return read_knowledge(folder, without=broken_files(folder))
    except KnowledgeError as error:
        raise EditError(error.args[0]) from error


def left_out(desk: ConsoleDesk) -> list[Finding]:
    """The draft's files that cannot be read, with what is wrong: pages say which, since they show only the others."""
    return list(broken_files(desk.settings.knowledge).values())


def home_of(knowledge: Knowledge, name: str) -> tuple[Text, str]:
    """What an answer is called (a question back has no title), and the page on which it is edited; empty for none."""
    item, (room, _, rest) = knowledge.item(name), name.partition(".")
    if item is not None:
        return item.title, f"{PATH}/answers/{name}"
    if name.startswith("stories/"):
        return {}, f"{PATH}/stories"
    pages = {
        "guide": f"{PATH}/stories?edit={rest}",
        "ambiguous": f"{PATH}/stories/vague?edit={rest}",
        "ask": f"{PATH}/stories/vague?edit={name}",
    }
    return {}, pages.get(room, "") if name in knowledge.conversation.clarifications else ""


def broken(request: Request, error: Exception) -> Response:
    """The page for a draft that cannot be read."""
    return page(request, "error.html", 409, message="draft_broken", detail=error.args[0], kept=None)


async def not_saved(
    show: Callable[..., Awaitable[Response]],
    request: Request,
    error: EditError,
    was: conflicts.Values | None,
    values: conflicts.Values,
    values_of: Callable[[Any], conflicts.Values],
) -> Response:
    """The page with what was typed: why it was not saved, or what somebody else has changed meanwhile.

    ``show`` makes the page, ``was`` is what the form began with, ``values_of`` turns what stands there now into texts.
    """
    if not isinstance(error, ConflictError):
        return await show(request, 422, problem=error.args[0], values=values)
    if error.current is None:
        return await show(request, 409, problem=error.args[0], values=values)
    found = conflicts.clashes(was, values, values_of(error.current))
    return await show(request, 409, clashes=found, values=conflicts.put_together(values, found))


def number_in(text: str) -> int:
    """A number from an address or a form, a million at most; 0 for anything else."""
    return min(int(text), 10**6) if text.isascii() and text.isdigit() and len(text) < 12 else 0


def reason_in(form: FormData) -> str:
    """Why somebody does something: one line, cut off after 500 characters."""
    return " ".join(text_of(form, "reason").split())[:LONGEST_REASON]


def texts_in(form: FormData, names: Iterable[str]) -> dict[str, str]:
    """The texts of some fields, without blanks around them."""
    return {name: text_of(form, name).strip() for name in names}
