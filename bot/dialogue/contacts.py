"""The contacts under a reply, and whose they are."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from bot.dialogue.withdrawal import TELLS_HOW_TO_REACH
from bot.knowledge.model import Contact, Knowledge

OFFICE = "office"
"""What names the office whose contacts follow."""


def listed(knowledge: Knowledge, contacts: Iterable[Contact], language: str) -> tuple[dict[str, str], ...]:
    """Contacts as a reply lists them, in their order; where they are those of several offices, under their names."""
    contacts = list(contacts)
    published = _published(knowledge) if len(contacts) > 1 else {}  # one alone needs no office's name above it
    owners = [(contact, _office_of(contact, published)) for contact in contacts]
    several = len({owner for _, owner in owners}) > 1
    found: list[dict[str, str]] = []
    last: str | None = ""
    for contact, owner in owners:
        if several and owner != last:
            name = (knowledge.sections[owner].short if owner else knowledge.post.name)[language]
            found.append({"kind": OFFICE, "value": name[:1].upper() + name[1:]})
        found.append({"kind": contact.kind, "value": contact.value})
        last = owner
    return tuple(found)


def _published(knowledge: Knowledge) -> dict[str, set[str]]:
    """The ids of the contacts that each section publishes."""
    return {
        section.id: {
            named.id
            for entry in section.entries
            if entry.aspect in TELLS_HOW_TO_REACH
            for named in knowledge.contacts_in(entry)
        }
        for section in knowledge.sections.values()
    }


def _office_of(contact: Contact, published: Mapping[str, set[str]]) -> str | None:
    """The section that a contact belongs to: of those that publish it the one with the fewest others beside it."""
    owners = [name for name, contacts in published.items() if contact.id in contacts]
    return min(owners, key=lambda name: len(published[name]), default=None)
