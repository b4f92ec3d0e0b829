"""Contacts in the console: each stands once, and nothing shows a braced or an old one."""

from __future__ import annotations

from pathlib import Path

import pytest

from bot.knowledge.contacts import referring, spelling
from bot.knowledge.reader import read_knowledge
from tests.bot.console.forms import form_to, text_in
from tests.bot.console.office import Office, open_office
from tests.bot.console.test_editing import opened, send


@pytest.fixture
def office(tmp_path: Path) -> Office:
    return open_office(tmp_path)


def test_a_contact_in_braces_is_refused_where_it_would_be_shown_raw(office: Office) -> None:
    title = send(office, opened(office), title_en="Sea {tide-phone}")
    assert title.status_code == 422 and "tides.overview (en): the title would be shown" in text_in(title.text)
    name = send(office, opened(office, "/sections", section="tides"), name_fr="Bureau {tide-phone}", elsewhere="keep")
    assert name.status_code == 422 and "tides (fr): the name would be shown" in text_in(name.text)
    guide = {"question_en": "{tide-phone}?", "question_fr": "Quoi ?", "name": "sea", "trigger": "tides.contact"}
    asked = office.staff.post("/stories", **guide, option_1="tides.overview", option_2="pearls.overview")
    assert asked.status_code == 422 and "guide.sea (en): the question would be shown" in text_in(asked.text)
    knowledge = read_knowledge(office.knowledge)
    assert "{tide-phone}" not in str([knowledge.entries["tides.overview"].title, knowledge.sections["tides"].name])


# --- An old value that stands elsewhere ---

SPELLED = {"answer_en": "The Tide Office hears you at 99-112233.", "answer_fr": "Le Bureau vous entend au 99-112233."}


def spelled_out(office: Office) -> None:
    office.staff.post("/contacts", name="tide-phone", kind="phone", value="+223 99 11 22 33",
                      base_kind="phone", base_value="+99 11 22 33")  # fmt: skip
    assert send(office, opened(office), **SPELLED).status_code == 303
    assert "spells out +223 99 11 22 33" in text_in(office.page("/answers/tides.overview")), "grouped in another way"


def test_a_contact_is_not_changed_past_texts_that_spell_it_out(office: Office) -> None:
    spelled_out(office)
    refused = send(office, opened(office, "/contacts", name="tide-phone"), value="+223 99 00 00 00")
    assert refused.status_code == 422
    page = text_in(refused.text)
    assert "These texts spell out +223 99 11 22 33" in page and "About tides.overview : the answer" in page
    assert read_knowledge(office.knowledge).post.contacts["tide-phone"].value == "+223 99 11 22 33"
    again = form_to(refused.text, "/console/contacts", name="tide-phone")
    assert again.fields["value"] == "+223 99 00 00 00" and ("elsewhere", "refer") in again.buttons
    assert send(office, again, elsewhere="refer").status_code == 303
    knowledge = read_knowledge(office.knowledge)
    assert dict(knowledge.entries["tides.overview"].answer) == {
        "en": "The Tide Office hears you at {tide-phone}.",
        "fr": "Le Bureau vous entend au {tide-phone}.",
    }
    assert knowledge.post.contacts["tide-phone"].value == "+223 99 00 00 00"


def test_texts_that_spell_a_contact_out_can_be_left_on_purpose(office: Office) -> None:
    spelled_out(office)
    before = read_knowledge(office.knowledge).entries["tides.overview"].answer
    form = opened(office, "/contacts", name="tide-phone")
    assert send(office, form, value="+223 99 00 00 00", elsewhere="keep").status_code == 303
    assert read_knowledge(office.knowledge).entries["tides.overview"].answer == before


def test_a_name_that_is_spelled_out_is_told_too_and_in_french(office: Office) -> None:
    office.staff.post("/contacts", name="tide-head", kind="name", value="Dahut Gradlon")
    led = {"answer_en": "The Tide Office is led by Dahut  Gradlon.", "title_en": "Dahut Gradlon",
           "answer_fr": "Le Bureau est dirigé par Dahut Gradlon."}  # fmt: skip
    assert send(office, opened(office), **led).status_code == 303
    office.staff.sign_in("ben")
    assert "écrit Dahut Gradlon en toutes lettres" in text_in(office.page("/answers/tides.overview"))
    refused = text_in(send(office, opened(office, "/contacts", name="tide-head"), value="Malgven").text)
    assert "Ces textes citent Dahut Gradlon" in refused
    assert "Sur tides.overview : la réponse" in refused and "Sur tides.overview : le titre" in refused


@pytest.mark.parametrize(
    ("kind", "value", "text", "found"),
    [
        ("phone", "+223 2070 2425", "Call 20 70 24 25.", True),
        ("phone", "+223 2070 2425", "Call (+223) 20702425, now", True),
        ("phone", "+223 2070 2425", "Call 00223 2070-2425", True),
        ("phone", "+223 2070 2425", "Call +33 2070 2425", False),
        ("phone", "+223 2070 2425", "Call 2070 24251", False),
        ("phone", "7777", "Call 7777.", True),
        ("phone", "7777", "Call +223 2070 7777.", False),
        ("email", "visa@state.gov", "Write to Visa@State.gov.", True),
        ("email", "visa@state.gov", "Write to no-visa@state.gov or visa@state.gov.ml", False),
        ("link", "https://ml.example.org/visas", "See https://ml.example.org/visas.", True),
        ("link", "https://ml.example.org/visas", "See https://ml.example.org/visas/forms", False),
        ("name", "Awa Diop", "Ask awa\ndiop.", True),
        ("name", "Awa Diop", "Ask Awa Diopside.", False),
    ],
)
def test_a_contact_is_recognised_however_it_is_written(kind: str, value: str, text: str, found: bool) -> None:
    assert bool(spelling(kind, value).search(text)) is found
    assert ("{it}" in referring(text, kind, value, "it")) is found
    assert referring("{" + value + "}", kind, value, "it") == "{" + value + "}"
