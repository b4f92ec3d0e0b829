"""Several questions in one message: each piece means what it says by itself or after the one before it."""

from __future__ import annotations

import pytest

from bot.dialogue.decision import Context, Decision, merged
from bot.dialogue.dialogue import Dialogue
from bot.dialogue.thresholds import Thresholds
from bot.dialogue.understanding import Part, Understanding
from bot.knowledge.model import Knowledge
from bot.settings import Settings

Said = tuple[str, str, float]
"""Text, best intent, confidence."""


@pytest.fixture(scope="module")
def dialogue(knowledge: Knowledge, settings: Settings) -> Dialogue:
    return Dialogue(knowledge, Thresholds(joints=Thresholds.load(settings.thresholds).joints))


def told(dialogue: Dialogue, whole: Said, first: Said, second: Said) -> list[Decision]:
    """The replies to a message of two sentences, each a piece."""
    parts = (
        Part(whole[0], "message", ((whole[1], whole[2]),), (0, 2)),
        Part(first[0], "piece", ((first[1], first[2]),), (0, 1)),
        Part(second[0], "piece", ((second[1], second[2]),), (1, 2), "sentence"),
    )
    return list(dialogue.respond(Understanding(whole[0], "en", True, None, None, None, parts), Context()).decisions)


def entries(decisions: list[Decision]) -> list[str | None]:
    return [decision.entry for decision in decisions]


def test_what_an_office_does_is_no_repetition_of_who_heads_it(dialogue: Dialogue) -> None:
    got = told(
        dialogue,
        ("Who heads the press office? And what does it do?", "press.head", 0.85),
        ("Who heads the press office?", "press.head", 0.99),
        ("And what does it do?", "ask.overview", 0.97),
    )
    assert entries(got) == ["press.head", "press.overview"]


def test_who_heads_it_is_asked_of_the_office_before_whatever_both_mean_together(dialogue: Dialogue) -> None:
    got = told(
        dialogue,
        ("What do the culture people do? And their boss?", "cultural-affairs.overview", 0.85),
        ("What do the culture people do?", "cultural-affairs.overview", 0.95),
        ("And their boss?", "ask.head", 0.97),
    )
    assert entries(got) == ["cultural-affairs.overview", "cultural-affairs.head"]


def test_what_it_does_in_our_country_is_asked_of_the_office_before(dialogue: Dialogue) -> None:
    got = told(
        dialogue,
        ("What is USAID? And what does it do in our country?", "usaid.overview", 0.85),
        ("What is USAID?", "usaid.overview", 0.97),
        ("And what does it do in our country?", "embassy.overview", 0.87),
    )
    assert entries(got) == ["usaid.overview"]


def test_a_piece_that_looks_like_small_talk_goes_on_with_the_question_before(dialogue: Dialogue) -> None:
    got = told(
        dialogue,
        ("Who writes the press releases? And in what languages?", "press.languages", 0.95),
        ("Who writes the press releases?", "press.publications", 0.99),
        ("And in what languages?", "chat.language", 0.97),
    )
    assert entries(got) == ["press.publications", "press.languages"]


def test_an_unrelated_question_is_not_read_as_one_about_the_office_before(dialogue: Dialogue) -> None:
    got = told(
        dialogue,
        ("Where can I renew my US passport? Who sells the best pizza in Bamako?", "consular.passports", 0.6),
        ("Where can I renew my US passport?", "consular.passports", 0.97),
        ("Who sells the best pizza in Bamako?", "other.local", 0.6),
    )
    assert [(decision.kind, decision.entry) for decision in got] == [
        ("answer", "consular.passports"),
        ("fallback", None),
    ]


def test_an_office_s_bare_name_means_what_the_office_does(dialogue: Dialogue) -> None:
    got = told(
        dialogue,
        ("RSO? USAID?", "rso.overview", 0.7),
        ("RSO?", "rso.overview", 0.97),
        ("USAID?", "usaid.website", 0.7),
    )
    assert entries(got) == ["rso.overview", "usaid.overview"]


def test_two_things_that_the_page_lacks_are_both_named_and_one_only_once() -> None:
    papers = Decision("unknown", "en", wording="missing-aspect", section="consular", aspect="documents")
    price = Decision("unknown", "en", wording="missing-aspect", section="consular", aspect="price")
    assert merged([papers, price, papers]) == [papers, price]
