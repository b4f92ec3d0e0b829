"""What texts mean to the loaded model: sentence vectors and rankings, remembered, since each takes milliseconds."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Sequence
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt

from bot.engine import EngineNotReadyError

Array = npt.NDArray[np.float32]

MOST_REMEMBERED = 4000
AT_ONCE = 32
"""Texts encoded in one go; between two of them people's messages get their turn."""


class Understanding(Protocol):
    """What is needed of the engine."""

    @property
    def model(self) -> str | None:
        """Name of the loaded model."""

    def vectors(self, texts: list[str]) -> Array:
        """Sentence vectors of length 1."""

    def understand(self, text: str, about: str | None = None) -> dict[str, Any]:
        """What the pipeline makes of a text."""


class Meanings:
    """Asks the engine about each text once; everything is forgotten when another model is loaded."""

    def __init__(self, engine: Understanding) -> None:
        self._engine = engine
        self._model: str | None = None
        self._vectors: OrderedDict[str, Array] = OrderedDict()
        self._rankings: OrderedDict[str, list[tuple[str, float]]] = OrderedDict()
        self._alone = threading.Lock()

    def vectors(self, texts: Sequence[str]) -> Array:
        """Sentence vectors of length 1, of shape (texts, size).

        Raises:
            EngineNotReadyError: No model is loaded.
        """
        with self._alone:
            self._look_at_the_model()
            new = [text for text in dict.fromkeys(texts) if text not in self._vectors]
            found = {text: self._vectors[text] for text in texts if text in self._vectors}
            for start in range(0, len(new), AT_ONCE):
                part = new[start : start + AT_ONCE]
                found.update(zip(part, self._engine.vectors(part)))
            for text in dict.fromkeys(texts):
                _remember(self._vectors, text, found[text])
        return np.stack([found[text] for text in texts]) if texts else np.zeros((0, 0), dtype=np.float32)

    def ranking(self, text: str) -> list[tuple[str, float]]:
        """Intents with their confidence, the likeliest first; none while no model is loaded."""
        with self._alone:
            self._look_at_the_model()
            found = self._rankings.get(text)
            if found is None:
                try:
                    ranked = self._engine.understand(text).get("intent_ranking") or []
                except EngineNotReadyError:
                    return []
                found = [(str(item["name"]), float(item["confidence"])) for item in ranked]
            _remember(self._rankings, text, found)
        return found

    def _look_at_the_model(self) -> None:
        if self._engine.model != self._model:
            self._vectors.clear()
            self._rankings.clear()
            self._model = self._engine.model


def _remember(memory: OrderedDict[str, Any], key: str, value: Any) -> None:
    memory[key] = value
    memory.move_to_end(key)
    if len(memory) > MOST_REMEMBERED:
        memory.popitem(last=False)
