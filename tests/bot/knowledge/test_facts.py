"""No number, mail address, link or person in an answer that does not stand on the embassy's page."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml

from bot.knowledge.model import Knowledge

LINK = re.compile(r"https?://\S+|\bwww\.\S+|\b[\w-]+\.(?:gov|com|org|net|ml)\b(?:/\S*)?")
EMAIL = re.compile(r"[\w.+-]+@[\w.-]+\w")
NUMBER = re.compile(r"\+?\d[\d ]*\d|\d")


@pytest.fixture(scope="module")
def facts(root: Path) -> dict[str, list[str]]:
    return dict(yaml.safe_load((root / "tests/data/page_facts.yml").read_text(encoding="utf-8")))


def texts(knowledge: Knowledge) -> Iterator[tuple[str, str]]:
    """Everything that the bot can say: (id and language, text)."""
    for item in [*knowledge.entries.values(), *knowledge.topics.values()]:
        for language in knowledge.post.languages:
            yield f"{item.id} {language}", knowledge.answer(item, language)
    talk = knowledge.conversation
    for group in (talk.small_talk.values(), talk.safety):
        for said in group:
            yield from ((f"{said.id} {language}", knowledge.fill(text)) for language, text in said.answer.items())
    for name, wording in talk.wording.items():
        yield from ((f"{name} {language}", knowledge.fill(text)) for language, text in wording.items())


def strangers(text: str, facts: dict[str, list[str]]) -> list[str]:
    found = [mail for mail in EMAIL.findall(text) if mail not in facts["emails"]]
    rest = EMAIL.sub(" ", text)
    found += [link for link in LINK.findall(rest) if link.rstrip(".,;)") not in facts["links"]]
    rest = LINK.sub(" ", rest)
    numbers = {*facts["phones"], *map(str, facts["numbers"])}
    return found + [number for number in NUMBER.findall(rest) if number.strip() not in numbers]


def test_every_number_mail_and_link_of_every_answer_stands_on_the_page(
    knowledge: Knowledge, facts: dict[str, list[str]]
) -> None:
    wrong = {name: bad for name, text in texts(knowledge) if (bad := strangers(text, facts))}
    assert wrong == {}


def test_the_check_itself_notices_strangers(facts: dict[str, list[str]]) -> None:
    for text in ("call +223 2070 2425", "write to visa@state.gov", "see https://example.org/x", "it costs 185 dollars"):
        assert strangers(text, facts), text


def test_every_contact_is_one_of_the_page_s(knowledge: Knowledge, facts: dict[str, list[str]]) -> None:
    known = {*facts["phones"], *facts["emails"], *facts["links"], *facts["people"]}
    assert {contact.value for contact in knowledge.post.contacts.values()} == known


def test_every_answer_is_short_and_says_the_same_facts_in_both_languages(knowledge: Knowledge) -> None:
    for item in knowledge.entries.values():
        for language in ("en", "fr"):
            text = knowledge.answer(item, language)
            assert len(text.splitlines()) <= 14, item.id
            assert 20 <= len(text) <= 1200, f"{item.id} {language}: {len(text)}"
        english, french = (set(NUMBER.findall(knowledge.answer(item, code))) for code in ("en", "fr"))
        assert english == french, item.id


def test_the_press_number_is_never_given_as_another_office_s(knowledge: Knowledge) -> None:
    for item in [*knowledge.entries.values(), *knowledge.topics.values()]:
        for language in ("en", "fr"):
            text = knowledge.answer(item, language)
            if "2070 2424" in text:
                assert re.search(r"press", text, re.IGNORECASE), item.id


def test_every_section_of_the_contract_is_there(knowledge: Knowledge) -> None:
    names = "embassy public-affairs press cultural-affairs american-center political-economic"
    names += " consular usaid dao osc rso management"
    assert set(knowledge.sections) == set(names.split())


def test_there_are_enough_entries_known_topics_and_questions(knowledge: Knowledge) -> None:
    assert 100 <= len(knowledge.entries) <= 160
    assert len(knowledge.topics) >= 30
    for item in [*knowledge.entries, *knowledge.topics]:
        for language in ("en", "fr"):
            assert len(knowledge.questions[language][item]) >= 25, f"{item} {language}"


def test_no_test_question_is_trained_on(knowledge: Knowledge, root: Path) -> None:
    from bot.evaluation.questions import read_cases
    from nlu.text import flat

    trained = {flat(q) for by_id in knowledge.questions.values() for qs in by_id.values() for q in qs}
    cases = read_cases(sorted((root / "tests/questions").glob("*.yml")))
    singles = [case for case in cases if len(case.turns) == 1 and len(case.turns[0].ask.split()) > 4]
    assert not [case.turns[0].ask for case in singles if flat(case.turns[0].ask) in trained]
    for language in ("en", "fr"):
        assert sum(len(c.turns) == 1 and c.turns[0].language == language for c in cases) >= 300
