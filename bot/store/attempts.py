"""Attempts to sign in, counted in the database: at once, by several servers, and after a restart all the same."""

from __future__ import annotations

import hashlib
import math
from datetime import datetime, timedelta

from sqlalchemy import delete, func, insert, select
from sqlalchemy.engine import Engine

from bot.store.database import SIGN_IN_ATTEMPTS as ATTEMPTS

KEPT = timedelta(days=1)


class AttemptStore:
    """Lets so many attempts pass in a span of time. Whose they are is kept only as a hash."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def wait(self, who: str, most: int, span: timedelta, now: datetime | None = None) -> int:
        """Takes an attempt; 0 where it may go on, else the seconds until another one may.

        It is written down before any are counted, so that of many at the same moment never more than ``most`` pass; an
        attempt that may not go on is taken back, so that waiting helps also him whom others disturb.
        """
        moment, key = now or datetime.utcnow(), _key(who)
        with self._engine.begin() as connection:
            connection.execute(delete(ATTEMPTS).where(ATTEMPTS.c.created < moment - KEPT))
            made = connection.execute(insert(ATTEMPTS).values(who=key, created=moment)).inserted_primary_key[0]
        with self._engine.begin() as connection:
            within = (ATTEMPTS.c.who == key) & (ATTEMPTS.c.created > moment - span)
            count = connection.execute(select(func.count()).select_from(ATTEMPTS).where(within)).scalar_one()
            if count <= most:
                return 0
            connection.execute(delete(ATTEMPTS).where(ATTEMPTS.c.id == made))
            earlier = select(ATTEMPTS.c.created).where(within).order_by(ATTEMPTS.c.created.desc())
            oldest = connection.execute(earlier.offset(most - 1).limit(1)).scalar()
        left = (oldest + span - moment).total_seconds() if oldest is not None else 1.0
        return max(1, math.ceil(left))

    def clear(self, who: str) -> None:
        """Forgets the attempts of somebody who has proven to be who they say."""
        with self._engine.begin() as connection:
            connection.execute(delete(ATTEMPTS).where(ATTEMPTS.c.who == _key(who)))


def _key(who: str) -> str:
    return hashlib.sha256(who.encode("utf-8", "replace")).hexdigest()
