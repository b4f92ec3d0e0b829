"""Which item of a list a message picks: "the second one", "parle-moi du premier", "non, plutôt la dernière"."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from bot.dialogue.decision import NONE_OF_THESE, Context
from bot.dialogue.joints import ASK, BESIDE_DOINGS
from bot.dialogue.mentions import SectionMentions
from bot.dialogue.understanding import Part, Understanding, compiled, cue
from bot.knowledge.model import Knowledge
from nlu.text import flat

ORDINALS = tuple(f"ordinal-{n}" for n in range(1, 8))
LAST, MIDDLE, OTHER, FILLER = "ordinal-last", "ordinal-middle", "ordinal-other", "ordinal-filler"
MOST_WORDS = 12
MOST_PIECES = 2
CLEAR = 0.7
"""So sure a piece beside another has to be, to be about something else."""
REJECTED = re.compile(r"\b(?:not|pas)(?: (?:the|a|le|la|l|les|un|une|celui|celle))?(?: des| de| du)? \w+\b")
"""What a person does not want, before they say what they do: "not military, the first"."""

NO_COUNT = re.compile(
    r"\b(?:one (?:more|other|last|question|thing)|une? (?:autre|derniere?|question|chose)|the other day)\b"
)
"""Words that count nothing of a list: "one more question"."""

Cues = Mapping[str, Mapping[str, tuple[str, ...]]]


@dataclass(frozen=True)
class Pick:
    """An item of a list, and what is asked of its office where it is not the item itself that is meant."""

    option: str
    aspect: str | None = None


class ListPicker:
    """Finds the item of the last list that a message means."""

    def __init__(self, knowledge: Knowledge, mentions: SectionMentions) -> None:
        self._knowledge = knowledge
        self._mentions = mentions
        self._cues = knowledge.conversation.cues
        self._pairs = [entry.items for entry in knowledge.entries.values() if len(entry.items) == 2]

    def pick(self, message: Understanding, context: Context) -> Pick | None:
        """What "the second one", "2", "who heads the last one?" or "none of these" picks, None for anything else."""
        if not context.options:
            return self._counterpart(message, context)
        if context.pending and cue(self._cues, "none", message.text):
            return Pick(NONE_OF_THESE)
        place = self._place(message.text, context)
        aspect = None if context.pending or place is not None else self._aspect_asked(message)
        if aspect is not None:
            place = self._place(message.text, context, besides=True)
            section = self._knowledge.section_of(context.options[place]) if place is not None else None
            if place is not None and section is not None:
                return Pick(context.options[place], aspect)
        if place is None and not context.pending:
            place = self._place_in_a_piece(message, context)
        if place is None:
            return self._counterpart(message, context)
        return self._as_before(context.options[place], message, context)

    def _counterpart(self, message: Understanding, context: Context) -> Pick | None:
        """What "and the other one?" means after one of two things, of which some answer tells."""
        pair = next((items for items in self._pairs if context.entry in items), None)
        if pair is None or context.pending:
            return None
        told = pair.index(str(context.entry))
        said = any(_is(self._cues, OTHER, word) for word in flat(message.text).split())
        return Pick(pair[1 - told]) if said and picked(self._cues, message.text, 2, told) == 1 - told else None

    def _aspect_asked(self, message: Understanding) -> str | None:
        """The aspect of an office that a message asks for without naming the office: "who heads the second one?"."""
        asking = [part for part in message.parts if part.intent.startswith(ASK)]
        if not asking or len(message.parts) > 1 + MOST_PIECES or self._mentions.named(message.text):
            return None  # "the phone of the first one, the RSO"
        aspect = asking[-1].intent.removeprefix(ASK)
        return aspect if aspect in BESIDE_DOINGS else None

    def _place(self, text: str, context: Context, *, besides: bool = False) -> int | None:
        options = context.options
        told = options.index(context.entry) if context.entry in options else None
        return picked(self._cues, text, len(options), told, besides=besides)

    def _place_in_a_piece(self, message: Understanding, context: Context) -> int | None:
        """The place that one piece picks beside one that asks nothing else: "the second one, it stands for what"."""
        pieces = [part for part in message.parts[1:] if part.span[1] - part.span[0] == 1]
        places = [self._place(piece.text, context) for piece in pieces]
        found = [place for place in places if place is not None]
        vague = all(self._is_vague(piece) for piece, place in zip(pieces, places) if place is None)
        return found[0] if len(found) == 1 and vague and len(pieces) <= MOST_PIECES else None

    def _is_vague(self, piece: Part) -> bool:
        return piece.confidence < CLEAR or self._knowledge.item(piece.intent) is None

    def _as_before(self, option: str, message: Understanding, context: Context) -> Pick:
        """An item as "and of the first?" means it: of an office, what was last asked of another."""
        item = self._knowledge.item(option)
        goes_on = cue(self._cues, "elliptical", message.text)
        if context.pending or not goes_on or item is None or item.aspect != "overview":
            return Pick(option)
        return Pick(option, context.aspect if context.aspect in BESIDE_DOINGS else None)


def picked(cues: Cues, text: str, count: int, told: int | None = None, *, besides: bool = False) -> int | None:
    """The place (from 0) in a list of ``count`` items that a text picks.

    None where it says anything else, unless it may: ``besides`` is for "who heads the second one?". ``told`` is the
    place of the item last spoken of, for "the other one" of two.
    """
    said = NO_COUNT.sub(" ", flat(text))
    words = REJECTED.sub(" ", said).split() or said.split()
    if not count or len(words) > MOST_WORDS:
        return None
    telling = [word for word in words if not _is(cues, FILLER, word)] or words
    places = {_place(cues, word, count, told) for word in telling}
    if besides or telling is words:
        places.discard(None)
    return places.pop() if len(places) == 1 else None


def _place(cues: Cues, word: str, count: int, told: int | None) -> int | None:
    if _is(cues, LAST, word):
        return count - 1
    if count == 3 and _is(cues, MIDDLE, word):
        return 1
    if count == 2 and told is not None and _is(cues, OTHER, word):
        return 1 - told
    return next((n for n, name in enumerate(ORDINALS) if n < count and _is(cues, name, word)), None)


def _is(cues: Cues, name: str, word: str) -> bool:
    patterns = (pattern for found in cues.get(name, {}).values() for pattern in found)
    return any(compiled(pattern).fullmatch(word) for pattern in patterns)
