"""A logistic function of named features and of products of two of them: what ``embassy-bot tune`` learns is one."""

from __future__ import annotations

import math
from collections.abc import Mapping

import numpy as np

BIAS = "bias"
TIMES = " × "
"""Between the names of two features that count together."""
FURTHEST = 30.0


class Logistic:
    """Tells how likely something is by what is known of it."""

    def __init__(self, weights: Mapping[str, float]) -> None:
        """``weights``: of features by name, of products named ``a × b``, and of ``bias``, which is always there."""
        pairs = [(name.partition(TIMES), weight) for name, weight in weights.items() if name != BIAS]
        self._names = list(dict.fromkeys(name for (a, _, b), _ in pairs for name in (a, b) if name))
        places = {name: place for place, name in enumerate(self._names)}
        self._bias = weights.get(BIAS, 0.0)
        self._alone = np.zeros(len(places))
        self._together = np.zeros((len(places), len(places)))
        for (first, times, second), weight in pairs:
            if times:
                self._together[places[first], places[second]] = weight
            else:
                self._alone[places[first]] = weight

    def __call__(self, features: Mapping[str, float]) -> float:
        """0 to 1; features without a weight, and weights whose features are not given, count nothing."""
        values = np.array([features.get(name, 0.0) for name in self._names])
        score = self._bias + float(self._alone @ values + values @ self._together @ values)
        return 1 / (1 + math.exp(-max(-FURTHEST, min(FURTHEST, score))))
