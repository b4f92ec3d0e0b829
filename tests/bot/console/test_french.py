"""The console's French: spaces that do not break, and words that fit whoever reads them."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from bot.console.desk import words
from bot.knowledge.said import french, in_language, said, spaced
from tests.bot.console.client import PAGES
from tests.bot.console.forms import form_to, text_in
from tests.bot.console.office import Office, open_published_office

BREAKS = re.compile(r"\w [:;?!»]|« |\w:(?= )")
ONE_GENDER = re.compile(r"\b(connecté|vous seul|tous deux|un collègue|certain que vous)\b", re.IGNORECASE)


@pytest.fixture
def office(tmp_path: Path, root: Path) -> Office:
    office = open_published_office(tmp_path, root)
    office.ask("how deep is the swimming pool?")
    office.staff.sign_in("ben")
    return office


def test_no_mark_can_stand_alone_on_a_line() -> None:
    assert spaced("Non : « oui » ?") == "Non\u00a0: «\u00a0oui\u00a0»\u00a0?"
    for text in (*words()["fr"].values(), *french().values()):
        assert not re.search(r" [:;?!»]|« ", text), text
    assert in_language(said("{column}: {error}", column="id", error="x"), "fr") == "id\u00a0: x"


def test_pages_put_the_space_before_their_own_colons(office: Office) -> None:
    for path in PAGES:
        if "press" in path or "consular" in path or path == "/staff":
            continue
        page = office.page(path)
        body = re.sub(
            r"<(script|style|option|textarea|h2|li|code)\b.*?</\1>", "", page[page.index("<main") :], flags=re.DOTALL
        )
        body = re.sub(r'<div class="bubble".*?</div>', "", body, flags=re.DOTALL)  # the bot's words
        plain = re.sub(r"<[^>]+>", "", body)
        assert not re.search(r"[a-zé] [:;?!»]|« |[a-zé]:(?=[ <])", plain), (path, BREAKS.findall(plain))


def test_words_fit_whoever_reads_them() -> None:
    for key, text in words()["fr"].items():
        assert not ONE_GENDER.search(text), key
    assert words()["fr"]["product"] != "Accueil", "that is what the first page of a site is called"


def test_neither_the_log_nor_the_releases_nor_the_changes_show_english_or_codes(office: Office) -> None:
    office.staff.sign_in("awa")
    note = office.desk.staff.note
    note("awa", "imported", "3 rows")
    note("awa", "published", "release 9 (words)")
    note("command line", "rolled-back", "release 10 (of 4)", "Rolled back on the command line.")
    note("awa", "inbox-ignored", "1")
    form = form_to(office.page("/answers/tides.contact"), "/console/answers/tides.contact")
    del form.fields["enabled"]
    form.fields |= {"aspect": "detail", "do": "save"}
    assert office.staff.client.post(form.action, data=form.fields).status_code == 303
    contact = form_to(office.page("/contacts"), "/console/contacts", name="tide-phone")
    contact.fields |= {"kind": "name", "do": "save"}
    assert office.staff.client.post(contact.action, data=contact.fields).status_code == 303
    office.staff.sign_in("ben")
    log = text_in(office.page("/log"))
    for words_ in ("3 lignes", "version 9 (mots seulement)", "version 10 (comme la version 4)", "une question",
                   "ligne de commande", "Retour demandé", "oui → non", "téléphone → nom"):  # fmt: skip
        assert words_ in log, words_
    releases = text_in(office.page("/releases"))
    assert "Ce que le public recevait avant le premier changement" in releases and "ligne de commande" in releases
    changes = text_in(office.page("/publish"))
    for text in (log, releases, changes):
        assert not re.search(r"\b(True|False|detail|overview|rows|release|command line|What was)\b", text), text
    assert "oui non" in changes and "autre chose" in changes


def test_the_types_of_contacts_are_called_so(office: Office) -> None:
    assert "Type Ce que le public voit" in " ".join(
        re.findall(r"Type|Ce que le public voit", text_in(office.page("/contacts")))[:2]
    )
