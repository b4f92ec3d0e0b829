"""Plain pages: the start page and the whole knowledge as a page to read and print."""

from __future__ import annotations

import re
from functools import lru_cache
from importlib.resources import files
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

FRENCH_MARKS = re.compile(r" (?=[?!:;»])|(?<=«) ")


def asset(name: str) -> str:
    """A file of this folder as text."""
    return (files(__package__) / name).read_text(encoding="utf-8")


def unbroken(value: Any) -> Any:
    """A text in which no line begins with the mark that French sets off by a space; whatever else as it is."""
    return FRENCH_MARKS.sub("\u00a0", value) if isinstance(value, str) and not isinstance(value, Markup) else value


@lru_cache(maxsize=1)
def _environment() -> Environment:
    return Environment(
        loader=PackageLoader("bot.pages"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        finalize=unbroken,
    )


def page(name: str, **values: Any) -> str:
    """A template of this folder, filled in; every value is escaped."""
    return _environment().get_template(name).render(**values)
