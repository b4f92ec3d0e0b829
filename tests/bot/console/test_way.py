"""From what people ask to a published answer and back, through the forms."""

from __future__ import annotations

import os
import re
import subprocess
import time
from pathlib import Path
from typing import Any

import pytest

from bot.settings import Settings
from tests.bot.console.client import PAGES, Staff
from tests.bot.console.forms import forms_in

FIELDS = re.compile(r"<(input|textarea|select)\b([^>]*)>(?:([^<]*)</textarea>)?", re.DOTALL)


def ask(
    staff: Staff, text: str, sender: str = "s_someone-who-asks-0000000000000000", **more: Any
) -> list[dict[str, Any]]:
    body = {"sender": sender, "message": text, **more}
    response = staff.client.post("/webhooks/rest/webhook", json=body)
    assert response.status_code == 200, response.text
    found: list[dict[str, Any]] = response.json()
    return found


def form_of(staff: Staff, entry: str) -> dict[str, str]:
    """The values in an answer's form, as a browser would send them."""
    import html

    page = staff.client.get(f"/console/answers/{entry}").text
    page = page[page.index("data-guard") : page.index("</form>", page.index("data-guard"))]
    found: dict[str, str] = {}
    for tag, attributes, inner in FIELDS.findall(page):
        name = re.search(r'name="([^"]+)"', attributes)
        if not name or name[1] == "csrf":
            continue
        if tag == "textarea":
            found[name[1]] = html.unescape(inner)
        elif tag == "input" and not ('type="checkbox"' in attributes and "checked" not in attributes):
            value = re.search(r'value="([^"]*)"', attributes)
            found[name[1]] = html.unescape(value[1]) if value else ""
        elif tag == "select":
            select = page[page.index(f'name="{name[1]}"') :]
            chosen = re.search(r'value="([^"]+)" selected', select)
            found[name[1]] = chosen[1] if chosen else ""
    return found


def group_about(page: str, word: str) -> str:
    """What a group in the inbox is called in its forms."""
    part = next(part for part in page.split("<section")[1:] if word in part)
    found = re.search(r'name="group" value="([^"]+)"', part)
    assert found
    return found[1]


@pytest.mark.parametrize("language", ["en", "fr"])
def test_every_page_shows(awa: Staff, language: str) -> None:
    awa.sign_in("awa" if language == "en" else "ben")
    for path in PAGES:
        response = awa.client.get(f"/console{path}")
        assert response.status_code == (403 if path == "/staff" and language == "fr" else 200), path
        assert f'<html lang="{language}">' in response.text


@pytest.mark.alone
def test_an_edited_answer_is_a_draft_until_it_is_published_in_two_seconds(awa: Staff, house: Settings) -> None:
    question = "What is the phone number of the press office?"
    before = ask(awa, question)[0]["text"]
    values = form_of(awa, "press.phone")
    values["answer_en"] = values["answer_en"].replace("Please call", "Kindly call")
    assert values["answer_en"] != form_of(awa, "press.phone")["answer_en"]
    saved = awa.post("/answers/press.phone", do="save", **values)
    assert saved.status_code == 303, saved.text
    text = (house.knowledge / "sections/press.yml").read_text()
    original = (Path(__file__).resolve().parents[3] / "knowledge/sections/press.yml").read_text()
    assert text == original.replace("Please call this number only", "Kindly call this number only")
    time.sleep(1.2)
    assert ask(awa, question)[0]["text"] == before, "a draft is not served"
    page = awa.client.get("/console/publish").text
    assert "<ins>Kindly</ins>" in page and "Publish now" in page
    assert awa.publish("").status_code == 422
    shown = awa.shown()
    began = time.monotonic()
    assert awa.post("/publish", **shown, reason="Kinder").status_code == 303
    assert "Kindly call" in ask(awa, question)[0]["text"]
    assert time.monotonic() - began < 2
    assert awa.client.get("/health").json()["release"] == 2
    began = time.monotonic()
    assert awa.roll_back(1, "No").status_code == 303
    assert ask(awa, question)[0]["text"] == before
    assert time.monotonic() - began < 2
    page = awa.client.get("/console/releases").text
    assert page.index("Release</strong> 3" if "Release</strong> 3" in page else "Release 3") >= 0
    actions = [line.action for line in awa.store.log()]
    assert actions == ["rolled-back", "published", "edited", "signed-in"]


