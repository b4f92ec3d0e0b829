"""The database: one engine, one schema, SQLite by default."""

from __future__ import annotations

import logging
import random
import sqlite3
import time
from pathlib import Path

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    DateTime,
    Float,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    Text,
    UniqueConstraint,
    create_engine,
    event,
    text,
)
from sqlalchemy.engine import URL, Engine, make_url
from sqlalchemy.exc import ArgumentError, NoSuchModuleError, SQLAlchemyError
from sqlalchemy.pool import QueuePool, StaticPool

from bot.settings import SettingsError
from bot.store.failures import shown
from bot.store.migrate import migrate

logger = logging.getLogger(__name__)

METADATA = MetaData()

CONVERSATIONS = Table(
    "conversations",
    METADATA,
    Column("sender", String(200), primary_key=True),
    Column("context", Text, nullable=False),
    Column("turns", Integer, nullable=False, default=0),
    Column("updated", DateTime, nullable=False, index=True),
)

TURNS = Table(
    "turns",
    METADATA,
    Column("id", Integer, primary_key=True, autoincrement=True),
    Column("sender", String(200), nullable=False),
    Column("message_id", String(100)),
    Column("channel", String(40)),
    Column("created", DateTime, nullable=False, index=True),
    Column("text", Text, nullable=False),
    Column("language", String(8)),
    Column("intent", String(120)),
    Column("confidence", Float),
    Column("replies", Text, nullable=False),
    Column("seconds", Float),
    Column("trouble", String(10), nullable=False, default="", server_default=""),
    UniqueConstraint("sender", "message_id", name="one_reply_a_message"),
    Index("turns_of_a_sender", "sender", "id"),
    Index("turns_in_trouble", "trouble", "created"),
)

FEEDBACK = Table(
    "feedback",
    METADATA,
    Column("id", Integer, primary_key=True, autoincrement=True),
    Column("sender", String(200), nullable=False),
    Column("message_id", String(100), nullable=False),
    Column("item", Integer, nullable=False),
    Column("helpful", Boolean, nullable=False),
    Column("reason", Text, nullable=False, default=""),
    Column("entry", String(120), index=True),
    Column("language", String(8)),
    Column("channel", String(40)),
    Column("created", DateTime, nullable=False, index=True),
    UniqueConstraint("sender", "message_id", "item", name="one_thumb_a_reply"),
)

TELEGRAM_UPDATES = Table(
    "telegram_updates",
    METADATA,
    Column("update_id", BigInteger, primary_key=True, autoincrement=False),
    Column("chat", String(40), nullable=False, index=True),
    Column("state", String(10), nullable=False, index=True),
    Column("payload", Text),
    Column("tries", Integer, nullable=False, default=0),
    Column("sent", Integer, nullable=False, default=0),
    Column("created", DateTime, nullable=False, index=True),
)

STAFF = Table(
    "staff",
    METADATA,
    Column("id", Integer, primary_key=True, autoincrement=True),
    Column("name", String(60), nullable=False, unique=True),
    Column("password", String(200), nullable=False),
    Column("role", String(20), nullable=False),
    Column("language", String(8), nullable=False),
    Column("created", DateTime, nullable=False),
    Column("one_time_until", DateTime),
)

STAFF_SESSIONS = Table(
    "staff_sessions",
    METADATA,
    Column("token", String(64), primary_key=True),
    Column("staff_id", Integer, nullable=False, index=True),
    Column("csrf", String(64), nullable=False),
    Column("used", DateTime, nullable=False),
    Column("expires", DateTime, nullable=False, index=True),
)

AUDIT = Table(
    "audit",
    METADATA,
    Column("id", Integer, primary_key=True, autoincrement=True),
    Column("created", DateTime, nullable=False, index=True),
    Column("who", String(60), nullable=False),
    Column("action", String(40), nullable=False),
    Column("subject", String(200), nullable=False),
    Column("reason", Text, nullable=False),
    Column("changes", Text, nullable=False, server_default=""),
)

INBOX_MARKS = Table(
    "inbox_marks",
    METADATA,
    Column("id", Integer, primary_key=True, autoincrement=True),
    Column("text", Text, nullable=False),
    Column("digest", String(64), nullable=False, index=True, default="", server_default=""),
    Column("state", String(20), nullable=False, index=True),
    Column("who", String(60), nullable=False),
    Column("created", DateTime, nullable=False),
    Column("entry", String(120)),
    Column("asked", DateTime),
    Column("vector", LargeBinary),
)

SIGN_IN_ATTEMPTS = Table(
    "sign_in_attempts",
    METADATA,
    Column("id", Integer, primary_key=True, autoincrement=True),
    Column("who", String(64), nullable=False),
    Column("created", DateTime, nullable=False, index=True),
    Index("attempts_of_somebody", "who", "created"),
)

SECRETS = Table(
    "secrets",
    METADATA,
    Column("name", String(40), primary_key=True),
    Column("value", String(200), nullable=False),
)

