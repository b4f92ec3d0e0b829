"""Guided conversations: what is asked, the question back, and where each choice leads; kept as Rasa stories."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bot.knowledge.edit.drafts import EditError, line_of
from bot.knowledge.edit.editor import KnowledgeEditor
from bot.knowledge.edit.files import Files, alone
from bot.knowledge.edit.yaml_text import YamlTextError, render
from bot.knowledge.reader import read_knowledge

NAME = re.compile(r"[a-z][a-z0-9-]{0,39}")
FEWEST, MOST = 2, 6
VERSION = '"3.1"'


@dataclass(frozen=True)
class Guide:
    """A small tree of one question.

    Attributes:
        name: Its short name; the question is ``guide.NAME``, the action ``utter_guide_NAME``.
        trigger: The intent that begins it: an entry, a topic or an ``ambiguous.`` id.
        question: What the bot asks, by language.
        options: Entries or topics that the choices lead to, in the order of the buttons.
    """

    name: str
    trigger: str
    question: Mapping[str, str]
    options: tuple[str, ...]

    @property
    def version(self) -> str:
        """Changes with anything in it."""
        return hashlib.sha256(repr((self.trigger, sorted(self.question.items()), self.options)).encode()).hexdigest()[
            :16
        ]


class StoryEditor:
    """Edits the guided conversations of one knowledge folder."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.languages = KnowledgeEditor(folder).languages

    def all(self) -> list[Guide]:
        """Every guided conversation, in the order of the file."""
        return self._all(Files(self.folder))

    def _all(self, files: Files) -> list[Guide]:
        data = files.text(self.folder / "conversation.yml").data.get("clarifications") or {}
        found = []
        for name, raw in data.items():
            if str(name).startswith("guide."):
                short = str(name).removeprefix("guide.")
                trigger = next((steps[0] for _, _, steps in self._stories(files, short)), "")
                question = {code: str(raw["question"].get(code, "")) for code in self.languages}
                found.append(Guide(short, trigger, question, tuple(str(option) for option in raw["options"])))
        return found

    def triggers(self) -> list[str]:
        """Everything that may begin a guided conversation."""
        knowledge = read_knowledge(self.folder)
        asked = {name for by_id in knowledge.questions.values() for name in by_id}
        return sorted(name for name in asked if not name.startswith(("other.", "chat.", "guide.")))

    def save(self, guide: Guide, base: str | None) -> list[str]:
        """Changes a guided conversation, or adds one (``base`` None); the names of the files changed.

        Raises:
            EditError: It cannot be written, or somebody else changed it in the meantime.
        """
        guide = self._tidy(guide)
        with alone(self.folder):
            files = Files(self.folder)
            stored = {found.name: found for found in self._all(files)}
            old = stored.get(guide.name)
            if base is None and old is not None:
                raise EditError(f"There is a guided conversation '{guide.name}' already.")
            if base is not None and (old is None or old.version != base):
                raise EditError(
                    "Somebody else has changed this in the meantime. Look at it again, then repeat your change."
                )
            try:
                text, key = files.text(self.folder / "conversation.yml"), f"guide.{guide.name}"
                if old is None:
                    raw = {"question": dict(guide.question), "options": list(guide.options)}
                    text.append(("clarifications",), {key: raw})
                else:
                    for code in self.languages:
                        text.set(("clarifications", key, "question", code), guide.question[code])
                    text.set_list(("clarifications", key, "options"), list(guide.options))
                self._write_stories(files, guide)
            except YamlTextError as error:
                raise EditError(f"'{guide.name}' cannot be written: {error}") from error
            return files.store()

    def remove(self, name: str) -> list[str]:
        """Removes a guided conversation.

        Raises:
            EditError: There is none of that name.
        """
        with alone(self.folder):
            files = Files(self.folder)
            if name not in {guide.name for guide in self._all(files)}:
                raise EditError(f"There is no guided conversation '{name}'.")
            try:
                files.text(self.folder / "conversation.yml").remove(("clarifications", f"guide.{name}"))
                self._drop_stories(files, name, keep=set())
            except YamlTextError as error:
                raise EditError(f"'{name}' cannot be removed: {error}") from error
            return files.store()

    def _tidy(self, guide: Guide) -> Guide:
        if not NAME.fullmatch(guide.name):
            raise EditError(f"'{guide.name}' cannot be a short name: use small letters, digits and dashes.")
        knowledge = read_knowledge(self.folder)
        known = {*knowledge.entries, *knowledge.topics}
        options = tuple(dict.fromkeys(option.strip() for option in guide.options if option.strip()))
        wrong = [option for option in options if option not in known]
        if wrong:
            raise EditError(f"There is no answer '{wrong[0]}' for a choice to lead to.")
        if not FEWEST <= len(options) <= MOST:
            raise EditError(f"A question back has {FEWEST} to {MOST} choices.")
        if guide.trigger not in self.triggers():
            raise EditError(f"'{guide.trigger}' has no questions by which people could mean it.")
        question = {code: line_of(guide.question.get(code, ""), f"The question ({code})") for code in self.languages}
        return Guide(guide.name, guide.trigger, question, options)

    def _stories(self, files: Files, name: str) -> list[tuple[Path, int, tuple[str, str]]]:
        """Where the stories of a guide stand: file, position, (trigger, choice)."""
        action, found = f"utter_guide_{name}", []
        for path in sorted((self.folder / "stories").glob("*.yml")):
            for at, story in enumerate(files.text(path).data.get("stories") or ()):
                steps: list[Any] = story.get("steps") or []
                actions = [step.get("action") for step in steps]
                intents = [str(step["intent"]) for step in steps if "intent" in step]
                if action in actions and len(intents) == 2 and len(steps) == 4:
                    found.append((path, at, (intents[0], intents[1])))
        return found

    def _write_stories(self, files: Files, guide: Guide) -> None:
        wanted = [(guide.trigger, option) for option in guide.options]
        stories = self._stories(files, guide.name)
        have = {steps for _, _, steps in stories}
        path = stories[0][0] if stories else self.folder / "stories" / f"{guide.name}.yml"
        new = [_story(guide, option) for trigger, option in wanted if (trigger, option) not in have]
        if path.exists():
            for story in new:
                files.text(path).append(("stories",), story)
        elif new:
            files.new[path] = f"version: {VERSION}\nstories:\n" + "".join(render(new, 2))
        self._drop_stories(files, guide.name, keep=set(wanted))

    def _drop_stories(self, files: Files, name: str, keep: set[tuple[str, str]]) -> None:
        for path, at, steps in reversed(self._stories(files, name)):
            if steps in keep:
                continue
            if len(files.text(path).data["stories"]) == 1:
                files.gone.add(path)
            else:
                files.text(path).remove(("stories", at))


def _story(guide: Guide, option: str) -> dict[str, Any]:
    """Rasa's story for one choice."""
    return {
        "story": f"{guide.name}, {option}",
        "steps": [
            {"intent": guide.trigger},
            {"action": f"utter_guide_{guide.name}"},
            {"intent": option},
            {"action": "utter_answer"},
        ],
    }
