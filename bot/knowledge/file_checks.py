"""What is wrong with a file of the knowledge by itself: where, what, and how to mend it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import date
from functools import lru_cache
from importlib.resources import files
from pathlib import Path
from typing import Any

import jsonschema

from bot.knowledge import yaml_lines
from bot.knowledge.findings import ERROR, Finding
from bot.knowledge.said import Said, said
from bot.knowledge.yaml_lines import LinedDocument, YamlFileError
from bot.knowledge.zones import ZoneError, zone_of

SCHEMAS = {
    "sections": "section",
    "topics": "topics",
    "questions": "questions",
    "embassy.yml": "embassy",
    "conversation.yml": "conversation",
}

FORMATS = jsonschema.FormatChecker(formats=())
FORMATS.checks("date")(lambda value: isinstance(value, date))
FORMATS.checks("time-zone", raises=ZoneError)(lambda value: not isinstance(value, str) or bool(zone_of(value)))


@lru_cache(maxsize=yaml_lines.MOST_REMEMBERED)
def own_findings(name: str, document: LinedDocument) -> tuple[Finding, ...]:
    """What :func:`looked_at` finds, remembered: the same document is looked at once."""
    return looked_at(name, document)


def broken_line(folder: Path, error: YamlFileError) -> Finding:
    """What is wrong with a file of the folder that cannot be read."""
    return Finding(error.path.relative_to(folder).as_posix(), error.line, ERROR, error.reason, error.mend)


def misshapen(name: str, document: LinedDocument) -> Finding | None:
    """What is wrong with a file that does not even hold lines like "name: value"; None where it does."""
    if isinstance(document.data, dict):
        return None
    if document.data is not None:
        problem = said("the file does not begin with lines like 'name: value'")
        return Finding(name, 1, ERROR, problem, said("bring it back from git, or see the example in docs/knowledge.md"))
    back = said("bring it back from git")
    mend = back if name in SCHEMAS else said("bring it back from git, or remove it if it is not needed")
    return Finding(name, 1, ERROR, said("the file is empty"), mend)


def looked_at(name: str, document: LinedDocument) -> tuple[Finding, ...]:
    """What is wrong with a file by itself."""
    return (*_repeated_keys(name, document), *_schema_findings(name, document))


def _repeated_keys(name: str, document: LinedDocument) -> Iterator[Finding]:
    for path, line in document.repeated:
        problem = said("'{key}' stands twice at the same level", key=path[-1])
        yield Finding(name, line, ERROR, problem, said("keep one of the two and remove the other"))


def _schema_findings(name: str, document: LinedDocument) -> Iterator[Finding]:
    kind = SCHEMAS.get(name.split("/")[0])
    if kind is None:
        return
    if (finding := misshapen(name, document)) is not None:
        yield finding
        return
    for error in _validator(kind).iter_errors(document.data):
        path = tuple(part if isinstance(part, int) else str(part) for part in error.absolute_path)
        yield Finding(name, document.line(*path), ERROR, *_explained(error))


@lru_cache(maxsize=8)
def _validator(kind: str) -> jsonschema.Draft7Validator:
    return jsonschema.Draft7Validator(schema(kind), format_checker=FORMATS)


def schema(kind: str) -> dict[str, Any]:
    """The JSON Schema of one kind of file."""
    text = (files("bot.knowledge") / "schemas" / f"{kind}.schema.json").read_text(encoding="utf-8")
    return dict(json.loads(text))


def _explained(error: jsonschema.ValidationError) -> tuple[Said, Said]:
    """A schema error in staff's words: problem and mend."""
    rule: Any = error.validator_value
    where: Any = ".".join(str(part) for part in error.absolute_path) or said("the file")
    if error.validator == "required":
        given: Any = error.instance or {}
        missing = [name for name in rule if name not in given]
        problem = said("{where} has no {names}", where=where, names=_joined(missing))
        return problem, said("add a line '{name}:' with its text", name=missing[0])
    if error.validator == "additionalProperties" and isinstance(error.instance, dict):
        known_keys: Any = error.schema
        known = known_keys.get("properties", {})
        unknown = [str(key) for key in error.instance if key not in known]
        problem = said("{where} has the unknown name '{name}'", where=where, name=unknown[0] if unknown else "?")
        return problem, said("known names are {names}", names=", ".join(known))
    if error.validator == "enum":
        problem = said("{where} is '{value}'", where=where, value=error.instance)
        return problem, said("write one of {names}", names=", ".join(map(str, rule)))
    if error.validator == "format" and rule == "date":
        problem = said("{where} is {value}, not a day", where=where, value=repr(error.instance))
        return problem, said("write the day like 2026-11-23, without quotes")
    if isinstance(error.cause, ZoneError):
        return error.cause.problem, error.cause.mend
    if error.validator == "type":
        problem = said("{where} is {value}, not of the kind {kind}", where=where, value=repr(error.instance), kind=rule)
        return problem, said("put the text in quotes if it is meant as text")
    if error.validator == "maxLength":
        problem = said("{where} is longer than {limit} characters", where=where, limit=rule)
        return problem, said("write it shorter")
    problem = said("{where}: {message}", where=where, message=error.message[:160])
    return problem, said("see the example in docs/knowledge.md")


def _joined(names: list[str]) -> str:
    whole: str = names[0]
    for name in names[1:]:
        whole = said("{first} and no {then}", first=whole, then=name)
    return whole
