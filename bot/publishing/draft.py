"""The draft beside what is served: what differs, whether it is in order, and publishing words alone."""

from __future__ import annotations

import shutil
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from bot.knowledge.checks import ERROR, Finding, check_folder
from bot.knowledge.model import Knowledge
from bot.knowledge.reader import KnowledgeError, knowledge_files, knowledge_version, read_knowledge
from bot.knowledge.said import listed, said
from bot.publishing.changes import (
    Change,
    changes,
    file_changes,
    held_back,
    is_learned,
    only_words,
    other_changes,
    words_of,
)
from bot.training.releases import MODEL, REPORT, THRESHOLDS, WORDS, Basis, Parts, Release, ReleaseError, Releases

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
        found = changes(before, _known(new), language) + file_changes(old, new)
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


def publish_words(releases: Releases, draft: Path, *, author: str, reason: str, basis: Basis, language: str) -> Release:
    """Publishes the words of the draft with the model that is served; what has to be learned first is left out.

    Everything is decided by the release's own copy, so that nothing goes live that was not examined.

    Raises:
        ReleaseError: The copy holds errors or nothing to publish, or it cannot be written; a ``ChangedError`` where
            the basis is no longer true.
    """
    current = releases.current()
    if current is None:
        raise ReleaseError(said("There is nothing new to publish."))
    folder = releases.path(current.number)
    served = folder / "knowledge"

    def review(copy: Path) -> None:
        found = _differences(served, copy, language)
        if found and not only_words(found):
            _take_back(copy, served, held_back(found))
            found = _differences(served, copy, language)
        if not found:
            raise ReleaseError(said("There is nothing new to publish without a candidate. Prepare one first."))
        errors = errors_of(copy)
        if errors:
            lines = listed(
                said("{place}: {error}.", place=f"{finding.file}:{finding.line}", error=finding.problem)
                for finding in errors[:5]
            )
            raise ReleaseError(said("The words cannot be published without the rest: {errors}", errors=lines))
        if not only_words(found):
            raise ReleaseError(said("The words cannot be published without the rest. Prepare a candidate first."))

    # The examination of the served model holds for other words too.
    parts = Parts(draft, folder / MODEL, folder / THRESHOLDS, folder / REPORT)
    return releases.publish(
        parts, author=author, reason=reason, kind=WORDS, figures=current.figures, basis=basis, review=review
    )


def _differences(old: Path, new: Path, language: str) -> list[Change]:
    found = compare(old, new, language)
    if found.problem or found.trouble:
        raise ReleaseError(found.problem or found.trouble)
    return found.changes


def _take_back(copy: Path, served: Path, held: set[str]) -> None:
    """Gives the copy the served state of what is learned and of some files."""
    for folder in (copy, served):
        for path in knowledge_files(folder):
            name = path.relative_to(folder).as_posix()
            if not is_learned(name) and name not in held:
                continue
            if folder == copy:
                path.unlink()
            else:
                (copy / name).parent.mkdir(parents=True, exist_ok=True)
                shutil.copyfile(path, copy / name)
