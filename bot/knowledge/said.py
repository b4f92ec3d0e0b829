"""What is said to staff: an English sentence that also knows its French."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from functools import lru_cache
from importlib.resources import files
from typing import Any

import yaml

ENGLISH = "en"
BEFORE_A_MARK = re.compile(r" (?=[:;?!»])")


class Said(str):
    """An English sentence made from a template; :func:`in_language` says it in another language.

    It is the English text wherever a string is wanted: in comparisons, in the terminal, in logs.
    """

    template: str
    values: Mapping[str, object]

    def __new__(cls, template: str, values: Mapping[str, object] | None = None) -> Said:
        """The sentence, its values filled in."""
        made = super().__new__(cls, template.format(**(values or {})))
        made.template, made.values = template, dict(values or {})
        return made

    def __getnewargs__(self) -> tuple[Any, ...]:
        return self.template, self.values


def said(template: str, **values: object) -> Said:
    """A sentence for staff.

    Args:
        template: The English sentence, with ``{name}`` where a value goes; its French stands in ``french.yml``.
        values: The values; those that are sentences or errors themselves are said in the same language.
    """
    return Said(template, values)


def in_language(text: object, language: str) -> str:
    """A sentence, or what an error says, in a language; English for what has no translation."""
    if isinstance(text, BaseException):
        text = text.args[0] if text.args else ""
    if not isinstance(text, Said) or language == ENGLISH:
        return str(text)
    values = {name: _value(value, language) for name, value in text.values.items()}
    return french().get(text.template, text.template).format(**values)


def _value(value: object, language: str) -> object:
    return in_language(value, language) if isinstance(value, (Said, BaseException)) else value


def listed(sentences: Iterable[str]) -> str:
    """Several sentences after each other, each still in every language."""
    whole: str = ""
    for sentence in sentences:
        whole = said("{first} {then}", first=whole, then=sentence) if whole else sentence
    return whole


@lru_cache(maxsize=1)
def french() -> Mapping[str, str]:
    """English template → French template."""
    text = (files("bot.knowledge") / "french.yml").read_text(encoding="utf-8")
    found: Mapping[str, str] = yaml.load(text, Loader=yaml.CSafeLoader)
    return {english: spaced(sentence) for english, sentence in found.items()}


def spaced(french_text: str) -> str:
    """French with spaces that do not break before high marks and inside quotation marks, as it is printed."""
    return BEFORE_A_MARK.sub("\u00a0", french_text).replace("« ", "«\u00a0")
