"""Who gets into the console, and who does not."""

from __future__ import annotations

import io
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml
from starlette.routing import Mount, Route
from starlette.testclient import TestClient

from bot.app import create_app
from bot.cli import main
from bot.console.app import create_console
from bot.console.desk import ConsoleDesk, words
from bot.settings import Settings
from bot.store.database import open_database
from bot.store.staff import StaffStore
from tests.bot.console.client import PASSWORD, Staff


@pytest.fixture
def staff(root: Path, tmp_path: Path) -> Iterator[Staff]:
    app = create_app(Settings(root=root, database_url=f"sqlite:///{tmp_path / 'bot.sqlite3'}"))
    store: StaffStore = app.state.desk.console.staff
    store.add("awa", PASSWORD, "publisher", "en")
    store.add("ben", PASSWORD, "editor", "fr")
    with TestClient(app, follow_redirects=False) as client:
        yield Staff(client, store)


def console_routes() -> list[tuple[str, str]]:
    """Every address of the console with each of its methods."""
    desk = ConsoleDesk.__new__(ConsoleDesk)
    found = []
    for route in create_console(desk).routes:
        assert isinstance(route, Route) and not isinstance(route, Mount)
        path = re.sub(r"\{[^}]*\}", "1", route.path)
        found += [(path, method) for method in sorted(route.methods or ()) if method != "HEAD"]
    return found


OPEN = {("/sign-in", "GET"), ("/sign-in", "POST"), ("/console.css", "GET"), ("/console.js", "GET")}
GUARDED = [item for item in console_routes() if item not in OPEN and not item[0].startswith("/try/1/")]


@pytest.mark.parametrize(("path", "method"), GUARDED)
def test_nobody_gets_in_without_signing_in(staff: Staff, path: str, method: str) -> None:
    response = staff.client.request(method, "/console" + path)
    assert response.status_code == 303
    assert response.headers["location"].startswith("/console/sign-in?next=")


@pytest.mark.parametrize(("path", "method"), [item for item in GUARDED if item[1] == "POST"])
def test_a_form_without_its_token_changes_nothing(staff: Staff, path: str, method: str) -> None:
    staff.sign_in("awa")
    for csrf in ({}, {"csrf": ""}, {"csrf": "x" * 43}):
        response = staff.client.post("/console" + path, data=csrf)
        assert response.status_code == 403
        assert "out of date" in response.text


@pytest.mark.parametrize(("path", "method"), [item for item in console_routes() if item[0].startswith("/try/1/")])
def test_a_trial_cannot_be_guessed(staff: Staff, path: str, method: str) -> None:
    assert staff.client.request(method, "/console" + path, json={"message": "visa"}).status_code in (303, 404)


@pytest.mark.parametrize("path", ["/staff", "/staff/role", "/staff/remove", "/staff/reset"])
def test_an_editor_may_not_manage_accounts(staff: Staff, path: str) -> None:
    staff.sign_in("ben")
    assert staff.post(path, name="awa", role="editor").status_code == 403
    assert staff.client.get("/console/staff").status_code == 403
    assert {account.name: account.role for account in staff.store.all()} == {"awa": "publisher", "ben": "editor"}


def test_an_editor_gets_nowhere_where_only_publishers_may(staff: Staff) -> None:
    staff.sign_in("ben")
    closed = {
        (re.sub(r"\{[^}]*\}", "1", route.path), method)
        for route in create_console(ConsoleDesk.__new__(ConsoleDesk)).routes
        if isinstance(route, Route) and getattr(route.endpoint, "needs_publisher", False)
        for method in (route.methods or set()) - {"HEAD"}
    }
    assert closed >= {("/sections/1/remove", "GET"), ("/sections/1/remove", "POST"), ("/publish", "POST")}
    for path, method in sorted(closed):
        answer = staff.post(path) if method == "POST" else staff.client.get(f"/console{path}")
        assert (answer.status_code, "Votre rôle" in answer.text) == (403, True), (path, method)


def test_signing_in_and_out(staff: Staff) -> None:
    response = staff.sign_in("awa", there="/console/log")
    assert response.headers["location"] == "/console/log"
    cookie = response.headers["set-cookie"]
    assert "HttpOnly" in cookie and "SameSite=lax" in cookie and "Path=/console" in cookie
    assert staff.client.get("/console/me").status_code == 200
    kept = staff.client.cookies["front_desk"]
    staff.post("/sign-out")
    staff.client.cookies.set("front_desk", kept)
    assert staff.client.get("/console/me").status_code == 303, "the session is gone, not only its cookie"


@pytest.mark.parametrize(
    "there", ["https://evil.example/", "//evil.example", "/faq", "javascript:alert(1)", "/console/sign-in", "\\\\evil"]
)
def test_signing_in_leads_nowhere_else(staff: Staff, there: str) -> None:
    assert staff.sign_in("awa", there=there).headers["location"] == "/console"


@pytest.mark.parametrize("cookie", ["", "x", "a.b", "é", "x" * 5000])
def test_a_made_up_cookie_is_no_session(staff: Staff, cookie: str) -> None:
    staff.client.cookies.clear()
    response = staff.client.get("/console/me", headers={"cookie": f"front_desk={cookie}".encode()})
    assert response.status_code == 303


def test_a_wrong_password_says_no_more_than_a_wrong_name(staff: Staff) -> None:
    wrong = [staff.sign_in("awa", password="wrong-password"), staff.sign_in("nobody", password="wrong-password")]
    assert [response.status_code for response in wrong] == [401, 401]
    assert wrong[0].text.replace("awa", "nobody") == wrong[1].text