PATIENCE = {
    "connect_timeout": 3,
    "tcp_user_timeout": 10_000,
    "keepalives_idle": 10,
    "keepalives_interval": 3,
    "keepalives_count": 3,
}
"""How long a PostgreSQL behind a dead line is waited for (seconds; ``tcp_user_timeout`` in milliseconds)."""

START_PATIENCE = 10.0
"""Seconds that a new SQLite file is waited for while other processes prepare it, too."""

EXAMPLES = "It must look like 'sqlite:///var/bot.sqlite3' or 'postgresql://user:password@host/name'."


def open_database(url: str) -> Engine:
    """Connects, and brings the tables up to date.

    Raises:
        SettingsError: The address cannot be used, or the database is newer than the program.
        sqlalchemy.exc.SQLAlchemyError: The database cannot be reached or changed.
        OSError: The folder of its file cannot be made.
    """
    engine = engine_of(url)
    bring_up_to_date(engine)
    return engine


def engine_of(url: str) -> Engine:
    """An engine that has not connected yet.

    SQLite writes ahead (WAL), so that readers and the writer do not wait for each other, and waits at most two seconds
    for a lock. PostgreSQL is given up where it stays silent: see ``PATIENCE``.

    Raises:
        SettingsError: The address cannot be read, or there is no driver for it; the message repeats no password.
    """
    try:
        backend = make_url(url).get_backend_name()
        return _sqlite(url) if backend == "sqlite" else _server(url, backend)
    except NoSuchModuleError as error:
        why = f"begins with '{url.partition(':')[0]}', for which there is no driver"
        raise SettingsError(f"DATABASE_URL {why}. {EXAMPLES}") from error
    except ImportError as error:
        raise SettingsError(f"DATABASE_URL needs a driver that is not installed ({error}). {EXAMPLES}") from error
    except (ArgumentError, ValueError) as error:
        raise SettingsError(f"DATABASE_URL cannot be read. {EXAMPLES}") from error


def _server(url: str, backend: str) -> Engine:
    patience = PATIENCE if backend == "postgresql" else {}
    return create_engine(url, future=True, pool_pre_ping=True, connect_args=patience, hide_parameters=True)


def _sqlite(url: str) -> Engine:
    engine = create_engine(
        url,
        future=True,
        hide_parameters=True,  # what people type stands among them, and errors go into the log
        poolclass=QueuePool if _file_of(make_url(url)) else StaticPool,
        connect_args={"check_same_thread": False, "timeout": 2.0},
    )

    @event.listens_for(engine, "connect")
    def _configure(connection: sqlite3.Connection, record: object) -> None:
        cursor = connection.cursor()
        _write_ahead(cursor)
        cursor.execute("PRAGMA synchronous=NORMAL")
        cursor.execute("PRAGMA secure_delete=ON")
        cursor.close()

    return engine


def _write_ahead(cursor: sqlite3.Cursor) -> None:
    """Turns WAL on where it is not; a file remembers it.

    SQLite does not wait for a lock here, since two that turn it on at once would wait for each other: one is told
    "locked" at once (https://www.sqlite.org/wal.html, "Sometimes Queries Return SQLITE_BUSY In WAL Mode").

    Raises:
        sqlite3.OperationalError: Others held the file all of ``START_PATIENCE``.
    """
    deadline = time.monotonic() + START_PATIENCE
    while True:
        try:
            if cursor.execute("PRAGMA journal_mode").fetchone() != ("wal",):
                cursor.execute("PRAGMA journal_mode=WAL")
            return
        except sqlite3.OperationalError as error:
            if "locked" not in str(error) or time.monotonic() > deadline:
                raise
            time.sleep(random.uniform(0.01, 0.05))


def _file_of(url: URL) -> Path | None:
    """SQLite's file; None for another database, or one in memory."""
    in_memory = url.get_backend_name() != "sqlite" or url.database in (None, "", ":memory:")
    return None if in_memory else Path(str(url.database))


def bring_up_to_date(engine: Engine) -> None:
    """Makes the folder of SQLite's file and runs the migrations; errors are those of :func:`open_database`."""
    file = _file_of(engine.url)
    if file is not None:
        file.parent.mkdir(parents=True, exist_ok=True)
    try:
        migrate(engine)
    except Exception as error:
        # Alembic is only loaded where there is something to migrate.
        if type(error).__module__.partition(".")[0] != "alembic":
            raise
        raise SettingsError(
            f"The database {shown(engine.url)} cannot be brought up to date ({error}): a newer version of this program "
            "used it. Run that version, or name another database in DATABASE_URL."
        ) from error


def leave_no_trace(engine: Engine) -> None:
    """What was erased leaves the disk, too: SQLite would keep it in the file that it writes ahead, for days perhaps.

    Where somebody reads at this moment it is left to the next time. PostgreSQL clears up by itself.
    """
    if engine.dialect.name != "sqlite":
        return
    try:
        with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            connection.execute(text("PRAGMA wal_checkpoint(TRUNCATE)"))
    except SQLAlchemyError as error:
        logger.warning("What was erased may stay in SQLite's files for a while: %s", type(error).__name__)
