"""Removing a section in the console: a look at what goes, one change with one line of the log, and the way back."""

from __future__ import annotations

import json
import re
import shutil
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from bot.knowledge.reader import read_knowledge
from tests import tiny
from tests.bot.console.forms import Form, form_to, forms_in, text_in
from tests.bot.console.office import Office, open_office
from tests.bot.knowledge.edit.test_sections import add_reefs, texts

PAGE = "/sections/reefs/remove"


@pytest.fixture
def office(tmp_path: Path) -> Office:
    made = open_office(tmp_path)
    add_reefs(made.knowledge)
    return made


def opened(office: Office) -> Form:
    return form_to(office.page(PAGE), f"/console{PAGE}")


def send(office: Office, form: Form, **typed: str) -> Any:
    return office.staff.client.post(form.action, data=form.fields | typed)


def serve(office: Office) -> None:
    """What stands in the draft now is release 1."""
    folder = office.desk.releases.path(1)
    shutil.copytree(office.knowledge, folder / "knowledge")
    about = {"number": 1, "created": datetime.utcnow().isoformat(timespec="seconds"), "author": "awa", "reason": "x",
             "kind": "baseline", "knowledge": "x", "model": "m", "sha256": "0", "inputs": "0", "of": None,
             "figures": {}}  # fmt: skip
    (folder / "release.json").write_text(json.dumps(about))
    (folder.parent / "current.json").write_text(json.dumps({"release": 1}))


def test_the_page_lists_all_that_goes_in_both_languages(office: Office) -> None:
    assert f'href="/console{PAGE}"' in office.page("/sections")
    page = text_in(office.page(PAGE))
    for words in (
        "Remove the section “Reef Office”?", "Answers that go (2)", "About reefs.maps", "Known topics that go (2)",
        "topic.reef-tour", "English: 120", "sections/reefs.yml", "topics/reefs.yml", "questions/fr/reefs.yml",
        "Files that keep what belongs to others (3)", "questions/en/all.yml",
    ):  # fmt: skip
        assert words in page
    office.desk.staff.change_role("ben", "publisher")
    office.staff.sign_in("ben")
    html = office.page(PAGE)
    page = text_in(html)
    for words in (
        "Supprimer la section « Bureau des récifs » ?",
        "Réponses supprimées (2)",
        "Sur reefs.maps",
        "Français : 120",
    ):
        assert words in page
    assert set(re.findall(r'<label for="([^"]+)"', html)) >= {"reason"} and "reason" in opened(office).required


def test_a_section_goes_as_one_change_with_one_line_of_the_log(office: Office) -> None:
    response = send(office, opened(office), reason="  The office   moved. ")
    assert (response.status_code, response.headers["location"]) == (303, "/console/sections?done=removed")
    assert "reefs" not in read_knowledge(office.knowledge).sections
    (line, _) = office.staff.store.log()
    assert (line.who, line.action, line.subject, line.reason) == (
        "awa",
        "section-removed",
        "reefs",
        "The office moved.",
    )
    page = text_in(office.page("/log"))
    assert "removed a section" in page and "The office moved." in page
    assert office.staff.client.get(f"/console{PAGE}").status_code == 404


def test_without_a_reason_nothing_goes(office: Office) -> None:
    before = texts(office.knowledge)
    refused = send(office, opened(office), reason="  ")
    assert refused.status_code == 422 and "Please write why" in refused.text
    assert texts(office.knowledge) == before


def test_only_publishers_remove_sections(office: Office) -> None:
    form, before = opened(office), texts(office.knowledge)
    office.staff.sign_in("ben")
    assert "/remove" not in office.page("/sections")
    assert office.staff.client.get(f"/console{PAGE}").status_code == 403
    assert office.staff.post(PAGE, base=form.fields["base"], reason="x").status_code == 403
    assert texts(office.knowledge) == before


@pytest.mark.parametrize("csrf", ["", "x" * 43])
def test_a_form_without_its_token_removes_nothing(office: Office, csrf: str) -> None:
    form, before = opened(office), texts(office.knowledge)
    assert send(office, form, reason="x", csrf=csrf).status_code == 403
    office.staff.client.cookies.clear()
    assert send(office, form, reason="x").status_code == 303, "to the form to sign in"
    assert texts(office.knowledge) == before


def test_what_refers_to_it_is_said_with_what_to_do(office: Office) -> None:
    form = opened(office)
    pearls = office.knowledge / "sections/pearls.yml"
    tiny.change(pearls, "aspect: overview", "aspect: overview\n  items: [reefs.maps]")
    tiny.change(office.knowledge / "conversation.yml", "clarifications:\n", (
        "clarifications:\n  guide.sea:\n    question: {en: 'What do you seek there?', fr: 'Que cherchez-vous ?'}\n"
        "    options: [reefs.overview, tides.overview]\n"
    ))  # fmt: skip
    html = office.page(PAGE)
    page = text_in(html)
    assert "The answer pearls.overview lists reefs.maps. Open it, take them out of “Answers that it lists”" in page
    assert "The guided conversation guide.sea leads to reefs.overview. Open it on the page" in page
    assert not [found for found in forms_in(html) if found.action.endswith("/remove")]
    refused = send(office, form, reason="x")
    assert refused.status_code == 422 and "referred to by pearls.overview, guide.sea" in refused.text
    assert "reefs" in read_knowledge(office.knowledge).sections


def test_a_section_that_somebody_changed_is_shown_again(office: Office) -> None:
    form = opened(office)
    tiny.change(office.knowledge / "sections/reefs.yml", "id: reefs.maps", "id: reefs.charts")
    tiny.change(office.knowledge / "sections/reefs.yml", "- reefs.maps", "- reefs.charts")
    for code in ("en", "fr"):
        tiny.change(office.knowledge / f"questions/{code}/all.yml", "reefs.maps:", "reefs.charts:")
    response = send(office, form, reason="It moved")
    assert response.status_code == 409 and "nothing was removed" in response.text and "reefs.charts" in response.text
    again = form_to(response.text, f"/console{PAGE}")
    assert again.fields["reason"] == "It moved"
    assert send(office, again).status_code == 303


def test_publishing_shows_the_removal_and_can_put_it_back(office: Office) -> None:
    serve(office)
    before = texts(office.knowledge)
    assert send(office, opened(office), reason="x").status_code == 303
    html = office.page("/publish")
    for what, name in (
        ("entry", "reefs.overview"), ("entry", "reefs.maps"), ("topic", "topic.reef-price"),
        ("topic", "topic.reef-tour"), ("section", "reefs"),
    ):  # fmt: skip
        form_to(html, "/console/publish/discard", what=what, id=name)
    assert html.count(">removed</span>") == 5
    alone = send(office, form_to(html, "/console/publish/discard", id="reefs.maps"))
    assert alone.status_code == 422 and "was removed as well" in alone.text
    assert send(office, form_to(html, "/console/publish/discard", what="section")).status_code == 303
    assert texts(office.knowledge) == before
    assert "Everything is published" in office.page("/publish")
    assert [line.action for line in office.staff.store.log()][:2] == ["discarded", "section-removed"]


@pytest.mark.parametrize("name", ["nobody", "new", "*", "tides%2F..", "tides.yml"])
def test_a_section_that_is_not_there_is_no_page(office: Office, name: str) -> None:
    assert office.staff.client.get(f"/console/sections/{name}/remove").status_code == 404
