"""Questions for something in particular, a number or a price: an answer without it is no answer, however near it is."""

from __future__ import annotations

import re

from bot.dialogue.understanding import cue
from bot.knowledge.model import Entry, Knowledge
from nlu.text import flat

QUANTITY = "quantity"
NUMBER = re.compile(
    r"\d|\b(one|two|three|four|five|six|both|bilingual|several|deux|trois|quatre|cinq|bilingues?|plusieurs)\b"
)
REACHING = ("phone", "email", "contact")
"""Answers to "how much" where people mean a phone number: "le numéro, c'est combien ?"."""
ASPECTS = ("price", "documents", "duration", "hours")
"""Aspects whose words in a question and in an answer the conversation file has: ``asks-price``, ``tells-price``."""


def lacking_in(knowledge: Knowledge, entry: Entry, question: str) -> str | None:
    """What a question asks for that an entry does not tell: ``quantity`` or an aspect, None for nothing.

    A question how many is told by an answer that says a number or lists what could be counted.
    """
    for aspect in ASPECTS if entry.aspect not in REACHING else ():
        if entry.aspect != aspect and asks_for(knowledge, aspect, question):
            told = (*entry.title.values(), *_answers(knowledge, entry))
            return None if any(cue(knowledge.conversation.cues, f"tells-{aspect}", text) for text in told) else aspect
    if entry.items or not cue(knowledge.conversation.cues, QUANTITY, question):
        return None
    return None if any(NUMBER.search(flat(answer)) for answer in _answers(knowledge, entry)) else QUANTITY


def _answers(knowledge: Knowledge, entry: Entry) -> list[str]:
    return [knowledge.fill(answer) for answer in entry.answer.values()]


def asks_for(knowledge: Knowledge, aspect: str, question: str) -> bool:
    """Whether a question has words that ask for one of the ``ASPECTS``."""
    return cue(knowledge.conversation.cues, f"asks-{aspect}", question)
