"""Answers have a shelf life: they withdraw themselves, are listed when due, and are held against a newer page."""

from __future__ import annotations

from datetime import date, datetime
from pathlib import Path

import pytest

from bot.cli import main
from bot.dialogue.decision import ANSWER, CLARIFY, UNKNOWN, Decision
from bot.dialogue.generator import ReplyWriter
from bot.knowledge.checks import ERROR, check_folder
from bot.knowledge.compare import differences
from bot.knowledge.due import due_list
from bot.knowledge.model import Knowledge
from bot.knowledge.reader import KnowledgeError, read_knowledge
from bot.pages.faq import faq_page
from tests import tiny

TODAY = date(2026, 11, 24)


def change(folder: Path, entry: str, **more: object) -> Knowledge:
    for name, data in tiny.sections().items():
        for raw in data["entries"]:
            if raw["id"] == entry:
                raw |= more
        tiny.save(folder / "sections" / f"{name}.yml", data)
    return read_knowledge(folder)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tiny.write(tmp_path)


def said(knowledge: Knowledge, entry: str, language: str = "en", today: date = TODAY):
    decision = Decision(ANSWER, language, 0.9, entry, section=entry.partition(".")[0])
    return ReplyWriter(knowledge, lambda: today).write(decision)


@pytest.mark.parametrize("more", [{"enabled": False}, {"valid_until": date(2026, 11, 23)}])
@pytest.mark.parametrize("language", ["en", "fr"])
def test_a_withdrawn_answer_is_not_told_and_says_whom_to_ask(
    folder: Path, more: dict[str, object], language: str
) -> None:
    knowledge = change(folder, "tides.overview", **more)
    reply = said(knowledge, "tides.overview", language)
    assert (reply.kind, reply.section, reply.source) == (UNKNOWN, "tides", None)
    assert {"kind": "phone", "value": "+99 11 22 33"} in reply.contacts, "and at a tap"
    assert knowledge.sections["tides"].name[language] in reply.text
    assert "+99 11 22 33" in reply.text, "the office can still be reached"
    assert "sea" not in reply.text and "mer" not in reply.text.split("\n")[0].split(":")[0]


def test_a_withdrawn_contact_is_told_nowhere(folder: Path) -> None:
    knowledge = change(folder, "tides.contact", enabled=False)
    writer = ReplyWriter(knowledge, lambda: TODAY)
    assert "+99" not in said(knowledge, "tides.contact").text
    assert "+99" not in writer.apology("en").text
    assert "+99" not in faq_page(knowledge, "en", "http://localhost/")
    question = writer.write(
        Decision(CLARIFY, "en", wording="did-you-mean", options=("tides.contact", "pearls.overview"))
    )
    assert [option["entry"] for option in question.options] == ["pearls.overview"]


@pytest.mark.parametrize(("day", "kind"), [(22, ANSWER), (23, ANSWER), (24, UNKNOWN)])
def test_it_is_told_until_the_end_of_its_last_day(folder: Path, day: int, kind: str) -> None:
    knowledge = change(folder, "tides.overview", valid_until=date(2026, 11, 23))
    assert said(knowledge, "tides.overview", today=date(2026, 11, day)).kind == kind


def test_without_the_three_lines_an_answer_lasts(folder: Path) -> None:
    entry = read_knowledge(folder).entries["tides.overview"]
    assert (entry.owner, entry.valid_until, entry.enabled) == ("", None, True)
    assert not entry.withdrawn(date.max)


@pytest.mark.parametrize("more", [{"valid_until": "31/12/2026"}, {"enabled": "no"}, {"enabled": 0}])
def test_a_slip_in_what_ends_an_answer_is_refused_with_its_line(folder: Path, more: dict[str, object]) -> None:
    with pytest.raises(KnowledgeError, match=r"sections/tides\.yml:\d+: (valid_until|enabled) is"):
        change(folder, "tides.overview", **more)


def test_a_day_with_an_hour_is_that_day(folder: Path) -> None:
    knowledge = change(folder, "tides.overview", valid_until=datetime(2026, 11, 23, 9, 30))
    assert knowledge.entries["tides.overview"].valid_until == date(2026, 11, 23)


