"""Several questions in one message: each piece means what it says by itself or after the one before it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from types import MappingProxyType
from typing import Any

import pytest

from bot.dialogue.decision import Context, Decision, merged, without_guesses
from bot.dialogue.dialogue import Dialogue
from bot.dialogue.in_context import ContextReader
from bot.dialogue.thresholds import Thresholds
from bot.dialogue.understanding import Part, Understanding
from bot.knowledge.model import Knowledge
from bot.settings import Settings

Said = tuple[str, str, float]
"""Text, best intent, confidence."""


@pytest.fixture(scope="module")
def dialogue(knowledge: Knowledge, settings: Settings) -> Dialogue:
    learned = Thresholds.load(settings.thresholds)
    return Dialogue(knowledge, Thresholds(joints=learned.joints, in_place=learned.in_place))


def decided(
    dialogue: Dialogue,
    whole: Said,
    *pieces: Said,
    joint: str = "word",
    pairs: Mapping[tuple[int, int], Said] = MappingProxyType({}),
) -> list[Decision]:
    """The replies to a message with these pieces; ``pairs`` are readings of several pieces together."""
    parts = (
        Part(whole[0], "message", (whole[1:],), (0, len(pieces))),
        *(
            Part(text, "piece", ((intent, confidence),), (n, n + 1), joint if n else "")
            for n, (text, intent, confidence) in enumerate(pieces)
        ),
        *(Part(text, "pair", ((intent, confidence),), span) for span, (text, intent, confidence) in pairs.items()),
    )
    message = Understanding(whole[0], "en", True, None, None, None, parts)
    return list(dialogue.respond(message, Context()).decisions)


def several(dialogue: Dialogue, whole: Said, *pieces: Said, **more: Any) -> list[str | None]:
    """The entries told to a message with these pieces."""
    return [decision.entry for decision in decided(dialogue, whole, *pieces, **more)]


def test_each_of_several_questions_gets_its_own_answer_in_order(dialogue: Dialogue) -> None:
    parts = (
        Part(
            "who handles visas and what is the press phone",
            "message",
            (("consular.visas", 0.6), ("press.phone", 0.3)),
            (0, 2),
        ),
        Part("who handles visas", "piece", (("consular.visas", 0.97),), (0, 1)),
        Part("what is the press phone", "piece", (("press.phone", 0.97),), (1, 2), "word"),
    )
    after = dialogue.respond(Understanding(parts[0].text, "en", True, None, None, None, parts), Context())
    assert [decision.entry for decision in after.decisions] == ["consular.visas", "press.phone"]


def test_one_question_put_twice_gets_one_answer(dialogue: Dialogue) -> None:
    told = several(
        dialogue,
        ("what is USAID and what does it do", "usaid.overview", 0.9),
        ("what is USAID", "usaid.overview", 0.95),
        ("what does it do", "ask.overview", 0.95),
    )
    assert told == ["usaid.overview"]


def test_an_address_before_the_questions_is_no_question(dialogue: Dialogue) -> None:
    told = several(
        dialogue,
        ("Dear embassy, which section has the passports and how can I phone the press?", "consular.passports", 0.9),
        ("Dear embassy", "embassy.overview", 0.7),
        ("which section has the passports", "consular.passports", 0.97),
        ("how can I phone the press?", "press.phone", 0.97),
    )
    assert told == ["consular.passports", "press.phone"]


def test_an_ambiguous_clause_means_the_office_of_the_one_before(dialogue: Dialogue) -> None:
    told = several(
        dialogue,
        ("who manages the buildings and who manages the money", "management.facilities", 0.7),
        ("who manages the buildings", "management.facilities", 0.97),
        ("who manages the money", "ambiguous.money", 0.94),
    )
    assert told == ["management.facilities", "management.finance"]


def test_what_only_closes_a_message_is_no_question(dialogue: Dialogue) -> None:
    told = several(
        dialogue,
        ("which office handles visas, my driver is waiting", "consular.visas", 0.9),
        ("which office handles visas", "consular.visas", 0.97),
        ("my driver is waiting", "other.life", 0.9),
    )
    assert told == ["consular.visas"]


def test_an_office_s_name_is_not_cut_at_its_and(dialogue: Dialogue) -> None:
    told = several(
        dialogue,
        ("la section politique et économique fait quoi", "political-economic.overview", 0.97),
        ("la section politique", "political-economic.political", 0.9),
        ("économique fait quoi", "political-economic.economics-officer", 0.98),
    )
    assert told == ["political-economic.overview"]


def test_a_clause_that_leans_on_an_office_asks_for_that_office_s_own(dialogue: Dialogue) -> None:
    told = several(
        dialogue,
        ("what is USAID and are they hiring", "topic.usaid-jobs", 0.97),
        ("what is USAID", "usaid.overview", 0.97),
        ("are they hiring", "topic.jobs", 0.9),
    )
    assert told == ["usaid.overview", "topic.usaid-jobs"]


def test_beside_words_for_danger_nothing_else_is_told(dialogue: Dialogue) -> None:
    told = several(
        dialogue,
        ("tomorrow your embassy burns and who is in it too", "safety.threat", 0.98),
        ("tomorrow your embassy burns", "safety.threat", 0.97),
        ("who is in it too", "ask.staff", 0.9),
    )
    assert told == ["safety.threat"]


def test_a_question_after_an_office_with_and_in_its_name_is_heard_too(dialogue: Dialogue) -> None:
    told = several(
        dialogue,
        ("que fait la section politique et économique et qui la dirige ?", "topic.political-economic-head", 0.94),
        ("que fait la section politique", "public-affairs.overview", 0.66),
        ("économique", "political-economic.economics-officer", 0.99),
        ("qui la dirige ?", "ask.head", 0.99),
        pairs={(0, 2): ("que fait la section politique économique", "political-economic.overview", 0.91)},
    )
    assert told == ["political-economic.overview", "topic.political-economic-head"]


def test_what_an_office_does_is_no_repetition_of_who_heads_it(dialogue: Dialogue) -> None:
    told = several(
        dialogue,
        ("Who heads the press office? And what does it do?", "press.head", 0.85),
        ("Who heads the press office?", "press.head", 0.99),
        ("And what does it do?", "ask.overview", 0.97),
        joint="sentence",
    )
    assert told == ["press.head", "press.overview"]


def test_who_heads_it_is_asked_of_the_office_before_whatever_both_mean_together(dialogue: Dialogue) -> None:
    told = several(
        dialogue,
        ("What do the culture people do? And their boss?", "cultural-affairs.overview", 0.85),
        ("What do the culture people do?", "cultural-affairs.overview", 0.95),
        ("And their boss?", "ask.head", 0.97),
        joint="sentence",
    )
    assert told == ["cultural-affairs.overview", "cultural-affairs.head"]


def test_what_it_does_in_our_country_may_be_asked_of_the_office_before(knowledge: Knowledge) -> None:
    by = {"alone": 1.0, "alone overview": 3.0}
    told = several(
        Dialogue(knowledge, Thresholds(joints={"cut": 1.0}, in_place=by)),
        ("What is USAID? And what does it do in our country?", "usaid.overview", 0.85),
        ("What is USAID?", "usaid.overview", 0.97),
        ("And what does it do in our country?", "embassy.overview", 0.87),
        joint="sentence",
    )
    assert told == ["usaid.overview"]


def test_a_piece_that_looks_like_small_talk_goes_on_with_the_question_before(dialogue: Dialogue) -> None:
    told = several(
        dialogue,
        ("Who writes the press releases? And in what languages?", "press.languages", 0.95),
        ("Who writes the press releases?", "press.publications", 0.99),
        ("And in what languages?", "chat.language", 0.97),
        joint="sentence",
    )
    assert told == ["press.publications", "press.languages"]


def test_an_unrelated_question_is_not_read_as_one_about_the_office_before(dialogue: Dialogue) -> None:
    got = decided(
        dialogue,
        ("Where can I renew my US passport? Who sells the best pizza in Bamako?", "consular.passports", 0.6),
        ("Where can I renew my US passport?", "consular.passports", 0.97),
        ("Who sells the best pizza in Bamako?", "other.local", 0.6),
        joint="sentence",
    )
    assert [(decision.kind, decision.entry) for decision in got] == [
        ("answer", "consular.passports"),
        ("fallback", None),
    ]


def test_an_office_s_bare_name_means_what_the_office_does(dialogue: Dialogue) -> None:
    told = several(
        dialogue,
        ("RSO? USAID?", "rso.overview", 0.7),
        ("RSO?", "rso.overview", 0.97),
        ("USAID?", "usaid.website", 0.7),
        joint="sentence",
    )
    assert told == ["rso.overview", "usaid.overview"]


def test_two_things_that_the_page_lacks_are_both_named_and_one_only_once() -> None:
    papers = Decision("unknown", "en", wording="missing-aspect", section="consular", aspect="documents")
    price = Decision("unknown", "en", wording="missing-aspect", section="consular", aspect="price")
    assert merged([papers, price, papers]) == [papers, price]


@pytest.mark.parametrize(("caution", "questions"), [(0.0, 2), (50.0, 1)])
def test_caution_keeps_a_message_whole(knowledge: Knowledge, caution: float, questions: int) -> None:
    dialogue = Dialogue(knowledge, Thresholds(joints={"cut": 1.0}, caution=caution))
    pieces = (("who handles visas", "consular.visas", 0.97), ("what is the press phone", "press.phone", 0.97))
    found = several(dialogue, ("who handles visas and what is the press phone", "consular.visas", 0.6), *pieces)
    assert len(found) == questions


def test_who_runs_a_program_is_told_with_the_program(knowledge: Knowledge) -> None:
    dialogue = Dialogue(knowledge, Thresholds(joints={"cut": 1.0}))
    pieces = (("what is FMF", "osc.fmf", 0.99), ("who runs it", "ask.head", 0.97))
    assert several(dialogue, ("what is FMF and who runs it", "osc.fmf", 0.99), *pieces) == ["osc.fmf"]


def test_noise_beside_a_question_is_no_question(knowledge: Knowledge) -> None:
    dialogue = Dialogue(knowledge, Thresholds(joints={"cut": 1.0}))
    pieces = (("sorry not that", "other.noise", 0.9), ("the press mail", "press.email", 0.97))
    assert several(dialogue, ("sorry not that, the press mail", "press.email", 0.9), *pieces) == ["press.email"]


def test_a_question_to_the_bot_is_answered_beside_another_and_a_greeting_is_not(knowledge: Knowledge) -> None:
    dialogue = Dialogue(knowledge, Thresholds(joints={"cut": 1.0}))
    question = ("what is the press phone", "press.phone", 0.97)
    robot = several(
        dialogue, ("are you a robot? press phone", "press.phone", 0.9), ("are you a robot?", "chat.bot", 0.99), question
    )
    hello = several(dialogue, ("hello press phone", "press.phone", 0.9), ("hello", "chat.greet", 0.99), question)
    assert (robot, hello) == (["chat.bot", "press.phone"], ["press.phone"])


def test_each_thing_that_is_lacking_is_said_once() -> None:
    topic = Decision("unknown", "en", entry="topic.diversity-lottery", section="consular", aspect="detail")
    lacking = Decision("unknown", "en", wording="missing-aspect", section="consular", aspect="date")
    other = Decision("unknown", "en", wording="missing-aspect", section="press", aspect="date")
    assert merged([topic, lacking, other, lacking]) == [topic, lacking, other]


@pytest.mark.parametrize(
    ("first", "second"),
    [
        (("what is FMF", "osc.fmf", 0.99), ("through which office", "ask.contact", 0.5)),
        (("what visa does a student need", "consular.student-visa", 0.99), ("who processes it", "consular.visas", 0.5)),
    ],
)
def test_which_office_it_is_is_told_with_the_answer(knowledge: Knowledge, first: Said, second: Said) -> None:
    dialogue = Dialogue(knowledge, Thresholds(joints={"cut": 1.0}))
    whole = (f"{first[0]} and {second[0]}", first[1], 0.9)
    assert several(dialogue, whole, first, second) == [first[1]]


def test_another_office_asked_for_is_not_told_with_the_answer(knowledge: Knowledge) -> None:
    dialogue = Dialogue(knowledge, Thresholds(joints={"cut": 1.0}))
    pieces = (("what is FMF", "osc.fmf", 0.99), ("which office handles visas", "consular.visas", 0.97))
    whole = ("what is FMF and which office handles visas", "osc.fmf", 0.9)
    assert several(dialogue, whole, *pieces) == ["osc.fmf", "consular.visas"]


def test_what_is_asked_on_of_a_matter_of_others_is_not_asked_back(knowledge: Knowledge) -> None:
    dialogue = Dialogue(knowledge, Thresholds(joints={"cut": 1.0}))
    pieces = (("the embassy of France", "topic.other-embassies", 0.97), ("its number", "ask.phone", 0.97))
    whole = ("the embassy of France and its number", "topic.other-embassies", 0.9)
    assert several(dialogue, whole, *pieces) == ["topic.other-embassies"]


def test_what_is_said_not_to_be_meant_is_not_answered(dialogue: Dialogue) -> None:
    told = several(
        dialogue,
        ("sorry not culture, I meant the political section", "cultural-affairs.overview", 0.6),
        ("sorry not culture", "cultural-affairs.overview", 0.7),
        ("I meant the political section", "political-economic.political", 0.9),
        joint="sign",
    )
    assert told == ["political-economic.political"]


def test_two_questions_of_one_office_that_ask_which_office_it_is_are_two(knowledge: Knowledge) -> None:
    told = several(
        Dialogue(knowledge, Thresholds(joints={"cut": 1.0})),
        ("purchasing which office, housing which office", "management.procurement", 0.98),
        ("purchasing which office", "management.procurement", 0.98),
        ("housing which office", "management.housing", 0.99),
        joint="sign",
    )
    assert told == ["management.procurement", "management.housing"]


def test_each_particular_that_is_lacking_is_said_to_be_lacking() -> None:
    lacking = Decision("unknown", "en", wording="missing-aspect", section="dao", aspect="particulars")
    told = [replace(lacking, about="who chooses them"), replace(lacking, about="must they speak English")]
    assert merged(told) == told


@pytest.mark.parametrize("second", ["how long does it take", "what papers do I need", "how much does it cost"])
def test_what_one_answer_lacks_is_said_beside_it(dialogue: Dialogue, second: str) -> None:
    told = decided(
        dialogue,
        (f"I go to New York on business, which visa and {second}", "consular.business-visa", 0.97),
        ("I go to New York on business", "consular.business-visa", 0.9),
        ("which visa", "consular.visa-types", 0.6),
        (second, "consular.business-visa", 0.9),
    )
    assert [(one.kind, one.section) for one in told][-1] == ("unknown", "consular")
    assert told[0].entry == "consular.business-visa"


def test_a_question_only_for_what_an_answer_lacks_gets_no_answer(dialogue: Dialogue) -> None:
    whole = Part("how long does the training take", "message", (("rso.gendarmerie", 0.97),), (0, 1))
    message = Understanding(whole.text, "en", True, None, None, None, (whole,))
    (told,) = dialogue.respond(message, Context()).decisions
    assert (told.kind, told.section, told.aspect) == ("unknown", "rso", "duration")


def test_a_number_asked_for_as_a_price_is_a_phone_number(dialogue: Dialogue) -> None:
    whole = Part("le numéro de la presse c'est combien", "message", (("press.phone", 0.97),), (0, 1))
    message = Understanding(whole.text, "fr", True, None, None, None, (whole,))
    (told,) = dialogue.respond(message, Context()).decisions
    assert told.entry == "press.phone"


def test_a_guess_beside_a_clear_reply_is_not_told() -> None:
    clear = Decision("unknown", "en", 0.9, entry="topic.visa-fees", section="consular")
    guess = Decision("answer", "en", 0.2, entry="consular.visas", section="consular")
    assert without_guesses([clear, guess]) == [clear]
    assert without_guesses([guess]) == [guess]


def test_a_guess_at_what_plainly_asks_becomes_a_word_that_there_is_no_answer() -> None:
    clear = Decision("answer", "en", 0.9, entry="press.phone", section="press", about="your phone")
    guess = Decision("answer", "en", 0.2, entry="consular.visas", section="consular", about="who does it")
    back = Decision("clarify", "en", 0.2, entry="ambiguous.security", about="who does it")
    told = without_guesses([clear, guess], {"who does it"})
    assert [(one.kind, one.entry) for one in told] == [("answer", "press.phone"), ("fallback", None)]
    assert without_guesses([clear, back], {"who does it"}) == [clear, back]
    assert without_guesses([clear, back], {"your phone"}) == [clear]


def test_a_clear_message_is_not_given_up_for_a_vague_piece_of_it(dialogue: Dialogue) -> None:
    whole = Part("je suis malien, où faire mon passeport", "message", (("topic.malian-passport", 0.96),), (0, 2))
    story = Part("je suis malien", "piece", (("topic.malian-passport", 0.65),), (0, 1))
    vague = Part("où faire mon passeport", "piece", (("ambiguous.passport", 0.97),), (1, 2), "sign")
    after = dialogue.respond(Understanding(whole.text, "fr", True, None, None, None, (whole, story, vague)), Context())
    assert [decision.entry for decision in after.decisions] == ["topic.malian-passport"]


def test_a_clear_question_that_names_its_office_is_read_by_itself(knowledge: Knowledge, settings: Settings) -> None:
    reader = ContextReader(knowledge, Thresholds.load(settings.thresholds))
    ranking = (("american-center.overview", 0.52), ("topic.american-center-head", 0.05))
    text = "que fait l'american center"
    alone = Part(text, "piece", ranking, (1, 2), "sign")
    both = Part(f"qui dirige la presse {text}", "pair", (("topic.american-center-head", 0.98),), (0, 2))
    assert reader.read_piece(alone, both, "press.head").intent == "american-center.overview"
    elliptic = replace(alone, text="et l'american center")
    assert reader.read_piece(elliptic, both, "press.head").intent == "topic.american-center-head"
