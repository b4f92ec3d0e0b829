"""Vague questions and questions that name no office: what the bot asks back and offers then."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from bot.knowledge.edit.asked_back import check_name, tidy_choices, tidy_question
from bot.knowledge.edit.drafts import (
    ConflictError,
    EditError,
    MissingError,
    UsedError,
    by_language,
    tidy_questions,
)
from bot.knowledge.edit.editor import KnowledgeEditor
from bot.knowledge.edit.files import Files, alone
from bot.knowledge.edit.yaml_text import YamlTextError
from bot.knowledge.said import said

VAGUE, ASK = "ambiguous.", "ask."
ROOM = "ambiguous"
"""The file of their sample questions, in each language."""


@dataclass(frozen=True)
class Vague:
    """A question that is too vague for one answer, or one that asks for a phone number or the like of no named office.

    Attributes:
        name: Its short name; the meaning is ``ambiguous.NAME``. A question that names no office has its whole id, like
            ``ask.phone``.
        question: What the bot asks back, by language.
        options: Entries or topics that it offers, in the order of the buttons.
        questions: How people ask it, by language; nothing for a question that names no office, whose samples stay.
    """

    name: str
    question: Mapping[str, str]
    options: tuple[str, ...]
    questions: Mapping[str, tuple[str, ...]]

    @property
    def is_built_in(self) -> bool:
        """Whether the bot itself counts on it: it is neither made nor removed, and its sample questions stay."""
        return self.name.startswith(ASK)

    @property
    def id(self) -> str:
        """Its key in the file."""
        return self.name if self.is_built_in else f"{VAGUE}{self.name}"

    @property
    def version(self) -> str:
        """Changes with anything in it."""
        parts = (sorted(self.question.items()), self.options, sorted(self.questions.items()))
        return hashlib.sha256(repr(parts).encode()).hexdigest()[:16]


class VagueEditor(KnowledgeEditor):
    """Edits the vague questions of one knowledge folder."""

    def vague(self) -> dict[str, Vague]:
        """All of them by their names, in the order of the file.

        Raises:
            EditError: They cannot be read.
        """
        return self._vague(Files(self.folder))

    def _vague(self, files: Files) -> dict[str, Vague]:
        for language in self.languages:
            self._room_readable(f"questions/{language}/")
        asked = files.text(self._readable(self.folder / "conversation.yml")).data.get("clarifications") or {}
        index, found = self._questions_index(files), {}
        for key, raw in asked.items():
            if not str(key).startswith((VAGUE, ASK)):
                continue
            name = str(key).removeprefix(VAGUE)
            codes = () if name.startswith(ASK) else self.languages
            questions = {code: tuple(map(str, self._questions_in(files, code, str(key), index)[1])) for code in codes}
            question, options = by_language(raw["question"], self.languages), tuple(map(str, raw["options"]))
            found[name] = Vague(name, question, options, questions)
        return found

    def save_vague(self, vague: Vague, base: str | None) -> list[str]:
        """Changes a vague question, or adds one (``base`` None); the names of the files changed.

        Raises:
            ConflictError: Somebody else changed or removed it in the meantime.
            EditError: It cannot be written as it is.
        """
        vague = self._tidy(vague, new=base is None)
        with alone(self.folder):
            files = Files(self.folder)
            old = self._vague(files).get(vague.name)
            if base is None and old is not None:
                raise EditError(said("There is a vague question '{name}' already.", name=vague.name), "name")
            if base is not None and (old is None or (old.version != base and old != vague)):
                raise ConflictError(old)
            text, key = files.text(self.folder / "conversation.yml"), vague.id
            try:
                if old is None:
                    raw: dict[str, Any] = {"question": dict(vague.question), "options": list(vague.options)}
                    text.append(("clarifications",), {key: raw})
                else:
                    for code in self.languages:
                        text.set(("clarifications", key, "question", code), vague.question[code])
                    text.set_list(("clarifications", key, "options"), list(vague.options))
            except YamlTextError as error:
                raise EditError(said("'{name}' cannot be written: {error}", name=vague.name, error=error)) from error
            for code, questions in vague.questions.items():
                if old is None or old.questions[code] != questions:
                    self._write_questions(files, code, key, ROOM, questions)
            return files.store()

    def remove_vague(self, name: str, base: str | None = None) -> list[str]:
        """Removes a vague question with its sample questions.

        Raises:
            MissingError: There is none of that name.
            ConflictError: It is no longer the one that was seen.
            UsedError: A guided conversation begins with it, or the bot itself counts on it.
            EditError: It cannot be removed.
        """
        if name.startswith(ASK):
            raise UsedError(said("The bot itself counts on the question '{name}', so it stays.", name=name))
        key = f"{VAGUE}{name}"
        self._not_in_broken(key)
        with alone(self.folder):
            files = Files(self.folder)
            old = self._vague(files).get(name)
            if old is None:
                raise MissingError(said("There is no vague question '{name}'.", name=name))
            if base is not None and old.version != base:
                raise ConflictError(old)
            users = ", ".join(self._users(files, key))
            if users:
                raise UsedError(said("'{name}' is in use: {users}. Take it out there first.", name=name, users=users))
            try:
                files.text(self.folder / "conversation.yml").remove(("clarifications", key))
            except YamlTextError as error:
                raise EditError(said("'{name}' cannot be removed: {error}", name=name, error=error)) from error
            for code in self.languages:
                self._write_questions(files, code, key, ROOM, ())
            return files.store()

    def _tidy(self, vague: Vague, *, new: bool) -> Vague:
        if new or not vague.is_built_in:
            check_name(vague.name)
        options = tidy_choices(self._knowledge(), vague.options)
        question = tidy_question(vague.question, self.languages)
        if vague.is_built_in:
            return Vague(vague.name, question, options, {})
        questions = tidy_questions(vague.questions, self.languages)
        for code in self.languages:
            if not questions[code]:
                what = said("How people ask it ({language})", language=code)
                raise EditError(said("{what} is empty.", what=what), f"questions_{code}")
        return Vague(vague.name, question, options, questions)
