from __future__ import annotations

from html import unescape

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.channels.telegram.desk import is_thumb
from bot.channels.telegram.rendering import (
    LONGEST_LABEL,
    LONGEST_TEXT,
    UP,
    contact_cards,
    label,
    pieces,
    rendered,
    source_line,
    thumb,
    units,
)
from bot.dialogue.decision import Decision
from bot.dialogue.generator import Reply, ReplyWriter
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


@pytest.mark.parametrize("kind", ["answer", "unknown", "handoff"])
def test_a_reply_that_tells_a_phone_number_brings_a_contact_card(knowledge: Knowledge, kind: str) -> None:
    reply = Reply(kind, "Call us.", "fr", 0.9, "press", "press.phone", contacts=CONTACTS)
    assert [message.card is not None for message in rendered([reply], knowledge, 1)] == [False, True]
    ((number, name, card),) = contact_cards(reply, knowledge)
    assert (number, name) == ("+223 2070 2424", "Bureau de presse")
    assert card.count("TEL;") == 2 and "fanei@state.gov" in card


@pytest.mark.parametrize("kind", ["fallback", "clarify", "smalltalk", "safety"])
def test_what_is_no_information_brings_none(knowledge: Knowledge, kind: str) -> None:
    assert contact_cards(Reply(kind, "Call us.", "fr", 0.9, contacts=CONTACTS), knowledge) == []


def test_the_contacts_of_several_offices_come_as_a_card_for_each(knowledge: Knowledge) -> None:
    reply = ReplyWriter(knowledge).write(Decision("handoff", "fr", entry="chat.human"))
    cards = contact_cards(reply, knowledge)
    assert [(number, name) for number, name, _ in cards] == [
        ("+223 2070 2432", "American Center"),
        ("+223 2070 2424", "Bureau de presse"),
    ]
    assert "fanei@state.gov" not in cards[0][2] and "PASBamako@state.gov" not in cards[1][2]


def test_no_title_is_cut_within_a_word(knowledge: Knowledge) -> None:
    items = [*knowledge.entries.values(), *knowledge.topics.values()]
    for title in (title for item in items for title in item.title.values()):
        assert label(title)[1:] == title[1:]
    long = "Qui représente le Département de la Défense " * 5
    assert long.startswith(label(long)[:-1] + " ") and len(label(long)) <= LONGEST_LABEL
    assert label("x" * 300) == "X" + "x" * (LONGEST_LABEL - 2) + "…"
