"""Many changes at once, names and contacts with what they began with, days in both orders, disks that fail."""

from __future__ import annotations

import os
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest

from bot.knowledge.checks import ERROR, check_folder
from bot.knowledge.contacts import brace_problem, contact_problem
from bot.knowledge.edit.drafts import ConflictError, EditError, EntryDraft, UsedError, day_in
from bot.knowledge.edit.editor import KnowledgeEditor
from bot.knowledge.edit.yaml_text import YamlText, YamlTextError
from bot.knowledge.reader import read_knowledge
from tests import tiny


@pytest.fixture
def editor(tmp_path: Path) -> KnowledgeEditor:
    return KnowledgeEditor(tiny.write(tmp_path))


def files(folder: Path) -> dict[str, str]:
    return {str(path.relative_to(folder)): path.read_text() for path in sorted(folder.rglob("*.yml"))}


def new(number: int, **more: object) -> EntryDraft:
    values: dict[str, object] = {
        "id": f"tides.n{number}", "section": "tides", "aspect": "detail", "source": "p",
        "title": {"en": f"T {number}", "fr": f"T {number}"}, "checked": date(2026, 11, 1),
        "answer": {"en": f"Tide {number} is high today.", "fr": f"La marée {number} est haute."},
        "questions": {"en": (f"tide {number}?",), "fr": (f"marée {number} ?",)}, "review_by": date(2099, 1, 1),
    }  # fmt: skip
    return EntryDraft(**(values | more))  # type: ignore[arg-type]


def test_many_at_once_are_the_same_as_one_after_another(editor: KnowledgeEditor, tmp_path: Path) -> None:
    other = KnowledgeEditor(tiny.write(tmp_path / "other"))
    old = editor.entry("tides.overview")
    changed = replace(
        old, title={"en": "New: title", "fr": "Nouveau"}, owner="Awa", enabled=False,
        questions={"en": (*old.questions["en"][2:], "one more"), "fr": old.questions["fr"][::-1]},
    )  # fmt: skip
    drafts: list[tuple[EntryDraft, str | None]] = [(new(1), None), (changed, old.version), (new(2), None)]
    names = editor.save_all(drafts)
    assert names[0] == "sections/tides.yml" and len(names) == len(set(names)), "each file is written once"
    for draft, base in drafts:
        if base is None:
            other.add(draft)
        else:
            other.save(draft, base)
    assert {d.id: d for d in editor.all()} == {d.id: d for d in other.all()}
    assert read_knowledge(editor.folder).entries["tides.n2"].answer["en"] == "Tide 2 is high today."


@pytest.mark.parametrize(
    "bad",
    [new(2, id="tides.n1"), new(2, id="tides.overview"), new(2, id="Bad"), new(2, section="nowhere"),
     new(2, title={"en": "", "fr": ""})],
)  # fmt: skip
def test_one_that_cannot_be_written_leaves_all_as_it_was(editor: KnowledgeEditor, bad: EntryDraft) -> None:
    before = files(editor.folder)
    with pytest.raises(EditError):
        editor.save_all([(new(1), None), (bad, None)])
    old = editor.entry("tides.overview")
    with pytest.raises(ConflictError):
        editor.save_all([(new(1), None), (replace(old, owner="x"), "another version")])
    assert files(editor.folder) == before


def test_a_disk_that_fails_between_two_files_puts_the_first_back(
    editor: KnowledgeEditor, monkeypatch: pytest.MonkeyPatch
) -> None:
    before, real, calls = files(editor.folder), os.replace, [0]

    def failing(*arguments: str) -> None:
        calls[0] += 1
        if calls[0] == 2:
            raise OSError(28, "No space left on device")
        real(*arguments)

    with monkeypatch.context() as patched:
        patched.setattr(os, "replace", failing)
        with pytest.raises(EditError, match="the disk is full"):
            editor.add(new(1))
    assert files(editor.folder) == before, "nothing is half-written"
    assert [path for path in editor.folder.rglob(".*") if path.name != ".lock"] == []
    editor.add(new(1))


def test_a_disk_without_second_names_for_files_works_too(
    editor: KnowledgeEditor, monkeypatch: pytest.MonkeyPatch
) -> None:
    def unknown(*arguments: object) -> None:
        raise OSError(95, "Operation not supported")

    monkeypatch.setattr(os, "link", unknown)
    editor.add(new(1))
    assert "tides.n1" in read_knowledge(editor.folder).entries
    assert [path for path in editor.folder.rglob(".*") if path.name != ".lock"] == []


def test_changes_together_of_what_cannot_be_changed_safely_are_refused() -> None:
    text = YamlText("a:\n  - x\n  - y\nb: {c: d}\n", together=True)
    text.set(("a", 0), "z")
    text.set(("a", 0), "w")
    with pytest.raises(YamlTextError):
        text.settle()
    assert text.text == "a:\n  - x\n  - y\nb: {c: d}\n"