def test_an_editor_cannot_publish_or_roll_back(awa: Staff) -> None:
    awa.sign_in("ben")
    values = form_of(awa, "press.phone")
    values["owner"] = "Ben"
    assert awa.post("/answers/press.phone", do="save", **values).status_code == 303
    for path in ("/publish", "/publish/prepare", "/publish/cancel", "/publish/dismiss", "/releases/1"):
        assert awa.post(path, reason="x").status_code == 403
    assert '<button class="main">' not in awa.client.get("/console/publish").text


def test_an_error_blocks_and_a_warning_does_not(awa: Staff) -> None:
    values = form_of(awa, "press.phone")
    wrong = awa.post(
        "/answers/press.phone", do="save", **(values | {"answer_fr": "Appelez le {nobody-phone}, merci bien."})
    )
    assert wrong.status_code == 422
    assert "nobody-phone" in wrong.text and "Appelez le" in wrong.text, "what was typed is kept"
    assert awa.post("/answers/press.phone", do="save", **(values | {"answer_fr": ""})).status_code == 422
    differs = awa.post(
        "/answers/press.phone", do="save", **(values | {"answer_en": "Call +223 9999 9999 for the press office."})
    )
    assert differs.status_code == 422, "a number in one language only"
    short = awa.post(
        "/answers/press.phone", do="save", **(values | {"answer_en": "{press-phone}", "answer_fr": "{press-phone}"})
    )
    assert short.status_code == 303
    assert "answers in only" in awa.client.get("/console/answers/press.phone").text


def test_the_second_of_two_editors_sees_the_difference(awa: Staff, house: Settings) -> None:
    mine = form_of(awa, "press.phone")
    awa.sign_in("ben")
    theirs = form_of(awa, "press.phone") | {"source": "Somewhere else"}
    assert awa.post("/answers/press.phone", do="save", **theirs).status_code == 303
    awa.sign_in("awa")
    mine["owner"] = "Awa"
    conflict = awa.post("/answers/press.phone", do="save", **mine)
    assert conflict.status_code == 409
    assert "Somewhere else" in conflict.text and 'value="Awa"' in conflict.text
    base = re.search(r'name="base" value="(\w+)"', conflict.text)
    assert base
    assert (
        awa.post("/answers/press.phone", do="save", **(mine | {"base": base[1], "source": "Both"})).status_code == 303
    )
    text = (house.knowledge / "sections/press.yml").read_text()
    assert "source: Both" in text and "owner: Awa" in text


def test_a_preview_saves_nothing(awa: Staff, house: Settings) -> None:
    before = (house.knowledge / "sections/press.yml").read_text()
    values = form_of(awa, "press.phone") | {"answer_en": "<script>alert(1)</script> {press-phone}"}
    page = awa.post("/answers/press.phone", do="preview", **values)
    assert page.status_code == 200
    assert "&lt;script&gt;alert(1)&lt;/script&gt; +223 2070 2424" in page.text and "<script>alert" not in page.text
    assert (house.knowledge / "sections/press.yml").read_text() == before


def test_a_contact_changes_every_answer_that_shows_it(awa: Staff) -> None:
    contact = {"name": "press-phone", "kind": "phone", "value": "+223 2070 0000", "base_kind": "phone",
               "base_value": "+223 2070 2424"}  # fmt: skip
    assert awa.post("/contacts", **contact).status_code == 303
    assert awa.post("/contacts", **contact).status_code == 422, "it is no longer the one that was seen"
    assert awa.publish("New number").status_code == 303
    assert "+223 2070 0000" in ask(awa, "What is the phone number of the press office?")[0]["text"]


