"""The intent classifier as a Rasa component: calibrated confidence for a message and for each of its parts."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from rasa.engine.graph import ExecutionContext, GraphComponent
from rasa.engine.storage.resource import Resource
from rasa.engine.storage.storage import ModelStorage
from rasa.shared.nlu.constants import INTENT, INTENT_RANKING_KEY
from rasa.shared.nlu.training_data.message import Message
from rasa.shared.nlu.training_data.training_data import TrainingData

from nlu.known import KnownQuestions
from nlu.linear_model import Document, LinearIntentModel, Trainer
from nlu.registration import component
from nlu.rules import RULE
from nlu.sentence_vectors import ENCODE, VECTOR
from nlu.spacy_tokens import LEMMAS
from nlu.splitter import PARTS
from nlu.text import folded, without_accents

Encode = Callable[[list[str]], Any]

NOTHING = {"name": None, "confidence": 0.0}


class TrainingDataError(ValueError):
    """There is nothing to learn from."""


@component("INTENT_CLASSIFIER", trainable=True)
class CalibratedClassifier(GraphComponent):
    """Sets ``intent`` and ``intent_ranking`` on messages, and ``ranking`` (pairs of name and confidence) on parts."""

    def __init__(
        self,
        config: dict[str, Any],
        model: LinearIntentModel | None,
        storage: ModelStorage | None = None,
        resource: Resource | None = None,
        known: KnownQuestions | None = None,
    ) -> None:
        self._config = config
        self._model = model
        self._known = known or KnownQuestions.of((), ())
        self._storage = storage
        self._resource = resource

    @staticmethod
    def get_default_config() -> dict[str, Any]:
        """``dense_decay``, ``sparse_decay``: strength of regularisation; ``ranking_length``: intents named.

        ``unsettled``: how the names of intents begin whose questions mean something else after what was said before,
        so that the same words settle nothing.
        """
        return {"dense_decay": 1e-4, "sparse_decay": 1e-5, "ranking_length": 10, "unsettled": []}

    @classmethod
    def create(
        cls,
        config: dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
    ) -> CalibratedClassifier:
        """A classifier to be trained."""
        return cls(config, None, model_storage, resource)

    @classmethod
    def load(
        cls,
        config: dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
        **kwargs: Any,
    ) -> CalibratedClassifier:
        """A trained classifier."""
        with model_storage.read_from(resource) as folder:
            model, known = LinearIntentModel.load(folder), KnownQuestions.load(folder)
        return cls(config, model, model_storage, resource, known)

    def train(self, training_data: TrainingData) -> Resource:
        """Learns from the examples that have an intent and a vector.

        Raises:
            TrainingDataError: There are fewer than two intents.
        """
        assert self._storage is not None and self._resource is not None
        examples = [message for message in training_data.intent_examples if message.get(VECTOR) is not None]
        intents = [str(message.get(INTENT)) for message in examples]
        if len(set(intents)) < 2:
            raise TrainingDataError("The classifier needs examples of at least two intents; the data has fewer.")
        trainer = Trainer(
            [_document(str(m.get("text")), str(m.get(LEMMAS)), m.get(VECTOR)) for m in examples],
            intents,
            dense_decay=self._config["dense_decay"],
            sparse_decay=self._config["sparse_decay"],
        )
        self._model = trainer.fit()
        self._known = self._taught([str(message.get("text")) for message in examples], intents)
        with self._storage.write_to(self._resource) as folder:
            self._model.save(folder)
            self._known.save(folder)
        return self._resource

    def _taught(self, texts: list[str], intents: list[str]) -> KnownQuestions:
        assert self._model is not None
        places = {name: place for place, name in enumerate(self._model.intents)}
        known = KnownQuestions.of(texts, [places[name] for name in intents])
        unsettled = tuple(self._config["unsettled"])
        return known.without([place for name, place in places.items() if name.startswith(unsettled)])

    def process(self, messages: list[Message]) -> list[Message]:
        """Classifies messages and their parts; a message decided by rule keeps its intent."""
        for message in messages:
            encode: Encode | None = message.get(ENCODE)
            parts = [part for part in message.get(PARTS) or [] if encode or part.get(VECTOR) is not None]
            if not parts or self._model is None:
                message.set(PARTS, [], add_to_output=True)
                message.set(INTENT, dict(message.get(INTENT) or NOTHING), add_to_output=True)
                continue
            rankings = self._rank(parts, encode)
            message.set(PARTS, [_described(part, rank) for part, rank in zip(parts, rankings)], add_to_output=True)
            if not message.get(RULE):
                named = [{"name": name, "confidence": confidence} for name, confidence in rankings[0]]
                message.set(INTENT, named[0], add_to_output=True)
                message.set(INTENT_RANKING_KEY, named, add_to_output=True)
        return messages

    def _rank(self, parts: list[dict[str, Any]], encode: Encode | None) -> list[list[tuple[str, float]]]:
        assert self._model is not None
        documents = [_document(part["text"], part[LEMMAS], part.get(VECTOR)) for part in parts]
        vectors = (lambda: encode([part["text"] for part in parts])) if encode else None
        table = self._model.probabilities(documents, vectors)
        self._known.settle([part["text"] for part in parts], table)
        length = min(self._config["ranking_length"], table.shape[1])
        order = np.argsort(-table, axis=1)[:, :length]
        return [
            [(self._model.intents[column], float(row[column])) for column in columns]
            for row, columns in zip(table, order)
        ]


def _document(text: str, lemmas: str, vector: Any) -> Document:
    return Document(without_accents(folded(text)), lemmas, vector)


def _described(part: dict[str, Any], ranking: list[tuple[str, float]]) -> dict[str, Any]:
    """A part as it leaves the pipeline: only what can be stored as JSON."""
    return {key: part[key] for key in ("text", "level", "span", "joint") if key in part} | {"ranking": ranking}
