"""Accounts of the console, their sessions, and the log of who did what."""

from __future__ import annotations

import contextlib
import hashlib
import logging
import re
import secrets
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from sqlalchemy import delete, func, insert, select, update
from sqlalchemy.engine import Connection, Engine
from sqlalchemy.exc import IntegrityError, SQLAlchemyError

from bot.store.database import AUDIT, SECRETS, STAFF, STAFF_SESSIONS

logger = logging.getLogger(__name__)

EDITOR, PUBLISHER = "editor", "publisher"
ROLES = (EDITOR, PUBLISHER)
NAME = re.compile(r"[\w.@-]{2,60}")
SHORTEST_PASSWORD = 10
LONGEST_PASSWORD = 200
IDLE = timedelta(hours=8)
LONGEST_SESSION = timedelta(days=7)
ONE_TIME = timedelta(days=3)
SECRET = "console"
SIGNS = "abcdefghjkmnpqrstuvwxyz23456789"
"""Of one-time passwords: none that is read as another when it is told on the phone."""
UNDER_WAY = "…"
"""The subject of a line for what is not done yet: what it came to is not known."""


class StaffError(ValueError):
    """An account cannot be made or changed; the message says why.

    Attributes:
        code: Names the reason, for pages in other languages.
        values: What the message tells besides.
    """

    def __init__(self, code: str, message: str, **values: object) -> None:
        super().__init__(message.format(**values))
        self.code = code
        self.values = values


@dataclass(frozen=True)
class Account:
    """Somebody of the staff; ``role`` is ``editor`` or ``publisher``, ``language`` that of the console.

    ``one_time``: the password was set by somebody else, and must be changed before anything else is done.
    """

    id: int
    name: str
    role: str
    language: str
    one_time: bool = False

    @property
    def publishes(self) -> bool:
        """Whether this person may publish, roll back, remove sections and manage accounts."""
        return self.role == PUBLISHER


@dataclass(frozen=True)
class Session:
    """Somebody signed in; ``csrf`` is what each form must bring back."""

    token: str
    account: Account
    csrf: str


@dataclass(frozen=True)
class AuditLine:
    """One thing that somebody did; ``changes`` is what it changed, as whoever wrote the line keeps that."""

    created: datetime
    who: str
    action: str
    subject: str
    reason: str
    changes: str = ""


@dataclass
class Noting:
    """A line of the audit log that is being written."""

    subject: str


