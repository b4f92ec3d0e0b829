"""Why a database cannot be used, in words: for anybody, and with all details for whoever runs the server."""

from __future__ import annotations

import errno
import re

from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ProgrammingError

DISK_FULL = "53100"
"""PostgreSQL's own code."""

REFUSED = re.compile(
    r"password authentication failed|no password supplied|no pg_hba\.conf entry|role .+ does not exist"
    r"|authentification par mot de passe échouée|le rôle .+ n'existe pas"
)
"""What PostgreSQL says, in its server's language, to an account that it does not let in; there is no code for it."""

CAUSES = {
    "locked": "the database is locked by another program",
    "readonly": "the database may only be read",
    "read-only": "the database may only be read",
    "malformed": "the database's file is damaged",
    "not a database": "the database's file is damaged",
}


def is_full(error: BaseException) -> bool:
    """Whether a failure comes from a disk that is full, the database's or this server's."""
    origin = getattr(error, "orig", None) or error
    if isinstance(origin, OSError):
        return origin.errno in (errno.ENOSPC, errno.EDQUOT)
    return getattr(origin, "pgcode", None) == DISK_FULL or "disk is full" in str(origin)


def is_mistake(error: BaseException) -> bool:
    """Whether a failure is one of the settings, which no waiting mends."""
    if isinstance(error, OSError):
        return isinstance(error, (PermissionError, NotADirectoryError, FileExistsError))
    return isinstance(error, ProgrammingError) or REFUSED.search(str(getattr(error, "orig", ""))) is not None


def cause(error: BaseException) -> str:
    """What is wrong, in a few words that tell nobody where the database is."""
    if is_full(error):
        return "the disk is full"
    words = str(getattr(error, "orig", None) or error)
    return next((said for mark, said in CAUSES.items() if mark in words), "the database cannot be reached")


def shown(url: str | URL) -> str:
    """A database's address without the password."""
    return str(make_url(url).set(query={}).render_as_string(hide_password=True))


def explained(url: str, error: BaseException) -> str:
    """One line that says what is wrong, where, and what to do; no password and nothing of what is kept is in it."""
    if is_full(error):
        advice = "Free space on the disk that it is on."
    elif is_mistake(error):
        advice = "Correct DATABASE_URL, or what its account may do."
    else:
        advice = "See that it runs and can be used from here, or correct DATABASE_URL."
    details = " ".join(str(getattr(error, "orig", None) or error).split())
    what = cause(error)
    return f"{what[0].upper()}{what[1:]}: {shown(url)} ({details}). {advice}"
