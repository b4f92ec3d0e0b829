"""A YAML file as text whose values can be changed in place: comments, order and every other line stay as they are.

Values are replaced between the marks that PyYAML's composer gives each node. After every change the text is parsed
again and compared with what it must hold, so a change is right or refused.
"""

from __future__ import annotations

import copy
import re
from datetime import date
from typing import Any

import yaml

Path_ = tuple[str | int, ...]
Scalar = str | bool | int | date
SIMPLE = re.compile(r"[a-z][a-z0-9.-]*[a-z0-9]")
STEP = 2


class YamlTextError(ValueError):
    """A file is not YAML, or a change cannot be made in it."""


class YamlText:
    """One file's text, changed by paths such as ``("entries", 3, "answer", "fr")``."""

    def __init__(self, text: str) -> None:
        """Raises :class:`YamlTextError` for what is not YAML."""
        self.text = text if text.endswith("\n") or not text else text + "\n"
        self.data, self._root = _parsed(self.text)

    def set(self, path: Path_, value: Scalar) -> None:
        """Replaces a scalar, or adds it where its mapping has no such key yet."""
        wanted = copy.deepcopy(self.data)
        parent: Any = wanted
        for step in path[:-1]:
            parent = parent[step]
        missing = isinstance(parent, dict) and path[-1] not in parent
        parent[path[-1]] = value
        if wanted == self.data:
            return
        if missing:
            node = self._node(path[:-1])
            lines = self.text.splitlines(keepends=True)
            column = node.value[0][0].start_mark.column
            lines[self._last_line(node) + 1 : self._last_line(node) + 1] = render({path[-1]: value}, column)
            self._become("".join(lines), wanted)
            return
        node = self._node(path)
        start, end = self._span(node)
        column = self._key_column(path)
        rest = self.text[end:]
        # Behind the value may stand a comment, or the rest of a mapping in braces: no place for several lines.
        written = scalar(value, column)
        alone = not rest.partition("\n")[0].strip()
        if (not alone and "\n" in written) or getattr(self._node(path[:-1]), "flow_style", False):
            written = _quoted(value)
        self._become(self.text[:start] + written + rest, wanted)

    def remove(self, path: Path_) -> None:
        """Removes a key or an item with its lines; the list or mapping around it must keep something."""
        wanted = copy.deepcopy(self.data)
        parent: Any = wanted
        for step in path[:-1]:
            parent = parent[step]
        if len(parent) == 1:
            raise YamlTextError(f"{'.'.join(map(str, path))} is the last of its kind in the file.")
        del parent[path[-1]]
        outer = self._node(path[:-1])
        if isinstance(outer, yaml.MappingNode):
            first = next(key for key, _ in outer.value if key.value == str(path[-1])).start_mark.line
        else:
            first = self._node(path).start_mark.line
        lines = self.text.splitlines(keepends=True)
        last = self._last_line(self._node(path))
        if first > 0 and not lines[first - 1].strip():
            first -= 1  # the empty line that set it apart goes with it
        del lines[first : last + 1]
        self._become("".join(lines), wanted)

    def append(self, path: Path_, item: Any, *, apart: bool = False) -> None:
        """Adds an item at the end of a list, or several keys at the end of a mapping.

        ``apart`` puts an empty line before it.
        """
        wanted = copy.deepcopy(self.data)
        target: Any = wanted
        for step in path:
            target = target[step]
        node = self._node(path)
        if isinstance(target, dict):
            target.update(item)
            column = node.value[0][0].start_mark.column
            block = render(item, column)
        else:
            target.append(item)
            column = node.start_mark.column
            block = render([item], column)
        lines = self.text.splitlines(keepends=True)
        at = self._last_line(node) + 1
        lines[at:at] = (["\n"] if apart else []) + block
        self._become("".join(lines), wanted)

    def set_list(self, path: Path_, items: list[str]) -> None:
        """Makes a list of strings hold these: lines of those that went are removed, those that came are added.

        Where the order of those that stay would change, the list is written anew.
        """
        old = list(self._value(path))
        keep = [item for item in old if item in items]
        new = [item for item in items if item not in old]
        flow = getattr(self._node(path), "flow_style", False)
        if flow or not keep or len(set(old)) < len(old) or items != keep + new:
            self._rewrite(path, items)
            return
        wanted = copy.deepcopy(self.data)
        target: Any = wanted
        for step in path:
            target = target[step]
        target[:] = items
        node = self._node(path)
        lines = self.text.splitlines(keepends=True)
        after = self._last_line(node) + 1
        lines[after:after] = render(new, node.start_mark.column)
        for index in range(len(old) - 1, -1, -1):
            if old[index] not in items:
                gone = node.value[index]
                del lines[gone.start_mark.line : self._last_line(gone) + 1]
        self._become("".join(lines), wanted)

    def _rewrite(self, path: Path_, items: list[str]) -> None:
        wanted = copy.deepcopy(self.data)
        parent: Any = wanted
        for step in path[:-1]:
            parent = parent[step]
        parent[path[-1]] = list(items)
        node = self._node(path)
        if getattr(node, "flow_style", False):
            start, end = self._offset(node.start_mark), self._offset(node.end_mark)
            written = ", ".join(item if SIMPLE.fullmatch(item) else _quoted(item) for item in items)
            self._become(f"{self.text[:start]}[{written}]{self.text[end:]}", wanted)
            return
        lines = self.text.splitlines(keepends=True)
        lines[node.start_mark.line : self._last_line(node) + 1] = render(items, node.start_mark.column)
        self._become("".join(lines), wanted)

    def _value(self, path: Path_) -> Any:
        value = self.data
        for step in path:
            value = value[step]
        return value

    def _become(self, text: str, wanted: Any) -> None:
        data, root = _parsed(text)
        if data != wanted:
            raise YamlTextError("This file is laid out in a way that cannot be changed safely; edit it by hand.")
        self.text, self.data, self._root = text, data, root

    def _node(self, path: Path_) -> yaml.Node:
        node = self._root
        for step in path:
            if isinstance(node, yaml.MappingNode):
                node = next(value for key, value in node.value if key.value == str(step))
            elif isinstance(node, yaml.SequenceNode):
                node = node.value[step]
            else:
                raise YamlTextError(f"{path} is not in the file.")
        return node

    def _key_column(self, path: Path_) -> int:
        """The column of the key, or of the item's dash, that a value belongs to."""
        outer = self._node(path[:-1])
        if isinstance(outer, yaml.MappingNode):
            return int(next(key for key, _ in outer.value if key.value == str(path[-1])).start_mark.column)
        return int(outer.start_mark.column)

    def _span(self, node: yaml.Node) -> tuple[int, int]:
        """Where a scalar begins and ends in the text, without the line end after it."""
        start = self._offset(node.start_mark)
        end = self._offset(node.end_mark)
        while end > start and self.text[end - 1] in "\n ":
            end -= 1
        return start, end

    def _offset(self, mark: yaml.Mark) -> int:
        at = 0
        for _ in range(mark.line):
            at = self.text.index("\n", at) + 1
        return at + int(mark.column)

    def _last_line(self, node: yaml.Node) -> int:
        """The last line with something of a node on it; comments and blanks after it are not the node's."""
        if isinstance(node, yaml.MappingNode) and node.value and not node.flow_style:
            return self._last_line(node.value[-1][1])
        if isinstance(node, yaml.SequenceNode) and node.value and not node.flow_style:
            return self._last_line(node.value[-1])
        start, end = self._span(node)
        return self.text.count("\n", 0, max(start, end))


