"""Figures from outcomes: shares of right replies, refusals, calibration."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from bot.dialogue.decision import ANSWER, CLARIFY, FALLBACK, UNKNOWN
from bot.evaluation.runner import Outcome

BINS = 10


@dataclass(frozen=True)
class Share:
    """How many of how many."""

    right: int
    total: int

    @property
    def value(self) -> float:
        """From 0 to 1; 0 of none."""
        return self.right / self.total if self.total else 0.0

    def __str__(self) -> str:
        return f"{100 * self.value:5.1f} % ({self.right} of {self.total})"


def share(outcomes: Iterable[Outcome], right: Callable[[Outcome], bool] = lambda outcome: outcome.right) -> Share:
    """The share of outcomes for which ``right`` holds."""
    results = [right(outcome) for outcome in outcomes]
    return Share(sum(results), len(results))


def measured(outcome: Outcome) -> bool:
    """The first turn of a conversation only leads up to the follow-ups."""
    return outcome.case.group != "follow-up" or not outcome.first


def by_group(outcomes: Sequence[Outcome]) -> dict[tuple[str, str], Share]:
    """(group, language) → share right."""
    groups: dict[tuple[str, str], list[Outcome]] = defaultdict(list)
    for outcome in outcomes:
        if measured(outcome):
            groups[(outcome.case.group, outcome.turn.language)].append(outcome)
    return {key: share(group) for key, group in sorted(groups.items())}


def by_section(outcomes: Sequence[Outcome]) -> dict[tuple[str, str], Share]:
    """(section, language) → share right, over single questions that have an answer."""
    groups: dict[tuple[str, str], list[Outcome]] = defaultdict(list)
    for outcome in outcomes:
        if outcome.case.group == ANSWER:
            groups[(outcome.turn.expect[0].section, outcome.turn.language)].append(outcome)
    return {key: share(group) for key, group in sorted(groups.items())}


def refused(outcomes: Sequence[Outcome]) -> Share:
    """Answerable questions that were refused (answered as unknown or as not understood)."""
    return share(
        (o for o in outcomes if o.case.group == ANSWER),
        lambda o: any(reply.kind in (FALLBACK, UNKNOWN) for reply in o.replies),
    )


def asked_back(outcomes: Sequence[Outcome]) -> Share:
    """Answerable questions that were answered with a question."""
    return share(
        (o for o in outcomes if o.case.group == ANSWER), lambda o: any(reply.kind == CLARIFY for reply in o.replies)
    )


@dataclass(frozen=True)
class Bin:
    """Replies of similar confidence: how many, their mean confidence, how many of them were right."""

    count: int
    confidence: float
    accuracy: float


def reliability(outcomes: Sequence[Outcome]) -> list[Bin]:
    """Ten bins of equal width over the confidence of single replies that are an answer or a topic's ``unknown``."""
    bins: list[list[tuple[float, bool]]] = [[] for _ in range(BINS)]
    for outcome in outcomes:
        if outcome.case.group == "follow-up" or len(outcome.replies) != 1:
            continue
        reply = outcome.replies[0]
        if reply.kind in (ANSWER, UNKNOWN):
            bins[min(int(reply.confidence * BINS), BINS - 1)].append((reply.confidence, outcome.right))
    return [
        Bin(len(b), sum(c for c, _ in b) / len(b), sum(r for _, r in b) / len(b)) if b else Bin(0, 0.0, 0.0)
        for b in bins
    ]


def calibration_error(bins: Sequence[Bin]) -> float:
    """Expected calibration error (Guo et al. 2017, arXiv:1706.04599)."""
    total = sum(b.count for b in bins)
    return sum(b.count * abs(b.confidence - b.accuracy) for b in bins) / total if total else 0.0
