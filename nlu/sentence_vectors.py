"""Sentence vectors as a Rasa featurizer: one or more encoders side by side, for messages and for their parts."""

from __future__ import annotations

import hashlib
import os
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from rasa.engine.graph import ExecutionContext, GraphComponent
from rasa.engine.storage.resource import Resource
from rasa.engine.storage.storage import ModelStorage
from rasa.shared.nlu.constants import FEATURE_TYPE_SENTENCE, TEXT
from rasa.shared.nlu.training_data.features import Features
from rasa.shared.nlu.training_data.message import Message
from rasa.shared.nlu.training_data.training_data import TrainingData

from nlu.encoders.encoder import FORMAT, SentenceEncoder, load_encoder
from nlu.encoders.remembered import RememberedVectors
from nlu.registration import component
from nlu.splitter import PARTS
from nlu.text import folded

Array = npt.NDArray[np.float32]

VECTOR = "vector"
ENCODE = "encode"
"""Of a message whose vectors are made when they are needed: the function that makes them of a list of texts."""

ENCODERS = ThreadPoolExecutor(max_workers=4, thread_name_prefix="encoder")

_LOADED: dict[tuple[str, Path | None], SentenceEncoder] = {}


def shared_encoder(name: str, cache: Path | None) -> SentenceEncoder:
    """An encoder is loaded once a process, whatever number of models use it: its weights never change."""
    key = (name, cache)
    if key not in _LOADED:
        _LOADED[key] = load_encoder(name, cache)
    return _LOADED[key]


def loaded_encoders() -> list[SentenceEncoder]:
    """The encoders that this process has loaded, for measuring them by themselves."""
    return list(_LOADED.values())


class FingerprintedArray(np.ndarray):  # type: ignore[type-arg]
    """An array that says its own hash, since Rasa would print every number of it to hash the text, at each step."""

    def fingerprint(self) -> str:
        """The hash of its bytes."""
        return hashlib.sha256(np.ascontiguousarray(self).tobytes()).hexdigest()


@component("MESSAGE_FEATURIZER", trainable=False)
class SentenceVectors(GraphComponent):
    """Gives each message a sentence feature and each part of it a ``vector``, of shape (encoders, size).

    Or, ``when_needed``, only the means to make them, since encoding costs most of a message's time.
    """

    def __init__(self, config: dict[str, Any]) -> None:
        cache = Path(config["cache"]) if config["cache"] else None
        self._encoders = list(ENCODERS.map(lambda name: shared_encoder(name, cache), config["encoders"]))
        name = "-".join(["vectors", *config["encoders"], FORMAT])
        self._when_needed: bool = config["when_needed"]
        self._remembered = RememberedVectors(cache / f"{name}.npz") if cache else None

    @staticmethod
    def get_default_config() -> dict[str, Any]:
        """``encoders``: see ``nlu.encoders.sources``; ``cache``: where they are built, None for the user's cache;
        ``when_needed``: leave it to the classifier to ask for vectors."""
        return {"encoders": ["minilm", "e5"], "cache": None, "when_needed": False}

    @classmethod
    def create(
        cls,
        config: dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
    ) -> SentenceVectors:
        """Loads the encoders, building them at the first use."""
        return cls(config)

    def encode(self, texts: list[str]) -> Array:
        """Vectors of shape (len(texts), encoders, size); all encoders must have the same size."""
        read = [folded(text) for text in texts]
        # Side by side: an encoder computes on one core and leaves Python's lock to others meanwhile.
        waiting = [ENCODERS.submit(encoder.encode, read) for encoder in self._encoders[1:]]
        found = [self._encoders[0].encode(read), *(later.result() for later in waiting)]
        return np.stack(found, axis=1)

    def process_training_data(self, training_data: TrainingData) -> TrainingData:
        """Encodes all examples, but for those whose vectors are remembered from the training before."""
        examples = [message for message in training_data.training_examples if message.get(TEXT)]
        if examples:
            texts = [str(message.get(TEXT)) for message in examples]
            vectors = self._remembered.encode(texts, self._encode_many) if self._remembered else self.encode(texts)
            for message, vector in zip(examples, vectors):
                self._add_feature(message, vector)
        return training_data

    def _encode_many(self, texts: list[str]) -> Array:
        """On all cores, each with a share of the texts."""
        cores = os.cpu_count() or 1
        with ThreadPoolExecutor(cores) as pool:
            shares = list(pool.map(self.encode, [texts[core::cores] for core in range(cores)]))
        vectors = np.empty((len(texts), *shares[0].shape[1:]), dtype=np.float32)
        for core, share in enumerate(shares):
            vectors[core::cores] = share
        return vectors

    def process(self, messages: list[Message]) -> list[Message]:
        """Encodes messages with all their parts in one go, or says how to."""
        for message in messages:
            if not message.get(TEXT):
                continue
            if self._when_needed:
                message.set(ENCODE, self.encode)
                continue
            parts = message.get(PARTS) or [{"text": message.get(TEXT)}]
            vectors = self.encode([part["text"] for part in parts])
            for part, vector in zip(parts, vectors):
                part[VECTOR] = vector
            self._add_feature(message, vectors[0])
        return messages

    def _add_feature(self, message: Message, vector: Array) -> None:
        message.add_features(Features(vector.reshape(1, -1), FEATURE_TYPE_SENTENCE, TEXT, type(self).__name__))
        message.set(VECTOR, vector.view(FingerprintedArray))
