"""Whether a short message leans on the conversation before it, learned from conversations with known replies.

A message is read twice: by itself, and together with a few words for what the conversation is about. Which reading is
meant is judged by a logistic regression over what the classifier makes of the two. ``embassy-bot tune`` fits its
weights on the development questions.
"""

from __future__ import annotations

from dataclasses import dataclass

from bot.dialogue.decision import Context
from bot.dialogue.joints import AMBIGUOUS, ASK, CHAT, OTHER, odds
from bot.dialogue.understanding import Part, cue
from bot.knowledge.model import Knowledge

BRIEF = 3
LONGEST = 10
"""Words; longer messages hardly lean on what was said before."""
CUES = ("dependent", "elliptical", "correction")


@dataclass(frozen=True)
class Readings:
    """A message read by itself and in context; ``fresh`` is the latter without what was just told."""

    alone: Part
    together: Part
    fresh: Part


def features(readings: Readings, context: Context, knowledge: Knowledge, named: str) -> dict[str, float]:
    """What is known of a message in its conversation, each about 0 to 1 (log odds of a confidence: -1 to 1).

    ``named`` is the office that the message names, "" for none.
    """
    alone, together, fresh = readings.alone, readings.together, readings.fresh
    section = knowledge.section_of(alone.intent)
    here, known = section == context.section, section is not None
    there = knowledge.section_of(fresh.intent) == context.section
    cues = knowledge.conversation.cues
    found: dict[str, float] = {
        "alone clear": odds(alone.confidence),
        "together clear": odds(together.confidence),
        "fresh clear": odds(fresh.confidence),
        "same": alone.intent == fresh.intent,
        "alone stays here": here,
        "alone goes elsewhere": known and not here,
        "fresh stays here": there,
        "pulled here": there and not here,
        "together repeats": together.intent == context.entry,
        "alone in together": dict(together.ranking).get(alone.intent, 0.0),
        "fresh in alone": dict(alone.ranking).get(fresh.intent, 0.0),
        "names another office": bool(named) and named != context.section,
        "names this office": bool(named) and named == context.section,
        "brief": len(alone.words) <= BRIEF,
        "length": min(len(alone.words), LONGEST) / LONGEST,
        "asks": alone.has_question_form,
        "is asked back": context.pending is not None,
        "alone answers": alone.intent in knowledge.entries,
        "fresh answers": fresh.intent in knowledge.entries,
    }
    found |= {f"says {name}": cue(cues, name, alone.text) for name in CUES}
    for kind in (CHAT, OTHER, ASK, AMBIGUOUS):
        found[f"alone {kind}"] = alone.intent.startswith(kind)
    return {name: float(value) for name, value in found.items()}
