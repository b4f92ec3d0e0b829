"""Publishing at the console: what was looked at goes live, or nothing does, and the page says why."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import pytest

from bot.console.views.try_it import TRIALS
from bot.publishing.jobs import Jobs
from bot.settings import Settings
from bot.training.releases import Releases
from tests.bot.console.client import Staff
from tests.bot.console.test_way import ask, form_of
from tests.bot.publishing.candidates import ready

QUESTION = "What is the phone number of the press office?"


def edit(staff: Staff, words: str, entry: str = "press.phone") -> None:
    values = form_of(staff, entry)
    values["answer_en"] = re.sub(r"(Please|Kindly|Do) call", f"{words} call", values["answer_en"])
    assert staff.post(f"/answers/{entry}", do="save", **values).status_code == 303


def add_question(staff: Staff) -> None:
    values = form_of(staff, "press.head")
    values["questions_en"] += "\nwho runs the press zeppelin these days"
    assert staff.post("/answers/press.head", do="save", **values).status_code == 303


def jobs_of(staff: Staff) -> Jobs:
    jobs: Jobs = staff.client.app.state.desk.console.jobs  # type: ignore[attr-defined]
    return jobs


def test_what_the_form_names_is_published_and_nothing_else(awa: Staff, house: Settings) -> None:
    edit(awa, "Kindly")
    add_question(awa)
    job = ready(house)
    edit(awa, "Do")
    page = awa.client.get("/console/publish").text
    ids = re.findall(r'\bid="([^"]+)"', page)
    assert len(ids) == len(set(ids)) and {"reason-candidate", "reason-words"} <= set(ids)
    for wrong in ({}, {"what": "both"}, {"what": "candidate"}, {"what": "candidate", "candidate": "another"},
                  {"what": "words"}, {"what": "words", "knowledge": "x", "release": "1"}):  # fmt: skip
        refused = awa.post("/publish", reason="Because", **wrong)
        assert refused.status_code == 409 and 'id="reason-candidate"' in refused.text, wrong
    assert awa.client.get("/health").json()["release"] == 1
    assert awa.publish("Because", "candidate").status_code == 303
    release = Releases(house).current()
    assert release is not None and (release.number, release.kind) == (2, "trained")
    assert "Kindly call" in ask(awa, QUESTION)[0]["text"], "the candidate, not the draft"
    assert jobs_of(awa).current() is None and not job.folder.exists()


def test_an_old_candidate_undoes_nothing(awa: Staff, house: Settings) -> None:
    add_question(awa)
    ready(house)
    shown = awa.shown("candidate")
    edit(awa, "Kindly")
    assert awa.publish("A word now").status_code == 303
    refused = awa.post("/publish", **shown, reason="Because")
    assert refused.status_code == 409 and "prepare a new candidate" in refused.text
    assert 'id="reason-candidate"' not in refused.text
    assert "Kindly call" in ask(awa, QUESTION)[0]["text"]


def test_words_that_changed_since_they_were_shown_are_shown_again(awa: Staff) -> None:
    edit(awa, "Kindly")
    shown = awa.shown()
    edit(awa, "Do")
    refused = awa.post("/publish", **shown, reason="Because")
    assert refused.status_code == 409
    assert "<ins>Do</ins>" in refused.text and "after this page was shown" in refused.text
    assert awa.client.get("/health").json()["release"] == 1
    assert awa.publish("Because").status_code == 303
    awa.sign_in("ben")
    assert "depuis l&#39;affichage" in awa.post("/publish/discard", what="entry", id="press.phone").text


def test_words_do_not_wait_for_what_has_to_be_learned(awa: Staff, house: Settings) -> None:
    edit(awa, "Kindly")
    add_question(awa)
    assert "Publish only the words now" in awa.client.get("/console/publish").text
    assert awa.publish("The words").status_code == 303
    assert "Kindly call" in ask(awa, QUESTION)[0]["text"]
    release = Releases(house).current()
    assert release is not None and release.kind == "words"
    served = Releases(house).path(release.number) / "knowledge"
    assert "press zeppelin" not in (served / "questions/en/press.yml").read_text()
    page = awa.client.get("/console/publish").text
    assert "press zeppelin" in page and "Prepare a candidate" in page and "Publish only" not in page


def test_errors_in_files_changed_by_hand_do_not_go_live(awa: Staff, house: Settings) -> None:
    edit(awa, "Kindly")
    shown = awa.shown()
    path = house.knowledge / "sections/press.yml"
    path.write_text(path.read_text().replace("{press-phone}", "{nobody-phone}"))
    from bot.knowledge.reader import knowledge_version

    assert 'id="reason-words"' not in awa.client.get("/console/publish").text
    shown["knowledge"] = knowledge_version(house.knowledge)
    refused = awa.post("/publish", **shown, reason="Because")
    assert refused.status_code == 409 and "nobody-phone" in refused.text
    assert awa.client.get("/health").json()["release"] == 1


def test_a_candidate_shows_its_own_changes_and_apart_from_them_what_was_changed_since(
    awa: Staff, house: Settings
) -> None:
    add_question(awa)
    ready(house)
    page = awa.client.get("/console/publish").text
    assert "What this candidate changes (1)" in page and "Changed in the draft since" not in page
    edit(awa, "Kindly")
    page = awa.client.get("/console/publish").text
    own, _, since = page.partition("Changed in the draft since")
    assert "press zeppelin" in own and "<ins>Kindly</ins>" not in own
    assert "<ins>Kindly</ins>" in since


def test_a_blocked_candidate_says_why_and_can_be_dismissed(awa: Staff, house: Settings) -> None:
    add_question(awa)
    job = ready(house, problems=[{"figure": "answer en", "value": "0.9496", "limit": "0.95", "key": "at_least"}])
    page = awa.client.get("/console/publish").text
    assert "right answers (English): 0.9496, must be at least 0.95" in page and 'id="reason-candidate"' not in page
    assert awa.post("/publish", what="candidate", candidate=job.id, reason="Because").status_code == 409
    assert awa.post("/publish/dismiss", candidate="another").status_code == 409
    assert awa.post("/publish/dismiss", candidate=job.id).status_code == 303
    assert jobs_of(awa).current() is None
    assert awa.store.log()[0].action == "candidate-dismissed"


def test_a_candidate_whose_knowledge_no_test_question_asks_about_says_so_and_can_be_published(
    awa: Staff, house: Settings
) -> None:
    add_question(awa)
    job = ready(house, few=3)
    page = awa.client.get("/console/publish").text
    assert "about something that this knowledge has: 3. At least 20 are needed" in page
    assert "tests/questions/" in page and 'id="reason-candidate"' in page
    assert awa.post("/publish", what="candidate", candidate=job.id, reason="Our first").status_code == 303


def test_after_going_back_the_draft_is_warned_of_and_can_be_put_back(awa: Staff, house: Settings) -> None:
    edit(awa, "Kindly")
    assert awa.publish("Kinder").status_code == 303
    assert "went back to an earlier release" not in awa.client.get("/console/publish").text
    assert awa.roll_back(1, "No").status_code == 303
    page = awa.client.get("/console/publish").text
    assert "went back to an earlier release" in page and "Discard this change" in page
    shown = awa.shown()
    stale = awa.post("/publish/discard", what="entry", id="press.phone", knowledge="another")
    assert stale.status_code == 409
    done = awa.post("/publish/discard", what="entry", id="press.phone", knowledge=shown["knowledge"])
    assert done.status_code == 303, done.text
    assert "Everything is published" in awa.client.get("/console/publish").text
    original = Path(__file__).resolve().parents[3] / "knowledge/sections/press.yml"
    assert (house.knowledge / "sections/press.yml").read_text() == original.read_text()
    assert (awa.store.log()[0].action, awa.store.log()[0].subject) == ("discarded", "press.phone")


@pytest.mark.parametrize("damage", ["pointer", "folder", "earlier"])
def test_a_damaged_release_is_told_and_the_others_are_listed(awa: Staff, house: Settings, damage: str) -> None:
    for words in ("Kindly", "Do", "Please"):
        edit(awa, words)
        assert awa.publish(f"Because {words}").status_code == 303
    folder = Releases(house).folder
    if damage == "pointer":
        (folder / "current.json").write_text("{")
    else:
        shutil.rmtree(Releases(house).path(4 if damage == "folder" else 2))
    for path in ("/releases", "/publish", "/answers", "/try"):
        assert awa.client.get(f"/console{path}").status_code == 200, path
    page = awa.client.get("/console/releases").text
    assert "Because Do" in page and 'class="note bad"' in page
    assert ("Because Please" in page) is (damage != "folder")
    if damage == "earlier":
        assert "Release 2 is damaged" in page
        assert awa.client.get("/console/releases/2").status_code == 409
        assert awa.roll_back(3, "Back").status_code == 303
    else:
        assert "current.json" in page and "current.json" in awa.client.get("/console/publish").text
        assert awa.post("/publish", what="words", reason="Because").status_code == 409
        assert awa.post("/releases/1", reason="Back").status_code == 409


def test_the_candidate_is_tried_with_its_own_words_and_model(awa: Staff, house: Settings) -> None:
    assert "Try the candidate" not in awa.client.get("/console/try").text
    edit(awa, "Kindly")
    job = ready(house)
    edit(awa, "Do")
    query = {"q": QUESTION}
    assert "Tried here: <strong>the draft" in re.sub(r"</?span>", "", awa.client.get("/console/try", params=query).text)
    assert jobs_of(awa).beside.loaded == ""
    page = awa.client.get("/console/try", params=query | {"with": "candidate"}).text
    assert "<strong>the candidate</strong>" in page and 'href="/console/answers/press.phone"' in page
    ticket = re.search(r"/console/try/([^/]+)/widget.js", page)
    assert ticket
    talk = f"/console/try/{ticket[1]}/webhooks/rest/webhook"
    body = {"sender": "x", "message": QUESTION}
    assert "Kindly call" in awa.client.post(talk, json=body).json()[0]["text"]
    assert jobs_of(awa).beside.loaded == job.id
    TRIALS.clear()
    assert "Kindly call" in awa.client.post(talk, json=body).json()[0]["text"], "also after the server has forgotten"
    assert awa.post("/publish/dismiss", candidate=job.id).status_code == 303
    assert jobs_of(awa).beside.loaded == ""
    assert awa.client.post(talk, json=body).status_code == 409
    assert "Kindly" not in ask(awa, QUESTION)[0]["text"]
