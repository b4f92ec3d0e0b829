from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from nlu.encoders.encoder import SentenceEncoder, load_encoder
from nlu.encoders.sources import EncoderMissingError, package_file


@pytest.fixture(scope="module", params=["minilm", "e5"])
def encoder(request: pytest.FixtureRequest, root: Path) -> SentenceEncoder:
    return load_encoder(request.param, root / "var" / "encoders")


def test_vectors_have_length_one(encoder: SentenceEncoder) -> None:
    vectors = encoder.encode(["Who handles visas?", "press", "x" * 5000])
    assert vectors.shape == (3, encoder.size)
    assert np.allclose(np.linalg.norm(vectors, axis=1), 1, atol=1e-4)


def test_alike_questions_are_nearer_than_others(encoder: SentenceEncoder) -> None:
    near, same, far = encoder.encode(["who issues visas", "which office gives visas", "the weather is hot"])
    assert near @ same > near @ far


def test_a_text_has_the_same_vector_alone_and_in_a_batch(encoder: SentenceEncoder) -> None:
    texts = ["visa", "who is the head of the press office of the embassy", "merci"]
    assert np.min(np.sum(encoder.encode(texts) * np.vstack([encoder.encode([t]) for t in texts]), axis=1)) > 0.97


def test_the_multilingual_encoder_brings_translations_together(root: Path) -> None:
    encoder = load_encoder("e5", root / "var" / "encoders")
    french, english, other = encoder.encode(["qui délivre les visas ?", "who issues visas?", "qui dirige la presse ?"])
    assert french @ english > french @ other


def test_an_unknown_encoder_is_named_with_the_known_ones(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=r"'bert'.*e5, minilm"):
        load_encoder("bert", tmp_path)


def test_a_missing_package_says_what_to_do() -> None:
    with pytest.raises(EncoderMissingError, match="make install"):
        package_file("no_such_package_here", "model.bin")
