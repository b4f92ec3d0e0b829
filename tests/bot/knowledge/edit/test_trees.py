"""Choices of guided conversations lead to other questions: one story a way, no circles, nothing cut off."""

from __future__ import annotations

import difflib
import shutil
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import yaml

from bot.knowledge.checks import ERROR, check_folder
from bot.knowledge.edit.drafts import ConflictError, EditError, UsedError
from bot.knowledge.edit.stories import StoryEditor
from bot.knowledge.edit.trees import DEEPEST, Forest, Guide
from bot.knowledge.guides import read_stories

STUDY = "consular.student-visa"
ASKED = {"en": "How long?", "fr": "Combien de temps ?"}
TERM = Guide("term", "", ASKED, ("consular.visitor-visa", "consular.visa-questions"))


@pytest.fixture
def editor(root: Path, tmp_path: Path) -> StoryEditor:
    shutil.copytree(root / "knowledge", tmp_path / "knowledge", ignore=shutil.ignore_patterns(".lock"))
    return StoryEditor(tmp_path / "knowledge")


@pytest.fixture
def chained(editor: StoryEditor) -> StoryEditor:
    """With a second question after the choice to study."""
    editor.save(TERM, None, ("travel", STUDY))
    return editor


def guide(editor: StoryEditor, name: str) -> Guide:
    return editor.forest().guides[name]


def change(editor: StoryEditor, name: str, **more: Any) -> list[str]:
    old = guide(editor, name)
    return editor.save(replace(old, **more), old.version)


def texts(folder: Path) -> dict[str, str]:
    return {str(path.relative_to(folder)): path.read_text() for path in sorted(folder.rglob("*.yml"))}


def ways(folder: Path, name: str = "travel") -> list[list[str]]:
    """What the stories of a file go through."""
    stories = yaml.safe_load((folder / f"stories/{name}.yml").read_text())["stories"]
    return [[str(next(iter(step.values()))) for step in story["steps"]] for story in stories]


def errors(folder: Path) -> list[str]:
    return [str(finding) for finding in check_folder(folder) if finding.severity == ERROR]


def test_a_choice_leads_to_a_question_that_is_made_for_it(editor: StoryEditor) -> None:
    before = texts(editor.folder)
    assert editor.save(TERM, None, ("travel", STUDY)) == ["conversation.yml", "stories/travel.yml"]
    assert guide(editor, "travel").leads == {STUDY: "term"} and guide(editor, "term") == TERM
    assert errors(editor.folder) == []
    begin = ["ambiguous.go-to-us", "utter_guide_travel"]
    told = ways(editor.folder)
    assert [[*begin, STUDY, "utter_guide_term", option, "utter_answer"] for option in TERM.options] == told[-2:]
    assert [*begin, STUDY, "utter_answer"] not in told and len(told) == 4 + 2
    assert read_stories(editor.folder) == {
        ("", "ambiguous.go-to-us"): "guide.travel",
        ("guide.travel", STUDY): "guide.term",
    }
    changed = [name for name, text in texts(editor.folder).items() if before.get(name) != text]
    assert changed == ["conversation.yml", "stories/travel.yml"]


def test_the_diff_is_small_and_reads_well(editor: StoryEditor) -> None:
    path = editor.folder / "stories/travel.yml"
    before = path.read_text().splitlines()
    editor.save(TERM, None, ("travel", STUDY))
    diff = [line for line in difflib.ndiff(before, path.read_text().splitlines()) if line[:2] in ("- ", "+ ")]
    assert len([line for line in diff if line[:2] == "- "]) <= 6
    assert "\n".join(line[2:] for line in diff if line[:2] == "+ ").endswith(
        f"""\
  - story: travel, {STUDY}, consular.visa-questions
    steps:
      - intent: ambiguous.go-to-us
      - action: utter_guide_travel
      - intent: {STUDY}
      - action: utter_guide_term
      - intent: consular.visa-questions
      - action: utter_answer"""
    )


def test_an_existing_question_is_chosen_and_left_again(chained: StoryEditor) -> None:
    change(chained, "travel", leads={STUDY: "term", "consular.business-visa": "term"})
    assert len(ways(chained.folder)) == 3 + 4
    assert [(found.name, option) for found, option in chained.forest().users("term")] == [
        ("travel", STUDY), ("travel", "consular.business-visa")]  # fmt: skip
    change(chained, "travel", leads={})
    assert sorted(way[2] for way in ways(chained.folder)) == sorted(guide(chained, "travel").options)
    assert guide(chained, "term") == TERM and errors(chained.folder) == []
    chained.remove("term")
    assert [found.name for found in chained.all()] == ["travel"]


