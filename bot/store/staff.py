"""Accounts of the console, their sessions, and the log of who did what."""

from __future__ import annotations

import hashlib
import re
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from sqlalchemy import delete, func, insert, select, update
from sqlalchemy.engine import Engine
from sqlalchemy.exc import IntegrityError

from bot.store.database import AUDIT, SECRETS, STAFF, STAFF_SESSIONS

EDITOR, PUBLISHER = "editor", "publisher"
ROLES = (EDITOR, PUBLISHER)
NAME = re.compile(r"[\w.@-]{2,60}")
SHORTEST_PASSWORD = 10
LONGEST_PASSWORD = 200
IDLE = timedelta(hours=8)
LONGEST_SESSION = timedelta(days=7)
SECRET = "console"


class StaffError(ValueError):
    """An account cannot be made or changed; the message says why."""


@dataclass(frozen=True)
class Account:
    """Somebody of the staff; ``role`` is ``editor`` or ``publisher``, ``language`` that of the console."""

    id: int
    name: str
    role: str
    language: str

    @property
    def publishes(self) -> bool:
        """Whether this person may publish, roll back and manage accounts."""
        return self.role == PUBLISHER


@dataclass(frozen=True)
class Session:
    """Somebody signed in; ``csrf`` is what each form must bring back."""

    token: str
    account: Account
    csrf: str


@dataclass(frozen=True)
class AuditLine:
    """One thing that somebody did."""

    created: datetime
    who: str
    action: str
    subject: str
    reason: str


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
            raise StaffError(f"'{name}' cannot be a name: use 2 to 60 letters, digits, dots or dashes.")
        if role not in ROLES:
            raise StaffError(f"'{role}' is no role: use {' or '.join(ROLES)}.")
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
            raise StaffError(f"There is an account '{name}' already.") from error
        return self.get(name)

    def get(self, name: str) -> Account:
        """An account.

        Raises:
            StaffError: There is none of that name.
        """
        with self._engine.connect() as connection:
            row = connection.execute(select(STAFF).where(STAFF.c.name == name)).first()
        if row is None:
            raise StaffError(f"There is no account '{name}'.")
        return Account(row.id, row.name, row.role, row.language)

    def all(self) -> list[Account]:
        """Every account, by name."""
        with self._engine.connect() as connection:
            rows = connection.execute(select(STAFF).order_by(STAFF.c.name)).all()
        return [Account(row.id, row.name, row.role, row.language) for row in rows]

    def remove(self, name: str) -> None:
        """Removes an account and ends its sessions.

        Raises:
            StaffError: There is none, or it is the last one that may publish.
        """
        account = self.get(name)
        self._keep_a_publisher(account)
        with self._engine.begin() as connection:
            connection.execute(delete(STAFF_SESSIONS).where(STAFF_SESSIONS.c.staff_id == account.id))
            connection.execute(delete(STAFF).where(STAFF.c.id == account.id))

    def change_role(self, name: str, role: str) -> None:
        """Gives an account another role.

        Raises:
            StaffError: There is no such account or role, or nobody could publish any more.
        """
        account = self.get(name)
        if role not in ROLES:
            raise StaffError(f"'{role}' is no role: use {' or '.join(ROLES)}.")
        if role != PUBLISHER:
            self._keep_a_publisher(account)
        self._update(account, role=role)

    def change_language(self, account: Account, language: str) -> None:
        """The console speaks another language to somebody."""
        self._update(account, language=language)

    def change_password(self, account: Account, password: str) -> None:
        """Sets a password and ends all sessions of the account.

        Raises:
            StaffError: The password is too short or too long.
        """
        _check_password(password)
        self._update(account, password=self._hasher.hash(password))
        with self._engine.begin() as connection:
            connection.execute(delete(STAFF_SESSIONS).where(STAFF_SESSIONS.c.staff_id == account.id))

    def _update(self, account: Account, **values: str) -> None:
        with self._engine.begin() as connection:
            connection.execute(update(STAFF).where(STAFF.c.id == account.id).values(**values))

    def _keep_a_publisher(self, account: Account) -> None:
        if account.publishes and sum(other.publishes for other in self.all()) == 1:
            raise StaffError(f"'{account.name}' is the only one who may publish. Give somebody else that role first.")

    def signs_in(self, name: str, password: str) -> Account | None:
        """The account whose name and password these are. An unknown name takes as long as a wrong password."""
        with self._engine.connect() as connection:
            row = connection.execute(select(STAFF).where(STAFF.c.name == name)).first()
        try:
            self._hasher.verify(row.password if row else self._nobody, password[:LONGEST_PASSWORD])
        except (VerificationError, InvalidHashError):
            return None
        if row is None:
            return None
        account = Account(row.id, row.name, row.role, row.language)
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
        return Session(token, Account(row.id, row.name, row.role, row.language), row.csrf)

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

    def log(self, most: int = 50, skip: int = 0) -> list[AuditLine]:
        """Lines of the audit log, the newest first."""
        query = select(AUDIT).order_by(AUDIT.c.id.desc()).limit(most).offset(skip)
        with self._engine.connect() as connection:
            rows = connection.execute(query).all()
        return [AuditLine(row.created, row.who, row.action, row.subject, row.reason) for row in rows]

    def log_length(self) -> int:
        """How many lines the audit log has."""
        with self._engine.connect() as connection:
            return int(connection.execute(select(func.count()).select_from(AUDIT)).scalar() or 0)


def _check_password(password: str) -> None:
    if not SHORTEST_PASSWORD <= len(password) <= LONGEST_PASSWORD:
        raise StaffError(f"A password has {SHORTEST_PASSWORD} to {LONGEST_PASSWORD} characters.")


def _digest(token: str) -> str:
    return hashlib.sha256(token.encode("utf-8", "replace")).hexdigest()
