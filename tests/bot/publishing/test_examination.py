"""What the stored questions expect follows what staff withdrew; figures say how far they are from the floor."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from datetime import date
from pathlib import Path
from typing import Any

import pytest
import yaml

from bot.evaluation.floor import apart, missed, problem_lines
from bot.evaluation.questions import Case, Expectation, Turn, read_cases
from bot.evaluation.runner import Outcome
from bot.knowledge.reader import read_knowledge
from bot.publishing.candidate import examine
from bot.publishing.examination import FEWEST_ABOUT, about, few_line, with_withdrawn, without_removed
from bot.settings import Settings
from tests import tiny
from tests.bot.publishing.candidates import ready

TODAY = date(2026, 11, 25)


def case(*expected: str, group: str = "answer") -> Case:
    return Case(group, tuple(Turn(text, (Expectation.parse(text),), "en") for text in expected), "en.yml")


@pytest.mark.parametrize("line", ["enabled: false", "valid_until: 2026-11-24"])
def test_a_withdrawn_answer_is_to_be_unknown_and_no_longer_counts_as_answerable(settings: Settings, line: str) -> None:
    tiny.change(settings.knowledge / "sections/tides.yml", "  aspect: contact", f"  {line}\n  aspect: contact")
    knowledge = read_knowledge(settings.knowledge, questions=False)
    cases = [case("tides.contact"), case("tides.overview"), case("tides.contact | tides.overview"),
             case("tides.overview", "tides.contact", group="follow-up")]  # fmt: skip
    assert without_removed(cases, knowledge) == cases
    found = with_withdrawn(cases, knowledge, TODAY)
    assert (found[0].group, found[0].turns[0].expect) == ("unknown", (Expectation("unknown", ("tides",)),))
    assert found[1:3] == cases[1:3], "what still can be answered must be"
    assert (found[3].group, found[3].turns[1].expect[0].kind) == ("follow-up", "unknown")


def test_a_removed_answer_is_not_asked_for(settings: Settings) -> None:
    knowledge = read_knowledge(settings.knowledge, questions=False)
    kept = [case("tides.overview"), case("fallback"), case("pearls.gone | pearls.overview")]
    assert without_removed([*kept, case("pearls.gone"), case("tides.overview", "pearls.gone")], knowledge) == kept


@pytest.mark.parametrize("text", ["unknown consular", "unknown consular | pearls.gone", "clarify ambiguous.gone"])
def test_what_another_embassy_is_asked_is_not_asked(settings: Settings, text: str) -> None:
    knowledge = read_knowledge(settings.knowledge, questions=False)
    kept = [case("unknown tides | unknown consular"), case("clarify"), case("clarify ambiguous.training"), case("any")]
    spanish = Case("answer", (Turn("?", (Expectation.parse("tides.overview"),), "es"),), "es.yml")
    assert without_removed([*kept, case(text), case("tides.overview", text), spanish], knowledge) == kept
    assert about([*kept, case("safety"), case("fallback", "tides.contact")], knowledge) == 3


def examined(settings: Settings, monkeypatch: pytest.MonkeyPatch, own: int) -> dict[str, Any]:
    """The report of a candidate that answers nothing, asked so many questions about itself beside the first post's."""
    lines = ["safety", "handoff", *["unknown consular"] * 30, *["tides.overview"] * own]
    folder = settings.root / "tests/questions"
    folder.mkdir(parents=True)
    raw = {"language": "en", "questions": [{"ask": "?", "expect": line} for line in lines]}
    (folder / "en.yml").write_text(yaml.safe_dump(raw))
    (settings.root / "evaluation.yml").write_text(
        "at_least: {answer en: 0.9, unknown en: 0.9, handoff en: 1.0, safety en: 1.0}\nstrict: [safety en]\n"
    )

    async def silent(settings: Settings, cases: Sequence[Case], **more: Any) -> list[Outcome]:
        return [Outcome(one, turn, (), first=True) for one in cases for turn in one.turns]

    monkeypatch.setattr("bot.evaluation.command.outcomes_of", silent)
    job = ready(settings)
    edition = job.edition()
    assert edition is not None
    return asyncio.run(examine(job, settings, edition, beside_served=False))


