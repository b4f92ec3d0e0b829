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

from bot.knowledge.said import said

Path_ = tuple[str | int, ...]
Scalar = str | bool | int | date
SIMPLE = re.compile(r"[a-z][a-z0-9.-]*[a-z0-9]")
STEP = 2
SAFE = re.compile(r"[^\W\d_](?:[\w ,.;()'’?!/%&+-]|:(?=[^\s:]))*(?<! )")
RESERVED = {"y", "n", "yes", "no", "on", "off", "true", "false", "null"}


class YamlTextError(ValueError):
    """A file is not YAML, or a change cannot be made in it."""


class YamlText:
    """One file's text, changed by paths such as ``("entries", 3, "answer", "fr")``.

    With ``together``, changes are collected and made at once by :meth:`settle`: for many of them, each of something
    that stood in the file before.
    """

    def __init__(self, text: str, *, together: bool = False) -> None:
        """Raises :class:`YamlTextError` for what is not YAML."""
        self.text = text if text.endswith("\n") or not text else text + "\n"
        self._together = together
        self._edits: list[tuple[int, int, str]] = []
        self._keys: dict[int, dict[str, tuple[yaml.Node, yaml.Node]]] = {}
        self.data, self._root = _parsed(self.text)

    def set(self, path: Path_, value: Scalar) -> None:
        """Replaces a scalar, or adds it where its mapping has no such key yet."""
        parent: Any = self._value(path[:-1])
        missing = isinstance(parent, dict) and path[-1] not in parent
        if not missing and parent[path[-1]] == value and type(parent[path[-1]]) is type(value):
            return
        if missing:
            node = self._node(path[:-1])
            column = node.value[0][0].start_mark.column
            edit = self._inserted(node, render({path[-1]: value}, column))
        else:
            edit = self._replaced(path, value)
        wanted, parent = self._wanted(path[:-1])
        parent[path[-1]] = value
        self._become([edit], wanted)

    def _replaced(self, path: Path_, value: Scalar) -> tuple[int, int, str]:
        node = self._node(path)
        start, end = self._span(node)
        # Behind the value may stand a comment, or the rest of a mapping in braces: no place for several lines.
        column = self._key_column(path)
        written = scalar(value, column)
        if getattr(node, "style", "") == "|" and isinstance(value, str) and _fits_a_block(value):
            written = _block(value, column) if "\n" not in node.value else written  # a block of one line stays one
        alone = not self.text[end : self.text.index("\n", end)].strip()
        if (not alone and "\n" in written) or getattr(self._node(path[:-1]), "flow_style", False):
            written = _quoted(value)
        return start, end, written

    def remove(self, path: Path_) -> None:
        """Removes a key or an item with its lines; the list or mapping around it must keep something."""
        if len(self._value(path[:-1])) == 1:
            raise YamlTextError(said("{what} is the last of its kind in the file.", what=".".join(map(str, path))))
        outer = self._node(path[:-1])
        first = (self._pair(outer, path[-1])[0] if isinstance(outer, yaml.MappingNode) else self._node(path)).start_mark
        begin = self.text.rfind("\n", 0, first.index) + 1
        end = self._line_end(self._node(path))
        if begin > 1 and self.text[self.text.rfind("\n", 0, begin - 1) + 1 : begin - 1].strip() == "":
            begin = self.text.rfind("\n", 0, begin - 1) + 1  # the empty line that set it apart goes with it
        wanted, parent = self._wanted(path[:-1])
        del parent[path[-1]]
        self._become([(begin, end, "")], wanted)

    def append(self, path: Path_, item: Any, *, apart: bool = False) -> None:
        """Adds an item at the end of a list, or several keys at the end of a mapping.

        ``apart`` puts an empty line before it.
        """
        node = self._node(path)
        wanted, target = self._wanted(path)
        if isinstance(target, dict):
            target.update(item)
            block = render(item, node.value[0][0].start_mark.column)
        else:
            target.append(item)
            block = render([item], node.start_mark.column)
        self._become([self._inserted(node, (["\n"] if apart else []) + block)], wanted)

    def set_list(self, path: Path_, items: list[str]) -> None:
        """Makes a list of strings hold these: lines of those that went are removed, those that came are added.

        Where the order of those that stay would change, the list is written anew.
        """
        node, old = self._node(path), list(self._value(path))
        before, after = set(map(str, old)), set(items)
        keep = [item for item in old if item in after]
        new = [item for item in items if item not in before]
        flow = getattr(node, "flow_style", False)
        if flow or not keep or len(before) < len(old) or items != keep + new:
            edits = [self._rewritten(node, items)]
        else:
            gone = (node.value[at] for at, item in enumerate(old) if item not in after)
            edits = [(self._line_start(item), self._line_end(item), "") for item in gone]
            edits.append(self._inserted(node, render(new, node.start_mark.column)))
        wanted, parent = self._wanted(path[:-1])
        parent[path[-1]] = list(items)
        self._become(edits, wanted)

    def _rewritten(self, node: yaml.Node, items: list[str]) -> tuple[int, int, str]:
        if getattr(node, "flow_style", False):
            written = ", ".join(item if SIMPLE.fullmatch(item) else _quoted(item) for item in items)
            return node.start_mark.index, node.end_mark.index, f"[{written}]"
        return self._line_start(node), self._line_end(node), "".join(render(items, node.start_mark.column))

    def settle(self) -> None:
        """Makes the collected changes.

        Raises:
            YamlTextError: The text would not hold what was asked for; nothing of it is kept then.
        """
        edits, self._edits, self._together = self._edits, [], False
        if edits:
            self._become(edits, self.data)

    def _become(self, edits: list[tuple[int, int, str]], wanted: Any) -> None:
        if self._together:
            self._edits += edits
            return
        pieces: list[str] = []
        at = 0
        for start, end, written in sorted(edits, key=lambda edit: edit[:2]):
            pieces += (self.text[at:start], written)
            at = max(at, end)
        text = "".join((*pieces, self.text[at:]))
        data, root = _parsed(text)
        if data != wanted:
            raise YamlTextError(said("This file is laid out in a way that cannot be changed safely; edit it by hand."))
        self.text, self.data, self._root = text, data, root
        self._keys.clear()

    def _wanted(self, path: Path_) -> tuple[Any, Any]:
        """What the file is to hold, for changing, and the part of it at a path."""
        wanted = self.data if self._together else copy.deepcopy(self.data)
        part: Any = wanted
        for step in path:
            part = part[step]
        return wanted, part

    def _value(self, path: Path_) -> Any:
        value = self.data
        for step in path:
            value = value[step]
        return value

    def _node(self, path: Path_) -> yaml.Node:
        node = self._root
        for step in path:
            if isinstance(node, yaml.MappingNode):
                node = self._pair(node, step)[1]
            elif isinstance(node, yaml.SequenceNode):
                node = node.value[step]
            else:
                raise YamlTextError(said("{what} is not in the file.", what=".".join(map(str, path))))
        return node

    def _pair(self, node: yaml.MappingNode, key: str | int) -> tuple[yaml.Node, yaml.Node]:
        """The nodes of a key and its value."""
        if id(node) not in self._keys:
            self._keys[id(node)] = {pair[0].value: pair for pair in reversed(node.value)}
        return self._keys[id(node)][str(key)]

    def _key_column(self, path: Path_) -> int:
        """The column of the key, or of the item's dash, that a value belongs to."""
        outer = self._node(path[:-1])
        if isinstance(outer, yaml.MappingNode):
            return int(self._pair(outer, path[-1])[0].start_mark.column)
        return int(outer.start_mark.column)

    def _span(self, node: yaml.Node) -> tuple[int, int]:
        """Where a scalar begins and ends in the text, without the line end after it."""
        start, end = node.start_mark.index, node.end_mark.index
        while end > start and self.text[end - 1] in "\n ":
            end -= 1
        return start, end

    def _inserted(self, node: yaml.Node, lines: list[str]) -> tuple[int, int, str]:
        end = self._line_end(node)
        return end, end, "".join(lines)

    def _line_start(self, node: yaml.Node) -> int:
        return self.text.rfind("\n", 0, node.start_mark.index) + 1

    def _line_end(self, node: yaml.Node) -> int:
        """Behind the last line with something of a node on it; comments and blanks after it are not the node's."""
        if isinstance(node, yaml.MappingNode) and node.value and not node.flow_style:
            return self._line_end(node.value[-1][1])
        if isinstance(node, yaml.SequenceNode) and node.value and not node.flow_style:
            return self._line_end(node.value[-1])
        return self.text.index("\n", max(self._span(node))) + 1


def _parsed(text: str) -> tuple[Any, yaml.Node]:
    if "\r" in text or "\ufeff" in text:
        raise YamlTextError(said("The file has line ends of another system; save it with plain line ends."))
    try:
        loader = yaml.CSafeLoader(text)
        root = loader.get_single_node()
        data = loader.construct_document(root) if root is not None else None
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        raise YamlTextError(said("The file is not valid YAML: {error}", error=str(error))) from error
    if root is None:
        raise YamlTextError(said("The file is empty."))
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
        return _block(value, column)
    if _is_plain(value):
        return value
    return _quoted(value)


def _block(value: str, column: int) -> str:
    pad = " " * (column + STEP)
    return "|-\n" + "\n".join(pad + line if line else "" for line in value.split("\n"))


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
    if SAFE.fullmatch(value) and value.lower() not in RESERVED:
        return True  # what most words are, without asking the parser
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
