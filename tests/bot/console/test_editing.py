"""Editing in the console: conflicts, days, contacts, names, stories, imports, and the list of answers."""

from __future__ import annotations

import csv
import html
import io
import os
import re
import time
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
import yaml
from openpyxl import Workbook

from bot.console import editing
from bot.knowledge.reader import read_knowledge
from tests import tiny
from tests.bot.console.client import PAGES
from tests.bot.console.forms import Form, form_to, forms_in, text_in
from tests.bot.console.office import Office, open_office

ENTRY = "/console/answers/tides.overview"


@pytest.fixture
def office(tmp_path: Path) -> Office:
    return open_office(tmp_path)


def opened(office: Office, path: str = "/answers/tides.overview", **having: str) -> Form:
    return form_to(office.page(path), f"/console{path}", **having)


def send(office: Office, form: Form, **typed: str) -> Any:
    return office.staff.client.post(form.action, data={"do": "save"} | form.fields | typed)


def story_form(office: Office) -> Form:
    return form_to(office.page("/stories?edit=what-do-you-seek"), "/console/stories", name="what-do-you-seek")


def entry(office: Office, name: str = "tides.overview") -> Any:
    return read_knowledge(office.knowledge).entries[name]


# --- Two people ---


def test_what_only_one_of_two_changed_is_put_together(office: Office) -> None:
    mine, theirs = opened(office), opened(office)
    assert (
        send(office, theirs, source="Their page", answer_fr="Le Bureau surveille la mer, jour et nuit.").status_code
        == 303
    )
    page = send(office, mine, owner="Awa")
    assert page.status_code == 409
    merged = form_to(page.text, ENTRY)
    assert (merged.fields["source"], merged.fields["owner"]) == ("Their page", "Awa")
    assert merged.fields["answer_fr"] == "Le Bureau surveille la mer, jour et nuit."
    assert {merged.fields[name] for name in ("pick_source", "pick_owner", "pick_answer_fr")} == {"form"}
    assert re.search(r"<ins>(jour|mer,)", page.text) and "<del>" in page.text, "word by word"
    assert send(office, merged).status_code == 303
    assert (entry(office).source, entry(office).owner) == ("Their page", "Awa")


@pytest.mark.parametrize(("choice", "word"), [("theirs", "wide"), ("mine", "deep"), ("form", "long")])
def test_what_both_changed_has_to_be_chosen(office: Office, choice: str, word: str) -> None:
    mine, theirs = opened(office), opened(office)
    send(office, theirs, answer_en="The Tide Office watches the wide sea.\nIt warns sailors.")
    page = send(office, mine, answer_en="The Tide Office watches the deep sea.\nIt warns sailors.")
    assert re.search(r"<ins>\s*deep\s*</ins>", page.text) and re.search(r"<ins>\s*wide\s*</ins>", page.text)
    again = form_to(page.text, ENTRY)
    assert "pick_answer_en" in again.required and "pick_answer_en" not in again.fields, "nobody chooses for them"
    assert "deep" in again.fields["answer_en"]
    typed = {"answer_en": "The Tide Office watches the long sea.\nIt warns sailors."} if choice == "form" else {}
    assert send(office, again, pick_answer_en=choice, **typed).status_code == 303
    assert word in entry(office).answer["en"]


def test_a_preview_does_not_drop_a_conflict(office: Office) -> None:
    mine, theirs = opened(office), opened(office)
    send(office, theirs, source="Their page", answer_en="The Tide Office watches the wide sea.\nIt warns sailors.")
    page = send(office, mine, owner="Awa", answer_en="The Tide Office watches the deep sea.\nIt warns sailors.")
    assert page.status_code == 409
    for choice, seen in (("", "deep"), ("theirs", "wide"), ("mine", "deep")):
        again = form_to(page.text, ENTRY)
        page = send(office, again, do="preview", **({"pick_answer_en": choice} if choice else {}))
        assert page.status_code == 200 and f"watches the {seen} sea" in page.text.split("data-guard")[0]
        again = form_to(page.text, ENTRY)
        assert "pick_answer_en" in again.required and again.fields.get("pick_answer_en", "") == choice
        assert re.search(r"<ins>\s*deep\s*</ins>", page.text) and re.search(r"<ins>\s*wide\s*</ins>", page.text)
    del again.fields["pick_answer_en"]
    assert send(office, again).status_code == 409, "nothing of theirs is overwritten because nobody chose"
    assert "wide" in entry(office).answer["en"]
    assert send(office, again, pick_answer_en="theirs").status_code == 303
    assert (entry(office).source, entry(office).owner) == ("Their page", "Awa")
    assert "wide" in entry(office).answer["en"]


