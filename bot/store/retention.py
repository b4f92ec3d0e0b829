"""Forgetting: what is older than the retention allows, and whatever a person wants to have erased."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import delete, select, update
from sqlalchemy.engine import Connection, Engine

from bot.store.database import (
    CONVERSATIONS,
    FEEDBACK,
    INBOX_MARKS,
    SIGN_IN_ATTEMPTS,
    TELEGRAM_UPDATES,
    TURNS,
    leave_no_trace,
)
from bot.store.inbox import DONE, portions


class Retention:
    """Erases what is too old."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def erase_before(self, moment: datetime) -> int:
        """Erases everything of conversations that is older; the number of messages that went.

        What staff said of questions in the inbox loses their words with the last conversation that holds them.
        """
        with self._engine.begin() as connection:
            gone = connection.execute(delete(TURNS).where(TURNS.c.created < moment)).rowcount
            connection.execute(delete(FEEDBACK).where(FEEDBACK.c.created < moment))
            connection.execute(delete(CONVERSATIONS).where(CONVERSATIONS.c.updated < moment))
            connection.execute(delete(TELEGRAM_UPDATES).where(TELEGRAM_UPDATES.c.created < moment))
            connection.execute(delete(SIGN_IN_ATTEMPTS).where(SIGN_IN_ATTEMPTS.c.created < moment))
            marked = connection.execute(select(INBOX_MARKS.c.text).where(INBOX_MARKS.c.text != "")).scalars().all()
            forget_words(connection, marked)
        leave_no_trace(self._engine)
        return int(gone)


def forget_conversation(connection: Connection, sender: str) -> None:
    """Erases a conversation: its turns with their replies, its context, its thumbs, its words in the inbox."""
    texts = connection.execute(select(TURNS.c.text).where(TURNS.c.sender == sender).distinct()).scalars().all()
    # Blank first: while rows go, SQLite moves others between its pages, and what it moves it does not wipe there.
    connection.execute(update(TURNS).where(TURNS.c.sender == sender).values(text="", replies="[]"))
    connection.execute(delete(FEEDBACK).where(FEEDBACK.c.sender == sender))
    connection.execute(delete(TURNS).where(TURNS.c.sender == sender))
    connection.execute(delete(CONVERSATIONS).where(CONVERSATIONS.c.sender == sender))
    forget_words(connection, texts)


def forget_words(connection: Connection, texts: Sequence[str]) -> None:
    """Takes texts that nobody's conversation holds any more out of what staff said of the inbox.

    What is ignored stays so by its digest and by what it means; what is done is of no use any more.
    """
    for part in portions(list(dict.fromkeys(texts))):
        held = set(connection.execute(select(TURNS.c.text).where(TURNS.c.text.in_(part)).distinct()).scalars())
        free = [text for text in part if text not in held]
        if free:
            which = INBOX_MARKS.c.text.in_(free)
            connection.execute(delete(INBOX_MARKS).where(which, INBOX_MARKS.c.state == DONE))
            connection.execute(update(INBOX_MARKS).where(which).values(text=""))
