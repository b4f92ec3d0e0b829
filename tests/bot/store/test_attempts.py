"""Attempts to sign in, on both databases."""

from __future__ import annotations

import threading
from datetime import datetime, timedelta

import pytest

from bot.store.attempts import AttemptStore
from bot.store.database import open_database

NOON = datetime(2026, 11, 24, 12)
SPAN = timedelta(minutes=5)


@pytest.fixture
def store(database_url: str) -> AttemptStore:
    return AttemptStore(open_database(database_url))


def test_so_many_attempts_pass_and_then_one_waits(store: AttemptStore) -> None:
    waits = [store.wait("awa", 3, SPAN, NOON + timedelta(minutes=minute)) for minute in (0, 1, 2, 3, 3)]
    assert waits == [0, 0, 0, 120, 120], "who waits is not put back by trying"
    assert store.wait("ben", 3, SPAN, NOON + timedelta(minutes=3)) == 0
    assert store.wait("awa", 3, SPAN, NOON + timedelta(minutes=5, seconds=1)) == 0
    store.clear("awa")
    assert store.wait("awa", 3, SPAN, NOON + timedelta(minutes=5, seconds=1)) == 0


def test_they_are_counted_across_restarts(store: AttemptStore, database_url: str) -> None:
    for _ in range(3):
        store.wait("awa", 3, SPAN, NOON)
    assert AttemptStore(open_database(database_url)).wait("awa", 3, SPAN, NOON) > 0


def test_of_many_at_once_no_more_pass(store: AttemptStore) -> None:
    waits: list[int] = []
    threads = [threading.Thread(target=lambda: waits.append(store.wait("awa", 3, SPAN))) for _ in range(12)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(waits) == 12 and sum(wait == 0 for wait in waits) <= 3
    assert store.wait("awa", 3, SPAN) >= 0


def test_nobody_can_read_who_tried(store: AttemptStore) -> None:
    store.wait("awa from 10.0.0.1", 3, SPAN)
    with store._engine.connect() as connection:
        assert "awa" not in str(connection.exec_driver_sql("select * from sign_in_attempts").all())
