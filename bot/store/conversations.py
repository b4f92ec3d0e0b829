"""What is kept of conversations: the context the bot needs, and the masked turns."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import delete, insert, select, update
from sqlalchemy.engine import Connection, Engine
from sqlalchemy.exc import IntegrityError

from bot.store.database import CONVERSATIONS, FEEDBACK, SECRETS, TURNS, leave_no_trace
from bot.store.failures import cause
from bot.store.inbox import trouble_of
from bot.store.retention import forget_conversation

PROBE = "last-probe"
"""Where it is noted that something could be written."""


@dataclass(frozen=True)
class Turn:
    """A message and its replies, as they are kept."""

    sender: str
    text: str
    replies: list[dict[str, Any]]
    message_id: str | None = None
    channel: str | None = None
    language: str | None = None
    intent: str | None = None
    confidence: float | None = None
    seconds: float | None = None
    """How long the person waited for the replies."""


class ConversationStore:
    """Reads and writes conversations. Every call takes as long for the thousandth turn as for the first."""

    def __init__(self, engine: Engine, session_minutes: float = 240) -> None:
        """``session_minutes``: after that long a silence a conversation starts anew, but for its language."""
        self._engine = engine
        self._session = timedelta(minutes=session_minutes)

    def context(self, sender: str, now: datetime | None = None) -> dict[str, Any] | None:
        """What the bot remembers of a conversation, None for a new one."""
        query = select(CONVERSATIONS.c.context, CONVERSATIONS.c.updated).where(CONVERSATIONS.c.sender == sender)
        with self._engine.connect() as connection:
            row = connection.execute(query).first()
        if row is None:
            return None
        context: dict[str, Any] = json.loads(row.context)
        if (now or datetime.utcnow()) - row.updated > self._session:
            return {"language": context.get("language")}
        return context

    def record(self, turn: Turn, context: dict[str, Any], now: datetime | None = None) -> None:
        """Keeps a turn and the context after it, both or neither."""
        moment = now or datetime.utcnow()
        with self._engine.begin() as connection:
            self._write_context(connection, turn.sender, json.dumps(context, ensure_ascii=False), moment)
            connection.execute(
                insert(TURNS).values(
                    sender=turn.sender,
                    message_id=turn.message_id,
                    channel=turn.channel,
                    created=moment,
                    text=turn.text,
                    language=turn.language,
                    intent=turn.intent,
                    confidence=turn.confidence,
                    replies=json.dumps(turn.replies, ensure_ascii=False),
                    seconds=turn.seconds,
                    trouble=trouble_of(turn.replies),
                )
            )

    def _write_context(self, connection: Connection, sender: str, context: str, now: datetime) -> None:
        changed = connection.execute(
            update(CONVERSATIONS)
            .where(CONVERSATIONS.c.sender == sender)
            .values(context=context, updated=now, turns=CONVERSATIONS.c.turns + 1)
        )
        if changed.rowcount == 0:
            connection.execute(insert(CONVERSATIONS).values(sender=sender, context=context, updated=now, turns=1))

    def replies_to(self, sender: str, message_id: str) -> list[dict[str, Any]] | None:
        """The replies already given to a message, None if it is new."""
        query = select(TURNS.c.replies).where(TURNS.c.sender == sender, TURNS.c.message_id == message_id)
        with self._engine.connect() as connection:
            row = connection.execute(query).first()
        return None if row is None else list(json.loads(row.replies))

    def turns(self, sender: str, most: int = 50) -> list[Turn]:
        """The last turns of a conversation, oldest first."""
        query = select(TURNS).where(TURNS.c.sender == sender).order_by(TURNS.c.id.desc()).limit(most)
        with self._engine.connect() as connection:
            rows = connection.execute(query).all()
        return [
            Turn(r.sender, r.text, json.loads(r.replies), r.message_id, r.channel, r.language, r.intent, r.confidence)
            for r in reversed(rows)
        ]

    def forget(self, sender: str) -> None:
        """Erases a conversation: its turns, its context, the thumbs given in it, its words in the inbox."""
        with self._engine.begin() as connection:
            forget_conversation(connection, sender)
        leave_no_trace(self._engine)

    def move(self, sender: str, new: str) -> None:
        """A conversation goes on under another id; what it remembers replaces what the other one did."""
        with self._engine.begin() as connection:
            connection.execute(delete(CONVERSATIONS).where(CONVERSATIONS.c.sender == new))
            for table in (CONVERSATIONS, TURNS, FEEDBACK):
                connection.execute(update(table).where(table.c.sender == sender).values(sender=new))

    def problem(self) -> str:
        """Why nothing can be kept, "" where all is well: something is really written, for a full disk."""
        value = datetime.utcnow().isoformat()
        try:
            with self._engine.begin() as connection:
                done = connection.execute(update(SECRETS).where(SECRETS.c.name == PROBE).values(value=value))
                if done.rowcount == 0:
                    connection.execute(insert(SECRETS).values(name=PROBE, value=value))
        except IntegrityError:
            return ""  # another server wrote it at the same moment
        except Exception as error:  # noqa: BLE001  (any failure of any driver means the same here: not usable)
            return cause(error)
        return ""
