"""The Telegram channel as a part of the server: it starts, stops and reconnects, and never takes the server down."""

from __future__ import annotations

import asyncio
import contextlib
import hmac
import json
import logging
import secrets
from dataclasses import dataclass, replace
from itertools import count
from typing import Any
from urllib.parse import urlencode, urlsplit

from sqlalchemy.exc import SQLAlchemyError
from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, Response
from telegram import Bot, BotCommand
from telegram.error import BadRequest, Conflict, InvalidToken, TelegramError
from telegram.request import HTTPXRequest

from bot.channels.rest import problem
from bot.channels.telegram.desk import Desk
from bot.channels.telegram.inbox import Inbox, InboxFullError
from bot.channels.telegram.pace import Pace
from bot.channels.telegram.sender import FIRST_WAIT, LONGEST_WAIT, Sender
from bot.channels.telegram.strings import COMMANDS, LANGUAGES
from bot.limits import Rate
from bot.store.updates import UpdateStore
from bot.tasks import end

logger = logging.getLogger(__name__)

ALLOWED_UPDATES = ("message", "edited_message", "callback_query", "my_chat_member")
SECONDS_OF_A_POLL = 25
SECONDS_OF_A_CALL = 10.0
SECONDS_BETWEEN_LOOKS = 300.0
LARGEST_UPDATE = 256 * 1024
UNSTORED = "Telegram's messages cannot be stored: look after the database"
SECRET_HEADER = "X-Telegram-Bot-Api-Secret-Token"


@dataclass(frozen=True)
class TelegramSettings:
    """How to reach Telegram, and how it reaches this server.

    Attributes:
        token: The bot's token; it appears in no log.
        api_url: Base address of the Bot API.
        webhook_url: Public address of ``/telegram`` of this server; "" for long polling.
        secret: What Telegram proves itself with at the webhook.
    """

    token: str
    api_url: str = "https://api.telegram.org"
    webhook_url: str = ""
    secret: str = ""


