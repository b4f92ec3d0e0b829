"""What stands in the way of a removal can be taken out of the way in the console, each at the page that is named."""

from __future__ import annotations

import re
import shutil
from collections.abc import Collection
from pathlib import Path

import pytest

from bot.knowledge.checks import ERROR, check_folder
from bot.knowledge.edit.editor import KnowledgeEditor
from bot.knowledge.edit.sections import SectionEditor
from bot.knowledge.reader import read_knowledge
from tests.bot.console.forms import Form, form_to, text_in
from tests.bot.console.office import Office, open_office, open_published_office
from tests.bot.console.test_editing import opened, send


@pytest.fixture
def embassy(tmp_path: Path, root: Path) -> Office:
    """The real knowledge."""
    office = open_office(tmp_path)
    shutil.rmtree(office.knowledge)
    shutil.copytree(root / "knowledge", office.knowledge)
    return office


def let_go(office: Office, address: str, gone: Collection[str]) -> None:
    """Takes these answers out of the form at an address, and puts another answer where too few stay."""
    path = address.removeprefix("/console")
    form = form_to(office.page(path), address.partition("?")[0], **_own(address))
    typed: dict[str, str] = {}
    if "items" in form.fields:
        typed["items"] = "\n".join(name for name in form.fields["items"].split() if name not in gone)
    options = [text for name, text in form.fields.items() if name.startswith("option_") and text]
    kept = [name for name in options if name not in gone]
    kept += ["embassy.overview", "embassy.sections"][: max(0, 2 - len(kept))] if options else []
    typed |= {f"option_{at}": (kept + [""] * 6)[at - 1] for at in range(1, 7)} if options else {}
    saved = send(office, form, **typed)
    assert saved.status_code == 303, (address, text_in(saved.text)[:600])


def _own(address: str) -> dict[str, str]:
    return {"name": address.partition("edit=")[2]} if "edit=" in address else {}


def in_the_way(html: str) -> list[str]:
    return re.findall(r'<a href="([^"]+)" aria-label', html)


def test_all_that_keeps_the_press_office_is_met_in_the_console_and_it_goes(embassy: Office) -> None:
    html = embassy.page("/sections/press/remove")
    places = in_the_way(html)
    assert {"/console/stories/vague?edit=ask.phone", "/console/answers/embassy.sections"} <= set(places)
    found = SectionEditor(embassy.knowledge).contents("press")
    assert len(places) == len(found.references)
    for address in places:
        let_go(embassy, address, found.ids)
    page = embassy.page("/sections/press/remove")
    assert not in_the_way(page)
    removed = send(embassy, form_to(page, "/console/sections/press/remove"), reason="It closed")
    assert removed.status_code == 303, text_in(removed.text)[:600]
    knowledge = read_knowledge(embassy.knowledge)
    assert "press" not in knowledge.sections and len(knowledge.entries["embassy.sections"].items) == 10
    assert [finding for finding in check_folder(embassy.knowledge) if finding.severity == ERROR] == []


def test_an_answer_that_a_question_back_offers_says_where_and_goes_then(embassy: Office) -> None:
    refused = send(embassy, opened(embassy, "/answers/press.phone"), do="delete")
    assert refused.status_code == 422 and "ask.phone" in text_in(refused.text)
    assert '<a href="/console/stories/vague?edit=ask.phone">ask.phone</a>' in refused.text
    let_go(embassy, "/console/stories/vague?edit=ask.phone", ["press.phone"])
    assert send(embassy, opened(embassy, "/answers/press.phone"), do="delete").status_code == 303
    assert "press.phone" not in read_knowledge(embassy.knowledge).entries


# --- What an answer lists ---


@pytest.fixture
def office(tmp_path: Path) -> Office:
    return open_office(tmp_path)


def listed(office: Office) -> tuple[str, ...]:
    return read_knowledge(office.knowledge).entries["pearls.overview"].items


def pearls(office: Office) -> Form:
    return opened(office, "/answers/pearls.overview")


def test_what_an_answer_lists_is_written_changed_and_taken_out(office: Office) -> None:
    before = (office.knowledge / "sections/pearls.yml").read_text()
    for names in (("tides.overview", "tides.contact"), ("tides.contact",), ()):
        typed = "\r\n".join([*names, "", *names[:1]])
        assert send(office, pearls(office), items=typed, reason="Order").status_code == 303
        assert listed(office) == names and pearls(office).fields["items"] == "\n".join(names)
    assert (office.knowledge / "sections/pearls.yml").read_text() == before
    log = text_in(office.page("/log"))
    assert "Answers that it lists" in log and "tides.contact" in log


def test_what_is_not_there_is_refused_and_stays_typed(office: Office) -> None:
    refused = send(office, pearls(office), items="tides.overview\ntides.nothing")
    assert refused.status_code == 422 and "tides.nothing" in text_in(refused.text)
    form = form_to(refused.text, "/console/answers/pearls.overview")
    assert form.fields["items"] == "tides.overview\ntides.nothing" and listed(office) == ()


def test_two_people_s_lists_are_put_together_and_a_form_without_the_field_keeps_them(office: Office) -> None:
    mine, theirs = pearls(office), pearls(office)
    assert send(office, theirs, items="tides.overview").status_code == 303
    page = send(office, mine, items="tides.contact")
    assert page.status_code == 409
    assert send(office, form_to(page.text, "/console/answers/pearls.overview")).status_code == 303
    assert set(listed(office)) == {"tides.overview", "tides.contact"}
    form = pearls(office)
    del form.fields["items"]
    assert send(office, form, owner="Awa").status_code == 303
    assert set(listed(office)) == {"tides.overview", "tides.contact"}


def test_a_changed_list_is_discarded_and_a_removed_answer_comes_back_with_its_list(tmp_path: Path, root: Path) -> None:
    office = open_published_office(tmp_path, root)
    assert send(office, pearls(office), items="tides.overview").status_code == 303
    editor = KnowledgeEditor(office.knowledge)
    assert editor.entry("pearls.overview").items == ("tides.overview",)
    discarded = send(office, form_to(office.page("/publish"), "/console/publish/discard", id="pearls.overview"))
    assert discarded.status_code == 303 and listed(office) == ()
    new = editor.entry("tides.contact")
    editor.remove("tides.contact")
    editor.add(type(new)(**{**vars(new), "items": ("pearls.overview",)}))
    assert read_knowledge(office.knowledge).entries["tides.contact"].items == ("pearls.overview",)