def test_where_hardly_any_question_is_about_the_knowledge_only_rules_block(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    report = examined(settings, monkeypatch, FEWEST_ABOUT - 1)
    assert [problem["figure"] for problem in report["problems"]] == ["safety en"]
    assert report["few"] == FEWEST_ABOUT - 1
    assert few_line(report).startswith("Test questions about something that this knowledge has: 19. At least 20 are")


def test_enough_questions_about_the_knowledge_are_held_against_the_floor(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    report = examined(settings, monkeypatch, FEWEST_ABOUT)
    assert {problem["figure"] for problem in report["problems"]} == {"answer en", "safety en"}, "one may differ"
    assert few_line(report) == "" and few_line({"problems": []}) == "", "a report of an earlier version says nothing"


def test_the_embassy_s_own_questions_are_all_asked(root: Path) -> None:
    knowledge = read_knowledge(root / "knowledge", questions=False)
    cases = read_cases(sorted((root / "tests/questions").glob("*.yml")))
    assert without_removed(cases, knowledge) == cases
    assert about(cases, knowledge) > 1000


def test_a_figure_is_written_so_that_it_is_seen_to_be_below_the_floor(tmp_path: Path) -> None:
    floor = tmp_path / "evaluation.yml"
    floor.write_text("at_least: {answer en: 0.95, answer fr: 0.95}\nat_most: {calibration error: 0.05}\n")
    figures = {"answer en": 0.9496, "answer fr": 0.95, "calibration error": 0.0500001}
    lines = problem_lines({"problems": missed(figures, floor)})
    assert lines == [
        "answer en is 0.9496, must be at least 0.95",
        "calibration error is 0.0500001, must be at most 0.05",
    ]
    assert apart(0.9, 0.95) == "0.900"
    assert missed(figures, tmp_path / "none.yml") == []


def test_one_question_may_differ_but_not_where_rules_decide(tmp_path: Path) -> None:
    floor = tmp_path / "evaluation.yml"
    floor.write_text(
        "at_least: {handoff en: 1.0, handoff fr: 1.0, safety en: 1.0, answer en: 0.9}\n"
        "at_most: {refused: 0.02, calibration error: 0.05}\nstrict: [safety en]\n"
    )
    totals = {"handoff en": 30, "handoff fr": 30, "safety en": 40, "answer en": 700, "refused": 100}
    one_off = {"handoff en": 29 / 30, "answer en": 629 / 700, "refused": 3 / 100, "calibration error": 0.05}
    assert missed(one_off, floor, totals) == []
    assert len(missed(one_off, floor)) == 3, "of how many is not known, so nothing is allowed"
    worse = {"handoff fr": 28 / 30, "safety en": 39 / 40, "answer en": 628 / 700, "refused": 4 / 100,
             "calibration error": 0.051}  # fmt: skip
    assert problem_lines({"problems": missed(worse, floor, totals)}) == [
        "handoff fr is 0.933, must be at least 1.0"
        " (28 of 30 questions; a difference of one question would be let pass)",
        "safety en is 0.975, must be at least 1.0 (39 of 40 questions; rules decide here, so not one may go wrong)",
        "answer en is 0.897, must be at least 0.9"
        " (628 of 700 questions; a difference of one question would be let pass)",
        "refused is 0.040, must be at most 0.02 (4 of 100 questions; a difference of one question would be let pass)",
        "calibration error is 0.051, must be at most 0.05",
    ]


def test_what_rules_decide_is_strict(root: Path) -> None:
    totals = {"safety fr": 50, "handoff fr": 50}
    (problem,) = missed({"safety fr": 0.98, "handoff fr": 0.98}, root / "evaluation.yml", totals)
    assert problem["figure"] == "safety fr"
