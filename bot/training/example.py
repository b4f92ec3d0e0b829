"""A sample question as Rasa's pipeline carries it."""

from __future__ import annotations

import hashlib
import json
from typing import Any

from rasa.nlu.tokenizers.tokenizer import Token
from rasa.shared.nlu.training_data.message import Message
from rasa.shared.utils.io import deep_container_fingerprint


class TrainingExample(Message):
    """A message that is copied and hashed cheaply.

    Rasa copies every example several times before a training, and hashes it anew after each step that added something:
    with tens of thousands of them that took longer than learning from them.
    """

    _cached_fingerprint: str | None

    def __deepcopy__(self, memo: dict[int, Any]) -> TrainingExample:
        """A copy to which components may add; what is there already is shared, since nobody changes it in place."""
        copy = type(self)(self.data, set(self.output_properties), self.time, list(self.features))
        copy._cached_fingerprint = self._cached_fingerprint
        return copy

    def fingerprint(self) -> str:
        """The hash of everything in it, as :meth:`Message.fingerprint` promises."""
        if self._cached_fingerprint is None:
            digest = hashlib.sha256()
            for key, value in sorted(self.data.items()):
                digest.update(f"\0{key}\0{_hash(value)}".encode("utf-8", "surrogatepass"))
            for feature in self.features:
                digest.update(feature.fingerprint().encode())
            self._cached_fingerprint = digest.hexdigest()
        return str(self._cached_fingerprint)


def _hash(value: Any) -> str:
    if isinstance(value, str):
        return value
    if isinstance(value, list) and all(isinstance(item, Token) for item in value):
        return repr([(token.text, token.start, token.end, token.lemma, token.data) for token in value])
    try:
        return json.dumps(value, sort_keys=True)
    except TypeError:  # holds something else than plain data
        return str(deep_container_fingerprint(value))
