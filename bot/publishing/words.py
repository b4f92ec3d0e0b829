"""Publishing words alone, with the model that is served: what has to be learned first waits in the draft."""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from bot.knowledge.edit.drafts import EditError
from bot.knowledge.edit.editor import KnowledgeEditor
from bot.knowledge.model import Knowledge
from bot.knowledge.reader import knowledge_files, read_knowledge
from bot.knowledge.said import listed, said
from bot.publishing.changes import Change, held_back, is_learned, is_removed_contact, only_words, words_of
from bot.publishing.draft import compare, errors_of
from bot.training.releases import MODEL, REPORT, THRESHOLDS, WORDS, Basis, Parts, Release, ReleaseError, Releases


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
            words = words_of(found)
            if words:
                _keep_words(copy, served, found, words)
            found = _differences(served, copy, language) if words else []
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


def _keep_words(copy: Path, served: Path, found: Sequence[Change], words: Sequence[Change]) -> None:
    """Makes a copy of the draft what is served, with the words of the draft.

    Files in which only words differ are the draft's. The others are the served ones, in which words are changed one by
    one.
    """
    held = held_back(found)
    apart = [change for change in words if held.intersection(change.files)]
    contacts = [change.id for change in found if is_removed_contact(change)]
    draft = read_knowledge(copy, questions=False) if apart else None
    _take_back(copy, served, held)
    try:
        if draft is not None:
            _write(KnowledgeEditor(copy), draft, apart)
        for name in contacts:
            editor = KnowledgeEditor(copy)
            if name not in editor.contacts():
                editor.save_contact(name, *KnowledgeEditor(served).contacts()[name], None)
    except EditError as error:
        raise ReleaseError(said("The words cannot be published without the rest: {errors}", errors=error)) from error
    finally:
        (copy / ".lock").unlink(missing_ok=True)


def _write(editor: KnowledgeEditor, draft: Knowledge, words: Sequence[Change]) -> None:
    """Changes words as they are in the draft."""
    editor.set_fields({c.id: _texts(draft, c) for c in words if c.what in ("entry", "topic")})
    for change in words:
        if change.what == "section":
            section = draft.sections[change.id]
            editor.save_names(change.id, section.name, section.short)
        elif change.what == "contact":
            contact = draft.post.contacts[change.id]
            editor.save_contact(change.id, contact.kind, contact.value, editor.contacts().get(change.id))


def _texts(knowledge: Knowledge, change: Change) -> dict[str, Any]:
    """The fields of an entry or topic that a change names, as they are to be."""
    item = knowledge.item(change.id)
    found: dict[str, Any] = {name: getattr(item, name) for name in {f.name.partition(" ")[0] for f in change.fields}}
    return found


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
