"""What staff change in the knowledge: entries, questions, contacts, sections; several files at once or none."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from bot.knowledge.edit.drafts import (
    CONTACT_ID,
    CONTACT_KINDS,
    ENTRY_ID,
    SECTION_ID,
    ConflictError,
    EditError,
    EntryDraft,
    by_language,
    clean,
    day_of,
    line_of,
    raw_of,
    tidy,
)
from bot.knowledge.edit.files import Files, alone
from bot.knowledge.edit.yaml_text import YamlText, YamlTextError, render

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


class KnowledgeEditor:
    """Edits one knowledge folder. Every call reads the files anew: they may be changed by hand or with git as well."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.languages: tuple[str, ...] = tuple(self._read("embassy.yml")["languages"])

    # --- Reading ---

    def entry(self, name: str) -> EntryDraft:
        """An entry or topic as it stands.

        Raises:
            EditError: There is none of that name.
        """
        files = Files(self.folder)
        path, _, raw = self._find(files, name)
        return self._draft(files, raw, files.text(path).data["section"])

    def _draft(self, files: Files, raw: Mapping[str, Any], section: str) -> EntryDraft:
        name = str(raw["id"])
        return EntryDraft(
            id=name,
            section=str(raw.get("section") or section),
            aspect=str(raw.get("aspect") or "detail"),
            title=by_language(raw.get("title"), self.languages),
            answer=by_language(raw.get("answer"), self.languages),
            questions={
                language: tuple(str(q) for q in self._questions_in(files, language, name)[1])
                for language in self.languages
            },
            source=str(raw.get("source") or ""),
            checked=day_of(raw.get("checked")),
            review_by=day_of(raw.get("review_by")),
            valid_until=day_of(raw.get("valid_until")),
            owner=str(raw.get("owner") or ""),
            enabled=bool(raw.get("enabled", True)),
        )

    def all(self) -> list[EntryDraft]:
        """Every entry and topic, in the files' order."""
        files = Files(self.folder)
        found = []
        for path, key in self._item_files():
            data = files.text(path).data
            found += [self._draft(files, raw, data["section"]) for raw in data.get(key) or ()]
        return found

    def contacts(self) -> dict[str, tuple[str, str]]:
        """Contact id → (kind, value)."""
        raw = self._read("embassy.yml").get("contacts") or {}
        return {str(name): (str(value["kind"]), str(value["value"])) for name, value in raw.items()}

    # --- Changing ---

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
            path, at, raw = self._find(files, draft.id)
            old = self._draft(files, raw, files.text(path).data["section"])
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
            for language in self.languages:
                if old.questions[language] != draft.questions[language]:
                    self._write_questions(files, language, draft.id, draft.section, draft.questions[language])
            return files.store()

    def add(self, draft: EntryDraft) -> list[str]:
        """Adds an entry or topic at the end of its section.

        Raises:
            EditError: Its id is taken or unusable, its section is missing, or something in it cannot be written.
        """
        draft = tidy(draft, self.languages)
        if not ENTRY_ID.fullmatch(draft.id):
            raise EditError(
                f"'{draft.id}' cannot be a short name: write section.word, small letters, digits and dashes."
            )
        with alone(self.folder):
            files = Files(self.folder)
            if any(raw["id"] == draft.id for _, _, raw in self._items(files)):
                raise EditError(f"There is an answer '{draft.id}' already.")
            key, room = ("topics", "topics") if draft.is_topic else ("entries", "sections")
            path = self.folder / room / f"{draft.section}.yml"
            if not path.exists() or not (self.folder / "sections" / f"{draft.section}.yml").exists():
                raise EditError(f"There is no section '{draft.section}'.")
            files.text(path).append((key,), raw_of(draft), apart=True)
            for language in self.languages:
                if draft.questions[language]:
                    self._write_questions(files, language, draft.id, draft.section, draft.questions[language])
            return files.store()

    def remove(self, name: str) -> list[str]:
        """Removes an entry or topic with its questions.

        Raises:
            EditError: There is none, or it is the last of its section.
        """
        with alone(self.folder):
            files = Files(self.folder)
            path, at, _ = self._find(files, name)
            try:
                files.text(path).remove(("topics" if name.startswith("topic.") else "entries", at))
                for language in self.languages:
                    self._write_questions(files, language, name, "", ())
            except YamlTextError as error:
                raise EditError(f"'{name}' cannot be removed: {error} Switch it off instead.") from error
            return files.store()

    def add_questions(self, name: str, language: str, questions: tuple[str, ...]) -> list[str]:
        """Adds questions that an entry does not have yet.

        Raises:
            EditError: There is no such entry or language, or a question cannot be written.
        """
        old = self.entry(name)
        if language not in self.languages:
            raise EditError(f"The post has no language '{language}'.")
        asked = {**old.questions, language: (*old.questions[language], *questions)}
        return self.save(replace(old, questions=asked), old.version)

    def save_contact(self, name: str, kind: str, value: str, base: tuple[str, str] | None) -> list[str]:
        """Changes a contact everywhere, or adds one (``base`` None).

        Raises:
            EditError: It was changed by somebody else, is taken, or cannot be written.
        """
        value = clean(value).strip()
        if not CONTACT_ID.fullmatch(name):
            raise EditError(f"'{name}' cannot be a contact's name: use small letters, digits and dashes.")
        if kind not in CONTACT_KINDS or not value or "\n" in value or len(value) > 200 or set("{}") & set(value):
            raise EditError("A contact needs a kind and one line of text without braces.")
        with alone(self.folder):
            files = Files(self.folder)
            text = files.text(self.folder / "embassy.yml")
            existing = (text.data.get("contacts") or {}).get(name)
            now = (str(existing["kind"]), str(existing["value"])) if existing else None
            if now != base:
                raise EditError(
                    f"'{name}' is {now[1]} by now: somebody else has changed it." if now else f"'{name}' is gone."
                )
            if existing:
                self._set(text, ("contacts", name, "kind"), kind)
                self._set(text, ("contacts", name, "value"), value)
            else:
                text.append(("contacts",), {name: {"kind": kind, "value": value}})
            return files.store()

    def save_names(self, section: str, name: Mapping[str, str], short: Mapping[str, str]) -> list[str]:
        """Changes what a section is called.

        Raises:
            EditError: There is no such section, or a name cannot be written.
        """
        with alone(self.folder):
            files = Files(self.folder)
            path = self.folder / "sections" / f"{section}.yml"
            if not SECTION_ID.fullmatch(section) or not path.exists():
                raise EditError(f"There is no section '{section}'.")
            text = files.text(path)
            for key, texts in (("name", name), ("short", short)):
                for language in self.languages:
                    self._set(text, (key, language), line_of(texts.get(language, ""), "A section's name"))
            return files.store()

    def add_section(
        self, section: str, name: Mapping[str, str], short: Mapping[str, str], first: EntryDraft
    ) -> list[str]:
        """Adds a section with its first entry, which says what it does.

        Raises:
            EditError: Its id is taken or unusable, or something in it cannot be written.
        """
        first = tidy(first, self.languages)
        if not SECTION_ID.fullmatch(section):
            raise EditError(f"'{section}' cannot be a section's short name: use small letters, digits and dashes.")
        if first.id.partition(".")[0] != section or not ENTRY_ID.fullmatch(first.id):
            raise EditError(f"The first answer's short name must be {section}.overview or the like.")
        with alone(self.folder):
            files = Files(self.folder)
            path = self.folder / "sections" / f"{section}.yml"
            if path.exists():
                raise EditError(f"There is a section '{section}' already.")
            head = {
                "section": section,
                "name": {lang: line_of(name.get(lang, ""), "A section's name") for lang in self.languages},
                "short": {lang: line_of(short.get(lang, ""), "A section's short name") for lang in self.languages},
                "entries": [raw_of(first)],
            }
            files.new[path] = "".join(render(head, 0))
            for language in self.languages:
                if first.questions[language]:
                    self._write_questions(files, language, first.id, section, first.questions[language])
            return files.store()

    # --- Inside ---

    def _set(self, text: YamlText, path: tuple[str | int, ...], value: Any) -> None:
        try:
            text.set(path, value)
        except (YamlTextError, KeyError, TypeError, IndexError) as error:
            raise EditError(f"{'.'.join(map(str, path))} cannot be written: {error}") from error

    def _item_files(self) -> list[tuple[Path, str]]:
        rooms = (("sections", "entries"), ("topics", "topics"))
        return [(path, key) for room, key in rooms for path in sorted((self.folder / room).glob("*.yml"))]

    def _items(self, files: Files) -> Iterator[tuple[Path, int, Mapping[str, Any]]]:
        for path, key in self._item_files():
            for at, raw in enumerate(files.text(path).data.get(key) or ()):
                yield path, at, raw

    def _find(self, files: Files, name: str) -> tuple[Path, int, Mapping[str, Any]]:
        found = [item for item in self._items(files) if item[2].get("id") == name]
        if not found:
            raise EditError(f"There is no answer '{name}'.")
        if len(found) > 1:
            places = " and ".join(str(path.relative_to(self.folder)) for path, _, _ in found)
            raise EditError(f"'{name}' stands twice, in {places}. Remove one of them by hand first.")
        return found[0]

    def _questions_in(self, files: Files, language: str, name: str) -> tuple[Path | None, list[Any]]:
        """The file that holds an entry's questions, and these."""
        for path in self._question_files(name, language):
            data = files.text(path).data
            if name in data:
                return path, list(data[name] or ())
        return None, []

    def _question_files(self, name: str, language: str) -> list[Path]:
        """All files of questions of a language, the likeliest first."""
        folder = self.folder / "questions" / language
        likely = folder / f"{name.partition('.')[0]}.yml"
        paths = sorted(folder.glob("*.yml"))
        return [likely, *(p for p in paths if p != likely)] if likely in paths else paths

    def _write_questions(
        self, files: Files, language: str, name: str, section: str, questions: tuple[str, ...]
    ) -> None:
        path, old = self._questions_in(files, language, name)
        try:
            if path is not None and questions and old:
                files.text(path).set_list((name,), list(questions))
            elif path is not None and not questions:
                if len(files.text(path).data) > 1:
                    files.text(path).remove((name,))
                else:
                    files.gone.add(path)
            elif questions:
                target = self.folder / "questions" / language / f"{section}.yml"
                if target.exists():
                    files.text(target).append((), {name: list(questions)})
                else:
                    files.new[target] = "".join(render({name: list(questions)}, 0))
        except YamlTextError as error:
            raise EditError(f"The questions ({language}) cannot be written: {error}") from error

    def _read(self, name: str) -> dict[str, Any]:
        data: dict[str, Any] = Files(self.folder).text(self.folder / name).data
        return data
