from __future__ import annotations

from pathlib import Path

import pytest

from bot.dialogue.generator import Reply
from bot.evaluation import figures
from bot.evaluation.command import below_floor
from bot.evaluation.questions import Case, Expectation, QuestionFileError, Turn, read_cases
from bot.evaluation.runner import Outcome, run


def reply(kind: str = "answer", entry: str | None = "press.phone", language: str = "en", sure: float = 0.9) -> Reply:
    return Reply(kind, "text", language, sure, entry.split(".")[0] if entry else None, entry)


@pytest.mark.parametrize(
    ("expected", "got", "fits"),
    [
        ("press.phone", reply(), True),
        ("press.contact | press.phone", reply(), True),
        ("press.email", reply(), False),
        ("press.phone", reply(language="fr"), False),
        ("unknown press", reply("unknown", "press.x"), True),
        ("unknown dao", reply("unknown", "press.x"), False),
        ("unknown", reply("unknown", "press.x"), True),
        ("unknown press", reply("answer", "press.x"), False),
        ("fallback", reply("fallback", None), True),
        ("fallback", reply("clarify", None), False),
        ("any", reply("fallback", None, "fr"), True),
        ("unknown press | dao.overview", reply("answer", "dao.overview"), True),
        ("dao.overview | unknown press", reply("unknown", "press.x"), True),
        ("dao.overview | unknown press", reply("unknown", "dao.x"), False),
    ],
)
def test_an_expectation_looks_at_kind_entry_section_and_language(expected: str, got: Reply, fits: bool) -> None:
    assert Expectation.parse(expected).fits(got, "en") is fits


def outcome(expected: str, *replies: Reply, first: bool = True, group: str | None = None) -> Outcome:
    expect = tuple(Expectation.parse(text) for text in expected.split(" & "))
    turn = Turn("?", expect, "en")
    return Outcome(Case(group or expect[0].kind, (turn,), "test"), turn, replies, first)


def test_every_part_must_be_right_and_in_order() -> None:
    two = "press.phone & press.head"
    assert outcome(two, reply(), reply(entry="press.head")).right
    assert not outcome(two, reply(entry="press.head"), reply()).right
    assert not outcome(two, reply()).right
    assert not outcome("press.phone", reply(), reply()).right


def test_the_first_turn_of_a_conversation_is_no_follow_up() -> None:
    outcomes = [
        outcome("press.phone", reply(), group="follow-up"),
        outcome("press.phone", reply("clarify", None), first=False, group="follow-up"),
    ]
    assert figures.by_group(outcomes)[("follow-up", "en")].total == 1


def test_refusals_and_questions_back_are_counted_over_answerable_questions() -> None:
    outcomes = [
        outcome("press.phone", reply()),
        outcome("press.phone", reply("fallback", None)),
        outcome("press.phone", reply("clarify", None)),
        outcome("fallback", reply("fallback", None)),
    ]
    assert str(figures.refused(outcomes)).endswith("(1 of 3)")
    assert str(figures.asked_back(outcomes)).endswith("(1 of 3)")


def test_calibration_error_is_nought_when_confidence_is_the_share_right() -> None:
    right = [outcome("press.phone", reply(sure=0.75)) for _ in range(3)]
    wrong = [outcome("press.email", reply(sure=0.75))]
    assert figures.calibration_error(figures.reliability(right + wrong)) == pytest.approx(0.0)
    assert figures.calibration_error(figures.reliability(wrong)) == pytest.approx(0.75)


def test_a_figure_below_its_floor_is_named_and_fails(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    floor = tmp_path / "evaluation.yml"
    floor.write_text("at_least: {answer.en: 0.9}\nat_most: {ece: 0.05}\n", encoding="utf-8")
    assert below_floor({"answer.en": 0.95, "ece": 0.01}, floor) == 0
    assert below_floor({"answer.en": 0.85, "ece": 0.01}, floor) == 1
    assert below_floor({"answer.en": 0.95, "ece": 0.2}, floor) == 1
    assert "answer.en is 0.850" in capsys.readouterr().err


def test_a_broken_question_file_is_named(tmp_path: Path) -> None:
    file = tmp_path / "bad.yml"
    file.write_text("questions: [{ask: x}]", encoding="utf-8")
    with pytest.raises(QuestionFileError, match=r"bad\.yml"):
        read_cases([file])


async def test_the_turns_of_a_case_are_one_conversation_and_cases_are_not() -> None:
    asked: list[tuple[str, str]] = []

    async def ask(sender: str, text: str) -> list[Reply]:
        asked.append((sender, text))
        return [reply()]

    turns = tuple(Turn(text, (Expectation.parse("press.phone"),), "en") for text in "ab")
    await run([Case("follow-up", turns, "t"), Case("answer", turns[:1], "t")], ask)
    senders = [sender for sender, _ in asked]
    assert senders[0] == senders[1] != senders[2]
