"""Vague questions in the console: made and edited with their sample questions, as beginnings of conversations."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

from bot.knowledge.checks import ERROR, check_folder
from bot.knowledge.edit.vague import VagueEditor
from tests.bot.console.forms import Form, form_to, forms_in, text_in
from tests.bot.console.office import Office, open_office
from tests.bot.console.test_editing import send

HERE = "/console/stories/vague"
BOAT = {"name": "boat", "question_en": "What about boats?", "question_fr": "De quel bateau s'agit-il ?",
        "questions_en": "a boat\nI want a boat", "questions_fr": "un bateau\nje veux un bateau",
        "option_1": "tides.overview", "option_2": "pearls.overview"}  # fmt: skip


@pytest.fixture
def office(tmp_path: Path) -> Office:
    return open_office(tmp_path)


def new_form(office: Office) -> Form:
    return next(form for form in forms_in(office.page("/stories/vague?new=1")) if form.action == HERE)


def edit_form(office: Office) -> Form:
    return form_to(office.page("/stories/vague?edit=boat"), HERE, name="boat")


def asked(office: Office, language: str) -> dict[str, Any]:
    path = office.knowledge / "questions" / language / "ambiguous.yml"
    return dict(yaml.safe_load(path.read_text(encoding="utf-8"))) if path.exists() else {}


def test_a_new_beginning_is_made_with_its_questions_in_both_languages(office: Office) -> None:
    saved = send(office, new_form(office), **BOAT)
    assert saved.status_code == 303, text_in(saved.text)
    assert asked(office, "en") == {"ambiguous.boat": ["a boat", "I want a boat"]}
    assert asked(office, "fr") == {"ambiguous.boat": ["un bateau", "je veux un bateau"]}
    assert [finding for finding in check_folder(office.knowledge) if finding.severity == ERROR] == []
    guide = {"question_en": "How big?", "question_fr": "De quelle taille ?", "trigger": "ambiguous.boat"}
    story = office.staff.post("/stories", **guide, option_1="tides.overview", option_2="tides.contact", name="size")
    assert story.status_code == 303, "a guided conversation begins with it"
    used = send(office, edit_form(office), do="delete")
    assert used.status_code == 422 and "stories/size.yml" in used.text
    assert [line.action for line in office.staff.store.log()][:2] == ["story-saved", "vague-saved"]


def test_its_questions_are_edited_and_it_goes_again(office: Office) -> None:
    before = {path: path.read_text() for path in office.knowledge.rglob("*.yml")}
    send(office, new_form(office), **BOAT)
    form = edit_form(office)
    assert form.fields["questions_fr"] == "un bateau\nje veux un bateau"
    more = {"questions_fr": "un bateau\nje veux un bateau\nbateaux", "question_en": "Which boat?"}
    assert send(office, form, **more).status_code == 303
    assert asked(office, "fr")["ambiguous.boat"][-1] == "bateaux" and len(asked(office, "en")["ambiguous.boat"]) == 2
    assert VagueEditor(office.knowledge).vague()["boat"].question["en"] == "Which boat?"
    assert send(office, edit_form(office), do="delete").status_code == 303
    assert {path: path.read_text() for path in office.knowledge.rglob("*.yml")} == before


@pytest.mark.parametrize(
    ("typed", "words"),
    [({"questions_fr": " \n"}, "Comment les gens la posent (fr)"), ({"option_2": ""}, "2 à 6 choix"),
     ({"option_1": "safety.danger"}, "« safety.danger »"), ({"name": "A b"}, "nom court"),
     ({"question_en": "{tide-phone}?"}, "avec ses accolades"),
     ({"questions_en": "en tides.contact wording 3"}, "figure sous")],
)  # fmt: skip
def test_what_is_wrong_with_it_is_said_and_nothing_typed_is_lost(
    office: Office, typed: dict[str, str], words: str
) -> None:
    office.staff.sign_in("ben")
    refused = send(office, new_form(office), **BOAT | typed)
    assert refused.status_code == 422
    assert words.casefold() in text_in(refused.text).casefold()
    again = next(form for form in forms_in(refused.text) if form.action == HERE)
    expected = {name: text.strip() for name, text in (BOAT | typed).items() if not name.startswith("option_")}
    assert {name: again.fields[name] for name in expected} == expected
    assert asked(office, "en") == {}


def test_two_people_s_questions_are_put_together(office: Office) -> None:
    send(office, new_form(office), **BOAT)
    mine, theirs = edit_form(office), edit_form(office)
    assert send(office, theirs, questions_en="a boat\nI want a boat\na ship").status_code == 303
    page = send(office, mine, questions_en="a boat\nI want a boat\na raft")
    assert page.status_code == 409
    again = form_to(page.text, HERE, name="boat")
    assert send(office, again).status_code == 303
    assert set(asked(office, "en")["ambiguous.boat"]) == {"a boat", "I want a boat", "a ship", "a raft"}
