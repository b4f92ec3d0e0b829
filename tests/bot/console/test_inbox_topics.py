"""Questions that a known topic answers: apart from what is open, with all the same steps."""

from __future__ import annotations

from pathlib import Path

import pytest

from bot.console import grouping
from tests.bot.console.forms import form_to, text_in
from tests.bot.console.office import Office, open_office

TOPIC = "topic.tides-le-parking"


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


def test_what_a_known_topic_answers_stands_apart_and_counts_as_nothing_open(office: Office) -> None:
    page = office.page("/inbox")
    assert "where can I park" not in page and "how deep is the pool" in page
    assert "Groups 1 to 1 of 1," in text_in(page)
    assert 'href="/console/inbox?topics=1">Known topics that people ask for (1)</a>' in page
    apart = office.page("/inbox?topics=1")
    assert "where can I park" in apart and "how deep is the pool" not in apart
    assert "<h1>Known topics that people ask for</h1>" in apart
    assert f'<a href="/console/answers/{TOPIC}">Parking</a>' in apart
    office.staff.sign_in("ben")
    assert "Sujets connus que l'on demande (1)" in text_in(office.page("/inbox")).replace("’", "'")


@pytest.mark.parametrize("step", ["done", "ignore", "add:tides.overview"])
def test_all_steps_work_there_too_and_lead_back_there(office: Office, step: str) -> None:
    form = form_to(office.page("/inbox?topics=1"), "/console/inbox").fields
    done = office.staff.post("/inbox", **(form | {"do": step}))
    assert done.status_code == 303 and done.headers["location"].startswith("/console/inbox?topics=1&done=")
    assert "No known topic was asked for" in office.page("/inbox?topics=1")
    assert "Known topics that people ask for" not in office.page("/inbox")


def test_one_that_was_answered_otherwise_too_keeps_its_group_open(office: Office) -> None:
    office.ask("park where can I")
    page = office.page("/inbox")
    assert "4 ×" in page and "Known topics that people ask for" not in page
    assert "No known topic was asked for" in office.page("/inbox?topics=1")


def test_only_known_topics_leave_the_inbox_empty(office: Office) -> None:
    group = form_to(office.page("/inbox"), "/console/inbox").fields["group"]
    office.staff.post("/inbox", do="done", group=group)
    page = office.page("/inbox")
    assert "Nothing waits here" in page and "Known topics that people ask for (1)" in page


def test_known_topics_keep_nothing_open_off_the_first_page(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(grouping, "MOST_TEXTS", 2)
    for number in range(4):
        office.ask(f"{number} other{number} words{number}", entry=TOPIC)
    page = office.page("/inbox")
    assert "how deep is the pool" in page and "portion" not in page
    assert "Known topics that people ask for</a>" in page
    assert "portion 1 of 3" in office.page("/inbox?topics=1")
    last = office.page("/inbox?topics=1&window=2")
    assert "where can I park" in last and "Next page" not in last and "topics=1" in last
