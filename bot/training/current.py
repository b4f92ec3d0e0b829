"""Which model is in use, and whether it is up to date. Knows files only, not Rasa."""

from __future__ import annotations

import hashlib
import json
import os
from dataclasses import dataclass
from pathlib import Path

from bot.knowledge.reader import knowledge_files
from bot.settings import Settings

CURRENT = "current.json"


@dataclass(frozen=True)
class CurrentModel:
    """The model in use: its file below ``models/``, the hash of its bytes, what it was trained on."""

    file: str
    sha256: str
    knowledge: str
    inputs: str


def training_inputs(settings: Settings) -> str:
    """A hash of everything that a model depends on: sample questions, stories, conversation, pipeline and its code."""
    digest = hashlib.sha256()
    paths = [settings.root / "config.yml", settings.root / "domain.yml", settings.knowledge / "conversation.yml"]
    paths += [p for p in knowledge_files(settings.knowledge) if p.parent.name in ("en", "fr", "stories")]
    paths += sorted((settings.root / "nlu").rglob("*.py"))
    for path in paths:
        digest.update(path.relative_to(settings.root).as_posix().encode() + path.read_bytes())
    return digest.hexdigest()[:16]


def current_model(settings: Settings) -> CurrentModel | None:
    """The model in use, None where there is none or its file is gone."""
    try:
        data = json.loads((settings.models / CURRENT).read_text(encoding="utf-8"))
        model = CurrentModel(**data)
    except (OSError, ValueError, TypeError):
        return None
    return model if (settings.models / model.file).exists() else None


def is_up_to_date(settings: Settings) -> bool:
    """Whether the current model was trained on the questions and the pipeline as they are now."""
    model = current_model(settings)
    return model is not None and model.inputs == training_inputs(settings)


def write_atomically(path: Path, text: str) -> None:
    """Writes a file so that a reader or a crash sees the old or the new text, never half of it."""
    draft = path.with_name(f".{path.name}.{os.getpid()}")
    with draft.open("w", encoding="utf-8") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    draft.replace(path)
