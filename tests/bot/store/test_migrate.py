"""Migrations bring any earlier database to what the code expects, once, also with two servers at once."""

from __future__ import annotations

import threading

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import create_engine, inspect, text
from sqlalchemy.exc import SQLAlchemyError

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
    from pathlib import Path

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


def test_the_log_of_an_earlier_version_goes_on(database_url: str) -> None:
    from pathlib import Path

    if database_url.startswith("sqlite"):
        Path(database_url.removeprefix("sqlite:///")).parent.mkdir(parents=True)
    config = Config()
    config.set_main_option("script_location", str(FOLDER))
    with create_engine(database_url, future=True).begin() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, "0003")
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
    from pathlib import Path

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
