"""The draft as it stands in the files, for editing: entries with their questions, contacts, names."""

from __future__ import annotations

import contextlib
import re
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from bot.knowledge.broken import broken_files
from bot.knowledge.edit.drafts import BrokenError, EditError, EntryDraft, MissingError, by_language, day_of
from bot.knowledge.edit.files import Files
from bot.knowledge.edit.yaml_text import YamlText, YamlTextError
from bot.knowledge.said import said

Item = tuple[Path, int, Mapping[str, Any]]
"""An entry or topic in its file: the file, its place in the list, what stands there."""


class DraftReader:
    """Reads one knowledge folder. Every call reads the files anew: they may be changed by hand or with git as well.

    A file that cannot be read is left out and never written; what stands in it is refused with :class:`BrokenError`.

    Attributes:
        broken: These files, by their path below the folder, with what is wrong.
    """

    def __init__(self, folder: Path) -> None:
        """Raises :class:`EditError` where the post's file cannot be read."""
        self.folder = folder
        self.broken = broken_files(folder)
        try:
            self.languages: tuple[str, ...] = tuple(str(code) for code in self._read("embassy.yml")["languages"])
        except (KeyError, TypeError) as error:
            message = said("embassy.yml names no languages. Run `embassy-bot check` and mend it first.")
            raise EditError(message) from error

    def entry(self, name: str) -> EntryDraft:
        """An entry or topic as it stands.

        Raises:
            MissingError: There is none of that name.
            BrokenError: It, or its questions, may stand in a file that cannot be read.
        """
        files = Files(self.folder)
        path, _, raw = self._find(files, name)
        return self._draft(files, raw, files.text(path).data["section"])

    def all(self) -> list[EntryDraft]:
        """Every entry and topic, in the files' order; those whose questions cannot be read are left out."""
        files, found = Files(self.folder), []
        index = self._questions_index(files)
        for path, _, raw in self._items(files):
            with contextlib.suppress(BrokenError):
                found.append(self._draft(files, raw, files.text(path).data["section"], index))
        return found

    def contacts(self) -> dict[str, tuple[str, str]]:
        """Contact id → (kind, value)."""
        raw = self._read("embassy.yml").get("contacts") or {}
        return {
            str(name): (str(value.get("kind") or ""), str(value.get("value") or ""))
            for name, value in (raw.items() if isinstance(raw, dict) else ())
            if isinstance(value, dict)
        }

    def names(self, section: str) -> dict[str, str]:
        """What a section is called, by the names of the form's fields: ``name_en``, ``short_fr``…

        Raises:
            MissingError: There is no such section.
        """
        path = self.folder / "sections" / f"{section}.yml"
        if "/" in section or "\\" in section or not path.exists():
            raise MissingError(said("There is no section '{section}'.", section=section))
        self._readable(path)
        data = Files(self.folder).text(path).data
        name = by_language(data.get("name"), self.languages)
        short = by_language(data.get("short"), self.languages)
        found = {f"name_{code}": name[code] for code in self.languages}
        return found | {f"short_{code}": short[code] or name[code] for code in self.languages}

    def post_names(self) -> dict[str, str]:
        """What the embassy itself is called, by the names of the form's fields."""
        name = by_language(self._read("embassy.yml").get("name"), self.languages)
        return {f"name_{code}": name[code] for code in self.languages}

    def page_title(self) -> str:
        """What the page is called that the answers come from."""
        page = self._read("embassy.yml").get("page")
        return str(page.get("title") or "") if isinstance(page, dict) else ""

    # --- For those that change it ---

    def _paths(self, room: str) -> list[Path]:
        """The files of a folder that can be read."""
        return [path for path in sorted((self.folder / room).glob("*.yml")) if self._name(path) not in self.broken]

    def _name(self, path: Path) -> str:
        return path.relative_to(self.folder).as_posix()

    def _readable(self, path: Path) -> Path:
        """A file that is to be changed.

        Raises:
            BrokenError: It cannot be read, so it must not be written either.
        """
        finding = self.broken.get(self._name(path))
        if finding is not None:
            raise BrokenError(
                said("{name} cannot be read and was left as it is ({problem}). Mend it first.",
                     name=finding.file, problem=finding.problem)
            )  # fmt: skip
        return path

    def _room_readable(self, start: str) -> None:
        """Whether all files can be read whose path begins so: what was found nowhere else may stand in one of them.

        Raises:
            BrokenError: One cannot.
        """
        for file in self.broken:
            if file.startswith(start):
                self._readable(self.folder / file)

    def _not_in_broken(self, name: str) -> None:
        """Whether no file that cannot be read names an id.

        Raises:
            BrokenError: One does.
        """
        word = re.compile(rf"(?<![\w.-]){re.escape(name)}(?![\w-])")
        for file in self.broken:
            if word.search((self.folder / file).read_text("utf-8", "replace")):
                self._readable(self.folder / file)

    def _draft(
        self,
        files: Files,
        raw: Mapping[str, Any],
        section: str,
        index: Mapping[tuple[str, str], Path] | None = None,
    ) -> EntryDraft:
        name = str(raw["id"])
        asked = {language: self._questions_in(files, language, name, index) for language in self.languages}
        for language, (home, _) in asked.items():
            if home is None:
                self._room_readable(f"questions/{language}/")
        return EntryDraft(
            id=name,
            section=str(raw.get("section") or section),
            aspect=str(raw.get("aspect") or "detail"),
            title=by_language(raw.get("title"), self.languages),
            answer=by_language(raw.get("answer"), self.languages),
            questions={language: tuple(map(str, found)) for language, (_, found) in asked.items()},
            source=str(raw.get("source") or ""),
            checked=day_of(raw.get("checked")),
            review_by=day_of(raw.get("review_by")),
            valid_until=day_of(raw.get("valid_until")),
            owner=str(raw.get("owner") or ""),
            enabled=bool(raw.get("enabled", True)),
            items=() if name.startswith("topic.") else tuple(map(str, raw.get("items") or ())),
        )

    def _item_files(self) -> list[tuple[Path, str]]:
        rooms = (("sections", "entries"), ("topics", "topics"))
        return [(path, key) for room, key in rooms for path in self._paths(room)]

    def _items(self, files: Files) -> Iterator[Item]:
        for path, key in self._item_files():
            data = files.text(path).data
            if not isinstance(data, dict) or not isinstance(data.get(key) or [], list):
                name = path.relative_to(self.folder)
                raise EditError(
                    said("{name} holds no list of answers. Run `embassy-bot check` and mend it first.", name=name)
                )
            for at, raw in enumerate(data.get(key) or ()):
                if isinstance(raw, dict) and "id" in raw:
                    yield path, at, raw

    def _index(self, files: Files) -> dict[str, list[Item]]:
        """Every entry and topic by its id."""
        found: dict[str, list[Item]] = {}
        for item in self._items(files):
            found.setdefault(str(item[2]["id"]), []).append(item)
        return found

    def _find(self, files: Files, name: str) -> Item:
        return self._only(name, (item for item in self._items(files) if item[2]["id"] == name))

    def _only(self, name: str, items: Iterable[Item]) -> Item:
        """The one of that name; none or several of it are refused."""
        found = list(items)
        if not found:
            section, _, _ = name.partition(".")
            self._room_readable("topics/" if section == "topic" else f"sections/{section}.yml")
            raise MissingError(said("There is no answer '{name}'.", name=name))
        if len(found) > 1:
            whole = " + ".join(str(path.relative_to(self.folder)) for path, _, _ in found)
            raise EditError(
                said("'{name}' stands twice ({places}). Remove one of them by hand first.", name=name, places=whole)
            )
        return found[0]

    def _questions_in(
        self, files: Files, language: str, name: str, index: Mapping[tuple[str, str], Path] | None = None
    ) -> tuple[Path | None, list[Any]]:
        """The file that holds an entry's questions, and these."""
        if index is not None:
            path = index.get((language, name))
            return path, list(files.text(path).data[name] or ()) if path else []
        for path in self._question_files(name, language):
            data = files.text(path).data
            if name in data:
                return path, list(data[name] or ())
        return None, []

    def _questions_index(self, files: Files) -> dict[tuple[str, str], Path]:
        """(language, id) → the file with its questions."""
        found: dict[tuple[str, str], Path] = {}
        for language in self.languages:
            for path in self._paths(f"questions/{language}"):
                for name in files.text(path).data:
                    found.setdefault((language, str(name)), path)
        return found

    def _question_files(self, name: str, language: str) -> list[Path]:
        """All files of questions of a language, the likeliest first."""
        folder = self.folder / "questions" / language
        likely = folder / f"{name.partition('.')[0]}.yml"
        paths = self._paths(f"questions/{language}")
        return [likely, *(p for p in paths if p != likely)] if likely in paths else paths

    def _read(self, name: str) -> dict[str, Any]:
        data: dict[str, Any] = Files(self.folder).text(self.folder / name).data
        return data

    def _set(self, text: YamlText, path: tuple[str | int, ...], value: Any) -> None:
        try:
            text.set(path, value)
        except (YamlTextError, KeyError, TypeError, IndexError) as error:
            where = ".".join(map(str, path))
            reason = error if isinstance(error, YamlTextError) else str(error)
            raise EditError(said("{where} cannot be written: {error}", where=where, error=reason)) from error
