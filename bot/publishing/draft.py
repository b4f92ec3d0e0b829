"""The draft beside what is served: what differs, and whether it is in order."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from bot.knowledge.checks import ERROR, Finding, check_folder
from bot.knowledge.model import Knowledge
from bot.knowledge.reader import KnowledgeError, knowledge_version, read_knowledge
from bot.publishing.asked import asked_changes
from bot.publishing.changes import Change, changes, file_changes, only_words, other_changes, words_of
from bot.publishing.guided import guide_changes
from bot.training.releases import ReleaseError, Releases

MOST_REMEMBERED = 8

Found = TypeVar("Found")
_READ: OrderedDict[str, Knowledge] = OrderedDict()
_ERRORS: OrderedDict[str, tuple[Finding, ...]] = OrderedDict()


@dataclass(frozen=True)
class Comparison:
    """A state of the knowledge beside another.

    Attributes:
        changes: What differs.
        version: Of the newer state; taken before it was read, so that it never stands for more than what is shown.
        problem: Why the newer state cannot be read.
        trouble: Why the older one cannot.
    """

    changes: list[Change]
    version: str = ""
    problem: str = ""
    trouble: str = ""

    @property
    def only_words(self) -> bool:
        """Whether it can be published at once, without training."""
        return only_words(self.changes)

    @property
    def words(self) -> list[Change]:
        """What can be published at once, the rest left for later."""
        return words_of(self.changes)


def compare(old: Path, new: Path, language: str) -> Comparison:
    """What differs between two states of the knowledge; a state that cannot be read is told, not raised."""
    try:
        before = _known(old)
    except (KnowledgeError, OSError) as error:
        return Comparison(
            [], trouble=error.args[0] if isinstance(error, (KnowledgeError, ReleaseError)) else str(error)
        )
    try:
        version = knowledge_version(new)
        after = _known(new)
        guides = guide_changes((old, before), (new, after), language)
        asked = asked_changes(before, after, language)
        found = changes(before, after, language) + guides + asked + file_changes(old, new)
        return Comparison(found + other_changes(old, new, found), version)
    except (KnowledgeError, OSError) as error:
        return Comparison([], problem=error.args[0] if isinstance(error, KnowledgeError) else str(error))


def compare_draft(releases: Releases, draft: Path, language: str) -> Comparison:
    """Compares the draft with what is served; before the first release these are the same."""
    try:
        release = releases.current()
    except ReleaseError as error:
        return Comparison(
            [], trouble=error.args[0] if isinstance(error, (KnowledgeError, ReleaseError)) else str(error)
        )
    return compare(releases.path(release.number) / "knowledge", draft, language) if release else Comparison([])


def errors_of(folder: Path) -> list[Finding]:
    """What must be mended before a state of the knowledge is published."""
    found: tuple[Finding, ...] = _remembered(_ERRORS, folder, _find_errors)
    return list(found)


def _find_errors(folder: Path) -> tuple[Finding, ...]:
    return tuple(finding for finding in check_folder(folder) if finding.severity == ERROR)


def _known(folder: Path) -> Knowledge:
    return _remembered(_READ, folder, read_knowledge)


def _remembered(kept: OrderedDict[str, Found], folder: Path, find: Callable[[Path], Found]) -> Found:
    """What was found in a state of the knowledge, remembered by its version, wherever it stands."""
    version = knowledge_version(folder)
    if (known := kept.get(version)) is not None:
        return known
    found = find(folder)
    if knowledge_version(folder) == version:  # else it was changed meanwhile, and this belongs to neither state
        kept[version] = found
        while len(kept) > MOST_REMEMBERED:
            kept.popitem(last=False)
    return found
