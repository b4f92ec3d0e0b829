"""A file of the draft in which somebody left a language out, by hand or with git, breaks no page."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

from bot.knowledge.model import Words, told
from bot.knowledge.reader import read_knowledge
from tests.bot.console.client import PAGES
from tests.bot.console.forms import form_to
from tests.bot.console.office import Office, open_published_office

GUIDE = "guide.what-do-you-seek"


@pytest.fixture
def office(tmp_path: Path, root: Path) -> Office:
    office = open_published_office(tmp_path, root)
    office.engine.rankings = {name: [("tides.overview", 0.9)] for name in ("how high is the tide", "visa")}
    office.ask("how high is the tide")
    return office


def change(path: Path, how: Any) -> None:
    data = yaml.safe_load(path.read_text(encoding="utf-8"))
    how(data)
    path.write_text(yaml.safe_dump(data, allow_unicode=True, sort_keys=False), encoding="utf-8")


def without(texts: dict[str, Any], code: str, left: str) -> None:
    if left == "gone":
        del texts[code]
    else:
        texts[code] = None if left == "null" else ""


@pytest.mark.parametrize("left", ["gone", "null", "empty"])
@pytest.mark.parametrize("code", ["en", "fr"])
def test_every_page_shows_what_there_is(office: Office, code: str, left: str) -> None:
    folder = office.knowledge

    def section(data: dict[str, Any]) -> None:
        for texts in (data["name"], data["short"], data["entries"][0]["title"], data["entries"][0]["answer"]):
            without(texts, code, left)

    def topics(data: dict[str, Any]) -> None:
        without(data["topics"][0]["title"], code, left)

    def talk(data: dict[str, Any]) -> None:
        question = {"en": "What do you seek?", "fr": "Que cherchez-vous ?"}
        without(question, code, left)
        data["clarifications"][GUIDE] = {"question": question, "options": ["tides.overview", "pearls.overview"]}

    change(folder / "sections/tides.yml", section)
    for path in (folder / "topics").glob("*.yml"):
        change(path, topics)
    change(folder / "conversation.yml", talk)
    change(folder / "embassy.yml", lambda data: without(data["name"], code, left))
    (folder / "stories").mkdir(exist_ok=True)
    for name in ("awa", "ben"):
        office.staff.sign_in(name)
        for path in [*PAGES, "/answers/tides.overview", "/answers?badge=missing", "/sections/tides/remove"]:
            if "press" in path or "consular" in path or path == "/me":
                continue
            response = office.staff.client.get(f"/console{path}")
            assert response.status_code in (200, 403), (path, response.text[-600:])
            assert ">None<" not in response.text, path
    office.staff.sign_in("awa")
    missing = office.page("/answers?badge=missing")
    assert 'href="/console/answers/tides.overview"' in missing and "tides.contact" not in missing
    form = form_to(office.page("/answers/tides.overview"), "/console/answers/tides.overview")
    assert form.fields[f"title_{code}"] == ""
    typed = {f"title_{code}": "Tides", f"answer_{code}": "The Tide Office looks at the whole sea, day and night."}
    saved = office.staff.client.post(form.action, data={"do": "save"} | form.fields | typed)
    assert saved.status_code == 303, saved.text
    assert read_knowledge(folder).entries["tides.overview"].title.get(code) == "Tides"


def test_words_say_in_another_language_what_is_missing_and_tell_that_it_is() -> None:
    words = Words({"en": "Tides"})
    assert (words["fr"], words.get("fr"), "fr" in words) == ("Tides", None, False)
    assert told({"fr": "", "en": "Tides"}, "fr", "tides.overview") == "Tides"
    assert told({}, "fr", "tides.overview") == "tides.overview"
