"""Rasa's tracker store over our conversation store: a tracker of constant length, however long the conversation."""

from __future__ import annotations

import asyncio
import time
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from rasa.core.tracker_store import SerializedTrackerAsText, TrackerStore
from rasa.shared.core.constants import ACTION_LISTEN_NAME, ACTION_SESSION_START_NAME
from rasa.shared.core.domain import Domain
from rasa.shared.core.events import ActionExecuted, BotUttered, Event, SessionStarted, SlotSet, UserUttered
from rasa.shared.core.trackers import DialogueStateTracker

from bot.dialogue.policy import SLOT
from bot.dialogue.response_generator import REPLIES
from bot.store.conversations import ConversationStore, Turn


class ConversationTrackerStore(TrackerStore, SerializedTrackerAsText):
    """Restores a tracker from the dialogue's context alone, and records each turn as it is saved."""

    def __init__(
        self, store: ConversationStore, domain: Domain | None = None, writer: ThreadPoolExecutor | None = None
    ) -> None:
        self._store = store
        # One writer: SQLite takes one at a time, and the event loop must never wait for it.
        self._writer = writer or ThreadPoolExecutor(max_workers=1, thread_name_prefix="store")
        super().__init__(domain or Domain.empty())

    async def retrieve(self, sender_id: str) -> DialogueStateTracker | None:
        """The tracker of a conversation, None for a new one."""
        context = await asyncio.get_running_loop().run_in_executor(self._writer, self._store.context, sender_id)
        return None if context is None else self._tracker(sender_id, context)

    def _tracker(self, sender_id: str, context: dict[str, Any]) -> DialogueStateTracker:
        events: list[Event] = [
            ActionExecuted(ACTION_SESSION_START_NAME),
            SessionStarted(),
            SlotSet(SLOT, context),
            ActionExecuted(ACTION_LISTEN_NAME),
        ]
        return DialogueStateTracker.from_events(sender_id, events, self.domain.slots, max_event_history=40)

    async def save(self, tracker: DialogueStateTracker) -> None:
        """Records the tracker's last turn and its context; a tracker without a message is not worth keeping."""
        turn = last_turn(tracker)
        if turn is None:
            return
        context = dict(tracker.get_slot(SLOT) or {})
        await asyncio.get_running_loop().run_in_executor(self._writer, self._store.record, turn, context)


def last_turn(tracker: DialogueStateTracker) -> Turn | None:
    """The last message of a tracker with the replies to it."""
    message = tracker.get_last_event_for(UserUttered)
    if message is None or message.text is None:
        return None
    spoken = tracker.get_last_event_for(BotUttered)
    replies = (((spoken.data or {}).get("custom") or {}).get(REPLIES) or []) if spoken else []
    parsed = message.parse_data or {}
    metadata = message.metadata or {}
    return Turn(
        sender=tracker.sender_id,
        text=message.text,
        replies=replies,
        message_id=metadata.get("message_id"),
        channel=message.input_channel,
        language=(parsed.get("language") or {}).get("code"),
        intent=message.intent_name,
        confidence=(message.intent or {}).get("confidence"),
        seconds=time.time() - metadata["received"] if "received" in metadata else None,
    )
