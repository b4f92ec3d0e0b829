"""The classifier's arithmetic: a linear head over sentence vectors and one over words and letters, blended, calibrated.

Where words and letters alone are sure enough, the vectors are not asked for: they cost most of a message's time, and
would change nothing. From where on that holds is found on questions that the heads did not see.

Both heads are linear, since a frozen encoder with a linear head reaches fine-tuned accuracy on short questions
(Casanueva et al. 2020, arXiv:2003.04807) and trains in seconds; a hidden layer is better only on questions of people
whose other questions it saw. The blend is kept soft, since a soft maximum tells unknown questions from known ones
better than a sharp one (Liang et al. 2018, arXiv:1706.02690); Platt scaling on questions that the heads did not see
then makes it a probability of being right (Platt 1999; Guo et al. 2017, arXiv:1706.04599).
"""

from __future__ import annotations

import json
import logging
import math
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass, replace
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from threadpoolctl import threadpool_limits

Array = npt.NDArray[np.float32]
Sparse = Any
"""scipy's CSR matrix, which has no type stubs."""

logger = logging.getLogger(__name__)

SHORTEST, LONGEST = 2, 5
HELD_OUT = 0.2
FEWEST_TO_HOLD_OUT = 5
SEED = 20240
SHARES, SCALES = (0.1, 0.2, 0.3, 0.4, 0.5), (2.0, 4.0, 6.0)
BATCH = 256
FEWEST_ROUNDS, FEWEST_STEPS = 8, 800
"""The dense head sees every example at least so often, and is changed at least so many times where examples are few."""
AVERAGED = 0.5
"""The share of those rounds, the last ones, whose weights are averaged: each alone is somewhere around the best
(Polyak & Juditsky 1992)."""
SURE_ALONE = (0.9, 0.92, 0.94, 0.96, 0.98, 0.99, 0.995, 0.998, 0.999)
"""So sure the words alone may have to be, from which on the vectors are left out."""
SHARP = 4.0
"""The words' scores are multiplied by so much there, whatever the blend needs."""
MOST_LOST = 0.001
"""Of all questions, the share that this may lose, as far as can be told: less than two trainings differ."""
DOUBT = 1.64
"""In standard deviations: with this one is wrong about such a share once in twenty times."""
NEVER = 2.0
TINY = 1e-6
ROUNDS = 8
"""So often the sparse head sees every example; of its weights, too, the last ``AVERAGED`` rounds' are averaged."""


@dataclass(frozen=True)
class Document:
    """What the classifier reads of one text: its letters, its lemmas, and its vectors, (encoders, size).

    Without vectors they are asked for where they are needed.
    """

    letters: str
    lemmas: str
    vectors: Array | None = None


Vectors = Callable[[], Array]
"""Makes the vectors of documents when they are needed, shape (documents, encoders, size)."""


def ngrams(document: Document) -> Iterator[str]:
    """Letter n-grams within words (2 to 5 letters, edges marked) and lemma 1- and 2-grams, each kind marked."""
    for word in document.letters.split():
        padded = f" {word} "
        for size in range(SHORTEST, LONGEST + 1):
            if size >= len(padded):
                yield "c" + padded
                break
            for start in range(len(padded) - size + 1):
                yield "c" + padded[start : start + size]
    lemmas = document.lemmas.split()
    yield from ("w" + lemma for lemma in lemmas)
    yield from (f"w{first} {second}" for first, second in pairwise(lemmas))


def softmax(scores: Array) -> Array:
    """Scores along the last axis → probabilities."""
    shifted = np.exp(scores - scores.max(axis=-1, keepdims=True))
    return np.asarray(shifted / shifted.sum(axis=-1, keepdims=True), dtype=np.float32)


def log_softmax(scores: Array) -> Array:
    """Logarithm of :func:`softmax`, without losing small numbers."""
    shifted = scores - scores.max(axis=-1, keepdims=True)
    return np.asarray(shifted - np.log(np.exp(shifted).sum(axis=-1, keepdims=True)), dtype=np.float32)


