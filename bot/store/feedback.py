"""Thumbs up or down on replies, kept beside the conversation that they belong to."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import delete, insert, select, update
from sqlalchemy.engine import Engine

from bot.store.database import FEEDBACK

LONGEST_REASON = 500


@dataclass(frozen=True)
class Feedback:
    """A thumb on one reply.

    Attributes:
        sender: The conversation's id.
        message_id: The id of the message that was answered.
        item: Which of its replies, from 0.
        helpful: True for thumbs up.
        reason: What the person wrote about it, masked; empty for none.
        entry: The entry that the reply came from, None where it came from none.
        language: The language of the reply.
        channel: Where the thumb was given.
    """

    sender: str
    message_id: str
    item: int
    helpful: bool
    reason: str = ""
    entry: str | None = None
    language: str | None = None
    channel: str | None = None


class FeedbackStore:
    """Writes and reads thumbs; one a reply, the last one counts."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def record(self, feedback: Feedback, now: datetime | None = None) -> None:
        """Keeps a thumb in place of an earlier one on the same reply."""
        which = (
            (FEEDBACK.c.sender == feedback.sender)
            & (FEEDBACK.c.message_id == feedback.message_id)
            & (FEEDBACK.c.item == feedback.item)
        )
        values = {
            "helpful": feedback.helpful,
            "reason": feedback.reason[:LONGEST_REASON],
            "entry": feedback.entry,
            "language": feedback.language,
            "channel": feedback.channel,
            "created": now or datetime.utcnow(),
        }
        with self._engine.begin() as connection:
            if connection.execute(update(FEEDBACK).where(which).values(**values)).rowcount == 0:
                connection.execute(
                    insert(FEEDBACK).values(
                        sender=feedback.sender, message_id=feedback.message_id, item=feedback.item, **values
                    )
                )

    def withdraw(self, sender: str, message_id: str, item: int) -> None:
        """Takes a thumb back."""
        with self._engine.begin() as connection:
            connection.execute(
                delete(FEEDBACK).where(
                    FEEDBACK.c.sender == sender, FEEDBACK.c.message_id == message_id, FEEDBACK.c.item == item
                )
            )

    def of(self, sender: str) -> list[Feedback]:
        """The thumbs of a conversation, oldest first."""
        query = select(FEEDBACK).where(FEEDBACK.c.sender == sender).order_by(FEEDBACK.c.created, FEEDBACK.c.id)
        with self._engine.connect() as connection:
            rows = connection.execute(query).all()
        return [
            Feedback(r.sender, r.message_id, r.item, r.helpful, r.reason, r.entry, r.language, r.channel) for r in rows
        ]
