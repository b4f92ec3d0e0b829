"""Names in the console: texts that spell an old one out are told, and change with it or stay on purpose."""

from __future__ import annotations

from pathlib import Path

import pytest

from bot.knowledge.reader import read_knowledge
from tests import tiny
from tests.bot.console.forms import Form, form_to, text_in
from tests.bot.console.office import Office, open_office
from tests.bot.console.test_editing import opened, send

HERE = "/console/sections"
NEW = {"name_en": "Wave Office", "name_fr": "Bureau des vagues"}
RENAMED = {"elsewhere": "take", "reason": "Decree 12"}


@pytest.fixture
def office(tmp_path: Path) -> Office:
    return open_office(tmp_path)


def listed(office: Office, section: str = "tides", **names: str) -> tuple[str, Form]:
    """The page that lists the texts, and its form."""
    before = files_of(office)
    refused = send(office, opened(office, "/sections", section=section), **names)
    assert refused.status_code == 422 and files_of(office) == before, "nothing changes before somebody chose"
    return refused.text, form_to(refused.text, HERE, section=section)


def files_of(office: Office) -> dict[str, str]:
    return {str(path): path.read_text(encoding="utf-8") for path in office.knowledge.rglob("*.yml")}


def take(form: Form) -> list[str]:
    return [name for name in form.fields if name.startswith("take-")]


def test_texts_that_spell_an_old_name_out_are_listed_and_take_the_new_one(office: Office) -> None:
    tiny.change(office.knowledge / "conversation.yml", "I'm still not sure", "The Tide Office is not sure")
    tiny.change(office.knowledge / "questions/en/all.yml", "en tides.contact wording 0", "where is the Tide Office")
    tiny.change(office.knowledge / "sections/tides.yml", "About tides.contact", "Reach the Tide Office")
    path = office.knowledge / "sections/tides.yml"
    path.write_text("# Told by the Tide Office.\n" + path.read_text(encoding="utf-8"), encoding="utf-8")
    page, form = listed(office, **NEW, reason="Decree 12")
    words = text_in(page)
    assert "These texts spell out the old name" in words and "still-unclear: the answer (en)" in words
    assert "<del>Tide</del><ins>Wave</ins> Office" in page and "<del>marées</del><ins>vagues</ins>" in page
    assert 'href="/console/answers/tides.overview" target="_blank"' in page
    assert len(take(form)) == 6 and (form.fields["name_en"], form.fields["reason"]) == ("Wave Office", "Decree 12")
    assert send(office, form, **RENAMED).status_code == 303
    knowledge = read_knowledge(office.knowledge)
    assert knowledge.sections["tides"].name == {"en": "Wave Office", "fr": "Bureau des vagues"}
    assert knowledge.entries["tides.contact"].title["en"] == "Reach the Wave Office"
    assert knowledge.entries["tides.overview"].answer["fr"].startswith("Le Bureau des vagues surveille")
    assert knowledge.conversation.wording["still-unclear"]["en"].startswith("The Wave Office is not sure")
    assert "where is the Tide Office" in knowledge.questions["en"]["tides.contact"], "people ask as they ask"
    assert "# Told by the Tide Office." in files_of(office)[str(path)]
    lines = [line for line in office.desk.staff.log() if line.action == "section-named"]
    assert [(line.subject, line.reason) for line in lines] == [("tides", "Decree 12")]


def test_texts_can_be_left_on_purpose_one_or_all(office: Office) -> None:
    _, form = listed(office, **NEW)
    form.fields.pop(take(form)[0])
    assert send(office, form, elsewhere="take").status_code == 303
    text = "\n".join(files_of(office).values())
    assert text.count("Le Bureau des marées") == 1 and text.count("The Tide Office") == 0
    _, form = listed(office, "pearls", name_en="Gem Office")
    assert send(office, form, elsewhere="keep").status_code == 303
    knowledge = read_knowledge(office.knowledge)
    assert knowledge.sections["pearls"].name["en"] == "Gem Office"
    assert knowledge.entries["pearls.overview"].answer["en"].startswith("The Pearl Office counts")


def test_what_changed_since_the_list_was_shown_is_shown_again_with_the_choice(office: Office) -> None:
    _, form = listed(office, **NEW)
    left = take(form)[0]
    form.fields.pop(left)
    assert send(office, opened(office), answer_en="The Tide Office watches you.\nIt warns.").status_code == 303
    again = send(office, form, elsewhere="take")
    assert again.status_code == 422 and "not what you were shown" in text_in(again.text)
    form = form_to(again.text, HERE, section="tides")
    assert left not in form.fields and len(take(form)) == 3, "what was left stays left, what is new is chosen"
    assert send(office, form, elsewhere="take", name_en="").status_code == 422, "an empty name"
    assert send(office, form, elsewhere="take").status_code == 303
    assert read_knowledge(office.knowledge).entries["tides.overview"].answer["en"].startswith("The Wave Office watches")


def test_a_name_that_the_checks_refuse_changes_nothing_and_keeps_the_choice(office: Office) -> None:
    _, form = listed(office, name_fr="Bureau {tide-phone}")
    form.fields.pop(take(form)[0])
    before = files_of(office)
    refused = send(office, form, elsewhere="take")
    assert refused.status_code == 422 and "the name would be shown with its braces" in text_in(refused.text)
    assert files_of(office) == before
    again = form_to(refused.text, HERE, section="tides")
    assert take(again) == take(form) and again.fields["seen"].split() == form.fields["seen"].split()


def test_the_embassy_s_own_name_changes_texts_too_and_the_page_is_french(office: Office) -> None:
    tiny.change(office.knowledge / "sections/pearls.yml", "Le Bureau des perles compte",
                "À l’Ambassade d’Atlantide à Ys, le Bureau des perles compte")  # fmt: skip
    office.staff.sign_in("ben")
    page, form = listed(office, "*", name_fr="Mission à Ys")
    assert "Ces textes portent l'ancien nom" in text_in(page) and len(take(form)) == 1
    assert send(office, form, elsewhere="take").status_code == 303
    knowledge = read_knowledge(office.knowledge)
    assert knowledge.post.name["fr"] == "Mission à Ys"
    assert "Mission à Ys, le Bureau" in knowledge.entries["pearls.overview"].answer["fr"]


def test_a_question_that_an_alias_shares_is_listed_once(office: Office) -> None:
    path = office.knowledge / "conversation.yml"
    tiny.change(path, "Which office would you like to reach?", "Tides or pearls, which office?")
    page, form = listed(office, short_en="Waves")
    assert text_in(page).count("ask.contact: the question (en)") == 1
    assert send(office, form, elsewhere="take").status_code == 303
    asked = read_knowledge(office.knowledge).conversation.clarifications
    assert asked["ask.contact"].question["en"] == "Waves or pearls, which office?"
