"""The publishing page over a small post and a made-up engine: what it says is what happened."""

from __future__ import annotations

import contextlib
import fcntl
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy.exc import OperationalError

from bot.knowledge.reader import read_knowledge
from bot.publishing.jobs import Progress
from bot.store.staff import StaffStore
from tests.bot.console.forms import Form, form_to, text_in
from tests.bot.console.office import Office, open_published_office
from tests.bot.publishing.candidates import ready

OLD, NEW = "watches the sea", "watches the moon"


@pytest.fixture
def office(tmp_path: Path, root: Path) -> Office:
    return open_published_office(tmp_path, root)


def send(office: Office, path: str, **typed: str) -> Any:
    """Fills a form in and saves it."""
    form = form_to(office.page(path), f"/console{path}")
    return office.staff.client.post(form.action, data={"do": "save"} | form.fields | typed)


def edit(office: Office, old: str = OLD, new: str = NEW) -> None:
    answer = form_to(office.page("/answers/tides.overview"), "/console/answers/tides.overview").fields["answer_en"]
    assert old in answer
    assert send(office, "/answers/tides.overview", answer_en=answer.replace(old, new)).status_code == 303


def number(office: Office) -> int:
    current = office.desk.releases.current()
    assert current is not None
    return current.number


@contextlib.contextmanager
def without_database(monkeypatch: pytest.MonkeyPatch, when: str) -> Iterator[None]:
    """A database that goes away before a line of the log is begun, or while it is written."""
    noting = StaffStore.noting

    @contextlib.contextmanager
    def gone(self: StaffStore, *arguments: str) -> Iterator[Any]:
        error = OperationalError("insert", {}, Exception("gone"))
        if when == "before":
            raise error
        with noting(self, *arguments) as line:
            yield line
            raise error

    with monkeypatch.context() as patched:
        patched.setattr(StaffStore, "noting", gone)
        yield


