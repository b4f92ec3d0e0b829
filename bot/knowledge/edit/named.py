"""The draft's texts that spell out a name which changes: they are found, and get the new one where somebody says so."""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bot.knowledge.edit.drafts import EditError, by_language
from bot.knowledge.edit.files import Files
from bot.knowledge.edit.reading import DraftReader
from bot.knowledge.renaming import renamings
from bot.knowledge.said import Said, said

TALK = (
    ("small_talk", "answer"), ("clarifications", "question"), ("safety", "answer"), ("wording", ""), ("aspects", ""),
)  # fmt: skip
"""The texts of conversation.yml: the list, and the key of the text in each item; empty where the item is the text."""

Path_ = tuple[str | int, ...]


@dataclass(frozen=True)
class Named:
    """A text that spells out an old name.

    Attributes:
        id: What it belongs to: an answer, a topic, a section, a wording…
        what: Which of its texts it is.
        code: Its language.
        before: The text as it is.
        after: The text with the new name.
        sure: Whether the old name certainly means what is renamed.
        file: Where it stands.
        path: Where it stands in the file.
    """

    id: str
    what: Said
    code: str
    before: str
    after: str
    sure: bool
    file: Path
    path: Path_

    @property
    def key(self) -> str:
        """Changes with the text, and with what it would become."""
        parts = (self.file.name, self.path, self.code, self.before, self.after)
        return hashlib.sha256(repr(parts).encode()).hexdigest()[:16]


@dataclass(frozen=True)
class Choice:
    """What somebody chose for the texts that spell out an old name: the keys of those shown, and of those to change."""

    seen: Collection[str] = ()
    taken: Collection[str] = ()


class NamedError(EditError):
    """A name is to change that texts spell out, and nobody chose yet what becomes of these.

    Attributes:
        places: These texts.
    """

    def __init__(self, message: str, places: Sequence[Named]) -> None:
        super().__init__(message)
        self.places = places


class NamedTexts(DraftReader):
    """Finds and changes the texts that spell out a name."""

    def named(self, own: Path, old: Mapping[str, str], new: Mapping[str, str], files: Files) -> list[Named]:
        """The texts that spell out an old name, but not sample questions; files that cannot be read are left out.

        Args:
            own: The file whose own names change.
            old: Its names by the form's fields.
            new: What they become.
            files: The files to look into.

        Raises:
            EditError: A file holds no list of answers.
        """
        changes = renamings(old, new, self._names_beside(own, files), self.languages)
        found = []
        for file, path, name, what, text in self._texts(own, files):
            for code, words in by_language(text, self.languages).items():
                renamed = changes[code].of(words)
                if renamed is not None:
                    where = (*path, code)
                    found.append(Named(name, what, code, words, renamed.text, renamed.sure, file, where))
        return found

    def _rename_texts(
        self, own: Path, old: Mapping[str, str], new: Mapping[str, str], files: Files, choice: Choice
    ) -> None:
        """Puts the new name into the texts that somebody chose.

        Raises:
            NamedError: Some texts spell the old one out that nobody has seen so yet.
        """
        found = self.named(own, old, new, files)
        if {place.key for place in found} != set(choice.seen):
            message = said("These texts spell out the old name and would go on giving it.")
            if choice.seen:
                message = said("What spells out the old name is not what you were shown. Please look again.")
            if found:
                raise NamedError(message, found)
        for place in found:
            if place.key in choice.taken:
                self._set(files.text(place.file), place.path, place.after)

    def _named_files(self) -> list[Path]:
        return [self.folder / "embassy.yml", *self._paths("sections")]

    def _names_beside(self, own: Path, files: Files) -> dict[str, list[str]]:
        """All names by language, but those of one file."""
        found: dict[str, list[str]] = {code: [] for code in self.languages}
        for path in self._named_files():
            for key in ("name", "short"):
                for code, name in by_language(files.text(path).data.get(key), self.languages).items():
                    if name and path != own:
                        found[code].append(name)
        return found

    def _texts(self, own: Path, files: Files) -> Iterator[tuple[Path, Path_, str, Said, Any]]:
        """Every text by language: its file, its place there, what it belongs to, which of its texts it is."""
        title, answer = said("the title"), said("the answer")
        for path in self._named_files():
            if path != own:
                data = files.text(path).data
                owner = str(data.get("section") or path.name)
                yield path, ("name",), owner, said("the name"), data.get("name")
                yield path, ("short",), owner, said("the name on buttons"), data.get("short")
        for path, at, raw in self._items(files):
            key = "topics" if path.parent.name == "topics" else "entries"
            for field, what in (("title", title), ("answer", answer)):
                yield path, (key, at, field), str(raw["id"]), what, raw.get(field)
        path = self.folder / "conversation.yml"
        if self._name(path) in self.broken:
            return
        met: set[int] = set()
        for room, key in TALK:
            what = said("the question") if key == "question" else answer
            for item, raw in (files.text(path).data.get(room) or {}).items():
                text = raw.get(key) if key else raw
                if id(text) not in met:  # one that an alias shares stands once
                    yield path, (room, item, key) if key else (room, item), str(item), what, text
                met.add(id(text))
