"""Questions that a known topic answers: in the inbox like all others, but behind what is open."""

from __future__ import annotations

from pathlib import Path

import pytest

from bot.console import grouping
from tests.bot.console.forms import form_to, text_in
from tests.bot.console.office import Office, open_office

TOPIC = "topic.tides-le-parking"
HEADING = "<h2>Known topics that people ask for</h2>"


@pytest.fixture
def office(tmp_path: Path) -> Office:
    office = open_office(tmp_path)
    office.ask("is there parking")
    title = {"title_en": "Parking", "title_fr": "Le parking"}
    group = form_to(office.page("/inbox"), "/console/inbox").fields["group"]
    assert office.staff.post("/inbox", do="topic", group=group, section="tides", **title).status_code == 303
    for _ in range(3):
        office.ask("where can I park", entry=TOPIC)
    office.ask("how deep is the pool")
    return office


def test_what_a_known_topic_answers_stands_behind_what_is_open_however_often_it_was_asked(office: Office) -> None:
    page = office.page("/inbox")
    assert page.index("how deep is the pool") < page.index(HEADING) < page.index("where can I park")
    assert f'<a href="/console/answers/{TOPIC}">Parking</a>' in page
    office.staff.sign_in("ben")
    assert "Sujets connus que l'on demande" in text_in(office.page("/inbox")).replace("’", "'")


@pytest.mark.parametrize("step", ["done", "ignore", "add:tides.overview"])
def test_all_steps_work_there_too(office: Office, step: str) -> None:
    group = form_to(office.page("/inbox"), "/console/inbox").fields["group"]
    office.staff.post("/inbox", do="done", group=group)
    form = form_to(office.page("/inbox"), "/console/inbox").fields
    assert office.staff.post("/inbox", **(form | {"do": step})).status_code == 303
    page = office.page("/inbox")
    assert "where can I park" not in page and HEADING not in page


def test_one_that_was_answered_otherwise_too_is_open(office: Office) -> None:
    office.ask("park where can I")
    page = office.page("/inbox")
    assert "4 ×" in page and HEADING not in page


def test_with_nothing_open_it_is_said_that_nothing_waits(office: Office) -> None:
    group = form_to(office.page("/inbox"), "/console/inbox").fields["group"]
    office.staff.post("/inbox", do="done", group=group)
    page = office.page("/inbox")
    assert page.index("Nothing waits here") < page.index(HEADING)


def test_known_topics_keep_nothing_open_off_the_first_page(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(grouping, "MOST_TEXTS", 2)
    for number in range(4):
        office.ask(f"{number} other{number} words{number}", entry=TOPIC)
    assert "how deep is the pool" in office.page("/inbox")
    assert HEADING in office.page("/inbox?window=2")