def test_files_changed_by_hand_appear(awa: Staff, house: Settings) -> None:
    awa.post("/publish/cancel")
    house_file = house.knowledge / "sections/press.yml"
    awa.client.app.state.desk.console.releases.baseline()  # type: ignore[attr-defined]
    house_file.write_text(house_file.read_text().replace("Please call this number only", "Do call this number only"))
    assert "Do call" in awa.client.get("/console/answers/press.phone").text
    assert "<ins>Do</ins>" in awa.client.get("/console/publish").text
    house_file.write_text("section: [")
    assert "press.yml" in awa.client.get("/console/answers").text
    assert awa.client.get("/console/answers/press.phone").status_code == 409
    assert "press.yml" in awa.client.get("/console/publish").text
    assert "+223 2070 2424" in ask(awa, "What is the phone number of the press office?")[0]["text"]


def test_a_question_without_an_answer_reaches_the_inbox_masked_and_grouped(awa: Staff, house: Settings) -> None:
    asked = [
        "Où acheter des timbres fiscaux américains ?",
        "où acheter des timbres fiscaux americains",
        "call me at +223 76 12 34 56 about the swimming pool",
    ]
    for number, text in enumerate(asked):
        ask(awa, text, sender=f"s_asks-in-vain-0000000000000000000{number}")
    page = awa.client.get("/console/inbox").text
    assert "timbres fiscaux" in page and "76 12 34 56" not in page
    assert page.count("data-group") - page.count("data-group]") >= 1
    stamps = group_about(page, "timbres")
    assert len(stamps.split()) == 2, "they mean the same"
    added = awa.post("/inbox", do="add", entry="consular.overview", group=stamps)
    assert added.status_code == 303, added.text
    assert asked[1] in (house.knowledge / "questions/fr/consular.yml").read_text(), "two that differ in accents are one"
    assert "timbres" not in awa.client.get("/console/inbox").text
    ask(awa, "Où acheter des timbres fiscaux américains svp ?", sender="s_asks-in-vain-00000000000000000008")
    stamps = group_about(awa.client.get("/console/inbox").text, "timbres")
    awa.post("/inbox", do="ignore", group=stamps)
    ask(awa, "où acheter des timbres fiscaux americains", sender="s_asks-in-vain-00000000000000000009")
    assert "timbres" not in awa.client.get("/console/inbox").text, "what is ignored stays ignored"


def test_a_thumb_down_reaches_the_inbox_and_the_list(awa: Staff) -> None:
    sender = awa.client.post("/conversations", json={}).json()["sender"]
    ask(awa, "What is the phone number of the press office?", sender=sender, metadata={"message_id": "m1"})
    thumb = {"sender": sender, "message_id": "m1", "item": 0, "helpful": False, "reason": "nobody answers"}
    assert awa.client.post("/feedback", json=thumb).status_code in (200, 204)
    assert "nobody answers" in awa.client.get("/console/inbox").text
    hurt = awa.client.get("/console/answers?badge=hurt").text
    assert "press.phone" in hurt and "press.head" not in hurt


def test_old_conversations_are_erased(awa: Staff) -> None:
    from datetime import datetime, timedelta

    from sqlalchemy import func, select

    from bot.store.database import CONVERSATIONS, TURNS

    desk = awa.client.app.state.desk  # type: ignore[attr-defined]
    ask(awa, "visa?")
    with desk.console.database.connect() as connection:
        assert connection.execute(select(func.count()).select_from(TURNS)).scalar() == 1
    assert desk.retention.erase_before(datetime.utcnow() - timedelta(days=30)) == 0
    assert desk.retention.erase_before(datetime.utcnow() + timedelta(seconds=1)) == 1
    with desk.console.database.connect() as connection:
        for table in (TURNS, CONVERSATIONS):
            assert connection.execute(select(func.count()).select_from(table)).scalar() == 0


