"""Reads a message together with what was spoken of before: "what do they learn" after the gendarmerie's training."""

from __future__ import annotations

from dataclasses import replace

from bot.dialogue import segmentation
from bot.dialogue.candidates import LONGEST, Candidate, candidates
from bot.dialogue.choice import Choice, shares_of
from bot.dialogue.decision import Context
from bot.dialogue.joints import BESIDE_DOINGS
from bot.dialogue.mentions import SectionMentions
from bot.dialogue.options import options_in
from bot.dialogue.thresholds import Thresholds
from bot.dialogue.understanding import Part, cue
from bot.knowledge.model import Entry, Knowledge
from nlu.text import flat

Ranking = tuple[tuple[str, float], ...]

SURE = 0.8
SHARPER = 2.0
"""Behind the first of a ranking all shares are small and alike; this brings out the second."""
OWN_OFFICE = 2.0
"""In a conversation about an office, how much likelier its own matters are than others."""
HALF = 0.5
STANDS_OUT = 0.8
OVERVIEW = "ask.overview"


def about(knowledge: Knowledge, context: Context, text: str) -> str | None:
    """Words for what a conversation is about, to be read together with its next message.

    None where there is nothing to lean on, or where the message is too long to lean: each reading costs the encoders as
    much time as the message itself. Whether a short one leans is judged when both readings are known.
    """
    if len(flat(text).split()) > LONGEST:
        return None
    asked = knowledge.conversation.clarifications.get(context.pending or "")
    section = knowledge.sections.get(context.section or "")
    language = context.language or knowledge.post.default_language
    if asked is not None:
        return asked.question[language]
    if section is None:
        return None
    item = knowledge.item(context.entry)
    if item is None or item.aspect == "overview" or item.section != section.id:
        return section.short[language]
    return item.title[language]


