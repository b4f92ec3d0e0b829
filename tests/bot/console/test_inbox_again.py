"""The inbox: what was typed comes back with a mistake, and what was settled can be brought back."""

from __future__ import annotations

import csv
import io
from pathlib import Path

import pytest

from bot.dialogue.generator import PAYLOAD
from tests.bot.console.forms import form_to, forms_in, text_in
from tests.bot.console.office import Office, open_office

POOL, STAMPS = "how deep is the swimming pool?", "où acheter des timbres"


@pytest.fixture
def office(tmp_path: Path) -> Office:
    office = open_office(tmp_path)
    office.ask(POOL)
    office.ask(STAMPS, language="fr")
    return office


def digests(page: str, text: str) -> str:
    part = next(part for part in page.split("<section")[1:] if text in part)
    return form_to(part, "/console/inbox").fields["group"]


def test_the_words_of_a_topic_come_back_with_a_mistake(office: Office) -> None:
    group = digests(office.page("/inbox"), "swimming pool")
    typed = {"section": "pearls", "title_en": "The swimming pool " + "x" * 400, "title_fr": "La piscine"}
    refused = office.staff.post("/inbox", do="topic", group=group, **typed)
    assert refused.status_code == 422
    again = next(form for form in forms_in(refused.text) if form.fields.get("title_fr") == "La piscine")
    assert again.fields["title_en"] == typed["title_en"] and again.fields["group"] == group
    assert again.fields["section"] == "pearls"
    assert refused.text.count('value="La piscine"') == 1 and refused.text.count("<details open>") == 1
    refused = office.staff.post("/inbox", do="add", group=group, entry="tides.nothing")
    assert refused.status_code == 422 and 'value="tides.nothing"' in refused.text


def test_a_topic_s_title_is_not_lost_by_a_session_that_ended_or_a_token_out_of_date(office: Office) -> None:
    page = office.page("/inbox")
    form = next(form for form in forms_in(page) if "title_fr" in form.fields)
    typed = form.fields | {"title_fr": "La piscine de l'ambassade"}
    stale = office.staff.client.post("/console/inbox", data=typed | {"csrf": "old"})
    assert stale.status_code == 403 and "La piscine de l&#39;ambassade" in stale.text
    again = next(f for f in forms_in(stale.text) if f.fields.get("title_fr") == typed["title_fr"])
    office.staff.client.cookies.clear()
    over = office.staff.client.post("/console/inbox", data=again.fields)
    assert over.status_code == 401 and "piscine" in over.text


def test_what_was_done_can_be_brought_back(office: Office) -> None:
    page = office.page("/inbox")
    assert office.staff.post("/inbox", do="done", group=digests(page, "swimming pool")).status_code == 303
    assert (
        office.staff.post("/inbox", do="add", entry="tides.overview", group=digests(page, "timbres")).status_code == 303
    )
    assert "Nothing waits here" in office.page("/inbox?done=marked")
    assert 'href="/console/inbox/ignored">Undo' in office.page("/inbox?done=marked")
    shown = office.page("/inbox/ignored")
    assert f"{POOL} Done awa" in text_in(shown) and f"{STAMPS} Done About tides.overview awa" in text_in(shown)
    for form in forms_in(shown):
        if form.action == "/console/inbox/ignored":
            assert office.staff.client.post(form.action, data=form.fields).status_code == 303
    page = office.page("/inbox")
    assert "swimming pool" in page and "timbres" in page
    assert "Nothing is done or ignored" in office.page("/inbox/ignored")
    assert [line.action for line in office.staff.store.log()[:2]] == ["inbox-restored", "inbox-restored"]
    assert "timbres" in (office.knowledge / "questions/fr/all.yml").read_text(), "the answer keeps its question"


def test_figures_tell_what_was_asked_most(office: Office) -> None:
    for text in ("How deep is the swimming  pool", "HELLO", f"{PAYLOAD}x"):
        office.ask(text, kind="smalltalk" if text == "HELLO" else "answer", entry="tides.overview")
    office.ask("Rien de tout cela")
    shown = text_in(office.page("/figures"))
    assert f"Questions asked most Question Count {POOL} 2 {STAMPS} 1" in shown
    assert "HELLO" not in shown and PAYLOAD not in shown
    rows = list(csv.reader(io.StringIO(office.staff.client.get("/console/figures.csv").text.lstrip("\ufeff"))))
    assert ["questions asked most", POOL, "2"] in rows
    office.staff.sign_in("ben")
    assert "Questions les plus posées" in office.page("/figures")
