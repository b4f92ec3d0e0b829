"""What differs between two states of the knowledge, as staff read it."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterator, Mapping, Sequence, Set
from dataclasses import dataclass, replace
from pathlib import Path

from bot.knowledge.edit.talk import differing_questions
from bot.knowledge.model import Entry, Knowledge, Section, Topic, told
from bot.knowledge.reader import knowledge_files
from bot.knowledge.yaml_lines import YamlFileError

ADDED, EDITED, REMOVED = "added", "edited", "removed"
MOST_LINES_SHOWN = 40
LEARNED = ("questions", "stories", "conversation.yml")
"""Where what a model learns from stands; everything else is wording."""


@dataclass(frozen=True)
class FieldChange:
    """One field of something; ``name`` is ``title en``, ``answer fr``, ``questions fr``, ``checked``…"""

    name: str
    before: str
    after: str

    @property
    def words(self) -> list[tuple[str, str]]:
        """The two texts as one: pieces that are ``same``, ``out`` or ``in``."""
        return word_changes(self.before, self.after)

    @property
    def lines(self) -> list[tuple[str, str]]:
        """The same line by line, for lists."""
        return pieces_of(self.before.splitlines(), self.after.splitlines(), "\n")


@dataclass(frozen=True)
class Change:
    """Something that differs.

    Attributes:
        what: ``entry``, ``topic``, ``contact``, ``section``, ``post`` (the embassy itself), ``guide`` (a question of a
            guided conversation), ``vague`` (a vague question), ``no_office`` (a question that names no office),
            ``asked`` (sample questions of small talk and the like), ``file`` (where these stand) or ``other``: a file
            in which something differs that is none of these, like a note.
        files: Where it stands, its questions apart.
    """

    what: str
    id: str
    kind: str
    title: str
    fields: tuple[FieldChange, ...]
    files: tuple[str, ...] = ()


def word_changes(before: str, after: str) -> list[tuple[str, str]]:
    """Two texts as pieces that stayed (``same``), went (``out``) or came (``in``), in reading order."""
    old, new = (re.findall(r"\s+|[^\s]+", text) for text in (before, after))
    return pieces_of(old, new)


def pieces_of(old: Sequence[str], new: Sequence[str], between: str = "") -> list[tuple[str, str]]:
    """Two lists of texts as pieces that stayed, went or came; the texts of each piece joined by ``between``."""
    pieces: list[tuple[str, str]] = []
    for tag, a, b, c, d in difflib.SequenceMatcher(None, old, new, autojunk=False).get_opcodes():
        if tag == "equal":
            pieces.append(("same", between.join(old[a:b])))
            continue
        if a < b:
            pieces.append(("out", between.join(old[a:b])))
        if c < d:
            pieces.append(("in", between.join(new[c:d])))
    return pieces


def changes(old: Knowledge, new: Knowledge, language: str) -> list[Change]:
    """Everything that staff edit which differs, entries first; both must have been read with their questions."""
    return [
        *_items("entry", old.entries, new.entries, old, new, language),
        *_items("topic", old.topics, new.topics, old, new, language),
        *_contacts(old, new),
        *_sections(old, new, language),
        *_post(old, new, language),
    ]


def file_changes(old: Path, new: Path) -> list[Change]:
    """Files without entries (small talk, guided conversations) whose lines differ."""
    names = [name for name in _differing(old, new) if name.split("/")[0] in ("conversation.yml", "stories")]
    return [_file("file", name, old / name, new / name) for name in names]


def other_changes(old: Path, new: Path, found: Sequence[Change]) -> list[Change]:
    """Files that differ though nothing that was ``found`` tells why: no difference stays unseen."""
    told = {name for change in found for name in change.files}
    asked = {(field.name, change.id) for change in found for field in change.fields}
    names = [name for name in _differing(old, new) if name not in told and not _is_asked(name, old, new, asked)]
    return [_file("other", name, old / name, new / name) for name in names]


def _is_asked(name: str, old: Path, new: Path, asked: Set[tuple[str, str]]) -> bool:
    """Whether it is a file of sample questions in which something differs, and every such id was told of."""
    room, _, rest = name.partition("/")
    if room != "questions":
        return False
    try:
        ids = differing_questions(old / name, new / name)
    except YamlFileError:  # it was changed at this very moment
        return False
    return bool(ids) and all((f"questions {rest.partition('/')[0]}", one) in asked for one in ids)


def _differing(old: Path, new: Path) -> list[str]:
    names = {path.relative_to(folder).as_posix() for folder in (old, new) for path in knowledge_files(folder)}
    return sorted(name for name in names if _bytes(old / name) != _bytes(new / name))


def _bytes(path: Path) -> bytes | None:
    return path.read_bytes() if path.exists() else None


def _file(what: str, name: str, old: Path, new: Path) -> Change:
    before, after = ((_bytes(path) or b"").decode("utf-8", "replace") for path in (old, new))
    kind = ADDED if not old.exists() else REMOVED if not new.exists() else EDITED
    lines = list(difflib.unified_diff(before.splitlines(), after.splitlines(), lineterm="", n=0))[2:]
    out = [line[1:] for line in lines if line.startswith("-")]
    came = [line[1:] for line in lines if line.startswith("+")]
    return Change(what, name, kind, name, (FieldChange("lines", _first(out), _first(came)),), (name,))


def _first(lines: Sequence[str]) -> str:
    more = [f"… (+{len(lines) - MOST_LINES_SHOWN})"] if len(lines) > MOST_LINES_SHOWN else []
    return "\n".join([*lines[:MOST_LINES_SHOWN], *more])


def _items(
    what: str,
    old_items: Mapping[str, Entry] | Mapping[str, Topic],
    new_items: Mapping[str, Entry] | Mapping[str, Topic],
    old: Knowledge,
    new: Knowledge,
    language: str,
) -> Iterator[Change]:
    for name in sorted({*old_items, *new_items}):
        before, after = old_items.get(name), new_items.get(name)
        fields = tuple(_fields(before, after, old, new, name))
        if fields:
            known = after or before
            assert known is not None
            yield Change(
                what, name, _kind(before, after), told(known.title, language, name), fields, _files(before, after)
            )


def _kind(before: object, after: object) -> str:
    return ADDED if before is None else REMOVED if after is None else EDITED


def _files(*items: Entry | Topic | Section | None) -> tuple[str, ...]:
    return tuple(sorted({item.place.file for item in items if item is not None}))


def _fields(
    before: Entry | Topic | None, after: Entry | Topic | None, old: Knowledge, new: Knowledge, name: str
) -> Iterator[FieldChange]:
    for field in ("title", "answer"):
        for language in new.post.languages:
            texts = [getattr(item, field).get(language, "") if item else "" for item in (before, after)]
            if texts[0] != texts[1]:
                yield FieldChange(f"{field} {language}", *texts)
    for field in ("section", "aspect", "items", "source", "checked", "review_by", "valid_until", "owner", "enabled"):
        texts = [_text(getattr(item, field, None)) for item in (before, after)]
        if texts[0] != texts[1]:
            yield FieldChange(field, *texts)
    yield from question_fields(old, new, name)


def question_fields(old: Knowledge, new: Knowledge, name: str) -> Iterator[FieldChange]:
    """The languages in which the sample questions of an id differ, with those that went and came."""
    for language in new.post.languages:
        asked = [tuple(k.questions.get(language, {}).get(name, ())) for k in (old, new)]
        if asked[0] != asked[1]:
            yield FieldChange(f"questions {language}", _gone(asked[0], asked[1]), _gone(asked[1], asked[0]))


def _text(value: object) -> str:
    return "\n".join(value) if isinstance(value, tuple) else str(value) if value is not None else ""


def _gone(these: Sequence[str], those: Sequence[str]) -> str:
    """The questions that only ``these`` hold, one a line, the first forty of them."""
    other = set(those)
    return _first([question for question in these if question not in other])


def _contacts(old: Knowledge, new: Knowledge) -> Iterator[Change]:
    for name in sorted({*old.post.contacts, *new.post.contacts}):
        before, after = old.post.contacts.get(name), new.post.contacts.get(name)
        fields = []
        for field in ("kind", "value"):
            texts = [_text(getattr(contact, field, None)) for contact in (before, after)]
            if texts[0] != texts[1]:
                fields.append(FieldChange(field, *texts))
        if fields:
            yield Change("contact", name, _kind(before, after), name, tuple(fields), ("embassy.yml",))


def _post(old: Knowledge, new: Knowledge, language: str) -> Iterator[Change]:
    before, after = old.post, new.post
    fields = []
    for code in dict.fromkeys([*before.name, *after.name]):
        fields.append(FieldChange(f"name {code}", before.name.get(code, ""), after.name.get(code, "")))
    for name in ("page_title", "page_language", "default_language", "languages", "time_zone"):
        fields.append(FieldChange(name, _text(getattr(before, name)), _text(getattr(after, name))))
    differ = tuple(field for field in fields if field.before != field.after)
    if differ:
        yield Change("post", "embassy", EDITED, told(after.name, language, "embassy"), differ, ("embassy.yml",))


def _sections(old: Knowledge, new: Knowledge, language: str) -> Iterator[Change]:
    for name in sorted({*old.sections, *new.sections}):
        before, after = old.sections.get(name), new.sections.get(name)
        fields = []
        for field in ("name", "short"):
            for code in new.post.languages:
                texts = [getattr(section, field).get(code, "") if section else "" for section in (before, after)]
                if texts[0] != texts[1]:
                    fields.append(FieldChange(f"{field} {code}", *texts))
        if fields:
            known = after or before
            assert known is not None
            title = told(known.name, language, name)
            yield Change("section", name, _kind(before, after), title, tuple(fields), _files(before, after))


def only_words(found: Sequence[Change]) -> bool:
    """Whether no model depends on any of these: nothing came or went, no question and no guided conversation differs.

    A contact or section that came or went is wording too, since only entries and topics are what people ask for. A file
    that is learned is learned whole: also where only its layout differs, what is served would no longer be what its
    model was made from.
    """
    return not any(
        _is_new_ground(change)
        or any(map(is_learned, change.files))
        or any(field.name.startswith("questions") for field in change.fields)
        for change in found
    )


def _is_new_ground(change: Change) -> bool:
    """Whether its file tells of something that the served model has not learned."""
    if change.what in ("entry", "topic"):
        return change.kind != EDITED or any(field.name in ("aspect", "section") for field in change.fields)
    return change.what == "post" and any(field.name == "languages" for field in change.fields)


def is_learned(name: str) -> bool:
    """Whether a model learns from a file of that name."""
    return name.split("/")[0] in LEARNED


def held_back(found: Sequence[Change]) -> set[str]:
    """The files that cannot be taken whole when only words are published, those that are learned apart."""
    new = {change.id for change in found if change.what in ("entry", "topic") and change.kind == ADDED}
    return {
        name
        for change in found
        if _is_new_ground(change) or any(f.name == "items" and new & set(f.after.split("\n")) for f in change.fields)
        for name in change.files
    }


def words_of(found: Sequence[Change]) -> list[Change]:
    """What of the changes can be published without the rest: all of them where only words differ.

    Of files that hold something to be learned too, these are the fields that can be written one by one. A contact that
    went stays, since what is held back may show it.
    """
    if only_words(found):
        return list(found)
    held, kept = held_back(found), []
    for change in found:
        if _is_new_ground(change) or is_removed_contact(change) or any(is_learned(name) for name in change.files):
            continue
        apart = any(name in held for name in change.files)
        if apart and (change.what in ("post", "other") or (change.what == "section" and change.kind != EDITED)):
            continue
        left = ("questions", "items") if apart else ("questions",)
        fields = tuple(field for field in change.fields if not field.name.startswith(left))
        if fields:
            kept.append(replace(change, fields=fields))
    return kept


def is_removed_contact(change: Change) -> bool:
    """Whether a contact is gone."""
    return change.what == "contact" and change.kind == REMOVED
