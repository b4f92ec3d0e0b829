"""Fits the weights of a :class:`bot.dialogue.choice.Choice`."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np
import numpy.typing as npt

from bot.dialogue.choice import TIMES, Features

MOST_STEPS = 400
LEAST_WEIGHT = 0.002
TINY = 1e-9

Array = npt.NDArray[np.float64]
Pairing = Callable[[str, str], bool]


@dataclass(frozen=True)
class Lesson:
    """A choice that was to be made, and what it counts.

    Attributes:
        options: What is known of each option; an option of several pieces has features for each, which add up.
        right: Which options are right.
        weight: What the lesson counts.
    """

    options: Sequence[Sequence[Features]]
    right: Sequence[bool]
    weight: float = 1.0


def fitted(lessons: Sequence[Lesson], *, penalty: float, together: Pairing) -> dict[str, float]:
    """Weights under which what is right is likeliest; of several right options any will do.

    Maximum likelihood with a quadratic penalty, by L-BFGS (Liu & Nocedal 1989).

    Args:
        lessons: What to learn from; those in which nothing or everything is right teach nothing.
        penalty: Of the squares of all weights, so that they are not learned by heart.
        together: Which two features may count as a product too.
    """
    from scipy.optimize import minimize

    lessons = [lesson for lesson in lessons if any(lesson.right) and not all(lesson.right)]
    if not lessons:
        return {}
    names = sorted({name for lesson in lessons for option in lesson.options for row in option for name in row})
    pairs = [(a, b) for a, b in combinations(range(len(names)), 2) if together(names[a], names[b])]
    table = _table([option for lesson in lessons for option in lesson.options], names, pairs)
    right = np.array([is_right for lesson in lessons for is_right in lesson.right], dtype=float)
    counts = np.array([len(lesson.right) for lesson in lessons])
    starts = np.concatenate([[0], np.cumsum(counts)[:-1]])
    worth = np.array([lesson.weight for lesson in lessons])

    def loss(weights: Array) -> tuple[float, Array]:
        scores = np.asarray(table @ weights.astype(np.float32), dtype=float)
        grown = np.exp(scores - np.repeat(np.maximum.reduceat(scores, starts), counts))
        shares = grown / np.repeat(np.add.reduceat(grown, starts), counts)
        hits = np.maximum(np.add.reduceat(shares * right, starts), TINY)
        slope = (shares - shares * right / np.repeat(hits, counts)) * np.repeat(worth, counts)
        value = -float(worth @ np.log(hits)) + penalty / 2 * float(weights @ weights)
        return value, np.asarray(table.T @ slope.astype(np.float32), dtype=float) + penalty * weights

    columns = [*names, *(f"{names[a]}{TIMES}{names[b]}" for a, b in pairs)]
    found = minimize(loss, np.zeros(len(columns)), jac=True, method="L-BFGS-B", options={"maxiter": MOST_STEPS})
    weights = {name: round(float(weight), 3) for name, weight in zip(columns, found.x)}
    return {name: weight for name, weight in weights.items() if abs(weight) >= LEAST_WEIGHT}


def _table(
    options: Sequence[Sequence[Features]], names: Sequence[str], pairs: Sequence[tuple[int, int]]
) -> npt.NDArray[np.float32]:
    """A row of features and products for each option, shape (options, names and pairs)."""
    place = {name: n for n, name in enumerate(names)}
    first, second = (np.array([pair[side] for pair in pairs], dtype=int) for side in (0, 1))
    table = np.zeros((len(options), len(names) + len(pairs)), dtype=np.float32)
    for row, option in zip(table, options):
        for features in option:
            values = np.zeros(len(names), dtype=np.float32)
            values[[place[name] for name in features]] = list(features.values())
            row[: len(names)] += values
            row[len(names) :] += values[first] * values[second]
    return table
