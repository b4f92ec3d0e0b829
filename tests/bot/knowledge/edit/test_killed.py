"""A kill at any moment of a save or a deletion: after the restart all of it happened, or nothing."""

from __future__ import annotations

import os
import shutil
import signal
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from bot.knowledge.checks import ERROR, check_folder
from bot.knowledge.edit.drafts import EditError
from bot.knowledge.edit.editor import KnowledgeEditor
from bot.knowledge.edit.files import JOURNAL, alone, recover
from bot.knowledge.edit.sections import SectionEditor
from bot.knowledge.edit.stories import StoryEditor
from bot.knowledge.edit.trees import Guide
from bot.knowledge.reader import knowledge_files
from tests import tiny

STEPS = ("open", "os.rename", "os.link", "os.remove", "shutil.copyfile")
Change = Callable[[Path], object]


def entry(folder: Path) -> object:
    return KnowledgeEditor(folder).remove("tides.contact")


def section(folder: Path) -> object:
    editor = SectionEditor(folder)
    return editor.remove_section("tides", editor.contents("tides").version)


def story(folder: Path) -> object:
    return StoryEditor(folder).remove("seek")


def state(folder: Path) -> dict[str, bytes]:
    """Every file, hidden ones too, but for the lock."""
    files = (path for path in folder.rglob("*") if path.is_file() and path.name != ".lock")
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in files}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    folder = tiny.write(tmp_path / "knowledge")
    question = {"en": "What do you seek?", "fr": "Que cherchez-vous ?"}
    trigger = StoryEditor(folder).triggers()[-1]
    StoryEditor(folder).save(Guide("seek", trigger, question, ("tides.overview", "tides.contact"), {}), None)
    return folder


def prepared(folder: Path, change: Change) -> Path:
    """What a deletion may find: nothing refers to the section or its answers any more."""
    if change is not story:
        StoryEditor(folder).remove("seek")
        talk = folder / "conversation.yml"
        talk.write_text(talk.read_text().replace("tides.overview", "pearls.overview"))
    return folder


@pytest.mark.parametrize("change", [entry, section, story])
def test_after_a_kill_at_any_step_all_is_done_or_nothing(folder: Path, change: Change, tmp_path: Path) -> None:
    prepared(folder, change)
    before = state(folder)
    shutil.copytree(folder, done := tmp_path / "done")
    change(done)
    after = state(done)
    assert before != after
    ends, step = set(), 0
    while killed_at(folder, change, step):
        recover(folder)
        found = state(folder)
        assert found in (before, after), f"a mixture, or something left over, after a kill at step {step}"
        assert [str(f) for f in check_folder(folder) if f.severity == ERROR] == []
        ends.add(found == after)
        shutil.rmtree(folder)
        _write(folder, before)
        step += 1
    assert ends == {True, False} and state(folder) == after


def _write(folder: Path, files: dict[str, bytes]) -> None:
    for name, content in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(content)


def killed_at(folder: Path, change: Change, step: int) -> bool:
    """Makes a change in a process of its own that ends at its n-th step on the disk; False where it got through."""
    child = os.fork()
    if child == 0:
        left = [step]

        def hook(event: str, arguments: tuple[object, ...]) -> None:
            writes = event != "open" or (isinstance(arguments[1], str) and set(arguments[1]) & set("wax"))
            if event in STEPS and writes:
                if left[0] == 0:
                    os.kill(os.getpid(), signal.SIGKILL)
                left[0] -= 1

        try:
            sys.addaudithook(hook)
            change(folder)
        finally:
            os._exit(0)
    _, status = os.waitpid(child, 0)
    return os.WIFSIGNALED(status)


def test_the_next_save_finishes_what_a_kill_left(folder: Path) -> None:
    prepared(folder, entry)
    step = 0
    while not (folder / JOURNAL).exists():
        assert killed_at(folder, entry, step)
        step += 1
    with alone(folder):
        assert not (folder / JOURNAL).exists()
    assert all("tides.contact" not in path.read_text() for path in knowledge_files(folder))


@pytest.mark.parametrize("failing", range(6))
def test_a_disk_that_fails_on_the_way_leaves_everything_as_it_was(
    folder: Path, failing: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    prepared(folder, section)
    before, left, replace = state(folder), [failing], os.replace

    def fails(*names: object) -> None:
        left[0] -= 1
        if left[0] == -1:
            raise OSError(5, "Input/output error")
        replace(*names)  # type: ignore[arg-type]

    with monkeypatch.context() as patched:
        patched.setattr(os, "replace", fails)
        try:
            section(folder)
        except EditError:
            assert state(folder) == before
        else:
            assert left[0] >= 0, "it had fewer steps"


def test_what_others_keep_in_the_folder_is_left_alone(folder: Path) -> None:
    (folder / ".journal").write_text("not ours: {")
    (folder / "sections" / ".tides.yml.swp").write_text("an editor's")
    (folder / "sections" / ".tides.yml.4711.old").write_text("a killed save's")
    recover(folder)
    names = {path.name for path in folder.rglob(".*")}
    assert names == {".lock", ".tides.yml.swp"}
