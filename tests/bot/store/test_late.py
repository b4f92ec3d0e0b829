"""A database that is not there when the server starts."""

from __future__ import annotations

import asyncio
import errno
import sqlite3
import time
from pathlib import Path

import pytest
from sqlalchemy import text
from sqlalchemy.exc import OperationalError

import bot.store.late
from bot.settings import SettingsError
from bot.store.conversations import ConversationStore, Turn
from bot.store.database import bring_up_to_date
from bot.store.failures import cause, explained, is_full
from bot.store.late import LateDatabase
from bot.tasks import end
from tests.bot.store.away import CutLine


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bot.store.late, "SECONDS_UNTIL_NEXT_TRY", 0.05)


def blocked(folder: Path) -> tuple[Path, str]:
    """A folder that stands where SQLite's file would be, and the file's address."""
    file = folder / "bot.sqlite3"
    file.mkdir()
    return file, f"sqlite:///{file}"


async def test_it_is_migrated_as_soon_as_it_is_there(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    file, url = blocked(tmp_path)
    late = LateDatabase(url)
    assert not late.is_ready and "unable to open database file" in caplog.text
    store = ConversationStore(late.engine)
    waiting = asyncio.create_task(late.until_ready())
    await asyncio.sleep(0.3)
    with pytest.raises(OperationalError):
        store.context("a")
    file.rmdir()
    await asyncio.wait_for(waiting, 10)
    store.record(Turn("a", "hello", [{"text": "hi"}]), {"language": "en"})
    assert late.is_ready and store.problem() == ""
    assert caplog.text.count("unable to open database file") == 1  # not again with each try
    late.engine.dispose()


async def test_nobody_gets_at_old_tables(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    url = f"sqlite:///{tmp_path / 'bot.sqlite3'}"

    def fails(engine: object) -> None:
        raise OperationalError(None, None, sqlite3.OperationalError("database or disk is full"))

    monkeypatch.setattr(bot.store.late, "bring_up_to_date", fails)
    late = LateDatabase(url)
    with pytest.raises(OperationalError) as refused:
        late.engine.connect()
    assert is_full(refused.value) and ConversationStore(late.engine).problem() == "the disk is full"
    assert not (tmp_path / "bot.sqlite3").exists()
    monkeypatch.setattr(bot.store.late, "bring_up_to_date", bring_up_to_date)
    await asyncio.wait_for(late.until_ready(), 10)
    late.engine.dispose()


async def test_a_stop_ends_the_waiting(tmp_path: Path) -> None:
    waiting = asyncio.create_task(LateDatabase(blocked(tmp_path)[1]).until_ready())
    await asyncio.sleep(0.2)
    await asyncio.wait_for(end(waiting), 5)


async def test_a_server_that_comes_later(postgresql: str, unused_tcp_port: int) -> None:
    import psycopg2

    name = f"late_{unused_tcp_port}"
    connection = psycopg2.connect(f"{postgresql}/postgres")
    connection.autocommit = True
    connection.cursor().execute(f"CREATE DATABASE {name}")
    connection.close()
    line = CutLine(f"{postgresql}/{name}", unused_tcp_port)
    late = LateDatabase(line.url)
    store = ConversationStore(late.engine)
    began = time.monotonic()
    assert store.problem() == "the database cannot be reached" and time.monotonic() - began < 0.5
    await line.come_back()
    await asyncio.wait_for(late.until_ready(), 20)
    assert await asyncio.to_thread(store.problem) == ""
    await asyncio.to_thread(late.engine.dispose)
    await line.go()


def test_an_account_that_is_not_let_in_ends_the_start(postgresql: str) -> None:
    with pytest.raises(SettingsError, match=r"stranger:\*\*\*@127\.0\.0\.1.*Correct DATABASE_URL") as refused:
        LateDatabase(postgresql.replace("tests@", "stranger:secret@") + "/postgres")
    assert "secret" not in str(refused.value)


@pytest.mark.parametrize(
    ("url", "words"),
    [
        ("postgres://bot:secret@host/bot", "begins with 'postgres', for which there is no driver"),
        ("mysql://bot:secret@host/bot", "a driver that is not installed"),
        ("postgresql://bot:secret@host:port/bot", "cannot be read"),
        ("postgresql://bot:secret@127.0.0.1:1/bot?nonsense=1", "nonsense"),
        ("sqlite:////dev/null/bot.sqlite3", "Correct DATABASE_URL"),
    ],
)
def test_what_no_waiting_mends_is_said_at_once(url: str, words: str) -> None:
    with pytest.raises(SettingsError, match=words) as refused:
        LateDatabase(url)
    assert "secret" not in str(refused.value) and "\n" not in str(refused.value)


def test_a_database_of_a_newer_program_is_left_alone(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'bot.sqlite3'}"
    late = LateDatabase(url)
    with late.engine.begin() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    late.engine.dispose()
    with pytest.raises(SettingsError, match="a newer version of this program used it"):
        LateDatabase(url)


def test_a_full_disk_is_told_from_a_database_that_is_away() -> None:
    full = OperationalError("INSERT", {}, sqlite3.OperationalError("database or disk is full"))
    assert is_full(full) and is_full(OSError(errno.ENOSPC, "No space left on device"))
    assert "Free space" in explained("sqlite:///var/bot.sqlite3", full)
    away = OperationalError("SELECT", {}, Exception("Connection\n\tto db.example.org refused"))
    assert not is_full(away) and cause(away) == "the database cannot be reached"
    assert "\n" not in explained("postgresql://bot:secret@host/bot?password=secret", away)
    assert "secret" not in explained("postgresql://bot:secret@host/bot?password=secret", away)
