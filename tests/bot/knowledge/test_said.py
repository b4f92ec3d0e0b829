"""Whatever is said to staff is said in French too."""

from __future__ import annotations

import ast
import copy
import pickle
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from bot.knowledge.checks import check_folder
from bot.knowledge.edit.drafts import EditError
from bot.knowledge.edit.yaml_text import YamlTextError
from bot.knowledge.said import french, in_language, listed, said
from tests import tiny


def templates(root: Path) -> Iterator[tuple[str, str]]:
    """Every sentence of the program with its place; names of constants are looked up in their module."""
    for room in ("knowledge", "console", "training", "publishing"):
        for path in sorted((root / "bot" / room).rglob("*.py")):
            tree = ast.parse(path.read_text(encoding="utf-8"))
            constants = {
                target.id: node.value.value
                for node in ast.walk(tree)
                if isinstance(node, ast.Assign) and isinstance(node.value, ast.Constant)
                for target in node.targets
                if isinstance(target, ast.Name)
            }
            for node in ast.walk(tree):
                if isinstance(node, ast.Call) and getattr(node.func, "id", "") == "said":
                    first = node.args[0]
                    text = first.value if isinstance(first, ast.Constant) else constants[first.id]  # type: ignore[attr-defined]
                    yield f"{path.name}:{node.lineno}", text


def test_every_sentence_has_its_french_with_the_same_values(root: Path) -> None:
    found = dict(templates(root))
    assert len(found) > 100
    missing = {place: text for place, text in found.items() if text not in french()}
    assert missing == {}
    for english, translated in french().items():
        assert set(re.findall(r"\{+\w+\}+", english)) == set(re.findall(r"\{+\w+\}+", translated)), english


def test_no_sentence_is_kept_that_nobody_says(root: Path) -> None:
    assert set(french()) - {text for _, text in templates(root)} == set()


def test_a_sentence_is_its_english_and_says_its_values_in_the_same_language() -> None:
    inner = EditError(said("The answer ({language})", language="fr"))
    outer = said("{what} is empty.", what=inner)
    assert outer == "The answer (fr) is empty." and in_language(outer, "en") == outer
    assert in_language(EditError(outer), "fr") == "La réponse (fr)\u00a0: ce champ est vide."
    assert in_language(YamlTextError("plain"), "fr") == "plain"
    assert in_language(listed([outer, outer]), "fr").count("ce champ") == 2
    for same in (copy.deepcopy(outer), pickle.loads(pickle.dumps(said("The source")))):
        assert in_language(same, "fr") != same


@pytest.mark.parametrize(
    ("name", "old", "new", "problem"),
    [
        ("sections/tides.yml", "aspect: contact", "aspekt: contact", "contient le nom inconnu « aspekt »"),
        ("sections/tides.yml", "    fr: Sur tides.contact\n", "", "n'a pas fr"),
        ("sections/tides.yml", "au {tide-phone}", "au {tide-phone", "n'est pas fermée"),
        ("sections/tides.yml", "- id:", "- id", "n'est pas du YAML valable"),
        ("embassy.yml", "+99 11 22 33", "call us", "« call us » n'est pas un numéro de téléphone"),
        ("embassy.yml", "kind: phone", "kind: link", "n'est pas un lien"),
        ("embassy.yml", "tides@atlantis.example", "Awa Diop", "n'est pas une adresse électronique"),
    ],
)  # fmt: skip
def test_findings_are_said_in_french(tmp_path: Path, name: str, old: str, new: str, problem: str) -> None:
    folder = tiny.write(tmp_path)
    tiny.change(folder / name, old, new)
    found = [f"{in_language(f.problem, 'fr')} → {in_language(f.mend, 'fr')}" for f in check_folder(folder)]
    assert any(problem in line.replace("\u00a0", " ") for line in found), found
    english = [f"{f.problem} → {f.mend}" for f in check_folder(folder)]
    assert not set(found) & set(english)


def test_a_story_that_leads_nowhere_is_found(tmp_path: Path) -> None:
    folder = tiny.write(tmp_path)
    (folder / "stories").mkdir()
    story = {"version": "3.1", "stories": [{"story": "x", "steps": [{"intent": "tides.nothing"}, {"action": "y"}]}]}
    tiny.save(folder / "stories/x.yml", story)
    assert any("tides.nothing" in str(finding) for finding in check_folder(folder))
    for odd in ({"stories": 5}, {"stories": [5, {"steps": 7}, {"steps": [3, {"intent": 4}]}]}, {}):
        tiny.save(folder / "stories/x.yml", odd)
        assert isinstance(check_folder(folder), list)
