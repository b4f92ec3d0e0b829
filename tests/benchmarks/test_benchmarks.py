from __future__ import annotations

import json
import xml.etree.ElementTree as ET
from pathlib import Path

import numpy as np
import pytest
import yaml
from rich.console import Console

from benchmarks import plots, public, vanilla
from benchmarks.report import Figure, show, write
from bot.evaluation.questions import Expectation
from bot.knowledge.model import Knowledge


def test_the_vanilla_project_holds_every_question_and_answer(knowledge: Knowledge, tmp_path: Path) -> None:
    vanilla.export(knowledge, tmp_path, epochs=3)
    domain = yaml.safe_load((tmp_path / "domain.yml").read_text(encoding="utf-8"))
    nlu = yaml.safe_load((tmp_path / "data/nlu.yml").read_text(encoding="utf-8"))["nlu"]
    for name in [*knowledge.entries, *knowledge.topics]:
        assert f"utter_faq/{vanilla.key(name)}" in domain["responses"]
    written = sum(len(item["examples"].splitlines()) for item in nlu)
    assert written == sum(len(qs) for by_id in knowledge.questions.values() for qs in by_id.values())
    config = yaml.safe_load((tmp_path / "config.yml").read_text(encoding="utf-8"))
    assert [part["epochs"] for part in config["pipeline"] if "epochs" in part] == [3, 3]


def test_vanilla_replies_are_judged_by_entry_and_kind(knowledge: Knowledge) -> None:
    phone = knowledge.answer(knowledge.entries["press.phone"], "fr")
    fees = knowledge.answer(knowledge.topics["topic.visa-fees"], "fr")
    assert vanilla.is_right(knowledge, Expectation.parse("press.phone | press.contact"), [phone])
    assert not vanilla.is_right(knowledge, Expectation.parse("press.head"), [phone])
    assert vanilla.is_right(knowledge, Expectation.parse("unknown consular"), [fees])
    assert not vanilla.is_right(knowledge, Expectation.parse("unknown press"), [fees])
    assert vanilla.is_right(knowledge, Expectation.parse("fallback"), ["nlu_fallback"])
    assert not vanilla.is_right(knowledge, Expectation.parse("fallback"), [])


def test_recall_is_taken_at_the_threshold_that_costs_two_points_at_most() -> None:
    sure = np.linspace(0.5, 1.0, 100)
    right = np.ones(100, dtype=bool)
    recall, kept, threshold = public.figures(sure, right, np.array([0.1, 0.49, 0.505, 0.9]))
    assert recall == pytest.approx(0.75)
    assert kept >= 0.98
    assert 0.505 < threshold < 0.52


def test_reliability_of_perfectly_calibrated_confidence_is_nought() -> None:
    error, bins = public.reliability(np.full(10, 0.8), np.array([True] * 8 + [False] * 2))
    assert error == pytest.approx(0.0)
    assert bins[8][0] == 10


def test_plots_are_well_formed_svg() -> None:
    for svg in (
        plots.bars("Ratios <&>", [("one", 2.0, 3.0), ("two", 5.0, 3.0)], "×"),
        plots.reliability("Confidence", [(3, 0.5, 0.6), (0, 0.0, 0.0)], 0.1),
    ):
        assert ET.fromstring(svg).tag.endswith("svg")


def test_the_report_says_which_aims_were_missed(tmp_path: Path) -> None:
    figures = [
        Figure("g", "right", 96.0, 95.0, unit="%"),
        Figure("g", "slow", 3.0, 2.0, at_most=True, unit="×"),
        Figure("g", "plain", 1.0),
    ]
    assert [figure.met for figure in figures] == [True, False, None]
    show(figures, Console(quiet=True))
    write(figures, {"plot": "<svg/>"}, tmp_path)
    assert "**no**" in (tmp_path / "report.md").read_text(encoding="utf-8")
    assert json.loads((tmp_path / "report.json").read_text(encoding="utf-8"))[1]["met"] is False
    assert (tmp_path / "plot.svg").exists()
