"""Answers to be checked again, as a list that can be pasted into a mail."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from datetime import date, timedelta
from functools import reduce

from bot.knowledge.model import Entry, Knowledge, told
from bot.knowledge.said import Said, in_language, said

SOON = timedelta(days=14)


def is_due(entry: Entry, today: date) -> bool:
    """Whether an answer is past its review date, has withdrawn itself, or will within two weeks."""
    ends = entry.valid_until is not None and entry.valid_until - SOON < today
    return entry.review_by < today or ends


def due_list(knowledge: Knowledge, today: date, language: str) -> str:
    """All due answers in one language, by whoever looks after them, the longest overdue first."""
    due: dict[str, list[Entry]] = defaultdict(list)
    for entry in knowledge.entries.values():
        if is_due(entry, today):
            due[entry.owner].append(entry)
    if not due:
        return in_language(said("No answer has to be checked now."), language)
    lines = [in_language(said("Answers to check, {day}", day=today.isoformat()), language), ""]
    for owner in sorted(due, key=lambda name: (not name, name)):
        lines.append(in_language(said("{owner}:", owner=owner or said("(nobody named)")), language))
        for entry in sorted(due[owner], key=lambda entry: min(entry.review_by, entry.valid_until or date.max)):
            why = reduce(lambda first, then: said("{first}; {then}", first=first, then=then), _why(entry, today))
            lines.append(f"- {told(entry.title, language, entry.id)} ({entry.id}, {entry.place})")
            checked = said("{why}; last checked on {day}", why=why, day=entry.checked.isoformat())
            lines.append(f"  {in_language(checked, language)}")
        lines.append("")
    return "\n".join(lines).rstrip()


def _why(entry: Entry, today: date) -> Iterator[Said]:
    if entry.review_by < today:
        days = (today - entry.review_by).days
        late = said("1 day late") if days == 1 else said("{days} days late", days=days)
        yield said("to be checked by {day}, {late}", day=entry.review_by.isoformat(), late=late)
    if entry.valid_until is not None and entry.valid_until < today:
        yield said("valid until {day}, so nobody gets it any more", day=entry.valid_until.isoformat())
    elif entry.valid_until is not None and entry.valid_until - SOON < today:
        yield said("valid until {day}, then nobody gets it", day=entry.valid_until.isoformat())
