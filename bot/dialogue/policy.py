"""The dialogue as a Rasa policy: reads the tracker, decides, leaves the decision in a slot for the generator."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from rasa.core.policies.policy import Policy, PolicyPrediction
from rasa.engine.graph import ExecutionContext
from rasa.engine.storage.resource import Resource
from rasa.engine.storage.storage import ModelStorage
from rasa.shared.core.constants import ACTION_LISTEN_NAME
from rasa.shared.core.domain import Domain
from rasa.shared.core.events import ActionExecuted, SlotSet, UserUttered
from rasa.shared.core.generator import TrackerWithCachedStates
from rasa.shared.core.trackers import DialogueStateTracker

from bot.dialogue.decision import Context
from bot.dialogue.dialogue import Dialogue, Stories
from bot.dialogue.thresholds import Thresholds
from bot.dialogue.understanding import Understanding
from bot.knowledge.guides import GUIDE, action_asking, turns_in
from bot.knowledge.live import LiveKnowledge, live_knowledge
from nlu.registration import component

SLOT = "dialogue"
SEVERAL = "utter_several"
MOST_REPLAYED = 20
FILE = "stories.json"


@component("POLICY_WITHOUT_END_TO_END_SUPPORT", trainable=True)
class FrontDeskPolicy(Policy):
    """Predicts one action a message, ``utter_`` with the kind of the reply, then listens.

    Stories teach it guided conversations: after an intent, an action ``utter_guide_NAME`` asks the question
    ``guide.NAME`` of the conversation file.
    """

    def __init__(
        self,
        config: dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
        stories: Stories | None = None,
    ) -> None:
        super().__init__(config, model_storage, resource, execution_context)
        self._stories: dict[tuple[str, str], str] = dict(stories or {})
        self._folder = Path(config["knowledge"]).resolve()
        self._thresholds = Thresholds.load(Path(config["thresholds"]))
        self._source: LiveKnowledge | None = None
        self._dialogue: Dialogue | None = None
        self._dialogue_version: str | None = None

    @property
    def stories(self) -> dict[tuple[str, str], str]:
        """What the stories taught: (question before or "", intent) → question."""
        return dict(self._stories)

    def use(self, source: LiveKnowledge, thresholds: Thresholds) -> None:
        """Decides by this knowledge and these thresholds from now on, instead of those that the configuration names."""
        self._source, self._thresholds, self._dialogue = source, thresholds, None

    @staticmethod
    def get_default_config() -> dict[str, Any]:
        """``knowledge`` and ``thresholds``: where they are, from the project's root."""
        return {"knowledge": "knowledge", "thresholds": "thresholds.json", "priority": 3, "max_history": None}

    @classmethod
    def load(
        cls,
        config: dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
        **kwargs: Any,
    ) -> FrontDeskPolicy:
        """A trained policy."""
        with model_storage.read_from(resource) as folder:
            rows = json.loads((folder / FILE).read_text(encoding="utf-8"))
        stories = {(before, intent): action for before, intent, action in rows}
        return cls(config, model_storage, resource, execution_context, stories)

    def train(self, training_trackers: list[TrackerWithCachedStates], domain: Domain, **kwargs: Any) -> Resource:
        """Learns where stories ask a question of their own: (question before, intent) → question."""
        for tracker in training_trackers:
            self._stories |= {(before, intent): guide for before, intent, guide in turns_in(_steps_of(tracker))}
        rows = sorted((before, intent, action) for (before, intent), action in self._stories.items())
        with self._model_storage.write_to(self._resource) as folder:
            (folder / FILE).write_text(json.dumps(rows, indent=1), encoding="utf-8")
        return self._resource

    def predict_action_probabilities(
        self, tracker: DialogueStateTracker, domain: Domain, rule_only_data: dict[str, Any] | None = None, **kwargs: Any
    ) -> PolicyPrediction:
        """The reply's action after a user's message, otherwise waiting for the next one."""
        message = tracker.latest_message
        if tracker.latest_action_name != ACTION_LISTEN_NAME or message is None:
            return self._certain(ACTION_LISTEN_NAME, domain)
        context = self.decide(tracker)
        kinds = [decision.kind for decision in context.decisions]
        action = SEVERAL if len(kinds) > 1 else action_of(context)
        if action not in domain.action_names_or_texts:
            action = f"utter_{kinds[0]}"
        return self._certain(action, domain, [SlotSet(SLOT, context.as_dict())])

    def decide(self, tracker: DialogueStateTracker) -> Context:
        """The conversation after the tracker's latest message, with the decisions on it.

        Rasa's own tools (test stories, for one) do not keep what a policy notes in a slot; messages after the last note
        are gone through again. While people chat there is only one such message.
        """
        context = Context.from_dict(tracker.get_slot(SLOT))
        for message in _messages_since_the_note(tracker):
            parsed = {"text": message.text, "intent": message.intent, **(message.parse_data or {})}
            context = self._current_dialogue().respond(Understanding.of(parsed, message.metadata), context)
        return context

    def _current_dialogue(self) -> Dialogue:
        knowledge = (self._source or live_knowledge(self._folder)).current()
        if self._dialogue is None or self._dialogue_version != knowledge.version:
            self._dialogue = Dialogue(knowledge, self._thresholds, self._stories)
            self._dialogue_version = knowledge.version
        return self._dialogue

    def _certain(self, action: str, domain: Domain, events: list[Any] | None = None) -> PolicyPrediction:
        probabilities = self._default_predictions(domain)
        probabilities[domain.index_for_action(action)] = 1.0
        return self._prediction(probabilities, optional_events=events or [])


def _messages_since_the_note(tracker: DialogueStateTracker) -> list[UserUttered]:
    messages: list[UserUttered] = []
    for event in reversed(tracker.events):
        if isinstance(event, SlotSet) and event.key == SLOT:
            break
        if isinstance(event, UserUttered):
            messages.append(event)
    return messages[MOST_REPLAYED - 1 :: -1] if len(messages) > MOST_REPLAYED else messages[::-1]


def _steps_of(tracker: DialogueStateTracker) -> Iterator[dict[str, str]]:
    """A story that Rasa has read, as steps of its file."""
    for event in tracker.events:
        if isinstance(event, UserUttered):
            yield {"intent": event.intent_name or ""}
        elif isinstance(event, ActionExecuted):
            yield {"action": event.action_name or ""}


def action_of(context: Context) -> str:
    """The action that says the only decision."""
    decision = context.decisions[0]
    if decision.entry and decision.entry.startswith(GUIDE):
        return action_asking(decision.entry)
    return f"utter_{decision.kind}"
