"""The pipeline of ``config.yml``, unchanged, on a public data set of intents with out-of-scope questions."""

from __future__ import annotations

import asyncio
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import yaml

COST = 0.02


@dataclass(frozen=True)
class PublicFigures:
    """Figures on a public data set; ``recall`` is the share of out-of-scope questions refused at the threshold that
    costs at most ``COST`` of in-scope accuracy.
    """

    intents: int
    seconds: float
    accuracy: float
    recall: float
    accuracy_at_threshold: float
    threshold: float
    calibration_error: float
    bins: list[tuple[int, float, float]]


def figures(
    confidence: npt.NDArray[np.float64], right: npt.NDArray[np.bool_], outside: npt.NDArray[np.float64]
) -> tuple[float, float, float]:
    """(recall, in-scope accuracy, threshold) at the highest threshold that costs at most ``COST`` of accuracy.

    Args:
        confidence: Of in-scope questions, shape (n,).
        right: Whether each was classified rightly, shape (n,).
        outside: Confidence of out-of-scope questions, shape (m,).
    """
    base = right.mean()
    best = (0.0, float(base), 0.0)
    for threshold in np.unique(np.concatenate([confidence, outside])):
        kept = float((right & (confidence >= threshold)).mean())
        if kept < base - COST:
            break
        best = (float((outside < threshold).mean()), kept, float(threshold))
    return best


def reliability(
    confidence: npt.NDArray[np.float64], right: npt.NDArray[np.bool_]
) -> tuple[float, list[tuple[int, float, float]]]:
    """Calibration error over ten bins, and each bin's count, mean confidence and accuracy."""
    index = np.minimum((confidence * 10).astype(int), 9)
    bins = []
    error = 0.0
    for number in range(10):
        rows = index == number
        if not rows.any():
            bins.append((0, 0.0, 0.0))
            continue
        mean, accuracy = float(confidence[rows].mean()), float(right[rows].mean())
        bins.append((int(rows.sum()), mean, accuracy))
        error += abs(mean - accuracy) * float(rows.mean())
    return error, bins


def measure(root: Path, file: Path, step: Callable[[], None]) -> PublicFigures:
    """Trains with ``rasa train nlu`` and asks the test questions.

    Raises:
        RuntimeError: Training failed.
    """
    data = json.loads(file.read_text(encoding="utf-8"))
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        model, seconds = _train(root, folder, data["train"])
        test, outside = data["test"], data["oos_test"]
        answers = asyncio.run(_parse(model, [text for text, _ in [*test, *outside]], step))
    names = np.array([name for name, _ in answers[: len(test)]])
    confidence = np.array([value for _, value in answers])
    right = names == np.array([intent for _, intent in test])
    recall, kept, threshold = figures(confidence[: len(test)], right, confidence[len(test) :])
    error, bins = reliability(confidence[: len(test)], right)
    intents = len({intent for _, intent in data["train"]})
    return PublicFigures(intents, seconds, float(right.mean()), recall, kept, threshold, error, bins)


def size(file: Path) -> int:
    """Number of test questions, for the progress bar."""
    data = json.loads(file.read_text(encoding="utf-8"))
    return len(data["test"]) + len(data["oos_test"])


def _train(root: Path, folder: Path, examples: list[list[str]]) -> tuple[Path, float]:
    by_intent: dict[str, list[str]] = {}
    for text, intent in examples:
        by_intent.setdefault(intent, []).append(text)
    nlu = [{"intent": i, "examples": "".join(f"- {t}\n" for t in texts)} for i, texts in by_intent.items()]
    (folder / "nlu.yml").write_text(yaml.safe_dump({"version": "3.1", "nlu": nlu}, width=1000), encoding="utf-8")
    command = ["train", "nlu", "-c", "config.yml", "-u", str(folder / "nlu.yml"), "--out", str(folder)]
    # Rasa's own cache knows components by their class alone, and would hand out what older code had learned.
    environment = os.environ | {"RASA_CACHE_DIRECTORY": str(folder / "cache")}
    began = time.perf_counter()
    done = subprocess.run(
        [sys.executable, "-m", "rasa", *command],
        cwd=root,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    models = sorted(folder.glob("*.tar.gz"))
    if done.returncode or not models:
        raise RuntimeError(f"rasa train nlu ended with exit code {done.returncode}: {done.stderr[-500:]}")
    return models[-1], time.perf_counter() - began


async def _parse(model: Path, texts: list[str], step: Callable[[], None]) -> list[tuple[str, float]]:
    from bot.engine import Agent  # keeps TensorFlow out and Rasa's debug log quiet

    agent = Agent.load(str(model))
    answers = []
    for text in texts:
        parsed: dict[str, Any] = await agent.parse_message(text)
        answers.append((str(parsed["intent"]["name"]), float(parsed["intent"]["confidence"])))
        step()
    return answers
