"""Releases: whole or not at all, whatever happens while one is made; back to any of them."""

from __future__ import annotations

import fcntl
import json
import os
import shutil
import signal
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from bot.cli import main
from bot.knowledge.edit.files import alone
from bot.knowledge.reader import read_knowledge
from bot.settings import Settings
from bot.store.database import open_database
from bot.store.staff import StaffStore
from bot.training.current import CurrentModel, write_atomically
from bot.training.releases import MODEL, WORDS, Basis, ChangedError, Parts, ReleaseError, Releases
from tests import tiny

OLD, NEW = "The Tide Office watches the sea.", "The Tide Office watches the moon."


@pytest.fixture
def settings(tmp_path: Path, root: Path) -> Settings:
    """A small post with a model that nobody loads."""
    tiny.write(tmp_path / "knowledge")
    for name in ("config.yml", "domain.yml"):
        shutil.copy(root / name, tmp_path / name)
    settings = Settings(root=tmp_path, database_url="sqlite://")
    train(settings, "one")
    return settings


def train(settings: Settings, name: str) -> None:
    """What training leaves, without training."""
    settings.models.mkdir(exist_ok=True)
    (settings.models / f"{name}.tar.gz").write_bytes(name.encode() * 1000)
    about = CurrentModel(f"{name}.tar.gz", name, "knowledge", "inputs")
    write_atomically(settings.models / "current.json", json.dumps(about.__dict__))


def parts(settings: Settings, model: str = "one") -> Parts:
    return Parts(settings.knowledge, settings.models / f"{model}.tar.gz", settings.thresholds)


def edit(settings: Settings) -> None:
    tiny.change(settings.knowledge / "sections" / "tides.yml", OLD, NEW)


def served(settings: Settings) -> tuple[str, bytes]:
    """The words and the model that a server would load now."""
    edition = Releases(settings).edition()
    assert edition is not None
    entry = read_knowledge(edition.knowledge).entries["tides.overview"]
    return entry.answer["en"].splitlines()[0], edition.model.read_bytes()


def publish(settings: Settings, model: str = "one", reason: str = "A reason") -> int:
    return Releases(settings).publish(parts(settings, model), author="awa", reason=reason, kind=WORDS).number


def test_before_anything_is_released_the_folder_of_the_staff_is_served(settings: Settings) -> None:
    edition = Releases(settings).edition()
    assert edition is not None and edition.release is None
    assert edition.knowledge == settings.knowledge
    assert Releases(settings).all() == []


def test_a_draft_is_not_served_until_it_is_published(settings: Settings) -> None:
    first = Releases(settings).baseline()
    assert first is not None and first.number == 1
    assert Releases(settings).baseline() == first, "only once"
    edit(settings)
    assert served(settings)[0] == OLD
    assert publish(settings) == 2
    assert served(settings)[0] == NEW


def test_a_release_never_changes(settings: Settings) -> None:
    publish(settings)
    folder = Releases(settings).path(1)
    before = {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}
    edit(settings)
    train(settings, "two")
    publish(settings, "two")
    Releases(settings).roll_back(1, author="awa", reason="Worse")
    assert {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()} == before
    assert all(not path.stat().st_mode & 0o222 for path in before)


def test_going_back_makes_a_new_release_of_an_old_one(settings: Settings) -> None:
    publish(settings)
    edit(settings)
    train(settings, "two")
    publish(settings, "two")
    began = time.monotonic()
    release = Releases(settings).roll_back(1, author="awa", reason="The moon was wrong")
    assert time.monotonic() - began < 2
    assert (release.number, release.of, release.kind) == (3, 1, "rollback")
    assert served(settings) == (OLD, b"one" * 1000)
    assert [r.number for r in Releases(settings).all()] == [3, 2, 1]
    assert settings.knowledge.joinpath("sections/tides.yml").read_text().count(NEW) == 1, "the draft stays"


