"""A database that may come later than the server: until its tables are up to date nobody gets at it."""

from __future__ import annotations

import asyncio
import logging
from typing import Any

from sqlalchemy import event
from sqlalchemy.exc import OperationalError, SQLAlchemyError
from sqlalchemy.pool import StaticPool

from bot.settings import SettingsError
from bot.store.database import bring_up_to_date, engine_of
from bot.store.failures import explained, is_mistake

logger = logging.getLogger(__name__)

SECONDS_UNTIL_NEXT_TRY = 0.5
LONGEST_PAUSE = 10.0


class LateDatabase:
    """One database; ``engine`` refuses to connect, at once, until the tables are what the program expects."""

    def __init__(self, url: str) -> None:
        """Looks for the database once; where it is away, :meth:`until_ready` goes on.

        Raises:
            SettingsError: The settings are wrong, which no waiting mends; the message says what to do.
        """
        self._url = url
        self.engine = engine_of(url)
        self._missing: BaseException | None = None
        self._told = ""
        event.listen(self.engine, "do_connect", self._refuse)
        try:
            self._prepare()
        except (SQLAlchemyError, OSError) as error:
            if is_mistake(error):
                raise SettingsError(explained(url, error)) from error
            self._miss(error)

    @property
    def is_ready(self) -> bool:
        """Whether the database was there, and its tables are up to date."""
        return self._missing is None

    async def until_ready(self) -> None:
        """Tries again, ever more seldom, until the database is there and up to date."""
        pause = SECONDS_UNTIL_NEXT_TRY
        while not self.is_ready:
            await asyncio.sleep(pause)
            pause = min(2 * pause, LONGEST_PAUSE)
            try:
                await asyncio.to_thread(self._prepare)
                logger.warning("The database is there now: everything works.")
            except Exception as error:  # noqa: BLE001  (whatever it is, somebody may mend it while this goes on)
                self._miss(error)

    def _prepare(self) -> None:
        # With connections of its own, so that nobody finds one in the pool before the tables are ready. A database in
        # memory is its one connection, and is always there.
        engine = self.engine if isinstance(self.engine.pool, StaticPool) else engine_of(self._url)
        try:
            bring_up_to_date(engine)
        finally:
            if engine is not self.engine:
                engine.dispose()
        self._missing = None

    def _miss(self, error: BaseException) -> None:
        self._missing = error
        words = str(error) if isinstance(error, SettingsError) else explained(self._url, error)
        if words != self._told:
            self._told = words
            logger.error("%s People get the sections' contacts until then; it is tried again by itself.", words)

    def _refuse(self, *arguments: Any) -> None:
        missing = self._missing
        if missing is not None:
            raise OperationalError(None, None, getattr(missing, "orig", None) or missing)
