"""Tokens and lemmas from spaCy's rule-based pipelines; no trained pipeline is needed."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from functools import lru_cache
from typing import Any
from unittest.mock import patch

import spacy
from rasa.engine.graph import ExecutionContext, GraphComponent
from rasa.engine.storage.resource import Resource
from rasa.engine.storage.storage import ModelStorage
from rasa.nlu.tokenizers.tokenizer import Token
from rasa.shared.nlu.constants import TEXT
from rasa.shared.nlu.training_data.message import Message
from rasa.shared.nlu.training_data.training_data import TrainingData
from spacy.language import Language
from spacy.lookups import Lookups
from spacy.tokens import Doc
from spacy.util import load_language_data, registry

from nlu.language import LANGUAGE
from nlu.registration import component
from nlu.splitter import PARTS
from nlu.text import folded, without_accents

LEMMAS = "lemmas"
TOKENS = "text_tokens"
LONG_PATTERN = 20_000
LEMMA_TABLE = "lemma_lookup"


class _NeverUsed:
    """Stands for an expression that is too long to compile for nothing."""

    def match(self, text: str) -> None:
        return None


@contextmanager
def _without_long_patterns() -> Iterator[None]:
    """Within it, regular expressions of over 20,000 characters are not compiled.

    spaCy's French rules hold one that lists thousands of hyphenated words to keep whole. Compiling it takes a third of
    a server's start; without it "porte-parole" is two tokens, as it is when somebody types it without the hyphen.
    """
    compiled = re.compile

    def compile_short(pattern: Any, flags: Any = 0) -> Any:
        long = isinstance(pattern, str) and len(pattern) > LONG_PATTERN
        return _NeverUsed() if long else compiled(pattern, flags)

    with patch.object(re, "compile", compile_short):
        yield


class _PlainLookups(Lookups):
    """A language's lemma table as the dictionary that its file holds.

    spaCy's own class hashes every word anew to fill a Bloom filter, which takes half a second at each start.
    """

    def __init__(self, language: str) -> None:
        """``language``: a code of two letters. Empty where spaCy has no lemmas for the language."""
        super().__init__()
        files = registry.lookups.get(language) if language in registry.lookups else {}
        if LEMMA_TABLE in files:
            self.set_table(LEMMA_TABLE, load_language_data(files[LEMMA_TABLE]))


@lru_cache(maxsize=8)
def pipeline(language: str) -> Language:
    """spaCy's blank pipeline of a language with lemma look-up, or its multi-language tokenizer for an unknown one."""
    try:
        with _without_long_patterns():
            nlp = spacy.blank(language)
        nlp.add_pipe("lemmatizer", config={"mode": "lookup"}).initialize(lookups=_PlainLookups(language))
    except (ImportError, ValueError):
        nlp = spacy.blank("xx")
    return nlp


@component("MESSAGE_TOKENIZER", trainable=False)
class SpacyTokens(GraphComponent):
    """Gives each message Rasa's tokens (with lemmas) and each of its parts its lemmas, in the message's language."""

    def __init__(self, config: dict[str, Any]) -> None:
        self._default: str = config["default_language"]
        self._languages: list[str] = config["languages"]
        for language in self._languages:
            pipeline(language)

    @staticmethod
    def get_default_config() -> dict[str, Any]:
        """``languages`` that have lemma tables, and the one for messages whose language is not known."""
        return {"languages": ["fr", "en"], "default_language": "en"}

    @classmethod
    def create(
        cls,
        config: dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
    ) -> SpacyTokens:
        """Loads the tables."""
        return cls(config)

    def process_training_data(self, training_data: TrainingData) -> TrainingData:
        """Adds tokens and lemmas to the training examples."""
        self.process(training_data.training_examples)
        return training_data

    def process(self, messages: list[Message]) -> list[Message]:
        """Adds tokens to messages and lemmas to their parts."""
        for message in messages:
            text = message.get(TEXT)
            if text is None:
                continue
            nlp = pipeline(self._language(message))
            doc = nlp(folded(text))
            message.set(TOKENS, [Token(token.text, token.idx, lemma=token.lemma_) for token in doc])
            message.set(LEMMAS, _lemmas(doc))
            for index, part in enumerate(message.get(PARTS) or ()):
                part[LEMMAS] = _lemmas(doc) if index == 0 else _lemmas(nlp(folded(part["text"])))
        return messages

    def _language(self, message: Message) -> str:
        code = (message.get(LANGUAGE) or {}).get("code")
        return code if code in self._languages else self._default


def _lemmas(doc: Doc) -> str:
    words = ((token.lemma_ or token.text) for token in doc if not token.is_punct and not token.is_space)
    return without_accents(" ".join(words).lower())
