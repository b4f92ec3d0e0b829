"""The publishing page in a real Chromium: every state of a candidate, in both languages, on a phone and a desk."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from bot.console.views import publish
from bot.knowledge.edit.vague import Vague, VagueEditor
from bot.publishing.jobs import FAILED, READY, RUNNING, Job, Progress
from tests import tiny
from tests.bot.conftest import findings
from tests.bot.console.client import PASSWORD
from tests.bot.console.office import Office, open_published_office
from tests.bot.console.test_inbox_keys import sign_in
from tests.bot.publishing.candidates import ready

DIFFERENCES = [
    {"ask": "who watches the sea", "language": "en", "verdict": "worse",
     "before": [["answer", "tides.overview", "en"]], "after": [["unknown", "tides", "en"]]},
    {"ask": "et les perles ?", "language": "fr", "verdict": "better",
     "before": [["fallback", None, "fr"]], "after": [["answer", "pearls.overview", "en"]]},
]  # fmt: skip
BELOW = {"figure": "answer en", "value": "0.812", "limit": "0.95", "key": "at_least"}


@pytest.fixture
def office(tmp_path: Path, root: Path) -> Office:
    """An office whose draft has new words, new questions and a new vague question; chloe publishes in French."""
    office = open_published_office(tmp_path, root)
    office.desk.staff.add("chloe", PASSWORD, "publisher", "fr")
    tiny.change(office.knowledge / "sections/tides.yml", "watches the sea", "watches the moon")
    tiny.change(office.knowledge / "questions/en/all.yml", "en pearls.overview wording 3", "what about oysters")
    vague = Vague("boat", {"en": "Which boat?", "fr": "Quel bateau ?"}, ("tides.overview", "pearls.overview"),
                  {"en": ("a boat",), "fr": ("un bateau",)})  # fmt: skip
    VagueEditor(office.knowledge).save_vague(vague, None)
    return office


def is_ready(office: Office) -> None:
    ready(office.desk.settings, differences=DIFFERENCES)


def is_below_the_floor(office: Office) -> None:
    ready(office.desk.settings, differences=DIFFERENCES, problems=[BELOW])


def is_asked_hardly_anything(office: Office) -> None:
    ready(office.desk.settings, differences=DIFFERENCES, few=3)


def has_failed(office: Office) -> None:
    ready(office.desk.settings).write(Progress(FAILED, "train", 40, 100, problem="The disk is full."))


@pytest.mark.parametrize("make", [is_ready, is_below_the_floor, is_asked_hardly_anything, has_failed])
@pytest.mark.parametrize("name", ["awa", "chloe"])
def test_axe_finds_nothing_whatever_became_of_a_candidate(
    page: Page, node: Path, office: Office, url: str, name: str, make: Callable[[Office], None]
) -> None:
    make(office)
    sign_in(page, url, name)
    wrong = []
    for scheme in ("light", "dark"):
        page.emulate_media(color_scheme="dark" if scheme == "dark" else "light")
        for width in (390, 1280):
            page.set_viewport_size({"width": width, "height": 800})
            page.goto(f"{url}/publish")
            wrong += [f"{scheme} {width} {finding}" for finding in findings(page, node)]
            if page.evaluate("document.documentElement.scrollWidth") > width:
                wrong.append(f"wider than {width}")
    assert not wrong, "\n".join(wrong)


def is_prepared(office: Office) -> Job:
    """A candidate under way, by a process that lives as long as this test."""
    job = ready(office.desk.settings)
    job.write(Progress(RUNNING, "train", 40, 100, os.getpid()))
    return job


@pytest.mark.parametrize(
    ("name", "said", "link"),
    [("awa", "preparation has ended", "Show it"), ("chloe", "est terminée", "Voir le résultat")],
)
def test_a_reason_that_somebody_writes_outlives_the_end_of_the_preparation(
    page: Page, node: Path, office: Office, url: str, name: str, said: str, link: str
) -> None:
    job = is_prepared(office)
    sign_in(page, url, name)
    page.set_viewport_size({"width": 390, "height": 800})
    page.goto(f"{url}/publish")
    page.locator("details", has=page.locator("#reason-words")).locator("summary").first.click()
    page.locator("#reason-words").fill("The moon, since")
    page.locator("#reason-words").blur()  # what was written stays, also where the focus is elsewhere
    page.evaluate("scrollTo(0, document.body.scrollHeight)")
    job.write(Progress(READY, "examine", 100, 100))
    expect(page.get_by_role("status")).to_contain_text(said)
    expect(page.get_by_role("status")).to_be_in_viewport()
    expect(page.locator("#reason-words")).to_have_value("The moon, since")
    assert findings(page, node) == []
    with page.context.expect_page() as opened:
        page.get_by_role("link", name=link).click()
    expect(opened.value.locator("#reason-candidate")).to_be_visible()
    expect(page.locator("#reason-words")).to_have_value("The moon, since")


def test_a_page_on_which_nobody_writes_shows_the_candidate_by_itself(page: Page, office: Office, url: str) -> None:
    job = is_prepared(office)
    sign_in(page, url)
    page.goto(f"{url}/publish")
    expect(page.locator("progress")).to_be_visible()
    job.write(Progress(READY, "examine", 100, 100))
    expect(page.locator("#reason-candidate")).to_be_visible()


def test_a_field_that_has_the_focus_is_left_alone(page: Page, office: Office, url: str) -> None:
    job = is_prepared(office)
    sign_in(page, url)
    page.goto(f"{url}/publish")
    field = page.locator("form[action$='/discard'] input[name=reason]").first
    field.focus()
    job.write(Progress(READY, "examine", 100, 100))
    expect(page.get_by_role("status")).to_contain_text("has ended")
    expect(field).to_be_focused()


@pytest.mark.parametrize(("name", "prepare"), [("awa", "Prepare a candidate"), ("chloe", "Préparer une version")])
def test_without_javascript_the_page_comes_when_the_candidate_is_ready(
    browser: Browser, office: Office, url: str, name: str, prepare: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(publish, "SECONDS_HELD", 0.6)  # so that the page is held several times in a row
    monkeypatch.setattr(office.desk.jobs, "start", lambda: is_prepared(office))
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    sign_in(page, url, name)
    page.goto(f"{url}/publish")

    def finish() -> None:
        job = office.desk.jobs.current()
        assert job is not None
        job.write(Progress(READY, "examine", 100, 100))

    threading.Timer(4, finish).start()
    page.get_by_role("button", name=prepare).click()
    expect(page.locator("#reason-candidate")).to_be_visible()
    assert int(page.url.rpartition("=")[2]) > 1
    context.close()


def test_without_javascript_a_page_is_not_held_for_ever(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    is_prepared(office)
    monkeypatch.setattr(publish, "SECONDS_HELD", 0)
    get = office.staff.client.get
    assert get("/console/publish?wait=18").headers["location"] == "/console/publish?wait=19"
    assert 'href="/console/publish?wait=1"' in get("/console/publish?wait=19").text
