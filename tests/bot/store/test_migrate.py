"""Migrations bring any earlier database to what the code expects, once, also with two servers at once."""

from __future__ import annotations

import contextlib
import sqlite3
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import create_engine, inspect, text
from sqlalchemy.engine import Connection
from sqlalchemy.exc import OperationalError, SQLAlchemyError

from bot.store.conversations import ConversationStore, Turn
from bot.store.database import CONVERSATIONS, METADATA, TELEGRAM_UPDATES, open_database
from bot.store.migrate import FOLDER, HEAD, revision
from bot.store.staff import StaffStore


def test_the_tables_are_those_of_the_code(database_url: str) -> None:
    engine = open_database(database_url)
    with engine.connect() as connection:
        assert compare_metadata(MigrationContext.configure(connection), METADATA) == []
        assert revision(connection) == HEAD == ScriptDirectory(str(FOLDER)).get_current_head()
    open_database(database_url)


def test_a_database_from_before_migrations_keeps_what_it_has(
    database_url: str, tmp_path_factory: pytest.TempPathFactory
) -> None:
    if database_url.startswith("sqlite"):
        Path(database_url.removeprefix("sqlite:///")).parent.mkdir(parents=True)
    engine = create_engine(database_url, future=True)
    METADATA.create_all(engine, tables=[CONVERSATIONS, TELEGRAM_UPDATES])
    with engine.begin() as connection:
        connection.execute(
            CONVERSATIONS.insert().values(sender="a", context='{"language": "fr"}', turns=1, updated=_now())
        )
    store = ConversationStore(open_database(database_url))
    assert store.context("a") == {"language": "fr"}
    store.record(Turn("a", "x", []), {"language": "en"})
    assert inspect(engine).has_table("staff")


@contextlib.contextmanager
def upgraded(database_url: str, revision: str) -> Iterator[Connection]:
    """A new database as an earlier version of the program left it."""
    if database_url.startswith("sqlite"):
        Path(database_url.removeprefix("sqlite:///")).parent.mkdir(parents=True, exist_ok=True)
    config = Config()
    config.set_main_option("script_location", str(FOLDER))
    with create_engine(database_url, future=True).begin() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, revision)
        yield connection


def test_the_log_of_an_earlier_version_goes_on(database_url: str) -> None:
    with upgraded(database_url, "0003") as connection:
        connection.execute(
            text("INSERT INTO audit (created, who, action, subject, reason) VALUES (:now, 'awa', 'edited', 'x', 'y')"),
            {"now": _now()},
        )
    store = StaffStore(open_database(database_url))
    with store.noting("ben", "edited", "x", "why", "{}"):
        pass
    assert [(line.who, line.reason, line.changes) for line in store.log()] == [("ben", "why", "{}"), ("awa", "y", "")]


def _now():
    from datetime import datetime

    return datetime.utcnow()


def test_two_servers_may_start_at_once(database_url: str) -> None:
    errors: list[Exception] = []

    def start() -> None:
        try:
            open_database(database_url)
        except SQLAlchemyError as error:
            errors.append(error)

    threads = [threading.Thread(target=start) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert errors == []


def test_what_an_earlier_server_wrote_reaches_the_inbox_and_leaves_the_log(database_url: str) -> None:
    from datetime import timedelta

    from alembic import command
    from alembic.config import Config
    from sqlalchemy import text

    from bot.store.inbox import Inbox
    from bot.store.staff import StaffStore

    if database_url.startswith("sqlite"):
        Path(database_url.removeprefix("sqlite:///")).parent.mkdir(parents=True)
    engine = create_engine(database_url, future=True)
    replies = {"old": '[{"kind": "unknown"}]', "fine": '[{"kind": "answer", "confidence": 0.9}]',
               "unsure": '[{"kind": "answer", "confidence": 0.3}]', "seen": '[{"kind": "fallback"}]'}  # fmt: skip
    config = Config()
    config.set_main_option("script_location", str(FOLDER))
    with engine.begin() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, "0002")
        for words, stored in replies.items():
            connection.execute(
                text("INSERT INTO turns (sender, created, text, replies) VALUES ('a', :now, :words, :stored)"),
                {"now": _now(), "words": words, "stored": stored},
            )
        connection.execute(
            text("INSERT INTO inbox_marks (text, state, who, created) VALUES ('seen', 'ignored', 'awa', :now)"),
            {"now": _now()},
        )
        connection.execute(
            text(
                "INSERT INTO audit (created, who, action, subject, reason) "
                "VALUES (:now, 'awa', 'inbox-ignored', 'seen', '')"
            ),
            {"now": _now()},
        )
    inbox = Inbox(open_database(database_url))
    assert [(item.text, item.why) for item in inbox.unanswered([], _now() - timedelta(days=1))] == [
        ("unsure", "unsure"), ("old", "unknown")
    ]  # fmt: skip
    assert [line.subject for line in StaffStore(engine).log()] == [""]


DIES = """
import os, sys
from sqlalchemy import create_engine, event
from bot.store import database, migrate

left = int(sys.argv[2])

def die(*_):
    global left
    left -= 1
    if left == 0:
        os._exit(9)

real = migrate._upgrade

def dying(connection):
    event.listen(connection, "before_cursor_execute", die)
    real(connection)

migrate._upgrade = dying
database.open_database(sys.argv[1])
"""


def from_the_first(database_url: str) -> None:
    with upgraded(database_url, "0001") as connection:
        connection.execute(
            CONVERSATIONS.insert().values(sender="a", context='{"language": "fr"}', turns=1, updated=_now())
        )


def test_a_server_that_dies_while_it_migrates_leaves_all_or_nothing(tmp_path: Path) -> None:
    for at in range(1, 40, 3):
        url = f"sqlite:///{tmp_path / f'{at}.sqlite3'}"
        from_the_first(url)
        done = subprocess.run([sys.executable, "-c", DIES, url, str(at)], check=False, timeout=60)
        assert ConversationStore(open_database(url)).context("a") == {"language": "fr"}
        if done.returncode == 0:
            break
    assert at > 12 and done.returncode == 0, "it was killed at every step, and lived when none was left"


@pytest.mark.parametrize("old", [True, False])
def test_many_processes_may_start_at_once(tmp_path: Path, old: bool) -> None:
    for round_ in range(2):
        url = f"sqlite:///{tmp_path / f'{round_}.sqlite3'}"
        if old:
            from_the_first(url)
        code = "import sys; from bot.store.database import open_database as o; o(sys.argv[1])"
        begun = [subprocess.Popen([sys.executable, "-c", code, url], stderr=subprocess.PIPE) for _ in range(5)]
        assert [one.communicate(timeout=90)[1].decode()[-300:] for one in begun if one.wait(90)] == []


def test_a_new_file_is_waited_for_while_another_process_writes_it(tmp_path: Path) -> None:
    """SQLite itself does not wait where the mode of the file is to change."""
    file = tmp_path / "new.sqlite3"
    with contextlib.closing(sqlite3.connect(file, check_same_thread=False, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        other.execute("CREATE TABLE other (id INTEGER)")
        done = threading.Timer(0.5, lambda: other.execute("COMMIT"))
        done.start()
        engine = open_database(f"sqlite:///{file}")
        done.join()
    with engine.connect() as connection:
        assert connection.exec_driver_sql("PRAGMA journal_mode").scalar() == "wal"


def test_a_file_that_stays_locked_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("bot.store.database.START_PATIENCE", 0.2)
    file = tmp_path / "new.sqlite3"
    with contextlib.closing(sqlite3.connect(file, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(OperationalError, match="locked"):
            open_database(f"sqlite:///{file}")
