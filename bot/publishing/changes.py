"""What differs between two states of the knowledge, as staff read it."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from bot.knowledge.model import Entry, Knowledge, Topic
from bot.knowledge.reader import knowledge_files

ADDED, EDITED, REMOVED = "added", "edited", "removed"
MOST_QUESTIONS_SHOWN = 40


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


@dataclass(frozen=True)
class Change:
    """An entry, topic, contact, section or file that differs."""

    what: str
    """``entry``, ``topic``, ``contact``, ``section`` or ``file``"""

    id: str
    kind: str
    title: str
    fields: tuple[FieldChange, ...]


def word_changes(before: str, after: str) -> list[tuple[str, str]]:
    """Two texts as pieces that stayed (``same``), went (``out``) or came (``in``), in reading order."""
    old, new = (re.findall(r"\s+|[^\s]+", text) for text in (before, after))
    pieces: list[tuple[str, str]] = []
    for tag, a, b, c, d in difflib.SequenceMatcher(None, old, new, autojunk=False).get_opcodes():
        if tag == "equal":
            pieces.append(("same", "".join(old[a:b])))
            continue
        if a < b:
            pieces.append(("out", "".join(old[a:b])))
        if c < d:
            pieces.append(("in", "".join(new[c:d])))
    return pieces


def changes(old: Knowledge, new: Knowledge, language: str) -> list[Change]:
    """Everything that staff edit which differs, entries first; both must have been read with their questions."""
    found = [
        *_items("entry", old.entries, new.entries, old, new, language),
        *_items("topic", old.topics, new.topics, old, new, language),
        *_contacts(old, new),
        *_sections(old, new, language),
    ]
    return found


def file_changes(old: Path, new: Path) -> list[Change]:
    """Files without entries (small talk, guided conversations) whose lines differ."""
    others = {"conversation.yml", "stories"}
    names = {
        path.relative_to(folder).as_posix()
        for folder in (old, new)
        for path in knowledge_files(folder)
        if path.relative_to(folder).parts[0] in others
    }
    return [change for name in sorted(names) if (change := _file(name, old / name, new / name))]


def _file(name: str, old: Path, new: Path) -> Change | None:
    before, after = (path.read_text(encoding="utf-8") if path.exists() else "" for path in (old, new))
    if before == after:
        return None
    kind = ADDED if not before else REMOVED if not after else EDITED
    lines = [line for line in difflib.ndiff(before.splitlines(), after.splitlines()) if line[:2] in ("- ", "+ ")]
    out = "\n".join(line[2:] for line in lines if line.startswith("- "))
    came = "\n".join(line[2:] for line in lines if line.startswith("+ "))
    return Change("file", name, kind, name, (FieldChange("lines", out, came),))


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
            kind = ADDED if before is None else REMOVED if after is None else EDITED
            yield Change(what, name, kind, known.title.get(language, name), fields)


def _fields(
    before: Entry | Topic | None, after: Entry | Topic | None, old: Knowledge, new: Knowledge, name: str
) -> Iterator[FieldChange]:
    for field in ("title", "answer"):
        for language in new.post.languages:
            texts = [getattr(item, field).get(language, "") if item else "" for item in (before, after)]
            if texts[0] != texts[1]:
                yield FieldChange(f"{field} {language}", *texts)
    for field in ("aspect", "source", "checked", "review_by", "valid_until", "owner", "enabled"):
        texts = [str(value) if (value := getattr(item, field, None)) is not None else "" for item in (before, after)]
        if texts[0] != texts[1]:
            yield FieldChange(field, *texts)
    for language in new.post.languages:
        asked = [tuple(k.questions.get(language, {}).get(name, ())) for k in (old, new)]
        if asked[0] != asked[1]:
            yield FieldChange(f"questions {language}", _gone(asked[0], asked[1]), _gone(asked[1], asked[0]))


def _gone(these: Sequence[str], those: Sequence[str]) -> str:
    """The questions that only ``these`` hold, one a line, the first forty of them."""
    other = set(those)
    only = [question for question in these if question not in other]
    more = [f"… (+{len(only) - MOST_QUESTIONS_SHOWN})"] if len(only) > MOST_QUESTIONS_SHOWN else []
    return "\n".join(only[:MOST_QUESTIONS_SHOWN] + more)


def _contacts(old: Knowledge, new: Knowledge) -> Iterator[Change]:
    for name in sorted({*old.post.contacts, *new.post.contacts}):
        before, after = old.post.contacts.get(name), new.post.contacts.get(name)
        texts = [contact.value if contact else "" for contact in (before, after)]
        if texts[0] != texts[1]:
            kind = ADDED if before is None else REMOVED if after is None else EDITED
            yield Change("contact", name, kind, name, (FieldChange("value", *texts),))


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
            kind = ADDED if before is None else REMOVED if after is None else EDITED
            yield Change("section", name, kind, known.name.get(language, name), tuple(fields))


def only_words(found: Sequence[Change]) -> bool:
    """Whether no model depends on any of these: nothing came or went, no question and no guided conversation differs.

    A contact or section that came or went is wording too, since only entries and topics are what people ask for.
    """
    for change in found:
        if change.what == "file":
            return False
        if change.what in ("entry", "topic"):
            if change.kind != EDITED:
                return False
            if any(field.name.startswith("questions") or field.name == "aspect" for field in change.fields):
                return False
    return True