@dataclass(frozen=True)
class Blend:
    """How the two heads become one calibrated distribution.

    ``share`` and ``scale`` are chosen by :func:`best_blend`, ``slope`` and ``offset`` by :func:`calibrate`.
    log p = [(1-share)·log softmax(dense) + share·log softmax(scale·sparse)] / softness; then the largest p becomes
    sigmoid(slope·logit(p) + offset), and the others share the rest in proportion. Where the sparse head alone is as
    sure as ``alone``, found by :func:`sure_alone`, p is softmax(SHARP·sparse), with a slope and offset of its own.
    """

    share: float = 0.2
    scale: float = 4.0
    softness: float = 2.0
    slope: float = 1.0
    offset: float = 0.0
    alone: float = NEVER
    alone_slope: float = 1.0
    alone_offset: float = 0.0

    def soft(self, dense: Array, sparse: Array) -> Array:
        """The blended distribution before calibration, from the heads' raw scores of shape (texts, intents)."""
        mixed = (1 - self.share) * log_softmax(dense) + self.share * log_softmax(self.scale * sparse)
        return softmax(mixed / self.softness)

    def soft_alone(self, sparse: Array) -> Array:
        """The sparse head's distribution before calibration."""
        return softmax(SHARP * sparse)

    def calibrated(self, soft: Array) -> Array:
        """Probabilities of being right, shape as given."""
        return _calibrated(soft, self.slope, self.offset)

    def calibrated_alone(self, soft: Array) -> Array:
        """The same for what the sparse head says alone."""
        return _calibrated(soft, self.alone_slope, self.alone_offset)


def _calibrated(soft: Array, slope: float, offset: float) -> Array:
    top = np.clip(soft.max(axis=1, keepdims=True), TINY, 1 - TINY)
    sure = 1 / (1 + np.exp(-(slope * np.log(top / (1 - top)) + offset)))
    result = soft * (1 - sure) / (1 - top)
    np.put_along_axis(result, soft.argmax(axis=1)[:, None], sure, axis=1)
    return np.asarray(result, dtype=np.float32)


def centred(vectors: Array, mean: Array) -> Array:
    """Vectors (texts, encoders, size) around their mean, each of length one, side by side: (texts, encoders·size)."""
    moved = vectors - mean
    moved /= np.maximum(np.linalg.norm(moved, axis=2, keepdims=True), 1e-6)
    return np.asarray(moved.reshape(len(moved), -1), dtype=np.float32)


class LinearIntentModel:
    """A trained classifier; plain arrays, so that it is stored without pickle."""

    def __init__(
        self, intents: Sequence[str], arrays: dict[str, Array], vocabulary: dict[str, int], blend: Blend
    ) -> None:
        self.intents = list(intents)
        self.blend = blend
        self._arrays = arrays
        self._vocabulary = vocabulary

    def probabilities(self, documents: Sequence[Document], vectors: Vectors | None = None) -> Array:
        """Calibrated probabilities, shape (documents, intents).

        ``vectors`` gives those of documents without their own; it is asked where words alone are not sure of them all:
        what is read together, as the pieces of a message, is weighed against each other and must be read alike.
        """
        sparse = np.stack([self._sparse_scores(document) for document in documents])
        alone = self.blend.soft_alone(sparse)
        if alone.max(axis=1).min() >= self.blend.alone:
            return self.blend.calibrated_alone(alone)
        own = [document.vectors for document in documents if document.vectors is not None]
        given = np.stack(own) if vectors is None else vectors()
        dense = centred(given, self._arrays["mean"]) @ self._arrays["dense"] + self._arrays["dense_bias"]
        return self.blend.calibrated(self.blend.soft(dense, sparse))

    def _sparse_scores(self, document: Document) -> Array:
        counts: dict[int, int] = {}
        for ngram in ngrams(document):
            column = self._vocabulary.get(ngram)
            if column is not None:
                counts[column] = counts.get(column, 0) + 1
        bias: Array = self._arrays["sparse_bias"]
        if not counts:
            return bias
        columns = np.fromiter(counts.keys(), dtype=np.int64, count=len(counts))
        weights = 1 + np.log(np.fromiter(counts.values(), dtype=np.float32, count=len(counts)))
        weights = weights * self._arrays["idf"][columns]
        weights = weights / np.sqrt((weights * weights).sum())
        return np.asarray(weights.astype(np.float32) @ self._arrays["sparse"][columns] + bias)

    def save(self, folder: Path) -> None:
        """Writes ``intents.json``, ``vocabulary.json`` and ``weights.npz`` (half precision)."""
        head = {"intents": self.intents, "blend": asdict(self.blend)}
        (folder / "intents.json").write_text(json.dumps(head), encoding="utf-8")
        words = sorted(self._vocabulary, key=lambda word: self._vocabulary[word])
        (folder / "vocabulary.json").write_text(json.dumps(words, ensure_ascii=False), encoding="utf-8")
        with (folder / "weights.npz").open("wb") as file:
            np.savez(file, **{name: array.astype(np.float16) for name, array in self._arrays.items()})

    @classmethod
    def load(cls, folder: Path) -> LinearIntentModel:
        """Reads what :meth:`save` wrote."""
        head = json.loads((folder / "intents.json").read_text(encoding="utf-8"))
        words = json.loads((folder / "vocabulary.json").read_text(encoding="utf-8"))
        with np.load(folder / "weights.npz", allow_pickle=False) as stored:
            arrays = {name: stored[name].astype(np.float32) for name in stored.files}
        return cls(head["intents"], arrays, {word: i for i, word in enumerate(words)}, Blend(**head["blend"]))


