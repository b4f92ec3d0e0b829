"""What is too old, or what somebody wants erased, is gone everywhere, on both databases."""

from __future__ import annotations

import asyncio
from datetime import datetime, timedelta
from pathlib import Path
from random import Random

from sqlalchemy import MetaData, func, select
from sqlalchemy.engine import Engine

from bot.settings import Settings
from bot.store.conversations import ConversationStore, Turn
from bot.store.database import CONVERSATIONS, FEEDBACK, INBOX_MARKS, TELEGRAM_UPDATES, TURNS, open_database
from bot.store.feedback import Feedback, FeedbackStore
from bot.store.inbox import DONE, IGNORED, Inbox
from bot.store.retention import Retention
from bot.store.updates import UpdateStore

NOON = datetime(2026, 11, 24, 12)
LATER = NOON + timedelta(days=1)


def say(engine: Engine, sender: str, text: str, when: datetime = NOON) -> None:
    turn = Turn(sender, text, [{"kind": "unknown", "text": f"reply to {text}"}], f"m-{text}", "web", "en")
    ConversationStore(engine).record(turn, {"about": text}, when)


def mark(engine: Engine, text: str, state: str) -> None:
    items = [item for item in Inbox(engine).unanswered([], NOON - timedelta(days=9)) if item.text == text]
    Inbox(engine).mark(items, state, "awa", NOON, vectors={text: b"\x00\x01"})


def count(engine: Engine, *tables: object) -> list[int]:
    with engine.connect() as connection:
        return [connection.execute(select(func.count()).select_from(table)).scalar_one() for table in tables]


def words_in(engine: Engine, word: str) -> list[str]:
    """Every table and column of the database that holds a word."""
    found = []
    tables = MetaData()
    tables.reflect(engine)
    with engine.connect() as connection:
        for table in tables.sorted_tables:
            for row in connection.execute(select(table)).mappings():
                found += [f"{table.name}.{name}" for name, value in row.items() if word in str(value)]
    return found


def test_old_things_are_gone_and_new_ones_stay(engine: Engine) -> None:
    say(engine, "old", "old question")
    say(engine, "new", "new question", LATER)
    FeedbackStore(engine).record(Feedback("old", "m", 0, True), NOON)
    updates = UpdateStore(engine)
    updates.keep(1, "7", {"text": "old question"}, NOON)
    updates.keep(2, "8", {"text": "new one"}, LATER)
    assert Retention(engine).erase_before(NOON + timedelta(hours=1)) == 1
    assert count(engine, TURNS, CONVERSATIONS, FEEDBACK, TELEGRAM_UPDATES) == [1, 1, 0, 1]
    assert words_in(engine, "old question") == []


def test_what_staff_said_of_an_old_question_loses_its_words_but_stays_ignored(engine: Engine) -> None:
    say(engine, "a", "football tonight")
    say(engine, "a", "swimming pool")
    say(engine, "b", "asked on both days")
    for text, state in (("football tonight", IGNORED), ("swimming pool", DONE), ("asked on both days", IGNORED)):
        mark(engine, text, state)
    say(engine, "b", "asked on both days, again", LATER)
    say(engine, "c", "asked on both days", LATER)
    Retention(engine).erase_before(NOON + timedelta(hours=1))
    assert words_in(engine, "football") == words_in(engine, "swimming") == []
    assert count(engine, INBOX_MARKS) == [2]
    ignored = {item.text: item.vector for item in Inbox(engine).ignored()}
    assert ignored == {"": b"\x00\x01", "asked on both days": b"\x00\x01"}
    say(engine, "d", "football tonight", LATER)
    assert "football tonight" not in [item.text for item in Inbox(engine).unanswered([], NOON)]


def test_forgetting_a_conversation_leaves_no_word_of_it_anywhere(engine: Engine) -> None:
    for sender in ("me", "other"):
        say(engine, sender, "shared question")
    say(engine, "me", "my secret")
    say(engine, "me", "my other secret")
    FeedbackStore(engine).record(Feedback("me", "m-my secret", 0, False, "a secret reason", "press.phone"), NOON)
    FeedbackStore(engine).record(Feedback("other", "m-shared question", 0, False, "", "press.phone"), NOON)
    for text, state in (("my secret", IGNORED), ("my other secret", DONE), ("shared question", IGNORED)):
        mark(engine, text, state)
    ConversationStore(engine).forget("me")
    assert words_in(engine, "secret") == []
    assert count(engine, TURNS, CONVERSATIONS, FEEDBACK) == [1, 1, 1]
    assert sorted(item.text for item in Inbox(engine).ignored()) == ["", "shared question"]


def test_of_an_answered_update_only_its_number_stays(engine: Engine) -> None:
    updates = UpdateStore(engine)
    updates.keep(1, "4711", {"text": "my secret"}, NOON)
    updates.keep(2, "4711", None, NOON)
    updates.keep(3, "4711", {"text": "my secret"}, NOON)
    updates.done(1)
    updates.set_aside(3)
    updates.forget("4711")
    assert words_in(engine, "4711") == words_in(engine, "secret") == []
    assert not updates.keep(1, "4711", {"text": "again"}), "and it is not answered again"


async def test_a_server_erases_by_itself_what_its_retention_allows_no_longer(database_url: str, root: Path) -> None:
    from bot.app import FrontDesk

    now = datetime.utcnow()
    engine = open_database(database_url)
    say(engine, "old", "asked a week and a minute ago", now - timedelta(days=7, minutes=1))
    say(engine, "new", "asked almost a week ago", now - timedelta(days=6, hours=23))
    desk = FrontDesk(Settings(root=root, database_url=database_url, retention_days=7))
    task = asyncio.create_task(desk.forget_old())
    while count(engine, TURNS) != [1]:
        await asyncio.sleep(0.02)
    task.cancel()
    assert words_in(engine, "a week and a minute") == []


def test_what_is_forgotten_leaves_the_disk_too(tmp_path: Path) -> None:
    engine = open_database(f"sqlite:///{tmp_path / 'bot.sqlite3'}")
    for number in range(20):
        say(engine, "who-leaves", f"xyzzy {number}")
        say(engine, "who-stays", f"plover {number}")
    UpdateStore(engine).keep(1, "7", {"text": "xyzzy"}, NOON)
    UpdateStore(engine).done(1)

    def on_disk(word: bytes) -> int:
        return sum(path.read_bytes().count(word) for path in tmp_path.iterdir())

    assert on_disk(b"xyzzy") and on_disk(b"plover")
    ConversationStore(engine).forget("who-leaves")
    assert on_disk(b"xyzzy") == 0 and on_disk(b"plover")
    Retention(engine).erase_before(LATER)
    assert on_disk(b"plover") == 0


def test_what_moved_between_the_pages_of_the_file_is_gone_too(tmp_path: Path) -> None:
    engine = open_database(f"sqlite:///{tmp_path / 'bot.sqlite3'}")
    # Lengths and order for which SQLite moves a row beside one that it deletes, and leaves a copy where it was.
    chance = Random(11)
    for number in range(chance.randint(10, 150)):
        who = chance.choice(["xyzzy ", "plover "])
        text, reply = who * chance.choice([1, 10, 100]), {"kind": "unknown", "text": who * 50}
        ConversationStore(engine).record(Turn(who, text, [reply], f"update-{number}", "telegram", "en"), {"about": who})
    ConversationStore(engine).forget("xyzzy ")
    assert b"xyzzy" not in (tmp_path / "bot.sqlite3").read_bytes()
