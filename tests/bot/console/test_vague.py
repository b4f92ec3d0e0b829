"""Vague questions in the console: made and edited with their sample questions, as beginnings of conversations."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

from bot.knowledge.checks import ERROR, check_folder
from bot.knowledge.edit.vague import VagueEditor
from bot.knowledge.reader import read_knowledge
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


def phone_form(office: Office) -> Form:
    return form_to(office.page("/stories/vague?edit=ask.phone"), HERE, name="ask.phone")


def test_a_question_that_names_no_office_gets_other_words_and_answers_and_keeps_its_samples(office: Office) -> None:
    path = office.knowledge / "questions/en/all.yml"
    path.write_text(path.read_text() + "ask.phone:\n- which number\n")
    assert 'href="/console/stories/vague?edit=ask.phone"' in office.page("/stories/vague")
    form = phone_form(office)
    assert not [name for name in form.fields if name.startswith("questions_")]
    assert form.buttons == [("do", "save")], "the bot counts on it, so it is not removed"
    typed = {"question_en": "Whose number?", "option_1": "tides.contact", "reason": "Tides first"}
    assert send(office, form, **typed).status_code == 303
    asked_back = read_knowledge(office.knowledge).conversation.clarifications["ask.phone"]
    assert (asked_back.question["en"], asked_back.options) == ("Whose number?", ("tides.contact", "pearls.overview"))
    assert path.read_text().endswith("ask.phone:\n- which number\n")
    line = office.staff.store.log()[0]
    assert (line.action, line.subject, line.reason) == ("vague-saved", "ask.phone", "Tides first")


def test_a_question_that_names_no_office_is_neither_removed_nor_made_nor_overwritten(office: Office) -> None:
    mine, theirs = phone_form(office), phone_form(office)
    refused = send(office, mine, do="delete")
    assert refused.status_code == 422 and "so it stays" in refused.text
    made = send(office, new_form(office), **BOAT | {"name": "ask.boat"})
    assert made.status_code == 422 and "short name" in made.text
    few = send(office, mine, option_2="")
    assert few.status_code == 422 and "2 to 6 choices" in few.text
    assert form_to(few.text, HERE, name="ask.phone").fields["option_1"] == "tides.overview"
    assert send(office, theirs, question_fr="Quel numéro ?").status_code == 303
    page = send(office, mine, question_en="Which number?")
    assert page.status_code == 409 and send(office, form_to(page.text, HERE, name="ask.phone")).status_code == 303
    question = VagueEditor(office.knowledge).vague()["ask.phone"].question
    assert question == {"fr": "Quel numéro ?", "en": "Which number?"}


def test_a_question_back_keeps_a_choice_that_leads_to_a_person(office: Office) -> None:
    form = form_to(office.page("/stories/vague?edit=ask.contact"), HERE, name="ask.contact")
    assert send(office, form, option_3="chat.human").status_code == 303
    form = form_to(office.page("/stories/vague?edit=ask.contact"), HERE, name="ask.contact")
    assert form.fields["option_3"] == "chat.human"
    assert send(office, form, question_en="Whom do you seek?").status_code == 303
