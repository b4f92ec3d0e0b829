"""The real widget on the draft, with what the bot found in each message beside it."""

from __future__ import annotations

import asyncio
import secrets
from collections import OrderedDict
from dataclasses import dataclass, field
from typing import Any

from itsdangerous import BadData, URLSafeTimedSerializer
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from bot.channels.rest import read_json, refusal, reply_item
from bot.console.access import PATH, desk_of, signed_in, signer
from bot.console.desk import ConsoleDesk, language_for, page
from bot.dialogue.decision import Context
from bot.dialogue.dialogue import Dialogue
from bot.dialogue.generator import Reply, ReplyWriter
from bot.dialogue.in_context import about
from bot.dialogue.thresholds import Thresholds
from bot.dialogue.understanding import Understanding
from bot.engine import EngineNotReadyError
from bot.knowledge.model import Knowledge
from bot.knowledge.reader import KnowledgeError, read_knowledge
from bot.messages import RefusedError, message_from
from bot.store.staff import Session

HOURS_VALID = 12
MOST_TRIALS = 200
BEST = 5


@dataclass
class Trial:
    """One trial conversation: its context, and what was found in its last message."""

    context: Context = field(default_factory=Context)
    details: dict[str, Any] | None = None


TRIALS: OrderedDict[str, Trial] = OrderedDict()
"""By trial id; they live as long as the process, the oldest go first."""


def _trial(name: str) -> Trial:
    trial = TRIALS.pop(name, None) or Trial()
    TRIALS[name] = trial
    while len(TRIALS) > MOST_TRIALS:
        TRIALS.popitem(last=False)
    return trial


@signed_in
async def show(request: Request, session: Session) -> Response:
    """The page; without JavaScript a form with one question does the same."""
    desk = desk_of(request)
    key = (await signer(request)).secret_key
    name = secrets.token_urlsafe(12)
    ticket = URLSafeTimedSerializer(key, salt="try").dumps(name)
    question = request.query_params.get("q", "")[: desk.settings.longest_message]
    trial, problem = _trial(name), ""
    if question:
        try:
            await asyncio.to_thread(answer, desk, trial, question, {"language": language_for(request)})
        except (EngineNotReadyError, KnowledgeError, RefusedError) as error:
            problem = str(error)
    return page(request, "try.html", ticket=ticket, question=question, details=trial.details, problem=problem)


def answer(desk: ConsoleDesk, trial: Trial, text: str, metadata: dict[str, Any]) -> list[Reply]:
    """Replies from the draft, by the model that is loaded; fills the trial's details."""
    knowledge = read_knowledge(desk.settings.knowledge, questions=False)
    writer = ReplyWriter(knowledge)
    message = message_from(
        sender="s_somebody-tries-the-draft-00000000",
        text=text,
        channel="console",
        longest=desk.settings.longest_message,
        metadata=metadata,
        published=desk.engine.published,
    )
    choice = writer.choice(message.text)
    shown = writer.title(choice, trial.context.language or "fr") if choice else message.text
    parsed = desk.engine.understand(shown, about(knowledge, trial.context, shown))
    hints = {**message.metadata, **({"choice": choice} if choice else {})}
    dialogue = Dialogue(knowledge, Thresholds.load(desk.settings.thresholds), desk.engine.stories())
    trial.context = dialogue.respond(Understanding.of(parsed, hints), trial.context)
    replies = [writer.write(decision) for decision in trial.context.decisions]
    trial.details = {
        "text": shown,
        "language": (parsed.get("language") or {}).get("code") or "–",
        "ranking": [_named(ranked, knowledge) for ranked in (parsed.get("intent_ranking") or [])[:BEST]],
        "replies": [(reply.kind, reply.entry or reply.section or "–", _page_of(reply, knowledge), reply.confidence)
                    for reply in replies],
    }  # fmt: skip
    return replies


def _named(ranked: dict[str, Any], knowledge: Knowledge) -> tuple[str, float, str]:
    name = str(ranked["name"])
    known = name in knowledge.entries or name in knowledge.topics
    return name, float(ranked["confidence"]), f"{PATH}/answers/{name}" if known else ""


def _page_of(reply: Reply, knowledge: Knowledge) -> str:
    known = reply.entry in knowledge.entries or reply.entry in knowledge.topics
    return f"{PATH}/answers/{reply.entry}" if known else ""


async def _ticket(request: Request) -> Trial:
    """The trial that an address belongs to: the page's own script cannot send the session's cookie.

    Raises:
        HTTPException: 404 for a made-up or old one.
    """
    key = (await signer(request)).secret_key
    try:
        name = URLSafeTimedSerializer(key, salt="try").loads(request.path_params["ticket"], HOURS_VALID * 3600)
    except BadData as error:
        raise HTTPException(404) from error
    return _trial(str(name))


async def script(request: Request) -> Response:
    """The widget; it takes the address that it came from for its server."""
    await _ticket(request)
    return await desk_of(request).widget.serve(request)


async def begin(request: Request) -> Response:
    """A trial needs no conversation of its own."""
    await _ticket(request)
    return JSONResponse({"sender": "s_somebody-tries-the-draft-00000000"}, 201)


async def receive(request: Request) -> Response:
    """One message of the widget."""
    desk, trial = desk_of(request), await _ticket(request)
    data: dict[str, Any] = {}
    try:
        data = await read_json(request, desk.settings.largest_body)
        metadata = data.get("metadata") if isinstance(data.get("metadata"), dict) else {}
        text = data.get("message")
        replies = await asyncio.to_thread(answer, desk, trial, text, metadata or {})  # type: ignore[arg-type]
    except RefusedError as error:
        return refusal(error, request, data, limit=desk.settings.longest_message)
    except (EngineNotReadyError, KnowledgeError) as error:
        return JSONResponse({"error": {"code": "not_ready", "message": str(error)}}, 409)
    return JSONResponse([reply_item("draft", reply) for reply in replies])


async def nothing(request: Request) -> Response:
    """Thumbs and forgetting: nothing of a trial is kept."""
    trial = await _ticket(request)
    trial.context = Context()
    return Response(status_code=204)


@signed_in
async def details(request: Request, session: Session) -> Response:
    """What was found in the trial's last message, as a piece of the page."""
    trial = await _ticket(request)
    return page(request, "try_details.html", details=trial.details)


ROUTES = [
    Route("/try", show, methods=["GET"]),
    Route("/try/{ticket}/widget.js", script, methods=["GET"]),
    Route("/try/{ticket}/conversations", begin, methods=["POST"]),
    Route("/try/{ticket}/conversations/forget", nothing, methods=["POST"]),
    Route("/try/{ticket}/feedback", nothing, methods=["POST"]),
    Route("/try/{ticket}/webhooks/rest/webhook", receive, methods=["POST"]),
    Route("/try/{ticket}/details", details, methods=["GET"]),
]
