"""What the widget needs besides the REST channel: a conversation of its own, forgetting it, and thumbs."""

from __future__ import annotations

import asyncio
import secrets
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from bot.channels.rest import language_for, read_json, refusal
from bot.conversations import Conversations
from bot.dialogue.generator import Reply
from bot.messages import RefusedError, checked_sender, safe_text
from bot.store.conversations import ConversationStore
from bot.store.feedback import LONGEST_REASON, Feedback, FeedbackStore

CHANNEL = "web"
BYTES_OF_CHANCE = 24


class WebChannel:
    """The addresses beside ``/webhooks/rest/webhook`` that a chat in a page uses."""

    def __init__(
        self, conversations: Conversations, store: ConversationStore, feedback: FeedbackStore, *, largest_body: int
    ) -> None:
        self._conversations = conversations
        self._store = store
        self._feedback = feedback
        self._largest_body = largest_body

    async def begin(self, request: Request) -> Response:
        """Issues a conversation id that nobody can guess (192 bits)."""
        return JSONResponse({"sender": f"w_{secrets.token_urlsafe(BYTES_OF_CHANCE)}"}, 201)

    async def forget(self, request: Request) -> Response:
        """Erases a conversation: who knows its id may."""
        data: dict[str, Any] = {}
        try:
            data = await read_json(request, self._largest_body)
            await self._conversations.forget(checked_sender(data.get("sender")))
        except RefusedError as error:
            return refusal(error, request, data, await language_for(self._conversations, request, data))
        return Response(status_code=204)

    async def rate(self, request: Request) -> Response:
        """Keeps a thumb, or takes it back where ``helpful`` is null; 404 where there is no such reply."""
        data: dict[str, Any] = {}
        try:
            data = await read_json(request, self._largest_body)
            sender = checked_sender(data.get("sender"))
            message_id, item, helpful = _rated(data)
            replies = await asyncio.to_thread(self._store.replies_to, sender, message_id)
            if replies is None or item >= len(replies):
                raise RefusedError("no_such_reply", "There is no such reply in this conversation.", 404)
            if helpful is None:
                await asyncio.to_thread(self._feedback.withdraw, sender, message_id, item)
            else:
                reply = Reply.from_dict(replies[item])
                thumb = Feedback(
                    sender, message_id, item, helpful, _reason(data, self._conversations.published),
                    reply.entry, reply.language, CHANNEL,
                )  # fmt: skip
                await asyncio.to_thread(self._feedback.record, thumb)
        except RefusedError as error:
            return refusal(error, request, data, await language_for(self._conversations, request, data))
        return Response(status_code=204)


def _rated(data: dict[str, Any]) -> tuple[str, int, bool | None]:
    message_id, item, helpful = data.get("message_id"), data.get("item", 0), data.get("helpful")
    if not isinstance(message_id, str) or not 0 < len(message_id) <= 100 or not message_id.isprintable():
        raise RefusedError("message_id_invalid", "The field 'message_id' must be the id of an answered message.")
    if not isinstance(item, int) or isinstance(item, bool) or not 0 <= item < 100:
        raise RefusedError("item_invalid", "The field 'item' must be the number of a reply, from 0.")
    if helpful is not None and not isinstance(helpful, bool):
        raise RefusedError("helpful_invalid", "The field 'helpful' must be true, false or null.")
    return message_id, item, helpful


def _reason(data: dict[str, Any], published: frozenset[str]) -> str:
    reason = data.get("reason") or ""
    if not isinstance(reason, str) or len(reason) > LONGEST_REASON:
        raise RefusedError(
            "reason_invalid", f"The field 'reason' must be a text of at most {LONGEST_REASON} characters."
        )
    return safe_text(reason, published)
