"""After a roll-back the draft is warned of where it holds what was taken back, and only there."""

from __future__ import annotations

from dataclasses import replace

import pytest

from bot.knowledge.edit.editor import KnowledgeEditor
from bot.publishing.draft import compare_draft
from bot.publishing.taken_back import taken_back
from bot.settings import Settings
from bot.training.releases import MODEL, WORDS, Parts, Releases
from tests import tiny

TIDES, PEARLS = "sections/tides.yml", "sections/pearls.yml"


def warned(settings: Settings) -> set[str]:
    releases = Releases(settings)
    release = releases.current()
    assert release is not None
    found = compare_draft(releases, settings.knowledge, "en").changes
    return {name for _, name in taken_back(releases, release, found, "en")}


def publish(settings: Settings) -> None:
    releases = Releases(settings)
    parts = Parts(settings.knowledge, releases.path(1) / MODEL, settings.thresholds)
    releases.publish(parts, author="awa", reason="?", kind=WORDS)


def go_back(settings: Settings, number: int) -> None:
    Releases(settings).roll_back(number, author="awa", reason="Wrong")


@pytest.fixture
def moon(settings: Settings) -> Settings:
    """Release 2 says something wrong of the moon."""
    tiny.change(settings.knowledge / TIDES, "watches the sea", "watches the full moon")
    publish(settings)
    return settings


def test_what_was_taken_back_is_warned_of_until_it_is_mended(moon: Settings) -> None:
    assert warned(moon) == set()
    go_back(moon, 1)
    tiny.change(moon.knowledge / PEARLS, "counts pearls", "counts white pearls")
    assert warned(moon) == {"tides.overview"}, "not what nobody took back"
    tiny.change(
        moon.knowledge / TIDES, "The Tide Office watches the full moon", "Our Tide Office watches the full moon"
    )
    assert warned(moon) == {"tides.overview"}, "the wrong words are still there"
    tiny.change(moon.knowledge / TIDES, "full moon", "tides")
    assert warned(moon) == set()


def test_rolling_forward_again_is_no_cause_for_alarm(moon: Settings) -> None:
    go_back(moon, 1)
    go_back(moon, 2)
    assert compare_draft(Releases(moon), moon.knowledge, "en").changes == []
    tiny.change(moon.knowledge / PEARLS, "counts pearls", "counts white pearls")
    tiny.change(moon.knowledge / TIDES, "full moon", "new moon")
    assert warned(moon) == set()


def test_what_two_roll_backs_took_is_warned_of(moon: Settings) -> None:
    tiny.change(moon.knowledge / PEARLS, "counts pearls", "sells pearls")
    publish(moon)
    go_back(moon, 2)
    assert warned(moon) == {"pearls.overview"}
    go_back(moon, 1)
    assert warned(moon) == {"pearls.overview", "tides.overview"}
    go_back(moon, 1)
    assert warned(moon) == {"pearls.overview", "tides.overview"}, "the same once more changes nothing"
    publish(moon)
    assert warned(moon) == set()


def test_a_new_and_a_removed_answer_that_were_taken_back_are_warned_of(settings: Settings) -> None:
    editor = KnowledgeEditor(settings.knowledge)
    editor.add(replace(editor.entry("tides.contact"), id="tides.more"))
    editor.remove("tides.contact")
    publish(settings)
    go_back(settings, 1)
    assert warned(settings) == {"tides.contact", "tides.more"}
    editor.remove("tides.more")
    assert warned(settings) == {"tides.contact"}