def test_a_preview_shows_source_and_contact_card(office: Office) -> None:
    office.staff.sign_in("ben")
    page = send(office, opened(office, "/answers/tides.contact"), do="preview").text
    shown = text_in(page[: page.index("data-guard")])
    assert "Source : Offices: Offices, first paragraph, vérifiée le 1 novembre 2026" in shown.replace("\xa0", " ")
    assert "D'après : Offices: Offices, first paragraph" in shown.replace("\xa0", " ")
    assert "From: Offices: Offices, first paragraph (checked November 1, 2026)" in shown
    assert "Marées +99 11 22 33 tides@atlantis.example" in shown and "Tides +99 11 22 33" in shown
    overview = send(office, opened(office), do="preview").text
    assert "Fiche de contact" not in overview


def test_two_lists_of_questions_are_put_together(office: Office) -> None:
    mine, theirs = opened(office), opened(office)
    asked = mine.fields["questions_en"].split("\n")
    send(office, theirs, questions_en="\n".join([*asked[1:], "theirs"]))
    page = send(office, mine, questions_en="\n".join([*asked[:-1], "mine"]))
    merged = form_to(page.text, ENTRY)
    assert merged.fields["questions_en"].split("\n") == [*asked[1:-1], "mine", "theirs"]
    assert send(office, merged).status_code == 303


def test_what_somebody_changed_is_not_deleted_unseen(office: Office) -> None:
    mine, theirs = opened(office), opened(office)
    delete = {"csrf": mine.fields["csrf"], "base": mine.fields["base"], "do": "delete"}
    send(office, theirs, owner="Ben")
    response = office.staff.client.post(ENTRY, data=delete)
    assert response.status_code == 409 and "not deleted" in response.text
    assert form_to(response.text, ENTRY).fields["owner"] == "Ben"


def test_names_are_not_overwritten_unseen(office: Office) -> None:
    mine, theirs = (opened(office, "/sections", section="tides") for _ in range(2))
    assert send(office, theirs, name_en="Office of Tides", short_en="Office", elsewhere="keep").status_code == 303
    page = send(office, mine, name_en="Tidal Office", short_fr="La marée")
    assert page.status_code == 409
    again = form_to(page.text, "/console/sections", section="tides")
    assert (again.fields["name_en"], again.fields["short_en"], again.fields["short_fr"]) == (
        "Tidal Office", "Office", "La marée",
    )  # fmt: skip
    assert send(office, again, pick_name_en="theirs", elsewhere="keep").status_code == 303
    section = read_knowledge(office.knowledge).sections["tides"]
    assert (section.name["en"], section.short["en"], section.short["fr"]) == ("Office of Tides", "Office", "La marée")


def test_a_contact_that_somebody_changed_is_shown_with_both_versions(office: Office) -> None:
    mine, theirs = (opened(office, "/contacts", name="tide-phone") for _ in range(2))
    send(office, theirs, value="+99 44 44 44")
    page = send(office, mine, value="+99 55 55 55")
    assert page.status_code == 422 and "+99 44 44 44" in page.text
    again = form_to(page.text, "/console/contacts", name="tide-phone")
    assert again.fields["value"] == "+99 55 55 55" and again.fields["base_value"] == "+99 44 44 44"
    assert send(office, again, pick_value="theirs").status_code == 303
    assert read_knowledge(office.knowledge).post.contacts["tide-phone"].value == "+99 44 44 44"
    assert send(office, again, pick_value="mine").status_code == 303
    assert read_knowledge(office.knowledge).post.contacts["tide-phone"].value == "+99 55 55 55"


