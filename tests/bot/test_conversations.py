from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy.exc import OperationalError

from bot.conversations import BusyError, Conversations
from bot.dialogue.generator import Reply
from bot.engine import EngineNotReadyError
from bot.limits import LocalLimiter, Rate
from bot.messages import Message, message_from
from bot.store.conversations import ConversationStore, Turn
from bot.store.database import open_database


class SlowEngine:
    """Answers with the text it was given, after a while; notes who was answered when."""

    model: str | None = "slow"
    published: frozenset[str] = frozenset()

    def __init__(self, store: ConversationStore, seconds: float = 0.02) -> None:
        self.store = store
        self.seconds = seconds
        self.log: list[str] = []
        self.running = 0
        self.most_running = 0
        self.failure: Exception | None = None
        self.silent = False

    async def load(self, model: Path) -> None:
        """Nothing to load."""

    def apology(self, language: str) -> Reply:
        return Reply("fallback", "sorry", language or "fr", 0.0)

    async def reply(self, message: Message) -> list[Reply]:
        if self.failure:
            raise self.failure
        self.running += 1
        self.most_running = max(self.most_running, self.running)
        self.log.append(f"begin {message.text}")
        await asyncio.sleep(self.seconds)
        self.log.append(f"end {message.text}")
        self.running -= 1
        replies = [] if self.silent else [Reply("answer", message.text, "en", 1.0)]
        stored = [reply.as_dict() for reply in replies]
        self.store.record(Turn(message.sender, message.text, stored, message_id=message.id), {})
        return replies


@pytest.fixture
def engine() -> SlowEngine:
    return SlowEngine(ConversationStore(open_database("sqlite://")))


def desk(engine: SlowEngine, waiting: int = 20, at_once: int = 100, **more: Any) -> Conversations:
    return Conversations(engine, engine.store, most_waiting=waiting, most_at_once=at_once, **more)


def message(text: str, sender: str = "a", name: str | None = None) -> Message:
    return Message(sender, text, "test", name)


async def test_messages_of_one_conversation_are_answered_one_after_the_other(engine: SlowEngine) -> None:
    conversations = desk(engine)
    texts = [str(number) for number in range(6)]
    await asyncio.gather(*(conversations.handle(message(text)) for text in texts))
    assert engine.log == [f"{step} {text}" for text in texts for step in ("begin", "end")]


async def test_a_slow_conversation_does_not_hold_up_another(engine: SlowEngine) -> None:
    conversations = desk(engine)
    await asyncio.gather(*(conversations.handle(message(name, name)) for name in "abcd"))
    assert engine.most_running == 4


async def test_two_messages_at_once_are_both_stored_in_order(engine: SlowEngine) -> None:
    conversations = desk(engine)
    await asyncio.gather(conversations.handle(message("one")), conversations.handle(message("two")))
    assert [turn.text for turn in engine.store.turns("a")] == ["one", "two"]


async def test_a_repeat_gets_the_first_replies_even_while_the_first_is_under_way(engine: SlowEngine) -> None:
    conversations = desk(engine)
    first, second = await asyncio.gather(
        conversations.handle(message("once", name="id-1")), conversations.handle(message("once", name="id-1"))
    )
    assert first == second
    assert engine.log == ["begin once", "end once"]


async def test_too_many_messages_of_one_person_are_refused_with_429(engine: SlowEngine) -> None:
    conversations = desk(engine, waiting=3)
    results = await asyncio.gather(
        *(conversations.handle(message(str(number))) for number in range(5)), return_exceptions=True
    )
    refused = [error for error in results if isinstance(error, BusyError)]
    assert [error.status for error in refused] == [429, 429]
    assert all(error.retry_after > 0 for error in refused)


async def test_who_writes_on_without_waiting_for_the_replies_is_held_back(engine: SlowEngine) -> None:
    conversations = desk(engine, limiter=LocalLimiter(), rate=Rate(a_second=0.1, burst=2))
    results = await asyncio.gather(
        *(conversations.handle(message(str(number))) for number in range(6)), return_exceptions=True
    )
    refused = [error for error in results if isinstance(error, BusyError)]
    assert [(error.status, error.retry_after) for error in refused] == [(429, 10)] * 3
    assert await conversations.handle(message("another person", "b"))


async def test_who_asks_one_question_after_another_as_the_replies_come_never_is(engine: SlowEngine) -> None:
    engine.seconds = 0
    conversations = desk(engine, limiter=LocalLimiter(), rate=Rate(a_second=0.01, burst=1))
    for number in range(300):
        assert await conversations.handle(message(str(number)))


async def test_too_many_messages_altogether_are_refused_with_503(engine: SlowEngine) -> None:
    conversations = desk(engine, at_once=4)
    results = await asyncio.gather(
        *(conversations.handle(message("x", str(number))) for number in range(6)), return_exceptions=True
    )
    assert [error.status for error in results if isinstance(error, BusyError)] == [503, 503]


async def test_the_queue_is_empty_again_after_a_failure(engine: SlowEngine) -> None:
    conversations = desk(engine, waiting=1)
    engine.failure = RuntimeError("broken")
    for _ in range(3):
        with pytest.raises(RuntimeError):
            await conversations.handle(message("x"), comes_back=True)
    engine.failure = None
    assert await conversations.handle(message("y"))
    assert not conversations._lines


async def test_who_is_turned_away_leaves_nothing_behind(engine: SlowEngine) -> None:
    conversations = desk(engine, at_once=1)
    await asyncio.gather(
        *(conversations.handle(message("x", str(number))) for number in range(50)), return_exceptions=True
    )
    assert not conversations._lines


