"""A withdrawn answer is told nowhere; whoever asks for it learns whom to ask instead."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest

from bot.channels.telegram.desk import Desk
from bot.channels.telegram.incoming import PRESS, Incoming
from bot.dialogue.decision import ANSWER, CLARIFY, FALLBACK, UNKNOWN, Context
from bot.dialogue.dialogue import Dialogue
from bot.dialogue.generator import Reply, ReplyWriter, payload_of
from bot.dialogue.thresholds import Thresholds
from bot.dialogue.understanding import Part, Understanding
from bot.knowledge.model import Knowledge
from bot.knowledge.reader import read_knowledge
from bot.pages.faq import faq_page
from tests import tiny

TODAY = date(2026, 11, 24)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tiny.write(tmp_path / "knowledge")


def without(knowledge: Knowledge, *names: str) -> Knowledge:
    """The knowledge with these answers switched off."""
    sections = {
        section.id: replace(
            section, entries=tuple(replace(entry, enabled=entry.id not in names) for entry in section.entries)
        )
        for section in knowledge.sections.values()
    }
    return replace(knowledge, sections=sections)


def dialogue_of(knowledge: Knowledge) -> Dialogue:
    return Dialogue(knowledge, Thresholds(), today=lambda: TODAY)


def asked(text: str, *ranking: tuple[str, float], choice: str | None = None) -> Understanding:
    return Understanding(text, "en", True, None, choice, None, (Part(text, "message", ranking),))


def told(knowledge: Knowledge, message: Understanding, context: Context | None = None) -> tuple[Context, Reply]:
    after = dialogue_of(knowledge).respond(message, context or Context())
    return after, ReplyWriter(knowledge, lambda: TODAY).write(after.decisions[0])


def test_the_dialogue_knows_that_it_gave_no_answer(folder: Path) -> None:
    knowledge = without(read_knowledge(folder), "tides.overview")
    after, reply = told(knowledge, asked("what does the tide office do", ("tides.overview", 0.95)))
    assert (after.decisions[0].kind, reply.kind, reply.section) == (UNKNOWN, UNKNOWN, "tides")
    assert reply.text.splitlines() == [
        knowledge.conversation.wording["withdrawn"]["en"].replace("{section}", "Tide Office"),
        "The Tide Office answers at +99 11 22 33.",
        "Its mail is tides@atlantis.example.",
    ]


def test_a_button_from_before_finds_no_way_around(folder: Path) -> None:
    knowledge = without(read_knowledge(folder), "pearls.overview")
    writer = ReplyWriter(knowledge)
    choice = writer.choice(payload_of("pearls.overview"))
    assert choice == "pearls.overview"
    _, reply = told(knowledge, asked("x", ("other.noise", 0.9), choice=choice))
    assert (reply.kind, reply.source) == (UNKNOWN, None)
    assert "counts pearls" not in reply.text


def test_it_is_not_offered_and_the_first_one_is_the_first_that_is(folder: Path) -> None:
    knowledge = without(read_knowledge(folder), "tides.overview")
    after, reply = told(knowledge, asked("who heads it", ("ask.head", 0.95)))
    assert reply.kind == CLARIFY
    assert [option["entry"] for option in reply.options] == list(after.options) == ["pearls.overview"]
    _, picked = told(knowledge, asked("the first one", ("other.noise", 0.9)), after)
    assert (picked.kind, picked.entry) == (ANSWER, "pearls.overview")


def test_an_unsure_message_is_offered_only_what_can_be_told(folder: Path) -> None:
    ranking = (("tides.overview", 0.25), ("pearls.overview", 0.25), ("tides.contact", 0.1))
    _, reply = told(without(read_knowledge(folder), "tides.overview"), asked("the thing", *ranking))
    assert [option["entry"] for option in reply.options] == ["pearls.overview", "tides.contact"]


def test_with_nothing_left_to_offer_there_is_no_empty_question(folder: Path) -> None:
    knowledge = without(read_knowledge(folder), "tides.overview", "tides.contact", "pearls.overview")
    for message in (asked("head", ("ask.head", 0.95)), asked("x", ("tides.overview", 0.3), ("pearls.overview", 0.3))):
        _, reply = told(knowledge, message)
        assert (reply.kind, reply.buttons) == (FALLBACK, ())


def test_telling_more_passes_over_it(folder: Path) -> None:
    knowledge = without(read_knowledge(folder), "tides.contact")
    first, _ = told(knowledge, asked("tides", ("tides.overview", 0.95)))
    _, more = told(knowledge, asked("tell me more", ("ask.more", 0.95)), first)
    assert more.kind == UNKNOWN and "checked" not in more.text and "+99" not in more.text


def test_its_list_is_not_counted(knowledge: Knowledge) -> None:
    listing = next(entry for entry in knowledge.entries.values() if entry.items)
    after, _ = told(without(knowledge, listing.id), asked("which ones", (listing.id, 0.95)))
    assert after.options == ()


def test_no_withdrawn_answer_is_told_in_any_language(knowledge: Knowledge) -> None:
    for entry in knowledge.entries.values():
        changed = without(knowledge, entry.id)
        for language in knowledge.post.languages:
            decision = dialogue_of(knowledge).respond(asked("x", (entry.id, 0.95)), Context()).decisions[0]
            reply = ReplyWriter(changed).write(replace(decision, language=language))
            words = knowledge.answer(entry, language).splitlines()
            assert reply.kind == UNKNOWN and reply.section == entry.section, entry.id
            assert knowledge.sections[entry.section].name[language] in reply.text
            assert not set(words) & set(reply.text.splitlines()), entry.id
            assert reply.source is None
            told = [contact["value"] for contact in reply.contacts if contact["kind"] != "office"]
            assert all(value in reply.text for value in told)


@pytest.mark.parametrize("name", ["press.phone", "press.email", "press.contact", "american-center.phone"])
def test_a_contact_in_doubt_is_not_given_instead(knowledge: Knowledge, name: str) -> None:
    writer = ReplyWriter(without(knowledge, name))
    decision = dialogue_of(knowledge).respond(asked("x", (name, 0.95)), Context()).decisions[0]
    for contact in knowledge.contacts_in(knowledge.entries[name]):
        assert contact.value not in writer.write(decision).text
        assert contact.value not in writer.apology("en").text


def test_the_office_s_other_contacts_and_their_conditions_are_given(knowledge: Knowledge) -> None:
    decision = dialogue_of(knowledge).respond(asked("x", ("press.languages", 0.95)), Context()).decisions[0]
    text = ReplyWriter(without(knowledge, "press.languages")).write(decision).text
    assert "+223 2070 2424" in text and "only for press inquiries" in text
    decision = replace(decision, entry="press.email")
    reply = ReplyWriter(without(knowledge, "press.email")).write(decision)
    assert "+223 2070 2424" in reply.text and "fanei@state.gov" not in reply.text
    assert {"kind": "phone", "value": "+223 2070 2424"} in reply.contacts
    assert "fanei@state.gov" not in [contact["value"] for contact in reply.contacts]


def test_a_section_without_contact_is_named_alone(knowledge: Knowledge) -> None:
    decision = dialogue_of(knowledge).respond(asked("x", ("dao.overview", 0.95)), Context()).decisions[0]
    text = ReplyWriter(without(knowledge, "dao.overview")).write(replace(decision, language="fr")).text
    assert len(text.splitlines()) == 1 and "Bureau de l'attaché de défense" in text


def test_the_page_of_all_answers_leaves_it_out(folder: Path) -> None:
    tiny.change(folder / "sections/tides.yml", "  checked:", "  valid_until: 2026-11-23\n  checked:")
    knowledge = read_knowledge(folder)
    before = faq_page(knowledge, "en", "http://localhost", date(2026, 11, 23))
    after = faq_page(knowledge, "en", "http://localhost", TODAY)
    assert before.count("watches the sea") == 2, "once to read, once for search engines"
    assert "watches the sea" not in after and "tides.contact" in after


def test_a_section_with_nothing_to_tell_is_not_listed(folder: Path) -> None:
    html = faq_page(without(read_knowledge(folder), "pearls.overview"), "en", "http://localhost")
    assert "Pearl Office" not in html and "Tide Office" in html


async def test_telegram_s_menu_leaves_it_out(folder: Path) -> None:
    knowledge = without(read_knowledge(folder), "tides.overview", "pearls.overview")

    class Nothing:
        def context(self, sender: str) -> None:
            return None

    desk = Desk(None, Nothing(), None, None, lambda: knowledge, 1000)  # type: ignore[arg-type]
    press = Incoming(PRESS, 1, "s:", "en", message=1, press="1")
    (menu,) = await desk.answer(1, press)
    assert menu.keyboard is not None
    assert [row[0].text for row in menu.keyboard.inline_keyboard] == ["Tides"]
    (menu,) = await desk.answer(2, replace(press, text="s:tides"))
    assert menu.keyboard is not None
    assert [row[0].text for row in menu.keyboard.inline_keyboard[:-1]] == ["About tides.contact"]
