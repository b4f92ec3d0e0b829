"""The whole server with a light dialogue: all of it is real but Rasa's graph, which takes seconds to load.

A reply names its place in the conversation and something that no two computations share, so that a message that was
answered twice, out of order or from a forgotten conversation is found out.
"""

from __future__ import annotations

import asyncio
import secrets
from functools import lru_cache
from pathlib import Path
from typing import Any

import uvicorn
from rasa.core.channels.channel import UserMessage
from rasa.shared.core.domain import Domain
from rasa.shared.core.events import BotUttered, SlotSet, UserUttered
from rasa.shared.core.trackers import DialogueStateTracker
from starlette.applications import Starlette

import bot.app
from bot.dialogue.generator import Reply
from bot.dialogue.policy import SLOT
from bot.dialogue.response_generator import REPLIES
from bot.engine import InProcessEngine
from bot.settings import Settings
from bot.store.conversations import ConversationStore
from bot.tracker_store import ConversationTrackerStore
from bot.training.current import Edition

ROOT = Path(__file__).resolve().parent.parent.parent


@lru_cache(maxsize=1)
def domain() -> Domain:
    return Domain.load(str(ROOT / "domain.yml"))


class LightAgent:
    """What the engine needs of Rasa's agent, over the real tracker store."""

    processor = None

    def __init__(self, trackers: ConversationTrackerStore) -> None:
        self._trackers = trackers
        self.heard = 0

    async def handle_message(self, message: UserMessage) -> None:
        self.heard += 1
        sender = message.sender_id
        tracker = await self._trackers.retrieve(sender) or DialogueStateTracker.from_events(sender, [], domain().slots)
        await asyncio.sleep(0.002)
        place = (tracker.get_slot(SLOT) or {}).get("place", 0) + 1
        reply = Reply("answer", f"{place} {message.text} {secrets.token_hex(8)}", "fr", 0.9, "press", "press.phone")
        custom: dict[str, Any] = {REPLIES: [reply.as_dict()]}
        heard = UserUttered(message.text, metadata=message.metadata, input_channel=message.input_channel)
        uttered = BotUttered(reply.text, {"custom": custom})
        tracker.update_with_events([heard, SlotSet(SLOT, {"language": "fr", "place": place}), uttered], domain())
        await self._trackers.save(tracker)
        await message.output_channel.send_response(sender, {"custom": custom})


class LightEngine(InProcessEngine):
    """The real engine around a light agent."""

    def __init__(self, root: Path, store: ConversationStore) -> None:
        super().__init__(root, store)
        self._tracker_store.domain = domain()
        self._agent = LightAgent(self._tracker_store)
        self._edition = Edition(root / "none", "light", "", root / "knowledge", root / "thresholds.json")

    async def load(self, edition: Edition) -> None:
        pass


def light_app(settings: Settings) -> Starlette:
    """The application as it is served, but for the engine."""
    real, bot.app.InProcessEngine = bot.app.InProcessEngine, LightEngine  # type: ignore[misc]
    try:
        return bot.app.create_app(settings)
    finally:
        bot.app.InProcessEngine = real  # type: ignore[misc]


def serve(app: Starlette, port: int) -> None:
    """Runs until it is killed."""
    uvicorn.run(app, host="127.0.0.1", port=port, log_level="error", access_log=False, ws="none")
