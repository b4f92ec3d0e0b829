"""Publishing words alone while questions wait takes a moment: only files that differ are read and checked again."""

from __future__ import annotations

import shutil
import time
from dataclasses import replace
from pathlib import Path

import pytest

from bot.knowledge import consistency, file_checks, yaml_lines
from bot.knowledge.checks import check_folder
from bot.knowledge.edit.editor import KnowledgeEditor
from bot.knowledge.reader import knowledge_version
from bot.publishing.draft import compare_draft, errors_of
from bot.publishing.words import publish_words
from bot.settings import Settings
from bot.training.releases import Basis, Releases
from tests.bot.training.test_releases import train


@pytest.fixture
def post(tmp_path: Path, root: Path) -> Settings:
    """The real knowledge, served as release 1; in the draft, an answer's words and a question differ."""
    shutil.copytree(root / "knowledge", tmp_path / "knowledge", ignore=shutil.ignore_patterns(".*"))
    for name in ("config.yml", "domain.yml"):
        shutil.copy(root / name, tmp_path / name)
    settings = Settings(root=tmp_path, database_url="sqlite://")
    train(settings, "one")
    Releases(settings).baseline()
    words = settings.knowledge / "sections/press.yml"
    words.write_text(words.read_text(encoding="utf-8").replace("Please call", "Kindly call"), encoding="utf-8")
    KnowledgeEditor(settings.knowledge).add_questions("press.head", "en", ("who runs the press zeppelin these days",))
    return settings


def test_only_what_differs_is_looked_at(post: Settings) -> None:
    releases = Releases(post)
    draft = compare_draft(releases, post.knowledge, "en")
    assert not draft.only_words and draft.words and errors_of(post.knowledge) == [], "what the page shows"
    before = [cache.cache_info().misses for cache in (yaml_lines._parsed, file_checks.own_findings, consistency._plain)]
    began = time.monotonic()
    release = publish_words(
        releases, post.knowledge, author="awa", reason="Kinder", basis=Basis(1, draft.version), language="en"
    )
    took = time.monotonic() - began
    after = [cache.cache_info().misses for cache in (yaml_lines._parsed, file_checks.own_findings, consistency._plain)]
    looked_at = [now - then for now, then in zip(after, before)]
    assert (looked_at[0], looked_at[2]) == (0, 0)
    assert looked_at[1] <= 1, "one file is the served one again, which the page need not have checked"
    assert took < 2
    served = releases.path(release.number) / "knowledge"
    assert "Kindly call" in (served / "sections/press.yml").read_text()
    assert "zeppelin" not in (served / "questions/en/press.yml").read_text()


def test_a_new_and_a_deleted_answer_of_the_same_section_do_not_slow_it(post: Settings) -> None:
    releases, editor = Releases(post), KnowledgeEditor(post.knowledge)
    head = editor.entry("press.head")
    new = ("who runs the press zeppelin now",), ("qui dirige le zeppelin de la presse",)
    editor.add(replace(head, id="press.zeppelin", questions=dict(zip(("en", "fr"), new))))
    editor.remove("press.languages")
    draft = compare_draft(releases, post.knowledge, "en")
    assert not draft.only_words and draft.words
    began = time.process_time()
    release = publish_words(
        releases, post.knowledge, author="awa", reason="Kinder", basis=Basis(1, draft.version), language="en"
    )
    assert time.process_time() - began < 1, "seconds of computing, whatever else the machine does"
    words = (releases.path(release.number) / "knowledge/sections/press.yml").read_text()
    assert "Kindly call" in words and "press.languages" in words and "press.zeppelin" not in words


def test_what_is_remembered_changes_no_finding(post: Settings) -> None:
    warm = check_folder(post.knowledge)
    for cache in (yaml_lines._parsed, file_checks.own_findings, consistency._plain):
        cache.cache_clear()
    assert check_folder(post.knowledge) == warm
    path = post.knowledge / "sections/press.yml"
    version = knowledge_version(post.knowledge)
    path.write_text(path.read_text().replace("{press-phone}", "{nobody-phone}"))
    assert knowledge_version(post.knowledge) != version
    assert any("nobody-phone" in finding.problem for finding in check_folder(post.knowledge))
