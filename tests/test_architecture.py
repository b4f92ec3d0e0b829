"""The house's plan, kept by machine: imports go one way, modules stay small."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
MODULES = sorted([*(ROOT / "bot").rglob("*.py"), *(ROOT / "nlu").rglob("*.py")])
MOST_LINES = 400

# From the top of the house to its foundation: a room imports only from its own level or below.
LEVELS = [
    {"bot.cli", "bot.app"},
    {"bot.channels", "bot.console", "bot.pages", "bot.widget"},
    {"bot.publishing"},
    {"bot.evaluation"},
    {"bot.conversations"},
    {"bot.engine"},
    {"bot.processor", "bot.tracker_store", "bot.training"},
    {"bot.dialogue"},
    {"bot.store", "bot.messages", "bot.knowledge"},
    {"bot.settings"},
    {
        "bot.exclusive",
        "bot.introductions",
        "bot.latest",
        "bot.limits",
        "bot.origins",
        "bot.tasks",
        "bot.wording",
        "bot.without_tensorflow",
        "bot.graph_runner",
        "bot.garbage",
        "nlu",
    },
]


def name_of(path: Path) -> str:
    parts = path.relative_to(ROOT).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def level_of(module: str) -> int | None:
    for level, rooms in enumerate(LEVELS):
        if any(module == room or module.startswith(room + ".") for room in rooms):
            return level
    return None


def imports_of(path: Path) -> set[str]:
    found = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            found |= {node.module} | {f"{node.module}.{alias.name}" for alias in node.names}
    return {name for name in found if name.split(".")[0] in ("bot", "nlu")}


@pytest.mark.parametrize("path", MODULES, ids=name_of)
def test_a_room_imports_only_from_its_level_or_below(path: Path) -> None:
    module = name_of(path)
    own = level_of(module)
    if own is None:
        assert module == "bot", f"{module} has no level: give it one in LEVELS"
        return
    upward = {name for name in imports_of(path) if (level := level_of(name)) is not None and level < own}
    assert not upward, f"{module} imports {sorted(upward)}, which stand above it"


@pytest.mark.parametrize("path", [p for p in MODULES if name_of(p).startswith("nlu")], ids=name_of)
def test_understanding_knows_nothing_of_the_bot(path: Path) -> None:
    assert not {name for name in imports_of(path) if name.startswith("bot")}


@pytest.mark.parametrize("room", ["knowledge", "dialogue"])
def test_knowledge_and_the_dialogue_itself_know_nothing_of_rasa(room: str) -> None:
    seams = {"policy.py", "response_generator.py"}
    for path in sorted((ROOT / "bot" / room).glob("*.py")):
        if path.name not in seams:
            assert "import rasa" not in path.read_text(encoding="utf-8"), path
            assert "from rasa" not in path.read_text(encoding="utf-8"), path


@pytest.mark.parametrize("path", MODULES, ids=name_of)
def test_no_module_is_longer_than_a_sitting(path: Path) -> None:
    assert len(path.read_text(encoding="utf-8").splitlines()) <= MOST_LINES
