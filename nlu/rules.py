"""Intents that are decided by rule, before any classifier."""

from __future__ import annotations

import json
import re
from typing import Any

from rasa.engine.graph import ExecutionContext, GraphComponent
from rasa.engine.storage.resource import Resource
from rasa.engine.storage.storage import ModelStorage
from rasa.shared.nlu.constants import INTENT, INTENT_RANKING_KEY
from rasa.shared.nlu.training_data.message import Message
from rasa.shared.nlu.training_data.training_data import TrainingData

from nlu.registration import component
from nlu.text import flat

RULE = "rule"
FILE = "rules.json"


@component("INTENT_CLASSIFIER", trainable=True)
class RuleMatcher(GraphComponent):
    """Gives a message an intent where a rule matches, with confidence 1, and leaves it alone elsewhere.

    The rules are the training data's regular expressions (``regex:`` in Rasa's YAML) whose name starts with
    ``prefix``; the name is the intent. They are tried in the order of the data on the message in lower case without
    accents and punctuation.
    """

    def __init__(
        self,
        config: dict[str, Any],
        rules: list[tuple[str, str]],
        storage: ModelStorage | None = None,
        resource: Resource | None = None,
    ) -> None:
        self._prefix: str = config["prefix"]
        self._storage = storage
        self._resource = resource
        self._rules = rules
        self._compiled = [(name, re.compile(pattern)) for name, pattern in rules]

    @staticmethod
    def get_default_config() -> dict[str, Any]:
        """``prefix``: which of the data's regular expressions are rules."""
        return {"prefix": "safety."}

    @classmethod
    def create(
        cls,
        config: dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
    ) -> RuleMatcher:
        """A matcher without rules, to be trained."""
        return cls(config, [], model_storage, resource)

    @classmethod
    def load(
        cls,
        config: dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
        **kwargs: Any,
    ) -> RuleMatcher:
        """A trained matcher."""
        with model_storage.read_from(resource) as folder:
            rules = json.loads((folder / FILE).read_text(encoding="utf-8"))
        return cls(config, [(name, pattern) for name, pattern in rules], model_storage, resource)

    def train(self, training_data: TrainingData) -> Resource:
        """Keeps the rules of the training data.

        Raises:
            re.error: A rule is not a regular expression.
        """
        assert self._storage is not None and self._resource is not None
        rules = [
            (feature["name"], feature["pattern"])
            for feature in training_data.regex_features
            if feature["name"].startswith(self._prefix)
        ]
        RuleMatcher({"prefix": self._prefix}, rules)
        with self._storage.write_to(self._resource) as folder:
            (folder / FILE).write_text(json.dumps(rules, ensure_ascii=False, indent=1), encoding="utf-8")
        return self._resource

    def process(self, messages: list[Message]) -> list[Message]:
        """Marks the messages that a rule matches."""
        for message in messages:
            name = self.match(str(message.get("text") or ""))
            if name:
                decided = {"name": name, "confidence": 1.0}
                message.set(RULE, name, add_to_output=True)
                message.set(INTENT, decided, add_to_output=True)
                message.set(INTENT_RANKING_KEY, [decided], add_to_output=True)
        return messages

    def match(self, text: str) -> str | None:
        """The first rule that matches a text, if any."""
        words = flat(text)
        for name, pattern in self._compiled:
            if pattern.search(words):
                return name
        return None
