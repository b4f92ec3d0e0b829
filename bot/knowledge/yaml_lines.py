"""YAML that remembers on which line everything stood, so that a fault can be shown where it is."""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path
from typing import Any

import yaml

from bot.knowledge.said import said

Path_ = tuple[str | int, ...]


MOST_REMEMBERED = 256


class YamlFileError(ValueError):
    """A file is not YAML, or not readable; ``line`` says where, counted from 1, and ``mend`` what to do."""

    def __init__(self, path: Path, line: int, reason: str, mend: str | None = None) -> None:
        super().__init__(said("{path}:{line}: {reason}", path=path, line=line, reason=reason))
        self.path = path
        self.line = line
        self.reason = reason
        self.mend = mend or said("correct the line, or undo the last change")


class LinedDocument:
    """A parsed file: ``data`` is plain Python, ``line(path)`` tells where a value stands."""

    def __init__(self, data: Any, lines: dict[Path_, int], repeated: list[tuple[Path_, int]]) -> None:
        self.data = data
        self.repeated = repeated
        """Keys that stand twice in one mapping; YAML would silently keep the last."""
        self._lines = lines

    def line(self, *path: str | int) -> int:
        """The line of the value at that path, or of the nearest thing around it."""
        while path and path not in self._lines:
            path = path[:-1]
        return self._lines.get(path, 1)


def load(path: Path) -> LinedDocument:
    """Reads one YAML file. The same text gives the same document again, which nobody may change.

    Raises:
        YamlFileError: The file cannot be read or parsed; it says where and why.
    """
    text = ""
    try:
        text = path.read_text(encoding="utf-8")
        return _parsed(text)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        raise YamlFileError(path, (mark.line + 1) if mark else 1, _explain(error)) from error
    except UnicodeDecodeError as error:
        line = error.object.count(b"\n", 0, error.start) + 1
        mend = said("save it as UTF-8, or bring the earlier file back from git")
        raise YamlFileError(path, line, said("is not UTF-8 text"), mend) from error
    except yaml.reader.ReaderError as error:
        code = error.character if isinstance(error.character, int) else ord(error.character)
        mend = said("take the sign out, or bring the earlier file back from git")
        line = text.encode()[: error.position].count(b"\n") + 1
        raise YamlFileError(path, line, said("holds a sign that no text has (code {code})", code=code), mend) from error
    except OSError as error:
        reason = said("cannot be read: {error}", error=error.strerror or str(error))
        raise YamlFileError(path, 1, reason, said("see to it that the server may read it")) from error
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        raise YamlFileError(path, 1, said("cannot be read: {error}", error=str(error))) from error


@lru_cache(maxsize=MOST_REMEMBERED)
def _parsed(text: str) -> LinedDocument:
    # One changed file among sixty, in a copy of the folder or in a release, is no reason to parse all of them again.
    loader = yaml.CSafeLoader(text)
    node = loader.get_single_node()
    lines, repeated = _lines(node)
    data = loader.construct_document(node) if node is not None else None
    return LinedDocument(data, lines, repeated)


def _lines(node: yaml.Node | None) -> tuple[dict[Path_, int], list[tuple[Path_, int]]]:
    lines: dict[Path_, int] = {}
    repeated: list[tuple[Path_, int]] = []
    if node is not None:
        for where, line, twice in _walk(node, (), set()):
            lines.setdefault(where, line)
            if twice:
                repeated.append((where, line))
    return lines, repeated


def _walk(node: yaml.Node, path: Path_, above: set[int]) -> Iterator[tuple[Path_, int, bool]]:
    yield path, node.start_mark.line + 1, False
    if id(node) in above:  # an alias to something around itself
        return
    above = above | {id(node)}
    if isinstance(node, yaml.MappingNode):
        seen: set[str] = set()
        for key, value in node.value:
            name = str(key.value)
            yield (*path, name), key.start_mark.line + 1, name in seen
            seen.add(name)
            yield from _walk(value, (*path, name), above)
    elif isinstance(node, yaml.SequenceNode):
        for index, value in enumerate(node.value):
            yield from _walk(value, (*path, index), above)


def _explain(error: yaml.MarkedYAMLError) -> str:
    problem = error.problem or "a mistake in the layout"
    return said(
        "is not valid YAML ({problem}). Look for a missing quote, a missing space after ':' or lines that are not "
        "indented like their neighbours.",
        problem=problem,
    )
