"""The real widget on the draft or on a candidate, with what the bot found in each message beside it."""

from __future__ import annotations

import asyncio
import secrets
from collections import OrderedDict
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from itsdangerous import BadData, URLSafeTimedSerializer
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from bot.channels.rest import read_json, refusal, reply_item
from bot.console.access import PATH, desk_of, signed_in, signer
from bot.console.desk import ConsoleDesk, language_for, page, words
from bot.dialogue.decision import Context
from bot.dialogue.dialogue import Dialogue
from bot.dialogue.generator import Reply, ReplyWriter
from bot.dialogue.in_context import about
from bot.dialogue.thresholds import Thresholds
from bot.dialogue.understanding import Understanding
from bot.engine import EngineNotReadyError, InProcessEngine
from bot.knowledge.guides import read_stories
from bot.knowledge.model import Knowledge
from bot.knowledge.reader import KnowledgeError, read_knowledge
from bot.knowledge.said import Said, in_language, said
from bot.messages import RefusedError, message_from
from bot.store.staff import Session
from bot.widget import WidgetScript
from bot.wording import refusal_text

HOURS_VALID = 12
MOST_TRIALS = 200
BEST = 5


@dataclass
class Trial:
    """One trial conversation: the candidate that is tried (empty: the draft), its context, its last message."""

    candidate: str = ""
    context: Context = field(default_factory=Context)
    details: dict[str, Any] | None = None


TRIALS: OrderedDict[str, Trial] = OrderedDict()
"""By trial id; they live as long as the process, the oldest go first."""


@dataclass(frozen=True)
class Tried:
    """What answers in a trial."""

    engine: InProcessEngine
    knowledge: Path
    thresholds: Path


def _trial(name: str) -> Trial:
    """A trial by its name, which ends with the candidate that it is for."""
    trial = TRIALS.pop(name, None) or Trial(name.partition(":")[2])
    TRIALS[name] = trial
    while len(TRIALS) > MOST_TRIALS:
        TRIALS.popitem(last=False)
    return trial


def tried(desk: ConsoleDesk, candidate: str) -> Tried:
    """The draft with the model that answers people, or a candidate with its own.

    Raises:
        EngineNotReadyError: That candidate is gone or cannot be loaded.
    """
    if not candidate:
        return Tried(desk.engine, desk.settings.knowledge, desk.settings.thresholds)
    job = desk.jobs.ready()
    if job is None or job.id != candidate:
        raise EngineNotReadyError(said("This candidate is gone. Open the page again."))
    return Tried(desk.jobs.beside.engine(job), job.knowledge, job.folder / desk.settings.thresholds.name)


@signed_in
async def show(request: Request, session: Session) -> Response:
    """The page; without JavaScript a form with one question does the same."""
    desk = desk_of(request)
    key = (await signer(request)).secret_key
    ready = await asyncio.to_thread(desk.jobs.ready)
    candidate = ready.id if ready and request.query_params.get("with") == "candidate" else ""
    name = f"{secrets.token_urlsafe(12)}:{candidate}"
    ticket = URLSafeTimedSerializer(key, salt="try").dumps(name)
    question = request.query_params.get("q", "")[: desk.settings.longest_message]
    trial, problem = _trial(name), ""
    replies: list[Reply] = []
    try:
        if candidate:  # loaded now, so that the first question need not wait
            await asyncio.to_thread(tried, desk, candidate)
        if question:
            replies = await asyncio.to_thread(answer, desk, trial, question, {"language": language_for(request)})
    except RefusedError as error:
        limit = desk.settings.longest_message
        problem = refusal_text(error.code, language_for(request), str(error), limit=limit)
    except (EngineNotReadyError, KnowledgeError) as error:
        told = error.args and isinstance(error.args[0], Said)
        language = language_for(request)
        problem = in_language(error, language) if told else words()[language]["not_ready"]
    return page(
        request, "try.html", ticket=ticket, question=question, details=trial.details, problem=problem,
        candidate=candidate, offered=ready is not None, said=replies,
    )  # fmt: skip


def answer(desk: ConsoleDesk, trial: Trial, text: str, metadata: dict[str, Any]) -> list[Reply]:
    """Replies of what is tried; fills the trial's details."""
    what = tried(desk, trial.candidate)
    knowledge = read_knowledge(what.knowledge, questions=False)
    writer = ReplyWriter(knowledge)
    message = message_from(
        sender="s_somebody-tries-the-draft-00000000",
        text=text,
        channel="console",
        longest=desk.settings.longest_message,
        metadata=metadata,
        published=what.engine.published,
    )
    choice = writer.choice(message.text)
    shown = writer.title(choice, trial.context.language or "fr") if choice else message.text
    parsed = what.engine.understand(shown, about(knowledge, trial.context, shown))
    hints = {**message.metadata, **({"choice": choice} if choice else {})}
    # The draft's guided conversations can be tried before a model learns them.
    stories = what.engine.stories() if trial.candidate else read_stories(what.knowledge)
    dialogue = Dialogue(knowledge, Thresholds.load(what.thresholds), stories)
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
    """The widget, with the names and words of what is tried; it takes the address that it came from for its server."""
    desk, trial = desk_of(request), await _ticket(request)
    try:
        folder = tried(desk, trial.candidate).knowledge
        knowledge = await asyncio.to_thread(read_knowledge, folder, questions=False)
    except (EngineNotReadyError, KnowledgeError):
        return await desk.widget.serve(request)  # what is wrong stands on the page
    return await WidgetScript(lambda: knowledge, longest_message=desk.settings.longest_message).serve(request)


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
