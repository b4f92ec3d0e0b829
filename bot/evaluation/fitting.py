"""Fits the weights of a :class:`bot.dialogue.logistic.Logistic`."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from bot.dialogue.logistic import BIAS, TIMES

MOST_STEPS = 2000
SEED = 1


@dataclass(frozen=True)
class Example:
    """What is known of something, by name, whether it is so, and what the example counts."""

    features: Mapping[str, float]
    is_so: bool
    weight: float = 1.0


def fitted(examples: Sequence[Example], *, strength: float, products: bool, penalty: str = "l2") -> dict[str, float]:
    """Weights of features, by name, that tell the examples apart.

    Args:
        examples: What to learn from.
        strength: Inverse strength of the penalty, without which products would be learned by heart.
        products: Whether products of two features may count too.
        penalty: ``l2`` keeps all weights small, ``l1`` leaves only those that help (Tibshirani 1996).
    """
    from sklearn.linear_model import LogisticRegression

    names = list(examples[0].features)
    columns = [*names, *_products(names)] if products else names
    rows = [_row(example.features, names, products) for example in examples]
    solver = "liblinear" if penalty == "l1" else "lbfgs"
    fit = LogisticRegression(C=strength, penalty=penalty, solver=solver, max_iter=MOST_STEPS, random_state=SEED)
    weights = [example.weight for example in examples]
    fit.fit(rows, [example.is_so for example in examples], sample_weight=weights)
    learned = {name: round(float(weight), 3) for name, weight in zip(columns, fit.coef_[0])}
    return {BIAS: round(float(fit.intercept_[0]), 3), **{name: weight for name, weight in learned.items() if weight}}


def _products(names: Sequence[str]) -> Iterator[str]:
    return (f"{first}{TIMES}{second}" for first, second in itertools.combinations(names, 2))


def _row(features: Mapping[str, float], names: Sequence[str], products: bool) -> list[float]:
    values = [features[name] for name in names]
    return [*values, *(a * b for a, b in itertools.combinations(values, 2))] if products else values
