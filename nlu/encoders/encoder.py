"""A sentence encoder on onnxruntime, built once from installed weights and kept in a cache folder."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt
import onnxruntime
from tokenizers import Tokenizer

from nlu.encoders.sources import SOURCES

Array = npt.NDArray[np.float32]

FORMAT = "4"
MAX_TOKENS = 96
PADDING = 1.5
"""Texts are computed together while the longest has at most so many times the tokens of the shortest."""
GRAPH, WORDS, TOKENIZER = "encoder.onnx", "words.npy", "tokenizer.json"


def default_cache() -> Path:
    """Where built encoders are kept when nobody says otherwise."""
    base = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(base) / "sentence-encoders"


class SentenceEncoder:
    """Turns texts into unit vectors of ``size`` numbers."""

    def __init__(self, folder: Path) -> None:
        """Loads an encoder that :func:`load_encoder` built into ``folder``."""
        options = onnxruntime.SessionOptions()
        # One thread: two are slower for single sentences, and other conversations use the other core.
        options.intra_op_num_threads = 1
        options.inter_op_num_threads = 1
        options.log_severity_level = 3
        self._session = onnxruntime.InferenceSession(str(folder / GRAPH), options, providers=["CPUExecutionProvider"])
        self._words = np.load(folder / WORDS, mmap_mode="r")
        self._tokenizer = Tokenizer.from_file(str(folder / TOKENIZER))
        self._tokenizer.enable_truncation(MAX_TOKENS)
        self.size = int(self._words.shape[1])

    def encode(self, texts: Sequence[str], *, batch: int = 64) -> Array:
        """Unit vectors, float32 of shape (len(texts), size); texts are cut off after 96 tokens."""
        tokens = [encoding.ids for encoding in self._tokenizer.encode_batch(list(texts))]
        order = sorted(range(len(tokens)), key=lambda i: len(tokens[i]))
        vectors = np.zeros((len(tokens), self.size), dtype=np.float32)
        start = 0
        while start < len(order):
            shortest = len(tokens[order[start]])
            end = start + 1
            while end < len(order) and end - start < batch and len(tokens[order[end]]) <= shortest * PADDING:
                end += 1
            chosen = order[start:end]
            vectors[chosen] = self._run([tokens[i] for i in chosen])
            start = end
        return vectors

    def _run(self, tokens: list[list[int]]) -> Array:
        longest = max(len(ids) for ids in tokens)
        ids = np.zeros((len(tokens), longest), dtype=np.int64)
        mask = np.zeros_like(ids)
        for row, sentence in enumerate(tokens):
            ids[row, : len(sentence)] = sentence
            mask[row, : len(sentence)] = 1
        inputs = {"token_vectors": self._words[ids].astype(np.float32), "attention_mask": mask}
        result: Array = self._session.run(None, inputs)[0]
        return result


def load_encoder(name: str, cache: Path | None = None) -> SentenceEncoder:
    """The encoder of that name, built into the cache first if it is not there.

    Raises:
        ValueError: No such encoder is known.
        EncoderMissingError: The package with its weights is not installed.
    """
    if name not in SOURCES:
        raise ValueError(f"No sentence encoder is called '{name}'. Known ones: {', '.join(sorted(SOURCES))}.")
    folder = (cache or default_cache()) / f"{name}-{FORMAT}"
    if not folder.exists():
        _build(name, folder)
    return SentenceEncoder(folder)


def _build(name: str, folder: Path) -> None:
    """Writes the encoder beside its place and moves it there in one step, so that nobody reads half of it."""
    import onnx

    from nlu.encoders.onnx_graph import build_bert, quantize

    source = SOURCES[name]()
    folder.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=folder.parent) as scratch:
        draft = Path(scratch) / "draft"
        draft.mkdir()
        full = Path(scratch) / "full.onnx"
        onnx.save(build_bert(source.weights, source.shape), str(full))
        quantize(full, draft / GRAPH)
        np.save(draft / WORDS, source.word_vectors.astype(np.float16))
        source.tokenizer.save(str(draft / TOKENIZER))
        try:
            draft.rename(folder)
        except OSError:
            if not folder.exists():
                raise
