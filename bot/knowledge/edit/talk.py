"""Sample questions file by file, whatever they are for: which differ, and putting them back."""

from __future__ import annotations

from pathlib import Path

from bot.knowledge import yaml_lines


def differing_questions(one: Path, other: Path) -> frozenset[str]:
    """The ids whose sample questions differ between two files; a file that is not there holds none.

    Raises:
        YamlFileError: One cannot be read.
    """
    here, there = _questions(one), _questions(other)
    return frozenset(name for name in {*here, *there} if here.get(name) != there.get(name))


def _questions(path: Path) -> dict[str, list[object]]:
    data = yaml_lines.load(path).data if path.exists() else None
    return {str(name): list(questions or ()) for name, questions in (data or {}).items()}
