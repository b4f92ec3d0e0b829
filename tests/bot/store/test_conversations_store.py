from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy.exc import IntegrityError

from bot.store.conversations import ConversationStore, Turn
from bot.store.database import open_database
from bot.store.feedback import Feedback, FeedbackStore

NOON = datetime(2026, 11, 24, 12)


@pytest.fixture
def store(database_url: str) -> ConversationStore:
    return ConversationStore(open_database(database_url))


def test_a_new_conversation_has_no_context(store: ConversationStore) -> None:
    assert store.context("a") is None


def test_the_context_after_a_turn_is_found_again(store: ConversationStore) -> None:
    store.record(Turn("a", "hello", [{"text": "hi"}]), {"language": "en", "section": "press"}, NOON)
    assert store.context("a", NOON + timedelta(minutes=5)) == {"language": "en", "section": "press"}


def test_after_a_long_silence_only_the_language_is_left(store: ConversationStore) -> None:
    store.record(Turn("a", "hello", []), {"language": "en", "section": "press"}, NOON)
    assert store.context("a", NOON + timedelta(hours=5)) == {"language": "en"}


def test_a_turn_and_its_context_are_kept_both_or_neither(store: ConversationStore) -> None:
    store.record(Turn("a", "one", [], message_id="1"), {"n": 1}, NOON)
    with pytest.raises(IntegrityError):
        store.record(Turn("a", "again", [], message_id="1"), {"n": 2}, NOON)
    assert store.context("a", NOON) == {"n": 1}
    assert [turn.text for turn in store.turns("a")] == ["one"]


def test_conversations_survive_a_restart(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'bot.sqlite3'}"
    ConversationStore(open_database(url)).record(Turn("a", "hé", [{"text": "ça"}], message_id="1"), {"n": 1}, NOON)
    again = ConversationStore(open_database(url))
    assert again.context("a", NOON) == {"n": 1}
    assert again.replies_to("a", "1") == [{"text": "ça"}]


def test_a_database_that_cannot_be_written_is_not_usable(tmp_path: Path) -> None:
    path = tmp_path / "bot.sqlite3"
    store = ConversationStore(open_database(f"sqlite:///{path}"))
    assert store.problem() == ""
    other = open_database(f"sqlite:///{path}")
    with other.connect() as connection:
        connection.exec_driver_sql("BEGIN EXCLUSIVE")
        assert store.problem() == "the database is locked by another program"
        connection.exec_driver_sql("ROLLBACK")
    assert store.problem() == ""


def test_a_conversation_goes_on_under_another_id_with_all_that_is_kept_of_it(database_url: str) -> None:
    engine = open_database(database_url)
    store, feedback = ConversationStore(engine), FeedbackStore(engine)
    store.record(Turn("old", "one", [{"text": "1"}], message_id="1"), {"language": "en"}, NOON)
    feedback.record(Feedback("old", "1", 0, True), NOON)
    store.record(Turn("new", "two", [], message_id="2"), {"language": "fr"}, NOON)
    store.move("old", "new")
    assert store.context("old") is None and store.turns("old") == [] and feedback.of("old") == []
    assert store.context("new", NOON) == {"language": "en"}
    assert sorted(turn.text for turn in store.turns("new")) == ["one", "two"]
    assert len(feedback.of("new")) == 1