class Trainer:
    """Fits an :class:`LinearIntentModel`."""

    def __init__(
        self, documents: Sequence[Document], intents: Sequence[str], *, dense_decay: float, sparse_decay: float
    ) -> None:
        """``dense_decay`` and ``sparse_decay``: strength of regularisation of the two heads."""
        from sklearn.feature_extraction.text import TfidfVectorizer

        self._names = sorted(set(intents))
        index = {name: i for i, name in enumerate(self._names)}
        self._labels = np.array([index[name] for name in intents])
        vectors = np.stack([one.vectors for one in documents if one.vectors is not None]).astype(np.float32)
        self._mean = vectors.mean(axis=0)
        self._dense = centred(vectors, self._mean)
        fewest = 2 if len(documents) > 1000 else 1
        self._vectorizer = TfidfVectorizer(analyzer=ngrams, sublinear_tf=True, min_df=fewest, dtype=np.float32)
        self._sparse: Sparse = self._vectorizer.fit_transform(documents)
        self._dense_decay = dense_decay
        self._sparse_decay = sparse_decay

    def fit(self) -> LinearIntentModel:
        """Fits blend and calibration on a held-out part, then both heads on everything."""
        blend = Blend()
        held = self._hold_out()
        if held is not None:
            heads = self._fit_heads(~held)
            dense = self._dense[held] @ heads["dense"] + heads["dense_bias"]
            sparse = self._sparse[held] @ heads["sparse"] + heads["sparse_bias"]
            blend = best_blend(dense, sparse, self._labels[held])
            blend = calibrate(blend, blend.soft(dense, sparse), self._labels[held])
            blend = sure_alone(blend, dense, sparse, self._labels[held])
            logger.info("Calibration on %d held-out questions: %s", int(held.sum()), blend)
        everything = np.ones(len(self._labels), dtype=bool)
        arrays = {"mean": self._mean, "idf": self._vectorizer.idf_, **self._fit_heads(everything)}
        vocabulary = {word: int(column) for word, column in self._vectorizer.vocabulary_.items()}
        return LinearIntentModel(self._names, arrays, vocabulary, blend)

    def _hold_out(self) -> npt.NDArray[np.bool_] | None:
        """A fifth of every intent's examples, or None where an intent has too few."""
        held = np.zeros(len(self._labels), dtype=bool)
        random = np.random.default_rng(SEED)
        for label in range(len(self._names)):
            rows = np.flatnonzero(self._labels == label)
            if len(rows) >= FEWEST_TO_HOLD_OUT:
                held[random.choice(rows, max(1, round(len(rows) * HELD_OUT)), replace=False)] = True
        return held if held.sum() >= 30 and len(self._names) > 1 else None

    def _fit_heads(self, rows: npt.NDArray[np.bool_]) -> dict[str, Array]:
        """Weights of both heads, fitted side by side: their arithmetic runs outside Python's lock."""
        with ThreadPoolExecutor(1) as beside, threadpool_limits(1, user_api="blas"):
            waiting = beside.submit(self._fit_dense, rows)
            sparse, dense = self._fit_sparse(rows), waiting.result()
        found = {
            "dense": _for_each_intent(dense[:-1]),
            "dense_bias": _for_each_intent(dense[-1]),
            "sparse": _for_each_intent(sparse.coef_.T),
            "sparse_bias": _for_each_intent(sparse.intercept_),
        }
        return {name: np.ascontiguousarray(array, dtype=np.float32) for name, array in found.items()}

    def _fit_dense(self, rows: npt.NDArray[np.bool_]) -> Array:
        """Multinomial logistic regression by Adam (Kingma & Ba 2015, arXiv:1412.6980): a network without hidden layer.

        As good as by a solver that goes to the end, in a tenth of its time. Weights, (size, intents), above a row of
        biases; the last rounds' are averaged.
        """
        from sklearn.neural_network import MLPClassifier

        batch = min(BATCH, int(rows.sum()))
        rounds = max(FEWEST_ROUNDS, math.ceil(FEWEST_STEPS * batch / int(rows.sum())))
        chance = np.random.RandomState(SEED)  # scikit-learn goes on with it from round to round
        head = MLPClassifier(
            (), alpha=self._dense_decay, batch_size=batch, learning_rate_init=0.03, random_state=chance
        )  # fmt: skip
        vectors, labels, classes = self._dense[rows], self._labels[rows], np.arange(len(self._names))
        averaged = max(1, round(rounds * AVERAGED))
        total: Any = 0.0
        for number in range(rounds):
            head.partial_fit(vectors, labels, classes=classes)
            if number >= rounds - averaged:
                total = total + np.vstack([head.coefs_[0], head.intercepts_[0]])
        return np.asarray(total / averaged, dtype=np.float32)

    def _fit_sparse(self, rows: npt.NDArray[np.bool_]) -> Any:
        """A linear support vector machine for each intent, by averaged gradient descent (Xu 2011, arXiv:1107.2490).

        Averaged, so that one more question does not move the answers to others.
        """
        from joblib import parallel_config
        from sklearn.linear_model import SGDClassifier

        head = SGDClassifier(
            alpha=self._sparse_decay, max_iter=ROUNDS, tol=None, random_state=SEED, n_jobs=-1,
            average=max(1, round(int(rows.sum()) * ROUNDS * (1 - AVERAGED))),
        )  # fmt: skip
        with parallel_config(backend="threading"):
            return head.fit(self._sparse[rows], self._labels[rows])