class TelegramChannel:
    """One bot: polls or is called, stores what comes, answers it."""

    def __init__(
        self,
        settings: TelegramSettings,
        desk: Desk,
        updates: UpdateStore,
        *,
        seconds_of_a_poll: float = SECONDS_OF_A_POLL,
        seconds_of_a_call: float = SECONDS_OF_A_CALL,
        seconds_between_looks: float = SECONDS_BETWEEN_LOOKS,
        first_wait: float = FIRST_WAIT,
        pace: Pace | None = None,
        rate: Rate | None = None,
    ) -> None:
        """How to reach Telegram, what answers, where updates are kept.

        ``seconds_of_a_poll`` is how long Telegram holds a poll back until something comes, ``seconds_of_a_call`` how
        long any answer of it is waited for; ``first_wait`` after how many seconds a failed call is tried again;
        ``seconds_between_looks`` how often it is asked how the webhook fares; ``pace`` how fast anything goes out,
        ``rate`` how fast a person may write, None for no limit.
        """
        # The library's HTTP client names the whole address of each request, and with it the token, in its log.
        logging.getLogger("httpx").setLevel(logging.WARNING)
        base = settings.api_url.rstrip("/")
        self._settings = settings
        self._secret = settings.secret or secrets.token_urlsafe(32)
        self._polling = HTTPXRequest(connection_pool_size=2, read_timeout=seconds_of_a_poll + seconds_of_a_call)
        self._bot = Bot(
            settings.token,
            base_url=f"{base}/bot",
            base_file_url=f"{base}/file/bot",
            request=HTTPXRequest(
                connection_pool_size=64,
                read_timeout=seconds_of_a_call,
                connect_timeout=seconds_of_a_call,
                pool_timeout=30,
            ),
            get_updates_request=self._polling,
        )
        self._desk, self._updates = replace(desk, public=desk.public or origin_of(settings.webhook_url)), updates
        self._sender, self._rate = Sender(self._bot, pace, first_wait), rate
        self._poll_for, self._look_every = seconds_of_a_poll, seconds_between_looks
        self._inbox: Inbox | None = None
        self._task: asyncio.Task[None] | None = None
        self._introduction: asyncio.Task[None] | None = None
        self._resumption: asyncio.Task[None] | None = None
        self._problem: str | None = "Telegram is not connected yet"

    @property
    def problem(self) -> str | None:
        """What keeps the channel from working at present, for whoever runs the server."""
        return self._problem or self._sender.trouble

    def start(self) -> None:
        """Begins in the background; a wrong token or a dead line is logged and harms nothing else."""
        self._task = asyncio.create_task(self._run())

    async def stop(self) -> None:
        """Ends polling and answering; what is unanswered stays stored for the next start."""
        await end(self._task, self._introduction, self._resumption)
        if self._inbox is not None:
            await self._inbox.stop()
        with contextlib.suppress(Exception):
            await self._bot.shutdown()

    async def _run(self) -> None:
        while True:
            try:
                await self._serve()
                return
            except InvalidToken:
                self._problem = "Telegram refuses the token: check TELEGRAM_TOKEN"
                logger.error("%s. The web goes on without Telegram.", self._problem)
                return
            except Exception as error:  # noqa: BLE001  (Telegram's troubles stay Telegram's)
                self._problem = "Telegram failed and is started again"
                if isinstance(error, BadRequest):  # what Telegram says of it tells what to mend in the settings
                    self._problem += f": {error}".replace(self._settings.token, "…")
                logger.error("%s (%s).", self._problem, type(error).__name__)
                if self._inbox is not None:
                    await end(self._resumption)
                    await self._inbox.stop()
                    self._inbox = None
                await asyncio.sleep(LONGEST_WAIT / 4)

    async def _serve(self) -> None:
        await self._sender.insist(self._bot.initialize)
        me = await self._sender.insist(self._bot.get_me)
        self._sender.known = True
        self._inbox = Inbox(self._bot, me, self._desk, self._updates, self._sender, rate=self._rate)
        await self._resume(self._inbox)
        self._introduction = self._introduction or asyncio.create_task(self._introduce())
        if self._settings.webhook_url:
            await self._be_called()
            return
        self._problem = None
        await self._sender.insist(self._bot.delete_webhook)
        await self._poll(self._inbox)

    async def _resume(self, inbox: Inbox) -> None:
        """Reads what an earlier run left; while the table is away new messages come in, and people are told."""
        try:
            await inbox.resume()
        except SQLAlchemyError as error:
            logger.error("The inbox's table failed: %s; it is read when it is back.", type(error).__name__)
            self._resumption = asyncio.create_task(self._resume_later(inbox))

    async def _resume_later(self, inbox: Inbox) -> None:
        while inbox is self._inbox:
            await asyncio.sleep(1)
            with contextlib.suppress(SQLAlchemyError):
                await inbox.resume()
                return

    async def _be_called(self) -> None:
        """Gives Telegram the webhook's address, and says when Telegram cannot reach it: nobody else would."""
        await self._set_webhook()
        self._problem = None
        logger.info("Telegram calls the webhook.")
        if not urlsplit(self._settings.webhook_url).path.endswith("/telegram"):
            logger.warning("TELEGRAM_WEBHOOK_URL does not end in /telegram: a proxy must pass what comes there to it.")
        seen = None
        for look in count():
            info = await self._sender.insist(self._bot.get_webhook_info)
            if info.url != self._settings.webhook_url:
                logger.warning("The webhook was changed elsewhere; it is set again.")
                await self._set_webhook()
            self._problem = None
            if info.last_error_message and info.last_error_date != seen:
                seen = info.last_error_date
                words = f"Telegram could not reach the webhook: {info.last_error_message}"
                logger.warning("%s (%s); %d updates wait there.", words, seen, info.pending_update_count)
                # What the first look finds is over, unless it happens again: the server was away.
                self._problem = words if look else None
            await asyncio.sleep(self._look_every)

    async def _set_webhook(self) -> None:
        url, secret = self._settings.webhook_url, self._secret
        await self._sender.insist(
            lambda: self._bot.set_webhook(url, allowed_updates=ALLOWED_UPDATES, secret_token=secret)
        )

    async def _introduce(self) -> None:
        """Registers the commands in each language, the first one also for everybody else."""
        for code in (None, *LANGUAGES):
            commands = [BotCommand(name, texts[code or LANGUAGES[0]]) for name, texts in COMMANDS.items()]

            async def register(commands: list[BotCommand] = commands, code: str | None = code) -> bool:
                return await self._bot.set_my_commands(commands, language_code=code)

            try:
                await self._sender.insist(register)
            except TelegramError as error:
                logger.warning("The commands could not be registered: %s", error)

    async def _poll(self, inbox: Inbox) -> None:
        offset = 0
        while True:

            async def fetch(offset: int = offset) -> Any:
                # Not Bot.get_updates: that reads all that come together, and one that it cannot read stops them all.
                wish = {"timeout": int(self._poll_for), "allowed_updates": json.dumps(ALLOWED_UPDATES)}
                wish |= {"offset": offset} if offset else {}
                return await self._polling.post(f"{self._bot.base_url}/getUpdates?{urlencode(wish)}")

            try:
                found = await self._sender.insist(fetch)
            except Conflict as error:
                if "webhook" in str(error).lower():
                    logger.warning("A webhook was set for this bot elsewhere; it is removed, since this server polls.")
                    await self._sender.insist(self._bot.delete_webhook)
                    continue
                self._problem = "Another program polls with the same token"
                logger.error("%s; trying again.", self._problem)
                await asyncio.sleep(LONGEST_WAIT / 4)
                continue
            numbers, self._problem = [], None
            for payload in found:
                if not await self._take(inbox, payload):
                    # What comes again with the next poll may be of other people, who are told so, too.
                    self._problem = UNSTORED
                    await inbox.tell_of_outage(found)
                    await asyncio.sleep(1)
                    break
                # The next poll's offset is what acknowledges an update: it comes after the update is stored.
                with contextlib.suppress(KeyError, TypeError, ValueError):
                    numbers.append(int(payload["update_id"]))
            # Not the highest ever: after a quiet week Telegram counts on from anywhere.
            offset = max(numbers) + 1 if numbers else offset
            if found and not numbers and self._problem is None:
                await asyncio.sleep(1)

    async def _take(self, inbox: Inbox, payload: Any) -> bool:
        """Stores what a poll brought, however long the inbox is full; False where it cannot be stored.

        What is no update at all is left out.
        """
        while True:
            try:
                await inbox.take(payload)
                return True
            except InboxFullError:
                await asyncio.sleep(1)
            except SQLAlchemyError as error:
                logger.error("The inbox's table failed: %s; Telegram brings the update again.", type(error).__name__)
                return False
            except (AttributeError, KeyError, RecursionError, TypeError, ValueError) as error:
                logger.error("Telegram brought what is no update: %s", type(error).__name__)
                return True

    async def receive(self, request: Request) -> Response:
        """``POST /telegram``: 403 without the secret, 200 once the update is stored, 503 while that cannot be done."""
        given = request.headers.get(SECRET_HEADER, "")
        if not self._settings.webhook_url or not hmac.compare_digest(given.encode(), self._secret.encode()):
            return problem("forbidden", "Only Telegram may call this address.", 403)
        if self._inbox is None:
            return problem("not_ready", "Telegram is not connected yet.", 503, {"Retry-After": "5"})
        body = bytearray()
        try:
            async for chunk in request.stream():
                body += chunk
                if len(body) > LARGEST_UPDATE:
                    return problem("body_too_large", "The update is too large.", 413)
            payload = json.loads(bytes(body))
            if not isinstance(payload, dict):
                raise ValueError("no object")
            await self._inbox.take(payload)
        except InboxFullError:
            return problem("overloaded", "Too many updates wait.", 503, {"Retry-After": "5"})
        except SQLAlchemyError as error:
            logger.error("The inbox's table failed: %s; Telegram brings the update again.", type(error).__name__)
            self._problem = UNSTORED
            await self._inbox.tell_of_outage([payload])
            return problem("overloaded", "The update cannot be stored now.", 503, {"Retry-After": "5"})
        except (ValueError, RecursionError, ClientDisconnect):
            return problem("invalid_update", "This is no update.", 400)
        if self._problem == UNSTORED:
            self._problem = None
        return JSONResponse({})


def origin_of(url: str) -> str:
    """Scheme and host of a web address, "" for none."""
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}" if parts.scheme in ("http", "https") and parts.netloc else ""
