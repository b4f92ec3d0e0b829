"""What tells whether a stretch of a message is one question and the next another.

Each way of cutting a message into questions is judged by what the classifier makes of the stretches between the cuts:
of each by itself, and of neighbours together. How much each thing counts is learned from messages with known questions.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from bot.dialogue import decision
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
RATHER = 0.6
CUT = "cut"
"""What is known of every cut, so that it weighs how readily a message is cut at all."""
UNIT = "unit "
"""Begins the names of what is known of a stretch by itself."""
PARTICULARS = f"{ASK}{decision.PARTICULARS}"
"""Asks for a particular of what was spoken of that the page may not tell: "is it only for students?"."""
OF_BOT = frozenset({"chat.human", "chat.bot", "chat.capabilities", "chat.language"})
"""Small talk that asks something, beside another question too."""
BRIEF = 2


@dataclass(frozen=True)
class Sides:
    """What a cut is judged by: the questions on its two sides, both read together, and the whole message."""

    left: Part
    right: Part
    both: Part
    whole: Part
    in_place: Part
    """The second question as it reads after the first."""


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
    is_lacking: Callable[[Part], bool]
    """Whether a piece asks for what the knowledge does not tell, so that each such piece is told so."""
    repeats: Callable[[Part, Part], bool]
    """Whether the second of two pieces only asks for what the first one's answer tells: "what is USAID, what is it"."""
    lies_across: Callable[[Part, Part], bool]
    """Whether what parts two pieces stands within a name: "political | and economic section"."""
    are_told_together: Callable[[Part, Part], bool]
    """Whether some answer joins what stands on the two sides: "business | and pleasure"."""


def features(sides: Sides, by: Measures) -> dict[str, float]:
    """What is known of a cut, each about 0 to 1 (log odds of a confidence: -1 to 1)."""
    left, right, both, whole = sides.left, sides.right, sides.both, sides.whole
    target_left, target_right, target_both = by.target(left), by.target(right), by.target(both)
    clear_left, clear_right = by.clarity(left), by.clarity(right)
    found: dict[str, float] = {
        CUT: 1.0,
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
        "told together": by.are_told_together(left, right),
        "right repeats": by.repeats(left, right),
        "left pieces": (left.span[1] - left.span[0] - 1) / 3,
        "right pieces": (right.span[1] - right.span[0] - 1) / 3,
        "in place clear": odds(sides.in_place.confidence),
        "in place means left": by.target(sides.in_place) == target_left,
        "in place same office": by.subject(sides.in_place) == by.subject(left),
        "in place means another": sides.in_place.intent != right.intent,
    }
    for name, part in (("left", left), ("right", right), ("in place", sides.in_place)):
        for kind in (CHAT, OTHER, ASK, AMBIGUOUS):
            found[f"{name} {kind}"] = part.intent.startswith(kind)
        found[f"{name} asks of bot"] = part.intent in OF_BOT
        found[f"{name} asks a particular"] = part.intent == PARTICULARS
    return {name: float(value) for name, value in found.items() if value}


def unit_features(unit: Part, pieces: Sequence[Part], by: Measures) -> dict[str, float]:
    """What is known of a stretch of several pieces as one question."""
    clear = [piece for piece in pieces if by.clarity(piece) >= RATHER and not piece.intent.startswith((CHAT, OTHER))]
    asking = [piece for piece in pieces if piece.has_question_form]
    best = max(by.clarity(piece) for piece in pieces)
    found = {
        "unit clear": odds(by.clarity(unit)),
        "unit less clear than a piece": max(0.0, odds(best) - odds(by.clarity(unit))),
        "unit matters": len({by.target(piece) for piece in clear} | {by.target(unit)}) - 1,
        "unit offices": max(0, len({by.subject(piece) for piece in clear}) - 1),
        "unit asking": max(0, len(asking) - 1),
        "unit marks": max(0, sum(piece.text.endswith("?") for piece in pieces) - 1),
        "unit pieces": len(pieces) - 1,
        "unit length": min(len(unit.words), 30) / 30,
        "unit asking matters": max(0, len({by.target(piece) for piece in asking}) - 1),
        "unit of sentences": sum(piece.joint == "sentence" for piece in pieces[1:]),
        "unit aspects": len({piece.intent for piece in pieces if piece.intent.startswith(ASK)}),
        "unit asks of bot": sum(piece.intent in OF_BOT for piece in pieces),
    }
    return {name: float(value) for name, value in found.items() if value}


def odds(share: float) -> float:
    """The log odds of a share of 0 to 1, bounded to about -1 to 1."""
    bounded = min(SURE, max(FAINT, share))
    return math.log(bounded / (1 - bounded)) / 4


def _share(part: Part, intent: str) -> float:
    return next((share for name, share in part.ranking if name == intent), 0.0)
