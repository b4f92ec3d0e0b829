"""What is remembered in memory of many things: only the latest."""

from __future__ import annotations

from collections import OrderedDict
from typing import TypeVar

MOST = 10_000

Key = TypeVar("Key")
Value = TypeVar("Value")


class Latest(OrderedDict[Key, Value]):
    """A dictionary of what was set last; beyond 10,000 entries the oldest go."""

    def __setitem__(self, key: Key, value: Value) -> None:
        super().__setitem__(key, value)
        self.move_to_end(key)
        if len(self) > MOST:
            self.popitem(last=False)
