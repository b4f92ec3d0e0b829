"""What differs between two copies of the embassy's page, sentence by sentence and word by word."""

from __future__ import annotations

import difflib
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

CONTEXT = 2
SIMILAR = 0.5
WORD = re.compile(r"\S+")


@dataclass(frozen=True)
class Reworded:
    """A sentence that says something else than before.

    Attributes:
        before: The sentence as it was.
        after: The sentence as it is.
        pieces: What changed in it, each with the words around it: (before, after).
        words: The words that went or came.
    """

    before: str
    after: str
    pieces: tuple[tuple[str, str], ...]
    words: frozenset[str]


@dataclass(frozen=True)
class PageChanges:
    """Sentences that changed, came and went; where one stands on the page does not matter."""

    reworded: tuple[Reworded, ...]
    came: tuple[str, ...]
    went: tuple[str, ...]


def page_changes(old: str, new: str) -> PageChanges:
    """Compares two copies of a page."""
    before, after = ([" ".join(s.split()) for s in sentences(text)] for text in (old, new))
    went = list((Counter(before) - Counter(after)).elements())
    came = list((Counter(after) - Counter(before)).elements())
    reworded = []
    for likeness, gone, new_one in _likest(went, came):
        if likeness >= SIMILAR and gone in went and new_one in came:
            went.remove(gone)
            came.remove(new_one)
            reworded.append(_reworded(gone, new_one))
    return PageChanges(tuple(sorted(reworded, key=lambda one: after.index(one.after))), tuple(came), tuple(went))


def _likest(went: Sequence[str], came: Sequence[str]) -> list[tuple[float, str, str]]:
    """All pairs, the likest first."""
    pairs = [
        (difflib.SequenceMatcher(None, WORD.findall(old), WORD.findall(new), autojunk=False).ratio(), old, new)
        for old in went
        for new in came
    ]
    return sorted(pairs, key=lambda pair: -pair[0])


def _reworded(before: str, after: str) -> Reworded:
    old, new = WORD.findall(before), WORD.findall(after)
    pieces, words = [], set[str]()
    for a, b, c, d in _changed(old, new):
        start = max(0, a - CONTEXT)
        pieces.append((" ".join(old[start : b + CONTEXT]), " ".join([*old[start:a], *new[c : d + CONTEXT]])))
        words |= {*old[a:b], *new[c:d]}
    return Reworded(before, after, tuple(pieces), frozenset(words))


def _changed(old: Sequence[str], new: Sequence[str]) -> Iterator[tuple[int, int, int, int]]:
    for tag, a, b, c, d in difflib.SequenceMatcher(None, old, new, autojunk=False).get_opcodes():
        if tag != "equal":
            yield a, b, c, d


def sentences(text: str) -> list[str]:
    """A text's sentences and list items, one line each."""
    pieces = re.split(r"\n+|(?<=[.!?:;])\s+(?=[A-Z0-9“\"(])", text)
    return [piece.strip(" \t•*-–") for piece in pieces if piece.strip(" \t•*-–")]
