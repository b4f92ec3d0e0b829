"""A whole section at once: what it holds, what refers to it, taken out of the draft, put back as it is served."""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from bot.knowledge.edit.drafts import ConflictError, EditError, EntryDraft, MissingError, UsedError, by_language
from bot.knowledge.edit.editor import KnowledgeEditor
from bot.knowledge.edit.files import Files, alone
from bot.knowledge.edit.yaml_text import YamlText, YamlTextError
from bot.knowledge.guides import GUIDE
from bot.knowledge.said import said

ANSWER, QUESTION, GUIDED, STORY = "answer", "question", "guide", "story"
"""What may refer to something of a section: another answer, a question back, a guided conversation, its stories."""
MOST_NAMED = 8


@dataclass(frozen=True)
class Reference:
    """Something outside of a section that refers to something in it.

    Attributes:
        kind: One of the four above.
        where: The id of the answer or question back, the short name of the guided conversation, or the stories' file.
        file: Where it stands.
        to: The entries and topics that it names.
    """

    kind: str
    where: str
    file: str
    to: tuple[str, ...]


@dataclass(frozen=True)
class Contents:
    """All that goes with a section.

    Attributes:
        names: What it is called, by language.
        removed: Files that go.
        kept: Files that keep what is not the section's.
        references: What refers to it elsewhere; it cannot go before these do.
        last: Whether there is no other section.
        version: Changes with anything of the section.
    """

    section: str
    names: Mapping[str, str]
    entries: tuple[EntryDraft, ...]
    topics: tuple[EntryDraft, ...]
    removed: tuple[str, ...]
    kept: tuple[str, ...]
    references: tuple[Reference, ...]
    last: bool
    version: str

    @property
    def ids(self) -> tuple[str, ...]:
        """Its entries and topics."""
        return tuple(item.id for item in (*self.entries, *self.topics))

    def asked(self, language: str) -> int:
        """How many sample questions go in a language."""
        return sum(len(item.questions[language]) for item in (*self.entries, *self.topics))


