"""What a change did, as the log keeps it: which files, and each field before and after, shortened.

The log is kept for ever, so no words of the public get into it: of sample questions it tells only how many.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import takewhile
from pathlib import Path

from bot.console.naming import Words, field_text, field_word
from bot.knowledge.model import Knowledge
from bot.knowledge.reader import KnowledgeError, read_knowledge
from bot.publishing.asked import asked_changes
from bot.publishing.changes import EDITED, Change, changes, file_changes

MOST_FIELDS = 6
LONGEST = 90
"""Letters that are kept of each side of a field."""
AROUND = 3
"""Words that are kept before and after what differs."""


@dataclass(frozen=True)
class Told:
    """One field in the reader's words; ``where`` is the id of what it belongs to, empty for the line's own subject."""

    where: str
    field: str
    before: str
    after: str


def noted(before: Path, after: Path, files: Sequence[str]) -> str:
    """What differs between two states of the knowledge, as JSON; only the files where one cannot be read."""
    try:
        old, new = read_knowledge(before), read_knowledge(after)
    except (KnowledgeError, OSError):
        return json.dumps({"files": list(files)})
    language = new.post.default_language
    found = [*changes(old, new, language), *asked_changes(old, new, language), *file_changes(before, after)]
    fields = [line for change in found if change.kind == EDITED for line in _lines(change, old, new)]
    kept = {"files": list(files), "fields": fields[:MOST_FIELDS], "more": len(fields[MOST_FIELDS:])}
    return json.dumps(kept, ensure_ascii=False)


def _lines(change: Change, old: Knowledge, new: Knowledge) -> list[list[str]]:
    lines = []
    for field in change.fields:
        kind, _, code = field.name.partition(" ")
        if kind == "questions":
            asked = [set(known.questions.get(code, {}).get(change.id, ())) for known in (old, new)]
            texts = (f"−{len(asked[0] - asked[1])}", f"+{len(asked[1] - asked[0])}")
        else:
            texts = shortened(field.before, field.after)
        lines.append([change.id, field.name, *texts])
    return lines


def shortened(before: str, after: str) -> tuple[str, str]:
    """Two texts without most of what they have in common, cut off where they are long."""
    old, new = before.split(), after.split()
    start = sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], zip(old, new)))
    rest = zip(reversed(old[start:]), reversed(new[start:]))
    end = sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], rest))
    skip, drop = max(0, start - AROUND), max(0, end - AROUND)
    return _cut(old, skip, drop), _cut(new, skip, drop)


def _cut(words: Sequence[str], skip: int, drop: int) -> str:
    text = " ".join(words[skip : len(words) - drop])
    text = f"… {text}" if skip else text
    if len(text) > LONGEST:
        return f"{text[:LONGEST].rstrip()}…"
    return f"{text} …" if drop else text


def told(kept: str, subject: str, t: Words) -> tuple[str, list[Told], int]:
    """What a line of the log keeps of a change: the files, the fields, and how many more there were."""
    found = json.loads(kept) if kept else {}
    lines = [
        Told(
            "" if where == subject else where,
            field_word(name, t),
            field_text(before, name, t),
            field_text(after, name, t),
        )
        for where, name, before, after in found.get("fields", ())
    ]
    return ", ".join(found.get("files", ())), lines, int(found.get("more", 0))
