"""What differs is seen, whatever it is, and told apart: words, or something to be learned."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
import yaml

from bot.knowledge.edit.drafts import EditError
from bot.knowledge.edit.editor import KnowledgeEditor
from bot.knowledge.edit.sections import SectionEditor
from bot.knowledge.edit.vague import Vague, VagueEditor
from bot.knowledge.reader import knowledge_version, read_knowledge
from bot.publishing.changes import Change
from bot.publishing.discard import can_discard, discard
from bot.publishing.draft import Comparison, compare_draft
from bot.publishing.words import publish_words
from bot.settings import Settings
from bot.training.releases import TRAINED, Basis, Parts, Releases
from tests import tiny


def difference(settings: Settings) -> Comparison:
    return compare_draft(Releases(settings), settings.knowledge, "en")


def told(found: list[Change]) -> list[tuple[str, str, list[str]]]:
    return [(change.what, change.id, [field.name for field in change.fields]) for change in found]


BOAT = Vague(
    "boat", {"en": "Which boat?", "fr": "Quel bateau ?"}, ("tides.overview", "pearls.overview"),
    {"en": ("a boat", "boats"), "fr": ("un bateau", "bateaux")},
)  # fmt: skip
EMBASSY, TIDES, ASKED = "embassy.yml", "sections/tides.yml", "questions/en/all.yml"


@pytest.mark.parametrize(
    ("file", "old", "new", "expected"),
    [
        (EMBASSY, "kind: phone", "kind: name", ("contact", "tide-phone", ["kind"])),
        (EMBASSY, "Embassy of Atlantis in Ys", "Embassy of Mu", ("post", "embassy", ["name en"])),
        (EMBASSY, "title: Offices", "title: All offices", ("post", "embassy", ["page_title"])),
        (EMBASSY, "default_language: fr", "default_language: en", ("post", "embassy", ["default_language"])),
        (EMBASSY, "default_language: fr", "default_language: fr\ntime_zone: Asia/Tokyo",
         ("post", "embassy", ["time_zone"])),
        (TIDES, "section: tides", "# Ask Awa before changing this.\nsection: tides", ("other", TIDES, ["lines"])),
        (ASKED, "tides.overview:", "# by hand\ntides.overview:", ("other", ASKED, ["lines"])),
        (TIDES, "  aspect: ov", "  items: [tides.contact]\n  aspect: ov", ("entry", "tides.overview", ["items"])),
    ],
)  # fmt: skip
def test_no_difference_stays_unseen(
    settings: Settings, file: str, old: str, new: str, expected: tuple[str, str, list[str]]
) -> None:
    tiny.change(settings.knowledge / file, old, new)
    found = difference(settings)
    assert told(found.changes) == [expected]
    assert found.only_words == (file != ASKED), "a file that is learned is learned whole"


@pytest.mark.parametrize("name", ["ambiguous.boat", "other.moon", "ask.phone", "chat.greet", "safety.danger"])
def test_questions_that_belong_to_no_answer_are_learned_too(settings: Settings, name: str) -> None:
    ask(settings, "fr", name, "un bateau")
    tiny.change(settings.knowledge / TIDES, "watches the sea", "watches the moon")
    found = difference(settings)
    assert not found.only_words
    assert told(found.words) == [("entry", "tides.overview", ["answer en"])]
    publish_words(
        Releases(settings), settings.knowledge, author="awa", reason="?", basis=Basis(1, found.version), language="en"
    )
    assert name not in read_knowledge(Releases(settings).path(2) / "knowledge").questions["fr"]
    assert not difference(settings).only_words, "they wait for a candidate"


def test_other_questions_are_told_beside_those_of_an_answer(settings: Settings) -> None:
    ask(settings, "en", "other.moon", "who owns the moon")
    tiny.change(settings.knowledge / ASKED, "en tides.overview wording 3", "what about the tide")
    assert told(difference(settings).changes) == [
        ("entry", "tides.overview", ["questions en"]),
        ("asked", "other.moon", ["questions en"]),
    ]
    tiny.change(settings.knowledge / ASKED, "tides.contact:", "chat.greet:\n- ahoy\ntides.contact:")
    assert [c.id for c in difference(settings).changes][1:] == ["chat.greet", "other.moon"]


def test_a_question_that_only_moved_to_another_file_is_told_by_the_files(settings: Settings) -> None:
    tiny.change(settings.knowledge / ASKED, "- en tides.overview wording 29\n", "")
    ask(settings, "en", "tides.overview", "en tides.overview wording 29")
    tiny.change(settings.knowledge / ASKED, "en pearls.overview wording 3", "what about oysters")
    assert [(c.what, c.id) for c in difference(settings).changes] == [
        ("entry", "pearls.overview"), ("other", ASKED), ("other", "questions/en/tides.yml"),
    ]  # fmt: skip


def test_a_vague_question_is_told_with_its_questions_and_the_question_back(settings: Settings) -> None:
    editor = VagueEditor(settings.knowledge)
    editor.save_vague(BOAT, None)
    (change, file) = difference(settings).changes
    assert (change.what, change.kind, change.title, file.id) == ("vague", "added", "Which boat?", "conversation.yml")
    fields = {field.name: field.after for field in change.fields}
    assert fields == {
        "questions fr": "un bateau\nbateaux", "questions en": "a boat\nboats", "question_back fr": "Quel bateau ?",
        "question_back en": "Which boat?", "choices": "About tides.overview\nAbout pearls.overview",
    }  # fmt: skip
    publish(settings)
    asked = {**BOAT.questions, "fr": ("un bateau", "pirogue")}
    options = ("tides.overview", "tides.contact")
    editor.save_vague(replace(BOAT, question={**BOAT.question, "fr": "Lequel ?"}, options=options, questions=asked),
                      BOAT.version)  # fmt: skip
    change = difference(settings).changes[0]
    assert [(field.name, field.before, field.after) for field in change.fields] == [
        ("questions fr", "bateaux", "pirogue"),
        ("question_back fr", "Quel bateau ?", "Lequel ?"),
        ("choices", "About tides.overview\nAbout pearls.overview", "About tides.overview\nAbout tides.contact"),
    ]
    assert not difference(settings).only_words and not difference(settings).words


def test_a_changed_question_that_names_no_office_and_small_talk_are_told_as_such(settings: Settings) -> None:
    tiny.change(settings.knowledge / "conversation.yml", "Whose phone number do you need?", "Whose number?")
    ask(settings, "en", "chat.greet", "ahoy")
    assert [(c.what, c.id, c.kind, c.title) for c in difference(settings).changes] == [
        ("no_office", "ask.phone", "edited", "Whose number?"),
        ("asked", "chat.greet", "edited", "«\N{NO-BREAK SPACE}ahoy\N{NO-BREAK SPACE}»"),
        ("file", "conversation.yml", "edited", "conversation.yml"),
    ]


def test_a_new_vague_question_is_given_up_with_its_questions(settings: Settings) -> None:
    conversation = (settings.knowledge / "conversation.yml").read_text()
    VagueEditor(settings.knowledge).save_vague(BOAT, None)
    tiny.change(settings.knowledge / ASKED, "tides.contact:", "ambiguous.boat:\n- ships\ntides.contact:")
    tiny.change(settings.knowledge / ASKED, "en tides.overview wording 3", "what about the tide")
    ask(settings, "en", "other.moon", "who owns the moon")
    changes = {change.what: change for change in difference(settings).changes}
    assert not can_discard(changes["vague"]), "it goes with the file of its question back"
    discard(KnowledgeEditor(settings.knowledge), served(settings), changes["file"])
    assert (settings.knowledge / "conversation.yml").read_text() == conversation
    assert [(c.what, c.id) for c in difference(settings).changes] == [
        ("entry", "tides.overview"),
        ("asked", "other.moon"),
    ], "what is none of it stays"
    assert "ambiguous.boat" not in read_knowledge(settings.knowledge).questions["en"]


def test_a_removed_vague_question_comes_back_to_the_letter(settings: Settings) -> None:
    editor = VagueEditor(settings.knowledge)
    editor.save_vague(BOAT, None)
    publish(settings)
    before = knowledge_version(settings.knowledge)
    editor.remove_vague("boat")
    change, file = difference(settings).changes
    assert (change.what, change.kind, change.title) == ("vague", "removed", "Which boat?")
    discard(KnowledgeEditor(settings.knowledge), served(settings), file)
    assert knowledge_version(settings.knowledge) == before


@pytest.mark.parametrize("name", ["ambiguous.boat", "other.moon"])
def test_questions_that_belong_to_no_answer_are_given_up_alone(settings: Settings, name: str) -> None:
    VagueEditor(settings.knowledge).save_vague(BOAT, None)
    ask(settings, "fr", "other.moon", "la lune")
    tiny.change(settings.knowledge / ASKED, "tides.contact:", f"{name}:\n- ships\n- ahoy\ntides.contact:")
    publish(settings)
    before = knowledge_version(settings.knowledge)
    tiny.change(settings.knowledge / ASKED, "- ahoy\n", "- a ship\n")
    (change,) = difference(settings).changes
    assert change.files == () and can_discard(change)
    tiny.change(settings.knowledge / ASKED, "en tides.overview wording 3", "what about the tide")
    discard(KnowledgeEditor(settings.knowledge), served(settings), change)
    (left,) = difference(settings).changes
    assert left.id == "tides.overview"
    tiny.change(settings.knowledge / ASKED, "what about the tide", "en tides.overview wording 3")
    assert knowledge_version(settings.knowledge) == before


def test_another_file_is_told_beside_other_changes(settings: Settings) -> None:
    tiny.change(settings.knowledge / TIDES, "watches the sea", "watches the moon")
    (settings.knowledge / "notes.yml").write_text("note: x\n")
    assert told(difference(settings).changes) == [
        ("entry", "tides.overview", ["answer en"]),
        ("other", "notes.yml", ["lines"]),
    ]


def test_words_are_told_apart_from_what_has_to_be_learned(settings: Settings) -> None:
    tiny.change(settings.knowledge / EMBASSY, "+99 11 22 33", "+99 11 22 44")
    tiny.change(settings.knowledge / "questions/en/all.yml", "en tides.overview wording 3", "what about the tide")
    tiny.change(settings.knowledge / "sections/pearls.yml", "counts pearls", "counts white pearls")
    tiny.change(settings.knowledge / TIDES, "aspect: contact", "aspect: phone")
    tiny.change(settings.knowledge / TIDES, "watches the sea", "watches the moon")
    found = difference(settings)
    assert not found.only_words
    assert told(found.words) == [
        ("entry", "pearls.overview", ["answer en"]),
        ("entry", "tides.overview", ["answer en"]),
        ("contact", "tide-phone", ["value"]),
    ], "nothing of an answer that has another meaning"


def test_words_are_published_without_what_has_to_be_learned(settings: Settings) -> None:
    tiny.change(settings.knowledge / EMBASSY, "+99 11 22 33", "+99 11 22 44")
    tiny.change(settings.knowledge / ASKED, "en tides.overview wording 3", "what about the tide")
    tiny.change(settings.knowledge / TIDES, "aspect: contact", "aspect: phone")
    seen, releases = difference(settings), Releases(settings)
    release = publish_words(
        releases, settings.knowledge, author="awa", reason="?", basis=Basis(1, seen.version), language="en"
    )
    before, after = (read_knowledge(releases.path(number) / "knowledge") for number in (1, release.number))
    assert after.post.contacts["tide-phone"].value == "+99 11 22 44"
    assert after.questions == before.questions
    assert after.entries["tides.contact"] == before.entries["tides.contact"]
    assert told(difference(settings).changes) == [
        ("entry", "tides.contact", ["aspect"]),
        ("entry", "tides.overview", ["questions en"]),
    ], "the rest waits in the draft"


def test_a_served_release_that_is_gone_is_told(settings: Settings) -> None:
    import shutil

    shutil.rmtree(Releases(settings).path(1) / "knowledge")
    assert difference(settings).trouble
    shutil.rmtree(Releases(settings).path(1))
    assert "write the number of another release" in difference(settings).trouble


@pytest.mark.parametrize(
    ("file", "old", "new"),
    [
        (TIDES, "watches the sea", "watches the moon"),
        (TIDES, "Tide Office\n", "Tidal Office\n"),
        (EMBASSY, "+99 11 22 33", "+99 11 22 44"),
        ("questions/en/all.yml", "en tides.overview wording 3", "what about the tide"),
    ],
)
def test_a_discarded_change_is_as_it_is_served(settings: Settings, file: str, old: str, new: str) -> None:
    tiny.change(settings.knowledge / "sections/pearls.yml", "counts pearls", "counts white pearls")
    tiny.change(settings.knowledge / file, old, new)
    change = next(c for c in difference(settings).changes if c.id != "pearls.overview")
    assert can_discard(change)
    discard(KnowledgeEditor(settings.knowledge), served(settings), change)
    assert [c.id for c in in_meaning(settings)] == ["pearls.overview"], "the other one stays"


def test_a_discarded_new_answer_goes_and_a_removed_one_comes_back(settings: Settings) -> None:
    editor = KnowledgeEditor(settings.knowledge)
    editor.remove("tides.contact")
    (change,) = difference(settings).changes
    discard(editor, served(settings), change)
    assert in_meaning(settings) == []
    editor.add(replace(editor.entry("tides.contact"), id="tides.more"))
    (change,) = in_meaning(settings)
    discard(editor, served(settings), change)
    assert in_meaning(settings) == []


def test_a_removed_section_waits_for_the_bot_to_learn_anew_and_comes_back(settings: Settings) -> None:
    conversation = settings.knowledge / "conversation.yml"
    data = yaml.safe_load(conversation.read_text(encoding="utf-8"))
    for question in data["clarifications"].values():
        question["options"] = ["tides.overview", "tides.contact"]
    tiny.save(conversation, data)
    SectionEditor(settings.knowledge).remove_section("pearls")
    found = difference(settings)
    assert [(c.kind, c.what, c.id) for c in found.changes[:2]] == [
        ("removed", "entry", "pearls.overview"),
        ("removed", "section", "pearls"),
    ]
    assert not found.only_words and not found.words
    for change in found.changes[:2]:
        assert can_discard(change)
    with pytest.raises(EditError, match="was removed as well"):
        discard(KnowledgeEditor(settings.knowledge), served(settings), found.changes[0])
    discard(KnowledgeEditor(settings.knowledge), served(settings), found.changes[1])
    left = [c.id for c in difference(settings).changes if c.what not in ("vague", "no_office")]
    assert left == ["travel", "conversation.yml"]


def test_of_a_guided_conversation_is_told_what_differs_and_all_its_choices(settings: Settings) -> None:
    path = settings.knowledge / "conversation.yml"
    data = yaml.safe_load(path.read_text(encoding="utf-8"))
    guide = data["clarifications"]["guide.travel"]
    guide["question"]["en"], guide["options"] = "Which office?", ["tides.overview", "tides.contact"]
    tiny.save(path, data)
    change, file = difference(settings).changes
    assert (change.what, change.kind, change.title, file.what) == ("guide", "edited", "Which office?", "file")
    assert [field.name for field in change.fields] == ["question en", "choices"]
    assert change.fields[1].lines == [
        ("same", "About tides.overview → tides.overview"),
        ("out", "About pearls.overview → pearls.overview"),
        ("in", "About tides.contact → tides.contact"),
    ]
    assert not difference(settings).only_words and not can_discard(change)
    del data["clarifications"]["guide.travel"]
    tiny.save(path, data)
    assert [(c.what, c.kind) for c in difference(settings).changes] == [("guide", "removed"), ("file", "edited")]


def publish(settings: Settings) -> None:
    """Makes the draft what is served."""
    parts = Parts(settings.knowledge, settings.models / "one.tar.gz", settings.thresholds)
    Releases(settings).publish(parts, author="awa", reason="Seen", kind=TRAINED)


def ask(settings: Settings, language: str, name: str, *questions: str) -> None:
    """Gives an id sample questions in a file of its kind."""
    path = settings.knowledge / "questions" / language / f"{name.partition('.')[0]}.yml"
    tiny.save(path, {name: list(questions)})


def in_meaning(settings: Settings) -> list[Change]:
    """Without files that are only laid out in another way: the editor writes texts in its own."""
    return [change for change in difference(settings).changes if change.what != "other"]


def served(settings: Settings) -> Path:
    current = Releases(settings).current()
    assert current is not None
    return Releases(settings).path(current.number) / "knowledge"
