"""What staff change arrives in the files, small and whole, and nobody overwrites anybody."""

from __future__ import annotations

import os
import threading
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest

from bot.knowledge.checks import ERROR, check_folder
from bot.knowledge.edit.drafts import ConflictError, EditError, EntryDraft
from bot.knowledge.edit.editor import KnowledgeEditor
from bot.knowledge.reader import read_knowledge
from tests import tiny


@pytest.fixture
def editor(tmp_path: Path) -> KnowledgeEditor:
    return KnowledgeEditor(tiny.write(tmp_path))


def files(folder: Path) -> dict[str, str]:
    return {str(path.relative_to(folder)): path.read_text() for path in sorted(folder.rglob("*.yml"))}


def new_entry(**more: object) -> EntryDraft:
    texts = {"en": "Boats are kept at the pier.", "fr": "Les bateaux sont au quai."}
    values: dict[str, object] = {
        "id": "tides.boats",
        "section": "tides",
        "aspect": "detail",
        "title": {"en": "Boats", "fr": "Bateaux"},
        "answer": texts,
        "questions": {"en": ("where are the boats?",), "fr": ("où sont les bateaux ?",)},
        "source": "Offices, second paragraph",
        "checked": date(2026, 11, 1),
        "review_by": date(2099, 1, 1),
    }
    return EntryDraft(**(values | more))  # type: ignore[arg-type]


def test_an_answer_is_changed_where_it_stands(editor: KnowledgeEditor) -> None:
    old = editor.entry("tides.overview")
    before = files(editor.folder)
    changed = editor.save(replace(old, answer={**old.answer, "fr": "Deux lignes.\nVoilà."}), old.version)
    after = files(editor.folder)
    assert changed == ["sections/tides.yml"]
    assert {name for name in after if after[name] != before[name]} == set(changed)
    assert read_knowledge(editor.folder).entries["tides.overview"].answer["fr"] == "Deux lignes.\nVoilà."
    assert editor.save(editor.entry("tides.overview"), editor.entry("tides.overview").version) == []


def test_everything_of_an_entry_can_be_changed_at_once(editor: KnowledgeEditor) -> None:
    old = editor.entry("tides.overview")
    new = replace(
        old,
        title={"en": "New: title", "fr": "Nouveau # titre"},
        questions={"en": ("one", "two"), "fr": (*old.questions["fr"], "c quoi ?")},
        source="Page 2",
        checked=date(2026, 11, 20),
        valid_until=date(2027, 1, 1),
        owner="Awa",
        enabled=False,
    )
    editor.save(new, old.version)
    assert editor.entry("tides.overview") == new
    editor.save(replace(new, owner="", valid_until=None, enabled=True), new.version)
    text = (editor.folder / "sections/tides.yml").read_text()
    assert "owner" not in text and "valid_until" not in text and "enabled" not in text


def test_nothing_is_overwritten_silently(editor: KnowledgeEditor) -> None:
    old = editor.entry("tides.overview")
    editor.save(replace(old, source="Mine"), old.version)
    with pytest.raises(ConflictError) as caught:
        editor.save(replace(old, source="Theirs"), old.version)
    assert caught.value.current.source == "Mine"
    assert editor.entry("tides.overview").source == "Mine"
    editor.save(replace(old, source="Mine"), old.version)  # the same change twice is no conflict


def test_a_change_by_hand_is_seen(editor: KnowledgeEditor) -> None:
    old = editor.entry("tides.overview")
    tiny.change(editor.folder / "sections" / "tides.yml", "watches the sea", "watches the moon")
    assert "moon" in editor.entry("tides.overview").answer["en"]
    with pytest.raises(ConflictError):
        editor.save(replace(old, source="Mine"), old.version)


def test_two_who_save_at_once_do_not_harm_each_other(editor: KnowledgeEditor) -> None:
    drafts = [editor.entry("tides.overview"), editor.entry("tides.contact")]

    def save(draft: EntryDraft) -> None:
        KnowledgeEditor(editor.folder).save(replace(draft, owner=draft.id), draft.version)

    threads = [threading.Thread(target=save, args=(draft,)) for draft in drafts]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [editor.entry(draft.id).owner for draft in drafts] == ["tides.overview", "tides.contact"]


def test_an_entry_comes_and_goes_with_its_questions(editor: KnowledgeEditor) -> None:
    before = files(editor.folder)
    editor.add(new_entry())
    knowledge = read_knowledge(editor.folder)
    assert knowledge.entries["tides.boats"].answer["en"] == "Boats are kept at the pier."
    assert knowledge.questions["fr"]["tides.boats"] == ("où sont les bateaux ?",)
    assert [f for f in check_folder(editor.folder) if f.severity == ERROR] == []
    editor.remove("tides.boats")
    assert files(editor.folder) == before


