"""Tables brought back: what they cannot do is said, never passed over."""

from __future__ import annotations

import csv
import io
import re
from pathlib import Path

import pytest

from tests import tiny
from tests.bot.console.forms import form_to, text_in
from tests.bot.console.office import Office, open_office
from tests.bot.console.test_editing import entry, look, many, opened, send, table


@pytest.fixture
def office(tmp_path: Path) -> Office:
    return open_office(tmp_path)


def test_a_changed_section_is_refused_with_what_to_do(office: Office) -> None:
    page = look(office, table([{"id": "tides.contact", "section": "pearls", "owner": "Awa"}]))
    assert page.status_code == 200
    assert "tides.contact stands in the section 'tides' and cannot be moved by a table" in text_in(page.text)
    assert "/console/exchange/save" not in page.text, "nothing of the row is taken"
    for same in ("tides", " tides ", ""):
        page = look(office, table([{"id": "tides.contact", "section": same, "owner": "Awa"}]))
        assert "/console/exchange/save" in page.text and "cannot be moved" not in page.text


@pytest.mark.parametrize("file", [("", b"", "application/octet-stream"), None])
def test_a_form_without_a_file_says_so(office: Office, file: tuple[str, bytes, str] | None) -> None:
    office.staff.sign_in("ben")
    refused = office.staff.post("/exchange", files={"file": file} if file else {"other": ("x", b"", "text/plain")})
    assert refused.status_code == 422
    assert "Aucun fichier n'a été choisi" in text_in(refused.text)


SAVE = "/console/exchange/save"


def exported(office: Office) -> list[dict[str, str]]:
    content = office.staff.client.get("/console/exchange/answers.csv").content.decode("utf-8-sig")
    return list(csv.DictReader(io.StringIO(content)))


def test_what_a_colleague_saved_after_the_export_stays(office: Office) -> None:
    rows = {row["id"]: row for row in exported(office)}
    send(office, opened(office), source="Ben's source")
    rows["tides.contact"]["title_en"] = "Whom to call"
    page = look(office, table([*rows.values()]))
    assert "Ben's source" not in text_in(page.text) and "changed since" not in text_in(page.text)
    assert send(office, form_to(page.text, SAVE)).status_code == 303
    assert entry(office).source == "Ben's source" and entry(office, "tides.contact").title["en"] == "Whom to call"


def test_a_row_changed_since_the_export_is_shown_and_waits_for_a_tick(office: Office) -> None:
    rows = exported(office)
    send(office, opened(office), source="Ben's source")
    next(row for row in rows if row["id"] == "tides.overview")["source"] = "Awa's source"
    page = look(office, table(rows))
    told = text_in(page.text)
    assert "changed since this file was exported" in told and "Ben&#39;s source" in page.text
    assert re.search(r"Take this row all the same \(\d+\) .*Ben's source Awa's source", told)
    form = form_to(page.text, SAVE)
    (box,) = (name for name in form.types if name.startswith("take_"))
    assert box not in form.fields, "nobody has ticked it"
    refused = send(office, form, reason="For Awa")
    assert refused.status_code == 422 and "Nothing would be saved" in text_in(refused.text)
    again = form_to(refused.text, SAVE)
    assert again.fields["reason"] == "For Awa" and entry(office).source == "Ben's source"
    send(office, opened(office), owner="Ben")
    late = send(office, again, **{box: "1"})
    assert late.status_code == 422 and "in the meantime" in late.text
    assert box in form_to(late.text, SAVE).fields, "what was ticked stays so"
    form = form_to(look(office, table(rows)).text, SAVE)
    assert send(office, form, **{box: "1"}).status_code == 303
    assert (entry(office).source, entry(office).owner) == ("Awa's source", "Ben")
    office.staff.sign_in("ben")
    send(office, opened(office), source="Ben's source")
    told = text_in(look(office, table(rows)).text)
    assert "modifiée depuis l'export de ce fichier" in told and "Prendre cette ligne quand même" in told


def test_ticks_stay_while_the_pages_are_turned(office: Office) -> None:
    send(office, form_to(look(office, table(many(120))).text, SAVE))
    rows = [row for row in exported(office) if row["id"].startswith("tides.n")]
    send(office, form_to(look(office, table([{"id": row["id"], "owner": "Ben"} for row in rows])).text, SAVE))
    for row in rows:
        row["owner"] = "Awa"
    page = look(office, table(rows)).text
    first = form_to(page, SAVE).fields | {"take_2": "1", "take_3": "1", "reason": "Both"}
    turn = re.search(r'formaction="(/console/exchange/rows/\w+\?skip=100)"', page)
    assert turn
    page = office.staff.client.post(turn[1], data=first).text
    second = form_to(page, SAVE).fields
    assert second["reason"] == "Both" and "101–120 / 120" in text_in(page)
    back = re.search(r'formaction="(/console/exchange/rows/\w+\?skip=0)"', page)
    assert back
    page = office.staff.client.post(back[1], data=second | {"take_110": "1"}).text
    again = form_to(page, SAVE).fields
    assert "take_2" in again and "take_3" in again and "take_4" not in again
    del again["take_3"]
    assert office.staff.client.post(SAVE, data=again).status_code == 303
    owners = {name: entry(office, name).owner for name in ("tides.n0", "tides.n1", "tides.n108", "tides.n109")}
    assert owners == {"tides.n0": "Awa", "tides.n1": "Ben", "tides.n108": "Awa", "tides.n109": "Ben"}
    assert (office.staff.store.log()[0].subject, office.staff.store.log()[0].reason) == ("2 rows", "Both")


def test_a_file_without_versions_says_what_cannot_be_told(office: Office) -> None:
    rows = exported(office)
    rows[0]["owner"] = "Awa"
    assert "cannot be told" not in text_in(look(office, table(rows)).text)
    page = look(office, table([{"id": "tides.contact", "owner": "Awa"}]))
    assert "it cannot be told whether its rows were changed" in text_in(page.text)
    assert send(office, form_to(page.text, SAVE)).status_code == 303


def test_the_list_says_which_answer_stands_twice(office: Office) -> None:
    assert "stands twice" not in office.page("/answers")
    pearls = tiny.sections()["pearls"]
    pearls["entries"].append(tiny.sections()["tides"]["entries"][1])
    tiny.save(office.knowledge / "sections/pearls.yml", pearls)
    told = text_in(office.page("/answers?q=nothing"))
    assert re.search(r"'tides.contact' stands twice \(sections/\w+.yml:\d+ \+ sections/\w+.yml:\d+\)", told)
    assert "cannot be edited until only one of each is left" in told
    office.staff.sign_in("ben")
    assert "figure deux fois" in text_in(office.page("/answers"))
