"""Giving one change of the draft up: it is put back to what is served, through the editor."""

from __future__ import annotations

from pathlib import Path

from bot.knowledge.edit.drafts import EditError
from bot.knowledge.edit.editor import KnowledgeEditor
from bot.knowledge.edit.sections import SectionEditor
from bot.knowledge.reader import read_knowledge
from bot.publishing.changes import ADDED, EDITED, REMOVED, Change

BY_HAND = ("items", "section")
"""What the editor does not write."""


def can_discard(change: Change) -> bool:
    """Whether the editor can put this back."""
    if change.what in ("entry", "topic"):
        return change.kind != EDITED or not any(field.name in BY_HAND for field in change.fields)
    if change.what == "section" and change.kind == REMOVED:
        return True
    return change.what in ("contact", "section") and change.kind == EDITED


def discard(editor: KnowledgeEditor, served: Path, change: Change) -> list[str]:
    """Puts a change back; the names of the files that changed.

    Raises:
        EditError: It cannot be put back, or somebody is changing the same thing at this moment.
    """
    if not can_discard(change):
        raise EditError(f"'{change.id}' cannot be put back here. Change it by hand.")
    if change.what == "contact":
        now, (kind, value) = editor.contacts()[change.id], KnowledgeEditor(served).contacts()[change.id]
        return editor.save_contact(change.id, kind, value, now)
    if change.what == "section" and change.kind == REMOVED:
        return SectionEditor(editor.folder).put_section_back(change.id, served)
    if change.what == "section":
        section = read_knowledge(served, questions=False).sections[change.id]
        return editor.save_names(change.id, section.name, section.short)
    if change.kind == ADDED:
        return editor.remove(change.id)
    before = KnowledgeEditor(served).entry(change.id)
    if change.kind == REMOVED:
        return SectionEditor(editor.folder).put_back(before)
    return editor.save(before, editor.entry(change.id).version)
