"""What differs between the guided conversations of two states of the knowledge, as staff know them: as small trees."""

from __future__ import annotations

from pathlib import Path

from bot.knowledge.edit.drafts import EditError
from bot.knowledge.edit.stories import StoryEditor
from bot.knowledge.edit.trees import Forest, Guide
from bot.knowledge.model import Knowledge, told
from bot.publishing.changes import ADDED, EDITED, REMOVED, Change, FieldChange, file_changes

FILE = "conversation.yml"
State = tuple[Path, Knowledge]
"""A folder, and what is in it."""


def guide_changes(old: State, new: State, language: str) -> list[Change]:
    """Each question of a guided conversation that differs; none where stories by hand cannot be shown as trees."""
    if not file_changes(old[0], new[0]):
        return []
    try:
        was, now = (StoryEditor(folder).forest() for folder, _ in (old, new))
    except EditError:
        return []
    names = {**now.guides, **was.guides}
    return [
        _change(name, (was, now), (old[1], new[1]), language)
        for name in names
        if was.guides.get(name) != now.guides.get(name)
    ]


def _change(name: str, forests: tuple[Forest, Forest], states: tuple[Knowledge, Knowledge], language: str) -> Change:
    before, after = (forest.guides.get(name) for forest in forests)
    known = after or before
    assert known is not None
    shown = [_told(name, forest, state, language) for forest, state in zip(forests, states)]
    fields = [
        FieldChange(field, shown[0].get(field, ""), shown[1].get(field, "")) for field in {**shown[1], **shown[0]}
    ]
    kind = ADDED if before is None else REMOVED if after is None else EDITED
    # The choices also where they stayed: they tell which conversation it is.
    differ = tuple(field for field in fields if field.before != field.after or field.name == "choices")
    return Change("guide", name, kind, told(known.question, language, name), differ, (FILE,))


def _told(name: str, forest: Forest, knowledge: Knowledge, language: str) -> dict[str, str]:
    """A question as texts: what begins it, its words in each language, each choice with where it leads."""
    guide = forest.guides.get(name)
    if guide is None:
        return {}
    asked = {f"question {code}": text for code, text in guide.question.items()}
    choices = "\n".join(_choice(option, guide, forest, knowledge, language) for option in guide.options)
    return {"trigger": _begins(guide.trigger, knowledge, language), **asked, "choices": choices}


def _begins(trigger: str, knowledge: Knowledge, language: str) -> str:
    samples = knowledge.questions.get(language, {}).get(trigger, ())
    return f"« {samples[0]} »" if knowledge.item(trigger) is None and samples else _title(trigger, knowledge, language)


def _choice(option: str, guide: Guide, forest: Forest, knowledge: Knowledge, language: str) -> str:
    lead = guide.leads.get(option, "")
    there = forest.guides.get(lead)
    goal = f"« {told(there.question, language, lead)} »" if there else lead or option
    return f"{_title(option, knowledge, language)} → {goal}"


def _title(name: str, knowledge: Knowledge, language: str) -> str:
    item = knowledge.item(name)
    return told(item.title, language, name) if item is not None else name