class SectionEditor(KnowledgeEditor):
    """Removes whole sections of one knowledge folder, and brings them back."""

    def contents(self, section: str) -> Contents:
        """What goes with a section.

        Raises:
            MissingError: There is no such section.
            EditError: The files cannot be read, or it cannot be taken out of one of them.
        """
        return self._contents(Files(self.folder), section)

    def remove_section(self, section: str, base: str | None = None) -> list[str]:
        """Removes a section with its entries, its topics and their questions; the names of the files changed.

        Args:
            section: Its id.
            base: The version that was seen; None removes any.

        Raises:
            ConflictError: It no longer holds what was seen.
            UsedError: Something else refers to it.
            EditError: There is none, it is the only one, or it cannot be taken out of a file.
        """
        with alone(self.folder):
            files = Files(self.folder)
            found = self._contents(files, section)
            if base is not None and found.version != base:
                raise ConflictError(found)
            if found.references:
                users = ", ".join(dict.fromkeys(reference.where for reference in found.references[:MOST_NAMED]))
                raise UsedError(said("The section '{section}' is referred to by {users}. Take it out there first.",
                                     section=section, users=users))  # fmt: skip
            for name in (section, *found.ids):
                self._not_in_broken(name)
            if found.last:
                raise UsedError(said("'{section}' is the only section, and the bot needs one.", section=section))
            return files.store()

    def put_back(self, draft: EntryDraft) -> list[str]:
        """Adds an entry or topic that was removed.

        Raises:
            EditError: Its section was removed as well, or it cannot be written.
        """
        if self._file_of(Files(self.folder), draft.section) is None:
            raise EditError(
                said("The section '{section}' was removed as well. Discard its removal: all of it comes back then.",
                     section=draft.section)
            )  # fmt: skip
        return self.add(draft)

    def put_section_back(self, section: str, served: Path) -> list[str]:
        """Brings a removed section back as it is served, with all that it held; the names of the files changed.

        Files that are what removing it left of the served ones become the served ones; others get what is missing.

        Raises:
            EditError: There is such a section, or it cannot be written.
        """
        with alone(self.folder):
            files, without, before = Files(self.folder), Files(served), SectionEditor(served)
            if self._file_of(files, section) is not None:
                raise EditError(said("There is a section '{section}' already.", section=section), "section")
            found = before._contents(without, section)
            exact = {name for name in (*found.removed, *found.kept) if self._as_served(files, without, name)}
            taken = [name for name in found.removed if name.startswith("sections/") and name not in exact]
            if taken:
                raise EditError(said("There is a section '{section}' already.", section=taken[0]), "section")
            self._put_missing(files, Files(served), before, found, exact)
            return files.store()

    def _as_served(self, files: Files, without: Files, name: str) -> bool:
        """Makes a file what is served, if it is what taking the section out leaves of that."""
        path, old = self.folder / name, without.folder / name
        text = old.read_text(encoding="utf-8")
        if old in without.gone:
            if path.exists():
                return False
            files.new[path] = text
            return True
        if not path.exists() or path.read_text(encoding="utf-8") != without.text(old).text:
            return False
        files.texts[path] = YamlText(text)
        return True

    def _put_missing(
        self, files: Files, served: Files, before: SectionEditor, found: Contents, exact: Collection[str]
    ) -> None:
        """Adds the topics and questions that no file brought back as a whole."""
        homes = {str(raw["id"]): path for path, _, raw in before._items(served)}
        asked = before._questions_index(served)
        for item in (*found.topics, *found.entries):
            if item.is_topic and before._name(homes[item.id]) not in exact:
                self._insert(files, replace(item, questions={code: () for code in self.languages}))
            for language in self.languages:
                home = asked.get((language, item.id))
                if home is not None and before._name(home) not in exact and item.questions.get(language):
                    self._write_questions(files, language, item.id, found.section, item.questions[language])

    # --- What belongs to a section ---

    def _contents(self, files: Files, section: str) -> Contents:
        """What goes with a section; ``files`` are without it then."""
        items = list(self._items(files))
        own = self._file_of(files, section)
        if own is None:
            raise MissingError(said("There is no section '{section}'.", section=section))
        index, entries, topics = self._questions_index(files), [], []
        for path, _, raw in items:
            home = str(files.text(path).data.get("section") or "")
            if path == own:
                entries.append(self._draft(files, raw, section, index))
            elif path.parent.name == "topics" and str(raw.get("section") or home) == section:
                topics.append(self._draft(files, raw, section, index))
        ids = {item.id for item in (*entries, *topics)}
        parts = [files.text(own).text, *(item.version for item in (*entries, *topics))]
        names, references = files.text(own).data.get("name"), tuple(self._references(files, ids))
        removed, kept = self._take_out(files, own, section, ids)
        return Contents(
            section=section,
            names=by_language(names, self.languages),
            entries=tuple(entries),
            topics=tuple(topics),
            removed=tuple(removed),
            kept=tuple(kept),
            references=references,
            last=not any(path != own for path in self._paths("sections")),
            version=hashlib.sha256("\0".join(parts).encode()).hexdigest()[:16],
        )

    def _file_of(self, files: Files, section: str) -> Path | None:
        """The file of a section; that of another name too, if somebody gave it one."""
        for path in self._paths("sections"):
            data = files.text(path).data
            if isinstance(data, dict) and str(data.get("section")) == section:
                return path
        return None

    def _references(self, files: Files, ids: Collection[str]) -> Iterator[Reference]:
        """What points at nothing without these ids."""
        for path, _, raw in self._items(files):
            to = _named(raw.get("items"), ids)
            if to and str(raw["id"]) not in ids:
                yield Reference(ANSWER, str(raw["id"]), self._name(path), to)
        asked = files.text(self.folder / "conversation.yml").data.get("clarifications") or {}
        for key, raw in asked.items():
            if to := _named(raw.get("options"), ids):
                kind = GUIDED if str(key).startswith(GUIDE) else QUESTION
                yield Reference(kind, str(key), "conversation.yml", to)
        for path in self._paths("stories"):
            if to := _named(files.text(path).data.get("stories"), ids):
                yield Reference(STORY, self._name(path), self._name(path), to)

    def _take_out(self, files: Files, own: Path, section: str, ids: Collection[str]) -> tuple[list[str], list[str]]:
        """Takes a section out of all files; those that go whole, and those that keep something."""
        files.gone.add(own)
        kept = []
        try:
            for path in self._paths("topics"):
                topics = files.text(path).data.get("topics") or []
                found = [at for at, raw in enumerate(topics) if isinstance(raw, dict) and str(raw.get("id")) in ids]
                if len(found) == len(topics) and (found or files.text(path).data.get("section") == section):
                    files.gone.add(path)
                elif found:
                    for at in reversed(found):
                        files.text(path).remove(("topics", at))
                    kept.append(path)
            rooms = sorted(path.name for path in (self.folder / "questions").glob("*") if path.is_dir())
            for path in (path for room in rooms for path in self._paths(f"questions/{room}")):
                names = [name for name in files.text(path).data if str(name) in ids]
                if names and len(names) == len(files.text(path).data):
                    files.gone.add(path)
                elif names:
                    for name in names:
                        files.text(path).remove((name,))
                    kept.append(path)
        except YamlTextError as error:
            raise EditError(said("'{name}' cannot be removed: {error}", name=section, error=error)) from error
        return sorted(map(self._name, files.gone)), [self._name(path) for path in kept]


def _named(value: Any, ids: Collection[str]) -> tuple[str, ...]:
    """Those of the ids that stand anywhere in lists and mappings, in their order."""
    if isinstance(value, Mapping):
        value = list(value.values())
    if not isinstance(value, list):
        return (value,) if isinstance(value, str) and value in ids else ()
    return tuple(dict.fromkeys(name for part in value for name in _named(part, ids)))
