"""How the pieces of a message are compared, before it is decided which of them are questions of their own."""

from __future__ import annotations

from bot.dialogue import segmentation
from bot.dialogue.in_context import ContextReader
from bot.dialogue.joints import BESIDE_DOINGS, PARTICULARS
from bot.dialogue.mentions import SectionMentions
from bot.dialogue.picks import CLEAR
from bot.dialogue.understanding import Part, cue
from bot.knowledge.model import Entry, Knowledge

STANDS_FOR = frozenset({"it", "this", "that", "them", "those", "ca", "cela", "en"})
"""Words for what was just asked about."""
GOING_ON = frozenset({"ask.overview", "ask.more"})
BRIEF = 8


class PieceMeasures:
    """Compares pieces by what the knowledge has for them."""

    def __init__(self, knowledge: Knowledge, mentions: SectionMentions, reader: ContextReader) -> None:
        self._knowledge = knowledge
        self._mentions = mentions
        self._reader = reader

    def measures(self) -> segmentation.Measures:
        """What a cutter needs."""
        return segmentation.Measures(
            self._target,
            self._subject,
            self._clarity,
            self._reader.read_piece,
            self._reader.is_dependent,
            self._names_only,
            self._is_lacking,
            self._repeats,
            lambda left, right: self._mentions.lies_across(left.text, right.text),
            lambda left, right: self._mentions.are_told_together(left.text, right.text),
        )

    def _target(self, part: Part) -> str:
        """What tells two questions apart: the entry, or for small things their group."""
        if part.intent.startswith(segmentation.OTHER):
            return segmentation.OTHER
        return part.intent

    def _clarity(self, part: Part) -> float:
        """How clear it is what a piece is about: one matter, or at least one office."""
        shares: dict[str, float] = {}
        for name, share in part.ranking:
            item = self._knowledge.item(name)
            if item is not None:
                shares[item.section] = shares.get(item.section, 0.0) + share
        return max(part.confidence, max(shares.values(), default=0.0) - 0.1)

    def _names_only(self, part: Part) -> bool:
        """Whether a piece is only the name of the office that it is about."""
        return self._mentions.only_section(part) is not None

    def _is_lacking(self, part: Part) -> bool:
        """Whether a piece asks for a known topic without an answer, or for some particular."""
        topic = self._knowledge.topics.get(part.intent)
        return part.intent == PARTICULARS or (topic is not None and not topic.elsewhere)

    def _repeats(self, first: Part, part: Part) -> bool:
        """Whether a later piece asks what the first one's answer tells: an office's doings, who runs a program."""
        if first.intent not in self._knowledge.entries or not self._reader.tells_doings(first.intent):
            return False
        section = self._knowledge.entries[first.intent].section
        item = self._knowledge.item(part.intent)
        here = item is None or item.section == section
        told = item is None or item.aspect in (*BESIDE_DOINGS, "overview") or part.intent == first.intent
        vague = part.confidence < CLEAR or (here and (told or not STANDS_FOR.isdisjoint(part.words)))
        if vague and len(part.words) <= BRIEF and cue(self._knowledge.conversation.cues, "which-office", part.text):
            return True
        if segmentation.ASK + "head" in (part.intent, part.alone) and self._reader.is_dependent(part):
            aspect, head = self._knowledge.entries[first.intent].aspect, self._knowledge.find(section, "head")
            return aspect == "detail" and not isinstance(head, Entry)
        return part.intent in GOING_ON or (part.alone in GOING_ON and self._is_overview_beside(first, part.intent))

    def _is_overview_beside(self, first: Part, name: str) -> bool:
        item = self._knowledge.item(name)
        section = self._knowledge.section_of(first.intent)
        return item is not None and item.aspect == "overview" and item.section == section

    def _subject(self, part: Part) -> str:
        return self._knowledge.section_of(part.intent) or part.intent
