"""A correction of words is published at once, whatever else waits in the draft."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest

from bot.knowledge.edit.editor import KnowledgeEditor
from bot.knowledge.edit.sections import SectionEditor
from bot.knowledge.model import Knowledge
from bot.knowledge.reader import read_knowledge
from bot.publishing.draft import compare_draft
from bot.publishing.words import publish_words
from bot.settings import Settings
from bot.training.releases import Basis, ReleaseError, Releases
from tests import tiny

TIDES, EMBASSY = "sections/tides.yml", "embassy.yml"


def published(settings: Settings) -> Knowledge:
    """Publishes the words that the page offers; what is served then, without anything that has to be learned."""
    releases = Releases(settings)
    draft = compare_draft(releases, settings.knowledge, "en")
    assert not draft.only_words
    offered = {(change.what, change.id) for change in draft.words}
    release = publish_words(
        releases, settings.knowledge, author="awa", reason="Wrong", basis=Basis(1, draft.version), language="en"
    )
    before, after = (read_knowledge(releases.path(number) / "knowledge") for number in (1, release.number))
    assert after.questions == before.questions
    assert set(after.entries) == set(before.entries)
    waiting = {(c.what, c.id) for c in compare_draft(releases, settings.knowledge, "en").changes if c.what != "other"}
    assert waiting == {(c.what, c.id) for c in draft.changes if c.what != "other"} - offered
    assert not list((releases.path(release.number) / "knowledge").glob(".*")), "nothing is left of the writing"
    return after


def add(settings: Settings) -> None:
    editor = KnowledgeEditor(settings.knowledge)
    editor.add(replace(editor.entry("tides.contact"), id="tides.more"))


def remove(settings: Settings) -> None:
    KnowledgeEditor(settings.knowledge).remove("tides.contact")


def mean_otherwise(settings: Settings) -> None:
    tiny.change(settings.knowledge / TIDES, "aspect: contact", "aspect: phone")


@pytest.mark.parametrize("wait", [add, remove, mean_otherwise])
def test_a_correction_does_not_wait_for_another_answer_of_its_section(
    settings: Settings, wait: Callable[[Settings], None]
) -> None:
    wait(settings)
    editor = KnowledgeEditor(settings.knowledge)
    entry = editor.entry("tides.overview")
    editor.save(replace(entry, answer={**entry.answer, "en": "The Tide Office watches the moon."}), entry.version)
    editor.save_names("tides", {"en": "Office of Tides", "fr": "Bureau des marées"}, {"en": "Tides", "fr": "Marées"})
    after = published(settings)
    assert after.entries["tides.overview"].answer["en"] == "The Tide Office watches the moon."
    assert after.sections["tides"].name["en"] == "Office of Tides"


def test_everything_but_questions_is_corrected_word_by_word(settings: Settings) -> None:
    tiny.change(settings.knowledge / TIDES, "section: tides", "# Ask Awa.\nsection: tides")
    Releases(settings).path(1).joinpath("knowledge", TIDES).chmod(0o644)
    tiny.change(Releases(settings).path(1) / "knowledge" / TIDES, "section: tides", "# Ask Awa.\nsection: tides")
    add(settings)
    editor = KnowledgeEditor(settings.knowledge)
    entry = editor.entry("tides.overview")
    new = replace(
        entry, title={"en": "Sea", "fr": "Mer"}, owner="ben", enabled=False, source="Page 2",
        questions={**entry.questions, "en": (*entry.questions["en"], "what of the sea")},
    )  # fmt: skip
    editor.save(new, entry.version)
    after = published_with_questions(settings)
    item = after.entries["tides.overview"]
    assert (item.title, item.owner, item.enabled, item.source) == (new.title, "ben", False, "Page 2")
    text = (Releases(settings).path(2) / "knowledge" / TIDES).read_text()
    assert text.startswith("# Ask Awa."), "the file is the served one, changed in these words"


def published_with_questions(settings: Settings) -> Knowledge:
    releases = Releases(settings)
    draft = compare_draft(releases, settings.knowledge, "en")
    publish_words(releases, settings.knowledge, author="awa", reason="?", basis=Basis(1, draft.version), language="en")
    (still,) = [c for c in compare_draft(releases, settings.knowledge, "en").changes if c.id == "tides.overview"]
    assert [field.name for field in still.fields] == ["questions en"], "questions wait for the bot to learn"
    return read_knowledge(releases.path(2) / "knowledge")


def test_a_contact_that_went_stays_for_what_is_held_back(settings: Settings) -> None:
    editor = KnowledgeEditor(settings.knowledge)
    editor.remove("tides.contact")
    editor.remove_contact("tide-email")
    editor.save_contact("tide-phone", "phone", "+99 11 22 44", ("phone", "+99 11 22 33"))
    after = published(settings)
    assert {name: contact.value for name, contact in after.post.contacts.items()} == {
        "tide-phone": "+99 11 22 44",
        "tide-email": "tides@atlantis.example",
    }


def test_a_list_that_names_a_new_answer_waits_with_it(settings: Settings) -> None:
    add(settings)
    tiny.change(settings.knowledge / "sections/pearls.yml", "  aspect: ov", "  items: [tides.more]\n  aspect: ov")
    tiny.change(settings.knowledge / "sections/pearls.yml", "counts pearls", "counts white pearls")
    releases = Releases(settings)
    draft = compare_draft(releases, settings.knowledge, "en")
    release = publish_words(
        releases, settings.knowledge, author="awa", reason="?", basis=Basis(1, draft.version), language="en"
    )
    entry = read_knowledge(releases.path(release.number) / "knowledge").entries["pearls.overview"]
    assert "counts white pearls" in entry.answer["en"] and entry.items == ()


def test_nothing_is_published_where_nothing_but_learning_waits(settings: Settings) -> None:
    editor = SectionEditor(settings.knowledge)
    editor.remove("tides.contact")
    editor.remove_contact("tide-email")
    releases = Releases(settings)
    draft = compare_draft(releases, settings.knowledge, "en")
    assert draft.words == []
    with pytest.raises(ReleaseError, match="nothing new to publish without a candidate"):
        publish_words(
            releases, settings.knowledge, author="awa", reason="?", basis=Basis(1, draft.version), language="en"
        )
