"""Questions for a number: an answer without one is no answer, however near it is."""

from __future__ import annotations

import re

from bot.dialogue.understanding import cue
from bot.knowledge.model import Entry, Knowledge
from nlu.text import flat

NUMBER = re.compile(
    r"\d|\b(one|two|three|four|five|six|both|bilingual|several|deux|trois|quatre|cinq|bilingues?|plusieurs)\b"
)


def lacks_the_number(knowledge: Knowledge, entry: Entry, question: str) -> bool:
    """Whether a question asks how many and the entry neither says a number nor lists what could be counted."""
    if entry.items or not cue(knowledge.conversation.cues, "quantity", question):
        return False
    return not any(NUMBER.search(flat(knowledge.fill(answer))) for answer in entry.answer.values())
