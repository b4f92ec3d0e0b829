"""The badges of the list of answers say what the checks say."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from bot.knowledge.checks import check_folder
from bot.knowledge.edit.editor import KnowledgeEditor
from tests import tiny
from tests.bot.console.office import open_office
from tests.bot.knowledge.edit.test_sections import add_reefs, asked


@pytest.mark.parametrize("count", [24, 25])
def test_few_questions_are_marked_where_the_checks_warn_of_them_and_nowhere_else(tmp_path: Path, count: int) -> None:
    office = open_office(tmp_path)
    add_reefs(office.knowledge)
    few = {name: asked("fr", name)[:count] for name in ("reefs.overview", "topic.reef-price")}
    tiny.save(office.knowledge / "questions/fr/reefs.yml", few)
    page = office.page("/answers?badge=thin")
    marked = {name for name in re.findall(r'href="/console/answers/([^"?]+)"', page) if "." in name}
    warned = [finding.problem for finding in check_folder(office.knowledge) if "sample questions" in finding.problem]
    known = [item.id for item in KnowledgeEditor(office.knowledge).all()]
    assert marked == {name for name in known if any(line.startswith(f"{name} ") for line in warned)}
    assert marked == ({"reefs.overview"} if count == 24 else set())
