"""One file that cannot be read: it is named and left as it is, and all others can be edited."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from bot.knowledge.broken import broken_files
from bot.knowledge.edit.editor import KnowledgeEditor
from tests.bot.console.forms import text_in
from tests.bot.console.office import Office, open_office, open_published_office
from tests.bot.console.test_editing import look, opened, send, table

BROKEN = "section: pearls\nentries:\n- id: pearls.overview\n  answer: {en: 'It lends {tide-email"
PEARLS = "sections/pearls.yml"


@pytest.fixture(params=[BROKEN, "section: pearls\nentries:\n- id: pearls.overview\n  answer: '{tide-email}'\n"])
def office(tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[Office]:
    """An office whose pearls somebody broke by hand; the file is the same in the end."""
    made = open_office(tmp_path)
    path = made.knowledge / PEARLS
    path.write_text(request.param, encoding="utf-8")
    yield made
    assert path.read_text(encoding="utf-8") == request.param


def test_every_page_names_the_file_and_shows_the_rest(office: Office) -> None:
    for path in ("/answers", "/answers/tides.contact", "/contacts", "/sections", "/stories", "/exchange"):
        page = text_in(office.page(path))
        assert "sections/pearls.yml:" in page and "everything else can be edited" in page, path
    assert "tides.contact" in office.page("/answers") and "pearls.overview" not in office.page("/answers")
    assert b"tides.contact" in office.staff.client.get("/console/exchange/answers.csv").content
    office.staff.sign_in("ben")
    assert "tout le reste peut être modifié" in text_in(office.page("/answers"))


def test_what_stands_in_files_that_can_be_read_is_edited(office: Office) -> None:
    assert send(office, opened(office), answer_en="The Tide Office watches the wide sea.\nIt warns.").status_code == 303
    changed = send(office, opened(office, "/contacts", name="tide-phone"), value="+99 44 55 66")
    assert changed.status_code == 303
    renamed = send(office, opened(office, "/sections", section="tides"), name_en="Office of Tides", elsewhere="keep")
    assert renamed.status_code == 303
    form = opened(office, "/answers/new")
    more = {"id": "tides.moon", "section": "tides", "title_en": "Moon", "title_fr": "Lune", "source": "p. 1",
            "answer_en": "The moon pulls the sea up twice a day.", "questions_en": "why the moon",
            "answer_fr": "La lune soulève la mer deux fois par jour.", "questions_fr": "pourquoi la lune"}  # fmt: skip
    assert send(office, form, **more).status_code == 303
    row = {"id": "tides.moon", "owner": "Awa"}
    assert "/console/exchange/save" in look(office, table([row])).text
    editor = KnowledgeEditor(office.knowledge)
    assert editor.contacts()["tide-phone"][1] == "+99 44 55 66" and editor.entry("tides.moon").title["fr"] == "Lune"
    assert list(broken_files(office.knowledge)) == [PEARLS]


def test_mistakes_in_them_are_still_refused(office: Office) -> None:
    refused = send(office, opened(office), answer_en="Call {nobody-phone}.", answer_fr="Appelez {nobody-phone}.")
    assert refused.status_code == 422 and "nobody-phone" in refused.text
    assert "does not exist" in text_in(refused.text)


def test_nothing_is_written_into_the_broken_file(office: Office) -> None:
    page = office.staff.client.get("/console/answers/pearls.overview")
    assert page.status_code == 409 and "sections/pearls.yml" in page.text
    saved = office.staff.post("/answers/pearls.overview", title_en="Pearls", title_fr="Perles")
    assert saved.status_code == 409 and "sections/pearls.yml" in saved.text
    typed = {"section": "pearls", "title_en": "X", "title_fr": "X", "answer_en": "Some long enough text about pearls.",
             "answer_fr": "Un texte assez long au sujet des perles.", "source": "p. 1"}  # fmt: skip
    for name in ("pearls.new", "pearls.overview"):
        added = send(office, opened(office, "/answers/new"), id=name, **typed)
        assert added.status_code == 422 and "sections/pearls.yml" in added.text, name
    renamed = office.staff.post("/sections", section="pearls", name_en="P", name_fr="P", short_en="P", short_fr="P")
    assert renamed.status_code == 422 and "sections/pearls.yml" in renamed.text
    page = look(office, table([{"id": "pearls.overview", "owner": "Awa"}, {"id": "tides.contact", "owner": "Awa"}]))
    assert "sections/pearls.yml cannot be read" in text_in(page.text) and "/console/exchange/save" in page.text


def test_nothing_is_removed_that_the_broken_file_names(office: Office) -> None:
    refused = send(office, opened(office, "/contacts", name="tide-email"), do="delete")
    assert refused.status_code == 422 and "sections/pearls.yml" in text_in(refused.text)
    assert "tide-email" in KnowledgeEditor(office.knowledge).contacts()


@pytest.mark.parametrize("rest", ["- id: pearls.head\n  aspect: head\n", "- id: pearls.head\n  title: Pearls\n"])
def test_publishing_and_trying_name_the_line_of_a_file_that_was_cut(tmp_path: Path, root: Path, rest: str) -> None:
    office = open_published_office(tmp_path, root)
    path = office.knowledge / PEARLS
    whole = path.read_text(encoding="utf-8")
    line = len(whole.splitlines()) + 1
    path.write_text(whole + rest, encoding="utf-8")
    for page in ("/publish", "/try?q=pearls", "/answers"):
        shown = text_in(office.page(page))
        assert f"{PEARLS}:{line}:" in shown and "entries.1 has no" in shown, page
        assert "→ add a line '" in shown and "Error" not in shown and str(tmp_path) not in shown, page
    office.staff.sign_in("ben")
    for page in ("/publish", "/try?q=pearls", "/answers"):
        shown = text_in(office.page(page))
        assert "entries.1 n'a pas" in shown and "→ ajoutez une ligne" in shown, page


def test_publishing_names_a_file_that_is_no_yaml_by_its_path_below_the_knowledge(tmp_path: Path, root: Path) -> None:
    office = open_published_office(tmp_path, root)
    (office.knowledge / PEARLS).write_text(BROKEN, encoding="utf-8")
    for page in ("/publish", "/try?q=pearls"):
        shown = text_in(office.page(page))
        assert f"{PEARLS}:4: is not valid YAML" in shown and str(tmp_path) not in shown, page


def test_questions_that_cannot_be_read_are_not_taken_for_none(office: Office) -> None:
    path = office.knowledge / "questions/fr/all.yml"
    whole = path.read_text(encoding="utf-8")
    path.write_text("tides.overv", encoding="utf-8")
    assert "questions/fr/all.yml" in text_in(office.page("/answers"))
    assert office.staff.client.get("/console/answers/tides.overview").status_code == 409
    exported = office.staff.client.get("/console/exchange/answers.csv").content.decode("utf-8")
    assert "tides.overview" not in exported, "brought back later, its empty cells would take the questions out"
    path.write_text(whole, encoding="utf-8")
    assert "fr tides.overview wording 3" in office.page("/answers/tides.overview")
