"""Guided conversations: what is asked, the question back, and where each choice leads; kept as Rasa stories."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import replace
from itertools import count
from pathlib import Path
from typing import Any

import yaml

from bot.knowledge.edit.asked_back import check_name, tidy_choices, tidy_question
from bot.knowledge.edit.drafts import ConflictError, EditError, MissingError, UsedError, by_language
from bot.knowledge.edit.editor import KnowledgeEditor
from bot.knowledge.edit.files import Files, alone
from bot.knowledge.edit.trees import Forest, Guide, Way
from bot.knowledge.edit.yaml_text import YamlTextError, render
from bot.knowledge.guides import DANGER, GUIDE, SAYS, Steps, action_asking, guide_asked, stories_of, turns_in
from bot.knowledge.model import Knowledge
from bot.knowledge.reader import KnowledgeError, read_knowledge
from bot.knowledge.said import said
from nlu.text import flat

WORDS_IN_A_NAME = 4
VERSION = '"3.1"'
ANSWERS = "utter_answer"


class StoryEditor:
    """Edits the guided conversations of one knowledge folder."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        reader = KnowledgeEditor(folder)
        self.languages, self._broken = reader.languages, reader.broken

    def all(self) -> list[Guide]:
        """Every question of a guided conversation, in the order of the file."""
        return list(self.forest().guides.values())

    def forest(self) -> Forest:
        """All of them with what leads where."""
        return self._forest(Files(self.folder))

    def _forest(self, files: Files) -> Forest:
        begins: dict[str, dict[str, None]] = defaultdict(dict)
        leads: dict[str, dict[str, str]] = defaultdict(dict)
        for before, intent, asked in self._turns(files):
            name = asked.removeprefix(GUIDE)
            if before:
                leads[before.removeprefix(GUIDE)][intent] = name
            else:
                begins[name][intent] = None
        guides = {}
        for key, raw in (files.text(self.folder / "conversation.yml").data.get("clarifications") or {}).items():
            if not str(key).startswith(GUIDE):
                continue
            name, options = str(key).removeprefix(GUIDE), tuple(str(option) for option in raw["options"])
            question = by_language(raw["question"], self.languages)
            ways = {option: lead for option, lead in leads[name].items() if option in options}
            guides[name] = Guide(name, next(iter(begins[name]), ""), question, options, ways)
        return Forest(guides, {name: tuple(intents) for name, intents in begins.items()})

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
            return read_knowledge(self.folder, without=self._broken)
        except KnowledgeError as error:
            raise EditError(*error.args) from error

    def _triggers(self, knowledge: Knowledge) -> list[str]:
        asked = {name for by_id in knowledge.questions.values() for name in by_id}
        return sorted(name for name in asked if not name.startswith(("other.", "chat.", DANGER, GUIDE)))

    def save(self, guide: Guide, base: str | None, after: tuple[str, str] | None = None) -> list[str]:
        """Changes a question of a guided conversation, or adds one; the names of the files changed.

        Args:
            guide: The question as it is to be.
            base: The version that it was made from; None adds it.
            after: Another question and one of its choices, which is to lead to this one from now on.

        Raises:
            ConflictError: Somebody else changed or removed it in the meantime.
            EditError: It cannot be written.
        """
        guide = self._tidy(guide)
        with alone(self.folder):
            files = Files(self.folder, together=True)
            before = self._forest(files)
            old = before.guides.get(guide.name)
            if base is None and old is not None:
                raise EditError(said("There is a guided conversation '{name}' already.", name=guide.name), "name")
            if base is not None and (old is None or (old.version != base and old != guide)):
                raise ConflictError(old)
            forest = _with(before, guide, after)
            forest.check(before, guide)
            try:
                text, key = files.text(self.folder / "conversation.yml"), f"{GUIDE}{guide.name}"
                if old is None:
                    raw = {"question": dict(guide.question), "options": list(guide.options)}
                    text.append(("clarifications",), {key: raw})
                else:
                    for code in self.languages:
                        text.set(("clarifications", key, "question", code), guide.question[code])
                    text.set_list(("clarifications", key, "options"), list(guide.options))
                self._write(files, forest, {guide.name, after[0] if after else guide.name})
            except YamlTextError as error:
                raise EditError(said("'{name}' cannot be written: {error}", name=guide.name, error=error)) from error
            return files.store()

    def remove(self, name: str, base: str | None = None) -> list[str]:
        """Removes a question of a guided conversation.

        Args:
            name: Its short name.
            base: The version that was seen; None removes any.

        Raises:
            MissingError: There is none of that name.
            ConflictError: It is no longer the one that was seen.
            UsedError: Choices of other questions lead to it.
            EditError: It cannot be removed.
        """
        with alone(self.folder):
            files = Files(self.folder, together=True)
            before = self._forest(files)
            old = before.guides.get(name)
            if old is None:
                raise MissingError(said("There is no guided conversation '{name}'.", name=name))
            if base is not None and old.version != base:
                raise ConflictError(old)
            users = ", ".join(dict.fromkeys(guide.name for guide, _ in before.users(name)))
            if users:
                raise UsedError(said("Choices of other questions lead to '{name}': {users}. Let them lead elsewhere "
                                     "first.", name=name, users=users))  # fmt: skip
            forest = Forest(
                {other: guide for other, guide in before.guides.items() if other != name},
                {other: intents for other, intents in before.begins.items() if other != name},
            )
            forest.check_nothing_lost(before)
            try:
                files.text(self.folder / "conversation.yml").remove(("clarifications", f"{GUIDE}{name}"))
                self._write(files, forest, {name})
            except YamlTextError as error:
                raise EditError(said("'{name}' cannot be removed: {error}", name=name, error=error)) from error
            return files.store()

    def _tidy(self, guide: Guide) -> Guide:
        check_name(guide.name)
        knowledge = self._knowledge()
        options = tidy_choices(knowledge, guide.options)
        if guide.trigger.startswith(DANGER):
            message = said("'{name}' always gets the fixed reply to danger: no conversation can begin there.",
                           name=guide.trigger)  # fmt: skip
            raise EditError(message, "trigger")
        if guide.trigger and guide.trigger not in self._triggers(knowledge):
            message = said("'{name}' has no questions by which people could mean it.", name=guide.trigger)
            raise EditError(message, "trigger")
        question = tidy_question(guide.question, self.languages)
        leads = {option: guide.leads[option] for option in options if guide.leads.get(option)}
        return Guide(guide.name, guide.trigger, question, options, leads)

    # --- The stories ---

    def _stories(self, files: Files) -> Iterator[tuple[Path, int, Steps]]:
        """Every story as it is to be: file, position, steps."""
        paths = {*(self.folder / "stories").glob("*.yml"), *files.new} - files.gone
        for path in sorted(path for path in paths if path.parent.name == "stories"):
            data = yaml.safe_load(files.new[path]) if path in files.new else files.text(path).data
            for at, steps in enumerate(stories_of(data)):
                yield path, at, steps

    def _turns(self, files: Files) -> list[tuple[str, str, str]]:
        return [turn for _, _, steps in self._stories(files) for turn in turns_in(steps)]

    def _write(self, files: Files, forest: Forest, names: set[str]) -> None:
        """Makes the stories tell the ways through these questions; all others stay as they are.

        Raises:
            YamlTextError: Stories that were written by hand say otherwise.
        """
        told = [(path, at, _way(steps)) for path, at, steps in self._stories(files)]
        stories = [(path, at, way) for path, at, way in told if names & set(way[1::2])]
        have = {way for _, _, way in stories}
        wanted = [way for way in forest.ways() if names & set(way[1::2])]
        asked = {way[:length] for way in wanted for length in range(2, len(way), 2)}
        homes = {way[:2]: path for path, _, way in reversed(stories)}
        new: dict[Path, list[Any]] = defaultdict(list)
        for way in wanted:
            if way not in have:
                own = self.folder / "stories" / f"{way[1]}.yml"
                new[own if own.exists() else homes.get(way[:2], own)].append(_story(way))
        for path, added in new.items():
            if path.exists():
                for story in added:
                    files.text(path).append(("stories",), story)
            else:
                files.new[path] = f"version: {VERSION}\nstories:\n" + "".join(render(added, 2))
        for path, at, way in reversed(stories):
            if way in asked or way in wanted:
                continue
            if len(files.text(path).data["stories"]) == 1:
                files.gone.add(path)
            else:
                files.text(path).remove(("stories", at))
        if not self._tell(files, forest, names):
            raise YamlTextError(said("Stories that were written by hand say otherwise; edit them by hand."))

    def _tell(self, files: Files, forest: Forest, names: set[str]) -> bool:
        """Whether the stories, as they are to be, tell of these questions what they must."""
        told = {(before, intent): asked for before, intent, asked in self._turns(files)}
        wanted = {
            (f"{GUIDE}{guide.name}", option): f"{GUIDE}{lead}"
            for guide in forest.guides.values()
            for option, lead in guide.leads.items()
        } | {("", intent): f"{GUIDE}{name}" for name, intents in forest.begins.items() for intent in intents}
        ours = {f"{GUIDE}{name}" for name in names}

        def about_ours(said_there: dict[tuple[str, str], str]) -> dict[tuple[str, str], str]:
            return {key: asked for key, asked in said_there.items() if key[0] in ours or asked in ours}

        return about_ours(told) == about_ours(wanted)


