"""Whether a new question begins at a joint between two pieces of a message, learned from messages with known questions.

A joint is judged by a logistic regression over what the classifier makes of the pieces on its two sides, alone and
together. ``embassy-bot tune`` fits its weights on the development questions.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from dataclasses import dataclass

from bot.dialogue.understanding import Part

CHAT, OTHER, ASK, AMBIGUOUS = "chat.", "other.", "ask.", "ambiguous."
BESIDE_DOINGS = frozenset({"phone", "email", "contact", "head", "address", "hours", "staff", "website"})
"""Aspects of an office beside what it does."""
OF_AN_OFFICE = frozenset(f"{ASK}{aspect}" for aspect in BESIDE_DOINGS - {"staff"})
"""What only an office has, not each of its programs."""
ALSO = re.compile(r"\b(?:also|aussi|too|egalement|en plus|par ailleurs|secondly|enfin|autre question)\b")
BETWEEN = re.compile(r"\b(?:between|entre|both|difference)\b")
"""After these words "and" joins what belongs together."""
ALTERNATIVE = re.compile(r"^(?:or|ou|otherwise|sinon)\b")
REASON = re.compile(
    r"^(?:because|since|as|so that|in order|to|if|for|that|parce|car|puisque|comme|afin|pour|si|que|vu que)\b"
)
SURE, FAINT = 0.98, 0.02
BRIEF = 2


@dataclass(frozen=True)
class Sides:
    """What a joint is judged by: the pieces on its two sides, both read together, and the whole message.

    ``before`` and ``after`` are the clearest pieces of all that stands on either side.
    """

    left: Part
    right: Part
    both: Part
    whole: Part
    before: Part
    after: Part


@dataclass(frozen=True)
class Measures:
    """How pieces are compared: what each would be answered with, its office, how clear it is (0 to 1)."""

    target: Callable[[Part], str]
    subject: Callable[[Part], str]
    clarity: Callable[[Part], float]
    resolve: Callable[[Part, Part, str], Part]
    """A piece as it reads after the piece before it: (piece, both together, what the piece before asked for)."""
    leans: Callable[[Part], bool]
    """Whether a piece has words that stand for something said before it."""
    names_only: Callable[[Part], bool]
    """Whether a piece is only an office's name."""
    repeats: Callable[[Part, Part], bool]
    """Whether the second of two pieces only asks for what the first one's answer tells: "what is USAID, what is it"."""
    lies_across: Callable[[Part, Part], bool]
    """Whether what parts two pieces stands within a name: "political | and economic section"."""


def features(sides: Sides, by: Measures) -> dict[str, float]:
    """What is known of a joint, each about 0 to 1 (log odds of a confidence: -1 to 1)."""
    left, right, both, whole = sides.left, sides.right, sides.both, sides.whole
    target_left, target_right, target_both = by.target(left), by.target(right), by.target(both)
    clear_left, clear_right = by.clarity(left), by.clarity(right)
    found: dict[str, float] = {
        "left clear": odds(clear_left),
        "right clear": odds(clear_right),
        "both clear": odds(both.confidence),
        "whole clear": odds(whole.confidence),
        "less clear one": odds(min(clear_left, clear_right)),
        "same matter": target_left == target_right,
        "same office": by.subject(left) == by.subject(right),
        "both mean left": target_both == target_left,
        "both mean right": target_both == target_right,
        "left in both": _share(both, left.intent),
        "right in both": _share(both, right.intent),
        "left asks": left.has_question_form,
        "right asks": right.has_question_form,
        "each asks": left.has_question_form and right.has_question_form,
        "left ends as question": left.text.endswith("?"),
        "right ends as question": right.text.endswith("?"),
        "left tells": left.is_statement,
        "right tells": right.is_statement,
        "right leans": by.leans(right),
        "left brief": len(left.words) <= BRIEF,
        "right brief": len(right.words) <= BRIEF,
        "right length": min(len(right.words), 12) / 12,
        "left length": min(len(left.words), 12) / 12,
        "after sentence": right.joint == "sentence",
        "after word": right.joint == "word",
        "after nothing": right.joint == "bare",
        "two pieces": whole.span[1] == 2,
        "whole means left": by.target(whole) == target_left,
        "whole means right": by.target(whole) == target_right,
        "only left asks": left.has_question_form and not right.has_question_form,
        "right asks of an office": right.intent in OF_AN_OFFICE,
        "right says also": bool(ALSO.search(" ".join(right.words))),
        "after also": right.joint == "also",
        "right asks on": by.leans(right) and right.intent.startswith(ASK),
        "left in whole": _share(whole, left.intent),
        "right in whole": _share(whole, right.intent),
        "first joint": left.span[0] == 0,
        "last joint": right.span[1] == whole.span[1],
        "left says between": bool(BETWEEN.search(" ".join(left.words))),
        "right is alternative": bool(ALTERNATIVE.search(" ".join(right.words))),
        "right gives reason": bool(REASON.search(" ".join(right.words))),
        "left names only": by.names_only(left),
        "right names only": by.names_only(right),
        "right repeats": by.repeats(left, right),
        "before clear": odds(by.clarity(sides.before)),
        "after clear": odds(by.clarity(sides.after)),
        "less clear side": odds(min(by.clarity(sides.before), by.clarity(sides.after))),
        "sides same matter": by.target(sides.before) == by.target(sides.after),
        "sides same office": by.subject(sides.before) == by.subject(sides.after),
        "left is before": sides.before is left,
        "right is after": sides.after is right,
    }
    for name, part in (("left", left), ("right", right)):
        for kind in (CHAT, OTHER, ASK, AMBIGUOUS):
            found[f"{name} {kind}"] = part.intent.startswith(kind)
    return {name: float(value) for name, value in found.items()}


def odds(share: float) -> float:
    """The log odds of a share of 0 to 1, bounded to about -1 to 1."""
    bounded = min(SURE, max(FAINT, share))
    return math.log(bounded / (1 - bounded)) / 4


def _share(part: Part, intent: str) -> float:
    return next((share for name, share in part.ranking if name == intent), 0.0)
