from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nlu.language import Finding, LanguageModel
from nlu.vocabularies import vocabulary


@pytest.fixture(scope="module")
def model(knowledge) -> LanguageModel:
    pairs = [
        (question, language)
        for language, by_id in knowledge.questions.items()
        for questions in by_id.values()
        for question in questions
    ]
    return LanguageModel.learn(["fr", "en"], pairs, {code: vocabulary(code) for code in ("fr", "en")})


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("Who handles visas?", "en"),
        ("Qui s'occupe des visas ?", "fr"),
        ("c ki ki gere les visa svp", "fr"),
        ("parle français", "fr"),
        ("I need the phone number of the press", "en"),
        ("I ni sogoma", "bm"),
        ('<b>visa</b> & "x" <a href="tg://">', None),
        ("/restart", None),
        ("https://example.org/who-handles-visas", None),
        ("<i>Qui s'occupe</i> des visas ?", "fr"),
        ("aw ni ce", "bm"),
        ("ne bɛ visa ɲini", "bm"),
        ("Hola, ¿cómo puedo obtener una visa?", "other"),
        ("Wie bekomme ich ein Visum?", "other"),
        ("Olá, preciso de um visto", "other"),
        ("كيف أحصل على تأشيرة", "other"),
        ("如何申请签证", "other"),
        ("Как получить визу", "other"),
        ("visa?", None),
        ("ok", None),
        ("zqvwx kjp", None),
        ("Explain quantum entanglement simply.", "en"),
        ("Expliquez la dérive des continents.", "fr"),
        ("12345", None),
        ("", None),
        ("😀😀", None),
    ],
)
def test_language_is_recognised(model: LanguageModel, text: str, language: str | None) -> None:
    assert model.detect(text) == language


@pytest.mark.parametrize("letter", list("aehkxz"))
def test_a_key_that_was_held_down_tells_no_language(model: LanguageModel, letter: str) -> None:
    assert model.weigh(letter * 1000)[:2] == (None, False)


def test_unseen_questions_are_hardly_ever_taken_for_the_wrong_language(knowledge) -> None:
    pairs = [
        (question, language)
        for language, by_id in knowledge.questions.items()
        for questions in by_id.values()
        for question in questions
    ]
    model = LanguageModel.learn(["fr", "en"], [pair for i, pair in enumerate(pairs) if i % 5])
    held_out = [pair for i, pair in enumerate(pairs) if i % 5 == 0]
    wrong = [(text, code) for text, code in held_out if model.detect(text) not in (code, None)]
    assert len(wrong) <= 0.03 * len(held_out), wrong[:20]


def test_without_examples_frequent_words_are_enough() -> None:
    model = LanguageModel.learn(["fr", "en"], [])
    assert model.detect("what is the time in your office") == "en"
    assert model.detect("quelle est la date de votre fête") == "fr"


@given(st.text())
def test_any_text_gets_a_verdict(text: str) -> None:
    model = LanguageModel.learn(["fr", "en"], [])
    assert model.detect(text) in {"fr", "en", "bm", "other", None}


def test_a_text_that_tells_too_little_still_leans_one_way() -> None:
    model = LanguageModel.learn(["fr", "en"], [("the facilities team", "en"), ("les services", "fr")])
    assert model.weigh("facilities xyz") == Finding(None, leaning="en")
    assert model.weigh("123") == Finding(None)


def test_a_name_that_both_languages_use_as_it_is_tells_neither() -> None:
    english = [("what is the mil to mil engagement", "en"), ("how to join mil to mil", "en")] * 4
    french = [("c'est quoi le mil to mil", "fr"), ("le programme mil to mil sert à quoi", "fr")] * 4
    model = LanguageModel.learn(["fr", "en"], english + french)
    assert model.detect("mil to mil") is None
    assert model.detect("programme mil to mil") == "fr"


def test_two_words_that_both_languages_use_tell_by_their_order() -> None:
    english = [("student visa", "en"), ("visa page", "en"), ("student page", "en")] * 8
    french = [("visa student", "fr"), ("page visa", "fr"), ("page student", "fr")] * 8
    model = LanguageModel.learn(["fr", "en"], english + french)
    finding = model.weigh("student visa")
    assert (finding.code or finding.leaning) == "en"
    finding = model.weigh("visa student")
    assert (finding.code or finding.leaning) == "fr"
