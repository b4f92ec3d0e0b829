"""Every test of the stores runs on SQLite and on a PostgreSQL of its own."""

from __future__ import annotations

import os
import pwd
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from itertools import count
from pathlib import Path

import pytest
from sqlalchemy.engine import Engine

from bot.store.database import open_database
from tests.machine import missing

NUMBERS = count()


@pytest.fixture(scope="session")
def postgresql() -> Iterator[str]:
    """Address of a server on loopback, without a database's name."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"))
    program = str(found[-1]) if found else shutil.which("initdb")
    if program is None:
        missing("PostgreSQL", "apt-get install postgresql")
    folder = Path(tempfile.mkdtemp(prefix="postgresql-"))
    # PostgreSQL refuses to run as root.
    user = "postgres" if os.geteuid() == 0 else pwd.getpwuid(os.geteuid()).pw_name
    shutil.chown(folder, user)
    data = folder / "data"
    subprocess.run(
        [program, "-D", str(data), "-U", "tests", "--auth=trust", "--no-sync", "-E", "UTF8", "--locale=C"],
        user=user, stdout=subprocess.DEVNULL, check=True, cwd=folder,
    )  # fmt: skip
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    options = ["-p", str(port), "-h", "127.0.0.1", "-k", str(folder), "-F"]
    server = subprocess.Popen(
        [str(Path(program).with_name("postgres")), "-D", str(data), *options],
        user=user, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, cwd=folder,
    )  # fmt: skip
    until = time.monotonic() + 30
    while not _answers(port):
        assert time.monotonic() < until, "PostgreSQL does not start"
        time.sleep(0.1)
    yield f"postgresql://tests@127.0.0.1:{port}"
    server.send_signal(signal.SIGINT)  # at once, whoever is connected
    server.wait(20)
    shutil.rmtree(folder, ignore_errors=True)


def _answers(port: int) -> bool:
    import psycopg2

    try:
        psycopg2.connect(host="127.0.0.1", port=port, user="tests", dbname="postgres").close()
    except psycopg2.OperationalError:
        return False
    return True


@pytest.fixture
def engine(database_url: str) -> Engine:
    """That database, with all its tables."""
    return open_database(database_url)


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """An empty database."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'deep' / 'bot.sqlite3'}"
    import psycopg2

    server: str = request.getfixturevalue("postgresql")
    name = f"test_{next(NUMBERS)}"
    connection = psycopg2.connect(f"{server}/postgres")
    connection.autocommit = True
    with connection.cursor() as cursor:
        cursor.execute(f"CREATE DATABASE {name}")
    connection.close()
    return f"{server}/{name}"
