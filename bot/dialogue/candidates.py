"""What a short message may mean in its conversation, weighed by a choice model learned from conversations.

A message is read twice: by itself, and together with a few words for what the conversation is about. Everything that
either reading suggests is a candidate; "who is in charge" is, in a conversation about an office, the same candidate as
the answer that names that office's head. A conditional logit (McFadden 1974) chooses among them by what is known of
each, and by what is known of the message. ``embassy-bot tune`` fits its weights on the development questions.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

from bot.dialogue.decision import Context
from bot.dialogue.joints import ALSO, AMBIGUOUS, ASK, BESIDE_DOINGS, CHAT, OTHER, PARTICULARS, odds
from bot.dialogue.options import options_in
from bot.dialogue.understanding import Part, cue
from bot.knowledge.model import Entry, Knowledge

LONGEST = 10
"""Words; longer messages hardly lean on what was said before."""
BRIEF = 3
FAINTEST = 0.001
CLEAR, FAINT = 0.4, 0.2
"""Where a message by itself reads as something this clearly, what is nothing of the embassy's and this faint in both
readings is no candidate: an answer and an aspect that mean the same would share what speaks for them, and lose."""
CUES = ("dependent", "elliptical", "correction")
READINGS = ("alone", "together")
WAYS = tuple(f"{reading}{way}" for reading in READINGS for way in ("", " asks", " option", " overview"))
"""How a reading suggests a candidate: by itself, as an aspect of the office, as its option of a question back, or as
what it does where the reading is what another office does that nobody named."""
OVERVIEW = f"{ASK}overview"
GATE = "message "
"""Begins the names of what is known of the message as a whole."""


@dataclass(frozen=True)
class Candidate:
    """Something that a message may mean: the intent to act upon, and what is known of it."""

    name: str
    features: Mapping[str, float]


def candidates(
    alone: Part, together: Part, context: Context, knowledge: Knowledge, named: str
) -> tuple[Candidate, ...]:
    """All that a message may mean.

    Args:
        alone: The message read by itself.
        together: The message read together with what the conversation is about.
        context: The conversation.
        knowledge: What offices and answers there are.
        named: The office that the message names, "" for none.
    """
    shares: dict[str, dict[str, float]] = {}
    asking: dict[str, str] = {}
    for reading, part in zip(READINGS, (alone, together)):
        for intent, share in part.ranking:
            meant = _meant(intent, context, knowledge)
            if meant != intent:
                asking[meant] = intent
            way = f"{reading} asks" if intent.startswith(ASK) else reading
            _add(shares, meant, way, share)
            option = _only_option(intent, context, knowledge)
            if option is not None:
                _add(shares, option, f"{reading} option", share)
            if _is_overview_of_unnamed(intent, context, knowledge, named):
                _add(shares, _meant(OVERVIEW, context, knowledge), f"{reading} overview", share)
    _without_faint_others(shares, alone)
    gates = _gates(alone, together, context, knowledge, named)
    tops = {"alone": _meant(alone.intent, context, knowledge), "together": _meant(together.intent, context, knowledge)}
    result = []
    for meant, by_way in shares.items():
        known = _known_of(meant, by_way, tops, context, knowledge, named)
        direct = max(by_way.get("alone", 0.0), by_way.get("together", 0.0))
        asked = max(by_way.get("alone asks", 0.0), by_way.get("together asks", 0.0))
        name = asking[meant] if asked > direct and meant in asking else meant
        result.append(Candidate(name, known | gates))
    return tuple(result)


def _without_faint_others(shares: dict[str, dict[str, float]], alone: Part) -> None:
    if alone.confidence < CLEAR:
        return
    for name in [name for name, by_way in shares.items() if name.startswith(OTHER) and max(by_way.values()) < FAINT]:
        del shares[name]


def _add(shares: dict[str, dict[str, float]], name: str, way: str, share: float) -> None:
    found = shares.setdefault(name, {})
    found[way] = found.get(way, 0.0) + share


def _is_overview_of_unnamed(intent: str, context: Context, knowledge: Knowledge, named: str) -> bool:
    """Whether a text reads as what another office does that it does not name: "what does it do in our country"."""
    item = knowledge.item(intent)
    return (
        context.section is not None
        and item is not None
        and item.aspect == "overview"
        and item.section not in (context.section, named)
    )


def _only_option(intent: str, context: Context, knowledge: Knowledge) -> str | None:
    """The one option of a question back that belongs to the office: "who manages the money" beside its buildings."""
    if intent not in knowledge.conversation.clarifications or intent.startswith(ASK):
        return None
    here = options_in(knowledge, intent, context.section)
    return here[0] if len(here) == 1 else None


def _meant(intent: str, context: Context, knowledge: Knowledge) -> str:
    """The answer that an aspect without an office means here, else the intent itself."""
    if not intent.startswith(ASK) or context.section is None:
        return intent
    found = knowledge.find(context.section, intent.removeprefix(ASK))
    return found.id if found is not None else intent


def _gates(alone: Part, together: Part, context: Context, knowledge: Knowledge, named: str) -> dict[str, float]:
    """What is known of the message as a whole, alike for all: it counts together with what is known of a candidate."""
    cues = knowledge.conversation.cues
    found: dict[str, float] = {
        "alone clear": odds(alone.confidence),
        "together clear": odds(together.confidence),
        "brief": len(alone.words) <= BRIEF,
        "length": min(len(alone.words), LONGEST) / LONGEST,
        "asks": alone.has_question_form,
        "names another office": bool(named) and named != context.section,
        "names this office": bool(named) and named == context.section,
        "is asked back": context.pending is not None,
        "beside doings": context.aspect in BESIDE_DOINGS,
    }
    found |= {f"says {name}": cue(cues, name, alone.text) for name in CUES}
    found["says also"] = bool(ALSO.search(" ".join(alone.words)))
    return {f"{GATE}{name}": float(value) for name, value in found.items()}


def _known_of(
    meant: str,
    shares: Mapping[str, float],
    tops: Mapping[str, str],
    context: Context,
    knowledge: Knowledge,
    named: str,
) -> dict[str, float]:
    item = knowledge.item(meant)
    section = item.section if item is not None else None
    found: dict[str, float] = {
        way: 1 + math.log(max(FAINTEST, shares.get(way, 0.0))) / -math.log(FAINTEST) for way in WAYS
    }
    found |= {f"first {reading}": meant == top for reading, top in tops.items()}
    found |= {
        "here": section is not None and section == context.section,
        "elsewhere": section is not None and section != context.section,
        "is named": bool(named) and section == named,
        "just told": meant in (context.entry, context.pending),
        "told before": meant in context.told and meant != context.entry,
        "overview": item is not None and item.aspect == "overview",
        "same aspect": item is not None and item.aspect == context.aspect,
        "listed": meant in context.options,
        "topic": item is not None and not isinstance(item, Entry),
        "answer": isinstance(item, Entry),
        "lacking": meant.startswith(ASK),
        "particular": meant == PARTICULARS,
    }
    found |= {f"is {kind}": meant.startswith(kind) for kind in (CHAT, OTHER, AMBIGUOUS)}
    return {name: float(value) for name, value in found.items()}
