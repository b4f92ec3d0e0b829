"""Which item of a list a message picks: "the second one", "parle-moi du premier", "non, plutôt la dernière"."""

from __future__ import annotations

import re
from collections.abc import Mapping

from bot.dialogue.understanding import compiled
from nlu.text import flat

ORDINALS = ("ordinal-1", "ordinal-2", "ordinal-3", "ordinal-4", "ordinal-5")
LAST, FILLER = "ordinal-last", "ordinal-filler"
MOST_WORDS = 12
REJECTED = re.compile(r"\b(?:not|pas)(?: (?:the|a|le|la|l|les|un|une|celui|celle))?(?: des| de| du)? \w+\b")
"""What a person does not want, before they say what they do: "not military, the first"."""

Cues = Mapping[str, Mapping[str, tuple[str, ...]]]


def picked(cues: Cues, text: str, count: int, *, besides: bool = False) -> int | None:
    """The place (from 0) in a list of ``count`` items that a text picks.

    None where it says anything else, unless it may: ``besides`` is for "who heads the second one?".
    """
    words = REJECTED.sub(" ", flat(text)).split() or flat(text).split()
    if not count or len(words) > MOST_WORDS:
        return None
    telling = [word for word in words if not _is(cues, FILLER, word)] or words
    places = {_place(cues, word, count) for word in telling}
    if besides or telling is words:
        places.discard(None)
    return places.pop() if len(places) == 1 else None


def _place(cues: Cues, word: str, count: int) -> int | None:
    if _is(cues, LAST, word):
        return count - 1
    return next((n for n, name in enumerate(ORDINALS) if n < count and _is(cues, name, word)), None)


def _is(cues: Cues, name: str, word: str) -> bool:
    patterns = (pattern for found in cues.get(name, {}).values() for pattern in found)
    return any(compiled(pattern).fullmatch(word) for pattern in patterns)
