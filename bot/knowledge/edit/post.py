"""What stands once and is shown everywhere: contacts, the names of sections and of the embassy itself."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from bot.knowledge.contacts import LONGEST, contact_problem, referring, spelled_in, users_of
from bot.knowledge.edit.drafts import (
    CONTACT_ID,
    CONTACT_KINDS,
    SECTION_ID,
    ConflictError,
    EditError,
    SpelledOutError,
    UsedError,
    by_language,
    clean,
    line_of,
)
from bot.knowledge.edit.files import Files, alone
from bot.knowledge.edit.named import Choice, Named, NamedTexts
from bot.knowledge.edit.yaml_text import YamlTextError
from bot.knowledge.model import Knowledge, Topic
from bot.knowledge.reader import KnowledgeError, read_knowledge
from bot.knowledge.said import said

ASK, REFER, KEEP = "ask", "refer", "keep"
"""What may become of texts that spell out the old value of a contact."""


class PostEditor(NamedTexts):
    """Changes contacts and names."""

    def save_contact(
        self, name: str, kind: str, value: str, base: tuple[str, str] | None, elsewhere: str = KEEP
    ) -> list[str]:
        """Changes a contact everywhere, or adds one (``base`` None).

        Args:
            name: Its id.
            kind: What it is.
            value: What people are told.
            base: Kind and value that the change was made from.
            elsewhere: What becomes of texts that spell the old value out: ``ASK`` refuses the change and names them,
                ``REFER`` lets those of answers refer to the contact, ``KEEP`` leaves all as they are.

        Raises:
            SpelledOutError: Texts spell the old value out, and nobody said what becomes of them.
            ConflictError: It is no longer the one that was seen, or is gone.
            EditError: It is taken, or cannot be written.
        """
        value = " ".join(clean(value).split(" ")).strip()
        if not CONTACT_ID.fullmatch(name):
            message = said("'{name}' cannot be a contact's name: use small letters, digits and dashes.", name=name)
            raise EditError(message, "name")
        if kind not in CONTACT_KINDS or not value or "\n" in value or len(value) > LONGEST or set("{}") & set(value):
            raise EditError(said("A contact needs a kind and one line of text without braces."), "value")
        wrong = contact_problem(kind, value)
        if wrong is not None:
            raise EditError(said("{wrong}.", wrong=wrong), "value")
        with alone(self.folder):
            files = Files(self.folder)
            text = files.text(self.folder / "embassy.yml")
            now = self._contact(files, name)
            if base is None and now is not None:
                raise EditError(said("There is a contact '{name}' already.", name=name), "name")
            if now != base:
                raise _changed(name, now)
            if now is not None:
                if value != now[1] and elsewhere != KEEP:
                    self._spelled_out(files, name, now, elsewhere)
                self._set(text, ("contacts", name, "kind"), kind)
                self._set(text, ("contacts", name, "value"), value)
            elif text.data.get("contacts"):
                text.append(("contacts",), {name: {"kind": kind, "value": value}})
            else:
                raise EditError(said("Write the first contact into embassy.yml by hand, as docs/knowledge.md shows."))
            return files.store()

    def _spelled_out(self, files: Files, name: str, now: tuple[str, str], elsewhere: str) -> None:
        """Sees to the texts that spell a contact out, before it changes."""
        knowledge = self._knowledge()
        found = spelled_in(knowledge, *now)
        if found and elsewhere != REFER:
            message = said("These texts spell out {value} and would go on giving it.", value=now[1])
            raise SpelledOutError(message, found)
        for item in (knowledge.item(shown.id) for shown in found):
            if item is None:
                continue
            path, at, raw = self._find(files, item.id)
            for code, words in by_language(raw.get("answer"), self.languages).items():
                new = referring(words, *now, name)
                if new != words:
                    key = "topics" if isinstance(item, Topic) else "entries"
                    self._set(files.text(path), (key, at, "answer", code), new)

    def _knowledge(self) -> Knowledge:
        try:
            return read_knowledge(self.folder, questions=False, without=self.broken)
        except KnowledgeError as error:
            raise EditError(*error.args) from error

    def remove_contact(self, name: str, base: tuple[str, str] | None = None) -> list[str]:
        """Removes a contact that nothing shows.

        Raises:
            UsedError: An answer or another text shows it.
            ConflictError: It is no longer the one that was seen, or is gone.
            EditError: It cannot be removed; a :class:`BrokenError` where a file that cannot be read names it.
        """
        self._not_in_broken(name)
        with alone(self.folder):
            files = Files(self.folder)
            now = self._contact(files, name)
            if now is None or (base is not None and now != base):
                raise _changed(name, now)
            users = users_of(self._knowledge(), name)
            if users:
                message = said("'{name}' is shown by {users}. Take it out there first.", name=name,
                               users=", ".join(users[:8]))  # fmt: skip
                raise UsedError(message)
            try:
                files.text(self.folder / "embassy.yml").remove(("contacts", name))
            except YamlTextError as error:
                raise EditError(said("'{name}' cannot be removed: {error}", name=name, error=error)) from error
            return files.store()

    def _contact(self, files: Files, name: str) -> tuple[str, str] | None:
        raw = (files.text(self.folder / "embassy.yml").data.get("contacts") or {}).get(name)
        return (str(raw["kind"]), str(raw["value"])) if raw else None

    def save_names(
        self,
        section: str,
        name: Mapping[str, str],
        short: Mapping[str, str],
        base: Mapping[str, str] | None = None,
        choice: Choice | None = None,
    ) -> list[str]:
        """Changes what a section is called.

        Args:
            section: Its id.
            name: Its name by language.
            short: Its name on buttons by language.
            base: The names that the change was made from, as :meth:`names` gives them; None changes any.
            choice: What becomes of texts that spell out an old name; None leaves them as they are.

        Raises:
            ConflictError: It is called otherwise by now.
            NamedError: Texts spell out an old name that are not those of the choice.
            EditError: There is no such section, or a name cannot be written.
        """
        if not SECTION_ID.fullmatch(section):
            raise EditError(said("There is no section '{section}'.", section=section))
        wanted = self._section_names(name, short)
        with alone(self.folder):
            now = self.names(section)
            return self._save_names(self.folder / "sections" / f"{section}.yml", now, wanted, base, choice)

    def _section_names(self, name: Mapping[str, str], short: Mapping[str, str]) -> dict[str, str]:
        wanted = {}
        for code in self.languages:
            what = said("The section's name ({language})", language=code)
            wanted[f"name_{code}"] = line_of(name.get(code, ""), what, f"name_{code}")
            what = said("The section's name on buttons ({language})", language=code)
            wanted[f"short_{code}"] = line_of(short.get(code, ""), what, f"short_{code}")
        return wanted

    def save_post(
        self, name: Mapping[str, str], base: Mapping[str, str] | None = None, choice: Choice | None = None
    ) -> list[str]:
        """Changes what the embassy itself is called; ``base`` as :meth:`post_names` gives it, ``choice`` as above.

        Raises:
            ConflictError: It is called otherwise by now.
            NamedError: Texts spell out an old name that are not those of the choice.
            EditError: A name cannot be written.
        """
        wanted = self._post_names(name)
        with alone(self.folder):
            return self._save_names(self.folder / "embassy.yml", self.post_names(), wanted, base, choice)

    def _post_names(self, name: Mapping[str, str]) -> dict[str, str]:
        wanted = {}
        for code in self.languages:
            what = said("The embassy's name ({language})", language=code)
            wanted[f"name_{code}"] = line_of(name.get(code, ""), what, f"name_{code}")
        return wanted

    def _save_names(
        self,
        path: Path,
        now: Mapping[str, str],
        wanted: Mapping[str, str],
        base: Mapping[str, str] | None,
        choice: Choice | None,
    ) -> list[str]:
        if base is not None and now != dict(base) and now != wanted:
            raise ConflictError(now)
        files = Files(self.folder, together=True)
        if choice is not None:
            self._rename_texts(path, now, wanted, files, choice)
        for field, words in wanted.items():
            if now[field] != words:
                key, _, code = field.partition("_")
                self._set(files.text(path), (key, code), words)
        return files.store()

    def named_in(self, section: str, name: Mapping[str, str], short: Mapping[str, str]) -> list[Named]:
        """The texts that would go on giving an old name; an empty ``section`` means the embassy itself.

        Raises:
            EditError: There is no such section, or a name cannot be written.
        """
        files = Files(self.folder)
        if not section:
            return self.named(self.folder / "embassy.yml", self.post_names(), self._post_names(name), files)
        now, wanted = self.names(section), self._section_names(name, short)
        return self.named(self.folder / "sections" / f"{section}.yml", now, wanted, files)

    def put_post_back(self, served: Path) -> list[str]:
        """Makes what stands of the embassy itself what it is in another state; contacts and languages stay.

        Raises:
            EditError: It cannot be written.
        """
        wanted = Files(served).text(served / "embassy.yml").data
        with alone(self.folder):
            files = Files(self.folder)
            text = files.text(self.folder / "embassy.yml")
            for path in (*(("name", code) for code in self.languages), ("page", "title"), ("default_language",)):
                self._set(text, path, _at(wanted, path))
            zone = wanted.get("time_zone")
            if zone is not None:
                self._set(text, ("time_zone",), zone)
            elif "time_zone" in text.data:
                text.remove(("time_zone",))
            return files.store()


def _at(data: Any, path: tuple[str, ...]) -> Any:
    for key in path:
        data = data[key]
    return data


def _changed(name: str, now: tuple[str, str] | None) -> ConflictError:
    """The conflict of a contact that is another one by now."""
    if now is None:
        return ConflictError(None, said("'{name}' is gone: somebody else has removed it.", name=name))
    message = said("'{name}' is {value} by now: somebody else has changed it.", name=name, value=now[1])
    return ConflictError({"kind": now[0], "value": now[1]}, message)
