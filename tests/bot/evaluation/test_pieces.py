"""What a later piece of a message means is learned from messages whose questions are known."""

from __future__ import annotations

from bot.dialogue.decision import Context
from bot.dialogue.dialogue import Dialogue
from bot.dialogue.thresholds import Thresholds
from bot.dialogue.understanding import Part, Understanding
from bot.evaluation.pieces import PieceTeacher
from bot.evaluation.questions import Case, Expectation, Turn
from bot.knowledge.model import Knowledge

ASKED = "who writes the press releases, in what languages"
PARTS = (
    Part(ASKED, "message", (("press.languages", 0.6), ("press.publications", 0.3)), (0, 2)),
    Part("who writes the press releases", "piece", (("press.publications", 0.99),), (0, 1)),
    Part("in what languages", "piece", (("chat.language", 0.9), ("press.languages", 0.05)), (1, 2), "sign"),
)


def understand(text: str) -> Understanding:
    return Understanding(text, "en", True, None, None, None, PARTS)


def told(knowledge: Knowledge, thresholds: Thresholds) -> list[str | None]:
    after = Dialogue(knowledge, thresholds).respond(understand(ASKED), Context())
    return [decision.entry for decision in after.decisions]


def test_a_piece_comes_to_mean_what_it_means_after_the_piece_before_it(knowledge: Knowledge) -> None:
    plain = Thresholds(joints={"cut": 1.0})
    expected = (Expectation("answer", ("press.publications",)), Expectation("answer", ("press.languages",)))
    case = Case("several", (Turn(ASKED, expected, "en"),), "test")
    assert told(knowledge, plain) != ["press.publications", "press.languages"]
    teacher = PieceTeacher(understand, knowledge, plain, Dialogue(knowledge, plain))
    learned = Thresholds(joints=plain.joints, in_place=teacher.learn([case] * 20))
    assert told(knowledge, learned) == ["press.publications", "press.languages"]


def test_a_message_of_one_question_teaches_nothing(knowledge: Knowledge) -> None:
    plain = Thresholds(joints={"cut": 1.0})
    case = Case("answer", (Turn("visas", (Expectation("answer", ("consular.visas",)),), "en"),), "test")
    teacher = PieceTeacher(understand, knowledge, plain, Dialogue(knowledge, plain))
    assert teacher.learn([case]) == {}
