"""What the program offers stands in its documentation."""

from __future__ import annotations

import argparse
import dataclasses
import re
from pathlib import Path

import pytest

from bot.cli import build_parser
from bot.settings import Settings

ROOT = Path(__file__).resolve().parent.parent
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]
TEXT = "\n".join(page.read_text(encoding="utf-8") for page in PAGES)


def commands() -> list[str]:
    actions = build_parser()._actions
    choices = next(action for action in actions if isinstance(action, argparse._SubParsersAction)).choices
    return sorted(choices)


@pytest.mark.parametrize("command", commands())
def test_every_command_is_documented(command: str) -> None:
    assert f"embassy-bot {command}" in TEXT


@pytest.mark.parametrize("variable", sorted(set(re.findall(r"[A-Z]+_URL", (ROOT / "bot/settings.py").read_text()))))
def test_every_setting_from_the_environment_is_documented(variable: str) -> None:
    assert variable in TEXT
    assert "database_url" in {field.name for field in dataclasses.fields(Settings)}


@pytest.mark.parametrize("target", re.findall(r"^([a-z]+):.*## ", (ROOT / "Makefile").read_text(), re.MULTILINE))
def test_every_make_target_is_documented(target: str) -> None:
    assert f"make {target}" in TEXT


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_path_that_a_page_names_exists(page: Path) -> None:
    named = re.findall(r"`((?:bot|nlu|knowledge|tests|docs|benchmarks)/[\w./-]+)`", page.read_text(encoding="utf-8"))
    missing = [path for path in named if "NAME" not in path and not (ROOT / path).exists()]
    assert not missing


def test_every_address_of_the_server_is_documented() -> None:
    source = (ROOT / "bot/app.py").read_text(encoding="utf-8")
    for address in re.findall(r'Route\("(/[\w/]*)"', source):
        assert address.rstrip("/") in TEXT, address
