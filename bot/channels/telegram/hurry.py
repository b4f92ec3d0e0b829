"""People who write faster than anybody reads."""

from __future__ import annotations

import time

from bot.channels.telegram.incoming import Incoming
from bot.limits import LocalLimiter, Rate

ONE_WORD = Rate(a_second=1 / 60, burst=1)
"""How often somebody who writes too fast is told so."""


class Hurry:
    """Counts what each person writes in each chat."""

    def __init__(self, rate: Rate | None) -> None:
        """``rate`` is how fast a person may write, None for no limit."""
        self._limiter, self._rate = LocalLimiter(), rate

    async def is_too_fast(self, chat: str, what: Incoming) -> bool:
        """Whether a person writes faster than anybody reads.

        By the time at which they wrote: what gathered while the server was away comes all at once. A press has no such
        time; one too many is no loss, since the button stays.
        """
        if self._rate is None:
            return False
        written = None if what.written is None else min(what.written, time.time())
        who = f"{'presses' if written is None else 'writes'} {what.person} in {chat}"
        return await self._limiter.wait(who, self._rate, written) > 0

    async def is_to_be_told(self, chat: str) -> bool:
        """Whether a chat has not been told so lately; it counts as told from then on."""
        return await self._limiter.wait(f"word in {chat}", ONE_WORD) == 0
