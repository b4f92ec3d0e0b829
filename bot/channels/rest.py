"""Rasa's REST channel as the contract fixes it: ``POST /webhooks/rest/webhook``."""

from __future__ import annotations

import json
import logging
from collections.abc import Mapping
from typing import Any

from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, Response

from bot.conversations import BusyError, Conversations, language_to_apologise_in
from bot.dialogue.generator import Reply
from bot.engine import EngineNotReadyError
from bot.messages import RefusedError, message_from
from bot.wording import known_language, refusal_text

logger = logging.getLogger(__name__)

CHANNEL = "rest"


def reply_item(sender: str, reply: Reply) -> dict[str, Any]:
    """One item of the response list."""
    item: dict[str, Any] = {
        "recipient_id": sender,
        "text": reply.text,
        "custom": {
            "kind": reply.kind,
            "section": reply.section,
            "entry": reply.entry,
            "language": reply.language,
            "confidence": reply.confidence,
        },
    }
    if reply.source:
        item["custom"]["source"] = reply.source
    if reply.contacts:
        item["custom"]["contacts"] = list(reply.contacts)
    if reply.options:
        item["custom"]["options"] = list(reply.options)
    if reply.buttons:
        item["buttons"] = [{"title": button.title, "payload": button.payload} for button in reply.buttons]
    return item


class RestChannel:
    """Turns HTTP requests into messages and replies into JSON."""

    def __init__(self, conversations: Conversations, *, longest_message: int, largest_body: int) -> None:
        self._conversations = conversations
        self._longest_message = longest_message
        self._largest_body = largest_body

    async def receive(self, request: Request) -> Response:
        """Answers one message; anything wrong with the request is a 4xx that says what."""
        data: dict[str, Any] = {}
        try:
            data = await read_json(request, self._largest_body)
            message = message_from(
                sender=data.get("sender"),
                text=data.get("message"),
                channel=CHANNEL,
                longest=self._longest_message,
                metadata=data.get("metadata"),
                message_id=data.get("message_id"),
                published=self._conversations.published,
            )
            replies = await self._conversations.handle(message)
        except RefusedError as error:
            language = await language_for(self._conversations, request, data)
            return refusal(error, request, data, language, limit=self._longest_message)
        except EngineNotReadyError as error:
            text = refusal_text("not_ready", await language_for(self._conversations, request, data), str(error))
            return problem("not_ready", text, 503, {"Retry-After": "10"})
        return JSONResponse([reply_item(message.sender, reply) for reply in replies])


async def read_json(request: Request, most_bytes: int) -> dict[str, Any]:
    """The object in a request's body.

    Raises:
        RefusedError: It is too large, broken off, no JSON or no object.
    """
    body = bytearray()
    try:
        async for chunk in request.stream():
            body += chunk
            if len(body) > most_bytes:
                raise RefusedError("body_too_large", f"The request is larger than {most_bytes} bytes.", 413)
    except ClientDisconnect as error:
        raise RefusedError("disconnected", "The connection was closed before the request was complete.") from error
    try:
        data = json.loads(bytes(body))
    except (ValueError, RecursionError) as error:
        raise RefusedError("invalid_json", "The request's body is not valid JSON.") from error
    if not isinstance(data, dict):
        raise RefusedError("invalid_json", 'The body must be an object like {"sender": "…", "message": "…"}.')
    return data


def wish_in(data: Mapping[str, Any]) -> str | None:
    """The language that a message asks for, None where it asks for none that is spoken."""
    metadata = data.get("metadata")
    return known_language(metadata.get("language")) if isinstance(metadata, dict) else None


def text_in(data: Mapping[str, Any]) -> str:
    """What a message says, to refuse it in its language; "" where that is no text."""
    text = data.get("message")
    return text if isinstance(text, str) else ""


def language_in(request: Request, data: Mapping[str, Any]) -> str | None:
    """The language to refuse a request in, as far as it tells itself."""
    return wish_in(data) or known_language(None, request.headers.get("accept-language", ""))


async def language_for(conversations: Conversations, request: Request, data: Mapping[str, Any]) -> str | None:
    """The same, and where the message asks for none the one that it is written in, else the conversation's."""
    if wish := wish_in(data):
        return wish
    known = await conversations.language_of(data.get("sender")), language_in(request, data)
    return language_to_apologise_in(text_in(data), *known) or None


def refusal(
    error: RefusedError,
    request: Request,
    data: Mapping[str, Any] | None = None,
    language: str | None = None,
    **values: object,
) -> Response:
    """A refused message as the contract's error body, in a language, else in that of the request."""
    headers = {"Retry-After": str(error.retry_after)} if isinstance(error, BusyError) else None
    text = refusal_text(error.code, language or language_in(request, data or {}), str(error), **values)
    return problem(error.code, text, error.status, headers)


def problem(code: str, message: str, status: int, headers: dict[str, str] | None = None) -> JSONResponse:
    """``{"error": {"code", "message"}}`` with a status."""
    return JSONResponse({"error": {"code": code, "message": message}}, status, headers)
