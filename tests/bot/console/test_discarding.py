"""Every change of the draft can be given up on the publishing page: it is then what is served, to the letter."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from bot.knowledge.reader import knowledge_version
from bot.training.releases import TRAINED, Parts
from tests import tiny
from tests.bot.console.forms import form_to, forms_in, text_in
from tests.bot.console.office import Office, open_published_office

BOAT = {"name": "boat", "question_en": "What about boats?", "question_fr": "Quel bateau ?", "questions_en": "a boat",
        "questions_fr": "un bateau", "option_1": "tides.overview", "option_2": "pearls.overview"}  # fmt: skip


@pytest.fixture
def office(tmp_path: Path, root: Path) -> Office:
    office = open_published_office(tmp_path, root)
    office.staff.post("/contacts", name="spare", kind="link", value="https://spare.example/")
    assert office.staff.publish("A spare one").status_code == 303
    return office


def post(office: Office, path: str, **data: str) -> None:
    response = office.staff.post(path, **data)
    assert response.status_code == 303, response.text


def renamed(office: Office) -> None:
    form = form_to(office.page("/sections"), "/console/sections", section="*")
    assert office.staff.client.post(form.action, data=form.fields | {"name_en": "Embassy of Ys"}).status_code == 303


def moved(office: Office) -> None:
    tiny.change(office.knowledge / "embassy.yml", "title: Offices", "title: Bureaus")
    path = office.knowledge / "embassy.yml"
    path.write_text(path.read_text() + "time_zone: Africa/Bamako\n")


def contact_added(office: Office) -> None:
    post(office, "/contacts", name="boat-phone", kind="phone", value="+99 77 77 77")


def contact_edited(office: Office) -> None:
    post(office, "/contacts", name="spare", kind="link", value="https://other.example/", base_kind="link",
         base_value="https://spare.example/")  # fmt: skip


def contact_removed(office: Office) -> None:
    post(office, "/contacts", name="spare", do="delete", base_kind="link", base_value="https://spare.example/")


def section_added(office: Office) -> None:
    values = {f"{field}_{code}": f"Boats {code}" for field in ("name", "short", "title") for code in ("en", "fr")}
    post(office, "/sections/new", section="boats", answer_en="The Boat Office has boats, all year round.",
         answer_fr="Le Bureau des bateaux a des bateaux toute l'année.", questions_en="boats?", source="Page 3",
         questions_fr="bateaux ?", checked="2026-11-01", review_by="2099-01-01", **values)  # fmt: skip


def story_added(office: Office) -> None:
    page = office.page("/stories?new=1")
    new = next(form for form in forms_in(page) if form.action == "/console/stories" and "base" not in form.fields)
    trigger = next(name for name in ("topic.tides-visits", "tides.contact") if f'value="{name}"' in page)
    typed = {"trigger": trigger, "question_en": "What do you seek?", "question_fr": "Que cherchez-vous ?",
             "option_1": "tides.overview", "option_2": "pearls.overview"}  # fmt: skip
    response = office.staff.client.post(new.action, data=new.fields | typed)
    assert response.status_code == 303, response.text


def vague_added(office: Office) -> None:
    page = office.page("/stories/vague?new=1")
    new = next(form for form in forms_in(page) if form.action == "/console/stories/vague")
    assert office.staff.client.post(new.action, data=new.fields | BOAT).status_code == 303


def questions_asked(office: Office) -> None:
    tiny.save(office.knowledge / "questions/fr/ambiguous.yml", {"ambiguous.training": ["formation pour adultes"]})


def note_written(office: Office) -> None:
    path = office.knowledge / "sections/tides.yml"
    path.write_text("# a note\n" + path.read_text())


@pytest.mark.parametrize(
    ("change", "what"),
    [(renamed, "post"), (moved, "post"), (contact_added, "contact"), (contact_edited, "contact"),
     (contact_removed, "contact"), (section_added, "section"), (story_added, "file"), (vague_added, "file"),
     (questions_asked, "vague"), (note_written, "other")],
)  # fmt: skip
def test_a_change_is_given_up(office: Office, change: Callable[[Office], Any], what: str) -> None:
    before = knowledge_version(office.knowledge)
    change(office)
    assert knowledge_version(office.knowledge) != before
    page = office.page("/publish")
    form = form_to(page, "/console/publish/discard", what=what)
    typed = form.fields | {"reason": "Not yet agreed"}
    stale = office.staff.client.post(form.action, data=typed | {"csrf": "old"})
    assert stale.status_code == 403 and form_to(stale.text, form.action, what=what).fields == typed
    response = office.staff.client.post(form.action, data=typed)
    assert response.status_code == 303, response.text
    assert "Everything is published" in office.page("/publish")
    served = office.desk.releases.path(2) / "knowledge"
    differing = [
        path for path in served.rglob("*.yml")
        if path.read_bytes() != (office.knowledge / path.relative_to(served)).read_bytes()
    ]  # fmt: skip
    # A contact that comes back stands at the end of the list.
    assert differing == [] or change is contact_removed
    line = office.staff.store.log()[0]
    assert (line.action, line.reason) == ("discarded", "Not yet agreed")


def test_what_is_in_use_is_not_given_up_before_its_user(office: Office) -> None:
    contact_added(office)
    form = form_to(office.page("/answers/tides.overview"), "/console/answers/tides.overview")
    words = {"answer_en": "Boats answer at {boat-phone} all day long.", "do": "save",
             "answer_fr": "Les bateaux répondent au {boat-phone} toute la journée."}  # fmt: skip
    assert office.staff.client.post(form.action, data=form.fields | words).status_code == 303
    discard = form_to(office.page("/publish"), "/console/publish/discard", what="contact")
    refused = office.staff.client.post(discard.action, data=discard.fields)
    assert refused.status_code == 422 and "is shown by tides.overview" in refused.text


def test_a_vague_question_is_shown_in_words_before_it_is_published_and_after_going_back(office: Office) -> None:
    vague_added(office)
    page = text_in(office.page("/publish"))
    assert "vague question · What about boats?" in page and "have to learn" not in page
    assert "Questions that people ask (fr) un bateau" in page
    assert "The bot asks (fr) Quel bateau ?" in page
    assert "Choices About tides.overview About pearls.overview" in page
    assert "vague questions and small talk" in page and 'value="words"' not in office.page("/publish")
    office.staff.sign_in("ben")
    page = text_in(office.page("/publish")).replace("\N{NO-BREAK SPACE}", " ")
    assert "question vague · Quel bateau ?" in page and "des questions vagues et des politesses" in page
    settings = office.desk.settings
    parts = Parts(settings.knowledge, settings.models / "one.tar.gz", settings.thresholds)
    office.desk.releases.publish(parts, author="awa", reason="Seen", kind=TRAINED)
    assert "question vague · Quel bateau ?" in text_in(office.page("/releases/2")).replace("\N{NO-BREAK SPACE}", " ")


def test_the_log_tells_how_many_questions_of_a_vague_question_were_given_up(office: Office) -> None:
    questions_asked(office)
    form = form_to(office.page("/publish"), "/console/publish/discard", what="vague")
    assert office.staff.client.post(form.action, data=form.fields).status_code == 303
    line = office.staff.store.log()[0]
    assert (line.subject, "formation" in line.changes) == ("ambiguous.training", False)
    assert '["ambiguous.training", "questions fr", "−1", "+0"]' in line.changes
