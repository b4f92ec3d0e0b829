"""The engine with the real model: swapping it under load, editing an answer while people chat."""

from __future__ import annotations

import asyncio
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from sqlalchemy.exc import OperationalError

from bot.conversations import Conversations
from bot.dialogue.generator import Reply
from bot.engine import EngineNotReadyError, InProcessEngine
from bot.messages import Message, message_from
from bot.store.conversations import ConversationStore
from bot.store.database import open_database
from bot.training.current import Edition


def store_in(folder: Path) -> ConversationStore:
    return ConversationStore(open_database(f"sqlite:///{folder / 'bot.sqlite3'}"))


def edition(root: Path, model: Path) -> Edition:
    return Edition(model, model.name, model.name, root / "knowledge", root / "thresholds.json")


def message(text: str, sender: str) -> Message:
    return message_from(sender=sender, text=text, channel="test", longest=1000)


async def test_without_a_model_it_says_that_it_is_not_ready(root: Path, tmp_path: Path) -> None:
    engine = InProcessEngine(root, store_in(tmp_path))
    with pytest.raises(EngineNotReadyError):
        await engine.reply(message("visa", "a"))


async def test_a_model_is_swapped_under_load_without_losing_a_message(
    root: Path, trained: Path, tmp_path: Path
) -> None:
    store = store_in(tmp_path)
    engine = InProcessEngine(root, store)
    await engine.load(edition(root, trained))
    desk = Conversations(engine, store, most_waiting=50, most_at_once=200)
    newer = tmp_path / "model-newer.tar.gz"
    shutil.copy(trained, newer)
    swapped = asyncio.Event()
    answered: list[list[Reply]] = []

    async def person(name: str) -> None:
        while not swapped.is_set() or len(answered) < 40:
            answered.append(await desk.handle(message("Who handles visas for Malians?", name)))

    people = [asyncio.create_task(person(f"p{number}")) for number in range(6)]
    await engine.load(edition(root, newer))
    swapped.set()
    await asyncio.gather(*people)
    assert engine.model == newer.name
    assert all(replies and replies[0].section == "consular" for replies in answered)
    assert sum(len(store.turns(f"p{number}", most=10_000)) for number in range(6)) == len(answered)


async def test_a_broken_model_leaves_the_running_one_in_place(root: Path, trained: Path, tmp_path: Path) -> None:
    engine = InProcessEngine(root, store_in(tmp_path))
    await engine.load(edition(root, trained))
    broken = tmp_path / "model-broken.tar.gz"
    broken.write_bytes(b"not a model")
    with pytest.raises(Exception):  # noqa: B017  (whatever Rasa raises)
        await engine.load(edition(root, broken))
    assert engine.model == trained.name
    assert await engine.reply(message("Who handles visas?", "a"))


async def test_the_apology_lists_the_sections_with_their_contacts(root: Path, tmp_path: Path) -> None:
    text = InProcessEngine(root, store_in(tmp_path)).apology("fr").text
    assert "+223 2070 2424" in text
    assert "Section consulaire" in text


def test_serving_never_imports_tensorflow(root: Path) -> None:
    code = "import bot.engine, sys; assert not getattr(sys.modules.get('tensorflow'), '__file__', None)"
    subprocess.run([sys.executable, "-c", code], cwd=root, check=True, timeout=120)


async def test_a_turn_that_cannot_be_stored_is_not_kept_in_memory_in_silence(
    root: Path, trained: Path, tmp_path: Path
) -> None:
    store = store_in(tmp_path)
    engine = InProcessEngine(root, store)
    await engine.load(edition(root, trained))
    desk = Conversations(engine, store, most_waiting=5, most_at_once=5)
    assert (await desk.handle(message("Who handles visas?", "a")))[0].kind == "answer"

    def full(*args: object) -> None:
        raise OperationalError("INSERT", {}, Exception("database or disk is full"))

    store.record = full  # type: ignore[method-assign]
    (reply,) = await desk.handle(message("Who handles visas?", "b"))
    assert reply.kind == "fallback" and "+223 2070 2424" in reply.text
    assert desk.storage_failed and desk.failures == 1
    del store.record  # type: ignore[method-assign]
    assert (await desk.handle(message("Who handles visas?", "b")))[0].kind == "answer"
    assert not desk.storage_failed and len(store.turns("b")) == 1
