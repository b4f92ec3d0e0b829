"""Whatever happens to a form, what somebody typed is not lost, and nothing is saved by itself."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy.exc import OperationalError

from bot.console import editing
from bot.store.staff import StaffStore
from tests.bot.console.client import PASSWORD
from tests.bot.console.forms import Form, form_to, text_in
from tests.bot.console.office import Office, open_office

TYPED = "The Tide Office counts <waves> & more.\nTwice a day, “é”."


@pytest.fixture
def office(tmp_path: Path) -> Office:
    return open_office(tmp_path)


def opened(office: Office, name: str = "tides.overview", **typed: str) -> Form:
    """An answer's form with something typed into it."""
    form = form_to(office.page(f"/answers/{name}"), f"/console/answers/{name}")
    form.fields |= {"answer_en": TYPED, "do": "save"} | typed
    return form


def send(office: Office, form: Form, **more: Any) -> Any:
    return office.staff.client.post(form.action, data=form.fields, **more)


def stored(office: Office) -> str:
    return (office.knowledge / "sections/tides.yml").read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("file", "text"),
    [("sections/tides.yml", "section: ["), ("embassy.yml", "name: {"), ("questions/fr/all.yml", "a: [b"),
     ("embassy.yml", "name: x\n"), ("sections/tides.yml", "section: tides\nentries: 5\n")],
)  # fmt: skip
def test_a_file_that_is_needed_and_broken_loses_nothing(office: Office, file: str, text: str) -> None:
    form = opened(office)
    whole = (office.knowledge / file).read_text(encoding="utf-8")
    (office.knowledge / file).write_text(text)
    response = send(office, form)
    assert response.status_code == 409
    again = form_to(response.text, form.action)
    assert again.fields["answer_en"] == TYPED
    assert file in response.text, "it says which file"
    (office.knowledge / file).write_text(whole, encoding="utf-8")
    again.fields["do"] = "save"
    assert send(office, again).status_code == 303
    assert "counts <waves>" in stored(office)