def test_what_was_published_is_said_to_be_though_the_log_fails(
    office: Office, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    edit(office)
    with without_database(monkeypatch, "before"):
        response = office.staff.publish("The moon")
    assert response.status_code == 503 and "Nothing was changed" in response.text
    assert number(office) == 1, "nothing without its line in the log"
    with without_database(monkeypatch, "after"):
        response = office.staff.publish("The moon")
    assert (response.status_code, number(office)) == (200, 2)
    said = text_in(response.text)
    assert "Published. People get the new answers now." in said and "the log does not say that it is done" in said
    assert "Nothing was changed" not in said and "published release 2 (words)" in caplog.text
    with without_database(monkeypatch, "after"):
        response = office.staff.roll_back(1, "Wrong")
    assert (response.status_code, number(office)) == (200, 3)
    assert "Rolled back." in text_in(response.text)
    assert [line.action for line in office.staff.store.log()] == ["edited", "signed-in"]


def test_what_was_saved_is_said_to_be_though_the_log_fails(
    office: Office, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    with without_database(monkeypatch, "after"):
        edit(office)
    assert NEW in (office.knowledge / "sections/tides.yml").read_text()
    assert "Saved, but not in the log (OperationalError): awa edited tides.overview" in caplog.text


def test_the_line_of_the_log_names_the_release(office: Office) -> None:
    edit(office)
    assert office.staff.publish("The moon").status_code == 303
    assert office.staff.roll_back(1, "Wrong").status_code == 303
    back, published = office.staff.store.log()[:2]
    assert (published.who, published.subject, published.reason) == ("awa", "release 2 (words)", "The moon")
    assert (back.subject, back.reason) == ("release 3 (of 1)", "Wrong")
    assert read_knowledge(office.desk.releases.path(3) / "knowledge", questions=False)


def test_going_back_takes_nothing_back_that_was_not_seen(office: Office) -> None:
    edit(office)
    assert office.staff.publish("The moon").status_code == 303
    form = form_to(office.page("/releases/1"), "/console/releases/1")
    edit(office, NEW, "watches the stars")
    assert office.staff.publish("The stars").status_code == 303
    refused = office.staff.client.post(form.action, data=form.fields | {"reason": "No moon"})
    assert (refused.status_code, number(office)) == (409, 3)
    assert "another release was published after this page was shown" in refused.text
    assert "<del>stars.</del>" in refused.text, "what would be taken back now"
    again = form_to(refused.text, "/console/releases/1")
    assert again.fields["reason"] == "No moon"
    assert office.staff.client.post(again.action, data=again.fields).status_code == 303
    assert office.staff.post("/releases/1", reason="No page was seen").status_code == 409
    assert number(office) == 4


def test_only_what_was_taken_back_is_marked_after_going_back(office: Office) -> None:
    edit(office)
    assert office.staff.publish("The moon").status_code == 303
    assert office.staff.roll_back(1, "No moon").status_code == 303
    page = office.page("/publish")
    assert "the draft still holds what was taken back" in page and page.count(">was taken back<") == 1
    assert office.staff.roll_back(2, "The moon after all").status_code == 303
    assert "Everything is published" in office.page("/publish")
    edit(office, NEW, "watches the stars")
    assert "taken back" not in office.page("/publish")


def test_a_form_that_is_sent_twice_goes_back_once(office: Office) -> None:
    edit(office)
    assert office.staff.publish("The moon").status_code == 303
    form = form_to(office.page("/releases/1"), "/console/releases/1")
    sent = [office.staff.client.post(form.action, data=form.fields) for _ in range(2)]
    assert [response.status_code for response in sent] == [303, 409]
    assert "went back to release 1 already, as release 3" in text_in(sent[1].text)
    assert number(office) == 3


def test_conversations_are_stored_while_publishing_waits(office: Office) -> None:
    edit(office)
    shown = office.staff.shown()
    with (office.desk.releases.folder / ".lock").open("w") as another, ThreadPoolExecutor(1) as threads:
        fcntl.flock(another, fcntl.LOCK_EX)
        publishing = threads.submit(office.staff.post, "/publish", **shown, reason="The moon")
        until = time.monotonic() + 10
        while office.staff.store.log()[0].action != "published":
            assert time.monotonic() < until
            time.sleep(0.01)
        began = time.monotonic()
        office.ask("what of the sea")
        assert time.monotonic() - began < 1 and not publishing.done()
        assert "under way, or broken off before it was noted" in text_in(office.page("/log"))
        fcntl.flock(another, fcntl.LOCK_UN)
        assert publishing.result().status_code == 303
    assert (office.staff.store.log()[0].action, office.staff.store.log()[0].subject) == (
        "published",
        "release 2 (words)",
    )


def test_a_dismissal_that_is_not_logged_is_said_to_be_done(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    job = ready(office.desk.settings)
    with without_database(monkeypatch, "after"):
        response = office.staff.post("/publish/dismiss", candidate=job.id)
    assert response.status_code == 200 and "the log does not say that it is done" in response.text
    assert office.desk.jobs.current() is None


def test_a_reason_comes_back_where_publishing_failed(office: Office) -> None:
    edit(office)
    shown = office.staff.shown()
    edit(office, NEW, "watches the sun")
    refused = office.staff.post("/publish", **shown, reason="Because of the moon")
    assert refused.status_code == 409
    assert form_to(refused.text, "/console/publish").fields["reason"] == "Because of the moon"


def test_test_questions_that_change_are_told_in_words(office: Office) -> None:
    edit(office)
    differences = [
        {"ask": "who watches the sea", "language": "en", "verdict": "worse",
         "before": [["answer", "tides.overview", "en"]], "after": [["unknown", "tides", "en"]]},
        {"ask": "et les perles ?", "language": "fr", "verdict": "better",
         "before": [["fallback", None, "fr"]], "after": [["answer", "pearls.overview", "en"]]},
        {"ask": "of an earlier report", "language": "en", "verdict": "same", "before": ["answer x.y en"], "after": []},
    ]  # fmt: skip
    ready(office.desk.settings, differences=differences)
    shown = text_in(office.page("/publish"))
    assert "Answer until now Answer of the candidate Better or worse" in shown
    assert "who watches the sea About tides.overview not in the knowledge → Tide Office worse" in shown
    assert "et les perles ? not understood About pearls.overview (English) better" in shown
    assert "of an earlier report answer x.y en neither better nor worse" in shown
    office.staff.sign_in("ben")
    shown = text_in(office.page("/publish"))
    assert "who watches the sea Sur tides.overview absente des connaissances → Bureau des marées moins bien" in shown
    assert "réponses justes (anglais)" in shown, "figures too"


def test_what_cannot_be_published_is_said_in_the_readers_language(office: Office) -> None:
    office.desk.releases.folder.joinpath("current.json").write_text("{")
    office.staff.sign_in("ben")
    for path in ("/publish", "/releases"):
        page = text_in(office.page(path))
        assert "est endommagé" in page and "is broken" not in page


def test_why_a_candidate_failed_is_said_in_the_readers_language(office: Office) -> None:
    job = ready(office.desk.settings)
    path = job.knowledge / "sections/tides.yml"
    path.write_text(path.read_text().replace("{tide-phone}", "{nobody-phone}"))
    job.write(Progress("failed", "check", 5, 100, problem="sections/tides.yml:1: in English"))
    office.staff.sign_in("ben")
    page = text_in(office.page("/publish"))
    assert "renvoie au contact {nobody-phone}, qui n'existe pas" in page and "in English" not in page
    job.write(Progress("running", "train", 5, 100, 1))
    assert "La préparation s'est arrêtée avant la fin." in text_in(office.page("/publish"))


def test_what_cannot_be_tried_is_said_in_the_readers_language(office: Office) -> None:
    office.staff.sign_in("ben")
    assert office.staff.client.get("/console/try", params={"q": "\u200b"}).status_code == 200
    office.engine.model = None
    page = text_in(office.page("/try?q=visa"))
    assert "Aucun modèle n'est encore chargé." in page and "No model" not in page


@pytest.mark.parametrize("call", ["session", "noting"])
def test_a_reason_is_not_lost_when_the_database_is_away_or_the_session_ends(
    office: Office, call: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    edit(office)
    form = form_to(office.page("/publish"), "/console/publish", what="words")
    form.fields["reason"] = "The tide office has moved"

    def posted(sent: Form) -> Any:
        return office.staff.client.post(sent.action, data=sent.fields)

    def gone(*arguments: object) -> None:
        raise OperationalError("select", {}, Exception("gone"))

    with monkeypatch.context() as patched:
        patched.setattr(StaffStore, call, gone)
        response = posted(form)
    assert response.status_code == 503
    again = form_to(response.text, form.action)
    assert again.fields["reason"] == "The tide office has moved"
    out_of_date = posted(Form(form.action, again.fields | {"csrf": "old"}))
    assert out_of_date.status_code == 403 and "The tide office has moved" in out_of_date.text
    assert number(office) == 1
    assert posted(again).status_code == 303
    assert office.desk.releases.current().reason == "The tide office has moved"  # type: ignore[union-attr]
