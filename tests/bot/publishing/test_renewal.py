"""Training on the command line puts nothing into service that the console holds unpublished or that is not in order."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

from bot.cli import main
from bot.console import editing
from bot.knowledge.edit.editor import KnowledgeEditor
from bot.publishing import renewal
from bot.settings import Settings
from bot.store.database import open_database
from bot.store.staff import StaffStore
from bot.training import edited
from bot.training.current import CurrentModel, training_inputs, write_atomically
from bot.training.releases import TRAINED, WORDS, Parts, Releases
from tests import tiny
from tests.bot.console.office import Office, open_office
from tests.bot.training.test_releases import train as leave_a_model

OLD, NEW = "The Tide Office watches the sea.", "The Tide Office watches the moon."


@pytest.fixture
def trainings(monkeypatch: pytest.MonkeyPatch) -> list[Settings]:
    """The trainings that took place, without training."""
    found: list[Settings] = []

    def train(settings: Settings, told: Callable[[str], None] = lambda step: None) -> CurrentModel:
        found.append(settings)
        settings.models.mkdir(exist_ok=True)
        name = f"model-{len(found)}.tar.gz"
        (settings.models / name).write_bytes(name.encode())
        model = CurrentModel(name, name, "knowledge", training_inputs(settings))
        write_atomically(settings.models / "current.json", json.dumps(model.__dict__))
        return model

    async def examine(*arguments: Any, **more: Any) -> dict[str, Any]:
        return {"figures": {"answer en": 0.97}, "before": {}, "problems": [], "differences": []}

    monkeypatch.setattr(renewal, "train", train)
    monkeypatch.setattr("bot.training.train.train", train)
    monkeypatch.setattr(renewal, "examine", examine)
    return found


@pytest.fixture
def house(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> Settings:
    """The small post, served as release 1, whose model knows all questions."""
    release = Releases(settings).current()
    assert release is not None
    leave_a_model(settings, "two")
    model = settings.models / "two.tar.gz"
    parts = Parts(settings.knowledge, model, settings.thresholds, inputs=training_inputs(settings))
    Releases(settings).publish(parts, author="awa", reason="All learned", kind=TRAINED)
    monkeypatch.chdir(settings.root)
    monkeypatch.setenv("DATABASE_URL", f"sqlite:///{settings.root / 'log.sqlite3'}")
    return settings


def ask_more(settings: Settings) -> None:
    """Somebody writes a question by hand."""
    path = settings.knowledge / "questions" / "en" / "all.yml"
    data = yaml.safe_load(path.read_text())
    data["tides.overview"].append("what do the tides cost")
    path.write_text(yaml.safe_dump(data, allow_unicode=True))


def by_the_console(settings: Settings) -> None:
    """What a change in the console leaves."""
    edited.mark(settings, ["questions/en/all.yml"])
    ask_more(settings)


def number(settings: Settings) -> int:
    current = Releases(settings).current()
    assert current is not None
    return current.number


def test_without_any_release_the_folder_is_learned_as_it_is(
    house: Settings, trainings: list[Settings], capsys: pytest.CaptureFixture[str]
) -> None:
    (Releases(house).folder / "current.json").unlink()
    assert main(["train", "--if-needed"]) == 0
    assert [settings.root for settings in trainings] == [house.root]
    assert main(["train", "--if-needed"]) == 0
    assert len(trainings) == 1 and "up to date" in capsys.readouterr().out
    ask_more(house)
    assert main(["train", "--if-needed"]) == 0
    assert len(trainings) == 2 and Releases(house).current() is None


def test_what_is_served_decides_whether_training_is_needed(
    house: Settings, trainings: list[Settings], capsys: pytest.CaptureFixture[str]
) -> None:
    """A candidate of the console trained elsewhere: the folder's own model is older, what is served is not."""
    leave_a_model(house, "older")
    assert main(["train", "--if-needed"]) == 0
    assert trainings == [] and number(house) == 2
    assert "release 2 is up to date" in capsys.readouterr().out
    assert "two.tar.gz" in (house.models / "current.json").read_text(), "the served model serves tools as well"


def test_what_was_changed_by_hand_is_learned_examined_and_released(house: Settings, trainings: list[Settings]) -> None:
    ask_more(house)
    assert main(["train", "--if-needed"]) == 0
    assert (len(trainings), number(house)) == (1, 3)
    release = Releases(house).current()
    assert release is not None
    assert (release.author, release.kind, release.figures) == ("command line", TRAINED, {"answer en": 0.97})
    assert release.inputs == training_inputs(house)
    (line,) = StaffStore(open_database(f"sqlite:///{house.root / 'log.sqlite3'}")).log()
    assert (line.who, line.action, line.subject) == ("command line", "published", "release 3 (trained)")
    assert main(["train", "--if-needed"]) == 0
    assert (len(trainings), number(house)) == (1, 3)


