"""A newer copy of the embassy's page: whatever is altered on it is found, with the answers that it concerns."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import pytest

from bot.cli import main
from bot.knowledge.compare import differences
from bot.knowledge.model import Knowledge
from bot.knowledge.page_changes import page_changes, sentences
from tests import tiny


@pytest.fixture(scope="module")
def page(root: Path) -> str:
    return (root / "knowledge/page.txt").read_text(encoding="utf-8")


def told(page: str, knowledge: Knowledge, before: str | None) -> list[str]:
    return [str(found) for found in differences(page, knowledge, before)]


def test_the_page_itself_shows_no_difference(page: str, knowledge: Knowledge) -> None:
    assert told(page, knowledge, page) == []
    assert told(page, knowledge, None) == [], "nor where nobody kept a copy"
    moved = "\n\n".join(reversed(re.split(r"\n+", page)))
    assert told(moved.replace(" ", "  "), knowledge, page) == [], "where something stands does not matter"


ALTERED = [
    ("For more than 50 years", "For more than 60 years", "60 years", "usaid"),
    ("Specialist Idrissa Fane", "Specialist Moussa Keita", "Moussa Keita", "embassy.yml"),
    ("led by the Cultural Affairs Officer", "led by the Cultural Affairs Director", "Director", "cultural-affairs"),
    (
        "sometimes called the Cultural Attaché",
        "sometimes called the Cultural Secretary",
        "Secretary",
        "cultural-affairs",
    ),
    ("free access to information", "paid access to information", "paid access", "american-center"),
    ("both English and French", "both English and Bambara", "Bambara", "press"),
    ("+223 2070 2424", "+223 2070 2425", "2425", "embassy.yml"),
    ("PASBamako@state.gov", "PASMali@state.gov", "PASMali@state.gov", "embassy.yml"),
    ("usaid.gov/mali", "usaid.gov/sahel", "usaid.gov/sahel", "embassy.yml"),
    ("Tactical Medicine, ", "", "Tactical Medicine", "rso"),
    ("nonimmigrant and immigrant visas", "nonimmigrant visas", "and immigrant", "consular"),
    (
        "is responsible for all embassy security",
        "is not responsible for all embassy security",
        "is not responsible",
        "rso",
    ),
]


@pytest.mark.parametrize(("old", "new", "words", "place"), ALTERED)
def test_one_alteration_is_told_with_its_words_and_its_place(
    page: str, knowledge: Knowledge, old: str, new: str, words: str, place: str
) -> None:
    assert page.count(old) == 1
    found = told(page.replace(old, new), knowledge, page)
    assert found and len(found) <= 2, found
    assert any(words in line for line in found) and any(place in line for line in found), found
    assert all(line.startswith(("changed", "vanished")) for line in found)


def test_every_single_word_of_the_page_is_watched(page: str, knowledge: Knowledge) -> None:
    places = [match.span() for match in re.finditer(r"[^\W_]+", page)]
    missed = []
    for start, end in places[::7]:
        other = "99" if page[start:end].isdigit() else "Otherword"
        if not told(page[:start] + other + page[end:], knowledge, page):
            missed.append(page[start:end])
    assert missed == []


@pytest.mark.parametrize(("old", "new", "words"), [alteration[:3] for alteration in ALTERED[:4]])
def test_without_a_kept_copy_new_numbers_names_and_titles_are_told(
    page: str, knowledge: Knowledge, old: str, new: str, words: str
) -> None:
    found = " ".join(told(page.replace(old, new), knowledge, None)).lower()
    assert any(word in found for word in words.lower().split())


def test_what_comes_and_goes_is_told(page: str, knowledge: Knowledge) -> None:
    gone = "The head of the Office of Public Affairs is the Public Affairs Officer (PAO)."
    found = told(page.replace(gone, "") + "\nThe library lends more than 40 books.\n", knowledge, page)
    assert len(found) == 2
    assert found[0].startswith("vanished") and "public-affairs.head" in found[0]
    assert found[1].startswith("appeared") and "40 books" in found[1]
    assert len(sentences(page)) > 50
    changes = page_changes("It gives more than 40 grants.", "It gives more than 50 grants.")
    assert changes.reworded[0].pieces == (("more than 40 grants.", "more than 50 grants."),)
    assert (changes.came, changes.went) == ((), ())


def test_a_copy_is_kept_for_the_next_time(
    root: Path, tmp_path: Path, page: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    shutil.copytree(root / "knowledge", tmp_path / "knowledge")
    shutil.copy(root / "config.yml", tmp_path)
    monkeypatch.chdir(tmp_path)
    newer = tmp_path / "newer.txt"
    newer.write_text(page.replace("broad range of activities", "small range of activities"), encoding="utf-8")
    for extra, shown in (([], True), (["--keep"], True), ([], False)):
        assert main(["compare", str(newer), *extra]) == 0
        assert ("small range" in capsys.readouterr().out) == shown


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (b"", "is empty"),
        (b"\xef\xbb\xbf \n\t\n", "is empty"),
        (b"\x89PNG\r\n\x1a\n\x00\x00", "cannot be read as text"),
        (b"%PDF-1.7 \x00\x01 page", "is no text file"),
        (b"We are closed today.", "most of the page is missing"),
    ],
)
def test_what_is_no_copy_of_the_page_is_not_kept(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], content: bytes, why: str
) -> None:
    kept = tiny.write(tmp_path / "knowledge") / "page.txt"
    (tmp_path / "config.yml").touch()
    kept.write_text("The Tide Office watches the sea. " * 20, encoding="utf-8")
    before = kept.read_bytes()
    monkeypatch.chdir(tmp_path)
    newer = tmp_path / "newer.txt"
    newer.write_bytes(content)
    assert main(["compare", str(newer), "--keep"]) == 1
    assert why in capsys.readouterr().err and kept.read_bytes() == before
    meant = content.startswith(b"We")
    assert main(["compare", str(newer), "--keep", "--shorter"]) == (0 if meant else 1), "only length can be meant"
    assert (kept.read_bytes() == content) is meant
