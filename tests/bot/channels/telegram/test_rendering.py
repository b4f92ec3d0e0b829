from __future__ import annotations

from dataclasses import replace
from html import unescape

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.channels.telegram.desk import is_thumb
from bot.channels.telegram.rendering import (
    LONGEST_TEXT,
    UP,
    contact_card,
    pieces,
    rendered,
    source_line,
    thumb,
    units,
)
from bot.dialogue.generator import Reply
from bot.knowledge.model import Knowledge


def test_a_long_answer_is_cut_between_paragraphs() -> None:
    text = "\n\n".join(letter * 1500 for letter in "abcd")
    assert pieces(text) == ["a" * 1500 + "\n\n" + "b" * 1500, "c" * 1500 + "\n\n" + "d" * 1500]


@given(st.text(alphabet=st.characters(codec="utf-8"), max_size=400), st.integers(2, 60))
def test_no_piece_is_too_long_and_no_letter_is_lost(text: str, longest: int) -> None:
    found = pieces(text, longest)
    assert all(units(piece) <= longest for piece in found)
    assert "".join("".join(found).split()) == "".join(text.split())


@given(st.text(alphabet=st.characters(codec="utf-8"), max_size=9000))
def test_whatever_an_answer_holds_is_shown_as_text(knowledge, text: str) -> None:
    shown = [message.html for message in rendered([Reply("fallback", text, "fr", 0.1)], knowledge, 1)]
    assert all("<" not in html and units(unescape(html)) <= LONGEST_TEXT for html in shown)


def test_a_thumb_s_data_is_read_back() -> None:
    assert is_thumb(str(thumb(UP, 2**53, 12).callback_data))
    assert len(str(thumb(UP, 2**53, 12).callback_data).encode()) <= 64


def test_the_day_of_the_last_check_is_written_as_people_read_it() -> None:
    source = {"title": "Page", "url": "/faq#x", "checked": "2026-11-23"}
    assert source_line(source, "fr", "") == "D'après : Page (vérifié le 23 novembre 2026)"
    assert source_line(source, "en", "") == "From: Page (checked November 23, 2026)"


def test_a_source_is_a_link_only_to_this_server_and_never_markup_of_its_own() -> None:
    source = {"title": "<b>", "url": '/faq#"><script>', "checked": "soon"}
    assert '<a href="https://desk.example/faq#&quot;&gt;&lt;script&gt;">&lt;b&gt;</a>' in source_line(
        source, "en", "https://desk.example"
    )
    assert "href" not in source_line({**source, "url": "https://elsewhere.example"}, "en", "https://desk.example")


CONTACTS = (
    {"kind": "phone", "value": "+223 2070 2424"},
    {"kind": "phone", "value": "+223 2070 2300"},
    {"kind": "email", "value": "fanei@state.gov"},
)


@pytest.mark.parametrize("kind", ["handoff", "unknown", "fallback", "clarify", "smalltalk", "safety"])
def test_only_a_direct_answer_brings_a_contact_card(knowledge: Knowledge, kind: str) -> None:
    # A handoff names the contacts of several offices: as one card they would all be the first one's.
    answer = Reply("answer", "Call us.", "fr", 0.9, "press", "press.phone", contacts=CONTACTS)
    assert [message.card is not None for message in rendered([answer], knowledge, 1)] == [False, True]
    (only,) = rendered([replace(answer, kind=kind)], knowledge, 1)
    assert only.card is None and contact_card(replace(answer, kind=kind), knowledge) is None