def test_attempts_are_limited_for_each_name(staff: Staff) -> None:
    statuses = [staff.sign_in("awa", password="wrong-password").status_code for _ in range(9)]
    assert statuses[:6] == [401] * 6
    assert statuses[6:] == [429] * 3
    assert staff.sign_in("awa").status_code == 429, "even with the right password"
    assert staff.sign_in("ben").status_code == 303


def test_a_new_password_ends_every_session(staff: Staff) -> None:
    staff.sign_in("awa")
    kept = staff.client.cookies["front_desk"]
    assert staff.post("/me/password", current="wrong-password", new="another-password").status_code == 422
    assert staff.post("/me/password", current=PASSWORD, new="short").status_code == 422
    assert staff.post("/me/password", current=PASSWORD, new="another-password").status_code == 303
    staff.client.cookies.set("front_desk", kept)
    assert staff.client.get("/console/me").status_code == 303
    staff.client.cookies.clear()
    assert staff.sign_in("awa").status_code == 401
    assert staff.sign_in("awa", password="another-password").status_code == 303


def test_accounts_are_made_changed_and_removed_and_the_log_tells(staff: Staff) -> None:
    staff.sign_in("awa")
    new = {"name": "cheick", "password": PASSWORD, "role": "editor", "language": "fr"}
    assert staff.post("/staff", **new).status_code == 303
    assert staff.post("/staff", **new).status_code == 422
    assert staff.post("/staff", **(new | {"name": "<b>x</b>"})).status_code == 422
    assert staff.post("/staff", **(new | {"name": "dia", "role": "king"})).status_code == 422
    assert staff.post("/staff/role", name="cheick", role="publisher", sure="1").status_code == 303
    assert staff.post("/staff/remove", name="cheick", sure="1").status_code == 303
    assert staff.post("/staff/remove", name="cheick", sure="1").status_code == 422
    assert staff.post("/staff/role", name="awa", role="editor", sure="1").status_code == 422, (
        "nobody could publish any more"
    )
    actions = [line.action for line in staff.store.log()]
    assert actions == ["account-removed", "role-changed", "account-added", "signed-in"]
    page = staff.client.get("/console/log").text
    assert "removed an account" in page and "cheick" in page


def test_a_removed_account_is_out_at_once(staff: Staff) -> None:
    staff.sign_in("ben")
    assert staff.client.get("/console/me").status_code == 200
    staff.store.remove("ben")
    assert staff.client.get("/console/me").status_code == 303


def test_pages_are_never_kept_and_never_framed(staff: Staff) -> None:
    staff.sign_in("awa")
    response = staff.client.get("/console/me")
    assert response.headers["cache-control"] == "no-store"
    assert "frame-ancestors" in response.headers["content-security-policy"]


def test_too_large_forms_and_unknown_pages_get_a_page_for_people(staff: Staff) -> None:
    staff.sign_in("ben")
    big = staff.client.post("/console/me", content=b"a" * 1_500_000, headers={"content-type": "text/plain"})
    assert (big.status_code, "volumineux" in big.text) == (413, True)
    broken = staff.client.post(
        "/console/me", content=b"--x", headers={"content-type": "multipart/form-data; boundary=y"}
    )
    assert broken.status_code in (400, 403)
    assert staff.client.get("/console/nowhere").status_code == 404
    assert staff.client.put("/console/me").status_code == 405


def test_a_database_that_is_gone_is_said(staff: Staff, monkeypatch: pytest.MonkeyPatch) -> None:
    from sqlalchemy.exc import OperationalError

    staff.sign_in("awa")

    def gone(*arguments: object) -> None:
        raise OperationalError("select", {}, Exception("gone"))

    with monkeypatch.context() as patched:
        patched.setattr(StaffStore, "session", gone)
        response = staff.client.get("/console/me")
        assert (response.status_code, response.headers["retry-after"]) == (503, "5")
    assert staff.client.get("/console/me").status_code == 200, "and it goes on when it is back"


def test_the_command_line_keeps_accounts(
    root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    url = f"sqlite:///{tmp_path / 'staff.sqlite3'}"
    monkeypatch.setenv("DATABASE_URL", url)
    monkeypatch.chdir(root)
    monkeypatch.setattr("sys.stdin", io.StringIO(f"{PASSWORD}\n"))
    assert main(["staff", "add", "awa"]) == 0
    monkeypatch.setattr("sys.stdin", io.StringIO(""))
    assert main(["staff", "add", "ben"]) == 0
    generated = capsys.readouterr().out.split("Password: ")[1].strip()
    assert main(["staff", "list"]) == 0
    listed = [line.split() for line in capsys.readouterr().out.splitlines()]
    assert listed == [["awa", "publisher", "fr"], ["ben", "editor", "fr"]], "the first account may publish"
    store = StaffStore(open_database(url))
    assert store.signs_in("awa", PASSWORD) and store.signs_in("ben", generated)
    assert main(["staff", "remove", "ben"]) == 0
    assert main(["staff", "remove", "awa"]) == 1
    assert "only one who may publish" in capsys.readouterr().err


def test_passwords_are_kept_only_as_argon2(staff: Staff) -> None:
    from sqlalchemy import select

    from bot.store.database import STAFF

    with staff.store._engine.connect() as connection:
        kept = [row.password for row in connection.execute(select(STAFF))]
    assert all(text.startswith("$argon2id$") and PASSWORD not in text for text in kept)


def test_both_languages_say_the_same_things(root: Path) -> None:
    assert words()["fr"].keys() == words()["en"].keys()
    text = (root / "bot/console/words.yml").read_text(encoding="utf-8")
    assert sorted(yaml.safe_load(text)) == ["en", "fr"]
    used = set()
    for path in (root / "bot/console/templates").glob("*.html"):
        used |= set(re.findall(r'\bt\("([\w-]+)"\)', path.read_text(encoding="utf-8")))
    assert used <= words()["en"].keys()