def test_names_know_what_they_began_with(editor: KnowledgeEditor) -> None:
    begun, post = editor.names("tides"), editor.post_names()
    editor.save_names("tides", {"en": "A", "fr": "B"}, {"en": "C", "fr": "D"}, begun)
    with pytest.raises(ConflictError) as caught:
        editor.save_names("tides", {"en": "E", "fr": "B"}, {"en": "C", "fr": "D"}, begun)
    assert caught.value.current == {"name_en": "A", "name_fr": "B", "short_en": "C", "short_fr": "D"}
    editor.save_post({"en": "Embassy", "fr": "Ambassade"}, post)
    with pytest.raises(ConflictError):
        editor.save_post({"en": "Other", "fr": "Ambassade"}, post)
    assert editor.save_post({"en": "Embassy", "fr": "Ambassade"}, post) == [], "the same twice is no conflict"
    for section in ("../embassy", "nowhere", ""):
        with pytest.raises(EditError):
            editor.save_names(section, {"en": "A", "fr": "B"}, {"en": "C", "fr": "D"})
    for call in (lambda: editor.save_post({"en": " ", "fr": "x"}), lambda: editor.save_names("tides", {}, {})):
        with pytest.raises(EditError, match="is empty"):
            call()


def test_what_is_in_use_stays(editor: KnowledgeEditor) -> None:
    before = files(editor.folder)
    with pytest.raises(UsedError, match=r"tides\.contact"):
        editor.remove_contact("tide-phone")
    with pytest.raises(UsedError, match="ask"):
        editor.remove("pearls.overview")
    with pytest.raises(ConflictError):
        editor.remove("tides.contact", "another version")
    for name, base in (("nobody", None), ("tide-phone", ("phone", "+1 11"))):
        with pytest.raises(ConflictError):
            editor.remove_contact(name, base)
    assert files(editor.folder) == before
    editor.save_contact("spare", "name", "Awa Diop", None)
    assert editor.remove_contact("spare", ("name", "Awa Diop")) == ["embassy.yml"]
    assert files(editor.folder) == before


@pytest.mark.parametrize(
    ("text", "day"),
    [("", None), ("2026-12-31", date(2026, 12, 31)), ("31/12/2026", date(2026, 12, 31)), ("1.2.2026", date(2026, 2, 1)),
     (" 03-04-2026\n", date(2026, 4, 3))],
)  # fmt: skip
def test_days_are_read_in_both_orders(text: str, day: date | None) -> None:
    assert day_in(text) == day


@pytest.mark.parametrize("text", ["12/31/2026", "31/12/26", "tomorrow", "2026-02-30", "0026-01-01", "99999-01-01", "1"])
def test_what_is_no_day_is_refused_with_its_field(text: str) -> None:
    with pytest.raises(EditError) as caught:
        day_in(text, "checked")
    assert caught.value.field == "checked"


@pytest.mark.parametrize(
    ("kind", "value", "right"),
    [("link", "https://a.example/x?y=1#z", True), ("link", "HTTP://a.example", True), ("link", "javascript:x", False),
     ("link", "https://[::1", False), ("link", "//a.example", False), ("link", 'https://a"b', False),
     ("email", "a.b+c@d-e.example", True), ("email", "Idrissa Fane", False), ("email", "a@b@c.d", False),
     ("phone", "+223 2070 2424", True), ("phone", "(223) 20-70.24", True), ("phone", "17", True),
     ("phone", "2070 2424 ext 5", True), ("phone", "Idrissa", False), ("phone", "a 2070 2424", False),
     ("name", "Idrissa Fane", True), ("name", "fanei@state.gov", False)],
)  # fmt: skip
def test_what_each_kind_of_contact_may_be(tmp_path: Path, kind: str, value: str, right: bool) -> None:
    assert (contact_problem(kind, value) is None) == right
    folder = tiny.write(tmp_path)
    data = {**tiny.EMBASSY, "contacts": {**tiny.EMBASSY["contacts"], "x": {"kind": kind, "value": value}}}  # type: ignore[dict-item]
    tiny.save(folder / "embassy.yml", data)
    errors = [finding for finding in check_folder(folder) if finding.severity == ERROR]
    assert (errors == []) == right
    assert all(finding.file == "embassy.yml" for finding in errors)


@pytest.mark.parametrize(
    ("text", "right"),
    [("a {b} c", True), ("none", True), ("{a", False), ("a}", False), ("{{a}", False), ("{a} {", False)],
)
def test_braces_come_in_pairs(text: str, right: bool) -> None:
    assert (brace_problem(text) is None) == right
