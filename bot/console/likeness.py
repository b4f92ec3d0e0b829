"""How alike a question is to those that answers have already, by the words in common; the draft needs no learning."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterable, Mapping
from functools import lru_cache
from pathlib import Path
from sys import intern

import numpy as np
import numpy.typing as npt

from bot.knowledge.model import Entry, Knowledge, Topic
from bot.knowledge.reader import knowledge_version, read_knowledge
from nlu.text import flat

LONGEST_STEM = 6

_READ: dict[str, tuple[str, ...]] = {}
"""Stems of the texts that were looked at last: after an edit nearly all are the same."""


class Likeness:
    """The sample questions and titles of all answers, by their words; rare words count more."""

    def __init__(self, texts: Mapping[str, Iterable[str]]) -> None:
        """``texts`` are those of each answer, by its id."""
        self._names: list[str] = []
        owners: list[int] = []
        read: dict[str, tuple[str, ...]] = {}
        postings: dict[str, list[int]] = defaultdict(list)
        for name, own in texts.items():
            self._names.append(name)
            for text in own:
                read[text] = stems = _READ.get(text) or tuple(map(intern, _stems(text)))
                for stem in stems:
                    postings[stem].append(len(owners))
                owners.append(len(self._names) - 1)
        _READ.clear()
        _READ.update(read)
        self._owners = np.array(owners, dtype=np.int32)
        self._postings = {stem: np.array(rows, dtype=np.int32) for stem, rows in postings.items()}
        self._weights = {stem: math.log(1 + len(owners) / len(rows)) for stem, rows in postings.items()}
        self._unknown = math.log(1 + len(owners))
        squares = np.zeros(len(owners), dtype=np.float32)
        for stem, rows in self._postings.items():
            squares[rows] += self._weights[stem] ** 2
        self._lengths: npt.NDArray[np.float32] = np.sqrt(np.maximum(squares, 1e-9))

    def shares(self, text: str) -> dict[str, float]:
        """Answers with a word in common, each with the share (0 to 1) in which its most alike question agrees."""
        stems = _stems(text)
        length = math.sqrt(sum(self._weights.get(stem, self._unknown) ** 2 for stem in stems)) or 1.0
        common = np.zeros(len(self._owners), dtype=np.float32)
        for stem in stems & self._postings.keys():
            common[self._postings[stem]] += self._weights[stem] ** 2
        best = np.zeros(len(self._names), dtype=np.float32)
        np.maximum.at(best, self._owners, common / self._lengths / length)
        return {self._names[at]: float(best[at]) for at in np.flatnonzero(best)}


def _stems(text: str) -> set[str]:
    return {word.rstrip("s")[:LONGEST_STEM] or word for word in flat(text).split()}


def items_of(knowledge: Knowledge) -> list[Entry | Topic]:
    """Everything that questions can belong to: answers, then known topics."""
    return [*knowledge.entries.values(), *knowledge.topics.values()]


@lru_cache(maxsize=1)
def _drafted(folder: Path, version: str) -> tuple[Knowledge, Likeness]:
    knowledge = read_knowledge(folder)
    texts = {
        item.id: [*item.title.values(), *(q for by in knowledge.questions.values() for q in by.get(item.id, ()))]
        for item in items_of(knowledge)
    }
    return knowledge, Likeness(texts)


def drafted(folder: Path) -> tuple[Knowledge, Likeness]:
    """What stands in the draft, also what was never published; remembered until a file changes.

    Raises:
        KnowledgeError: The draft cannot be read.
    """
    return _drafted(folder, knowledge_version(folder))
