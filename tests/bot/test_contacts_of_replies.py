"""The contacts under a reply: those that its text names, in its order, each with its office where there are several."""

from __future__ import annotations

import pytest

from bot.dialogue.decision import ANSWER, HANDOFF, UNKNOWN, Decision
from bot.dialogue.generator import Reply, ReplyWriter
from bot.knowledge.model import Knowledge

VALUES = ("phone", "email", "link", "name")


def values(reply: Reply) -> list[str]:
    return [contact["value"] for contact in reply.contacts if contact["kind"] in VALUES]


def offices(reply: Reply) -> list[str]:
    return [contact["value"] for contact in reply.contacts if contact["kind"] == "office"]


@pytest.mark.parametrize("language", ["en", "fr"])
def test_who_wants_a_person_gets_the_contacts_under_their_offices_as_the_text_has_them(
    knowledge: Knowledge, language: str
) -> None:
    reply = ReplyWriter(knowledge).write(Decision(HANDOFF, language, entry="chat.human"))
    press = {"en": "Press Office", "fr": "Bureau de presse"}[language]
    assert offices(reply) == ["American Center", press]
    assert [contact["value"] for contact in reply.contacts] == [
        "American Center", "+223 2070 2432", "+223 2070 2426", "PASBamako@state.gov",
        press, "+223 2070 2424", "fanei@state.gov",
    ]  # fmt: skip


@pytest.mark.parametrize("language", ["en", "fr"])
def test_whatever_tells_a_contact_offers_it_at_a_tap_in_the_order_of_the_text(
    knowledge: Knowledge, language: str
) -> None:
    told = [(ANSWER, name) for name in knowledge.entries] + [(UNKNOWN, name) for name in knowledge.topics]
    for kind, name in told:
        reply = ReplyWriter(knowledge).write(Decision(kind, language, entry=name))
        published = [contact.value for contact in knowledge.post.contacts.values() if contact.value in reply.text]
        assert values(reply) == sorted(published, key=reply.text.index), name
        assert not offices(reply) or name == "public-affairs.contact", "one office needs no name"


def test_what_is_not_on_the_page_still_offers_whom_to_ask(knowledge: Knowledge) -> None:
    reply = ReplyWriter(knowledge).write(Decision(UNKNOWN, "fr", entry="topic.american-center-hours"))
    assert values(reply) == ["+223 2070 2432", "+223 2070 2426", "PASBamako@state.gov"]


def test_the_apology_lists_each_contact_once_under_its_office(knowledge: Knowledge) -> None:
    reply = ReplyWriter(knowledge).apology("fr")
    assert sorted(values(reply)) == sorted(set(values(reply)))
    assert offices(reply) == ["American Center", "Bureau de presse"]
    assert all(value in reply.text for value in values(reply))


@pytest.mark.parametrize(
    ("language", "line"), [("fr", "- American Center (centre américain)\u00a0: +"), ("en", "- American Center: +")]
)
def test_a_colon_in_the_apology_stands_as_its_language_has_it(knowledge: Knowledge, language: str, line: str) -> None:
    assert line in ReplyWriter(knowledge).apology(language).text
