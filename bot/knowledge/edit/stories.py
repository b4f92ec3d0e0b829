"""Guided conversations: what is asked, the question back, and where each choice leads; kept as Rasa stories."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from typing import Any

from bot.knowledge.edit.drafts import ConflictError, EditError, MissingError, line_of
from bot.knowledge.edit.editor import KnowledgeEditor
from bot.knowledge.edit.files import Files, alone
from bot.knowledge.edit.yaml_text import YamlTextError, render
from bot.knowledge.model import Knowledge
from bot.knowledge.reader import KnowledgeError, read_knowledge
from bot.knowledge.said import said
from nlu.text import flat

NAME = re.compile(r"[a-z][a-z0-9-]{0,39}")
FEWEST, MOST = 2, 6
WORDS_IN_A_NAME = 4
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
        return self._triggers(self._knowledge())

    def free_name(self, question: str) -> str:
        """A short name for a new guided conversation, from the question that it asks."""
        taken = {guide.name for guide in self.all()}
        words = [word for word in flat(question).encode("ascii", "ignore").decode().split() if word[0].isalpha()]
        plain = "-".join(words[:WORDS_IN_A_NAME])[:30].strip("-") or "question"
        names = (plain if number == 1 else f"{plain}-{number}" for number in count(1))
        return next(name for name in names if name not in taken)

    def _knowledge(self) -> Knowledge:
        try:
            return read_knowledge(self.folder)
        except KnowledgeError as error:
            raise EditError(*error.args) from error

    def _triggers(self, knowledge: Knowledge) -> list[str]:
        asked = {name for by_id in knowledge.questions.values() for name in by_id}
        return sorted(name for name in asked if not name.startswith(("other.", "chat.", "guide.")))

    def save(self, guide: Guide, base: str | None) -> list[str]:
        """Changes a guided conversation, or adds one (``base`` None); the names of the files changed.

        Raises:
            ConflictError: Somebody else changed or removed it in the meantime.
            EditError: It cannot be written.
        """
        guide = self._tidy(guide)
        with alone(self.folder):
            files = Files(self.folder)
            stored = {found.name: found for found in self._all(files)}
            old = stored.get(guide.name)
            if base is None and old is not None:
                raise EditError(said("There is a guided conversation '{name}' already.", name=guide.name), "name")
            if base is not None and (old is None or (old.version != base and old != guide)):
                raise ConflictError(old)
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
                raise EditError(said("'{name}' cannot be written: {error}", name=guide.name, error=error)) from error
            return files.store()

    def remove(self, name: str, base: str | None = None) -> list[str]:
        """Removes a guided conversation.

        Args:
            name: Its short name.
            base: The version that was seen; None removes any.

        Raises:
            MissingError: There is none of that name.
            ConflictError: It is no longer the one that was seen.
            EditError: It cannot be removed.
        """
        with alone(self.folder):
            files = Files(self.folder)
            old = next((guide for guide in self._all(files) if guide.name == name), None)
            if old is None:
                raise MissingError(said("There is no guided conversation '{name}'.", name=name))
            if base is not None and old.version != base:
                raise ConflictError(old)
            try:
                files.text(self.folder / "conversation.yml").remove(("clarifications", f"guide.{name}"))
                self._drop_stories(files, name, keep=set())
            except YamlTextError as error:
                raise EditError(said("'{name}' cannot be removed: {error}", name=name, error=error)) from error
            return files.store()

    def _tidy(self, guide: Guide) -> Guide:
        if not NAME.fullmatch(guide.name):
            message = said("'{name}' cannot be a short name: use small letters, digits and dashes.", name=guide.name)
            raise EditError(message, "name")
        knowledge = self._knowledge()
        known = {*knowledge.entries, *knowledge.topics}
        options = tuple(dict.fromkeys(option.strip() for option in guide.options if option.strip()))
        wrong = [option for option in options if option not in known]
        if wrong:
            raise EditError(said("There is no answer '{name}' for a choice to lead to.", name=wrong[0]), "options")
        if not FEWEST <= len(options) <= MOST:
            raise EditError(
                said("A question back has {fewest} to {most} choices.", fewest=FEWEST, most=MOST), "options"
            )
        if guide.trigger not in self._triggers(knowledge):
            message = said("'{name}' has no questions by which people could mean it.", name=guide.trigger)
            raise EditError(message, "trigger")
        question = {
            code: line_of(guide.question.get(code, ""), said("The question ({language})", language=code),
                          f"question_{code}")
            for code in self.languages
        }  # fmt: skip
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
