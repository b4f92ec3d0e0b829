"""What is known of a release, and why one cannot be made."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

COMMAND_LINE = "command line"
"""The author where nobody had signed in."""
FIRST, WENT_BACK = "What was served before the first change in the console.", "Rolled back on the command line."
"""Reasons that the program gives itself; the console says them in its reader's language."""
BASELINE, WORDS, TRAINED, ROLLBACK = "baseline", "words", "trained", "rollback"


class ReleaseError(RuntimeError):
    """A release cannot be made or used; the message says why and what to do."""


class ChangedError(ReleaseError):
    """What was looked at has changed: ``what`` is the served ``release``, the ``knowledge`` or the ``candidate``."""

    def __init__(self, what: str, message: str) -> None:
        super().__init__(message)
        self.what = what


@dataclass(frozen=True)
class Release:
    """What stands in a release's ``release.json``.

    Attributes:
        number: Counted from 1, without gaps; also its folder's name.
        created: When, in UTC.
        author: The account that published it, or :data:`COMMAND_LINE`.
        reason: What the author wrote.
        kind: ``baseline``, ``words`` (same model), ``trained`` or ``rollback``.
        knowledge: Version of the knowledge.
        model: Name of the model as it was trained.
        sha256: Of the model's bytes.
        inputs: Hash of what the model was trained on.
        of: The release that a roll-back brought back.
        figures: Shares of right replies by kind and language, from its evaluation.
    """

    number: int
    created: str
    author: str
    reason: str
    kind: str
    knowledge: str
    model: str
    sha256: str
    inputs: str
    of: int | None = None
    figures: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True)
class Parts:
    """What a new release is made of: where its files are now; ``inputs`` is the hash of what its model learned from."""

    knowledge: Path
    model: Path
    thresholds: Path
    report: Path | None = None
    inputs: str = ""


@dataclass(frozen=True)
class Basis:
    """What a publisher looked at: the release that was served then, and the version of what is to be published."""

    release: int | None
    knowledge: str


@dataclass(frozen=True)
class Survey:
    """The releases that can be read, the newest first; the one that is served; what is wrong with the others."""

    releases: tuple[Release, ...]
    served: int | None
    problems: tuple[str, ...]
