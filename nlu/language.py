"""Which language a message is in: one of the bot's own, another one, or none that its words would tell."""

from __future__ import annotations

import json
import math
import re
import unicodedata
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from functools import lru_cache
from itertools import pairwise
from typing import Any, NamedTuple

import numpy as np
from rasa.engine.graph import ExecutionContext, GraphComponent
from rasa.engine.storage.resource import Resource
from rasa.engine.storage.storage import ModelStorage
from rasa.shared.nlu.training_data.message import Message
from rasa.shared.nlu.training_data.training_data import TrainingData

from nlu.lexicons import BAMBARA, BAMBARA_WEAK, FOREIGN, OWN
from nlu.registration import component
from nlu.text import clean, flat
from nlu.vocabularies import Hashes, knows, vocabulary

LANGUAGE = "language"
OTHER = "other"
BAMBARA_CODE = "bm"
FILE = "language.json"
VOCABULARIES = "vocabularies.npz"
NO_WORDS: Hashes = np.array([], dtype=np.uint32)

LEXICON_COUNT = 40
MOST_EVIDENCE = 3.0
NEEDED_EVIDENCE = 0.8
LEANING_EVIDENCE = 0.3
NO_DOUBT = 2.5
KNOWN_ENOUGH = 0.34
RARE_WORD_EVIDENCE = 1.2
RARELY = 3
"""A word that the bot's own people use more often than this marks no other language."""

OFTEN, MOSTLY = 8, 8
"""A word that each language uses at least so often, and none so many times as often as another, belongs to all."""

NO_SPEECH = re.compile(r"<[^<>]*>|&#?\w+;|https?://\S+|(?<!\S)/\w+")
"""Markup, addresses and commands, which are written alike in every language."""

NAMED = 3
"""So often each language uses a pair of words that is a name."""

Table = dict[str, dict[str, int]]


def example_language(message: Message) -> str | None:
    """The language that a training example says of itself in its metadata, if it does."""
    metadata = (message.get("metadata") or {}).get("example") or {}
    return metadata.get("language") if isinstance(metadata, dict) else None


class Finding(NamedTuple):
    """The language of a text.

    ``code`` is as :meth:`LanguageModel.detect` gives it; ``sure``: the text leaves no doubt; ``leaning``: where the
    text does not tell, the language that it looks a little more like, for when nothing else tells either.
    """

    code: str | None
    sure: bool = False
    leaning: str | None = None


