"""What a reply is worth when thresholds are chosen."""

from __future__ import annotations

from bot.dialogue.decision import ANSWER, Decision
from bot.dialogue.generator import ReplyWriter
from bot.evaluation.questions import Case, Expectation, Turn
from bot.evaluation.runner import Outcome
from bot.evaluation.tuning import utility
from bot.knowledge.model import Knowledge


def test_a_question_left_out_costs_less_than_a_wrong_answer(knowledge: Knowledge) -> None:
    case = Case("several", (Turn("?", (Expectation.parse("press.phone"), Expectation.parse("press.email")), "en"),), "")

    def worth(*entries: str) -> float:
        writer = ReplyWriter(knowledge)
        replies = tuple(
            writer.write(Decision(ANSWER, "en", 0.9, entry=name, section=name.partition(".")[0])) for name in entries
        )
        return utility(Outcome(case, case.turns[0], replies, first=True))

    assert [worth("press.phone", "press.email"), worth("press.phone"), worth("press.head")] == [1.0, 0.0, -1.0]