def _with(before: Forest, guide: Guide, after: tuple[str, str] | None) -> Forest:
    """All guided conversations with one changed or added, and what leads to it.

    Raises:
        EditError: What is to lead to it is gone or leads elsewhere; its trigger begins another one.
    """
    old = before.guides.get(guide.name)
    others = [name for name, intents in before.begins.items() if name != guide.name and guide.trigger in intents]
    if others and (old is None or old.trigger != guide.trigger):
        message = said("'{name}' begins another guided conversation already: '{other}'.",
                       name=guide.trigger, other=others[0])  # fmt: skip
        raise EditError(message, "trigger")
    guides = {**before.guides, guide.name: guide}
    if after is not None:
        parent, option = before.guides.get(after[0]), after[1]
        if parent is None or option not in parent.options or parent.leads.get(option, guide.name) != guide.name:
            message = said("The choice '{option}' of the question '{name}' is gone or leads elsewhere by now.",
                           option=option, name=after[0])  # fmt: skip
            raise EditError(message, "after")
        guides[parent.name] = replace(guides[parent.name], leads={**parent.leads, option: guide.name})
    # Further beginnings that were written by hand stay.
    begins = (guide.trigger, *before.begins.get(guide.name, ())[1:]) if guide.trigger else ()
    return Forest(guides, {**before.begins, guide.name: begins})


def _way(steps: Steps) -> Way:
    """The way that a story tells; nothing for a story that tells more than one way through questions.

    Its last question may stand without a choice, as stories that were written by hand end.
    """
    way: list[str] = []
    for place, step in enumerate(steps):
        action, asked = str(step.get("action") or ""), guide_asked(step).removeprefix(GUIDE)
        if place % 2 == 0 and step.get("intent"):
            way.append(str(step["intent"]))
        elif place % 2 and asked:
            way.append(asked)
        elif not (place % 2 and place == len(steps) - 1 and action.startswith(SAYS) and len(way) > 1):
            return ()
    return tuple(way)


def _story(way: Way) -> dict[str, Any]:
    """Rasa's story for one way to an answer."""
    steps = [{"action": action_asking(name)} if place % 2 else {"intent": name} for place, name in enumerate(way)]
    return {"story": ", ".join((way[1], *way[2::2])), "steps": [*steps, {"action": ANSWERS}]}
