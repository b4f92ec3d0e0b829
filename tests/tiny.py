"""A post with two small offices, for tests that change the knowledge."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).resolve().parent.parent
EMBASSY = {
    "name": {"en": "Embassy of Atlantis in Ys", "fr": "Ambassade d'Atlantide à Ys"},
    "languages": ["fr", "en"],
    "default_language": "fr",
    "page": {"title": "Offices"},
    "contacts": {
        "tide-phone": {"kind": "phone", "value": "+99 11 22 33"},
        "tide-email": {"kind": "email", "value": "tides@atlantis.example"},
    },
}


def entry(name: str, aspect: str, english: str, french: str, **more: Any) -> dict[str, Any]:
    return {
        "id": name,
        "aspect": aspect,
        "title": {"en": f"About {name}", "fr": f"Sur {name}"},
        "answer": {"en": english, "fr": french},
        "source": "Offices, first paragraph",
        "checked": "2026-11-01",
        "review_by": "2099-01-01",
    } | more


def sections() -> dict[str, dict[str, Any]]:
    return {
        "tides": {
            "section": "tides",
            "name": {"en": "Tide Office", "fr": "Bureau des marées"},
            "short": {"en": "Tides", "fr": "Marées"},
            "entries": [
                entry(
                    "tides.overview",
                    "overview",
                    "The Tide Office watches the sea.\nIt warns sailors.",
                    "Le Bureau des marées surveille la mer.\nIl avertit les marins.",
                ),
                entry(
                    "tides.contact",
                    "contact",
                    "The Tide Office answers at {tide-phone}.\nIts mail is {tide-email}.",
                    "Le Bureau des marées répond au {tide-phone}.\nSon adresse est {tide-email}.",
                ),
            ],
        },
        "pearls": {
            "section": "pearls",
            "name": {"en": "Pearl Office", "fr": "Bureau des perles"},
            "short": {"en": "Pearls", "fr": "Perles"},
            "entries": [
                entry(
                    "pearls.overview",
                    "overview",
                    "The Pearl Office counts pearls.\nIt lends them too.",
                    "Le Bureau des perles compte les perles.\nIl en prête aussi.",
                )
            ],
        },
    }


def conversation() -> dict[str, Any]:
    """The real conversation file, with questions back that this small post can ask."""
    data: dict[str, Any] = yaml.safe_load((ROOT / "knowledge" / "conversation.yml").read_text(encoding="utf-8"))
    options = ["tides.overview", "pearls.overview"]
    data["clarifications"] = {
        name: {**question, "options": [*options]} for name, question in data["clarifications"].items()
    }
    for talk in data["small_talk"].values():
        talk["answer"] = {"en": "Yes, certainly.", "fr": "Oui, certainement."}
    return data


def questions(language: str) -> dict[str, list[str]]:
    """Thirty a piece; what they say does not matter here."""
    names = ("tides.overview", "tides.contact", "pearls.overview")
    return {name: [f"{language} {name} wording {number}" for number in range(30)] for name in names}


@lru_cache(maxsize=1)
def files() -> dict[str, str]:
    """The post's files: path → text."""
    data: dict[str, object] = {"embassy.yml": EMBASSY, "conversation.yml": conversation()}
    data |= {f"sections/{name}.yml": section for name, section in sections().items()}
    data |= {f"questions/{language}/all.yml": questions(language) for language in ("en", "fr")}
    return {name: as_text(content) for name, content in data.items()}


def write(folder: Path) -> Path:
    """Writes the post; the folder."""
    for name, text in files().items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text, encoding="utf-8")
    return folder


def as_text(data: object) -> str:
    text = str(yaml.safe_dump(data, allow_unicode=True, sort_keys=False, width=1000))
    return text.replace("'2026-11-01'", "2026-11-01").replace("'2099-01-01'", "2099-01-01")


def save(path: Path, data: object) -> None:
    path.write_text(as_text(data), encoding="utf-8")


def change(path: Path, old: str, new: str) -> None:
    """Replaces a text that must be there."""
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), encoding="utf-8")