def test_a_guided_conversation_is_not_overwritten_or_deleted_unseen(office: Office) -> None:
    _with_triggers(office)
    _add_story(office)
    mine, theirs = (story_form(office) for _ in range(2))
    assert send(office, theirs, question_fr="Que voulez-vous ?").status_code == 303
    assert send(office, mine, do="delete").status_code == 409
    page = send(office, mine, question_en="What is it about?")
    assert page.status_code == 409
    again = form_to(page.text, "/console/stories", name="what-do-you-seek")
    assert (again.fields["question_en"], again.fields["question_fr"]) == ("What is it about?", "Que voulez-vous ?")
    assert send(office, again).status_code == 303
    assert send(office, story_form(office), do="delete").status_code == 303


# --- Days ---


@pytest.mark.parametrize("name", ["valid_until", "checked", "review_by"])
@pytest.mark.parametrize("text", ["31/02/2027", "next year", "2027-13-01", "31/12/26", "12", "31/12/0026"])
def test_a_day_that_cannot_be_read_is_said_at_its_field_and_kept(office: Office, name: str, text: str) -> None:
    response = send(office, opened(office), **{name: text})
    assert response.status_code == 422
    again = form_to(response.text, ENTRY)
    assert again.fields[name] == text and again.types[name] == "text"
    assert re.search(rf'id="{name}"[^>]*aria-invalid="true" aria-describedby="wrong"', response.text)
    assert entry(office).valid_until is None


@pytest.mark.parametrize("text", ["2027-12-31", "31/12/2027", "31.12.2027", " 31/12/2027 "])
def test_a_day_is_understood_in_both_orders_and_it_is_said_which(office: Office, text: str) -> None:
    office.staff.sign_in("ben")
    response = send(office, opened(office), valid_until=text, review_by="03/04/2099")
    assert response.status_code == 303
    assert (entry(office).valid_until, entry(office).review_by) == (date(2027, 12, 31), date(2099, 4, 3))
    page = text_in(office.staff.client.get(response.headers["location"]).text)
    assert "compris comme le 3 avril 2099" in page
    assert ("compris comme le 31 décembre 2027" in page) == ("-" not in text)


# --- Contacts, names, references ---


@pytest.mark.parametrize(
    ("kind", "value"),
    [("link", "javascript:alert(1)"), ("link", "ftp://x.example"), ("link", "https://"), ("link", "https://a b"),
     ("email", "Idrissa Fane"), ("email", "a@b"), ("phone", "call us"), ("phone", "+"), ("name", "a@b.example")],
)  # fmt: skip
def test_a_contact_must_be_what_its_kind_says(office: Office, kind: str, value: str) -> None:
    response = office.staff.post("/contacts", name="new-one", kind=kind, value=value)
    assert response.status_code == 422
    new = next(form for form in forms_in(response.text) if "name" in form.required)
    assert (new.fields["name"], new.fields["kind"], new.fields["value"]) == ("new-one", kind, value)


def test_a_contact_in_use_stays_and_another_goes(office: Office) -> None:
    office.staff.post("/contacts", name="spare", kind="link", value="https://spare.example/a?b=1")
    page = office.page("/contacts")
    removable = [form.fields["name"] for form in forms_in(page) if ("do", "delete") in form.buttons]
    assert removable == ["spare"]
    used = opened(office, "/contacts", name="tide-phone")
    refused = send(office, used, do="delete")
    assert refused.status_code == 422 and "tides.contact" in refused.text
    assert send(office, opened(office, "/contacts", name="spare"), do="delete").status_code == 303
    assert "spare" not in (office.knowledge / "embassy.yml").read_text()


def test_an_answer_in_use_is_not_deleted(office: Office) -> None:
    refused = office.staff.post("/answers/pearls.overview", do="delete")
    assert refused.status_code == 422 and "is in use" in refused.text
    assert "pearls.overview" in read_knowledge(office.knowledge).entries


def test_the_embassy_itself_is_named_once(office: Office) -> None:
    form = opened(office, "/sections", section="*")
    assert send(office, form, name_en="Embassy of Ys", name_fr="Ambassade à Ys").status_code == 303
    assert read_knowledge(office.knowledge).post.name == {"en": "Embassy of Ys", "fr": "Ambassade à Ys"}
    assert send(office, opened(office, "/sections", section="*"), name_fr="").status_code == 422