class LanguageModel:
    """Naive Bayes over words, with letter triples for words never seen; see Manning et al. 2008, chapter 13."""

    def __init__(
        self,
        languages: list[str],
        words: Table,
        triples: Table,
        vocabularies: Mapping[str, Hashes] | None = None,
        pairs: Table | None = None,
    ) -> None:
        """``words``, ``triples``, ``pairs`` of words: item → language → how often; ``vocabularies``: rarer words."""
        self.languages = languages
        self.vocabularies = dict(vocabularies or {})
        self.words = words
        self.triples = triples
        self.pairs = pairs or {}
        self._totals = {code: 1 + sum(counts.get(code, 0) for counts in words.values()) for code in languages}
        self._triple_totals = {code: 1 + sum(counts.get(code, 0) for counts in triples.values()) for code in languages}

    @classmethod
    def learn(
        cls,
        languages: list[str],
        examples: Iterable[tuple[str, str]],
        vocabularies: Mapping[str, Hashes] | None = None,
    ) -> LanguageModel:
        """From pairs of text and language, and from the built-in lists of frequent words."""
        words: dict[str, Counter[str]] = defaultdict(Counter)
        triples: dict[str, Counter[str]] = defaultdict(Counter)
        pairs_of_words: dict[str, Counter[str]] = defaultdict(Counter)
        learned = [(flat(text).split(), code) for text, code in examples if code in languages]
        known = [code for code in languages if code in OWN]
        counted = [(word, code, LEXICON_COUNT) for code in known for word in OWN[code]]
        counted += [(word, code, 1) for text, code in learned for word in text]
        for text, code in learned:
            for first, second in pairwise(text):
                pairs_of_words[f"{first} {second}"][code] += 1
        for word, code, count in counted:
            words[word][code] += count
            for triple in _triples(word):
                triples[triple][code] += min(count, 3)
        often = {pair: counts for pair, counts in pairs_of_words.items() if sum(counts.values()) >= RARELY}
        return cls(languages, _plain(words), _plain(triples), vocabularies, _plain(often))

    def detect(self, text: str) -> str | None:
        """A code of the bot's languages, ``bm``, ``other``, or None where the text does not tell."""
        return self.weigh(text).code

    def weigh(self, text: str) -> Finding:
        """What :meth:`detect` finds, how sure it is, and which way a text leans that does not tell."""
        if _mostly_foreign_script(text):
            return Finding(OTHER, sure=True)
        text = NO_SPEECH.sub(" ", text)
        words = [word for word in flat(text).split() if not word.isdigit()]  # numbers tell no language
        if not words:
            return Finding(None)
        foreign = self._foreign(words)
        if foreign is not None:
            return Finding(foreign, sure=True)
        evidence = self._evidence(words)
        best, second = sorted([*evidence.values(), *([0.0] * (2 - len(evidence)))], reverse=True)[:2]
        found = max(evidence, key=lambda code: evidence[code])
        if best - second < NEEDED_EVIDENCE:
            return Finding(None, leaning=found if best - second >= LEANING_EVIDENCE else None)
        return Finding(found, sure=best - second >= NO_DOUBT)

    def _foreign(self, words: list[str]) -> str | None:
        own = sum(1 for word in words if any(word in OWN.get(code, ()) for code in self.languages))
        seen = sum(1 for word in words if word in self.words)
        strong = sum(1 for word in words if word in BAMBARA and not self._is_ours(word))
        weak = sum(1 for word in words if word in BAMBARA_WEAK)
        letters = sum(1 for word in words if set(word) & set("ɛɔɲŋ"))
        score = strong + letters + 0.5 * weak
        others = sum(1 for word in words if word not in BAMBARA and word not in BAMBARA_WEAK and word in self.words)
        if (strong or letters or weak == len(words) > 1) and score >= 1.0 and score > others * 0.7:
            return BAMBARA_CODE
        strange = [word for word in words if sum(self.words.get(word, {}).values()) <= RARELY]
        hits = max((sum(1 for word in strange if word in marks) for marks in FOREIGN.values()), default=0)
        plain = sum(1 for word in words if word in self.words and word not in strange)
        if hits and hits > plain and (hits >= 2 or len(words) <= 2) and hits > own * 0.8:
            return OTHER
        if len(words) >= 4 and seen / len(words) < KNOWN_ENOUGH and hits:
            return OTHER
        return None

    def _is_ours(self, word: str) -> bool:
        return any(word in OWN.get(code, ()) for code in self.languages)

    def _evidence(self, words: list[str]) -> dict[str, float]:
        scores = dict.fromkeys(self.languages, 0.0)
        named = self._named(words)
        for place, word in enumerate(words):
            counts, totals, most = self.words.get(word), self._totals, MOST_EVIDENCE
            if place in named:
                continue
            if counts is not None and self._is_shared(counts, OFTEN):
                self._add(scores, counts, totals, MOST_EVIDENCE / 6)
                continue
            homes = [code for code in self.languages if knows(self.vocabularies.get(code, NO_WORDS), word)]
            if counts is not None:
                typo = self.vocabularies and not homes and sum(counts.values()) < RARELY
                self._add(scores, counts, totals, most / 6 if typo else most)
                if len(homes) == 1:
                    scores[homes[0]] += RARE_WORD_EVIDENCE / 3
                continue
            if homes:
                for code in homes if len(homes) < len(self.languages) else ():
                    scores[code] += RARE_WORD_EVIDENCE
            else:
                # Each once: a letter that is held down for a line tells no more than one.
                found = [self.triples[triple] for triple in dict.fromkeys(_triples(word)) if triple in self.triples]
                for triple in found:
                    self._add(scores, triple, self._triple_totals, MOST_EVIDENCE / (12 if self.vocabularies else 4))
        for pair in map(" ".join, pairwise(words)):
            if pair in self.pairs:
                self._add(scores, self.pairs[pair], self._totals, MOST_EVIDENCE / 2)
        return scores

    def _named(self, words: list[str]) -> set[int]:
        """Places of words in names that all languages use as they are: "mil to mil", "American Center"."""
        pairs = enumerate(map(" ".join, pairwise(words)))
        return {
            n for place, pair in pairs if self._is_shared(self.pairs.get(pair, {}), NAMED) for n in (place, place + 1)
        }

    def _is_shared(self, counts: dict[str, int], least: int) -> bool:
        """Whether each language uses a word or two so often, as they do names and acronyms: it tells little."""
        found = [counts.get(code, 0) for code in self.languages]
        return len(found) > 1 and min(found) >= least and max(found) < MOSTLY * min(found)

    def _add(self, scores: dict[str, float], counts: dict[str, int], totals: dict[str, int], most: float) -> None:
        logs = {code: math.log((counts.get(code, 0) + 0.5) / totals[code]) for code in self.languages}
        mean = sum(logs.values()) / len(logs)
        for code, value in logs.items():
            scores[code] += max(-most, min(most, value - mean)) / 2


