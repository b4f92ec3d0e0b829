"""Guided conversations as trees: a question, its choices, and for each the answer or the question it leads to."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from bot.knowledge.edit.drafts import EditError
from bot.knowledge.guides import circle_in
from bot.knowledge.said import said

DEEPEST, MOST_WAYS = 4, 60
"""A small tree: so many questions after each other, so many ways through it."""

Way = tuple[str, ...]
"""One way through a tree: what begins it, then a question and the choice made, another question and choice…"""


@dataclass(frozen=True)
class Guide:
    """A question of a guided conversation.

    Attributes:
        name: Its short name; the question is ``guide.NAME``, the action ``utter_guide_NAME``.
        trigger: The intent that begins it: an entry, a topic or an ``ambiguous.`` id; empty where only choices of other
            questions lead to it.
        question: What the bot asks, by language.
        options: Entries or topics that the choices mean, in the order of the buttons.
        leads: Option → name of the question that it leads to; any other option gives its answer.
    """

    name: str
    trigger: str
    question: Mapping[str, str]
    options: tuple[str, ...]
    leads: Mapping[str, str] = field(default_factory=dict)

    @property
    def version(self) -> str:
        """Changes with anything in it."""
        parts = (self.trigger, sorted(self.question.items()), self.options, sorted(self.leads.items()))
        return hashlib.sha256(repr(parts).encode()).hexdigest()[:16]


@dataclass(frozen=True)
class Branch:
    """A choice and where it leads.

    Attributes:
        option: What the choice means.
        lead: Name of the question that it leads to, empty for its answer.
        guide: That question; None for an answer, for one that does not exist, and for one that stands above already.
        branches: That question's own choices.
    """

    option: str
    lead: str = ""
    guide: Guide | None = None
    branches: tuple[Branch, ...] = ()


@dataclass(frozen=True)
class Forest:
    """All guided conversations of a knowledge.

    Attributes:
        guides: The questions by their short names.
        begins: Question → intents that begin it, the first one being its ``trigger``.
    """

    guides: Mapping[str, Guide]
    begins: Mapping[str, tuple[str, ...]]

    def users(self, name: str) -> list[tuple[Guide, str]]:
        """The choices that lead to a question, each with the question that it belongs to."""
        return [
            (guide, option)
            for guide in self.guides.values()
            for option, lead in guide.leads.items()
            if lead == name and option in guide.options
        ]

    def branches(self, guide: Guide, above: tuple[str, ...] = ()) -> tuple[Branch, ...]:
        """The tree below a question."""
        above = (*above, guide.name)
        found = []
        for option in guide.options:
            lead = guide.leads.get(option, "")
            there = self.guides.get(lead) if lead not in above else None
            found.append(Branch(option, lead, there, self.branches(there, above) if there else ()))
        return tuple(found)

    def ways(self) -> Iterator[Way]:
        """Every way from a beginning to an answer, in the order of the buttons; there must be no circle."""
        for name, intents in self.begins.items():
            for intent in intents if name in self.guides else ():
                yield from self._ways((intent, name), self.branches(self.guides[name]))

    def _ways(self, way: Way, branches: tuple[Branch, ...]) -> Iterator[Way]:
        for branch in branches:
            if branch.guide is None:
                yield (*way, branch.option)
            else:
                yield from self._ways((*way, branch.option, branch.guide.name), branch.branches)

    def in_order(self) -> list[Guide]:
        """The questions, each tree from its beginning downwards; last those to which nothing leads."""
        found: dict[str, Guide] = {}

        def add(guide: Guide) -> None:
            if guide.name in found:
                return
            found[guide.name] = guide
            for option in guide.options:
                lead = guide.leads.get(option, "")
                if lead in self.guides:
                    add(self.guides[lead])

        for only_beginnings in (True, False):
            for guide in self.guides.values():
                if guide.trigger or not only_beginnings:
                    add(guide)
        return list(found.values())

    def lost(self) -> set[str]:
        """Questions to which nothing leads but whose choices lead on: stories could not tell that."""
        return {guide.name for guide in self.guides.values() if guide.leads} - self._reached()

    def _reached(self) -> set[str]:
        found: set[str] = set()
        ahead = [name for name in self.begins if self.begins[name]]
        while ahead:
            name = ahead.pop()
            if name in self.guides and name not in found:
                found.add(name)
                ahead += self.guides[name].leads.values()
        return found

    def check(self, before: Forest, changed: Guide) -> None:
        """Whether a question may stand so among the others.

        Args:
            before: How it was.
            changed: The question that was changed or added.

        Raises:
            EditError: A choice leads to nothing, questions lead in a circle, a question is cut off, or it is too large.
        """
        for lead in changed.leads.values():
            if lead not in self.guides:
                raise EditError(said("There is no question '{name}' for a choice to lead to.", name=lead), "options")
        circle = circle_in({guide.name: list(guide.leads.values()) for guide in self.guides.values()})
        if circle:
            message = said("These questions would lead in a circle: {way}. Let one of their choices give its answer.",
                           way=" → ".join(circle))  # fmt: skip
            raise EditError(message, "options")
        if changed.name not in self._reached():
            message = said("Choose what begins this question: no choice of another question leads to it.")
            raise EditError(message, "trigger")
        self.check_nothing_lost(before)
        ways = [way for way in self.ways() if changed.name in way[1::2]]
        deepest = max(len(way) // 2 for way in ways)
        if len(ways) > MOST_WAYS or deepest > DEEPEST:
            message = said(
                "This tree would have {deepest} questions after each other and {count} ways through it; "
                "keep to {most_deep} and {most}.",
                deepest=deepest, count=len(ways), most_deep=DEEPEST, most=MOST_WAYS,
            )  # fmt: skip
            raise EditError(message, "options")

    def check_nothing_lost(self, before: Forest) -> None:
        """Whether every question that leads on can still be reached.

        Raises:
            EditError: One cannot, unlike before.
        """
        lost = sorted(self.lost() - before.lost())
        if lost:
            message = said("Nothing would lead to the question '{name}' any more, though its choices lead on to other "
                           "questions. Let another choice lead to it, or its own choices give their answers, first.",
                           name=lost[0])  # fmt: skip
            raise EditError(message, "options")