class StaffStore:
    """Reads and writes accounts, sessions and the audit log. Passwords are hashed with argon2id (RFC 9106)."""

    def __init__(self, engine: Engine, hasher: PasswordHasher | None = None) -> None:
        self._engine = engine
        self._hasher = hasher or PasswordHasher()
        self._nobody = self._hasher.hash(secrets.token_hex(8))

    def add(self, name: str, password: str, role: str, language: str, now: datetime | None = None) -> Account:
        """Makes an account.

        Raises:
            StaffError: The name is taken or unusable, the password too short, the role unknown.
        """
        if not NAME.fullmatch(name):
            raise StaffError(
                "name", "'{name}' cannot be a name: use 2 to 60 letters, digits, dots or dashes.", name=name
            )
        _check_role(role)
        _check_password(password)
        try:
            with self._engine.begin() as connection:
                connection.execute(
                    insert(STAFF).values(
                        name=name,
                        password=self._hasher.hash(password),
                        role=role,
                        language=language,
                        created=now or datetime.utcnow(),
                    )
                )
        except IntegrityError as error:
            raise StaffError("taken", "There is an account '{name}' already.", name=name) from error
        return self.get(name)

    def get(self, name: str) -> Account:
        """An account.

        Raises:
            StaffError: There is none of that name.
        """
        with self._engine.connect() as connection:
            row = connection.execute(select(STAFF).where(STAFF.c.name == name)).first()
        if row is None:
            raise StaffError("nobody", "There is no account '{name}'.", name=name)
        return _account(row)

    def all(self) -> list[Account]:
        """Every account, by name."""
        with self._engine.connect() as connection:
            rows = connection.execute(select(STAFF).order_by(STAFF.c.name)).all()
        return [_account(row) for row in rows]

    def remove(self, name: str) -> None:
        """Removes an account and ends its sessions.

        Raises:
            StaffError: There is none, or it is the last one that may publish.
        """
        account = self.get(name)
        with self._engine.begin() as connection:
            _keep_a_publisher(connection, account)
            connection.execute(delete(STAFF_SESSIONS).where(STAFF_SESSIONS.c.staff_id == account.id))
            connection.execute(delete(STAFF).where(STAFF.c.id == account.id))

    def change_role(self, name: str, role: str) -> None:
        """Gives an account another role.

        Raises:
            StaffError: There is no such account or role, or nobody could publish any more.
        """
        account = self.get(name)
        _check_role(role)
        with self._engine.begin() as connection:
            if role != PUBLISHER:
                _keep_a_publisher(connection, account)
            connection.execute(update(STAFF).where(STAFF.c.id == account.id).values(role=role))

    def change_language(self, account: Account, language: str) -> None:
        """The console speaks another language to somebody."""
        self._update(account, language=language)

    def change_password(self, account: Account, password: str) -> None:
        """Sets a password and ends all sessions of the account.

        Raises:
            StaffError: The password is too short or too long.
        """
        _check_password(password)
        self._set_password(account, password, None)

    def reset_password(self, name: str, now: datetime | None = None) -> str:
        """Gives an account a one-time password and ends all its sessions; the password, which is kept only as a hash.

        It must be changed right after signing in, and is of no use after three days.

        Raises:
            StaffError: There is no such account.
        """
        account = self.get(name)
        password = "-".join("".join(secrets.choice(SIGNS) for _ in range(4)) for _ in range(4))
        self._set_password(account, password, (now or datetime.utcnow()) + ONE_TIME)
        return password

    def _set_password(self, account: Account, password: str, one_time_until: datetime | None) -> None:
        values = {"password": self._hasher.hash(password), "one_time_until": one_time_until}
        with self._engine.begin() as connection:
            connection.execute(update(STAFF).where(STAFF.c.id == account.id).values(**values))
            connection.execute(delete(STAFF_SESSIONS).where(STAFF_SESSIONS.c.staff_id == account.id))

    def _update(self, account: Account, **values: str) -> None:
        with self._engine.begin() as connection:
            connection.execute(update(STAFF).where(STAFF.c.id == account.id).values(**values))

    def signs_in(self, name: str, password: str, now: datetime | None = None) -> Account | None:
        """The account whose name and password these are, None also for a one-time password that is too old.

        An unknown name takes as long as a wrong password.
        """
        with self._engine.connect() as connection:
            row = connection.execute(select(STAFF).where(STAFF.c.name == name)).first()
        try:
            self._hasher.verify(row.password if row else self._nobody, password[:LONGEST_PASSWORD])
        except (VerificationError, InvalidHashError):
            return None
        if row is None or (row.one_time_until is not None and row.one_time_until < (now or datetime.utcnow())):
            return None
        account = _account(row)
        if self._hasher.check_needs_rehash(row.password):
            self._update(account, password=self._hasher.hash(password))
        return account

    def begin(self, account: Account, now: datetime | None = None) -> Session:
        """Signs somebody in; what has expired is cleared away."""
        moment = now or datetime.utcnow()
        session = Session(secrets.token_urlsafe(32), account, secrets.token_urlsafe(32))
        with self._engine.begin() as connection:
            connection.execute(delete(STAFF_SESSIONS).where(STAFF_SESSIONS.c.expires < moment))
            connection.execute(
                insert(STAFF_SESSIONS).values(
                    token=_digest(session.token),
                    staff_id=account.id,
                    csrf=session.csrf,
                    used=moment,
                    expires=moment + LONGEST_SESSION,
                )
            )
        return session

    def session(self, token: str, now: datetime | None = None) -> Session | None:
        """Who has this token; None where it is unknown, was unused for eight hours or is a week old."""
        moment = now or datetime.utcnow()
        query = (
            select(STAFF, STAFF_SESSIONS.c.csrf, STAFF_SESSIONS.c.used, STAFF_SESSIONS.c.expires)
            .join(STAFF_SESSIONS, STAFF_SESSIONS.c.staff_id == STAFF.c.id)
            .where(STAFF_SESSIONS.c.token == _digest(token))
        )
        with self._engine.connect() as connection:
            row = connection.execute(query).first()
        if row is None or row.expires < moment or row.used < moment - IDLE:
            return None
        if moment - row.used > timedelta(minutes=5):
            with self._engine.begin() as connection:
                where = STAFF_SESSIONS.c.token == _digest(token)
                connection.execute(update(STAFF_SESSIONS).where(where).values(used=moment))
        return Session(token, _account(row), row.csrf)

    def end(self, token: str) -> None:
        """Signs somebody out."""
        with self._engine.begin() as connection:
            connection.execute(delete(STAFF_SESSIONS).where(STAFF_SESSIONS.c.token == _digest(token)))

    def secret(self) -> str:
        """What session cookies are signed with; the same for every server of this database, made at the first use."""
        query = select(SECRETS.c.value).where(SECRETS.c.name == SECRET)
        with self._engine.connect() as connection:
            value = connection.execute(query).scalar()
        if value is None:
            try:
                with self._engine.begin() as connection:
                    connection.execute(insert(SECRETS).values(name=SECRET, value=secrets.token_urlsafe(48)))
            except IntegrityError:
                pass  # another server was faster
            with self._engine.connect() as connection:
                value = connection.execute(query).scalar()
        return str(value)

    def note(self, who: str, action: str, subject: str, reason: str = "", now: datetime | None = None) -> None:
        """Writes a line of the audit log; there is no way to change or remove one."""
        with self._engine.begin() as connection:
            connection.execute(
                insert(AUDIT).values(
                    created=now or datetime.utcnow(), who=who, action=action, subject=subject[:200], reason=reason
                )
            )

    @contextlib.contextmanager
    def noting(self, who: str, action: str, subject: str, reason: str = "", changes: str = "") -> Iterator[Noting]:
        """Writes a line of the audit log, then does what is done inside; where that fails, the line goes again.

        What is only known when it is done may be set as the ``subject`` of what this gives. Nothing is locked while it
        is done, which may take long: others store their conversations meanwhile. A line whose process was killed stays.
        """
        noting = Noting(subject)
        with self._engine.begin() as connection:
            values = {"created": datetime.utcnow(), "who": who, "action": action, "reason": reason, "changes": changes}
            key = connection.execute(insert(AUDIT).values(subject=subject[:200], **values)).inserted_primary_key[0]
        try:
            yield noting
        except BaseException:
            try:
                with self._engine.begin() as connection:
                    connection.execute(delete(AUDIT).where(AUDIT.c.id == key))
            except SQLAlchemyError as error:
                # What went wrong first is what has to be told.
                logger.error("Not done, but in the log (%s): %s %s", type(error).__name__, who, action)
            raise
        if noting.subject != subject:
            with self._engine.begin() as connection:
                connection.execute(update(AUDIT).where(AUDIT.c.id == key).values(subject=noting.subject[:200]))

    def log(self, most: int = 50, skip: int = 0, *, who: str = "", action: str = "") -> list[AuditLine]:
        """Lines of the audit log, the newest first; only those of a person or an action where one is named."""
        query = select(AUDIT).where(*_which(who, action)).order_by(AUDIT.c.id.desc()).limit(most).offset(skip)
        with self._engine.connect() as connection:
            rows = connection.execute(query).all()
        return [AuditLine(row.created, row.who, row.action, row.subject, row.reason, row.changes) for row in rows]

    def log_length(self, *, who: str = "", action: str = "") -> int:
        """How many lines the audit log has of a person or an action."""
        query = select(func.count()).select_from(AUDIT).where(*_which(who, action))
        with self._engine.connect() as connection:
            return int(connection.execute(query).scalar() or 0)

    def logged(self) -> tuple[list[str], list[str]]:
        """Whoever did something, and whatever was done, each in alphabetical order."""
        with self._engine.connect() as connection:
            who = connection.execute(select(AUDIT.c.who).distinct()).scalars().all()
            actions = connection.execute(select(AUDIT.c.action).distinct()).scalars().all()
        return sorted(who), sorted(actions)


