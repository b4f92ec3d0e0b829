"""Rasa's message processor without the steps that this dialogue never needs."""

from __future__ import annotations

import asyncio
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from rasa.core.actions.action import Action
from rasa.core.channels.channel import OutputChannel, UserMessage
from rasa.core.policies.policy import PolicyPrediction
from rasa.core.processor import MessageProcessor
from rasa.shared.core.constants import ACTION_LISTEN_NAME
from rasa.shared.core.events import ActionExecuted, Event
from rasa.shared.core.trackers import DialogueStateTracker

from bot.graph_runner import OrderedGraphRunner
from nlu.splitter import ABOUT

CHOICE = "choice"
"""Metadata of a message: the id that a pressed button names. There is nothing in it to understand."""

# Two: the encoders leave Python's lock while they compute, so a second core can work on another message.
UNDERSTANDING = ThreadPoolExecutor(max_workers=2, thread_name_prefix="understanding")


class FrontDeskProcessor(MessageProcessor):
    """One parse off the event loop, one prediction, one action, then listen.

    Left out of Rasa's own processor, since nothing here has them: slots filled from text, a second round of prediction
    only to learn that the bot listens, copies of everything for a debug log, and an anonymisation plugin.
    """

    @classmethod
    def of(cls, processor: MessageProcessor) -> FrontDeskProcessor:
        """A processor with everything that Rasa's own one has loaded."""
        own = cls.__new__(cls)
        own.__dict__.update(processor.__dict__)
        own.graph_runner = OrderedGraphRunner(processor.graph_runner)
        return own

    async def parse_message(
        self, message: UserMessage, tracker: DialogueStateTracker | None = None, only_output_properties: bool = True
    ) -> dict[str, Any]:
        """The pipeline's reading of a message; its text is never taken for a command."""
        tracker = tracker or DialogueStateTracker.from_events(message.sender_id, [])
        choice = (message.metadata or {}).get(CHOICE)
        if choice is not None:
            title = self.nlg.choice_title(tracker, message.metadata or {})
            return {"text": title, "intent": {"name": None}, "entities": []}
        spoken_of = self.nlg.about(tracker, message.text or "")
        if spoken_of:
            message.metadata = {**(message.metadata or {}), ABOUT: spoken_of}
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(
            UNDERSTANDING, self._parse_message_with_graph, message, tracker, only_output_properties
        )

    async def run_action_extract_slots(
        self, output_channel: OutputChannel, tracker: DialogueStateTracker
    ) -> DialogueStateTracker:
        """No slot is filled from text."""
        return tracker

    async def run_anonymization_pipeline(self, tracker: DialogueStateTracker) -> None:
        """Texts are masked before they come here."""

    def _log_action_on_tracker(
        self, tracker: DialogueStateTracker, action: Action, events: list[Event] | None, prediction: PolicyPrediction
    ) -> None:
        tracker.update_with_events(prediction.events, self.domain)
        tracker.update(action.event_for_successful_execution(prediction))
        tracker.update_with_events(events or [], self.domain)

    async def _run_prediction_loop(self, output_channel: OutputChannel, tracker: DialogueStateTracker) -> None:
        action, prediction = self.predict_next_with_tracker_if_should(tracker)
        await self._run_action(action, tracker, output_channel, self.nlg, prediction)
        tracker.update(ActionExecuted(ACTION_LISTEN_NAME), self.domain)
