"""Changing a file touches only the lines that must change, and loses nothing, whatever the words are."""

from __future__ import annotations

import difflib
from pathlib import Path

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.knowledge.edit.yaml_text import YamlText, YamlTextError

ROOT = Path(__file__).resolve().parents[4]
FILES = sorted((ROOT / "knowledge").rglob("*.yml"))
FILE = """\
# About the tides.
section: tides   # its id
name:
  en: Tide Office
  fr: 'Bureau des marées'

entries:
  # The first one.
  - id: tides.overview
    title: {en: About, fr: Sur}
    answer:
      en: |-
        One line.
        Two lines.

      # in French
      fr: "Une \\"ligne\\"."
    checked: 2026-11-01   # by Awa

  - id: tides.contact   # 😀 second
    title:
      en: >
        Folded
        words
      fr: Contact
    answer:
      en: x
      fr: y
    checked: 2026-11-02

# The end.
"""
TEXTS = st.text(st.characters(blacklist_categories=("Cs",), blacklist_characters="\x00"), min_size=1, max_size=60)
TRICKY = st.sampled_from(
    ["no", "1e3", "007", "2026-11-01", "- x", "a: b", "a #b", "---", "|", "> x", "{a}", "{tide-phone}", "'", '"', "*x",
     "&x", "!x", "%x", "@x", "`x", " x", "x ", "x\n", "\nx", "x\n\ny", "x\n  y", "  x\ny", "x \ny",
     "é\u0085è", "a\u2028b",
     "😂 : #", "null", "~", "", "?", "? x", ":", "x:", "\ta", "[", "]", ",", "=", "<<", "0x1F", "1_000", "12:30:45",
     "y", "on", "\ufeffx", "\u200b", "a\\nb", "..."]
)  # fmt: skip


def changed_lines(before: str, after: str) -> list[str]:
    return [line for line in difflib.ndiff(before.splitlines(), after.splitlines()) if line[:2] in ("- ", "+ ")]


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.relative_to(ROOT).as_posix())
def test_every_file_of_the_knowledge_can_be_read_and_stays_as_it_is(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    assert YamlText(text).text == text


@settings(max_examples=300, deadline=None)
@given(value=st.one_of(TEXTS, TRICKY))
def test_any_words_can_be_set_and_nothing_else_changes(value: str) -> None:
    for path in (
        ("entries", 0, "answer", "en"),
        ("entries", 0, "answer", "fr"),
        ("entries", 1, "title", "en"),
        ("name", "fr"),
        ("entries", 0, "title", "fr"),
        ("section",),
    ):
        document = YamlText(FILE)
        document.set(path, value)
        data = yaml.safe_load(document.text)
        expected = yaml.safe_load(FILE)
        target = expected
        for step in path[:-1]:
            target = target[step]
        target[path[-1]] = value
        assert data == expected
        for comment in ("# About the tides.", "# The first one.", "# in French", "# by Awa", "# The end."):
            assert comment in document.text


@settings(max_examples=200, deadline=None)
@given(old=st.lists(st.one_of(TEXTS, TRICKY), min_size=1, max_size=6), new=st.lists(TEXTS, min_size=1, max_size=6))
def test_any_list_of_questions_can_become_any_other(old: list[str], new: list[str]) -> None:
    document = YamlText("# head\na.b:\n  - x\nc.d:  # tail\n  - y\n")
    document.set_list(("a.b",), old)
    assert yaml.safe_load(document.text) == {"a.b": old, "c.d": ["y"]}
    document.set_list(("a.b",), [*old[1:], *new])
    assert yaml.safe_load(document.text) == {"a.b": [*old[1:], *new], "c.d": ["y"]}
    assert document.text.startswith("# head\n") and "c.d:  # tail\n" in document.text


def test_only_the_lines_of_the_value_change() -> None:
    document = YamlText(FILE)
    document.set(("entries", 0, "answer", "en"), "Three.\nFour.")
    assert changed_lines(FILE, document.text) == [
        "-         One line.", "-         Two lines.", "+         Three.", "+         Four."
    ]  # fmt: skip


def test_a_comment_behind_a_value_stays() -> None:
    document = YamlText(FILE)
    document.set(("section",), "waves")
    assert "section: waves   # its id\n" in document.text


def test_a_new_key_stands_at_the_end_of_its_entry() -> None:
    document = YamlText(FILE)
    document.set(("entries", 0, "owner"), "Awa")
    assert changed_lines(FILE, document.text) == ["+     owner: Awa"]
    assert "    checked: 2026-11-01   # by Awa\n    owner: Awa\n" in document.text


def test_an_item_goes_with_its_lines_and_comes_at_the_end() -> None:
    document = YamlText(FILE)
    document.append(("entries",), {"id": "tides.new", "answer": {"en": "a\nb"}}, apart=True)
    document.remove(("entries", 1))
    ids = [entry["id"] for entry in yaml.safe_load(document.text)["entries"]]
    assert ids == ["tides.overview", "tides.new"]
    assert document.text.endswith(
        "\n\n  - id: tides.new\n    answer:\n      en: |-\n        a\n        b\n\n# The end.\n"
    )


def test_the_last_of_its_kind_is_not_removed() -> None:
    document = YamlText("a:\n  - x\n")
    with pytest.raises(YamlTextError, match="last of its kind"):
        document.remove(("a", 0))
    assert document.text == "a:\n  - x\n"


@pytest.mark.parametrize("text", ["", "a: [", "a: b: c", "\ta: b", "a: 'b", "- a\nb: c", "a: &x [*x", "a\r\nb: c\r\n"])
def test_what_is_not_yaml_is_refused(text: str) -> None:
    with pytest.raises(YamlTextError):
        YamlText(text)


def test_a_thousand_questions_are_written_quickly() -> None:
    import time

    document = YamlText("a.b:\n  - x\n")
    began = time.monotonic()
    document.set_list(("a.b",), ["x", *(f"question {number}: why?" for number in range(2000))])
    assert len(document.data["a.b"]) == 2001
    assert time.monotonic() - began < 15
