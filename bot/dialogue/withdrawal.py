"""Whom to turn to while an answer is withdrawn: the section, in the words of its own contact answer."""

from __future__ import annotations

from datetime import date

from bot.knowledge.model import Contact, Entry, Knowledge

TELLS_HOW_TO_REACH = frozenset({"contact", "phone", "email", "address", "website", "staff", "head"})
"""Aspects whose answers are about contacts themselves; others only name one to turn to."""


def contacts_of(knowledge: Knowledge, section: str, today: date) -> list[Contact]:
    """The contacts that a section publishes and that nothing withdrawn on a day puts in doubt."""
    entry = _contact_entry(knowledge, section, today)
    doubtful = _doubtful(knowledge, today)
    return [contact for contact in knowledge.contacts_in(entry) if contact.id not in doubtful] if entry else []


def words_to_reach(knowledge: Knowledge, section: str, language: str, today: date) -> list[str]:
    """The lines of a section's contact answer, without those that name a contact in doubt; none if none is left.

    Contacts are still ``{names}`` in them.
    """
    entry = _contact_entry(knowledge, section, today)
    usable = contacts_of(knowledge, section, today)
    if entry is None or not usable:
        return []
    doubtful = _doubtful(knowledge, today)
    text = entry.answer.get(language) or entry.answer[knowledge.post.default_language]
    lines = [line for line in text.splitlines() if not any(f"{{{name}}}" in line for name in doubtful)]
    if not any(f"{{{contact.id}}}" in line for line in lines for contact in usable):
        return []
    return lines


def _contact_entry(knowledge: Knowledge, section: str, today: date) -> Entry | None:
    found = knowledge.sections.get(section)
    entries = found.entries if found is not None else ()
    return next((entry for entry in entries if entry.aspect == "contact" and not entry.withdrawn(today)), None)


def _doubtful(knowledge: Knowledge, today: date) -> set[str]:
    """The contacts that a withdrawn answer tells, where it tells how to reach somebody."""
    return {
        contact.id
        for entry in knowledge.entries.values()
        if entry.aspect in TELLS_HOW_TO_REACH and entry.withdrawn(today)
        for contact in knowledge.contacts_in(entry)
    }
