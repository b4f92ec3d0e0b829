"""Whether anything can be stored, told soon also while everything else waits for the database."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

SECONDS_OF_A_LOOK = 2.5
"""A little longer than SQLite waits for a lock; then it is said that the database does not answer."""
SILENT = "the database does not answer in time"


class Probe:
    """Looks in a thread of its own: the usual ones may all be waiting for the very database that is asked about."""

    def __init__(self, look: Callable[[], str], seconds: float = SECONDS_OF_A_LOOK) -> None:
        """``look`` says what is wrong, "" for nothing; it is waited for so many ``seconds``."""
        self._ask, self._seconds = look, seconds
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="probe")
        self._look: asyncio.Future[str] | None = None

    async def problem(self) -> str:
        """Why nothing can be stored, "" where all is well; whoever asks during a look shares what it finds."""
        if self._look is None or self._look.done():
            self._look = asyncio.get_running_loop().run_in_executor(self._thread, self._ask)
        look = self._look
        await asyncio.wait([look], timeout=self._seconds)
        return look.result() if look.done() else SILENT