@pytest.mark.parametrize("words", ["Call {tide-phone now.", "Call tide-phone} now.", "Call {tide-phone}} now."])
def test_a_brace_without_its_other_half_is_an_error(office: Office, words: str) -> None:
    response = send(office, opened(office), answer_en=words, answer_fr=words.replace("Call", "Appelez"))
    assert response.status_code == 422 and "brace" in response.text


def test_mistakes_are_said_in_french(office: Office) -> None:
    office.staff.sign_in("ben")
    for typed, words in (
        ({"answer_fr": ""}, "La réponse (fr) : ce champ est vide."),
        ({"answer_fr": "Appelez le {personne}."}, "renvoie au contact {personne}, qui n'existe pas"),
        ({"valid_until": "demain"}, "« demain » n'est pas une date"),
        ({"source": ""}, "ce champ est vide"),
    ):
        response = send(office, opened(office), **typed)
        assert response.status_code == 422
        assert words in text_in(response.text)
    refused = office.staff.post("/answers/pearls.overview", do="delete")
    assert "est utilisée" in refused.text


def test_a_new_answer_needs_its_source(office: Office) -> None:
    new = opened(office, "/answers/new?section=tides".partition("?")[0])
    assert {"source", "title_en", "title_fr", "answer_en", "answer_fr", "id"} <= new.required
    typed = {"id": "tides.boats", "section": "tides", "title_en": "Boats", "title_fr": "Bateaux",
             "questions_en": "boats?",
             "answer_en": "Boats are kept at the pier, all year round.", "questions_fr": "bateaux ?",
             "answer_fr": "Les bateaux sont au quai, toute l'année durant."}  # fmt: skip
    response = send(office, new, **typed)
    assert response.status_code == 422 and 'id="source"' in response.text and 'aria-invalid="true"' in response.text
    assert send(office, new, **typed, source="Page 2").status_code == 303


# --- The list ---


def test_answers_stand_by_section_and_those_past_their_day_are_marked(office: Office) -> None:
    past = (date.today() - timedelta(days=1)).isoformat()
    send(office, opened(office), checked=(date.today() - timedelta(days=9)).isoformat(), valid_until=past)
    page = office.page("/answers")
    heads = [html.unescape(head).strip() for head in re.findall(r"<h2[^>]*>([^<]*)", page)]
    assert heads == ["Pearl Office", "Tide Office"]
    row = page[page.index('href="/console/answers/tides.overview"') :].split("</li>")[0]
    assert "no longer valid" in row and "switched off" not in row
    only = office.page("/answers?badge=expired")
    assert "tides.overview" in only and "tides.contact" not in only
    search = next(form for form in forms_in(page) if form.action == "/console/answers")
    assert set(search.fields) == {"q", "section", "badge"}, "a plain form"
    assert "<button>" in page


@pytest.mark.parametrize("language", ["en", "fr"])
def test_every_page_of_the_draft_shows_in_both_languages(office: Office, language: str) -> None:
    office.staff.sign_in({"en": "awa", "fr": "ben"}[language])
    _with_triggers(office)
    for path in PAGES:
        if path.startswith(("/answers", "/contacts", "/sections", "/stories", "/exchange")):
            path = path.replace("press.contact", "tides.contact").replace("topic.consular-contact", "tides.overview")
            page = office.page(path)
            labels = set(re.findall(r'<label for="([^"]+)"', page))
            ids = re.findall(r'\bid="([^"]+)"', page)
            assert labels <= set(ids) and len(ids) == len(set(ids)), path
            fields = re.findall(
                r'<(?:input|select|textarea)\b(?![^>]*type="(?:hidden|checkbox)")[^>]*id="([^"]+)"', page
            )
            assert set(fields) <= labels, path


# --- Guided conversations ---


def _with_triggers(office: Office) -> None:
    for code, text in (("en", "I need something from the sea"), ("fr", "je cherche quelque chose en mer")):
        path = office.knowledge / "questions" / code / "all.yml"
        data = yaml.safe_load(path.read_text(encoding="utf-8"))
        tiny.save(path, data | {"ambiguous.go-to-us": [f"{text} {number}" for number in range(30)]})


