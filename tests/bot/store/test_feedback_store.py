from __future__ import annotations

import pytest
from sqlalchemy.engine import Engine

from bot.store.conversations import ConversationStore
from bot.store.database import open_database
from bot.store.feedback import Feedback, FeedbackStore


@pytest.fixture
def database(database_url: str) -> Engine:
    return open_database(database_url)


def test_the_last_thumb_on_a_reply_counts(database: Engine) -> None:
    store = FeedbackStore(database)
    store.record(Feedback("a", "1", 0, True, entry="press.phone"))
    store.record(Feedback("a", "1", 0, False, "wrong number", entry="press.phone"))
    assert store.of("a") == [Feedback("a", "1", 0, False, "wrong number", entry="press.phone")]


def test_each_reply_to_a_message_has_its_own_thumb(database: Engine) -> None:
    store = FeedbackStore(database)
    store.record(Feedback("a", "1", 0, True))
    store.record(Feedback("a", "1", 1, False))
    assert [thumb.helpful for thumb in store.of("a")] == [True, False]


def test_a_thumb_can_be_taken_back(database: Engine) -> None:
    store = FeedbackStore(database)
    store.record(Feedback("a", "1", 0, True))
    store.withdraw("a", "1", 0)
    assert store.of("a") == []


def test_forgetting_a_conversation_erases_its_thumbs_and_no_others(database: Engine) -> None:
    store = FeedbackStore(database)
    store.record(Feedback("a", "1", 0, True))
    store.record(Feedback("b", "1", 0, True))
    ConversationStore(database).forget("a")
    assert store.of("a") == []
    assert len(store.of("b")) == 1
