"""A post's time zone: optional, by its IANA name, and said clearly where it cannot be used."""

from __future__ import annotations

import zoneinfo
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from bot.knowledge.checks import check_folder
from bot.knowledge.reader import KnowledgeError, read_knowledge
from bot.knowledge.said import in_language
from bot.knowledge.zones import ZoneError, zone_of
from tests import tiny


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tiny.write(tmp_path / "knowledge")


@pytest.fixture
def no_zones() -> Iterator[None]:
    """A machine without a list of time zones."""
    before = zoneinfo.TZPATH
    zoneinfo.ZoneInfo.clear_cache()
    zoneinfo.reset_tzpath(to=[])
    yield
    zoneinfo.reset_tzpath(to=before)
    zoneinfo.ZoneInfo.clear_cache()


def set_zone(folder: Path, written: str) -> None:
    tiny.change(folder / "embassy.yml", "default_language: fr\n", f"default_language: fr\ntime_zone: {written}\n")


def test_a_post_lives_in_utc_if_it_says_nothing(folder: Path) -> None:
    post = read_knowledge(folder, questions=False).post
    assert post.time_zone == "UTC" and post.zone.utcoffset(None) == timedelta(0)


def test_a_post_lives_where_it_says(folder: Path) -> None:
    set_zone(folder, "Asia/Tokyo")
    post = read_knowledge(folder, questions=False).post
    assert post.time_zone == "Asia/Tokyo" and datetime(2026, 1, 1, tzinfo=post.zone).utcoffset() == timedelta(hours=9)
    assert check_folder(folder) == []


@pytest.mark.parametrize(
    "name",
    ["Africa/Bamakko", "Mars/Base", "Africa", "../etc/passwd", "/etc/passwd", "GMT+25", "leapseconds", "a" * 5000],
)
def test_an_unknown_zone_is_said_at_its_line(folder: Path, name: str) -> None:
    set_zone(folder, name)
    (finding,) = check_folder(folder)
    assert (finding.file, finding.severity) == ("embassy.yml", "error")
    line = (folder / "embassy.yml").read_text().splitlines()[finding.line - 1]
    assert line.startswith("time_zone:") and name[:60] in finding.problem
    assert "IANA" in finding.mend and "fuseau" in in_language(finding.problem, "fr")
    with pytest.raises(KnowledgeError, match=rf"embassy.yml:{finding.line}: time_zone is"):
        read_knowledge(folder)


@pytest.mark.parametrize("written", ["5", "[Asia/Tokyo]", "true", "{}"])
def test_what_is_no_text_is_no_zone(folder: Path, written: str) -> None:
    set_zone(folder, written)
    assert any("time_zone" in finding.problem for finding in check_folder(folder))


def test_a_slip_is_answered_with_the_likeliest_names(folder: Path) -> None:
    with pytest.raises(ZoneError) as caught:
        zone_of("Africa/Bamakko")
    assert "Africa/Bamako" in caught.value.mend


def test_without_a_list_of_zones_utc_still_works_and_others_say_what_is_missing(folder: Path, no_zones: None) -> None:
    assert read_knowledge(folder).post.zone.utcoffset(None) == timedelta(0)
    set_zone(folder, "Asia/Tokyo")
    with pytest.raises(KnowledgeError, match="no list of time zones → install the package tzdata"):
        read_knowledge(folder)
    (finding,) = check_folder(folder)
    assert "no list of time zones" in finding.problem and "tzdata" in finding.mend
