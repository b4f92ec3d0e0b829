"""The log of edits: who changed what from what to what, and why."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from bot.console.noted import LONGEST, shortened
from bot.store.staff import AuditLine
from tests.bot.console.forms import Form, form_to, text_in
from tests.bot.console.office import Office, open_office


@pytest.fixture
def office(tmp_path: Path) -> Office:
    return open_office(tmp_path)


def send(office: Office, path: str, action: str, having: dict[str, str] | None = None, **typed: str) -> AuditLine:
    """Fills in a form of a page; the newest line of the log."""
    form: Form = form_to(office.page(path), f"/console{action}", **(having or {}))
    form.fields |= typed
    response = office.staff.client.post(form.action, data=form.fields)
    assert response.status_code == 303, text_in(response.text)
    return office.desk.staff.log()[0]


def test_the_log_tells_why_an_answer_was_changed_and_what_stood_there_before(office: Office) -> None:
    page = "/answers/tides.overview"
    stored = form_to(office.page(page), f"/console{page}").fields
    words = stored["answer_en"].replace("Tide Office", "Office of Tides", 1)
    line = send(office, page, page, do="save", answer_en=words, owner="Awa", reason="The office has a new name")
    assert (line.action, line.subject, line.reason) == ("edited", "tides.overview", "The office has a new name")
    log = text_in(office.page("/log"))
    assert "Answer (en): " in log and "Office of Tides" in log and "Who looks after it: → Awa" in log
    assert "sections/tides.yml" in log
    assert max(len(text) for *_, before, after in json.loads(line.changes)["fields"] for text in (before, after)) <= (
        LONGEST + 4
    )
    office.staff.sign_in("ben")
    assert "Réponse (en)\u00a0: " in text_in(office.page("/log")) or "Réponse (en) : " in text_in(office.page("/log"))


def test_a_reason_is_not_asked_for_in_vain(office: Office) -> None:
    line = send(office, "/contacts", "/contacts", {"name": "tide-phone"}, value="+99 77 66 55", reason="New line")
    assert (line.action, line.reason) == ("contact-changed", "New line")
    assert "→ +99 77 66 55" in text_in(office.page("/log"))
    line = send(
        office,
        "/sections",
        "/sections",
        {"section": "tides"},
        name_en="Waves",
        elsewhere="keep",
        reason="Renamed by decree",
    )
    assert (line.action, line.reason) == ("section-named", "Renamed by decree")
    line = send(office, "/answers/pearls.overview", "/answers/pearls.overview", do="save", owner="Ben")
    assert line.reason == ""


def test_a_reason_comes_back_with_a_form_that_could_not_be_saved(office: Office) -> None:
    form = form_to(office.page("/answers/tides.overview"), "/console/answers/tides.overview")
    form.fields |= {"title_en": "", "reason": "Typed once", "do": "save"}
    response = office.staff.client.post(form.action, data=form.fields)
    assert response.status_code == 422
    assert form_to(response.text, form.action).fields["reason"] == "Typed once"


def test_no_words_of_the_public_get_into_the_log(office: Office) -> None:
    office.ask("where is the boat quay, says Moussa")
    (group,) = office.desk.inbox.unanswered([], office.desk.staff.log()[0].created.replace(year=2000))
    done = office.staff.post("/inbox", do="add:tides.overview", group=group.digest[:16], at=1)
    assert done.status_code == 303
    line = office.desk.staff.log()[0]
    assert json.loads(line.changes)["fields"] == [["tides.overview", "questions en", "−0", "+1"]]
    assert "Moussa" not in str(office.desk.staff.log())


@pytest.mark.parametrize(
    ("before", "after", "left"),
    [
        ("a b c d e f g h i j", "a b c d X f g h i j", ("… b c d e f g h …", "… b c d X f g h …")),
        ("", "new", ("", "new")),
        ("one two", "one two three", ("one two", "one two three")),
        ("word " * 99 + "end", "w" * 400, ("word " * 18 + "…", "w" * LONGEST + "…")),
    ],
)
def test_only_what_differs_is_kept(before: str, after: str, left: tuple[str, str]) -> None:
    old, new = shortened(before, after)
    assert (old, new) == (left[0].replace(" …", "…") if len(left[0]) > LONGEST else left[0], left[1])
