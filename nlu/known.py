"""The questions that a classifier was taught, word for word: what somebody added to an answer is answered by it."""

from __future__ import annotations

from collections.abc import Sequence
from hashlib import blake2b
from pathlib import Path

import numpy as np
import numpy.typing as npt

from nlu.text import flat

FILE = "known.npz"
SURE = 0.97
"""Share of the intent under which a question was taught; others keep theirs of the rest."""
BYTES = 8


class KnownQuestions:
    """Intents by the words of their questions, whatever their case, accents and punctuation."""

    def __init__(self, keys: npt.NDArray[np.uint64], labels: npt.NDArray[np.int32]) -> None:
        """``keys``: sorted; ``labels``: the place of each one's intent."""
        self._keys, self._labels = keys, labels

    @classmethod
    def of(cls, texts: Sequence[str], labels: Sequence[int]) -> KnownQuestions:
        """Those that stand under one intent only."""
        found: dict[int, set[int]] = {}
        for text, label in zip(texts, labels):
            if flat(text):
                found.setdefault(_key(text), set()).add(label)
        sure = sorted((key, min(places)) for key, places in found.items() if len(places) == 1)
        return cls(
            np.array([key for key, _ in sure], dtype=np.uint64), np.array([label for _, label in sure], dtype=np.int32)
        )

    def without(self, labels: Sequence[int]) -> KnownQuestions:
        """Only those of other intents."""
        kept = ~np.isin(self._labels, np.array(labels, dtype=np.int32))
        return KnownQuestions(self._keys[kept], self._labels[kept])

    def find(self, text: str) -> int | None:
        """The place of the intent that a text was taught under, None for another text."""
        key = np.uint64(_key(text))
        place = int(np.searchsorted(self._keys, key))
        return int(self._labels[place]) if place < len(self._keys) and self._keys[place] == key else None

    def settle(self, texts: Sequence[str], table: npt.NDArray[np.float32]) -> None:
        """Makes known texts sure of their intent; ``table``: probabilities, (texts, intents), changed in place."""
        for row, text in zip(table, texts):
            label = self.find(text)
            if label is not None and row[label] < SURE:
                others = float(row.sum() - row[label])
                row *= (1 - SURE) / others if others > 0 else 0.0
                row[label] = SURE

    def save(self, folder: Path) -> None:
        """Writes ``known.npz``."""
        with (folder / FILE).open("wb") as file:
            np.savez(file, keys=self._keys, labels=self._labels)

    @classmethod
    def load(cls, folder: Path) -> KnownQuestions:
        """Reads what :meth:`save` wrote; a model of an earlier version has none."""
        if not (folder / FILE).exists():
            return cls.of((), ())
        with np.load(folder / FILE, allow_pickle=False) as stored:
            return cls(stored["keys"], stored["labels"])


def _key(text: str) -> int:
    return int.from_bytes(blake2b(flat(text).encode(), digest_size=BYTES).digest(), "big")
