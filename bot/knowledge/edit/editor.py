"""What staff change in the knowledge: entries, questions, contacts, sections; several files at once or none."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import yaml

from bot.knowledge.edit.drafts import (
    ENTRY_ID,
    SECTION_ID,
    ConflictError,
    EditError,
    EntryDraft,
    UsedError,
    by_language,
    line_of,
    raw_of,
    tidy,
)
from bot.knowledge.edit.files import Files, alone
from bot.knowledge.edit.post import PostEditor
from bot.knowledge.edit.reading import Item
from bot.knowledge.edit.yaml_text import YamlText, YamlTextError, render
from bot.knowledge.said import said

DEFAULTS: dict[str, Any] = {
    "aspect": None,
    "source": None,
    "owner": "",
    "checked": None,
    "review_by": None,
    "valid_until": None,
    "enabled": True,
}
"""Fields that stand in an entry's own mapping, with the value for which the key is left out."""


class KnowledgeEditor(PostEditor):
    """Edits one knowledge folder. Every call reads the files anew: they may be changed by hand or with git as well."""

    def save(self, draft: EntryDraft, base: str) -> list[str]:
        """Writes what differs from the entry as it stands; the names of the files changed.

        Args:
            draft: The entry as it is to be.
            base: The version that the draft was made from.

        Raises:
            ConflictError: The entry is no longer the one that the draft was made from.
            EditError: It cannot be written as it is.
        """
        draft = tidy(draft, self.languages)
        with alone(self.folder):
            files = Files(self.folder)
            self._change(files, self._find(files, draft.id), draft, base)
            return files.store()

    def add(self, draft: EntryDraft) -> list[str]:
        """Adds an entry or topic at the end of its section.

        Raises:
            EditError: Its id is taken or unusable, its section is missing, or something in it cannot be written.
        """
        draft = tidy(draft, self.languages)
        self.may_be_called(draft)
        with alone(self.folder):
            files = Files(self.folder)
            if any(raw["id"] == draft.id for _, _, raw in self._items(files)):
                raise EditError(said("There is an answer '{name}' already.", name=draft.id), "id")
            self._insert(files, draft)
            return files.store()

    def save_all(self, drafts: Iterable[tuple[EntryDraft, str | None]]) -> list[str]:
        """Writes many entries at once, all or none: each file is read and written once.

        Args:
            drafts: Each entry as it is to be, with the version that it was made from; None adds it.

        Raises:
            ConflictError: One is no longer what its draft was made from.
            EditError: One cannot be written.
        """
        with alone(self.folder):
            files = Files(self.folder, together=True)
            index, questions = self._index(files), self._questions_index(files)
            added: set[str] = set()
            for untidy, base in drafts:
                draft = tidy(untidy, self.languages)
                if base is not None:
                    self._change(files, self._only(draft.id, index.get(draft.id, ())), draft, base, questions)
                    continue
                self.may_be_called(draft)
                if draft.id in index or draft.id in added:
                    raise EditError(said("There is an answer '{name}' already.", name=draft.id), "id")
                added.add(draft.id)
                self._insert(files, draft, questions)
            return files.store()

    def set_fields(self, wanted: Mapping[str, Mapping[str, Any]]) -> list[str]:
        """Gives entries and topics other words or days, whatever these are now; questions stay.

        Args:
            wanted: Id → field of an :class:`EntryDraft` → what it is to be.

        Raises:
            EditError: There is no such entry, or something cannot be written.
        """
        with alone(self.folder):
            files = Files(self.folder)
            index = self._index(files) if wanted else {}
            for name, fields in wanted.items():
                item = self._only(name, index.get(name, ()))
                old = self._draft(files, item[2], files.text(item[0]).data["section"], {})
                texts: dict[str, Any] = {
                    field: by_language(value, self.languages) if isinstance(value, Mapping) else value
                    for field, value in fields.items()
                }
                self._change(files, item, replace(old, **texts), old.version, {})
            return files.store()

    def may_be_called(self, draft: EntryDraft) -> None:
        """Whether a new entry may have its id and section.

        Raises:
            EditError: It may not.
        """
        if not ENTRY_ID.fullmatch(draft.id):
            raise EditError(
                said("'{name}' cannot be a short name: write section.word, small letters, digits and dashes.",
                     name=draft.id), "id"
            )  # fmt: skip
        self._not_in_broken(draft.id)
        known = SECTION_ID.fullmatch(draft.section) is not None
        if not known or not (self.folder / "sections" / f"{draft.section}.yml").exists():
            raise EditError(said("There is no section '{section}'.", section=draft.section), "section")
        self._readable(self._home_of(draft))

    def remove(self, name: str, base: str | None = None) -> list[str]:
        """Removes an entry or topic with its questions.

        Args:
            name: Its id.
            base: The version that was seen; None removes any.

        Raises:
            ConflictError: It is no longer the one that was seen.
            UsedError: Another answer lists it, or a question back offers it.
            EditError: There is none, or it is the last of its section; a :class:`BrokenError` where a file that
                cannot be read names it.
        """
        self._not_in_broken(name)
        with alone(self.folder):
            files = Files(self.folder)
            path, at, raw = self._find(files, name)
            old = self._draft(files, raw, files.text(path).data["section"])
            if base is not None and old.version != base:
                raise ConflictError(old)
            users = self._users(files, name)
            if users:
                message = said("'{name}' is in use: {users}. Take it out there first, or switch it off instead.",
                               name=name, users=", ".join(users[:8]))  # fmt: skip
                raise UsedError(message, users)
            try:
                files.text(path).remove(("topics" if name.startswith("topic.") else "entries", at))
                for language in self.languages:
                    self._write_questions(files, language, name, "", ())
            except YamlTextError as error:
                raise EditError(
                    said("'{name}' cannot be removed: {error} Switch it off instead.", name=name, error=error)
                ) from error
            return files.store()

    def _users(self, files: Files, name: str) -> list[str]:
        """What would point at nothing without an entry: answers that list it, questions back, guided conversations."""
        found = [str(raw["id"]) for _, _, raw in self._items(files) if name in (raw.get("items") or ())]
        asked = files.text(self.folder / "conversation.yml").data.get("clarifications") or {}
        found += [str(key) for key, raw in asked.items() if name in (raw.get("options") or ())]
        for path in self._paths("stories"):
            stories = files.text(path).data.get("stories") or ()
            steps = [step for story in stories for step in story.get("steps") or ()]
            if any(step.get("intent") == name for step in steps):
                found.append(f"stories/{path.name}")
        return list(dict.fromkeys(found))

    def add_questions(self, name: str, language: str, questions: tuple[str, ...]) -> list[str]:
        """Adds questions that an entry does not have yet.

        Raises:
            EditError: There is no such entry or language, or a question cannot be written.
        """
        old = self.entry(name)
        if language not in self.languages:
            raise EditError(said("The post has no language '{language}'.", language=language))
        asked = {**old.questions, language: (*old.questions[language], *questions)}
        return self.save(replace(old, questions=asked), old.version)

    def add_section(
        self, section: str, name: Mapping[str, str], short: Mapping[str, str], first: EntryDraft
    ) -> list[str]:
        """Adds a section with its first entry, which says what it does.

        Raises:
            EditError: Its id is taken or unusable, or something in it cannot be written.
        """
        if not SECTION_ID.fullmatch(section):
            message = said(
                "'{section}' cannot be a section's short name: use 2 to 40 small letters, digits and dashes.",
                section=section,
            )
            raise EditError(message, "section")
        head: dict[str, Any] = {"section": section, "name": {}, "short": {}}
        for code in self.languages:
            what = said("The section's name ({language})", language=code)
            head["name"][code] = line_of(name.get(code, ""), what, f"name_{code}")
            what = said("The section's name on buttons ({language})", language=code)
            head["short"][code] = line_of(short.get(code, ""), what, f"short_{code}")
        first = tidy(first, self.languages)
        if first.id.partition(".")[0] != section or not ENTRY_ID.fullmatch(first.id):
            message = said("The first answer's short name must be {section}.overview or the like.", section=section)
            raise EditError(message, "section")
        with alone(self.folder):
            files = Files(self.folder)
            path = self.folder / "sections" / f"{section}.yml"
            if path.exists():
                raise EditError(said("There is a section '{section}' already.", section=section), "section")
            files.new[path] = "".join(render(head | {"entries": [raw_of(first)]}, 0))
            for language in self.languages:
                if first.questions[language]:
                    self._write_questions(files, language, first.id, section, first.questions[language])
            return files.store()

    # --- Inside ---

    @staticmethod
    def _room_of(draft: EntryDraft) -> tuple[str, str]:
        """The key of an item's list, and the folder of its file."""
        return ("topics", "topics") if draft.is_topic else ("entries", "sections")

    def _home_of(self, draft: EntryDraft) -> Path:
        return self.folder / self._room_of(draft)[1] / f"{draft.section}.yml"

    def _change(
        self, files: Files, item: Item, draft: EntryDraft, base: str, questions: dict[Any, Any] | None = None
    ) -> None:
        path, at, raw = item
        old = self._draft(files, raw, files.text(path).data["section"], questions)
        if old.version != base and old != draft:
            raise ConflictError(old)
        key = "topics" if draft.is_topic else "entries"
        text = files.text(path)
        for name in ("title", "answer"):
            for language in self.languages:
                if getattr(old, name)[language] != getattr(draft, name)[language]:
                    self._set(text, (key, at, name, language), getattr(draft, name)[language])
        for name, empty in DEFAULTS.items():
            before, after = getattr(old, name), getattr(draft, name)
            if before == after:
                continue
            if after == empty and name in raw:
                text.remove((key, at, name))
            else:
                self._set(text, (key, at, name), after)
        if old.items != draft.items:
            self._write_items(text, (key, at), raw, draft)
        for language in self.languages:
            if old.questions[language] != draft.questions[language]:
                self._write_questions(files, language, draft.id, draft.section, draft.questions[language], questions)

    @staticmethod
    def _write_items(text: YamlText, where: tuple[str, int], raw: Mapping[str, Any], draft: EntryDraft) -> None:
        try:
            if draft.items and "items" in raw:
                text.set_list((*where, "items"), list(draft.items))
            elif draft.items:
                text.append(where, {"items": list(draft.items)})
            else:
                text.remove((*where, "items"))
        except (YamlTextError, TypeError) as error:
            raise EditError(said("'{name}' cannot be written: {error}", name=draft.id, error=error), "items") from error

    def _insert(self, files: Files, draft: EntryDraft, questions: dict[Any, Any] | None = None) -> None:
        key, path = self._room_of(draft)[0], self._readable(self._home_of(draft))
        if path.exists():
            files.text(path).append((key,), raw_of(draft), apart=True)
        else:  # the first topics of a section
            before = yaml.safe_load(files.new[path])[key] if path in files.new else []
            files.new[path] = "".join(render({"section": draft.section, key: [*before, raw_of(draft)]}, 0))
        for language in self.languages:
            if draft.questions[language]:
                self._write_questions(files, language, draft.id, draft.section, draft.questions[language], questions)

    def _write_questions(
        self,
        files: Files,
        language: str,
        name: str,
        section: str,
        questions: tuple[str, ...],
        index: dict[Any, Any] | None = None,
    ) -> None:
        path, old = self._questions_in(files, language, name, index)
        try:
            if path is not None and questions and old:
                files.text(path).set_list((name,), list(questions))
            elif path is not None and not questions:
                if len(files.text(path).data) > 1:
                    files.text(path).remove((name,))
                else:
                    files.gone.add(path)
            elif questions:
                target = self._readable(self.folder / "questions" / language / f"{section}.yml")
                if target.exists():
                    files.text(target).append((), {name: list(questions)})
                else:
                    files.new[target] = files.new.get(target, "") + "".join(render({name: list(questions)}, 0))
        except YamlTextError as error:
            raise EditError(
                said("The questions ({language}) cannot be written: {error}", language=language, error=error)
            ) from error
