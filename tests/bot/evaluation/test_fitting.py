"""What tells right options from wrong ones is learned from examples."""

from __future__ import annotations

import itertools

from bot.dialogue.choice import TIMES, Choice, shares_of
from bot.evaluation.fitting import Lesson, fitted

CORNERS = list(itertools.product((0.0, 1.0), repeat=2))


def named(a: float, b: float) -> dict[str, float]:
    return {"a": a, "b": b}


def chosen(weights: dict[str, float], options: list[dict[str, float]]) -> int:
    scores = [Choice(weights).score(option) for option in options]
    return scores.index(max(scores))


def test_what_tells_right_from_wrong_gets_weight_and_what_does_not_gets_less() -> None:
    options = [named(1.0, 1.0), named(0.0, 1.0), named(0.0, 0.0)]
    weights = fitted(
        [Lesson([[one] for one in options], [True, False, False], 20.0)], penalty=0.5, together=lambda a, b: False
    )
    assert weights["a"] > 1 > weights.get("b", 0.0)
    assert chosen(weights, options) == 0


def test_two_features_that_count_only_together_are_learned_as_a_product() -> None:
    options = [named(a, b) for a, b in CORNERS]
    lesson = Lesson([[one] for one in options], [a == b for a, b in CORNERS], 50.0)
    weights = fitted([lesson], penalty=0.1, together=lambda a, b: True)
    assert weights[f"a{TIMES}b"] > 1
    scores = shares_of([Choice(weights).score(option) for option in options])
    assert scores[0] + scores[3] > 0.9


def test_of_an_option_of_several_pieces_each_counts() -> None:
    many, one, none = [named(1.0, 0.0)] * 3, [named(1.0, 0.0)], [named(0.0, 0.0)]
    weights = fitted([Lesson([many, one, none], [True, False, False], 10.0)], penalty=0.1, together=lambda a, b: False)
    assert weights["a"] > 0.5


def test_lessons_in_which_all_or_nothing_is_right_teach_nothing() -> None:
    useful = Lesson([[named(1.0, 0.0)], [named(0.0, 0.0)]], [True, False], 10.0)
    useless = [Lesson([[named(0.0, 1.0)], [named(1.0, 0.0)]], [same, same], 100.0) for same in (True, False)]

    def alone(lessons: list[Lesson]) -> dict[str, float]:
        return fitted(lessons, penalty=0.1, together=lambda a, b: False)

    assert alone([useful, *useless]) == alone([useful])


def test_a_weight_counts_where_its_feature_is_found_and_a_product_where_both_are() -> None:
    choice = Choice({"a": 1.0, "gone": 5.0, f"a{TIMES}b": 3.0})
    assert choice.score({"a": 1.0}) == 1.0
    assert choice.score({"a": 1.0, "b": 0.5, "new": 9.0}) == 2.5
    assert choice.score({}) == 0.0


def test_shares_sum_to_one_and_follow_the_scores() -> None:
    shares = shares_of([1000.0, 1001.0, -1000.0])
    assert abs(sum(shares) - 1) < 1e-9
    assert shares[1] > shares[0] > shares[2]
