"""Brings a database's tables up to date when a server starts."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Iterator
from pathlib import Path

from sqlalchemy import inspect, text
from sqlalchemy.engine import Connection, Engine

FOLDER = Path(__file__).parent / "migrations"
HEAD = "0004"
"""The newest revision: a database that has it needs nothing, and Alembic is not even imported."""

LOCK = 7_046_029_254
"""Any number, the same in every server: two that start at once migrate one after the other (PostgreSQL)."""

PATIENCE = 60_000
"""Milliseconds that a server waits for another one that migrates (SQLite)."""

_alone = threading.Lock()


def migrate(engine: Engine) -> None:
    """Runs the migrations that a database has not seen; all of them or none.

    Raises:
        sqlalchemy.exc.SQLAlchemyError: The database cannot be reached or changed.
    """
    with engine.connect() as connection:
        if revision(connection) == HEAD:
            return
    with _alone, engine.connect() as connection, _held(connection):
        if revision(connection) != HEAD:
            _upgrade(connection)


@contextlib.contextmanager
def _held(connection: Connection) -> Iterator[None]:
    """One transaction around all that is changed, with nobody else beside it in whatever process."""
    if connection.dialect.name != "sqlite":
        with connection.begin():
            if connection.dialect.name == "postgresql":
                connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": LOCK})
            yield
        return
    (patience,) = connection.exec_driver_sql("PRAGMA busy_timeout").one()
    connection.exec_driver_sql(f"PRAGMA busy_timeout={PATIENCE}")
    try:
        # Python's driver begins a transaction before rows are changed, but not before tables are: without this, a
        # server that dies in between would leave half of them.
        connection.exec_driver_sql("BEGIN IMMEDIATE")
        yield
        connection.commit()
    finally:
        connection.rollback()
        connection.exec_driver_sql(f"PRAGMA busy_timeout={patience}")


def revision(connection: Connection) -> str | None:
    """The revision that a database is at, None for an empty one."""
    if not inspect(connection).has_table("alembic_version"):
        return None
    found = connection.execute(text("SELECT version_num FROM alembic_version")).scalar()
    return None if found is None else str(found)


def _upgrade(connection: Connection) -> None:
    from alembic import command
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(FOLDER))
    config.attributes["connection"] = connection
    command.upgrade(config, "head")
