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


SPOKEN = [
    (("small_talk", "chat.human", "answer"), "chat.human", "{tide-phne}", "{tide-phne}, which does not exist"),
    (("small_talk", "chat.human", "answer"), "chat.human", "{tide-phone", "is not closed"),
    (("safety", "safety.threat", "answer"), "safety.threat", "{tide-phne}", "{tide-phne}, which does not exist"),
    (("wording", "still-unclear"), "still-unclear", "{section}", "{section}, which does not exist"),
    (("wording", "missing-aspect"), "missing-aspect", "{sektion}", "{sektion}, which does not exist"),
    (("wording", "apology"), "apology", "tide-phone}", "was not opened"),
    (("aspects", "hours"), "hours", "{tide-phne}", "{tide-phne}, which does not exist"),
]


@pytest.mark.parametrize(("where", "owner", "written", "problem"), SPOKEN)
def test_braces_that_hold_nothing_are_found_in_all_that_is_said(
    tmp_path: Path, where: tuple[str, ...], owner: str, written: str, problem: str
) -> None:
    folder, data = tiny.write(tmp_path), tiny.conversation()
    text = data
    for name in where:
        text = text[name]
    text.update({language: f"{words} {written}" for language, words in text.items()})
    tiny.save(folder / "conversation.yml", data)
    found = check_folder(folder)
    assert len(found) == 2, "once in each language"
    for finding in found:
        line = (folder / finding.file).read_text(encoding="utf-8").splitlines()[finding.line - 1]
        assert finding.severity == ERROR and f"{owner} (" in finding.problem and problem in finding.problem
        assert finding.file == "conversation.yml" and line.strip() == f"{where[1]}:"
        assert in_language(finding.mend, "fr") != str(finding.mend)


def test_what_is_said_gives_the_same_contacts_in_every_language(tmp_path: Path) -> None:
    folder, data = tiny.write(tmp_path), tiny.conversation()
    data["small_talk"]["chat.human"]["answer"]["en"] = "Call {tide-phone}."
    data["safety"]["safety.threat"]["answer"] = {"en": "Call +99 11 22 33.", "fr": "Appelez le +99 11 22 33."}
    tiny.save(folder / "conversation.yml", data)
    problems = [str(finding) for finding in check_folder(folder)]
    assert any("chat.human: '{tide-phone}' is missing in 'fr'" in line for line in problems)
    assert any("safety.threat (en) spells out +99 11 22 33 → write {tide-phone}" in line for line in problems)


def test_wordings_name_what_is_filled_into_them_beside_contacts(tmp_path: Path) -> None:
    folder, data = tiny.write(tmp_path), tiny.conversation()
    data["wording"]["missing-aspect"]["fr"] = "Rien sur {aspect} de {section}, {sektion}."
    tiny.save(folder / "conversation.yml", data)
    mends = [in_language(finding.mend, "fr") for finding in check_folder(folder)]
    assert "employez un contact existant, ou {aspect}, {section}" in mends