def test_the_command_line_rolls_back_what_the_console_published(awa: Staff, house: Settings) -> None:
    values = form_of(awa, "press.phone")
    values["answer_en"] = values["answer_en"].replace("Please call", "Kindly call")
    awa.post("/answers/press.phone", do="save", **values)
    assert awa.publish("Kinder").status_code == 303
    command = [".venv/bin/embassy-bot", "releases", "rollback", "1"]
    root = Path(__file__).resolve().parents[3]
    done = subprocess.run(
        [str(root / command[0]), *command[1:]],
        cwd=house.root,
        env={**os.environ, "DATABASE_URL": house.database_url},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    until = time.monotonic() + 5
    while "Kindly" in ask(awa, "What is the phone number of the press office?")[0]["text"]:
        assert time.monotonic() < until
        time.sleep(0.1)
    assert (awa.store.log()[0].who, awa.store.log()[0].subject) == ("command line", "release 3 (of 1)")


def test_the_draft_is_tried_before_it_is_published(awa: Staff) -> None:
    values = form_of(awa, "press.phone")
    values["answer_en"] = values["answer_en"].replace("Please call", "Kindly call")
    awa.post("/answers/press.phone", do="save", **values)
    page = awa.client.get("/console/try", params={"q": "phone number of the press office?"}).text
    assert 'href="/console/answers/press.phone"' in page
    assert re.search(r'class="bubble" lang="en">[^<]*Kindly call', page), "without JavaScript, too"
    ticket = re.search(r"/console/try/([^/]+)/widget.js", page)
    assert ticket
    base = f"/console/try/{ticket[1]}"
    assert "embassy-chat" in awa.client.get(f"{base}/widget.js").text
    name = next(f for f in forms_in(awa.client.get("/console/sections").text) if f.fields.get("section") == "*")
    was = dict(name.fields)
    assert (
        awa.client.post(name.action, data=name.fields | {"name_en": "Embassy of Ys", "elsewhere": "keep"}).status_code
        == 303
    )
    assert "Embassy of Ys" in awa.client.get(f"{base}/widget.js").text, "its names are the draft's"
    assert "Embassy of Ys" not in awa.client.get("/widget.js").text
    name = next(f for f in forms_in(awa.client.get("/console/sections").text) if f.fields.get("section") == "*")
    assert (
        awa.client.post(name.action, data=name.fields | {"name_en": was["name_en"], "elsewhere": "keep"}).status_code
        == 303
    )
    first = awa.client.post(
        f"{base}/webhooks/rest/webhook", json={"sender": "x", "message": "What does the press office do?"}
    )
    assert first.json()[0]["custom"]["entry"] == "press.overview"
    second = awa.client.post(f"{base}/webhooks/rest/webhook", json={"sender": "x", "message": "and the phone number?"})
    assert "Kindly call" in second.json()[0]["text"], "the draft, in the conversation's context"
    found = awa.client.get(f"{base}/details").text
    assert "and the phone number?" in found and "press.phone" in found
    assert awa.client.post(f"{base}/webhooks/rest/webhook", json={"message": None}).status_code == 400
    assert "Kindly" not in ask(awa, "phone number of the press office?")[0]["text"]


def test_figures_count_what_was_asked(awa: Staff) -> None:
    import csv
    import io

    for text in ("Who handles visas?", "Qui s'occupe des visas ?", "capital of France?"):
        ask(awa, text, sender=f"s_counted-{'0' * 20}{len(text)}")
    page = awa.client.get("/console/figures").text
    assert '<svg class="plot"' in page and "<strong>3</strong>" in page and " ms</strong>" in page
    rows = list(csv.reader(io.StringIO(awa.client.get("/console/figures.csv").text.lstrip("\ufeff"))))
    assert ["kinds", "answer", "2"] in rows and ["languages", "en", "2"] in rows


def test_a_spreadsheet_goes_out_and_comes_back_into_the_draft(awa: Staff, house: Settings) -> None:
    content = awa.client.get("/console/exchange/answers.csv").content.decode("utf-8-sig")
    changed = content.replace("Please call this number only for press inquiries.", "Press inquiries only, please.")
    assert changed != content
    preview = awa.post("/exchange", files={"file": ("answers.csv", changed.encode(), "text/csv")})
    assert preview.status_code == 200 and "Press inquiries only, please." in preview.text
    assert "Press inquiries only" not in (house.knowledge / "sections/press.yml").read_text(), "nothing is saved yet"
    token = re.search(r'name="token" value="(\w+)"', preview.text)
    assert token
    assert awa.post("/exchange/save", token=token[1]).status_code == 303
    assert "Press inquiries only, please." in (house.knowledge / "sections/press.yml").read_text()
    for bad in ("", "../../etc/passwd", "x" * 32):
        assert awa.post("/exchange/save", token=bad).status_code == 303
    broken = awa.post("/exchange", files={"file": ("x.xlsx", b"PK", "application/octet-stream")})
    assert broken.status_code == 422
    large = awa.post("/exchange", files={"file": ("x.csv", b"a" * 7_000_000, "text/csv")})
    assert large.status_code == 413


def test_a_guided_conversation_is_made_in_the_draft(awa: Staff, house: Settings) -> None:
    story = {
        "name": "help-abroad",
        "trigger": "ambiguous.citizen-help",
        "question_en": "What happened?",
        "question_fr": "Que s'est-il passé ?",
        "options": "consular.birth-abroad\nconsular.death-abroad",
    }
    assert awa.post("/stories", do="save", **(story | {"options": "nowhere.x\ny.z"})).status_code == 422
    assert awa.post("/stories", do="save", **story).status_code == 303
    assert "utter_guide_help-abroad" in (house.knowledge / "stories/help-abroad.yml").read_text()
    assert "help-abroad" in awa.client.get("/console/stories").text
    page = awa.client.get("/console/publish").text
    assert "stories/help-abroad.yml" in page and "Prepare a candidate" in page
    assert awa.post("/stories", do="delete", name="help-abroad").status_code == 303


def test_a_candidate_can_be_cancelled_and_leaves_everything_as_it_was(awa: Staff, house: Settings) -> None:
    awa.post("/stories", do="save", name="x1", trigger="ambiguous.citizen-help", question_en="a?", question_fr="b ?",
             options="consular.birth-abroad\nconsular.death-abroad")  # fmt: skip
    refused = awa.post("/publish", what="candidate", candidate="none", reason="too early")
    assert refused.status_code == 409 and "Prepare" in refused.text
    assert awa.post("/publish/prepare").status_code == 303
    running = awa.client.get("/console/publish/progress").json()
    assert running["state"] == "running"
    jobs = awa.client.app.state.desk.console.jobs  # type: ignore[attr-defined]
    pid = jobs.current().read().pid
    assert awa.post("/publish/cancel").status_code == 303
    assert awa.client.get("/console/publish/progress").json()["state"] == "cancelled"
    from bot.publishing.jobs import is_alive

    assert not is_alive(pid)
    assert awa.client.get("/health").json()["release"] == 1
    assert awa.post("/publish/prepare").status_code == 303
    import signal

    os.kill(jobs.current().read().pid, signal.SIGKILL)
    until = time.monotonic() + 5
    while awa.client.get("/console/publish/progress").json()["state"] == "running":
        assert time.monotonic() < until
        time.sleep(0.1)
    assert "What is served stays as it is" in awa.client.get("/console/publish").text
    assert ask(awa, "Who handles visas?")[0]["custom"]["entry"] == "consular.visas"