@lru_cache(maxsize=4)
def _lexicon(languages: tuple[str, ...]) -> LanguageModel:
    # Without letter triples: those of a few hundred frequent words take "passport" and "visa" for French.
    return LanguageModel(list(languages), LanguageModel.learn(list(languages), []).words, {})


def by_frequent_words(text: str, languages: tuple[str, ...]) -> Finding:
    """The language of a text as far as the built-in lists of frequent words tell it: for when no model can be asked."""
    return _lexicon(languages).weigh(text)


def _plain(table: Mapping[str, Mapping[str, int]]) -> Table:
    return {item: dict(counts) for item, counts in table.items()}


def _triples(word: str) -> list[str]:
    padded = f" {word} "
    return [padded[i : i + 3] for i in range(len(padded) - 2)]


def _mostly_foreign_script(text: str) -> bool:
    letters = [char for char in clean(text) if char.isalpha()]
    latin = sum(1 for char in letters if unicodedata.name(char, "").startswith("LATIN"))
    return bool(letters) and latin * 2 < len(letters)


@component("MESSAGE_FEATURIZER", trainable=True)
class LanguageDetector(GraphComponent):
    """Sets ``language`` on each message, a :class:`Finding` as a dictionary.

    It learns from examples that name their language in their metadata; without any it knows its word lists.
    """

    def __init__(
        self,
        config: dict[str, Any],
        model: LanguageModel,
        storage: ModelStorage | None = None,
        resource: Resource | None = None,
    ) -> None:
        self._model = model
        self._storage = storage
        self._resource = resource

    @staticmethod
    def get_default_config() -> dict[str, Any]:
        """``languages``: those that the bot speaks."""
        return {"languages": ["fr", "en"]}

    @classmethod
    def create(
        cls,
        config: dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
    ) -> LanguageDetector:
        """A detector that knows only frequent words, to be trained."""
        return cls(config, LanguageModel.learn(config["languages"], []), model_storage, resource)

    @classmethod
    def load(
        cls,
        config: dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
        **kwargs: Any,
    ) -> LanguageDetector:
        """A trained detector."""
        with model_storage.read_from(resource) as folder:
            data = json.loads((folder / FILE).read_text(encoding="utf-8"))
            with np.load(folder / VOCABULARIES, allow_pickle=False) as stored:
                vocabularies = {code: stored[code] for code in stored.files}
        model = LanguageModel(data["languages"], data["words"], data["triples"], vocabularies, data["pairs"])
        return cls(config, model, model_storage, resource)

    def train(self, training_data: TrainingData) -> Resource:
        """Counts the words of the examples whose language is given."""
        assert self._storage is not None and self._resource is not None
        pairs = [
            (str(message.get("text")), code)
            for message in training_data.intent_examples
            if (code := example_language(message)) is not None
        ]
        vocabularies = {code: vocabulary(code) for code in self._model.languages}
        self._model = LanguageModel.learn(self._model.languages, pairs, vocabularies)
        with self._storage.write_to(self._resource) as folder:
            model = self._model
            data = {"languages": model.languages, "words": model.words, "triples": model.triples, "pairs": model.pairs}
            (folder / FILE).write_text(json.dumps(data, ensure_ascii=False), encoding="utf-8")
            with (folder / VOCABULARIES).open("wb") as file:
                np.savez_compressed(file, **vocabularies)
        return self._resource

    def process_training_data(self, training_data: TrainingData) -> TrainingData:
        """Sets the language of the examples: what they say of themselves, else what is detected."""
        for message in training_data.training_examples:
            code = example_language(message) or self._model.detect(str(message.get("text") or ""))
            message.set(LANGUAGE, {"code": code})
        return training_data

    def process(self, messages: list[Message]) -> list[Message]:
        """Sets the language of messages."""
        for message in messages:
            finding = self._model.weigh(str(message.get("text") or ""))
            message.set(LANGUAGE, finding._asdict(), add_to_output=True)
        return messages
