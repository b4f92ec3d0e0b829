"""Giving one change of the draft up: it is put back to what is served, through the editor."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

from bot.knowledge.edit.drafts import EditError
from bot.knowledge.edit.editor import KnowledgeEditor
from bot.knowledge.edit.sections import SectionEditor
from bot.knowledge.edit.talk import TalkEditor
from bot.knowledge.reader import read_knowledge
from bot.knowledge.said import said
from bot.publishing.asked import asked_changes
from bot.publishing.changes import ADDED, EDITED, REMOVED, Change
from bot.training.edited import differing

BY_HAND = ("section", "languages")
"""What the editor does not write."""
TALK = ("conversation.yml", "stories/")
"""Files that tell of guided conversations and small talk: they refer to each other, so they are put back together."""
ASKED = ("vague", "no_office", "asked")
"""What goes back by itself where only its sample questions differ, else with the file of the question back."""


def can_discard(change: Change) -> bool:
    """Whether the editor can put this back; a guided conversation and a question back go with their file."""
    if change.what in ASKED and change.files:
        return False
    return change.what in PUT_BACK and (
        change.kind != EDITED or not any(field.name in BY_HAND for field in change.fields)
    )


def discard(editor: KnowledgeEditor, served: Path, change: Change) -> list[str]:
    """Puts a change back; the names of the files that changed.

    Raises:
        EditError: It cannot be put back, or somebody is changing the same thing at this moment.
    """
    if not can_discard(change):
        raise EditError(said("'{name}' cannot be put back here. Change it by hand.", name=change.id))
    return PUT_BACK[change.what](editor, served, change)


def _item(editor: KnowledgeEditor, served: Path, change: Change) -> list[str]:
    if change.kind == ADDED:
        return editor.remove(change.id)
    before = KnowledgeEditor(served).entry(change.id)
    if change.kind == REMOVED:
        return SectionEditor(editor.folder).put_back(before)
    return editor.save(before, editor.entry(change.id).version)


def _contact(editor: KnowledgeEditor, served: Path, change: Change) -> list[str]:
    now = editor.contacts().get(change.id)
    if change.kind == ADDED:
        return editor.remove_contact(change.id, now)
    kind, value = KnowledgeEditor(served).contacts()[change.id]
    return editor.save_contact(change.id, kind, value, now)


def _section(editor: KnowledgeEditor, served: Path, change: Change) -> list[str]:
    sections = SectionEditor(editor.folder)
    if change.kind == ADDED:
        return sections.remove_section(change.id, sections.contents(change.id).version)
    if change.kind == REMOVED:
        return sections.put_section_back(change.id, served)
    section = read_knowledge(served, questions=False).sections[change.id]
    return editor.save_names(change.id, section.name, section.short)


def _post(editor: KnowledgeEditor, served: Path, change: Change) -> list[str]:
    return editor.put_post_back(served)


def _talk(editor: KnowledgeEditor, served: Path, change: Change) -> list[str]:
    """Also the sample questions of what these files tell of: a vague question comes and goes with its questions."""
    old, new = read_knowledge(served), read_knowledge(editor.folder)
    talks = [known.conversation for known in (old, new)]
    said_to = {name for talk in talks for name in (*talk.clarifications, *talk.small_talk)}
    asked = {c.id for c in asked_changes(old, new, old.post.default_language) if c.files or c.id in said_to}
    whole = [name for name in differing(editor.folder, served) if name.startswith(TALK)]
    return TalkEditor(editor.folder).put_back(served, whole, asked)


def _asked(editor: KnowledgeEditor, served: Path, change: Change) -> list[str]:
    return TalkEditor(editor.folder).put_back(served, (), {change.id})


def _other(editor: KnowledgeEditor, served: Path, change: Change) -> list[str]:
    return TalkEditor(editor.folder).put_back(served, change.files)


PUT_BACK: Mapping[str, Callable[[KnowledgeEditor, Path, Change], list[str]]] = {
    "entry": _item, "topic": _item, "contact": _contact, "section": _section, "post": _post, "file": _talk,
    "other": _other, **dict.fromkeys(ASKED, _asked),
}  # fmt: skip
