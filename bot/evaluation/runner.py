"""Asks the questions of the cases and notes what came back."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass

from bot.dialogue.decision import Decision
from bot.dialogue.generator import Reply, ReplyWriter
from bot.evaluation.questions import Case, Turn

Ask = Callable[[str, str], Awaitable[list[Reply]]]
"""(conversation, text) → replies."""


@dataclass(frozen=True)
class Outcome:
    """A turn, what came back, and whether it was right."""

    case: Case
    turn: Turn
    replies: tuple[Reply, ...]
    first: bool
    """Whether this is a conversation's first turn, which is no follow-up."""

    @property
    def right(self) -> bool:
        """As many replies as expected, each fitting, in order."""
        return self.hits == len(self.turn.expect)

    @property
    def hits(self) -> int:
        """How many replies are right; none where there are more or fewer than questions."""
        if len(self.replies) != len(self.turn.expect):
            return 0
        return sum(wanted.fits(reply, self.turn.language) for wanted, reply in zip(self.turn.expect, self.replies))


def outcome_of(case: Case, turn: Turn, decisions: Iterable[Decision], writer: ReplyWriter, *, first: bool) -> Outcome:
    """What a dialogue's decisions come to, without a server."""
    return Outcome(case, turn, tuple(writer.write(decision) for decision in decisions), first)


async def run(cases: Iterable[Case], ask: Ask, progress: Callable[[], None] = lambda: None) -> list[Outcome]:
    """Each case in a conversation of its own."""
    outcomes = []
    for number, case in enumerate(cases):
        for index, turn in enumerate(case.turns):
            replies = await ask(f"evaluation-{number}", turn.ask)
            outcomes.append(Outcome(case, turn, tuple(replies), first=index == 0))
            progress()
    return outcomes
