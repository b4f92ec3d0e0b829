"""Proposes where one message holds several questions. The dialogue decides, once every piece has been understood."""

from __future__ import annotations

import re
from itertools import pairwise
from typing import Any

from rasa.engine.graph import ExecutionContext, GraphComponent
from rasa.engine.storage.resource import Resource
from rasa.engine.storage.storage import ModelStorage
from rasa.shared.nlu.training_data.message import Message
from rasa.shared.nlu.training_data.training_data import TrainingData

from nlu.registration import component
from nlu.text import clean, letters

PARTS = "parts"

SENTENCE_END = re.compile(r"(?<=[?!;])\s*|(?<=[^\W\d_]{2}[.…])\s+|\n+|\s+[-–•]\s+|(?<=\S)\s+(?=\(?[1-9][.)]\s)")
WORDS = (
    r"and also|and then|and|plus|as well as|but also|but|et aussi|et puis|et|ainsi que|mais aussi|mais|"
    r"puis(?![- ]je)|en plus|par ailleurs|et ensuite|ensuite|,\s*(?:also|aussi)"
)
ASKING = (
    r"who|what|where|when|which|how|is|are|do|does|can|"
    r"qui|que|quel|quelle|quels|quelles|ou|où|comment|combien|quand|est-ce"
)
JOINT = re.compile(
    rf"\s*(?:,\s*)?\b(?:{WORDS})\b[\s,:]*|\s*[;/&+]\s*|\s*,\s*(?=(?:{ASKING})\b)|(?<=\w\w\w),(?=\s*\w+(?:\s\w+)?\s+(?:{WORDS})\b)",
    re.IGNORECASE,
)
SHORT = 60
ABOUT = "about"
"""Metadata of a message: in a few words, what the conversation was about before it."""
LEANING = 12
"""Longer messages hardly lean on what was said before."""


def sentences(text: str) -> list[str]:
    """The sentences and lines of a text, without those that hold no word."""
    return _worded(SENTENCE_END.split(clean_lines(text)))


def clauses(sentence: str, most: int) -> list[str]:
    """The pieces of one sentence between commas and words like "and"; empty where there is only one piece."""
    pieces = _worded(JOINT.split(sentence))
    return pieces if 1 < len(pieces) <= most else []


def clean_lines(text: str) -> str:
    """The text cleaned line by line, since a new line often starts a new question."""
    return "\n".join(filter(None, (clean(line) for line in text.splitlines())))


def _worded(pieces: list[str]) -> list[str]:
    return [piece.strip(" ,;:-–•") for piece in pieces if piece and letters(piece) > 1]


def _together(parts: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Short pieces once more, each with the piece before it, whose subject they may share."""
    pieces = [part for part in parts if part["level"] == "clause"] or [p for p in parts if p["level"] == "sentence"]
    return [
        {"text": f"{before['text']} {piece['text']}", "level": "together", "of": piece["of"], "piece": piece["text"]}
        for before, piece in pairwise(pieces)
        if len(piece["text"].split()) <= LEANING // 2 + 2
    ]


@component("MESSAGE_FEATURIZER", trainable=False)
class QuestionSplitter(GraphComponent):
    """Sets ``parts`` on each message: a list of ``{"text", "level"}``.

    The first part, level ``message``, is always the whole message. Others, at most ``most_parts``, are its sentences
    (level ``sentence``) and the clauses of each sentence (level ``clause``, with ``of``, the sentence's index).
    Short pieces come once more with the piece before them (level ``together``, with ``piece``, the piece's own text).
    Where the metadata says what the conversation is ``about``, the last part is the message with that (level
    ``context``).
    """

    def __init__(self, config: dict[str, Any]) -> None:
        self._most: int = config["most_parts"]

    @staticmethod
    def get_default_config() -> dict[str, Any]:
        """``most_parts``: beyond this a text is an essay, and only its beginning is looked at in pieces."""
        return {"most_parts": 12}

    @classmethod
    def create(
        cls,
        config: dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
    ) -> QuestionSplitter:
        """A splitter needs no training."""
        return cls(config)

    def process_training_data(self, training_data: TrainingData) -> TrainingData:
        """Examples are one question each and stay whole."""
        return training_data

    def process(self, messages: list[Message]) -> list[Message]:
        """Adds the parts."""
        for message in messages:
            text = str(message.get("text") or "")
            parts = self.split(text)
            about = (message.get("metadata") or {}).get(ABOUT)
            if about and len(text.split()) <= LEANING:
                parts.append({"text": f"{clean(text)}, {about}", "level": "context"})
            parts += _together(parts)
            message.set(PARTS, parts, add_to_output=True)
        return messages

    def split(self, text: str) -> list[dict[str, Any]]:
        """The whole text, then the pieces it may consist of."""
        parts: list[dict[str, Any]] = [{"text": clean(text), "level": "message"}]
        found = sentences(text)[: self._most]
        asked = any("?" in sentence for sentence in found)
        for index, sentence in enumerate(found):
            if asked and "?" not in sentence and len(sentence) > SHORT:
                continue  # the story around a question; the whole message holds it all the same
            if len(found) > 1:
                parts.append({"text": sentence, "level": "sentence", "of": index})
            parts += [{"text": piece, "level": "clause", "of": index} for piece in clauses(sentence, 4)]
        return parts[: self._most + 1]
