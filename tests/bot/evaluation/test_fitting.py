"""The weights that tell joints and leaning messages apart are learned from examples."""

from __future__ import annotations

import itertools

import pytest

from bot.dialogue.logistic import TIMES, Logistic
from bot.evaluation.fitting import Example, fitted

CORNERS = list(itertools.product((0.0, 1.0), repeat=2))


def named(a: float, b: float) -> dict[str, float]:
    return {"a": a, "b": b, "idle": 0.0}


def test_what_tells_examples_apart_gets_weight_and_what_does_not_gets_none() -> None:
    weights = fitted(
        [Example(named(a, b), a > 0.5, 20.0) for a, b in CORNERS], strength=1.0, products=False, penalty="l1"
    )
    assert weights["a"] > 1 and "b" not in weights and "idle" not in weights


@pytest.mark.parametrize("penalty", ["l1", "l2"])
def test_two_features_that_count_only_together_are_learned_as_a_product(penalty: str) -> None:
    weights = fitted(
        [Example(named(a, b), a == b, 50.0) for a, b in CORNERS], strength=1.0, products=True, penalty=penalty
    )
    assert f"a{TIMES}b" in weights
    assert all((Logistic(weights)(named(a, b)) > 0.5) == (a == b) for a, b in CORNERS)


@pytest.mark.parametrize(
    ("found", "least", "most"), [({"a": 1.0}, 0.7, 0.8), ({"a": 0.0}, 0.49, 0.51), ({}, 0.49, 0.51)]
)
def test_a_weight_counts_where_its_feature_is_found(found: dict[str, float], least: float, most: float) -> None:
    assert least < Logistic({"a": 1.0, "gone": 5.0})(found) < most


def test_a_product_counts_where_both_features_are_found() -> None:
    weights = {"bias": -1.0, f"a{TIMES}b": 3.0}
    assert Logistic(weights)({"a": 1.0, "b": 1.0}) > 0.8
    assert Logistic(weights)({"a": 1.0, "b": 0.0}) < 0.3
    assert Logistic(weights)({"a": 1.0}) < 0.3
