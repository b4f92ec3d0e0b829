"""A choice among options by what is known of each: what ``embassy-bot tune`` learns is how much each thing counts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

TIMES = " × "
"""Between the names of two features that count together."""

Features = Mapping[str, float]


class Choice:
    """A conditional logit (McFadden 1974): the likelihood of an option grows with the exponential of its score."""

    def __init__(self, weights: Mapping[str, float]) -> None:
        """``weights``: of features by name, and of products named ``a × b``."""
        pairs = [(name.partition(TIMES), weight) for name, weight in weights.items()]
        self._places: dict[str, int] = {}
        for (first, _, second), _ in pairs:
            for name in (first, second):
                if name:
                    self._places.setdefault(name, len(self._places))
        self._alone = np.zeros(len(self._places))
        self._together = np.zeros((len(self._places), len(self._places)))
        for (first, times, second), weight in pairs:
            if times:
                self._together[self._places[first], self._places[second]] = weight
            else:
                self._alone[self._places[first]] = weight

    def score(self, features: Features) -> float:
        """What is known of an option, weighed; features without a weight count nothing."""
        values = np.zeros(len(self._places))
        for name, value in features.items():
            place = self._places.get(name)
            if place is not None:
                values[place] = value
        return float(self._alone @ values + values @ self._together @ values)


def shares_of(scores: Sequence[float]) -> tuple[float, ...]:
    """The probability of each option by its score; they sum to 1."""
    grown = np.exp(np.asarray(scores) - max(scores))
    return tuple(float(share) for share in grown / grown.sum())