@pytest.mark.parametrize("call", ["fsync", "replace"])
def test_a_full_disk_loses_nothing_and_leaves_no_line_in_the_log(
    office: Office, call: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    form, before = opened(office), stored(office)

    def full(*arguments: object, **more: object) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patched:
        patched.setattr(os, call, full)
        response = send(office, form)
    assert response.status_code == 422
    assert "the disk is full" in response.text
    assert form_to(response.text, form.action).fields["answer_en"] == TYPED
    assert stored(office) == before
    assert [line.action for line in office.staff.store.log()] == ["signed-in"]


def test_a_disk_that_is_full_before_the_checks_loses_nothing(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    form = opened(office)

    def full(*arguments: object, **more: object) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patched:
        patched.setattr(editing.shutil, "copyfile", full)
        response = send(office, form)
    assert response.status_code == 422 and "the disk is full" in response.text
    assert form_to(response.text, form.action).fields["answer_en"] == TYPED


@contextlib.contextmanager
def failing(monkeypatch: pytest.MonkeyPatch, call: str, words: str) -> Iterator[None]:
    """A database that says so whenever the staff's store makes a call."""

    def fail(*arguments: object) -> None:
        raise OperationalError("insert", {}, Exception(words))

    with monkeypatch.context() as patched:
        patched.setattr(StaffStore, call, fail)
        yield


@pytest.mark.parametrize("call", ["session", "noting"])
def test_a_database_that_is_away_loses_nothing_and_keeps_the_language(
    office: Office, call: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    office.staff.sign_in("ben")
    form, before = opened(office), stored(office)

    with failing(monkeypatch, call, "gone"):
        response = send(office, form)
    assert (response.status_code, response.headers["retry-after"]) == (503, "5")
    assert '<html lang="fr">' in response.text and "injoignable" in response.text
    assert stored(office) == before, "no change without its line in the log"
    again = form_to(response.text, form.action)
    assert again.fields["answer_en"] == TYPED
    again.fields["do"] = "save"
    assert send(office, again).status_code == 303
    assert "counts <waves>" in stored(office)


@pytest.mark.parametrize("call", ["session", "noting"])
def test_a_full_disk_is_told_from_a_database_that_is_away(
    office: Office, call: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    form, before = opened(office), stored(office)

    with failing(monkeypatch, call, "database or disk is full"):
        response = send(office, form)
        pages = [office.staff.client.get("/console/inbox")] if call == "session" else []
    for shown in (response, *pages):
        assert shown.status_code == 503 and "disk that the database is on is full" in shown.text
        assert "cannot be reached" not in shown.text
    assert stored(office) == before
    assert form_to(response.text, form.action).fields["answer_en"] == TYPED


def test_a_mistake_of_the_program_loses_nothing(
    office: Office, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    form = opened(office)

    def fail(*arguments: object) -> None:
        raise RuntimeError("a mistake")

    with monkeypatch.context() as patched:
        patched.setattr(editing, "make", fail)
        response = send(office, form)
    assert response.status_code == 500
    assert form_to(response.text, form.action).fields["answer_en"] == TYPED
    assert "RuntimeError" in caplog.text and "waves" not in caplog.text


def test_a_session_that_is_over_comes_back_to_the_form(office: Office, caplog: pytest.LogCaptureFixture) -> None:
    form, before = opened(office), stored(office)
    office.staff.client.cookies.delete("front_desk")
    response = send(office, form)
    assert response.status_code == 401 and "what you typed is kept" in response.text
    for password, status in (("wrong-password", 401), (PASSWORD, 200)):
        sign_in = form_to(response.text, "/console/sign-in")
        sign_in.fields |= {"name": "awa", "password": password}
        assert sign_in.types["kept"] == "hidden"
        response = send(office, sign_in)
        assert response.status_code == status
    assert "You are signed in again" in response.text
    again = form_to(response.text, form.action)
    same = {name: text for name, text in form.fields.items() if name not in ("csrf", "do")}
    assert {name: again.fields.get(name) for name in same} == same
    assert stored(office) == before, "nothing is saved by itself"
    again.fields["do"] = "save"
    assert send(office, again).status_code == 303
    assert "counts <waves>" in stored(office)
    assert "waves" not in caplog.text


@pytest.mark.parametrize("token", ["", "x" * 43])
def test_a_form_that_is_out_of_date_is_shown_again(office: Office, token: str) -> None:
    form, before = opened(office), stored(office)
    form.fields["csrf"] = token
    response = send(office, form)
    assert response.status_code == 403 and "out of date" in response.text
    assert stored(office) == before
    again = form_to(response.text, form.action)
    assert again.fields["answer_en"] == TYPED
    again.fields["do"] = "save"
    assert send(office, again).status_code == 303


@pytest.mark.parametrize("site", ["cross-site", "same-site"])
def test_another_site_cannot_put_words_into_a_form(office: Office, site: str) -> None:
    form = opened(office)
    form.fields["csrf"] = ""
    response = send(office, form, headers={"sec-fetch-site": site})
    assert response.status_code == 403 and "waves" not in response.text
    office.staff.client.cookies.clear()
    response = send(office, form, headers={"sec-fetch-site": site})
    assert response.status_code == 303 and "waves" not in response.text


@pytest.mark.parametrize("kept", ["", "x", "[1]", '[["a"]]', "{}", "null", '[["title_en","x"],["do","save"]]'])
@pytest.mark.parametrize("there", ["/console/answers/tides.overview", "/console/nowhere", "/console/publish", "//x.y/"])
def test_signing_in_with_anything_in_the_form_saves_nothing(office: Office, kept: str, there: str) -> None:
    before = stored(office)
    page = office.staff.client.get("/console/sign-in").text
    sign_in = form_to(page, "/console/sign-in")
    sign_in.fields |= {"name": "awa", "password": PASSWORD, "kept": kept, "next": there}
    assert send(office, sign_in).status_code in (200, 303)
    assert stored(office) == before
    assert {line.action for line in office.staff.store.log()} == {"signed-in"}


@pytest.mark.parametrize(
    ("path", "typed"),
    [("/contacts", {"value": "+99 77 77"}), ("/sections", {"name_en": "Waves"}), ("/stories", {"question_en": "What?"}),
     ("/answers/new", {"title_en": "New"}), ("/sections/new", {"name_en": "New", "answer_en": "x"})],
)  # fmt: skip
def test_every_form_of_the_draft_keeps_what_was_typed(office: Office, path: str, typed: dict[str, str]) -> None:
    form = form_to(office.page(f"{path}?new=1"), f"/console{path}")
    form.fields |= typed | {"csrf": "old"}
    again = send(office, form)
    assert again.status_code == 403
    (name, text), *_ = typed.items()
    assert f'name="{name}"' in again.text and text in again.text and "out of date" in again.text
    office.staff.client.cookies.delete("front_desk")
    sign_in = form_to(send(office, form).text, "/console/sign-in")
    sign_in.fields |= {"name": "ben", "password": PASSWORD}
    back = send(office, sign_in)
    assert back.status_code == 200 and text in back.text and '<html lang="fr">' in back.text


def test_an_answer_that_was_deleted_meanwhile_can_be_made_again(office: Office) -> None:
    form = opened(office, "tides.contact", answer_en="Call {tide-phone} or {tide-email}, it is the office's own.",
                  answer_fr="Appelez le {tide-phone} ou {tide-email}, c'est au bureau.")  # fmt: skip
    assert office.staff.post("/answers/tides.contact", do="delete").status_code == 303
    response = send(office, form)
    assert response.status_code == 409 and "Somebody has deleted" in response.text
    again = form_to(response.text, "/console/answers/new")
    assert again.fields["id"] == "tides.contact" and again.fields["section"] == "tides"
    again.fields["do"] = "save"
    assert send(office, again).status_code == 303, text_in(send(office, again).text)
    assert "the office's own" in stored(office)
    office.staff.post("/answers/tides.contact", do="delete")
    assert office.staff.post("/answers/tides.contact", do="delete").status_code == 404


def test_ten_thousand_questions_come_back_with_what_is_wrong(office: Office) -> None:
    many = "\n".join(f"comment aller à la marée numéro {number} ?" for number in range(10_000))
    response = send(office, opened(office, questions_fr=many))
    assert response.status_code == 422 and "too many" in response.text
    assert form_to(response.text, "/console/answers/tides.overview").fields["questions_fr"] == many
