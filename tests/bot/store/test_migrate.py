"""Migrations bring any earlier database to what the code expects, once, also with two servers at once."""

from __future__ import annotations

import threading

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import create_engine, inspect
from sqlalchemy.exc import SQLAlchemyError

from bot.store.conversations import ConversationStore, Turn
from bot.store.database import CONVERSATIONS, METADATA, TELEGRAM_UPDATES, open_database
from bot.store.migrate import FOLDER, HEAD, revision


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