def test_a_change_of_the_draft_does_not_wait_for_somebody_who_publishes(settings: Settings) -> None:
    first = Releases(settings).baseline()
    with (Releases(settings).folder / ".lock").open("w") as another:
        fcntl.flock(another, fcntl.LOCK_EX)
        began = time.monotonic()
        assert Releases(settings).baseline() == first
        assert time.monotonic() - began < 1


def test_nobody_goes_back_behind_a_release_that_was_not_seen(settings: Settings) -> None:
    for _ in range(3):
        publish(settings)
    with pytest.raises(ChangedError):
        Releases(settings).roll_back(1, author="awa", reason="?", seen=2)
    assert Releases(settings).roll_back(1, author="awa", reason="?", seen=3).number == 4


def test_one_cannot_go_back_to_what_is_not_there_or_served(settings: Settings) -> None:
    publish(settings)
    for number in (0, -1, 1, 2, 10**9):
        with pytest.raises(ReleaseError):
            Releases(settings).roll_back(number, author="awa", reason="?")
    assert [r.number for r in Releases(settings).all()] == [1]


def test_a_damaged_model_is_not_brought_back(settings: Settings) -> None:
    publish(settings)
    edit(settings)
    publish(settings)
    model = Releases(settings).path(1) / MODEL
    model.unlink()
    model.write_bytes(b"something else")
    with pytest.raises(ReleaseError, match="damaged"):
        Releases(settings).roll_back(1, author="awa", reason="?")
    assert served(settings)[0] == NEW


def test_nothing_is_published_but_what_was_looked_at(settings: Settings) -> None:
    publish(settings)
    version = Releases(settings).publish(parts(settings), author="awa", reason="?", kind=WORDS).knowledge
    edit(settings)
    seen = ((Basis(1, version), "release"), (Basis(None, version), "release"), (Basis(2, version), "knowledge"))
    for basis, what in seen:
        with pytest.raises(ChangedError) as caught:
            Releases(settings).publish(parts(settings), author="awa", reason="?", kind=WORDS, basis=basis)
        assert caught.value.what == what

    def refuse(copy: Path) -> None:
        assert read_knowledge(copy).entries["tides.overview"].answer["en"].startswith(NEW)
        raise ReleaseError("It holds errors.")

    with pytest.raises(ReleaseError, match="holds errors"):
        Releases(settings).publish(parts(settings), author="awa", reason="?", kind=WORDS, review=refuse)
    assert served(settings)[0] == OLD and len(Releases(settings).all()) == 2


def test_no_half_saved_state_is_published(settings: Settings) -> None:
    publish(settings)
    with ThreadPoolExecutor() as pool, alone(settings.knowledge):
        publishing = pool.submit(publish, settings)
        time.sleep(0.3)
        assert not publishing.done(), "somebody is saving"
        edit(settings)
        current = Releases(settings).current()
        assert current is not None and current.number == 1
    assert publishing.result() == 2
    assert served(settings)[0] == NEW


def test_damaged_knowledge_is_not_brought_back(settings: Settings) -> None:
    publish(settings)
    edit(settings)
    publish(settings)
    shutil.rmtree(Releases(settings).path(1) / "knowledge")
    with pytest.raises(ReleaseError, match="damaged"):
        Releases(settings).roll_back(1, author="awa", reason="?")
    assert served(settings)[0] == NEW


