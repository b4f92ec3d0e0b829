"""Which offered option a typed reply to a question back means."""

from __future__ import annotations

from bot.dialogue import segmentation
from bot.dialogue.decision import Context
from bot.dialogue.mentions import SectionMentions
from bot.dialogue.understanding import Part
from bot.knowledge.model import Entry, Knowledge

LONGEST_ELLIPSIS = 9
FITS_A_LITTLE = 0.01
FITS_BESIDE = 0.1
"""Part of the share of the likeliest answer, or of another question back, that an offered option needs beside it: "I
need a visa" is no kind of army, and "education" none of health."""
MEANT = 0.15
"""Share of an offered option, from which a word or two that are nothing else mean it; "restart" means none."""


def options_in(knowledge: Knowledge, asked: str, section: str | None) -> list[str]:
    """The options of a question back that belong to a section."""
    options = knowledge.conversation.clarifications[asked].options
    return [option for option in options if section is not None and knowledge.section_of(option) == section]


class OptionFinder:
    """Finds the option of the last question back that a message means."""

    def __init__(self, knowledge: Knowledge, mentions: SectionMentions) -> None:
        self._knowledge = knowledge
        self._mentions = mentions

    def fitting(self, part: Part, context: Context) -> str | None:
        """The offered option that a typed reply means, where it means one more than anything else."""
        shares = {name: share for name, share in part.ranking if name in context.options}
        item = self._knowledge.item(part.intent)
        if (context.pending or "").startswith(segmentation.ASK):
            section = self._mentions.only_section(part)
            found = (
                self._knowledge.find(section, str(context.pending).removeprefix(segmentation.ASK)) if section else None
            )
            if found is not None:
                return found.id
        if item is not None and context.pending and context.pending.startswith(segmentation.ASK):
            asked = context.pending.removeprefix(segmentation.ASK)
            if item.aspect in ("overview", asked, "contact"):
                found = self._knowledge.find(item.section, asked)
                return found.id if found is not None else None
            return None
        if part.intent in context.options:
            return part.intent
        if not shares:
            return None
        best = max(shares, key=lambda name: shares[name])
        of_its_own = isinstance(item, Entry) or part.intent.startswith(segmentation.AMBIGUOUS)
        least = max(FITS_A_LITTLE, FITS_BESIDE * part.confidence) if of_its_own else FITS_A_LITTLE
        if self._is_the_matter_of(part, best) and shares[best] >= least:
            return best
        if part.confidence >= 0.9 and item is not None:
            return None
        return best if shares[best] >= MEANT and len(part.words) <= 6 else None

    def _is_the_matter_of(self, part: Part, option: str) -> bool:
        """Whether a short reply to a question back is no question of its own, and an offered option comes next to it.

        "to study at a university" after "what would you like to do there?" means the student visa, though by itself it
        sounds like asking for advice on studies.
        """
        if part.is_interrogative or len(part.words) > LONGEST_ELLIPSIS:
            return False
        if self._knowledge.item(part.intent) is None and not part.intent.startswith(segmentation.AMBIGUOUS):
            return False
        offered = [name for name, _ in part.ranking[1:4]]
        return option in offered
