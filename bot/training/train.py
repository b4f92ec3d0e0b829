"""Trains a model with Rasa and makes it the current one in a single step."""

from __future__ import annotations

import hashlib
import json
import logging
import os
import time
import warnings
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path

from bot.knowledge.reader import knowledge_version
from bot.settings import Settings
from bot.training.current import CURRENT, CurrentModel, training_inputs, write_atomically
from bot.without_tensorflow import keep_out
from nlu.registration import register_all

MODELS_KEPT = 5

logger = logging.getLogger(__name__)


class TrainingError(RuntimeError):
    """No model came out; the message says why."""


def train(settings: Settings, progress: Callable[[str], None] = lambda step: None) -> CurrentModel:
    """Trains on the knowledge; the new model replaces the current one only when it is whole.

    Args:
        settings: Where the project is.
        progress: Called with a few words at each step.

    Raises:
        TrainingError: Rasa gave no model.
    """
    keep_out()
    os.environ.setdefault("RASA_TELEMETRY_ENABLED", "false")
    warnings.filterwarnings("ignore")
    os.environ.setdefault("TQDM_DISABLE", "1")
    progress("Loading the tools")
    import rasa.model_training

    register_all()

    inputs, version = training_inputs(settings), knowledge_version(settings.knowledge)
    settings.models.mkdir(parents=True, exist_ok=True)
    name = f"model-{time.strftime('%Y%m%d-%H%M%S')}-{os.getpid()}"
    progress("Learning from the sample questions")
    previous = Path.cwd()
    os.chdir(settings.root)
    try:
        result = rasa.model_training.train(
            domain=str(settings.root / "domain.yml"),
            config=str(settings.root / "config.yml"),
            training_files=[str(settings.knowledge)],
            output=str(settings.models),
            force_training=True,
            fixed_model_name=name,
            core_additional_arguments={"augmentation_factor": 0},
        )
    finally:
        os.chdir(previous)
    if result.model is None:
        raise TrainingError("Training ended without a model. Run `embassy-bot check`, then `embassy-bot train` again.")
    path = Path(result.model)
    progress("Putting the new model in place")
    model = CurrentModel(path.name, hashlib.sha256(path.read_bytes()).hexdigest(), version, inputs)
    write_atomically(settings.models / CURRENT, json.dumps(asdict(model), indent=2) + "\n")
    _forget_old_models(settings, model.file)
    return model


def _forget_old_models(settings: Settings, current: str) -> None:
    models = sorted(settings.models.glob("model-*.tar.gz"), key=lambda path: path.stat().st_mtime, reverse=True)
    for path in models[MODELS_KEPT:]:
        if path.name != current:
            path.unlink(missing_ok=True)
