"""Accounts and the log: one-time passwords, second thoughts, who is kept out and who is not."""

from __future__ import annotations

import html
import re
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from starlette.testclient import TestClient

from bot.console.desk import words
from bot.console.views.log import did
from tests.bot.console.client import PASSWORD, Staff, token_in
from tests.bot.console.office import Office, open_office

ROOT = Path(__file__).resolve().parents[3]


@pytest.fixture
def office(tmp_path: Path) -> Office:
    return open_office(tmp_path)


def visitor(office: Office, address: str = "10.0.0.1") -> Staff:
    """Somebody at another machine."""
    client = TestClient(office.staff.client.app, follow_redirects=False, client=(address, 50000))
    return Staff(client, office.staff.store)


def one_time_password(office: Office, name: str) -> str:
    answer = office.staff.post("/staff/reset", name=name, sure="1", reason="forgot it")
    assert answer.status_code == 200
    found = re.search(r'<code class="password">([^<]+)</code>', answer.text)
    assert found
    return found[1]


def test_a_one_time_password_is_shown_once_and_must_be_changed_first(office: Office) -> None:
    ben = visitor(office)
    ben.sign_in("ben")
    asked = office.staff.post("/staff/reset", name="ben")
    assert asked.status_code == 200 and "Give ben a one-time password?" in asked.text
    assert ben.client.get("/console/me").status_code == 200, "nothing is done before somebody is sure"
    password = one_time_password(office, "ben")
    assert ben.client.get("/console/me").status_code == 303, "all sessions of the account have ended"
    page = office.page("/staff")
    assert password not in page and "has a one-time password" in page
    assert password not in str(office.desk.staff.log())
    assert ben.sign_in("ben").status_code == 401
    assert ben.sign_in("ben", password=password).status_code == 303
    for path in ("/inbox", "/answers", "/log", "/answers/new"):
        answer = ben.client.get(f"/console{path}")
        assert (answer.status_code, answer.headers["location"]) == (303, "/console/me"), path
    me = ben.client.get("/console/me").text
    assert "mot de passe provisoire" in me
    token = token_in(me)
    done = ben.client.post("/console/inbox", data={"csrf": token, "do": "ignore"})
    assert done.headers["location"] == "/console/me", "nor can anything be done"
    for new, status in ((password, 422), ("short", 422), ("my own password", 303)):
        data = {"csrf": token, "current": password, "new": new}
        assert ben.client.post("/console/me/password", data=data).status_code == status
    assert ben.sign_in("ben", password="my own password").status_code == 303
    assert ben.client.get("/console/answers").status_code == 200
    line = office.desk.staff.log(action="password-reset")[0]
    assert (line.who, line.subject, line.reason) == ("awa", "ben", "forgot it")


def test_only_publishers_reset_passwords_and_only_of_accounts_that_are_there(office: Office) -> None:
    assert office.staff.post("/staff/reset", name="nobody", sure="1").status_code == 422
    office.staff.sign_in("ben")
    assert office.staff.post("/staff/reset", name="awa", sure="1").status_code == 403
    assert office.desk.staff.signs_in("awa", PASSWORD)


@pytest.mark.parametrize(("step", "field"), [("remove", {}), ("role", {"role": "publisher"})])
def test_a_removal_and_another_role_ask_first(office: Office, step: str, field: dict[str, str]) -> None:
    before = office.desk.staff.all()
    asked = office.staff.post(f"/staff/{step}", name="ben", **field)
    assert asked.status_code == 200 and 'name="sure"' in asked.text and office.desk.staff.all() == before
    assert office.staff.post(f"/staff/{step}", name="ben", sure="1", reason="left us", **field).status_code == 303
    assert office.desk.staff.all() != before
    assert office.desk.staff.log()[0].reason == "left us"


def test_the_last_publisher_stays_and_this_is_said_in_the_readers_language(office: Office) -> None:
    for step, field in (("remove", {}), ("role", {"role": "editor"})):
        refused = office.staff.post(f"/staff/{step}", name="awa", sure="1", **field)
        assert refused.status_code == 422 and "“awa” is the only one who may publish" in refused.text
    assert office.staff.post("/staff/role", name="awa", role="king", sure="1").status_code == 422
    office.desk.staff.change_language(office.desk.staff.get("awa"), "fr")
    refused = office.staff.post("/staff/remove", name="awa", sure="1")
    assert "est la seule personne qui peut publier" in refused.text
    wrong = office.staff.post("/staff", name="x", password=PASSWORD, role="publisher", language="en")
    assert "ne peut pas être un nom" in wrong.text and '<option value="publisher" selected>' in wrong.text


