"""Guided conversations are small trees that become Rasa stories and back."""

from __future__ import annotations

import difflib
import shutil
from dataclasses import replace
from pathlib import Path

import pytest
import yaml

from bot.knowledge.checks import ERROR, check_folder
from bot.knowledge.edit.drafts import EditError
from bot.knowledge.edit.stories import StoryEditor
from bot.knowledge.edit.trees import Guide


@pytest.fixture
def editor(root: Path, tmp_path: Path) -> StoryEditor:
    shutil.copytree(root / "knowledge", tmp_path / "knowledge")
    return StoryEditor(tmp_path / "knowledge")


def texts(folder: Path) -> dict[str, str]:
    return {str(p.relative_to(folder)): p.read_text() for p in sorted(folder.rglob("*.yml"))}


def test_the_tree_of_the_first_post_is_read(editor: StoryEditor) -> None:
    (travel,) = editor.all()
    assert (travel.name, travel.trigger) == ("travel", "ambiguous.go-to-us")
    assert travel.options[0] == "consular.student-visa" and len(travel.options) == 5


def test_a_choice_more_and_one_less_change_only_their_lines(editor: StoryEditor) -> None:
    (travel,) = editor.all()
    before = texts(editor.folder)
    options = (*travel.options[1:], "consular.visa-law")
    assert editor.save(replace(travel, options=options), travel.version) == ["conversation.yml", "stories/travel.yml"]
    after = texts(editor.folder)
    lines = [text["conversation.yml"].splitlines() for text in (before, after)]
    diff = [line for line in difflib.ndiff(*lines) if line[:2] in ("- ", "+ ")]
    assert len(diff) == 2
    assert after["stories/travel.yml"].startswith(before["stories/travel.yml"].split("stories:")[0])
    intents = [story["steps"][2]["intent"] for story in yaml.safe_load(after["stories/travel.yml"])["stories"]]
    assert sorted(intents) == sorted(options)
    assert editor.all()[0].options == options
    assert [f for f in check_folder(editor.folder) if f.severity == ERROR] == []


def test_no_conversation_begins_with_a_danger(editor: StoryEditor) -> None:
    assert not any(name.startswith("safety.") for name in editor.triggers())
    asked = {"en": "What happened?", "fr": "Que s'est-il passé ?"}
    guide = Guide("danger", "safety.danger", asked, ("consular.birth-abroad", "consular.death-abroad"))
    with pytest.raises(EditError, match="fixed reply to danger"):
        editor.save(guide, None)
    path = editor.folder / "stories/travel.yml"
    path.write_text(path.read_text().replace("intent: ambiguous.go-to-us", "intent: safety.danger", 1))
    (found,) = [finding for finding in check_folder(editor.folder) if finding.severity == ERROR]
    assert found.file == "stories/travel.yml" and "danger 'safety.danger'" in found.problem


def test_one_comes_and_goes(editor: StoryEditor) -> None:
    before = texts(editor.folder)
    guide = Guide("help-abroad", "ambiguous.citizen-help", {"en": "What happened?", "fr": "Que s'est-il passé ?"},
                  ("consular.birth-abroad", "consular.death-abroad"))  # fmt: skip
    editor.save(guide, None)
    assert guide in editor.all()
    assert [f for f in check_folder(editor.folder) if f.severity == ERROR] == []
    with pytest.raises(EditError, match="already"):
        editor.save(guide, None)
    editor.remove("help-abroad")
    assert texts(editor.folder) == before


@pytest.mark.parametrize(
    "more",
    [{"name": "../x"}, {"name": ""}, {"options": ("consular.birth-abroad",)}, {"options": ("a.b", "c.d")},
     {"trigger": "other.weather"}, {"trigger": "x"}, {"question": {"en": "", "fr": "x"}}],
)  # fmt: skip
def test_what_leads_nowhere_is_refused(editor: StoryEditor, more: dict[str, object]) -> None:
    guide = Guide("new", "ambiguous.citizen-help", {"en": "x", "fr": "y"}, ("consular.birth-abroad", "press.phone"))
    before = texts(editor.folder)
    with pytest.raises(EditError):
        editor.save(replace(guide, **more), None)  # type: ignore[arg-type]
    assert texts(editor.folder) == before


def test_a_change_by_somebody_else_is_not_overwritten(editor: StoryEditor) -> None:
    (travel,) = editor.all()
    editor.save(replace(travel, options=travel.options[1:]), travel.version)
    with pytest.raises(EditError, match="Somebody else"):
        editor.save(replace(travel, trigger="ambiguous.exchange"), travel.version)
