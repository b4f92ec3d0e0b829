"""What becomes of an update when it arrives: decided once, however often it is brought."""

from __future__ import annotations

from bot.channels.telegram.hurry import Hurry
from bot.channels.telegram.incoming import NOTHING, UNREADABLE, Incoming
from bot.channels.telegram.presses import Presses
from bot.latest import Latest

ANSWER, NO_ANSWER, TOO_FAST, AGAIN = "answer", "no-answer", "too-fast", "again"


class Door:
    """Judges each update by what came before it.

    While an update cannot be stored Telegram brings it again and again. It counts once, and what was judged stays so:
    else a question would turn into one that came too fast, merely because a database was away.
    """

    def __init__(self, hurry: Hurry) -> None:
        """``hurry`` counts how fast people write."""
        self._hurry = hurry
        self.presses = Presses()
        self._judged: Latest[int, str] = Latest()
        self._albums: Latest[str, str] = Latest()

    async def judge(self, update_id: int, chat: str, what: Incoming) -> str:
        """``answer``, ``no-answer`` where none is due, ``too-fast``, or ``again`` for a button just pressed."""
        if update_id not in self._judged:
            self._judged[update_id] = await self._first_look(chat, what)
        return self._judged[update_id]

    async def _first_look(self, chat: str, what: Incoming) -> str:
        if what.kind == NOTHING or self._is_told_of(chat, what):
            return NO_ANSWER
        if await self._hurry.is_too_fast(chat, what):
            return TOO_FAST
        return AGAIN if self.presses.is_again(what) else ANSWER

    def _is_told_of(self, chat: str, what: Incoming) -> bool:
        """Whether this is one more of several pictures sent together: they get one word."""
        if not what.album or what.kind != UNREADABLE:
            return False
        before, self._albums[chat] = self._albums.get(chat), what.album
        return before == what.album
