"""``embassy-bot staff``: accounts on the command line."""

from __future__ import annotations

import functools
import getpass
import secrets
import sys
from collections.abc import Callable
from typing import Any, TypeVar, cast

from sqlalchemy.exc import SQLAlchemyError

from bot.settings import Settings
from bot.store.database import open_database
from bot.store.failures import explained
from bot.store.staff import EDITOR, PUBLISHER, StaffError, StaffStore

WHO = "command line"
Command = TypeVar("Command", bound=Callable[..., int])


def _told(command: Command) -> Command:
    """A command that says in one line what is wrong with the database, and then has failed."""

    @functools.wraps(command)
    def run(settings: Settings, *arguments: Any) -> int:
        try:
            return command(settings, *arguments)
        except (SQLAlchemyError, OSError) as error:
            print(f"error: {explained(settings.database_url, error)}", file=sys.stderr)
            return 1

    return cast(Command, run)


@_told
def add(settings: Settings, name: str, role: str | None, language: str) -> int:
    """Makes an account; the first one may publish unless another role is asked for."""
    store = StaffStore(open_database(settings.database_url))
    try:
        password, generated = _password()
        role = role or (EDITOR if any(account.publishes for account in store.all()) else PUBLISHER)
        account = store.add(name, password, role, language)
    except StaffError as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    store.note(WHO, "account-added", f"{account.name} ({account.role})")
    print(f"{account.name} may now sign in at /console as {account.role}.")
    if generated:
        print(f"Password: {password}")
    return 0


def _password() -> tuple[str, bool]:
    """What is typed twice, or the first line of standard input; where that is empty, a new one (and True)."""
    if sys.stdin.isatty():
        password = getpass.getpass("Password: ")
        if password != getpass.getpass("Once more: "):
            raise StaffError("differ", "The two passwords differ.")
        return password, False
    line = sys.stdin.readline().rstrip("\r\n")
    return (line, False) if line else (secrets.token_urlsafe(12), True)


@_told
def show(settings: Settings) -> int:
    """Prints all accounts."""
    accounts = StaffStore(open_database(settings.database_url)).all()
    for account in accounts:
        print(f"{account.name:24} {account.role:10} {account.language}")
    if not accounts:
        print("There is no account yet: `embassy-bot staff add NAME`.")
    return 0


@_told
def reset(settings: Settings, name: str) -> int:
    """Prints a one-time password for an account, and ends its sessions."""
    store = StaffStore(open_database(settings.database_url))
    try:
        password = store.reset_password(name)
    except StaffError as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    store.note(WHO, "password-reset", name)
    print(f"One-time password of {name}, good for three days, to be changed at the first sign-in: {password}")
    return 0


@_told
def remove(settings: Settings, name: str) -> int:
    """Removes an account."""
    store = StaffStore(open_database(settings.database_url))
    try:
        store.remove(name)
    except StaffError as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    store.note(WHO, "account-removed", name)
    print(f"{name} can no longer sign in.")
    return 0
