"""Finds messages that only name an office: "et le consulat ?", "no, I meant the American Center"."""

from __future__ import annotations

import re
from collections.abc import Iterable
from itertools import pairwise

from bot.dialogue.decision import Context
from bot.dialogue.understanding import Part, cue
from bot.knowledge.model import Knowledge, Section
from nlu.text import flat

STEM = 6
"""Words are the same when they begin with the same six letters: "consulat", "consulaire"."""

MOST_WORDS = 6
MOST_TO_COMPARE = 9
"""Words of a question how two offices differ that names neither."""
OF_THE_WHOLE = ("overview", "contact", "address")
"""What a name alone may be taken for, and then means what the office does."""
CLEAR = 0.8

TINY = 3
"""Words of so few letters name nothing."""

NOTHING: frozenset[str] = frozenset()

AND = re.compile(r"\s*,\s*|\s+(?:and|et|&)\s+", re.IGNORECASE)

FILLERS = frozenset(
    (
        "and et also aussi what how about for pour of de du des d l le la les the a an un une on in at celui celle "
        "ceux celles then alors donc puis ok bon bien non no not meant mean i je j parle parlais parler voulais veux "
        "dire pensais pense sorry pardon desole please svp stp plutot actually rather instead fact en fait c est cest "
        "it s its that this cote same meme chose question office bureau section service department departement now "
        "maintenant back revenons retour going so mais but concernant regarding quant au aux par chez votre vos your "
        "hello hi bonjour salut merci thanks ah oh euh heu hmm wait attends attendez ben eh yes oui accord oops oups "
        "bonsoir slt bjr"
    ).split()
)

COMMON = frozenset("for pas".split())
"""Words of names that any sentence may have: a French "pas" is seldom the Public Affairs Section."""

BETWEEN = re.compile(r"[,;/+&\n]|\b(?:et|and|ou|or|vs|versus|puis|then)\b", re.IGNORECASE)
"""What stands between the names of offices in a list."""
COMPARING = frozenset(
    (
        "what whats wat is are c s koi quoi ki qui est sont ce que fait font fais do does difference differance entre "
        "between vs versus tt tout tous sa ca role roles travail job ou or deux two both compare explain explique "
        "expliquez me moi ces les des der who ils elles"
    ).split()
)
"""Words around the names of several offices that ask no more than what each of them does."""

CORRECTING = frozenset("no not non pas meant mean parle parlais voulais pensais plutot rather instead".split())
"""Beside these words one of several offices is not the one that is meant."""

YES_OR_NO = frozenset("is are do does est sont".split())
"""A question that begins with these asks something of the offices, not what they are."""