def test_a_missing_database_costs_the_line_of_the_log_and_nothing_else(
    house: Settings, trainings: list[Settings], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("DATABASE_URL", "sqlite:////proc/nowhere/log.sqlite3")
    ask_more(house)
    assert main(["train"]) == 0
    assert number(house) == 3 and "the log could not be written" in capsys.readouterr().err


def test_a_draft_of_the_console_is_not_put_into_service(
    house: Settings, trainings: list[Settings], capsys: pytest.CaptureFixture[str]
) -> None:
    by_the_console(house)
    assert main(["train", "--if-needed"]) == 0
    said = capsys.readouterr().out
    assert "nobody has published yet (questions/en/all.yml)" in said and "Release 2 stays in service" in said
    assert main(["train"]) == 1
    assert "nobody has published yet" in capsys.readouterr().err
    assert trainings == [] and number(house) == 2


def test_another_pipeline_learns_what_is_served_and_leaves_the_draft_of_the_console(
    house: Settings, trainings: list[Settings], capsys: pytest.CaptureFixture[str]
) -> None:
    by_the_console(house)
    (house.root / "config.yml").write_text((house.root / "config.yml").read_text() + "\n# another\n")
    assert main(["train", "--if-needed"]) == 0
    assert "since the pipeline changed" in capsys.readouterr().out
    assert (len(trainings), number(house)) == (1, 3)
    served = Releases(house).path(3) / "knowledge"
    assert "what do the tides cost" not in (served / "questions/en/all.yml").read_text()
    assert edited.held(house, served) == ["questions/en/all.yml"]


def test_a_release_that_serves_questions_its_model_never_learned_says_so(
    house: Settings, trainings: list[Settings], capsys: pytest.CaptureFixture[str]
) -> None:
    ask_more(house)
    parts = Parts(house.knowledge, house.models / "two.tar.gz", house.thresholds)
    Releases(house).publish(parts, author="awa", reason="Words", kind=WORDS)
    by_the_console(house)
    assert main(["train", "--if-needed"]) == 0
    said = capsys.readouterr().out
    assert "it serves questions that its model has not learned" in said and "pipeline" not in said
    assert (len(trainings), number(house)) == (1, 4)


def test_what_is_published_or_put_back_is_no_longer_held(house: Settings, trainings: list[Settings]) -> None:
    by_the_console(house)
    parts = Parts(house.knowledge, house.models / "two.tar.gz", house.thresholds)
    Releases(house).publish(parts, author="awa", reason="Seen", kind=WORDS)
    assert edited.held(house, Releases(house).path(3) / "knowledge") == []
    ask_more(house)
    assert edited.held(house, Releases(house).path(3) / "knowledge") == [], "now it is a change by hand"


def test_what_was_rolled_back_does_not_come_back_by_itself(house: Settings, trainings: list[Settings]) -> None:
    ask_more(house)
    assert main(["train", "--if-needed"]) == 0
    Releases(house).roll_back(2, author="awa", reason="Wrong")
    assert main(["train", "--if-needed"]) == 0
    assert (len(trainings), number(house)) == (1, 4)


def test_errors_and_a_figure_below_the_floor_block(
    house: Settings, trainings: list[Settings], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    ask_more(house)
    whole = (house.knowledge / "sections/tides.yml").read_text()
    tiny.change(house.knowledge / "sections/tides.yml", "{tide-phone}", "{nobody-phone}")
    assert main(["train", "--if-needed"]) == 1
    assert "nobody-phone" in capsys.readouterr().err and trainings == []
    (house.knowledge / "sections/tides.yml").write_text(whole)

    async def worse(*arguments: Any, **more: Any) -> dict[str, Any]:
        problem = {"figure": "answer en", "value": "0.5", "limit": "0.95", "key": "at_least"}
        return {"figures": {"answer en": 0.5}, "before": {}, "problems": [problem], "differences": []}

    monkeypatch.setattr(renewal, "examine", worse)
    for arguments in (["train", "--if-needed"], ["train"]):
        assert main(arguments) == 1
        assert "answer en is 0.5" in capsys.readouterr().err
    assert number(house) == 2
    assert "two.tar.gz" in (house.models / "current.json").read_text(), "a model that is not good enough is not kept"


def test_a_knowledge_without_test_questions_is_released_and_it_is_said(
    house: Settings, trainings: list[Settings], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    async def few(*arguments: Any, **more: Any) -> dict[str, Any]:
        return {"figures": {"safety en": 1.0}, "before": {}, "problems": [], "few": 0, "differences": []}

    monkeypatch.setattr(renewal, "examine", few)
    ask_more(house)
    assert main(["train"]) == 0
    said = capsys.readouterr().out
    assert "this knowledge has: 0. At least 20" in said and "tests/questions/" in said
    assert number(house) == 3


@pytest.fixture
def office(tmp_path: Path) -> Office:
    return open_office(tmp_path / "office")


def test_the_console_marks_what_it_changes_before_it_changes_it(
    office: Office, root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = office.desk.settings
    for name in ("config.yml", "domain.yml"):
        (settings.root / name).write_text((root / name).read_text())
    leave_a_model(settings, "one")
    draft = KnowledgeEditor(settings.knowledge).entry("tides.overview")
    seen: list[list[str]] = []
    store = editing.Files.store

    def watched(files: Any) -> list[str]:
        if files.folder == settings.knowledge:
            seen.append(sorted(path.name for path in (settings.var / "edited").rglob("*.yml")))
        return store(files)

    monkeypatch.setattr(editing.Files, "store", watched)
    values = {"title_en": "Tides", "title_fr": "Marées", "answer_en": draft.answer["en"].replace(OLD, NEW),
              "answer_fr": draft.answer["fr"], "questions_en": "\n".join(draft.questions["en"]), "aspect": "overview",
              "questions_fr": "\n".join(draft.questions["fr"]), "source": draft.source, "enabled": "1",
              "checked": "2026-11-01", "review_by": "2099-01-01", "base": draft.version}  # fmt: skip
    response = office.staff.post("/answers/tides.overview", do="save", **values)
    assert response.status_code == 303, response.text
    assert seen == [["tides.yml"]]
    assert edited.held(settings, Releases(settings).path(1) / "knowledge") == ["sections/tides.yml"]
