"""Braces where no contact is filled in would be shown to people: the checks refuse them."""

from __future__ import annotations

from pathlib import Path

import pytest

from bot.knowledge.checks import ERROR, check_folder
from bot.knowledge.reader import read_knowledge
from bot.knowledge.said import in_language
from bot.knowledge.shown import filled, unfilled
from tests import tiny

TIDES = "sections/tides.yml"
PLACES = [
    (TIDES, "fr: Sur tides.contact", "fr: Sur {tide-phone}", "tides.contact (fr): the title", "le titre"),
    (TIDES, "en: Tide Office", "en: Tide {tide-phone} Office", "tides (en): the name", "le nom"),
    (TIDES, "en: Tides", "en: Tides }", "tides (en): the name on buttons", "le nom sur les boutons"),
    ("conversation.yml", "question:\n      en: ", "question:\n      en: '{tide-phone} ' # ", "(en): the question",
     "la question"),
    ("embassy.yml", "en: Embassy", "en: Embassy {tide-phone}", "embassy.yml (en): the name", "le nom"),
    ("embassy.yml", "title: Offices", "title: Offices {tide-phone}", "embassy.yml (fr): the title", "le titre"),
]  # fmt: skip


@pytest.mark.parametrize(("name", "old", "new", "problem", "french"), PLACES)
def test_braces_where_nothing_is_filled_in_are_an_error_with_a_mend(
    tmp_path: Path, name: str, old: str, new: str, problem: str, french: str
) -> None:
    folder = tiny.write(tmp_path)
    tiny.change(folder / name, old, new)
    (finding,) = check_folder(folder)
    assert (finding.file, finding.severity) == (name, ERROR) and finding.mend
    assert f"{problem} would be shown with its braces" in finding.problem
    assert f"{french} serait affiché avec ses accolades" in in_language(finding.problem, "fr")


def test_every_text_of_an_answer_is_one_or_the_other(root: Path) -> None:
    knowledge = read_knowledge(root / "knowledge", questions=False)
    answers, titles = {text.id for text in filled(knowledge)}, {text.id for text in unfilled(knowledge)}
    assert {*knowledge.entries, *knowledge.topics} <= answers & titles
    assert {*knowledge.conversation.clarifications, *knowledge.sections} <= titles
