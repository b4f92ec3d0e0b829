"""What every change in the console goes through: baseline, checks on a copy, the log, the files."""

from __future__ import annotations

import contextlib
import logging
import shutil
import tempfile
import threading
from collections import OrderedDict
from collections.abc import Callable, Iterator
from pathlib import Path

from sqlalchemy.exc import SQLAlchemyError

from bot.console.desk import ConsoleDesk
from bot.console.noted import noted
from bot.knowledge.broken import broken_files
from bot.knowledge.checks import ERROR, Finding, check_folder
from bot.knowledge.edit.drafts import EditError
from bot.knowledge.edit.editor import KnowledgeEditor
from bot.knowledge.edit.files import Files, alone, unsaved
from bot.knowledge.reader import knowledge_files, knowledge_version
from bot.knowledge.said import listed, said
from bot.settings import Settings
from bot.training import edited
from bot.training.releases import ReleaseError

logger = logging.getLogger(__name__)

Change = Callable[[KnowledgeEditor], list[str]]
MOST_REMEMBERED = 8
MOST_SAID = 5

_FOUND: OrderedDict[tuple[str, bool], tuple[Finding, ...]] = OrderedDict()
_LOCK = threading.Lock()


class CheckError(EditError):
    """A change after which the knowledge would have errors that it does not have now."""

    def __init__(self, findings: list[Finding]) -> None:
        sentences = (said("{problem} → {mend}.", problem=f.problem, mend=f.mend) for f in findings[:MOST_SAID])
        super().__init__(listed(sentences))
        self.findings = findings


def make(desk: ConsoleDesk, who: str, action: str, subject: str, change: Change, reason: str = "") -> list[str]:
    """Makes a change in the draft, if the knowledge is no worse for it; the names of the files that changed.

    The first change ever makes a release of what is served, so that drafts are not served. The change is made in a
    copy, and the copy is checked; the line of the log is written first, and goes again where the files cannot be
    written. The line tells why, which files, and what stood in each field before and after.

    Raises:
        EditError: It cannot be made; a :class:`CheckError` where the checks find errors that were not there before.
    """
    try:
        desk.releases.baseline()
        return _make(desk, who, action, subject, change, reason)
    except ReleaseError as error:
        raise EditError(*error.args) from error
    except OSError as error:
        raise EditError(unsaved(error)) from error


def _make(desk: ConsoleDesk, who: str, action: str, subject: str, change: Change, reason: str) -> list[str]:
    folder = desk.settings.knowledge
    with _tried(folder, change) as (copy, before, changed, errors):
        if errors:
            raise CheckError(errors)
        if not changed:
            return []
        saved, what = False, noted(folder, copy, changed)
        try:
            with desk.staff.noting(who, action, subject, reason, what):
                if not _taken_over(desk.settings, copy, before, changed):
                    change(KnowledgeEditor(folder))  # another file was changed at this very moment
                    edited.mark(desk.settings, changed)
                saved = True
        except SQLAlchemyError as error:
            if not saved:
                raise
            # It would be wrong to say that nothing was changed.
            logger.error("Saved, but not in the log (%s): %s %s %s", type(error).__name__, who, action, subject)
    return changed


def errors_after(desk: ConsoleDesk, change: Change) -> list[Finding]:
    """The errors that a change would bring, which is not made.

    Raises:
        EditError: It cannot be made at all.
    """
    with _tried(desk.settings.knowledge, change) as (_, _, _, errors):
        return errors


@contextlib.contextmanager
def _tried(folder: Path, change: Change) -> Iterator[tuple[Path, str, list[str], list[Finding]]]:
    """A copy of the draft in which a change is made.

    It comes with the version that was copied, the names of the files that the change touched, and the errors that were
    not there before.
    """
    known = {finding.problem for finding in findings_of(folder, past_broken=True)}
    with tempfile.TemporaryDirectory() as scratch:
        copy = Path(scratch) / "knowledge"
        for path in knowledge_files(folder):
            target = copy / path.relative_to(folder)
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(path, target)
        before = knowledge_version(copy)
        changed = change(KnowledgeEditor(copy))
        yield copy, before, changed, _new_errors(copy, known)


def _new_errors(copy: Path, known: set[str]) -> list[Finding]:
    found = findings_of(copy, past_broken=True)
    return [finding for finding in found if finding.severity == ERROR and finding.problem not in known]


def _taken_over(settings: Settings, copy: Path, before: str, changed: list[str]) -> bool:
    """Puts the files of the copy in the place of the draft's, if the draft is still what was copied."""
    folder = settings.knowledge
    with alone(folder):
        edited.mark(settings, changed)
        if knowledge_version(folder) != before:
            return False
        files = Files(folder)
        for name in changed:
            if (copy / name).exists():
                files.new[folder / name] = (copy / name).read_text(encoding="utf-8")
            else:
                files.gone.add(folder / name)
        files.store()
        return True


def findings_of(folder: Path, *, past_broken: bool = False) -> list[Finding]:
    """What the checks find, remembered until a file changes; ``past_broken`` is that of the checks."""
    version = knowledge_version(folder)
    past_broken = past_broken and bool(broken_files(folder))
    with _LOCK:
        found = _FOUND.get((version, past_broken))
    if found is None:
        found = tuple(check_folder(folder, past_broken=past_broken))
        if knowledge_version(folder) == version:
            with _LOCK:
                _FOUND[version, past_broken] = found
                while len(_FOUND) > MOST_REMEMBERED:
                    _FOUND.popitem(last=False)
    return list(found)
