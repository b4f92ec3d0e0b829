from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from nlu.linear_model import NEVER, Blend, Document, LinearIntentModel, Trainer, calibrate, ngrams, sure_alone

TOPICS = ("visa", "press", "music")


def document(words: str, topic: int, noise: np.random.Generator) -> Document:
    vector = np.zeros((2, 8), dtype=np.float32)
    vector[:, topic] = 1
    return Document(words, words, (vector + noise.normal(0, 0.2, vector.shape)).astype(np.float32))


@pytest.fixture(scope="module")
def documents() -> tuple[list[Document], list[str]]:
    noise = np.random.default_rng(1)
    rows = [(document(f"{name} question {i}", t, noise), name) for t, name in enumerate(TOPICS) for i in range(40)]
    return [row[0] for row in rows], [row[1] for row in rows]


@pytest.fixture(scope="module")
def model(documents: tuple[list[Document], list[str]]) -> LinearIntentModel:
    return Trainer(*documents, dense_decay=1e-3, sparse_decay=1e-5).fit()


def test_probabilities_sum_to_one(model: LinearIntentModel, documents) -> None:
    table = model.probabilities(documents[0])
    assert np.allclose(table.sum(axis=1), 1, atol=1e-3)
    assert (table >= 0).all()


def test_examples_are_recognised(model: LinearIntentModel, documents) -> None:
    best = model.probabilities(documents[0]).argmax(axis=1)
    assert [model.intents[i] for i in best] == documents[1]


def test_a_stored_model_answers_as_before(model: LinearIntentModel, documents, tmp_path: Path) -> None:
    model.save(tmp_path)
    again = LinearIntentModel.load(tmp_path)
    assert np.allclose(again.probabilities(documents[0]), model.probabilities(documents[0]), atol=0.02)


def test_a_model_of_two_intents_has_two_columns(documents) -> None:
    chosen = [(d, n) for d, n in zip(*documents) if n != "music"]
    model = Trainer([d for d, _ in chosen], [n for _, n in chosen], dense_decay=1e-3, sparse_decay=1e-5).fit()
    assert model.probabilities([chosen[0][0]]).shape == (1, 2)


def test_calibration_makes_confidence_as_large_as_accuracy() -> None:
    random = np.random.default_rng(0)
    labels = random.integers(0, 5, 4000)
    soft = np.full((4000, 5), 0.1, dtype=np.float32)
    guessed = np.where(random.random(4000) < 0.8, labels, (labels + 1) % 5)
    soft[np.arange(4000), guessed] = random.uniform(0.3, 0.7, 4000)
    blend = calibrate(Blend(), soft / soft.sum(axis=1, keepdims=True), labels)
    confidence = blend.calibrated(soft / soft.sum(axis=1, keepdims=True)).max(axis=1)
    assert abs(confidence.mean() - 0.8) < 0.03


def test_letters_within_words_and_pairs_of_lemmas_are_features() -> None:
    found = set(ngrams(Document("visa", "need visa", np.zeros((1, 2), dtype=np.float32))))
    assert {"c v", "cvis", "wvisa", "wneed visa"} <= found


def test_vectors_are_asked_for_only_where_words_alone_are_not_sure(model: LinearIntentModel, documents) -> None:
    sure = replace(model.blend, alone=0.9)
    eager = LinearIntentModel(model.intents, model._arrays, model._vocabulary, sure)
    known, unknown = documents[0][0], document("zzz", 1, np.random.default_rng(2))
    asked: list[int] = []

    def read(*ones: Document) -> list[str]:
        def vectors() -> np.ndarray:
            asked.append(len(ones))
            return np.stack([one.vectors for one in ones])

        table = eager.probabilities([Document(one.letters, one.lemmas) for one in ones], vectors)
        assert np.allclose(table.sum(axis=1), 1, atol=1e-3)
        return [eager.intents[i] for i in table.argmax(axis=1)]

    assert read(known) == ["visa"] and not asked
    assert read(unknown) == ["press"] and asked == [1]
    assert read(known, unknown) == ["visa", "press"] and asked == [1, 2], "what is read together is read alike"


def heads(right_alone: int, right_both: int, total: int = 4000) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Scores of a dense and a sparse head that is always sure, and right for so many questions, alone and blended."""
    labels = np.zeros(total, dtype=np.int64)
    sparse = np.full((total, 2), -5.0, dtype=np.float32)
    sparse[np.arange(total), (np.arange(total) >= right_alone).astype(int)] = 5.0
    dense = np.zeros((total, 2), dtype=np.float32)
    dense[np.arange(total), (np.arange(total) >= right_both).astype(int)] = 500.0
    return dense, sparse, labels


def test_words_decide_alone_only_where_no_question_is_lost_by_it() -> None:
    assert sure_alone(Blend(), *heads(3800, 3800)).alone < 1
    assert sure_alone(Blend(), *heads(3780, 3800)).alone == NEVER


def test_of_few_questions_too_little_is_known_to_leave_vectors_out() -> None:
    assert sure_alone(Blend(), *heads(190, 190, 200)).alone == NEVER
