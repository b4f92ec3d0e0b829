"""A whole section goes and comes back: its file, its topics, its questions, and nothing else."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import pytest

from bot.knowledge.checks import check_folder
from bot.knowledge.edit.drafts import ConflictError, EditError, MissingError, UsedError
from bot.knowledge.edit.sections import Reference, SectionEditor
from bot.knowledge.reader import read_knowledge
from tests import tiny

OWN = ["questions/en/reefs.yml", "questions/fr/reefs.yml", "sections/reefs.yml", "topics/reefs.yml"]
SHARED = ["topics/tides.yml", "questions/en/all.yml", "questions/fr/all.yml"]


def add_reefs(folder: Path) -> None:
    """A third section: some of its topics and questions stand in files of its own, some in those of others."""
    listing = tiny.entry(
        "reefs.overview", "overview", "The Reef Office draws maps.\nIt draws coral, too.",
        "Le Bureau des récifs dessine des cartes.\nIl dessine aussi le corail.", items=["reefs.maps"],
    )  # fmt: skip
    maps = tiny.entry(
        "reefs.maps", "detail", "The maps of the Reef Office are blue.\nThey are large.",
        "Les cartes du Bureau des récifs sont bleues.\nElles sont grandes.",
    )  # fmt: skip
    reefs = {"section": "reefs", "name": {"en": "Reef Office", "fr": "Bureau des récifs"}, "entries": [listing, maps]}
    tiny.save(folder / "sections/reefs.yml", reefs)
    (folder / "topics").mkdir()
    tiny.save(folder / "topics/reefs.yml", {"section": "reefs", "topics": [topic("topic.reef-price", "reefs")]})
    mixed = [topic("topic.tide-price", "tides"), topic("topic.reef-tour", "reefs"), topic("topic.tide-tour", "tides")]
    tiny.save(folder / "topics/tides.yml", {"section": "tides", "topics": mixed})
    for code in ("en", "fr"):
        own = {name: asked(code, name) for name in ("reefs.overview", "topic.reef-price")}
        tiny.save(folder / f"questions/{code}/reefs.yml", own)
        others = {name: asked(code, name) for name in ("reefs.maps", "topic.reef-tour", "topic.tide-tour")}
        shared = tiny.questions(code) | others | {"topic.tide-price": asked(code, "topic.tide-price")}
        tiny.save(folder / f"questions/{code}/all.yml", shared)


def topic(name: str, section: str) -> dict[str, Any]:
    words = {"en": f"I know nothing of {name}, so please ask.", "fr": f"Je ne sais rien de {name}, demandez."}
    return {"id": name, "section": section, "aspect": "detail", "title": words, "answer": dict(words)}


def asked(language: str, name: str) -> list[str]:
    return [f"{language} {name} wording {number}" for number in range(30)]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    knowledge = tiny.write(tmp_path / "knowledge")
    add_reefs(knowledge)
    assert check_folder(knowledge) == []
    return knowledge


def texts(folder: Path) -> dict[str, str]:
    return {path.relative_to(folder).as_posix(): path.read_text() for path in sorted(folder.rglob("*.yml"))}


def test_what_goes_is_listed_and_nothing_is_changed(folder: Path) -> None:
    before = texts(folder)
    found = SectionEditor(folder).contents("reefs")
    assert found.ids == ("reefs.overview", "reefs.maps", "topic.reef-price", "topic.reef-tour")
    assert (found.names["en"], found.names["fr"]) == ("Reef Office", "Bureau des récifs")
    assert list(found.removed) == OWN and list(found.kept) == SHARED
    assert (found.asked("en"), found.asked("fr"), found.references, found.last) == (120, 120, (), False)
    assert texts(folder) == before


def test_a_removed_section_leaves_nothing_behind(folder: Path) -> None:
    editor = SectionEditor(folder)
    before = texts(folder)
    changed = editor.remove_section("reefs", editor.contents("reefs").version)
    assert sorted(changed) == sorted([*OWN, *SHARED])
    assert check_folder(folder) == []
    assert not any("reef" in text for text in texts(folder).values())
    knowledge = read_knowledge(folder)
    assert list(knowledge.topics) == ["topic.tide-price", "topic.tide-tour"]
    assert set(before) - set(texts(folder)) == set(OWN)


def test_a_section_comes_back_as_it_is_served_to_the_letter(folder: Path, tmp_path: Path) -> None:
    served, editor = shutil.copytree(folder, tmp_path / "served"), SectionEditor(folder)
    editor.remove_section("reefs")
    editor.put_section_back("reefs", served)
    assert texts(folder) == texts(served)
    with pytest.raises(EditError, match="already"):
        editor.put_section_back("reefs", served)


def test_a_section_comes_back_beside_what_was_changed_meanwhile(folder: Path, tmp_path: Path) -> None:
    served, editor = shutil.copytree(folder, tmp_path / "served"), SectionEditor(folder)
    editor.remove_section("reefs")
    tiny.change(folder / "topics/tides.yml", "I know nothing of topic.tide-tour", "Nobody knows of topic.tide-tour")
    editor.add_questions("tides.overview", "en", ("is it high tide",))
    tiny.save(folder / "topics/reefs.yml", {"section": "reefs", "topics": [topic("topic.tide-new", "tides")]})
    editor.put_section_back("reefs", served)
    knowledge, before = read_knowledge(folder), read_knowledge(served)
    assert set(knowledge.topics) == {*before.topics, "topic.tide-new"}
    assert [entry.items for entry in knowledge.sections["reefs"].entries] == [("reefs.maps",), ()]
    for code in ("en", "fr"):
        for name in ("reefs.overview", "reefs.maps", "topic.reef-price", "topic.reef-tour", "topic.tide-tour"):
            assert knowledge.questions[code][name] == before.questions[code][name]
    assert "Nobody knows" in knowledge.topics["topic.tide-tour"].title["en"]
    assert knowledge.questions["en"]["tides.overview"][-1] == "is it high tide"
    assert [f for f in check_folder(folder) if f.severity == "error" and "tide-new" not in f.problem] == []


def test_what_refers_to_a_section_is_named_and_keeps_it(folder: Path) -> None:
    tiny.change(folder / "sections/pearls.yml", "aspect: overview", "aspect: overview\n  items: [reefs.maps]")
    back = (
        "question: {en: 'The sea, or a map?', fr: 'La mer ou une carte ?'}, options: [topic.reef-tour, tides.overview]"
    )
    questions = f"clarifications:\n  ambiguous.sea: {{{back}}}\n  guide.sea: {{{back}}}\n"
    tiny.change(folder / "conversation.yml", "clarifications:\n", questions)
    (folder / "stories").mkdir()
    steps = [{"intent": "reefs.overview"}, {"action": "utter_guide_x"}, {"intent": "tides.overview"}]
    tiny.save(folder / "stories/x.yml", {"version": "3.1", "stories": [{"story": "x", "steps": steps}]})
    editor, before = SectionEditor(folder), texts(folder)
    assert editor.contents("reefs").references == (
        Reference("answer", "pearls.overview", "sections/pearls.yml", ("reefs.maps",)),
        Reference("question", "ambiguous.sea", "conversation.yml", ("topic.reef-tour",)),
        Reference("guide", "guide.sea", "conversation.yml", ("topic.reef-tour",)),
        Reference("story", "stories/x.yml", "stories/x.yml", ("reefs.overview",)),
    )
    with pytest.raises(UsedError, match=r"pearls\.overview, ambiguous\.sea, guide\.sea, stories/x\.yml"):
        editor.remove_section("reefs")
    assert texts(folder) == before


def test_a_section_that_somebody_changed_is_not_removed_unseen(folder: Path) -> None:
    editor = SectionEditor(folder)
    for file, old, new in (
        ("sections/reefs.yml", "of the Reef Office are", "of the Reef Office were"),
        ("questions/en/all.yml", "en reefs.maps wording 3\n", "is a map blue\n"),
        ("topics/tides.yml", "nothing of topic.reef-tour", "little of topic.reef-tour"),
    ):
        seen = editor.contents("reefs").version
        tiny.change(folder / file, old, new)
        with pytest.raises(ConflictError):
            editor.remove_section("reefs", seen)
    assert "reefs" in read_knowledge(folder).sections


def test_an_empty_section_goes_and_the_last_one_stays(folder: Path) -> None:
    editor = SectionEditor(folder)
    tiny.save(folder / "sections/empty.yml", {"section": "empty", "name": {"en": "E", "fr": "E"}, "entries": []})
    tiny.save(folder / "topics/empty.yml", {"section": "empty", "topics": []})
    assert editor.contents("empty").ids == ()
    assert sorted(editor.remove_section("empty")) == ["sections/empty.yml", "topics/empty.yml"]
    for name in ("pearls", "tides"):
        (folder / f"sections/{name}.yml").unlink()
    assert editor.contents("reefs").last
    with pytest.raises(UsedError, match="only section"):
        editor.remove_section("reefs")


@pytest.mark.parametrize("name", ["nobody", "", "../sections/tides", "*"])
def test_a_section_that_is_not_there_is_said(folder: Path, name: str) -> None:
    with pytest.raises(MissingError):
        SectionEditor(folder).remove_section(name)
