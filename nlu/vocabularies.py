"""Large vocabularies of languages, as sorted hashes: enough to say in which language a rare word exists."""

from __future__ import annotations

import gzip
import json
import zlib
from collections.abc import Iterable
from importlib.resources import files
from typing import Any

import numpy as np
import numpy.typing as npt

from nlu.text import flat

Hashes = npt.NDArray[np.uint32]

PACKAGE = "spacy_lookups_data"
TABLES = ("lemma_lookup", "lemma_index")
SHORTEST = 4
"""Shorter words exist in every language's tables, as abbreviations if nothing else."""


def hash_of(word: str) -> int:
    """32 bits; with half a million words a stranger is taken for known once in ten thousand times."""
    return zlib.crc32(word.encode())


def vocabulary(code: str) -> Hashes:
    """The words of spaCy's lemma tables for a language, without accents; empty where there are none."""
    words: set[str] = set()
    for table in TABLES:
        file = files(PACKAGE) / "data" / f"{code}_{table}.json.gz"
        if file.is_file():
            words |= set(_strings(json.loads(gzip.decompress(file.read_bytes()))))
    plain = {flat(word) for word in words if len(word) >= SHORTEST}
    return np.unique(np.array([hash_of(word) for word in plain if " " not in word], dtype=np.uint32))


def _strings(table: Any) -> Iterable[str]:
    """Every word of a table, whether it maps forms to lemmas or parts of speech to lists of words."""
    if isinstance(table, str):
        yield table
    elif isinstance(table, dict):
        for key, value in table.items():
            if isinstance(value, str):
                yield key
            yield from _strings(value)
    elif isinstance(table, list):
        for value in table:
            yield from _strings(value)


def knows(hashes: Hashes, word: str) -> bool:
    """Whether a word is in a vocabulary."""
    if len(word) < SHORTEST or not len(hashes):
        return False
    value = np.uint32(hash_of(word))
    place = int(np.searchsorted(hashes, value))
    return place < len(hashes) and bool(hashes[place] == value)
