"""What every change in the console goes through: baseline, checks on a copy, the files, the log."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Callable
from functools import lru_cache
from pathlib import Path

from bot.console.desk import ConsoleDesk
from bot.knowledge.checks import ERROR, Finding, check_folder
from bot.knowledge.edit.drafts import EditError
from bot.knowledge.edit.editor import KnowledgeEditor
from bot.knowledge.reader import knowledge_files, knowledge_version
from bot.training.releases import ReleaseError

Change = Callable[[KnowledgeEditor], list[str]]


class CheckError(EditError):
    """A change after which the knowledge would have errors that it does not have now."""

    def __init__(self, findings: list[Finding]) -> None:
        super().__init__(" ".join(f"{finding.problem} → {finding.mend}." for finding in findings[:5]))
        self.findings = findings


def make(desk: ConsoleDesk, who: str, action: str, subject: str, change: Change) -> list[str]:
    """Makes a change in the draft, if the knowledge is no worse for it; the names of the files that changed.

    The first change ever makes a release of what is served, so that drafts are not served.

    Raises:
        EditError: It cannot be made; a :class:`CheckError` where the checks find errors that were not there before.
    """
    try:
        desk.releases.baseline()
    except ReleaseError as error:
        raise EditError(str(error)) from error
    folder = desk.settings.knowledge
    known = {finding.problem for finding in findings_of(folder)}
    with tempfile.TemporaryDirectory() as scratch:
        copy = Path(scratch) / "knowledge"
        for path in knowledge_files(folder):
            target = copy / path.relative_to(folder)
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(path, target)
        change(KnowledgeEditor(copy))
        errors = [f for f in check_folder(copy) if f.severity == ERROR and f.problem not in known]
    if errors:
        raise CheckError(errors)
    changed = change(KnowledgeEditor(folder))
    if changed:
        desk.staff.note(who, action, subject, ", ".join(changed))
    return changed


def findings_of(folder: Path) -> list[Finding]:
    """What the checks find, remembered until a file changes."""
    return list(_findings(folder, knowledge_version(folder)))


@lru_cache(maxsize=8)
def _findings(folder: Path, version: str) -> tuple[Finding, ...]:
    return tuple(check_folder(folder))