def test_a_stranger_cannot_keep_a_colleague_out_by_name(office: Office) -> None:
    awa = visitor(office, "10.0.0.1")
    assert awa.sign_in("awa").status_code == 303
    awa.post("/sign-out")
    for address in ("10.0.0.1", "10.6.6.6"):
        stranger = visitor(office, address)
        statuses = [stranger.sign_in("awa", password="wrong-password").status_code for _ in range(8)]
        assert statuses == [401] * 6 + [429] * 2
    assert awa.sign_in("awa").status_code == 303, "even from the stranger's address"
    assert visitor(office, "10.0.0.2").sign_in("awa").status_code == 303, "and from a new one"


def test_guessing_from_many_addresses_is_slowed(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    from datetime import timedelta

    from bot.console import attempts

    monkeypatch.setattr(attempts, "ANYWHERE", (10, timedelta(hours=1)))
    awa = visitor(office, "10.0.0.1")
    assert awa.sign_in("awa").status_code == 303
    tries = [visitor(office, f"10.1.0.{n}").sign_in("Awa", password="wrong-password") for n in range(15)]
    statuses = [answer.status_code for answer in tries]
    assert statuses == [401] * 8 + [429] * 7, "awa's own two visits count as well"
    assert int(tries[-1].headers["retry-after"]) > 60
    assert awa.sign_in("awa").status_code == 303, "a browser that has signed in before is counted by itself"
    assert visitor(office, "10.1.0.99").sign_in("ben").status_code == 303, "and so is everybody else"


def test_a_browser_is_known_only_for_its_own_name_and_by_the_servers_own_word(office: Office) -> None:
    ben = visitor(office)
    ben.sign_in("ben")
    statuses = [ben.sign_in("awa", password="wrong-password").status_code for _ in range(7)]
    assert statuses == [401] * 6 + [429]
    cookie = ben.client.cookies.get("front_desk_browser")
    assert cookie and "ben" not in cookie
    for made_up in ("x", "é" * 10, cookie[:-2] + "xx", "a" * 5000):
        headers = {"cookie": f"front_desk_browser={made_up}; front_desk_login=t".encode()}
        data = {"csrf": "t", "name": "awa", "password": "wrong-password"}
        fresh = visitor(office).client
        assert fresh.post("/console/sign-in", data=data, headers=headers).status_code == 429


def test_attempts_at_the_same_moment_are_all_counted(office: Office) -> None:
    def attempt(number: int) -> int:
        return int(visitor(office, "10.9.9.9").sign_in("awa", password="wrong-password").status_code)

    with ThreadPoolExecutor(8) as pool:
        statuses = list(pool.map(attempt, range(16)))
    assert statuses.count(401) <= 6 and statuses.count(401) + statuses.count(429) == 16


def test_the_current_password_cannot_be_guessed_in_an_open_session(office: Office) -> None:
    answers = [office.staff.post("/me/password", current="wrong-password", new="x" * 12) for _ in range(8)]
    assert [answer.status_code for answer in answers] == [422] * 6 + [429] * 2
    assert "retry-after" in answers[-1].headers


def cells(page: str) -> list[list[str]]:
    body = page[page.index("<tbody") : page.index("</tbody>")]
    rows = re.findall(r"<tr[^>]*>(.*?)</tr>", body, re.DOTALL)
    found = (
        [re.sub(r"<[^>]+>", " ", cell) for cell in re.findall(r"<td[^>]*>(.*?)</td>", row, re.DOTALL)] for row in rows
    )
    return [[" ".join(html.unescape(cell).split()) for cell in row[1:]] for row in found]


def test_the_log_tells_in_words_who_did_what_and_why(office: Office) -> None:
    note = office.desk.staff.note
    note("ben", "edited", "press.phone", "sections/press.yml, questions/fr/press.yml")
    note("command line", "published", "release 3 (trained)", "New number")
    note("awa", "role-changed", "ben (publisher)", "He stands in for me")
    note("awa", "inbox-ignored", "4")
    note("awa", "something-new", "x")
    assert cells(office.page("/log")) == [
        ["awa", "something-new", "x", ""],
        ["awa", "ignored questions", "4 different questions", ""],
        ["awa", "changed a role", "ben (publisher)", "He stands in for me"],
        ["command line", "published", "release 3 (learned anew)", "New number"],
        ["ben", "changed an answer", "press.phone sections/press.yml, questions/fr/press.yml", ""],
        ["awa", "signed in", "", ""],
    ]
    office.staff.sign_in("ben")
    lines = cells(office.page("/log"))
    assert lines[0] == ["ben", "a ouvert une session", "", ""]
    assert lines[3] == ["awa", "a changé un rôle", "ben (publication)", "He stands in for me"]
    assert lines[4][0] == "ligne de commande"


def test_the_log_is_chosen_by_person_and_action_and_paged(office: Office) -> None:
    note = office.desk.staff.note
    for number in range(120):
        note("ben" if number % 2 else "awa", "edited" if number % 3 else "published", f"x{number}")
    whole = office.page("/log")
    assert len(cells(whole)) == 50 and "Lines 1 to 50 of 121" in whole
    page = office.page("/log?who=ben&action=edited")
    assert len(cells(page)) == 40 and {line[0] for line in cells(page)} == {"ben"}
    assert '<option value="ben" selected>' in page and '<option value="edited" selected>changed an answer' in page
    second = office.page("/log?who=ben")
    older = re.search(r'href="([^"]+)">Older', second)
    assert older
    last = office.page(html.unescape(older[1]).removeprefix("/console"))
    assert len(cells(last)) == 10 and 'href="/console/log?who=ben">Newer' in last
    assert "Nothing of this kind" in office.page("/log?who=nobody")
    assert "Nothing of this kind" in office.page("/log?skip=9999")
    for odd in ("x", "-5", "9" * 40, "²"):
        assert len(cells(office.page(f"/log?skip={odd}"))) == 50


def test_every_action_that_is_noted_has_words() -> None:
    ends = "added|back|cancelled|changed|deleted|dismissed|done|ignored|in|named|removed|reset|restored|saved|started"
    several = re.compile(rf'"([a-z]+-(?:{ends}))"')
    alone = re.compile(r'(?:note|noting|make)\b[^"]*"([a-z]+)",')
    noted: set[str] = set()
    for path in [*(ROOT / "bot/console").rglob("*.py"), ROOT / "bot/cli.py"]:
        source = path.read_text(encoding="utf-8")
        noted |= set(several.findall(source)) | set(alone.findall(source))
    known = words()
    assert {"edited", "published", "signed-in", "questions-added", "contact-removed"} <= noted
    for action in noted - {"sign-in"}:
        english, french = did(action, known["en"]), did(action, known["fr"])
        assert f"did_{action}" in known["en"] and english != french, action


def test_forms_have_labels_and_buttons_say_whom_they_concern(office: Office) -> None:
    pages: list[Any] = [office.page("/staff"), office.page("/log"), office.page("/me")]
    pages.append(office.staff.post("/staff/remove", name="ben").text)
    for page in pages:
        assert len(re.findall(r"<h1\b", page)) == 1
        ids = re.findall(r'\bid="([^"]+)"', page)
        assert len(ids) == len(set(ids))
        for field in re.findall(r'<(?:input|select)(?![^>]*type="hidden")[^>]*\bid="([^"]+)"', page):
            assert f'for="{field}"' in page
    assert 'aria-label="Reset the password: ben"' in pages[0]


def test_the_command_line_gives_a_one_time_password(
    office: Office, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    from bot.cli import main

    monkeypatch.setenv("DATABASE_URL", office.desk.settings.database_url)
    monkeypatch.chdir(ROOT)
    assert main(["staff", "reset", "ben"]) == 0
    password = capsys.readouterr().out.split(": ")[-1].strip()
    account = office.desk.staff.signs_in("ben", password)
    assert account is not None and account.one_time
    assert office.desk.staff.log()[0].who == "command line"
    assert main(["staff", "reset", "nobody"]) == 1
    assert "no account" in capsys.readouterr().err
