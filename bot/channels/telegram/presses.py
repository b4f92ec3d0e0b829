"""Double taps: one button that is pressed again before anybody can have read what it brought."""

from __future__ import annotations

import time
from collections.abc import Callable

from bot.channels.telegram.incoming import PRESS, Incoming
from bot.dialogue.generator import PAYLOAD
from bot.latest import Latest

SECONDS = 10.0
"""Within these the same button means no second answer."""


class Presses:
    """Which button of each message was pressed last, and when."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._last: Latest[tuple[int, int | None], tuple[str, float]] = Latest()

    def is_again(self, what: Incoming) -> bool:
        """Whether a button that brings an answer was just pressed already; what is not counts from now on.

        Menus and thumbs may be pressed as one likes, since they change only their own message; so may one answer after
        another, as "Français", "English" and "Français" once more.
        """
        if what.kind != PRESS or not what.text.startswith(PAYLOAD):
            return False
        where, now = (what.chat, what.message), self._clock()
        before, since = self._last.get(where, ("", 0.0))
        if before == what.text and now - since < SECONDS:
            return True
        self._last[where] = what.text, now
        return False

    def forget(self, what: Incoming) -> None:
        """A press that got no answer may be repeated at once."""
        self._last.pop((what.chat, what.message), None)