def _which(who: str, action: str) -> list[Any]:
    pairs = ((AUDIT.c.who, who), (AUDIT.c.action, action))
    return [column == value for column, value in pairs if value]


def _account(row: Any) -> Account:
    return Account(row.id, row.name, row.role, row.language, row.one_time_until is not None)


def _keep_a_publisher(connection: Connection, account: Account) -> None:
    """Refuses what would leave nobody who may publish, also when two take each other's role at the same moment."""
    # PostgreSQL: whoever comes second waits here until the first is done, then sees who is left. SQLite: a change
    # that touches nothing takes its one lock for writing.
    connection.execute(update(STAFF).where(STAFF.c.id == 0).values(role=PUBLISHER))
    publishers = select(STAFF.c.id).where(STAFF.c.role == PUBLISHER).order_by(STAFF.c.id).with_for_update()
    if list(connection.execute(publishers).scalars()) == [account.id]:
        message = "'{name}' is the only one who may publish. Give somebody else that role first."
        raise StaffError("last", message, name=account.name)


def _check_role(role: str) -> None:
    if role not in ROLES:
        raise StaffError("role", "'{role}' is no role: use {roles}.", role=role, roles=" or ".join(ROLES))


def _check_password(password: str) -> None:
    if not SHORTEST_PASSWORD <= len(password) <= LONGEST_PASSWORD:
        message = "A password has {shortest} to {longest} characters."
        raise StaffError("password", message, shortest=SHORTEST_PASSWORD, longest=LONGEST_PASSWORD)


def _digest(token: str) -> str:
    return hashlib.sha256(token.encode("utf-8", "replace")).hexdigest()