def test_the_check_tells_what_ends_and_what_cannot_be(folder: Path) -> None:
    change(folder, "tides.overview", valid_until=date(2026, 12, 1))
    assert any("withdraws itself after" in str(finding) for finding in check_folder(folder, TODAY))
    change(folder, "tides.overview", valid_until=date(2020, 1, 1))
    assert any(f.severity == ERROR and "valid until" in f.problem for f in check_folder(folder, TODAY))


def test_the_list_is_ready_for_a_mail(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    change(folder, "tides.overview", review_by=date(2026, 11, 1), owner="Awa", valid_until=date(2026, 11, 20))
    text = due_list(read_knowledge(folder), TODAY, "en")
    assert text.splitlines()[2] == "Awa:"
    assert "tides.overview" in text and "23 days late" in text and "nobody gets it any more" in text
    assert due_list(change(folder, "x"), TODAY, "en") == "No answer has to be checked now."
    for options, words in (([], "Aucune réponse"), (["--language", "en"], "No answer has to be checked now.")):
        assert main(["check", "--due", *options, str(folder)]) == 0
        assert words in capsys.readouterr().out


def test_the_list_is_in_one_language(folder: Path) -> None:
    change(folder, "tides.overview", review_by=date(2026, 11, 23), valid_until=date(2026, 11, 30))
    english, french = (due_list(read_knowledge(folder), TODAY, language) for language in ("en", "fr"))
    assert "- About tides.overview (" in english and "(nobody named):" in english and "Sur" not in english
    assert french.replace("\u00a0", " ").splitlines()[2:] == [
        "(sans responsable) :",
        f"- Sur tides.overview (tides.overview, {read_knowledge(folder).entries['tides.overview'].place})",
        "  à vérifier pour le 2026-11-23, 1 jour de retard ; valable jusqu'au 2026-11-30, puis plus donnée à personne "
        "; dernière vérification le 2026-11-01",
    ]


def found(page: str, folder: Path) -> list[str]:
    return [str(difference) for difference in differences(page, read_knowledge(folder))]


def test_the_same_page_shows_no_difference(folder: Path) -> None:
    knowledge = read_knowledge(folder)
    page = "\n".join(knowledge.answer(entry, "en") for entry in knowledge.entries.values())
    assert found(page, folder) == []


def test_each_change_of_the_page_is_found_with_its_place(folder: Path) -> None:
    knowledge = read_knowledge(folder)
    page = "\n".join(knowledge.answer(entry, "en") for entry in knowledge.entries.values())
    changed = found(page.replace("+99 11 22 33", "+99 44 55 66"), folder)
    assert len(changed) == 1
    assert changed[0].startswith("changed") and "embassy.yml:" in changed[0] and "+99 44 55 66" in changed[0]
    added = found(page + "\nA lighthouse keeper repairs broken lanterns every winter.", folder)
    assert len(added) == 1 and added[0].startswith("appeared") and "lighthouse" in added[0]
    mail = found(page + "\nWrite to pearls@atlantis.example.", folder)
    assert any("pearls@atlantis.example" in line and line.startswith("appeared") for line in mail)
    longer = {"en": "The Pearl Office lends rare pearls to museums.", "fr": "Il prête des perles."}
    knowledge = change(folder, "pearls.overview", answer=longer)
    gone = found(
        "\n".join(knowledge.answer(e, "en") for e in knowledge.entries.values() if e.section == "tides"), folder
    )
    assert gone and all("sections/pearls.yml:" in line and line.startswith("vanished") for line in gone)


def test_the_command_compares_a_file(
    folder: Path, root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(root)
    assert main(["compare", str(tmp_path / "nowhere.txt")]) == 1
    assert "cannot be read" in capsys.readouterr().err
    page = tmp_path / "page.txt"
    page.write_text("The Press Office answers at +223 1111 2222.")
    assert main(["compare", str(page)]) == 0
    assert "+223 1111 2222" in capsys.readouterr().out
