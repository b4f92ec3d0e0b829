"""What every channel calls: a message in, its replies out, in order within a conversation, once for each message."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from sqlalchemy.exc import IntegrityError, SQLAlchemyError

from bot.dialogue.decision import SMALLTALK
from bot.dialogue.generator import PAYLOAD, Reply
from bot.engine import Engine, EngineNotReadyError
from bot.latest import Latest
from bot.limits import Limiter, Rate, retry_after
from bot.messages import FORGET, Message, RefusedError, checked_sender
from bot.store.conversations import ConversationStore
from bot.store.failures import cause
from bot.wording import ERASED, LANGUAGES, known_language, language_of
from nlu.language import by_frequent_words

logger = logging.getLogger(__name__)

TOO_FAST = "Too many messages at once. Please wait for the replies."
SECONDS_UNTIL_APOLOGY = 10.0
SECONDS_IN_MEMORY = 60.0
SECONDS_FOR_A_LANGUAGE = 0.3
MOST_LANGUAGES = 50_000
TELLS_ITS_LANGUAGE = 1_000
"""Characters of a text, however long, that are looked at for its language."""


def language_to_apologise_in(text: str, *known: object) -> str:
    """The language that a text is in by its frequent words, which need no model.

    Otherwise the first one of those that are ``known``, or the one that the text leans to; "" for neither.
    """
    found = by_frequent_words(text[:TELLS_ITS_LANGUAGE], LANGUAGES)
    codes = (found.code, *map(known_language, known), found.leaning)
    return next((str(code) for code in codes if code in LANGUAGES), "")


class BusyError(RefusedError):
    """Too many messages are waiting; ``retry_after`` is in seconds."""

    def __init__(self, code: str, message: str, status: int, retry_after: int) -> None:
        super().__init__(code, message, status)
        self.retry_after = retry_after


@dataclass
class _Line:
    """The people waiting in one conversation."""

    lock: asyncio.Lock = field(default_factory=asyncio.Lock)
    waiting: int = 0


class Conversations:
    """Answers messages: those of one conversation one after the other, those of different ones side by side."""

    def __init__(
        self,
        engine: Engine,
        store: ConversationStore,
        *,
        most_waiting: int,
        most_at_once: int,
        limiter: Limiter | None = None,
        rate: Rate | None = None,
        patience: float = SECONDS_UNTIL_APOLOGY,
        model_is_coming: Callable[[], bool] = lambda: True,
    ) -> None:
        """What answers, where that is kept, and how much is taken.

        ``rate`` is how fast messages of one conversation may come that do not wait for the reply to the one before, as
        counted by ``limiter``; ``patience`` after how many seconds a person hears whom to ask instead of an answer;
        ``model_is_coming`` whether it is worth while to wait for a model where none is loaded.
        """
        self._limiter, self._rate = limiter, rate
        self._patience, self._model_is_coming = patience, model_is_coming
        self._engine = engine
        self._store = store
        self._most_waiting = most_waiting
        self._most_at_once = most_at_once
        self._lines: dict[str, _Line] = {}
        self._total = 0
        self._languages: Latest[str, str] = Latest(MOST_LANGUAGES)
        self._store_failed: float | None = None
        self.failures = 0

    @property
    def published(self) -> frozenset[str]:
        """The post's own contacts, which stay as they are in what people type."""
        return self._engine.published

    @property
    def storage_failed(self) -> bool:
        """Whether a message could not be stored in the last minute, and none after it could."""
        return self._store_failed is not None and time.monotonic() - self._store_failed < SECONDS_IN_MEMORY

    def is_choice(self, payload: str) -> bool:
        """Whether a button's payload still chooses something."""
        return self._engine.choice(payload) is not None

    async def handle(self, message: Message, *, comes_back: bool = False) -> list[Reply]:
        """The replies to a message; a message whose id was answered before gets the same replies again.

        Whatever is broken, the person hears whom to ask. ``comes_back`` says that the channel keeps its messages and
        tries one that fails again, so that it hears of the failure instead; it has counted them as they were written.

        Raises:
            BusyError: Too many messages are waiting.
            EngineNotReadyError: No model is loaded yet, but one is coming.
        """
        if message.text == FORGET:
            return [await self._forgotten(message)]
        # Who asks one question after another as the replies come is held back by the replies' own time.
        hurries = message.sender in self._lines and not comes_back
        if hurries and self._limiter is not None and self._rate is not None:
            seconds = await self._limiter.wait(f"sender {message.sender}", self._rate)
            if seconds:
                raise BusyError("too_many_messages", TOO_FAST, 429, retry_after(seconds))
        with self._place(message.sender) as line:
            replies = await self._replies_or_none(message, line, comes_back)
        if not replies:
            self.failures += 1
            logger.error("A message got no reply, so it gets an apology with the sections' contacts.")
            known = (message.metadata.get("language"), self._languages.get(message.sender))
            text = "" if message.text.startswith(PAYLOAD) else message.text
            return [self._engine.apology(language_to_apologise_in(text, *known))]
        self._languages[message.sender] = replies[-1].language
        return replies

    async def language_of(self, sender: object) -> str | None:
        """A conversation's language, to refuse something in; None where nobody knows it, or cannot say it soon."""
        try:
            name = checked_sender(sender)
            if name not in self._languages:
                if self._total >= self._most_at_once:
                    return None  # whoever is answered needs the database more
                reading = asyncio.to_thread(self._store.context, name)
                found = (await asyncio.wait_for(reading, SECONDS_FOR_A_LANGUAGE) or {}).get("language")
                if not isinstance(found, str):
                    return None
                self._languages[name] = found
        except (RefusedError, SQLAlchemyError, asyncio.TimeoutError):
            return None
        return self._languages[name]

    async def _replies_or_none(self, message: Message, line: _Line, comes_back: bool) -> list[Reply]:
        try:
            return await asyncio.wait_for(self._in_turn(message, line), self._patience)
        except asyncio.TimeoutError:
            logger.error("There was no reply within %.0f s.", self._patience)
        except EngineNotReadyError:
            if self._model_is_coming():
                raise
            logger.error("No model is loaded and none is coming.")
        except SQLAlchemyError as error:
            self._store_failed = time.monotonic()
            logger.error("%s failed: %s; the person is told so.", type(error).__name__, cause(error))
        except Exception:
            if comes_back:
                raise
            logger.exception("The engine failed; the person is told so.")
        return []

    async def _in_turn(self, message: Message, line: _Line) -> list[Reply]:
        async with line.lock:
            replies = await self._replies(message)
        self._store_failed = None
        return replies

    async def _replies(self, message: Message) -> list[Reply]:
        stored = await self._stored(message)
        if stored is not None:
            return stored
        try:
            return await self._engine.reply(message)
        except IntegrityError:
            # Another server answered the same message meanwhile.
            stored = await self._stored(message)
            if stored is None:
                raise
            return stored

    async def _stored(self, message: Message) -> list[Reply] | None:
        if message.id is None:
            return None
        stored = await asyncio.to_thread(self._store.replies_to, message.sender, message.id)
        return None if stored is None else [Reply.from_dict(raw) for raw in stored]

    async def _forgotten(self, message: Message) -> Reply:
        """What is said when a person has typed the command that erases their conversation; nothing of it is kept."""
        language = await self.language_of(message.sender)
        await self.forget(message.sender)
        code = language or language_of(message.metadata.get("language"))
        return Reply(SMALLTALK, ERASED[code], code, 1.0)

    async def forget(self, sender: str) -> None:
        """Erases a conversation."""
        with self._place(sender) as line:
            async with line.lock:
                self._languages.pop(sender, None)
                await asyncio.to_thread(self._store.forget, sender)

    async def move(self, sender: str, new: str) -> None:
        """Goes on with a conversation under another id."""
        with self._place(sender) as line:
            async with line.lock:
                await asyncio.to_thread(self._store.move, sender, new)

    @contextmanager
    def _place(self, sender: str) -> Iterator[_Line]:
        """A place among those who wait."""
        line = self._lines.setdefault(sender, _Line())
        if line.waiting >= self._most_waiting:
            raise BusyError("too_many_messages", TOO_FAST, 429, 2)
        if self._total >= self._most_at_once:
            self._leave(sender, line)
            raise BusyError("overloaded", "Many people are writing just now. Please try again in a moment.", 503, 3)
        line.waiting += 1
        self._total += 1
        try:
            yield line
        finally:
            line.waiting -= 1
            self._total -= 1
            self._leave(sender, line)

    def _leave(self, sender: str, line: _Line) -> None:
        """Drops a line in which nobody waits."""
        if line.waiting == 0 and self._lines.get(sender) is line:
            del self._lines[sender]