class ContextReader:
    """Reads a message, or a later piece of one, as it is meant after what was said before."""

    def __init__(self, knowledge: Knowledge, thresholds: Thresholds) -> None:
        """``meant`` of the thresholds chooses what a message means; ``context`` weighs a piece's reading in place."""
        self._knowledge = knowledge
        self._weight = thresholds.context
        self._choice = Choice(thresholds.meant)
        self._mentions = SectionMentions(knowledge)

    def read(self, part: Part, together: Part | None, context: Context) -> Part:
        """A message's one question as it reads in the conversation.

        Args:
            part: The question read by itself.
            together: The message read together with what the conversation is about, where it was.
            context: The conversation.
        """
        found = self.candidates(part, together, context)
        if together is None or not found:
            return part
        shares = shares_of([self._choice.score(one.features) for one in found])
        ranking = _ranked(tuple((one.name, share) for one, share in zip(found, shares)))
        return replace(part, ranking=ranking, alone=part.intent, together=together.ranking)

    def candidates(self, part: Part, together: Part | None, context: Context) -> tuple[Candidate, ...]:
        """All that a message may mean in the conversation; none where it is read by itself."""
        if together is None or len(part.words) > LONGEST:
            return ()
        return candidates(part, together, context, self._knowledge, self._mentions.named(part.text))

    def read_piece(self, part: Part, both: Part, before: str) -> Part:
        """A later piece of a message as it reads after the piece before it, which asked for ``before``.

        ``both`` is the reading of the two pieces together.
        """
        option = self._only_option(part.intent, self._knowledge.section_of(before))
        if option is not None:
            return replace(part, ranking=((option, part.confidence),), alone=part.intent)
        dependent = self.is_dependent(part)
        if not dependent and (not part.has_question_form or part.intent.startswith(segmentation.OTHER)):
            return part
        if dependent and self._is_overview_of_unnamed(part, before):
            return replace(part, ranking=((OVERVIEW, part.confidence),), alone=part.intent)
        if part.intent == OVERVIEW and part.confidence >= SURE and not self.tells_doings(before):
            return part
        chats, asks_aspect = part.intent.startswith(segmentation.CHAT), part.intent.startswith(segmentation.ASK)
        if (dependent or chats) and self._goes_on(part, both, before):
            return replace(part, ranking=both.ranking, alone=part.intent)
        if part.confidence >= SURE and not (dependent and (chats or asks_aspect)):
            return part
        context = Context(section=self._knowledge.section_of(before), entry=before)
        rest = self._fresh(both.ranking, context)
        sure = asks_aspect or self._knowledge.section_of(part.intent) == context.section
        nothing_new = both.intent in self._known(context) or both.intent.startswith(segmentation.ASK)
        if sure and part.confidence >= HALF and (nothing_new or both.confidence < part.confidence):
            aspect = self._knowledge.find(context.section or "", part.intent.removeprefix(segmentation.ASK))
            if not asks_aspect or aspect is not None or max(share for _, share in rest) < STANDS_OUT:
                return part
        return replace(part, ranking=_mixed(part.ranking, rest, self._weight), alone=part.intent)

    def _goes_on(self, part: Part, both: Part, before: str) -> bool:
        """Whether a piece means another matter of the office asked about before: "what is USAID, are they hiring"."""
        section = self._knowledge.section_of(before)
        if self._mentions.named(part.text) not in ("", section):
            return False
        item = self._knowledge.item(both.intent)
        own = section is not None and item is not None and item.section == section and both.intent != before
        vague = part.intent.startswith((segmentation.ASK, segmentation.CHAT)) and isinstance(item, Entry)
        elsewhere = self._knowledge.section_of(part.intent) not in (None, section)
        return own and both.confidence >= SURE and (vague or elsewhere)

    def _is_overview_of_unnamed(self, part: Part, before: str) -> bool:
        """Whether a piece reads as what another office does that it does not name: "what does it do in our country"."""
        item = self._knowledge.item(part.intent)
        if item is None or item.aspect != "overview" or item.section == self._knowledge.section_of(before):
            return False
        return self._mentions.named(part.text) != item.section and not self._mentions.names_post(part)

    def tells_doings(self, name: str) -> bool:
        """Whether an answer tells what something does, not only whom to call or who heads it."""
        item = self._knowledge.item(name)
        return item is None or item.aspect not in BESIDE_DOINGS

    def is_dependent(self, part: Part) -> bool:
        """Whether a text has words that stand for something said before it."""
        return cue(self._knowledge.conversation.cues, "dependent", part.text)

    def _only_option(self, intent: str, section: str | None) -> str | None:
        """The one option of a question back that belongs to an office: "who manages the money" beside its buildings."""
        if intent not in self._knowledge.conversation.clarifications or intent.startswith(segmentation.ASK):
            return None
        here = options_in(self._knowledge, intent, section)
        return here[0] if len(here) == 1 else None

    def _fresh(self, reading: Ranking, context: Context) -> Ranking:
        """A reading in context without what was just told or asked back, which its words always suggest."""
        known = self._known(context)
        weighed = [
            (name, share**SHARPER * (OWN_OFFICE if self._knowledge.section_of(name) == context.section else 1.0))
            for name, share in reading
            if name not in known
        ]
        total = sum(share for _, share in weighed)
        return tuple((name, share / total) for name, share in weighed) if total > 0 else reading

    def _known(self, context: Context) -> set[str | None]:
        """What the words for the conversation's subject say by themselves."""
        overviews = {entry.id for entry in self._entries_of(context.section) if entry.aspect == "overview"}
        return {context.entry, context.pending, *overviews}

    def _entries_of(self, section: str | None) -> tuple[Entry, ...]:
        found = self._knowledge.sections.get(section or "")
        return tuple(found.entries) if found is not None else ()


def _ranked(ranking: Ranking) -> Ranking:
    return tuple(sorted(ranking, key=lambda pair: -pair[1]))


def _mixed(alone: Ranking, together: Ranking, weight: float) -> Ranking:
    shares: dict[str, float] = {}
    for ranking, factor in ((alone, 1 - weight), (together, weight)):
        for name, share in ranking:
            shares[name] = shares.get(name, 0.0) + factor * share
    return _ranked(tuple(shares.items()))
