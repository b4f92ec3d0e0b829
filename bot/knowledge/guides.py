"""What the stories of guided conversations say: which question follows which reply."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from bot.knowledge import yaml_lines
from bot.knowledge.reader import KnowledgeError, unreadable

ASKS = "utter_guide_"
SAYS = "utter_"
GUIDE = "guide."
DANGER = "safety."
"""What a danger is called; it gets its fixed reply, whatever stories say."""

Steps = list[Mapping[str, Any]]


def stories_of(data: Any) -> list[Steps]:
    """The steps of each story of a file, none for what is no story; the places are those of the file."""
    stories = data.get("stories") if isinstance(data, dict) else None
    return [_steps(story) for story in stories] if isinstance(stories, list) else []


def _steps(story: Any) -> Steps:
    steps = story.get("steps") if isinstance(story, dict) else None
    return [step for step in steps if isinstance(step, dict)] if isinstance(steps, list) else []


def guide_asked(step: Mapping[str, Any]) -> str:
    """The question that a step asks, by its id; empty for any other step: ``utter_guide_travel`` → ``guide.travel``."""
    action = str(step.get("action") or "")
    return GUIDE + action.removeprefix(ASKS) if action.startswith(ASKS) else ""


def action_asking(guide: str) -> str:
    """The action that asks a question: ``guide.travel`` → ``utter_guide_travel``."""
    return ASKS + guide.removeprefix(GUIDE)


def turns_in(steps: Iterable[Mapping[str, Any]]) -> Iterator[tuple[str, str, str]]:
    """Each time that a story asks a question: the question before or "", what was replied, the question."""
    before = intent = ""
    for step in steps:
        if step.get("intent"):
            intent = str(step["intent"])
        elif str(step.get("action") or "").startswith(SAYS):
            guide = guide_asked(step)
            if guide and intent:
                yield before, intent, guide
            before = guide


def read_stories(folder: Path) -> dict[tuple[str, str], str]:
    """What the stories of a knowledge folder teach: (question before or "", intent) → question.

    Raises:
        KnowledgeError: A file is broken.
    """
    try:
        files = [yaml_lines.load(path).data for path in sorted((folder / "stories").glob("*.yml"))]
    except yaml_lines.YamlFileError as error:
        raise KnowledgeError(unreadable(folder, error)) from error
    stories = (steps for data in files for steps in stories_of(data))
    return {(before, intent): guide for steps in stories for before, intent, guide in turns_in(steps)}


def circle_in(links: Mapping[str, Iterable[str]]) -> tuple[str, ...]:
    """Names that lead back to themselves, the first one once more at the end; nothing where none do."""
    done: set[str] = set()

    def follow(name: str, trail: tuple[str, ...]) -> tuple[str, ...]:
        if name in trail:
            return (*trail[trail.index(name) :], name)
        if name in done:
            return ()
        found = next(filter(None, (follow(there, (*trail, name)) for there in links.get(name, ()))), ())
        done.add(name)
        return found

    return next(filter(None, (follow(name, ()) for name in links)), ())
