"""Which model is in use, and whether it is up to date. Knows files only, not Rasa."""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
from dataclasses import dataclass
from pathlib import Path

import nlu
from bot.knowledge.reader import knowledge_files
from bot.settings import Settings

CURRENT = "current.json"
CODE = Path(nlu.__file__).resolve().parent


@dataclass(frozen=True)
class CurrentModel:
    """The model in use: its file below ``models/``, the hash of its bytes, what it was trained on."""

    file: str
    sha256: str
    knowledge: str
    inputs: str


@dataclass(frozen=True)
class Edition:
    """What is to be served together: a model, and the knowledge and thresholds that belong to it.

    ``name`` is the model's as it was trained, ``sha256`` that of its bytes; ``release`` the number of the release, None
    where ``knowledge/`` itself is served.
    """

    model: Path
    name: str
    sha256: str
    knowledge: Path
    thresholds: Path
    release: int | None = None


def training_inputs(settings: Settings, knowledge: Path | None = None) -> str:
    """A hash of everything that a model depends on: sample questions, stories, conversation, pipeline and its code.

    ``knowledge`` is another state of the knowledge than the folder that staff keep.
    """
    folder = knowledge or settings.knowledge
    digest = hashlib.sha256()
    digest.update(b"config.yml" + (settings.root / "config.yml").read_bytes())
    digest.update(b"domain.yml" + (settings.root / "domain.yml").read_bytes())
    learned = [p for p in knowledge_files(folder) if p.parent.name in ("en", "fr", "stories")]
    for path in [folder / "conversation.yml", *learned]:
        digest.update(path.relative_to(folder).as_posix().encode() + path.read_bytes())
    for path in sorted(CODE.rglob("*.py")):
        digest.update(path.relative_to(CODE).as_posix().encode() + path.read_bytes())
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


def trained_edition(settings: Settings) -> Edition | None:
    """The model that was trained last, with the knowledge that staff keep; None where there is none."""
    model = current_model(settings)
    if model is None:
        return None
    return Edition(settings.models / model.file, model.file, model.sha256, settings.knowledge, settings.thresholds)


def write_atomically(path: Path, text: str) -> None:
    """Writes a file so that a reader or a crash sees the old or the new text, never half of it."""
    draft = path.with_name(f".{path.name}.{os.getpid()}")
    with draft.open("w", encoding="utf-8") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    draft.replace(path)
    sync_folder(path.parent)


def sync_folder(folder: Path) -> None:
    """Makes the names in a folder last through a power cut, where the system can."""
    with contextlib.suppress(OSError):
        handle = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)
