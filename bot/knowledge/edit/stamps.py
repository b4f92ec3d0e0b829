"""Which state of an answer a row of an exported table holds, as a text that a spreadsheet leaves alone."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping, Sequence

from bot.knowledge.edit.drafts import EntryDraft, cells, clean

HEAD = (
    "version (leave as it is: tells whether the answer was changed after this export / "
    "ne pas modifier : dit si la réponse a changé après cet export)"
)
"""The head of the column; without commas and semicolons, by which a CSV file's delimiter is told."""
DIGITS = 6
STAMP = re.compile(r"v([0-9a-f]+)")
"""It begins with a letter, so that no spreadsheet takes it for a number, a day or a formula."""


def is_head(head: str) -> bool:
    """Whether a column holds stamps: people may shorten the words after the first."""
    return re.match(r"version\b", head) is not None


def stamp(draft: EntryDraft, languages: Sequence[str]) -> str:
    """The state of an answer: a few digits for each field, so that a row tells which of its cells were changed."""
    return "v" + "".join(digest for _, digest in sorted(digests(draft, languages).items()))


def digests(draft: EntryDraft, languages: Sequence[str]) -> dict[str, str]:
    """The digits of each field, by the names of the columns."""
    return {head: digest_of(draft.id, head, text) for head, text in cells(draft, languages).items()}


def digest_of(name: str, head: str, text: str) -> str:
    """The digits of one cell; blanks at its ends do not count, since some spreadsheets take them away."""
    whole = json.dumps([name, head, clean(text).strip()])
    return hashlib.sha256(whole.encode()).hexdigest()[:DIGITS]


def read(text: str, name: str, heads: Sequence[str]) -> Mapping[str, str] | None:
    """The digits of each field that a stamp holds; None where it is none, or that of another answer.

    Args:
        text: What stands in the cell.
        name: The id in its row.
        heads: The names of all columns.
    """
    found = STAMP.fullmatch(text.strip())
    if found is None or len(found[1]) != DIGITS * len(heads):
        return None
    parts = [found[1][at : at + DIGITS] for at in range(0, len(found[1]), DIGITS)]
    then = dict(zip(sorted(heads), parts))
    return then if then["id"] == digest_of(name, "id", name) else None
