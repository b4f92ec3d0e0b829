"""A house of its own for each test: a copy of the project that staff may change, with the trained model."""

from __future__ import annotations

import os
import shutil
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from bot.app import create_app
from bot.settings import Settings
from tests.bot.console.client import PASSWORD, Staff
from tests.bot.console.office import Office
from tests.bot.widget.server import Running, free_port


@pytest.fixture
def house(trained: Path, root: Path, tmp_path: Path) -> Iterator[Settings]:
    copy = tmp_path / "house"
    copy.mkdir()
    for name in ("config.yml", "domain.yml", "thresholds.json", "evaluation.yml"):
        shutil.copy(root / name, copy / name)
    shutil.copytree(root / "knowledge", copy / "knowledge", ignore=shutil.ignore_patterns(".lock"))
    (copy / "models").mkdir()
    for path in (trained, root / "models" / "current.json"):
        shutil.copy(path, copy / "models" / path.name)
    (copy / "var").mkdir()
    (copy / "var" / "encoders").symlink_to((root / "var" / "encoders").resolve())
    before = Path.cwd()
    yield Settings(root=copy, database_url=f"sqlite:///{tmp_path / 'bot.sqlite3'}")
    os.chdir(before)


@pytest.fixture
def awa(house: Settings) -> Iterator[Staff]:
    """A publisher at work, on a server that answers."""
    app = create_app(house)
    store = app.state.desk.console.staff
    store.add("awa", PASSWORD, "publisher", "en")
    store.add("ben", PASSWORD, "editor", "fr")
    with TestClient(app, follow_redirects=False) as client:
        until = time.monotonic() + 120
        while client.get("/health").status_code != 200:
            assert time.monotonic() < until
            time.sleep(0.1)
        staff = Staff(client, store)
        staff.sign_in("awa")
        yield staff


@pytest.fixture
def url(office: Office) -> Iterator[str]:
    """Where a browser finds the console of the test's own office."""
    port = free_port()
    running = Running(office.staff.client.app, port)
    yield f"http://127.0.0.1:{port}/console"
    running.stop()
