"""Reads a message together with what was spoken of before: "what do they learn" after the gendarmerie's training."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from bot.dialogue import segmentation
from bot.dialogue.candidates import LONGEST, Candidate, candidates
from bot.dialogue.choice import Choice, shares_of
from bot.dialogue.decision import Context
from bot.dialogue.joints import BESIDE_DOINGS
from bot.dialogue.mentions import SectionMentions
from bot.dialogue.thresholds import Thresholds
from bot.dialogue.understanding import Part, cue
from bot.knowledge.model import Knowledge
from nlu.text import flat

PLAINLY = 0.9
"""Confidence from which a vague word by itself is one, whatever was asked back before it."""
CLEAR_ALONE = 0.5
"""Confidence from which a question about another office, which it names, is read by itself."""


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
        """``meant`` of the thresholds chooses what a message means, ``in_place`` what a later piece of one does."""
        self._knowledge = knowledge
        self._in_place = Choice(thresholds.in_place)
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
        chosen = self._chosen(part, together, found, self._choice)
        # Plainly as vague as what was asked back, but about something else: "and education?" picks no option of health.
        vague = part.intent.startswith(segmentation.AMBIGUOUS) and part.confidence >= PLAINLY
        return part if vague and part.intent != context.pending and chosen.intent in context.options else chosen

    def candidates(self, part: Part, together: Part | None, context: Context) -> tuple[Candidate, ...]:
        """All that a message may mean in the conversation; none where it is read by itself."""
        if together is None or len(part.words) > LONGEST:
            return ()
        return candidates(part, together, context, self._knowledge, self._mentions.named_by(part))

    def read_piece(self, part: Part, both: Part, before: str) -> Part:
        """A later piece of a message as it reads after the piece before it, which asked for ``before``.

        ``both`` is the reading of the two pieces together. A clear question that names an office of its own needs none
        of that.
        """
        item, named = self._knowledge.item(part.intent), self._mentions.named(part.text)
        own = named and item is not None and item.section == named != self._knowledge.section_of(before)
        if own and part.has_question_form and part.confidence >= CLEAR_ALONE:
            return part
        return self._chosen(part, both, self.piece_candidates(part, both, before), self._in_place)

    def piece_candidates(self, part: Part, both: Part, before: str) -> tuple[Candidate, ...]:
        """All that a later piece of a message may mean."""
        item = self._knowledge.item(before)
        context = Context(
            section=self._knowledge.section_of(before),
            entry=before,
            aspect=item.aspect if item is not None else before.removeprefix(segmentation.ASK),
            told=(before,),
        )
        return candidates(part, both, context, self._knowledge, self._mentions.named_by(part))

    def _chosen(self, part: Part, together: Part, found: Sequence[Candidate], choice: Choice) -> Part:
        shares = shares_of([choice.score(one.features) for one in found])
        ranking = tuple(sorted(((one.name, share) for one, share in zip(found, shares)), key=lambda pair: -pair[1]))
        return replace(part, ranking=ranking, alone=part.intent, together=together.ranking)

    def tells_doings(self, name: str) -> bool:
        """Whether an answer tells what something does, not only whom to call or who heads it."""
        item = self._knowledge.item(name)
        return item is None or item.aspect not in BESIDE_DOINGS

    def is_dependent(self, part: Part) -> bool:
        """Whether a text has words that stand for something said before it."""
        return cue(self._knowledge.conversation.cues, "dependent", part.text)
