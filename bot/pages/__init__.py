"""Plain pages: the start page and the whole knowledge as a page to read and print."""

from __future__ import annotations

from functools import lru_cache
from importlib.resources import files
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined


def asset(name: str) -> str:
    """A file of this folder as text."""
    return (files(__package__) / name).read_text(encoding="utf-8")


@lru_cache(maxsize=1)
def _environment() -> Environment:
    return Environment(
        loader=PackageLoader("bot.pages"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )


def page(name: str, **values: Any) -> str:
    """A template of this folder, filled in; every value is escaped."""
    return _environment().get_template(name).render(**values)
