from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nlu.text import clean, flat, folded, without_accents


@pytest.mark.parametrize(
    ("typed", "expected"),
    [
        ("C'est où ?!", "c est ou"),
        ("  VISA  ", "visa"),
        ("ｖｉｓａ", "visa"),
        ("vi\u200bsa", "vi sa"),
        ("\u202evisa\u202c", "visa"),
        ("l’œuvre", "l oeuvre"),
        ("😀", ""),
    ],
)
def test_flat_keeps_only_plain_words(typed: str, expected: str) -> None:
    assert flat(typed) == expected


def test_stretched_letters_are_shortened() -> None:
    assert folded("Viiiiisa svppppp") == "viisa svpp"


@given(st.text(alphabet=st.characters(min_codepoint=0, max_codepoint=0x10FFFF)))
def test_any_text_can_be_cleaned_and_encoded(text: str) -> None:
    for result in (clean(text), flat(text), folded(text), without_accents(clean(text))):
        result.encode("utf-8")


@given(st.text())
def test_cleaning_twice_changes_nothing_more(text: str) -> None:
    assert clean(clean(text)) == clean(text)


@given(st.text())
def test_no_control_character_survives(text: str) -> None:
    assert all(char.isprintable() or char == " " or ord(char) > 0x9F for char in clean(text))