class SectionMentions:
    """Knows by which words each section is called."""

    def __init__(self, knowledge: Knowledge) -> None:
        self._knowledge = knowledge
        self._stems = {section.id: _stems(section) for section in knowledge.sections.values()}
        self._words = frozenset(word for s in knowledge.sections.values() for word in _words(s))
        homes: dict[str, set[str]] = {}
        for section, stems in self._stems.items():
            for stem in stems:
                homes.setdefault(stem, set()).add(section)
        self._joined = _joined([*_names(knowledge), *_titles(knowledge)])
        self._told_together = _joined([text for entry in knowledge.entries.values() for text in entry.answer.values()])
        self._homes = homes
        # A word in several names ("security", "affairs") tells none of them.
        self._telling = {s: sections for s, sections in homes.items() if len(sections) == 1 and s not in COMMON}
        post = {word for name in knowledge.post.name.values() for word in flat(name).split()}
        self._fillers = FILLERS | post
        self._whole = {
            section.id: frozenset(word for name in section.short.values() for word in flat(name).split()) & post
            for section in knowledge.sections.values()
        }
        self._post = {word for word in post if len(word) > TINY}

    def only_section(self, part: Part) -> str | None:
        """The one section that a text names, of those that it may be about, where it says nothing else."""
        meant = self._knowledge.item(part.intent)
        if meant is not None and meant.aspect not in OF_THE_WHOLE and part.confidence >= CLEAR:
            return None  # "the ambassador" is asked of the embassy, but is not its name
        candidates = {section for name, _ in part.ranking if (section := self._knowledge.section_of(name))}
        words = [word for word in part.words if word not in self._fillers]
        if not words or len(words) > MOST_WORDS:
            return None
        named = [name for name in candidates if all(word[:STEM] in self._stems.get(name, ()) for word in words)]
        return named[0] if len(named) == 1 else None

    def only_sections(self, part: Part) -> tuple[str, ...]:
        """The sections that a text lists, where it says nothing else: "DAO, RSO c'est quoi"; () for one or none."""
        if not CORRECTING.isdisjoint(part.words) or not YES_OR_NO.isdisjoint(part.words[:1]):
            return ()
        found: list[str] = []
        for stretch in BETWEEN.split(part.text):
            words = [word for word in flat(stretch).split() if word not in self._fillers and word not in COMPARING]
            if all(word in self._knowledge.sections for word in words):
                found += words
                continue
            homes = [self._homes.get(word[:STEM], set()) for word in words if word in self._words]
            meant = set.intersection(*homes) if len(homes) == len(words) else set()
            if len(meant) != 1:
                return ()
            found += meant
        listed = tuple(dict.fromkeys(found))
        return listed if len(listed) > 1 else ()

    def compared(self, part: Part, context: Context) -> tuple[str, ...]:
        """The two offices last spoken of, where a short message asks how they differ; () for anything else."""
        if context.earlier is None or context.section is None or context.pending or len(part.words) > MOST_TO_COMPARE:
            return ()
        asked = cue(self._knowledge.conversation.cues, "comparing", part.text) and not self.named(part.text)
        return (context.earlier, context.section) if asked else ()

    def named(self, text: str) -> str:
        """The one section that a text names among other words, "" where it names none or several."""
        stems = {word[:STEM] for word in flat(text).split() if word not in self._fillers}
        named = {section for stem in stems for section in self._telling.get(stem, ())}
        return named.pop() if len(named) == 1 else ""

    def named_by(self, part: Part) -> str:
        """The section that a question names.

        "The embassy" names the embassy as a whole where the question is about just that: "where is the embassy" and not
        "who at the embassy stamps papers".
        """
        meant = self._knowledge.section_of(part.intent) or ""
        return self.named(part.text) or (meant if not self._whole.get(meant, NOTHING).isdisjoint(part.words) else "")

    def names_post(self, part: Part) -> bool:
        """Whether a text has a word of the post's own name."""
        return not self._post.isdisjoint(part.words)

    def lies_across(self, before: str, after: str) -> bool:
        """Whether what parts two stretches stands within a name or a title: "political | and economic section"."""
        return not self._joined.isdisjoint(_beside(before, after))

    def are_told_together(self, before: str, after: str) -> bool:
        """Whether some answer joins the words on the two sides of a joint: "business | and pleasure"."""
        return not self._told_together.isdisjoint(_beside(before, after))


def _names(knowledge: Knowledge) -> list[str]:
    return [name for s in knowledge.sections.values() for name in (*s.name.values(), *s.short.values())]


def _titles(knowledge: Knowledge) -> list[str]:
    return [title for entry in knowledge.entries.values() for title in entry.title.values()]


def _joined(texts: Iterable[str]) -> frozenset[tuple[str, str]]:
    """The beginnings of the words on both sides of each "and" or comma."""
    halves = (pair for text in texts for pair in pairwise(AND.split(text)))
    return frozenset(words for before, after in halves for words in _beside(before, after))


def _beside(before: str, after: str) -> list[tuple[str, str]]:
    """The beginnings of the last word of one stretch and the first telling word of the next, if there are both."""
    telling = [word for word in flat(after).split() if word not in FILLERS]
    return [(left[:STEM], right[:STEM]) for left, right in zip(flat(before).split()[-1:], telling)]


def _words(section: Section) -> list[str]:
    names = [section.id, *section.name.values(), *section.short.values()]
    return [word for name in names for word in flat(name).split() if len(word) > 1]


def _stems(section: Section) -> frozenset[str]:
    return frozenset(word[:STEM] for word in _words(section))