def _add_story(office: Office) -> Any:
    new = next(
        form
        for form in forms_in(office.page("/stories?new=1"))
        if form.action.endswith("stories") and "base" not in form.fields
    )
    typed = {"trigger": "ambiguous.go-to-us", "question_en": "What do you seek?", "question_fr": "Que cherchez-vous ?",
             "option_1": "tides.overview", "option_2": "pearls.overview", "name": ""}  # fmt: skip
    return send(office, new, **typed)


def test_a_guided_conversation_is_made_by_choosing_from_lists(office: Office) -> None:
    _with_triggers(office)
    page = office.page("/stories?new=1")
    assert "<datalist" not in page
    for words in ("I need something from the sea 0", "About pearls.overview", '<optgroup label="Pearl Office">'):
        assert words in html.unescape(page)
    response = _add_story(office)
    assert response.status_code == 303, text_in(response.text)
    story = yaml.safe_load((office.knowledge / "stories/what-do-you-seek.yml").read_text())
    assert [step["steps"][2]["intent"] for step in story["stories"]] == ["tides.overview", "pearls.overview"]
    form = story_form(office)
    assert [form.fields[f"option_{place}"] for place in range(1, 4)] == ["tides.overview", "pearls.overview", ""]
    assert (
        send(office, form, option_1="pearls.overview", option_2="tides.contact", option_3="tides.overview").status_code
        == 303
    )
    asked = read_knowledge(office.knowledge).conversation.clarifications["guide.what-do-you-seek"]
    assert asked.options == ("pearls.overview", "tides.contact", "tides.overview")
    refused = send(office, story_form(office), option_1="", option_2="", option_3="tides.overview")
    assert refused.status_code == 422 and "2 to 6 choices" in refused.text
    again = form_to(refused.text, "/console/stories", name="what-do-you-seek")
    assert again.fields["option_1"] == "tides.overview"
    refused = office.staff.post("/answers/tides.contact", do="delete")
    assert refused.status_code == 422 and "guide.what-do-you-seek" in refused.text


# --- Import ---


def table(rows: list[dict[str, str]]) -> bytes:
    out = io.StringIO()
    writer = csv.DictWriter(out, rows[0].keys())
    writer.writeheader()
    writer.writerows(rows)
    return out.getvalue().encode()


def many(count: int) -> list[dict[str, str]]:
    return [
        {"id": f"tides.n{n}", "section": "tides", "title_en": f"T {n}", "title_fr": f"T {n}", "source": "p",
         "answer_en": f"Tide number {n} is high, and it stays so all day.", "checked": "2026-11-01",
         "answer_fr": f"La marée {n} est haute, et le reste toute la journée.", "review_by": "31/12/2099",
         "questions_en": f"tide question {n}", "questions_fr": f"question de marée {n}"}
        for n in range(count)
    ]  # fmt: skip


def look(office: Office, content: bytes, name: str = "answers.csv") -> Any:
    return office.staff.post("/exchange", files={"file": (name, content, "application/octet-stream")})


def test_many_rows_are_one_change_and_one_line_of_the_log(office: Office) -> None:
    began = time.monotonic()
    page = look(office, table([*many(1000), many(1)[0], {**many(1)[0], "id": "Bad", "review_by": "soon"}]))
    assert page.status_code == 200 and "1–100 / 1002" in page.text
    assert "Rows that cannot be used are left out" in page.text
    more = re.search(r'href="(/console/exchange/rows/\w+\?skip=100)"', page.text)
    assert more and "101–200 / 1002" in office.staff.client.get(more[1]).text
    form = form_to(page.text, "/console/exchange/save")
    assert send(office, form).status_code == 303
    assert len(read_knowledge(office.knowledge).sections["tides"].entries) == 1002
    lines = [(line.action, line.subject) for line in office.staff.store.log()]
    assert lines == [("imported", "1000 rows"), ("signed-in", "awa")]
    assert time.monotonic() - began < 60


