"""Files of the knowledge that cannot be read, so that all others can still be worked on."""

from __future__ import annotations

from pathlib import Path

from bot.knowledge.file_checks import broken_line
from bot.knowledge.findings import ERROR, Finding
from bot.knowledge.reader import INCOMPLETE, KnowledgeError, knowledge_files, read_alone, why_incomplete
from bot.knowledge.said import said
from bot.knowledge.yaml_lines import YamlFileError

ESSENTIAL = "embassy.yml"
"""Without the post's own file nothing can be read."""


def broken_files(folder: Path) -> dict[str, Finding]:
    """The files that cannot be read, with what is wrong, by their path below the folder; the post's file apart."""
    found = {}
    for path in knowledge_files(folder):
        name = path.relative_to(folder).as_posix()
        finding = _problem(folder, name) if name != ESSENTIAL else None
        if finding is not None:
            found[name] = finding
    return found


def _problem(folder: Path, name: str) -> Finding | None:
    try:
        read_alone(folder, name)
    except YamlFileError as error:
        return broken_line(folder, error)
    except KnowledgeError as error:
        return Finding(name, 1, ERROR, error.args[0], said("see the line named there"))
    except INCOMPLETE:
        return why_incomplete(folder, name)
    return None
