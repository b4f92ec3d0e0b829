"""kill -9 at named points and at random moments: nothing is lost, nothing is answered twice."""

from __future__ import annotations

import random
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path

import pytest

from bot.store.database import open_database
from bot.store.updates import DONE, UpdateStore
from tests.bot.channels.telegram.bot_api import BotApi, message
from tests.bot.channels.telegram.killed import POINTS


def start(root: Path, database: Path, api: BotApi, *point: str) -> subprocess.Popen[bytes]:
    command = [sys.executable, "-m", "tests.bot.channels.telegram.killed", str(database), api.url, *point]
    return subprocess.Popen(command, cwd=root, stderr=subprocess.DEVNULL)


@pytest.mark.parametrize("point", list(POINTS))
def test_a_server_killed_at_any_point_answers_each_message_after_its_restart(
    api: BotApi, root: Path, tmp_path: Path, point: str
) -> None:
    database = tmp_path / "bot.sqlite3"
    api.bring(message(1, "one"), message(2, "two"))
    killed = start(root, database, api, point)
    assert killed.wait(40) == -9, "the point was never reached"
    before = len(api.texts())
    server = start(root, database, api)
    updates = UpdateStore(open_database(f"sqlite:///{database}"))
    api.wait_for(lambda: updates.count(DONE) == 2, 40)
    server.kill()
    server.wait()
    counts = Counter(text[9:] for text in api.texts())
    assert set(counts) == {"one", "two"}
    # The Bot API cannot be asked whether a message went out: between sending and noting it one is sent again.
    assert counts == ({"one": 2, "two": 1} if point == "sent" else {"one": 1, "two": 1})
    assert before == (1 if point in ("sent", "marked", "done") else 0)


def test_killed_at_random_moments_it_loses_nothing_and_doubles_only_what_was_on_its_way(
    api: BotApi, root: Path, tmp_path: Path
) -> None:
    database, chance, kills, messages = tmp_path / "bot.sqlite3", random.Random(5), 6, 60
    updates = UpdateStore(open_database(f"sqlite:///{database}"))
    for number in range(messages):
        api.bring(message(number + 1, f"question {number}", chat=number + 1))
    for _ in range(kills):
        server = start(root, database, api)
        polls = len(api.of("getUpdates"))
        api.wait_for(lambda polls=polls: len(api.of("getUpdates")) > polls, 40)
        time.sleep(chance.uniform(0.0, 0.35))
        server.kill()
        server.wait()
    server = start(root, database, api)
    api.wait_for(lambda: updates.count(DONE) == messages, 60)
    server.kill()
    server.wait()
    counts = Counter(text[9:] for text in api.texts())
    assert set(counts) == {f"question {number}" for number in range(messages)}
    # Thirty a second go out and a round trip takes milliseconds, so that hardly more than one is on its way at a kill.
    assert sum(count - 1 for count in counts.values()) <= 2 * kills
