"""The inbox of Telegram's updates: each is kept by its id before it is acknowledged, and answered once."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import delete, func, insert, select, update
from sqlalchemy.engine import Engine
from sqlalchemy.exc import IntegrityError

from bot.store.database import TELEGRAM_UPDATES as UPDATES
from bot.store.database import leave_no_trace

WAITING, DONE, ASIDE = "waiting", "done", "aside"
MOST_TRIES = 3
MOST_DEATHS = 5
"""So often the server may die while an update is being answered: more than its failures, since it may be killed for
other reasons, and then it is somebody's question that is given up."""


@dataclass(frozen=True)
class StoredUpdate:
    """An update that waits to be answered.

    Attributes:
        id: Telegram's number of the update.
        chat: The chat it belongs to; "" for none.
        payload: The update as Telegram sent it.
        sent: How many messages of its answer went out already.
        tries: How often answering it failed, or ended with the server's death.
    """

    id: int
    chat: str
    payload: dict[str, Any]
    sent: int = 0
    tries: int = 0


class UpdateStore:
    """Keeps updates until they are answered; of an answered one only its number stays, to drop repeats."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def keep(self, update_id: int, chat: str, payload: dict[str, Any] | None, now: datetime | None = None) -> bool:
        """Stores an update; False for one that came before.

        ``payload`` is None for one that needs no answer: of it only the number is kept.
        """
        values = {
            "update_id": update_id,
            "chat": "" if payload is None else chat,
            "state": DONE if payload is None else WAITING,
            # As ASCII: half a character (a lone surrogate) is valid JSON, but no text that a database takes.
            "payload": None if payload is None else json.dumps(payload),
            "tries": 0,
            "sent": 0,
            "created": now or datetime.utcnow(),
        }
        try:
            with self._engine.begin() as connection:
                connection.execute(insert(UPDATES).values(**values))
        except IntegrityError:
            return False
        return True

    def chats(self) -> list[str]:
        """The chats in which something is not answered yet."""
        query = select(UPDATES.c.chat).where(UPDATES.c.state == WAITING).distinct()
        with self._engine.connect() as connection:
            return [row.chat for row in connection.execute(query)]

    def waiting(self, chat: str | None = None, most: int | None = None) -> list[StoredUpdate]:
        """What is not answered yet, oldest first: in a chat, where one is named, and at most so many."""
        query = select(UPDATES).where(UPDATES.c.state == WAITING).order_by(UPDATES.c.update_id).limit(most)
        if chat is not None:
            query = query.where(UPDATES.c.chat == chat)
        with self._engine.connect() as connection:
            rows = connection.execute(query).all()
        return [StoredUpdate(row.update_id, row.chat, json.loads(row.payload), row.sent, row.tries) for row in rows]

    def count(self, state: str) -> int:
        """How many updates are in a state."""
        query = select(func.count()).select_from(UPDATES).where(UPDATES.c.state == state)
        with self._engine.connect() as connection:
            return int(connection.execute(query).scalar_one())

    def sent(self, update_id: int, messages: int) -> None:
        """Notes how many messages of the answer went out."""
        self._set(update_id, sent=messages)

    def done(self, update_id: int) -> None:
        """An update is answered: what the person wrote, and in which chat, is erased here."""
        self._set(update_id, state=DONE, payload=None, chat="")

    def rewrite(self, update_id: int, payload: dict[str, Any]) -> None:
        """Keeps something else of an update that waits."""
        self._set(update_id, payload=json.dumps(payload))

    def begun(self, update_id: int) -> int:
        """Counts a try before it is made, so that one that kills the server counts as well; how many there were."""
        with self._engine.begin() as connection:
            row = UPDATES.c.update_id == update_id
            connection.execute(update(UPDATES).where(row).values(tries=UPDATES.c.tries + 1))
            return int(connection.execute(select(UPDATES.c.tries).where(row)).scalar() or 0)

    def went_well(self, update_id: int) -> None:
        """Takes back the count of a try that did not fail."""
        self._set(update_id, tries=UPDATES.c.tries - 1)

    def set_aside(self, update_id: int) -> None:
        """An update is given up; what it holds stays for staff to look into, until retention erases it."""
        self._set(update_id, state=ASIDE)

    def forget(self, chat: str) -> None:
        """Erases every update of a chat that is not waiting any more."""
        with self._engine.begin() as connection:
            mine = (UPDATES.c.chat == chat) & (UPDATES.c.state != WAITING)
            connection.execute(update(UPDATES).where(mine).values(payload=None))
            connection.execute(delete(UPDATES).where(mine))
        self.leave_no_trace()

    def leave_no_trace(self) -> None:
        """What was erased leaves the disk, too; see :func:`bot.store.database.leave_no_trace`."""
        leave_no_trace(self._engine)

    def _set(self, update_id: int, **values: Any) -> None:
        with self._engine.begin() as connection:
            connection.execute(update(UPDATES).where(UPDATES.c.update_id == update_id).values(**values))
