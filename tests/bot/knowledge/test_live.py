from __future__ import annotations

from pathlib import Path

import pytest

from bot.knowledge import live
from bot.knowledge.live import LiveKnowledge
from tests import tiny


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(live, "SECONDS_BETWEEN_LOOKS", 0.0)
    return tiny.write(tmp_path / "knowledge")


def test_an_edited_answer_is_read_again(folder: Path) -> None:
    knowledge = LiveKnowledge(folder)
    before = knowledge.current()
    tiny.change(folder / "sections/tides.yml", "watches the sea", "listens to the sea")
    after = knowledge.current()
    assert "listens" in after.answer(after.entries["tides.overview"], "en")
    assert after.version != before.version


def test_a_corrected_contact_is_corrected_in_every_answer(folder: Path) -> None:
    knowledge = LiveKnowledge(folder)
    tiny.change(folder / "embassy.yml", "+99 11 22 33", "+99 44 55 66")
    current = knowledge.current()
    for language in ("en", "fr"):
        assert "+99 44 55 66" in current.answer(current.entries["tides.contact"], language)


def test_a_broken_edit_keeps_the_earlier_answers_and_says_so(folder: Path) -> None:
    knowledge = LiveKnowledge(folder)
    tiny.change(folder / "sections/tides.yml", "section: tides", "section: [")
    assert knowledge.current().entries["tides.overview"]
    assert knowledge.problem is not None
    tiny.write(folder)
    assert knowledge.current().entries["tides.overview"]
    assert knowledge.problem is None