@pytest.mark.parametrize(
    "more",
    [
        {"id": "tides.overview"}, {"id": "Tides.X"}, {"id": "../x.y"}, {"section": "nowhere"}, {"section": "../../etc"},
        {"aspect": "king"}, {"title": {"en": "", "fr": "x"}}, {"answer": {"en": "x", "fr": " \n "}}, {"source": ""},
        {"checked": None}, {"answer": {"en": "x" * 5000, "fr": "x"}}, {"questions": {"en": ("x" * 400,), "fr": ()}},
        {"questions": {"en": tuple(f"question {n}" for n in range(10_000)), "fr": ()}},
    ],
)  # fmt: skip
def test_what_cannot_be_written_is_refused_and_changes_nothing(
    editor: KnowledgeEditor, more: dict[str, object]
) -> None:
    before = files(editor.folder)
    with pytest.raises(EditError):
        editor.add(new_entry(**more))
    assert files(editor.folder) == before


def test_hostile_signs_are_taken_out_and_repeats_dropped(editor: KnowledgeEditor) -> None:
    asked = ("Where?\x00", "where ?", "  where  ", "a\ud800b", "x\u202ey\u200f")
    editor.add(new_entry(questions={"en": asked, "fr": ()}, owner="A\nB\x07"))
    draft = editor.entry("tides.boats")
    assert draft.questions["en"] == ("Where?", "ab", "xy")
    assert draft.owner == "A B"


def test_a_contact_changes_everywhere(editor: KnowledgeEditor) -> None:
    editor.save_contact("tide-phone", "phone", "+99 44 55 66", ("phone", "+99 11 22 33"))
    knowledge = read_knowledge(editor.folder)
    assert "+99 44 55 66" in knowledge.answer(knowledge.entries["tides.contact"], "fr")
    with pytest.raises(EditError, match="by now"):
        editor.save_contact("tide-phone", "phone", "+99 0", ("phone", "+99 11 22 33"))
    editor.save_contact("pearl-link", "link", "https://pearls.example/", None)
    assert editor.contacts()["pearl-link"] == ("link", "https://pearls.example/")
    for name, kind, value in (("X", "phone", "1"), ("a-b", "fax", "1"), ("a-b", "phone", "{x}"), ("a-b", "phone", "")):
        with pytest.raises(EditError):
            editor.save_contact(name, kind, value, None)


def test_a_section_is_named_and_a_new_one_begun(editor: KnowledgeEditor) -> None:
    editor.save_names("tides", {"en": "Office of Tides", "fr": "Bureau"}, {"en": "T", "fr": "M"})
    names = {"en": "Wave Office", "fr": "Bureau des vagues"}
    first = new_entry(id="waves.overview", section="waves", aspect="overview")
    editor.add_section("waves", names, names, first)
    knowledge = read_knowledge(editor.folder)
    assert knowledge.sections["tides"].name["en"] == "Office of Tides"
    assert knowledge.sections["waves"].entries[0].id == "waves.overview"
    with pytest.raises(EditError, match="already"):
        editor.add_section("waves", names, names, first)
    with pytest.raises(EditError):
        editor.add_section("../waves", names, names, first)


def test_two_entries_of_one_id_are_said_and_not_touched(editor: KnowledgeEditor) -> None:
    data = tiny.sections()["pearls"]
    data["entries"][0]["id"] = "tides.overview"
    tiny.save(editor.folder / "sections" / "pearls.yml", data)
    with pytest.raises(EditError, match="stands twice"):
        editor.entry("tides.overview")


@pytest.mark.parametrize("text", ["section: [", "", "section: tides\nentries:\n  - id: tides.over"])
def test_a_broken_file_is_said_and_not_touched(editor: KnowledgeEditor, text: str) -> None:
    path = editor.folder / "sections" / "tides.yml"
    path.write_text(text)
    with pytest.raises((EditError, KeyError)):
        draft = editor.entry("tides.overview")
        editor.save(replace(draft, source="x"), draft.version)
    assert path.read_text() == text


@pytest.mark.parametrize("call", ["fsync", "replace"])
@pytest.mark.parametrize("at", [0, 1, 2])
def test_a_full_disk_leaves_whole_files(
    editor: KnowledgeEditor, call: str, at: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    before, real, calls = files(editor.folder), getattr(os, call), [0]

    def full(*arguments: object) -> None:
        calls[0] += 1
        if calls[0] > at:
            raise OSError(28, "No space left on device")
        real(*arguments)

    with monkeypatch.context() as patched:
        patched.setattr(os, call, full)
        with pytest.raises(EditError, match="No space left"):
            editor.add(new_entry())
    read_knowledge(editor.folder)
    assert files(editor.folder) == before
    assert not [path for path in editor.folder.rglob(".*.yml.*")]
