"""Accounts, sessions and the log, on both databases."""

from __future__ import annotations

import threading
from datetime import datetime, timedelta

import pytest
from argon2 import PasswordHasher
from sqlalchemy.exc import OperationalError

from bot.store.database import open_database
from bot.store.staff import UNDER_WAY, StaffError, StaffStore

NOON = datetime(2026, 11, 24, 12)
PASSWORD = "a-long-password"


@pytest.fixture
def store(database_url: str) -> StaffStore:
    return StaffStore(open_database(database_url), PasswordHasher(time_cost=1, memory_cost=8, parallelism=1))


def test_an_account_is_made_found_and_removed(store: StaffStore) -> None:
    awa = store.add("awa", PASSWORD, "publisher", "fr")
    assert store.get("awa") == awa and awa.publishes
    assert store.signs_in("awa", PASSWORD) == awa
    assert store.signs_in("awa", "another-password") is None
    assert store.signs_in("nobody", PASSWORD) is None
    with pytest.raises(StaffError, match="already"):
        store.add("awa", PASSWORD, "editor", "fr")
    with pytest.raises(StaffError, match="only one who may publish"):
        store.remove("awa")
    store.add("ben", PASSWORD, "publisher", "en")
    store.remove("awa")
    assert [account.name for account in store.all()] == ["ben"]


@pytest.mark.parametrize(("name", "password", "role"), [("a", PASSWORD, "editor"), ("a b", PASSWORD, "editor"),
                         ("ok", "short", "editor"), ("ok", "x" * 201, "editor"), ("ok", PASSWORD, "king")])  # fmt: skip
def test_what_is_no_account_is_refused(store: StaffStore, name: str, password: str, role: str) -> None:
    with pytest.raises(StaffError):
        store.add(name, password, role, "fr")
    assert store.all() == []


def test_a_session_ends_by_itself_by_hand_and_with_the_password(store: StaffStore) -> None:
    awa = store.add("awa", PASSWORD, "publisher", "fr")
    session = store.begin(awa, NOON)
    assert store.session(session.token, NOON + timedelta(hours=7)) == session
    assert store.session(session.token, NOON + timedelta(hours=14)) == session, "it was used seven hours before"
    assert store.session(session.token, NOON + timedelta(hours=23)) is None, "unused for nine hours"
    assert store.session("made-up", NOON) is None
    other = store.begin(awa, NOON)
    store.end(other.token)
    assert store.session(other.token, NOON) is None
    third = store.begin(awa, NOON)
    store.change_password(awa, "another-password")
    assert store.session(third.token, NOON) is None


def test_the_log_is_kept_in_order(store: StaffStore) -> None:
    for number in range(5):
        store.note("awa", "edited", f"entry {number}", "why", NOON)
    assert [line.subject for line in store.log(2)] == ["entry 4", "entry 3"]
    assert [line.subject for line in store.log(2, skip=4)] == ["entry 0"]
    assert store.log_length() == 5


def test_a_line_of_the_log_tells_of_what_was_done_and_locks_nothing_meanwhile(
    store: StaffStore, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    with store.noting("awa", "published", UNDER_WAY, "urgent") as line:
        assert [found.subject for found in store.log()] == [UNDER_WAY]
        store.note("ben", "edited", "press.phone")
        line.subject = "release 2"
    done = [("edited", "press.phone"), ("published", "release 2")]
    assert [(found.action, found.subject) for found in store.log()] == done
    with pytest.raises(KeyError), store.noting("awa", "published", UNDER_WAY):
        raise KeyError
    assert [(found.action, found.subject) for found in store.log()] == done, "nothing was done, so no line tells of it"
    with pytest.raises(KeyError), monkeypatch.context() as patched, store.noting("awa", "published", UNDER_WAY):
        patched.setattr("bot.store.staff.delete", gone)
        raise KeyError
    assert "Not done, but in the log (OperationalError): awa published" in caplog.text


def gone(*arguments: object) -> None:
    raise OperationalError("delete", {}, Exception("gone"))


def test_the_secret_is_made_once(store: StaffStore, database_url: str) -> None:
    assert store.secret() == StaffStore(open_database(database_url)).secret()
    assert len(store.secret()) > 40


def test_a_one_time_password_ends_sessions_is_marked_and_grows_old(store: StaffStore) -> None:
    awa = store.add("awa", PASSWORD, "publisher", "fr")
    session = store.begin(awa, NOON)
    password = store.reset_password("awa", NOON)
    assert len(password) >= 16 and password != store.reset_password("awa", NOON - timedelta(days=9))
    assert store.session(session.token, NOON) is None and store.signs_in("awa", PASSWORD) is None
    password = store.reset_password("awa", NOON)
    found = store.signs_in("awa", password, NOON + timedelta(days=2))
    assert found is not None and found.one_time
    assert store.session(store.begin(found, NOON).token, NOON).account.one_time  # type: ignore[union-attr]
    assert store.signs_in("awa", password, NOON + timedelta(days=4)) is None
    store.change_password(found, "another-password")
    again = store.signs_in("awa", "another-password", NOON + timedelta(days=4))
    assert again is not None and not again.one_time
    with pytest.raises(StaffError, match="no account"):
        store.reset_password("nobody")


@pytest.mark.parametrize("step", ["remove", "demote"])
def test_two_publishers_who_part_at_the_same_moment_leave_one(store: StaffStore, step: str) -> None:
    names = ["awa", "ben", "cheick", "dia"]
    for name in names:
        store.add(name, PASSWORD, "publisher", "fr")
    outcome: list[str] = []
    together = threading.Barrier(len(names))

    def part(name: str) -> None:
        together.wait()
        try:
            store.remove(name) if step == "remove" else store.change_role(name, "editor")
            outcome.append("gone")
        except StaffError as error:
            outcome.append(error.code)

    threads = [threading.Thread(target=part, args=(name,)) for name in names]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(outcome) == ["gone", "gone", "gone", "last"]
    assert sum(account.publishes for account in store.all()) == 1


def test_the_log_is_chosen_by_person_and_action(store: StaffStore) -> None:
    for number in range(6):
        store.note("awa" if number % 2 else "ben", "edited" if number < 4 else "added", str(number), "", NOON)
    assert [line.subject for line in store.log(who="awa")] == ["5", "3", "1"]
    assert [line.subject for line in store.log(1, 1, who="awa", action="edited")] == ["1"]
    assert (store.log_length(who="awa"), store.log_length(action="added"), store.log_length()) == (3, 2, 6)
    assert store.logged() == (["awa", "ben"], ["added", "edited"])
