"""What the inbox and the figures are made of, on both databases."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from sqlalchemy.engine import Engine

from bot.store.conversations import ConversationStore, Turn
from bot.store.database import open_database
from bot.store.feedback import Feedback, FeedbackStore
from bot.store.insights import DONE, IGNORED, Insights

NOON = datetime(2026, 11, 24, 12)
NONE = ["None of these"]


@pytest.fixture
def engine(database_url: str) -> Engine:
    return open_database(database_url)


def say(engine: Engine, text: str, kind: str, sender: str = "a", minute: int = 0, **more: object) -> None:
    reply = {"kind": kind, "entry": "press.phone", "section": "press", "confidence": 0.9} | more
    turn = Turn(sender, text, [reply], f"m{minute}", "web", "en", seconds=0.01)
    ConversationStore(engine).record(turn, {}, NOON + timedelta(minutes=minute))


def texts(engine: Engine) -> list[tuple[str, str]]:
    return [(item.text, item.why) for item in Insights(engine).unanswered(NONE, NOON)]


def test_what_got_no_answer_is_found_with_its_reason(engine: Engine) -> None:
    say(engine, "answered", "answer")
    say(engine, "unknown", "unknown", minute=1)
    say(engine, "odd", "fallback", minute=2)
    say(engine, "unsure", "answer", minute=3, confidence=0.4)
    say(engine, "vague", "clarify", minute=4)
    say(engine, "None of these", "smalltalk", minute=5)
    say(engine, "thumbed", "answer", sender="b", minute=6)
    FeedbackStore(engine).record(Feedback("b", "m6", 0, False, "wrong", "press.phone", "en", "web"), NOON)
    assert texts(engine) == [
        ("thumbed", "down"), ("vague", "none"), ("unsure", "unsure"), ("odd", "fallback"), ("unknown", "unknown")
    ]  # fmt: skip
    assert Insights(engine).unanswered(NONE, NOON)[0].reason == "wrong"
    assert Insights(engine).unanswered(NONE, NOON + timedelta(hours=1)) == []


def test_done_comes_back_when_it_is_asked_again_and_ignored_does_not(engine: Engine) -> None:
    say(engine, "one", "unknown")
    say(engine, "two", "unknown", minute=1)
    insights = Insights(engine)
    insights.mark(["one"], DONE, "awa", NOON + timedelta(minutes=5))
    insights.mark(["two", "two"], IGNORED, "awa", NOON + timedelta(minutes=5))
    assert texts(engine) == []
    say(engine, "one", "unknown", minute=10)
    say(engine, "two", "unknown", minute=11)
    assert texts(engine) == [("one", "unknown")]
    assert insights.ignored() == ["two"]
    insights.mark([], DONE, "awa")


def test_entries_with_more_thumbs_down_than_up_are_hurt(engine: Engine) -> None:
    store = FeedbackStore(engine)
    for number, (entry, helpful) in enumerate([("a.x", False), ("a.x", False), ("a.x", True), ("a.y", True)]):
        store.record(Feedback("s", f"m{number}", 0, helpful, "", entry), NOON)
    assert Insights(engine).hurt(30, NOON) == {"a.x"}
    assert Insights(engine).hurt(30, NOON + timedelta(days=31)) == set()


def test_figures_count_each_thing_once(engine: Engine) -> None:
    say(engine, "x", "answer")
    say(engine, "y", "unknown", minute=90)
    FeedbackStore(engine).record(Feedback("a", "m0", 0, True, "", "press.phone"), NOON)
    figures = Insights(engine).figures(NOON - timedelta(days=1), NOON + timedelta(days=1))
    assert figures.questions == 2 and len(figures.days) == 3
    assert (figures.kinds["answer"], figures.sections["press"], figures.languages["en"]) == (1, 2, 2)
    assert (figures.hours[12], figures.hours[13], figures.channels["web"]) == (1, 1, 2)
    assert figures.entries == {"press.phone": 1} and figures.thumbs["press.phone"] == [1, 0]
    assert figures.seconds == [0.01, 0.01]


def test_old_things_are_gone_and_new_ones_stay(engine: Engine) -> None:
    from sqlalchemy import func, select

    from bot.store.database import CONVERSATIONS, FEEDBACK, TURNS

    say(engine, "old", "unknown", sender="old")
    say(engine, "new", "unknown", sender="new", minute=60 * 24)
    FeedbackStore(engine).record(Feedback("old", "m0", 0, True), NOON)
    assert Insights(engine).erase_before(NOON + timedelta(hours=1)) == 1
    with engine.connect() as connection:
        counts = [
            connection.execute(select(func.count()).select_from(t)).scalar() for t in (TURNS, CONVERSATIONS, FEEDBACK)
        ]
    assert counts == [1, 1, 0]