def _for_each_intent(weights: Any) -> Any:
    """Weights with a last axis of intents; of two intents scikit-learn keeps one column, the second one's lead."""
    return np.concatenate([-weights, weights], axis=-1) / 2 if weights.shape[-1] == 1 else weights


def best_blend(dense: Array, sparse: Array, labels: npt.NDArray[np.int64]) -> Blend:
    """The share and scale of the sparse head with which most questions are right that the heads did not see.

    Among equals, those under which the right intents are likeliest.
    """

    def worth(blend: Blend) -> tuple[int, float]:
        soft = blend.soft(dense, sparse)
        likely = np.log(np.maximum(soft[np.arange(len(labels)), labels], 1e-9))
        return int((soft.argmax(axis=1) == labels).sum()), float(likely.mean())

    return max((Blend(share=share, scale=scale) for share in SHARES for scale in SCALES), key=worth)


def calibrate(blend: Blend, soft: Array, labels: npt.NDArray[np.int64]) -> Blend:
    """The blend with slope and offset fitted on questions that the heads did not see, by logistic regression."""
    slope, offset = _platt(soft, labels)
    return replace(blend, slope=slope, offset=offset)


def _platt(soft: Array, labels: npt.NDArray[np.int64]) -> tuple[float, float]:
    """Slope and offset on the log odds of the largest probability; 1 and 0 where all is right or wrong."""
    from sklearn.linear_model import LogisticRegression

    right = soft.argmax(axis=1) == labels
    if right.all() or not right.any():
        return 1.0, 0.0
    top = np.clip(soft.max(axis=1), TINY, 1 - TINY)
    fit = LogisticRegression(C=100.0).fit(np.log(top / (1 - top))[:, None], right)
    return float(fit.coef_[0, 0]), float(fit.intercept_[0])


def sure_alone(blend: Blend, dense: Array, sparse: Array, labels: npt.NDArray[np.int64]) -> Blend:
    """The blend that leaves the dense head out where the sparse one is so sure that hardly a question is lost by it.

    Judged on questions that the heads did not see; of few questions little can be told, and nothing is left out.
    """
    alone, both = blend.soft_alone(sparse), blend.soft(dense, sparse)
    for least in SURE_ALONE:
        sure = alone.max(axis=1) >= least
        right_alone, right_both = (part[sure].argmax(axis=1) == labels[sure] for part in (alone, both))
        lost, gained = int((right_both & ~right_alone).sum()), int((right_alone & ~right_both).sum())
        if sure.any() and lost - gained + DOUBT * math.sqrt(lost + gained + 1) <= MOST_LOST * len(labels):
            slope, offset = _platt(alone[sure], labels[sure])
            return replace(blend, alone=least, alone_slope=slope, alone_offset=offset)
    return blend
