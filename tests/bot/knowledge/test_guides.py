"""What stories say of guided conversations, and what the checks find in them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from bot.knowledge.checks import ERROR, check_folder
from bot.knowledge.guides import circle_in, read_stories, stories_of, turns_in
from bot.knowledge.reader import KnowledgeError
from tests import tiny


def story(*names: str) -> dict[str, Any]:
    """A story of intents and, after each, the question asked."""
    steps = [{"action": f"utter_guide_{name}"} if at % 2 else {"intent": name} for at, name in enumerate(names)]
    return {"story": ", ".join(names), "steps": [*steps, {"action": "utter_answer"}]}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A small post with the questions sea and tide, which nothing asks yet."""
    folder = tiny.write(tmp_path / "knowledge")
    data = tiny.conversation()
    asked = {"question": {"en": "Which?", "fr": "Lequel ?"}, "options": ["tides.overview", "pearls.overview"]}
    data["clarifications"] |= {"guide.sea": dict(asked), "guide.tide": dict(asked)}
    tiny.save(folder / "conversation.yml", data)
    (folder / "stories").mkdir()
    return folder


def write(folder: Path, *stories: Any) -> None:
    tiny.save(folder / "stories/a.yml", {"version": "3.1", "stories": list(stories)})


def errors(folder: Path) -> list[str]:
    return [str(finding) for finding in check_folder(folder) if finding.severity == ERROR]


def test_a_story_tells_which_question_follows_which_reply() -> None:
    (steps,) = stories_of({"stories": [story("x", "a", "y", "b", "z")]})
    assert list(turns_in(steps)) == [("", "x", "guide.a"), ("guide.a", "y", "guide.b")]


def test_an_answer_between_two_questions_parts_them() -> None:
    steps = [{"intent": "x"}, {"action": "utter_guide_a"}, {"intent": "y"}, {"action": "utter_answer"},
             {"intent": "z"}, {"action": "utter_guide_b"}]  # fmt: skip
    assert list(turns_in(steps)) == [("", "x", "guide.a"), ("", "z", "guide.b")]  # type: ignore[arg-type]


@pytest.mark.parametrize("odd", [None, 5, [], {}, {"stories": 5}, {"stories": [5, {"steps": 7}, {"steps": [3, {}]}]}])
def test_what_is_no_story_tells_nothing(odd: Any) -> None:
    assert [turn for steps in stories_of(odd) for turn in turns_in(steps)] == []


@pytest.mark.parametrize(
    ("links", "circle"),
    [({}, ()), ({"a": ["b", "c"], "b": ["c"]}, ()), ({"a": ["a"]}, ("a", "a")),
     ({"a": ["d", "b"], "b": ["c"], "c": ["b"]}, ("b", "c", "b"))],
)  # fmt: skip
def test_a_circle_is_found(links: dict[str, list[str]], circle: tuple[str, ...]) -> None:
    assert circle_in(links) == circle


def test_stories_of_a_folder_are_read(folder: Path) -> None:
    write(folder, story("tides.contact", "sea", "tides.overview", "tide", "pearls.overview"))
    assert errors(folder) == []
    assert read_stories(folder) == {
        ("", "tides.contact"): "guide.sea",
        ("guide.sea", "tides.overview"): "guide.tide",
    }
    (folder / "stories/a.yml").write_text("stories: [", encoding="utf-8")
    with pytest.raises(KnowledgeError, match=r"a\.yml"):
        read_stories(folder)


def test_a_question_that_does_not_exist_is_found(folder: Path) -> None:
    write(folder, story("tides.contact", "nowhere", "tides.overview"))
    (found,) = errors(folder)
    assert "stories/a.yml" in found and "guide.nowhere" in found


def test_questions_that_lead_in_a_circle_are_found(folder: Path) -> None:
    write(
        folder,
        story("tides.contact", "sea", "tides.overview", "tide", "pearls.overview"),
        story("pearls.overview", "tide", "tides.overview", "sea", "pearls.overview"),
    )
    (found,) = errors(folder)
    assert "guide.sea → guide.tide → guide.sea" in found
