"""An outage of the table of updates: each chat that waits in it is told so once, after a while."""

from __future__ import annotations

import time


class Outage:
    """Since when which chats wait for a table that fails."""

    def __init__(self, patience: float) -> None:
        """``patience``: after so many seconds of it a chat is told."""
        self._patience = patience
        self._since: dict[str, float] = {}
        self._told: set[str] = set()

    def is_to_be_told(self, chat: str) -> bool:
        """Whether a chat has waited long enough, and has not heard of it yet; it counts as told from then on."""
        now = time.monotonic()
        if chat in self._told or now - self._since.setdefault(chat, now) < self._patience:
            return False
        self._told.add(chat)
        return True

    def told(self, chat: str) -> None:
        """A chat has heard something else, which this would contradict."""
        self._told.add(chat)

    def over(self) -> None:
        """Something could be stored: whoever waits in another outage is told anew."""
        self._since.clear()
        self._told.clear()