async def test_an_engine_that_fails_gives_an_apology_and_the_next_message_is_answered(engine: SlowEngine) -> None:
    conversations = desk(engine)
    engine.failure = ArithmeticError("poison")
    assert [reply.text for reply in await conversations.handle(message("x"))] == ["sorry"]
    assert conversations.failures == 1
    engine.failure = None
    assert [reply.text for reply in await conversations.handle(message("y"))] == ["y"]


async def test_an_engine_that_hangs_gives_everybody_an_apology_in_time_and_goes_on_when_it_can(
    engine: SlowEngine,
) -> None:
    conversations = desk(engine, patience=0.5)
    engine.seconds = 3600
    began = asyncio.get_running_loop().time()
    people = [message("x", sender, name) for sender in "ab" for name in ("1", "2", "3")]
    replies = await asyncio.gather(*(conversations.handle(person) for person in people))
    # Those who wait behind the first one of their conversation wait no longer than it does.
    assert asyncio.get_running_loop().time() - began < 5
    assert [reply.text for (reply,) in replies] == ["sorry"] * 6
    assert conversations.failures == 6
    engine.seconds = 0
    assert [reply.text for reply in await conversations.handle(message("x", "a", "2"))] == ["x"]


async def test_while_a_model_is_coming_the_channel_hears_so_and_otherwise_the_person_whom_to_ask(
    engine: SlowEngine,
) -> None:
    coming = True
    conversations = desk(engine, model_is_coming=lambda: coming)
    engine.failure = EngineNotReadyError()
    with pytest.raises(EngineNotReadyError):
        await conversations.handle(message("x"))
    coming = False
    for comes_back in (False, True):
        replies = await conversations.handle(message("x"), comes_back=comes_back)
        assert [reply.text for reply in replies] == ["sorry"]
    assert conversations.failures == 2


async def test_two_servers_that_get_the_same_message_at_once_give_the_same_reply(engine: SlowEngine) -> None:
    class Naming(SlowEngine):
        async def reply(self, message: Message) -> list[Reply]:
            await asyncio.sleep(self.seconds)
            reply = Reply("answer", str(id(self)), "en", 1.0)
            self.store.record(Turn(message.sender, message.text, [reply.as_dict()], message_id=message.id), {})
            return [reply]

    servers = [desk(Naming(engine.store, seconds)) for seconds in (0.02, 0.05)]
    first, second = await asyncio.gather(*(server.handle(message("once", name="id-1")) for server in servers))
    assert first == second
    assert len(engine.store.turns("a")) == 1
    assert [server.failures for server in servers] == [0, 0]


async def test_a_dead_database_gets_an_apology_and_is_counted(engine: SlowEngine) -> None:
    conversations = desk(engine)
    engine.failure = OperationalError("insert", {}, Exception("disk is full"))
    replies = await conversations.handle(message("x"))
    assert [reply.text for reply in replies] == ["sorry"]
    assert conversations.failures > 0


@pytest.mark.parametrize(
    ("text", "wish", "language"),
    [
        ("who handles visas?", None, "en"),
        ("qui s'occupe des visas ?", None, "fr"),
        ("who handles visas?", "fr", "en"),
        ("visa", "en", "en"),
        ("ok", None, "fr"),
        ("ok", "en-GB", "en"),
    ],
)
async def test_an_apology_is_in_the_language_of_the_message(
    engine: SlowEngine, text: str, wish: str | None, language: str
) -> None:
    engine.failure = OperationalError("insert", {}, Exception("gone"))
    metadata = {"language": wish} if wish else {}
    (reply,) = await desk(engine).handle(Message("new", text, "rest", metadata=metadata))
    assert reply.language == language


async def test_an_apology_stays_in_the_language_of_a_conversation_where_the_message_tells_none(
    engine: SlowEngine,
) -> None:
    conversations = desk(engine)
    await conversations.handle(message("hello"))
    engine.failure = OperationalError("insert", {}, Exception("gone"))
    assert [reply.language for reply in await conversations.handle(message("ok"))] == ["en"]


async def test_silence_of_the_engine_becomes_an_apology(engine: SlowEngine) -> None:
    engine.silent = True
    assert [reply.kind for reply in await desk(engine).handle(message("x"))] == ["fallback"]


async def test_a_forgotten_conversation_is_gone(engine: SlowEngine) -> None:
    conversations = desk(engine)
    await conversations.handle(message("secret"))
    await conversations.forget("a")
    assert engine.store.turns("a") == []
    assert engine.store.context("a") is None


async def test_who_types_forget_is_erased_and_told_so_in_their_language(engine: SlowEngine) -> None:
    conversations = desk(engine)
    await conversations.handle(Message("a", "first", "rest"))
    await conversations.handle(Message("b", "other", "rest"))
    typed = message_from(sender="a", text=" /Forget ", channel="rest", longest=100, message_id="1")
    replies = await conversations.handle(typed)
    assert [(reply.kind, reply.language) for reply in replies] == [("smalltalk", "en")]
    assert "erased" in replies[0].text
    assert engine.store.turns("a") == [] and engine.store.context("a") is None
    assert [turn.text for turn in engine.store.turns("b")] == ["other"]
    asked_first = message_from(sender="telegram:1", text="/forget", channel="telegram", longest=100)
    assert asked_first.text == "forget", "Telegram asks before it erases"
    (told,) = await conversations.handle(Message("new", "/forget", "rest", metadata={"language": "en"}))
    assert told.language == "en" and engine.store.turns("new") == []
