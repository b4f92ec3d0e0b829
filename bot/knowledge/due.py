"""Answers to be checked again, as a list that can be pasted into a mail."""

from __future__ import annotations

from collections import defaultdict
from datetime import date, timedelta

from bot.knowledge.model import Entry, Knowledge

SOON = timedelta(days=14)
NOBODY = "(nobody named)"


def is_due(entry: Entry, today: date) -> bool:
    """Whether an answer is past its review date, has withdrawn itself, or will within two weeks."""
    ends = entry.valid_until is not None and entry.valid_until - SOON < today
    return entry.review_by < today or ends


def due_list(knowledge: Knowledge, today: date) -> str:
    """All due answers by whoever looks after them, the longest overdue first."""
    due: dict[str, list[Entry]] = defaultdict(list)
    for entry in knowledge.entries.values():
        if is_due(entry, today):
            due[entry.owner or NOBODY].append(entry)
    if not due:
        return "No answer has to be checked now."
    lines = [f"Answers to check, {today.isoformat()}", ""]
    for owner in sorted(due, key=lambda name: (name == NOBODY, name)):
        lines.append(f"{owner}:")
        for entry in sorted(due[owner], key=lambda entry: min(entry.review_by, entry.valid_until or date.max)):
            lines.append(f"- {entry.title[knowledge.post.default_language]} ({entry.id}, {entry.place})")
            lines.append(f"  {_why(entry, today)}; last checked on {entry.checked.isoformat()}")
        lines.append("")
    return "\n".join(lines).rstrip()


def _why(entry: Entry, today: date) -> str:
    reasons = []
    if entry.review_by < today:
        reasons.append(f"to be checked by {entry.review_by.isoformat()}, {_days((today - entry.review_by).days)} late")
    if entry.valid_until is not None and entry.valid_until < today:
        reasons.append(f"valid until {entry.valid_until.isoformat()}, so nobody gets it any more")
    elif entry.valid_until is not None and entry.valid_until - SOON < today:
        reasons.append(f"valid until {entry.valid_until.isoformat()}, then nobody gets it")
    return "; ".join(reasons)


def _days(count: int) -> str:
    return "1 day" if count == 1 else f"{count} days"
