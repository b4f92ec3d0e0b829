"""One mistake in the knowledge: where it is, what is wrong, how to mend it."""

from __future__ import annotations

from dataclasses import dataclass

from bot.knowledge.said import ENGLISH, in_language

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
        return self.told(ENGLISH)

    def told(self, language: str) -> str:
        """The whole line, its sentences in a language; the severity keeps its name, for programs that read it."""
        problem, mend = in_language(self.problem, language), in_language(self.mend, language)
        return f"{self.file}:{self.line}: {self.severity}: {problem} → {mend}"