def test_a_question_s_choices_change_in_every_way_through_it(chained: StoryEditor) -> None:
    change(chained, "travel", leads={STUDY: "term", "consular.business-visa": "term"})
    change(chained, "term", options=(*TERM.options, "cultural-affairs.exchanges"))
    assert sum("utter_guide_term" in way for way in ways(chained.folder)) == 6
    change(chained, "term", trigger="ambiguous.citizen-help")
    assert len(ways(chained.folder, "term")) == 3 and len(ways(chained.folder)) == 3 + 6
    change(chained, "term", trigger="")
    assert not (chained.folder / "stories/term.yml").exists() and errors(chained.folder) == []


def test_a_change_of_words_changes_no_story(chained: StoryEditor) -> None:
    assert change(chained, "term", question={"en": "For how long?", "fr": "Pour combien de temps ?"}) == [
        "conversation.yml"]  # fmt: skip


def test_circles_are_refused_with_their_way(chained: StoryEditor) -> None:
    before = texts(chained.folder)
    with pytest.raises(EditError, match=r"travel → term → travel|term → travel → term") as caught:
        change(chained, "term", leads={TERM.options[0]: "travel"})
    assert caught.value.field == "options"
    with pytest.raises(EditError, match="in a circle"):
        change(chained, "travel", leads={STUDY: "travel"})
    assert texts(chained.folder) == before


def test_questions_that_do_not_exist_are_refused(chained: StoryEditor) -> None:
    before = texts(chained.folder)
    with pytest.raises(EditError, match="no question 'nowhere'"):
        change(chained, "travel", leads={STUDY: "nowhere"})
    for after in (("nowhere", STUDY), ("travel", "press.phone"), ("travel", STUDY)):
        with pytest.raises(EditError, match="gone or leads elsewhere") as caught:
            chained.save(replace(TERM, name="other"), None, after)
        assert caught.value.field == "after"
    with pytest.raises(UsedError, match="'term': travel"):
        chained.remove("term")
    assert texts(chained.folder) == before


def test_a_question_needs_something_that_leads_to_it(editor: StoryEditor) -> None:
    with pytest.raises(EditError, match="Choose what begins") as caught:
        editor.save(TERM, None)
    assert caught.value.field == "trigger"
    with pytest.raises(EditError, match="begins another") as caught:
        editor.save(replace(TERM, trigger="ambiguous.go-to-us"), None)
    assert caught.value.field == "trigger"


def test_a_question_that_leads_on_is_not_cut_off(chained: StoryEditor) -> None:
    chained.save(replace(TERM, name="where"), None, ("term", TERM.options[0]))
    before = texts(chained.folder)
    for cut in (lambda: change(chained, "travel", leads={}), lambda: chained.remove("travel")):
        with pytest.raises(EditError, match="'term' any more"):
            cut()
    assert texts(chained.folder) == before
    change(chained, "term", leads={})
    change(chained, "travel", leads={})
    assert errors(chained.folder) == []
    for name in ("where", "term", "travel"):
        chained.remove(name)
    assert not (chained.folder / "stories/travel.yml").exists() and chained.all() == []


def test_a_tree_stays_small(chained: StoryEditor) -> None:
    last = "term"
    for name in ("third", "fourth"):
        chained.save(replace(TERM, name=name), None, (last, TERM.options[0]))
        last = name
    with pytest.raises(EditError, match=f"{DEEPEST + 1} questions after each other"):
        chained.save(replace(TERM, name="fifth"), None, (last, TERM.options[0]))


def test_two_people_at_one_tree_do_not_overwrite_each_other(chained: StoryEditor) -> None:
    seen = guide(chained, "travel")
    chained.save(replace(TERM, name="other"), None, ("travel", "consular.business-visa"))
    with pytest.raises(ConflictError):
        chained.save(replace(seen, leads={}), seen.version)


def test_stories_written_by_hand_are_read_kept_or_told(chained: StoryEditor) -> None:
    path = chained.folder / "stories/hand.yml"
    short = """version: "3.1"
stories:
  # only the beginning
  - story: short
    steps:
      - intent: ambiguous.go-to-us
      - action: utter_guide_travel
"""
    path.write_text(short)
    change(chained, "travel", leads={})
    assert path.read_text() == short
    path.write_text(short + f"""      - intent: {STUDY}
      - action: utter_guide_term
      - intent: {TERM.options[0]}
      - action: utter_answer
      - intent: chat.thanks
      - action: utter_smalltalk
""")  # fmt: skip
    assert guide(chained, "travel").leads == {STUDY: "term"}
    with pytest.raises(EditError, match="by hand"):
        change(chained, "travel", leads={})


def test_a_circle_written_by_hand_still_shows() -> None:
    a = Guide("a", "x", ASKED, ("o", "p"), {"o": "b"})
    b = Guide("b", "", ASKED, ("o", "p"), {"p": "a", "o": "gone"})
    forest = Forest({"b": b, "a": a}, {"a": ("x",)})
    (first, second) = forest.branches(a)
    assert first.guide == b and second.guide is None and second.lead == ""
    assert [(branch.lead, branch.guide) for branch in first.branches] == [("gone", None), ("a", None)]
    assert [found.name for found in forest.in_order()] == ["a", "b"]
