"""Every text that the public is shown: those in which contacts are filled in, and those shown as they are written."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from bot.knowledge.model import Entry, Knowledge, Place, Text, Topic
from bot.knowledge.said import Said, said


@dataclass(frozen=True)
class Shown:
    """A text with what it belongs to.

    Attributes:
        id: The entry, topic, small talk, question back, safety rule, section or wording that it belongs to.
        what: Which of its texts it is.
    """

    id: str
    what: Said
    text: Text
    place: Place


def filled(knowledge: Knowledge) -> Iterator[Shown]:
    """Texts in which ``{contact}`` becomes its value."""
    talk, answer = knowledge.conversation, said("the answer")
    for item in _items(knowledge):
        yield Shown(item.id, answer, item.answer, item.place)
    for reply in talk.small_talk.values():
        yield Shown(reply.id, answer, reply.answer, reply.place)
    for rule in talk.safety:
        yield Shown(rule.id, answer, rule.answer, rule.place)
    for name, text in talk.wording.items():
        yield Shown(name, answer, text, Place("conversation.yml", 1))


def unfilled(knowledge: Knowledge) -> Iterator[Shown]:
    """Texts that are shown letter by letter: titles, names, questions back."""
    post, title, name = Place("embassy.yml", 1), said("the title"), said("the name")
    yield Shown("embassy.yml", name, knowledge.post.name, post)
    yield Shown("embassy.yml", title, {knowledge.post.default_language: knowledge.post.page_title}, post)
    for section in knowledge.sections.values():
        yield Shown(section.id, name, section.name, section.place)
        yield Shown(section.id, said("the name on buttons"), section.short, section.place)
    for item in _items(knowledge):
        yield Shown(item.id, title, item.title, item.place)
    for asked in knowledge.conversation.clarifications.values():
        yield Shown(asked.id, said("the question"), asked.question, asked.place)


def _items(knowledge: Knowledge) -> list[Entry | Topic]:
    return [*knowledge.entries.values(), *knowledge.topics.values()]