def test_an_import_that_cannot_be_saved_changes_nothing(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    before = {path: path.read_text() for path in office.knowledge.rglob("*.yml")}
    form = form_to(look(office, table(many(3))).text, "/console/exchange/save")
    send(office, opened(office), owner="Ben")
    rows = many(3)
    rows[1] |= {"id": "tides.overview"}
    clash = form_to(look(office, table(rows)).text, "/console/exchange/save")
    send(office, opened(office), owner="Awa")
    refused = send(office, clash)
    assert refused.status_code == 422 and "tides.overview" in refused.text
    assert "tides.n0" not in read_knowledge(office.knowledge).entries

    def full(*arguments: object) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patched:
        patched.setattr(os, "replace", full)
        refused = send(office, form)
    assert refused.status_code == 422 and "the disk is full" in refused.text
    changed = {path for path, text in before.items() if path.read_text() != text}
    assert changed == {office.knowledge / "sections/tides.yml"}
    assert "tides.n0" not in read_knowledge(office.knowledge).entries


def test_a_full_disk_is_said_while_looking(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*arguments: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("bot.console.views.exchange.write_atomically", full)
    refused = look(office, table(many(3)))
    assert refused.status_code == 507 and "the disk is full" in refused.text


def test_fifty_megabytes_are_refused_with_words(office: Office) -> None:
    refused = look(office, b"a" * 50_000_000)
    assert refused.status_code == 413 and "too large" in refused.text and "at most 5 MB" in refused.text


def test_a_formula_is_never_kept(office: Office) -> None:
    book = Workbook()
    sheet = book.active
    assert sheet is not None
    sheet.append(["id", "answer_en", "owner"])
    sheet.append(["tides.overview", '=HYPERLINK("http://evil.example","x")', ""])
    sheet.append(["=1+1", "x", ""])
    sheet["C2"] = "=1+1"
    sheet.formula_attributes = {}
    from openpyxl.worksheet.formula import ArrayFormula

    sheet["B4"], sheet["A4"] = ArrayFormula("B4", "=SUM(A1:A2)"), "tides.contact"
    out = io.BytesIO()
    book.save(out)
    page = look(office, out.getvalue(), "answers.xlsx")
    assert page.status_code == 200 and page.text.count("formula") >= 3
    assert "/exchange/save" not in page.text


def test_the_checks_see_what_would_be_written_before_it_is(office: Office) -> None:
    rows = many(4)
    rows[1]["answer_fr"] += " {nobody}"
    rows[3]["questions_en"] = rows[2]["questions_en"]
    page = look(office, table(rows))
    told = text_in(page.text)
    assert re.search(r"3 tides.n1 cannot be used tides.n1 \(fr\) refers to the contact \{nobody\}", told)
    assert re.search(r"4 tides.n2 cannot be used 'tide question 2' stands under", told)
    assert re.search(r"5 tides.n3 cannot be used 'tide question 2' stands under", told)
    assert send(office, form_to(page.text, "/console/exchange/save")).status_code == 303
    entries = read_knowledge(office.knowledge).entries
    assert "tides.n0" in entries and not {"tides.n1", "tides.n2", "tides.n3"} & entries.keys()
    assert [f for f in editing.findings_of(office.knowledge) if f.severity == "error"] == []
    page = look(office, table(rows[1:2]))
    assert "nobody" in page.text and "/exchange/save" not in page.text, "nothing is left to be saved"


def test_columns_are_named_in_the_readers_language(office: Office) -> None:
    office.staff.sign_in("ben")
    told = text_in(look(office, table(many(1))).text)
    for words in (
        "Titre (fr) title_fr",
        "Réponse (en) answer_en",
        "Section section",
        "Nom court id",
        "À revoir avant le",
    ):
        assert words in told, told
    assert "Questions que les gens posent (fr) questions_fr" in told


def test_what_became_wrong_after_it_was_looked_at_is_not_saved(office: Office) -> None:
    form = form_to(look(office, table(many(2))).text, "/console/exchange/save")
    send(office, opened(office), questions_en=opened(office).fields["questions_en"] + "\ntide question 1")
    refused = send(office, form)
    assert refused.status_code == 422 and "tide question 1" in refused.text
    assert "tides.n0" not in read_knowledge(office.knowledge).entries
