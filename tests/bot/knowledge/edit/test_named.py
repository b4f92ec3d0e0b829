"""A section of the real knowledge gets another name, and every text with it."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from bot.knowledge.checks import ERROR, check_folder
from bot.knowledge.edit.editor import KnowledgeEditor
from bot.knowledge.edit.named import Choice, NamedError
from bot.knowledge.reader import read_knowledge
from bot.knowledge.shown import filled, unfilled
from tests import tiny

NAME = {"en": "Media Relations Unit", "fr": "Service des médias"}
SHORT = {"en": "Media Unit", "fr": "Service médias"}


def test_every_text_of_a_section_takes_its_new_name(tmp_path: Path) -> None:
    folder = tmp_path / "knowledge"
    shutil.copytree(tiny.ROOT / "knowledge", folder)
    before = {path: path.read_text(encoding="utf-8").split("\n") for path in folder.rglob("*.yml")}
    editor = KnowledgeEditor(folder)
    with pytest.raises(NamedError) as asked:
        editor.save_names("press", NAME, SHORT, None, Choice())
    places = asked.value.places
    assert places == editor.named_in("press", NAME, SHORT) and len(places) > 40
    keys = [place.key for place in places]
    changed = editor.save_names("press", NAME, SHORT, None, Choice(keys, keys))
    assert {"sections/press.yml", "sections/public-affairs.yml", "topics/press.yml", "conversation.yml"} <= set(changed)
    assert not any(name.startswith("questions/") for name in changed)
    knowledge = read_knowledge(folder)
    texts = str([shown.text for shown in (*filled(knowledge), *unfilled(knowledge))])
    assert "Press Office" not in texts and "Press and Information Office" not in texts
    assert "Bureau de presse" not in texts and "Press and Information Specialist" in texts
    for path, lines in before.items():
        now = path.read_text(encoding="utf-8").split("\n")
        assert len(now) == len(lines)
        altered = [old for old, new in zip(lines, now) if old != new]
        assert all("Press" in line or "presse" in line for line in altered), path
    assert [finding for finding in check_folder(folder) if finding.severity == ERROR] == []
    assert editor.save_names("press", NAME, SHORT, None, Choice()) == [], "the same twice asks nothing"
