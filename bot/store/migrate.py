"""Brings a database's tables up to date when a server starts."""

from __future__ import annotations

import threading
from pathlib import Path

from sqlalchemy import inspect, text
from sqlalchemy.engine import Connection, Engine

FOLDER = Path(__file__).parent / "migrations"
HEAD = "0004"
"""The newest revision: a database that has it needs nothing, and Alembic is not even imported."""

LOCK = 7_046_029_254
"""Any number, the same in every server: two that start at once migrate one after the other (PostgreSQL)."""

_alone = threading.Lock()


def migrate(engine: Engine) -> None:
    """Runs the migrations that a database has not seen; all of them or none.

    Raises:
        sqlalchemy.exc.SQLAlchemyError: The database cannot be reached or changed.
    """
    with _alone, engine.begin() as connection:
        if engine.dialect.name == "postgresql":
            connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": LOCK})
        if revision(connection) != HEAD:
            _upgrade(connection)


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