def _parsed(text: str) -> tuple[Any, yaml.Node]:
    if "\r" in text or "\ufeff" in text:
        raise YamlTextError("The file has line ends of another system; save it with plain line ends.")
    try:
        # The Python loader: its marks count characters, also after an emoji.
        root = yaml.compose(text, Loader=yaml.SafeLoader)
        data = yaml.load(text, Loader=yaml.CSafeLoader)
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        raise YamlTextError(f"The file is not valid YAML: {error}") from error
    if root is None:
        raise YamlTextError("The file is empty.")
    return data, root


def render(value: Any, column: int) -> list[str]:
    """Lines of a mapping or list in the house's style, its keys or dashes in that column."""
    pad = " " * column
    lines: list[str] = []
    if isinstance(value, dict):
        for key, item in value.items():
            if isinstance(item, (dict, list)) and item:
                lines += [f"{pad}{scalar(str(key), column)}:\n", *render(item, column + STEP)]
            elif isinstance(item, (dict, list)):
                lines.append(f"{pad}{scalar(str(key), column)}: {'{}' if isinstance(item, dict) else '[]'}\n")
            else:
                lines.append(f"{pad}{scalar(str(key), column)}: {scalar(item, column)}\n")
    else:
        for item in value:
            if isinstance(item, (dict, list)):
                inner = render(item, column + STEP)
                lines += [f"{pad}- {inner[0].lstrip(' ')}", *inner[1:]]
            else:
                lines.append(f"{pad}- {scalar(item, column)}\n")
    return "".join(lines).splitlines(keepends=True)


def scalar(value: Scalar, column: int) -> str:
    """A value as YAML: plain where that is safe, several lines as a ``|-`` block, else in double quotes."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, (int, date)):
        return str(value)
    if "\n" in value and _fits_a_block(value):
        pad = " " * (column + STEP)
        return "|-\n" + "\n".join(pad + line if line else "" for line in value.split("\n"))
    if _is_plain(value):
        return value
    return _quoted(value)


def _quoted(value: Scalar) -> str:
    """A value on one line."""
    if not isinstance(value, str):
        return scalar(value, 0)
    quoted = yaml.dump(value, default_style='"', allow_unicode=True, width=10**9).rstrip("\n")
    return re.sub(r"\\U0001[0-9A-F]{4}", lambda found: chr(int(found[0][2:], 16)), quoted)


def _fits_a_block(value: str) -> bool:
    lines = value.split("\n")
    return (
        all(line == line.rstrip() and all(c.isprintable() or c in "\u00a0\u202f" for c in line) for line in lines)
        and bool(lines[0])
        and not lines[0].startswith(" ")
        and bool(lines[-1])
    )


def _is_plain(value: str) -> bool:
    if not value or value != value.strip() or "\n" in value:
        return False
    if not all(sign.isprintable() or sign in "\u00a0\u202f" for sign in value):
        return False
    try:
        return bool(
            yaml.load(f"k: {value}\n", Loader=yaml.CSafeLoader) == {"k": value}
            and yaml.load(f"- {value}\n", Loader=yaml.CSafeLoader) == [value]
            and yaml.safe_load(f"k: {value}\n") == {"k": value}
        )
    except yaml.YAMLError:
        return False
