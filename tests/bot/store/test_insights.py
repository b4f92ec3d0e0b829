"""What the figures are made of, on both databases."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from sqlalchemy.engine import Engine

from bot.knowledge.zones import zone_of
from bot.store.feedback import Feedback, FeedbackStore
from bot.store.insights import Insights
from tests.bot.store.turns import NOON, say


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


def test_greetings_and_pressed_buttons_are_no_questions(engine: Engine) -> None:
    say(engine, "visas", "clarify")
    say(engine, "choice:abcdefghijkl", "answer", minute=1)
    say(engine, "hello", "smalltalk", minute=2)
    say(engine, "none of these", "fallback", minute=3)
    figures = Insights(engine).figures(
        NOON - timedelta(days=1), NOON + timedelta(days=1), presses=("choice:",), refusals=["none of these"]
    )
    assert figures.questions == sum(figures.hours.values()) == sum(figures.channels.values()) == 1
    assert figures.kinds == {"clarify": 1, "answer": 1, "smalltalk": 1} and figures.asked == {"visas": 1}


def test_thumbs_are_counted_by_section_language_channel_and_hour(engine: Engine) -> None:
    say(engine, "x", "answer")
    say(engine, "y", "answer", minute=90, entry="topic.visa-fees", section="consular")
    store = FeedbackStore(engine)
    store.record(Feedback("a", "m0", 0, True, "", "press.phone", "en", "web"), NOON)
    store.record(Feedback("a", "m90", 0, False, "", "topic.visa-fees", "fr", "telegram"), NOON + timedelta(hours=2))
    store.record(Feedback("gone", "m1", 0, False, "", "usaid.overview", "fr", "web"), NOON)
    store.record(Feedback("gone", "m2", 0, False, "", None, None, None), NOON)
    by = Insights(engine).figures(NOON - timedelta(days=1), NOON + timedelta(days=1)).thumbs_by
    assert by["sections"] == {"press": [1, 0], "consular": [0, 1], "usaid": [0, 1], "–": [0, 1]}
    assert by["languages"] == {"en": [1, 0], "fr": [0, 2], "?": [0, 1]}
    assert by["channels"] == {"web": [1, 1], "telegram": [0, 1], "?": [0, 1]}
    assert by["hours"] == {"12": [1, 2], "14": [0, 1]}


@pytest.mark.parametrize(
    ("zone", "at", "day", "hour"),
    [
        ("UTC", datetime(2026, 11, 23, 23, 30), "2026-11-23", 23),
        ("Asia/Tokyo", datetime(2026, 11, 23, 23, 30), "2026-11-24", 8),
        ("America/New_York", datetime(2026, 11, 24, 4, 30), "2026-11-23", 23),
        ("Europe/Paris", datetime(2026, 7, 14, 22, 30), "2026-07-15", 0),  # summer: two hours ahead
        ("Europe/Paris", datetime(2026, 12, 14, 22, 30), "2026-12-14", 23),  # winter: one
        ("Europe/Paris", datetime(2026, 10, 25, 0, 30), "2026-10-25", 2),  # before the clocks go back
        ("Europe/Paris", datetime(2026, 10, 25, 1, 30), "2026-10-25", 2),  # and after: the same hour once more
    ],
)
def test_days_and_hours_are_those_of_the_zone(engine: Engine, zone: str, at: datetime, day: str, hour: int) -> None:
    say(engine, "x", "answer", minute=int((at - NOON).total_seconds() // 60))
    FeedbackStore(engine).record(Feedback("z", "m", 0, True, "", "press.phone"), at)
    figures = Insights(engine).figures(at - timedelta(days=1), at + timedelta(days=1), zone_of(zone))
    assert figures.days[day] == 1 and figures.questions == 1
    assert figures.hours == {hour: 1} and figures.thumbs_by["hours"] == {f"{hour:02d}": [1, 0]}
    assert list(figures.days) == sorted(figures.days) and len(figures.days) == 3
