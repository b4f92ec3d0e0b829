"""One mistake in the knowledge: where it is, what is wrong, how to mend it."""

from __future__ import annotations

from dataclasses import dataclass

ERROR, WARNING = "error", "warning"


@dataclass(frozen=True, order=True)
class Finding:
    """One mistake. ``problem`` and ``mend`` are sentences that :func:`bot.knowledge.said.in_language` translates."""

    file: str
    line: int
    severity: str
    problem: str
    mend: str

    def __str__(self) -> str:
        return f"{self.file}:{self.line}: {self.severity}: {self.problem} → {self.mend}"
