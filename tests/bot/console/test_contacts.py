"""Contacts in the console: each stands once, and nothing shows a braced or an old one."""

from __future__ import annotations

from pathlib import Path

import pytest

from bot.knowledge.reader import read_knowledge
from tests.bot.console.forms import text_in
from tests.bot.console.office import Office, open_office
from tests.bot.console.test_editing import opened, send


@pytest.fixture
def office(tmp_path: Path) -> Office:
    return open_office(tmp_path)


def test_a_contact_in_braces_is_refused_where_it_would_be_shown_raw(office: Office) -> None:
    title = send(office, opened(office), title_en="Sea {tide-phone}")
    assert title.status_code == 422 and "tides.overview (en): the title would be shown" in text_in(title.text)
    name = send(office, opened(office, "/sections", section="tides"), name_fr="Bureau {tide-phone}")
    assert name.status_code == 422 and "tides (fr): the name would be shown" in text_in(name.text)
    guide = {"question_en": "{tide-phone}?", "question_fr": "Quoi ?", "name": "sea", "trigger": "tides.contact"}
    asked = office.staff.post("/stories", **guide, option_1="tides.overview", option_2="pearls.overview")
    assert asked.status_code == 422 and "guide.sea (en): the question would be shown" in text_in(asked.text)
    knowledge = read_knowledge(office.knowledge)
    assert "{tide-phone}" not in str([knowledge.entries["tides.overview"].title, knowledge.sections["tides"].name])