def test_what_can_be_read_is_listed_beside_what_is_damaged(
    settings: Settings, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for _ in range(3):
        publish(settings)
    shutil.rmtree(Releases(settings).path(2))
    survey = Releases(settings).survey()
    assert ([r.number for r in survey.releases], survey.served, len(survey.problems)) == ([3, 1], 3, 1)
    monkeypatch.chdir(settings.root)
    assert main(["releases", "list"]) == 1
    said = capsys.readouterr()
    assert len(said.out.splitlines()) == 2 and "Release 2 is damaged" in said.err
    (Releases(settings).folder / "current.json").write_text("[]")
    survey = Releases(settings).survey()
    assert ([r.number for r in survey.releases], survey.served, len(survey.problems)) == ([3, 1], None, 2)


def test_a_kill_at_any_step_leaves_the_old_or_the_new_release_whole(settings: Settings) -> None:
    publish(settings)
    edit(settings)
    train(settings, "two")
    results, step = set(), 0
    while True:
        ended = killed_at(settings, step)
        found = served(settings)
        assert found in {(OLD, b"one" * 1000), (NEW, b"two" * 1000)}, f"a mixture after a kill at step {step}"
        numbers = [release.number for release in Releases(settings).all()]
        assert numbers in ([1], [2, 1])
        results.add(found[0])
        if found[0] == NEW:  # put back for the next step
            write_atomically(Releases(settings).folder / "current.json", '{"release": 1}')
        if not ended:
            break
        step += 1
    assert step > 20, "every operation on the disk is a step"
    assert results == {OLD, NEW}


def killed_at(settings: Settings, step: int) -> bool:
    """Publishes in a process of its own that ends at its n-th operation on the disk; False where it got through."""
    child = os.fork()
    if child == 0:
        left = [step]

        def hook(event: str, arguments: tuple[object, ...]) -> None:
            if event in ("open", "os.rename", "os.link", "os.mkdir", "os.chmod", "os.remove", "os.rmdir"):
                if left[0] == 0:
                    os.kill(os.getpid(), signal.SIGKILL)
                left[0] -= 1

        try:
            sys.addaudithook(hook)
            publish(settings, "two")
        finally:
            os._exit(0)
    _, status = os.waitpid(child, 0)
    return os.WIFSIGNALED(status)


@pytest.mark.parametrize("call", ["link", "fsync", "rename", "replace"])
def test_a_full_disk_leaves_the_release_before(settings: Settings, call: str, monkeypatch: pytest.MonkeyPatch) -> None:
    publish(settings)
    edit(settings)
    owner = Path if call in ("rename", "replace") else os

    def full(*arguments: object, **more: object) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patched:
        patched.setattr(owner, call, full)
        source = Parts(settings.knowledge, Releases(settings).path(1) / MODEL, settings.thresholds)
        with pytest.raises(ReleaseError, match="No space left"):
            Releases(settings).publish(source, author="awa", reason="?", kind=WORDS)
    assert served(settings)[0] == OLD
    assert publish(settings) == 2, "and it can be tried again"


def test_the_command_lists_and_goes_back(
    settings: Settings, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(settings.root)
    assert main(["releases", "list"]) == 0
    assert "Nothing was published yet" in capsys.readouterr().out
    publish(settings, reason="First words")
    edit(settings)
    publish(settings, reason="The moon")
    assert main(["releases", "rollback", "1", "--reason", "No moon"]) == 0
    assert "Release 3 is served now" in capsys.readouterr().out
    assert main(["releases", "list"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert [line.split()[0] for line in lines] == ["*", "2", "1"]
    assert "rollback of release 1  No moon" in lines[0]
    assert main(["releases", "rollback", "9"]) == 1
    assert "There is no release 9" in capsys.readouterr().err
    log = StaffStore(open_database(f"sqlite:///{settings.root / 'var' / 'conversations.sqlite3'}")).log()
    assert [(line.who, line.action, line.subject, line.reason) for line in log] == [
        ("command line", "rolled-back", "release 3 (of 1)", "No moon")
    ]


def test_a_model_that_stays_is_not_said_to_know_more_than_it_learned(settings: Settings) -> None:
    """What was written by hand after the last training is not up to date because a release was made of it."""
    first = Releases(settings).baseline()
    assert first is not None and first.inputs == "inputs"
    questions = settings.knowledge / "questions" / "en" / "all.yml"
    questions.write_text(questions.read_text() + "- what do the tides cost\n")
    publish(settings)
    second = Releases(settings).current()
    assert second is not None and second.inputs == "inputs"
