"""What somebody taught word for word is answered so, whatever the heads make of it."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from nlu.known import SURE, KnownQuestions
from nlu.text import flat


def test_a_known_question_is_sure_of_its_intent_and_others_share_the_rest() -> None:
    known = KnownQuestions.of(["USAID ?", "le site de l'USAID"], [0, 1])
    table = np.array([[0.1, 0.8, 0.1], [0.1, 0.8, 0.1]], dtype=np.float32)
    known.settle(["usaid", "le site"], table)
    assert np.allclose(table[0], [SURE, 0.03 * 8 / 9, 0.03 / 9], atol=1e-6)
    assert np.allclose(table[1], [0.1, 0.8, 0.1])


def test_what_is_surer_already_stays_as_it_is() -> None:
    table = np.array([[0.99, 0.01]], dtype=np.float32)
    KnownQuestions.of(["visa"], [0]).settle(["VISA!"], table)
    assert np.allclose(table, [[0.99, 0.01]])


def test_what_stands_under_two_intents_is_left_to_the_heads() -> None:
    assert KnownQuestions.of(["Où ?", "ou"], [0, 1]).find("où") is None


def test_intents_that_depend_on_what_was_said_before_can_be_left_out() -> None:
    known = KnownQuestions.of(["who leads", "who leads the press office", "who leads"], [0, 1, 0]).without([0])
    assert (known.find("who leads"), known.find("who leads the press office")) == (None, 1)


def test_pictures_and_signs_alone_are_no_question() -> None:
    assert KnownQuestions.of(["👍", "?!"], [0, 0]).find("!!") is None


def test_a_model_of_an_earlier_version_knows_none(tmp_path: Path) -> None:
    assert KnownQuestions.load(tmp_path).find("visa") is None


@given(st.lists(st.text(max_size=30), max_size=20), st.text(max_size=30))
def test_exactly_what_was_taught_is_known(texts: list[str], other: str) -> None:
    known = KnownQuestions.of(texts, [3] * len(texts))
    assert all((known.find(text) == 3) == bool(flat(text)) for text in texts)
    assert (known.find(other) == 3) == (flat(other) in {flat(text) for text in texts} - {""})


def test_it_is_kept_with_the_model(tmp_path: Path) -> None:
    KnownQuestions.of(["visa", "press"], [5, 2]).save(tmp_path)
    again = KnownQuestions.load(tmp_path)
    assert (again.find("visa"), again.find("press"), again.find("music")) == (5, 2, None)
