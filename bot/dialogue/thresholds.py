"""The limits by which confidence becomes a decision; ``embassy-bot tune`` chooses them on data."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields
from pathlib import Path
from typing import Any

AS_IT_STANDS = {"alone": 10.0, "alone asks": 10.0}
"""Weights by which everything means what it means by itself."""


@dataclass(frozen=True)
class Thresholds:
    """All but ``caution`` and the tables of weights are probabilities, 0 to 1.

    Attributes:
        answer: An intent at least this sure is acted upon.
        section: One section's share of the distribution from which its best entry is told all the same.
        refuse: Share of "nothing to do with the embassy" from which a message is refused.
        relevant: Share of the embassy's own matters from which a question back is asked rather than a refusal given.
        caution: Log odds by which a message must rather be two questions than one, to be taken for two.
        joints: Weights of what a cut between two questions of a message is judged by; see
            :mod:`bot.dialogue.joints`. Without any, a message is one question.
        meant: Weights of what tells which reading of a message is meant in its conversation; see
            :mod:`bot.dialogue.candidates`.
        in_place: The same for a later piece of a message, after the piece before it.
    """

    answer: float = 0.5
    section: float = 0.55
    refuse: float = 0.45
    relevant: float = 0.45
    caution: float = 0.0
    joints: Mapping[str, float] = field(default_factory=lambda: {"cut": -1.0})
    meant: Mapping[str, float] = field(default_factory=lambda: dict(AS_IT_STANDS))
    in_place: Mapping[str, float] = field(default_factory=lambda: dict(AS_IT_STANDS))

    @classmethod
    def load(cls, path: Path) -> Thresholds:
        """Reads what :meth:`save` wrote; a missing file gives the defaults.

        Raises:
            ValueError: The file is not a set of thresholds; it says which file.
        """
        if not path.exists():
            return cls()
        try:
            data = json.loads(path.read_text(encoding="utf-8"))
            known = {field.name for field in fields(cls)}
            return cls(**{name: _read(value) for name, value in data.items() if name in known})
        except (AttributeError, TypeError, ValueError) as error:
            raise ValueError(
                f"{path} is not a set of thresholds ({error}). Run `embassy-bot tune` to make it anew."
            ) from error

    def save(self, path: Path) -> None:
        """Writes the thresholds as JSON."""
        path.write_text(json.dumps(asdict(self), indent=2) + "\n", encoding="utf-8")


def _read(value: Any) -> Any:
    """A number, or a table of numbers."""
    return {name: float(weight) for name, weight in value.items()} if isinstance(value, dict) else float(value)
