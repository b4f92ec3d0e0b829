"""Rasa's Socket.IO channel, so that existing Rasa clients work unchanged."""

from __future__ import annotations

import asyncio
import logging
import secrets
from collections.abc import Collection, Mapping
from typing import Any

import socketio
from engineio.payload import Payload
from starlette.types import ASGIApp

from bot.channels.rest import reply_item, text_in, wish_in
from bot.conversations import TOO_FAST, BusyError, Conversations, language_to_apologise_in
from bot.dialogue.generator import Reply
from bot.engine import EngineNotReadyError
from bot.limits import AddressRate, retry_after
from bot.messages import RefusedError, checked_sender, message_from
from bot.origins import is_of_host
from bot.wording import known_language, refusal_text

logger = logging.getLogger(__name__)

CHANNEL = "socketio"
PATH = "/socket.io"
BYTES_OF_CHANCE = 24
Payload.max_decode_packets = 500
"""A client without WebSockets that was away sends all that waited in one request; more than 16 were lost unsaid."""
MOST_AT_ONCE = 16
"""Packets that a client without WebSockets takes in one answer: python-socketio's hangs up at more."""


class _Packets(asyncio.Queue[Any]):
    """What waits for one client. Whoever empties it gets so many at once and the rest when they come again."""

    _given = 0

    async def get(self) -> Any:
        while True:
            self._given = 0
            try:
                return await super().get()
            except asyncio.QueueEmpty:  # another request of the client's was given the most meanwhile
                continue

    def get_nowait(self) -> Any:
        if self._given >= MOST_AT_ONCE:
            raise asyncio.QueueEmpty
        packet = super().get_nowait()
        self._given += 1
        return packet


class SocketIoChannel:
    """One Socket.IO server; each connection is one person, whose session id names the conversation."""

    def __init__(
        self,
        conversations: Conversations,
        *,
        longest_message: int,
        largest_body: int,
        allowed_origins: Collection[str] = (),
        address_rate: AddressRate | None = None,
    ) -> None:
        """``address_rate`` counts each message: a connection brings many with its one request."""
        self._conversations = conversations
        self._longest_message = longest_message
        self._allowed = frozenset(allowed_origins)
        self._address_rate = address_rate
        self.server = socketio.AsyncServer(
            async_mode="asgi",
            cors_allowed_origins=self._is_allowed,
            cors_credentials=False,
            max_http_buffer_size=largest_body,
            logger=False,
            engineio_logger=False,
        )
        self.server.eio.create_queue = _Packets
        self.server.on("session_request", self._session_requested)
        self.server.on("user_uttered", self._uttered)

    @property
    def app(self) -> ASGIApp:
        """What serves ``/socket.io``."""
        application: ASGIApp = socketio.ASGIApp(self.server, socketio_path=PATH)
        return application

    def _is_allowed(self, origin: str | None, environ: dict[str, Any]) -> bool:
        if origin is None or origin in self._allowed:
            return True
        return is_of_host(origin, str(environ.get("HTTP_HOST", "")))

    async def _session_requested(self, connection: str, data: object = None) -> None:
        """Confirms the session that a client comes back with, or issues one that nobody can guess."""
        given = data if isinstance(data, dict) else {}
        wished = given.get("session_id")
        session = f"s_{secrets.token_urlsafe(BYTES_OF_CHANCE)}"
        if wished is not None:
            try:
                session = checked_sender(wished)
            except RefusedError as error:
                await self._refuse(connection, given, error.code, str(error))
                return
        await self.server.save_session(connection, {"session": session})
        await self.server.emit("session_confirm", session, to=connection)

    async def _uttered(self, connection: str, data: object = None) -> None:
        """Answers a message; whatever else a client sends gets a polite refusal."""
        given = data if isinstance(data, dict) else {}
        try:
            await self._count(connection)
            message = message_from(
                sender=given.get("session_id") or await self._session(connection),
                text=given.get("message"),
                channel=CHANNEL,
                longest=self._longest_message,
                metadata=given.get("metadata"),
                message_id=given.get("message_id"),
                published=self._conversations.published,
            )
            replies = await self._conversations.handle(message)
        except RefusedError as error:
            await self._refuse(connection, given, error.code, str(error))
        except EngineNotReadyError as error:
            await self._refuse(connection, given, "not_ready", str(error))
        except Exception:
            logger.exception("A message over Socket.IO failed.")
            await self._refuse(connection, given, "internal", "")
        else:
            for reply in replies:
                await self.server.emit("bot_uttered", uttered(message.sender, reply), to=connection)

    async def _count(self, connection: str) -> None:
        environ: dict[str, Any] = self.server.get_environ(connection) or {}
        seconds = await self._address_rate.wait(environ.get("asgi.scope", {})) if self._address_rate else 0
        if seconds:
            raise BusyError("too_many_messages", TOO_FAST, 429, retry_after(seconds))

    async def _session(self, connection: str) -> str:
        """The connection's conversation; a client that asked for none gets one for as long as it is connected."""
        session = await self.server.get_session(connection)
        if "session" not in session:
            session = {"session": f"s_{secrets.token_urlsafe(BYTES_OF_CHANCE)}"}
            await self.server.save_session(connection, session)
        return str(session["session"])

    async def _refuse(self, connection: str, given: Mapping[str, Any], code: str, otherwise: str) -> None:
        """Says why not: in the language of the message, else of the conversation, else of the client."""
        language = wish_in(given)
        if language is None:
            sender = given.get("session_id") or await self._session(connection)
            environ = self.server.get_environ(connection) or {}
            accepted = known_language(None, str(environ.get("HTTP_ACCEPT_LANGUAGE", "")))
            known = await self._conversations.language_of(sender), accepted
            language = language_to_apologise_in(text_in(given), *known)
        text = refusal_text(code, language, otherwise, limit=self._longest_message)
        await self.server.emit("bot_uttered", {"text": text, "error": {"code": code, "message": text}}, to=connection)


def uttered(sender: str, reply: Reply) -> dict[str, Any]:
    """One ``bot_uttered``: Rasa's fields, choices as quick replies, and the contract's ``custom``."""
    item = reply_item(sender, reply)
    found: dict[str, Any] = {"text": item["text"], "custom": item["custom"]}
    if reply.buttons:
        found["quick_replies"] = [{"content_type": "text", **button} for button in item["buttons"]]
    return found
