"""The figures: each thing counted where it belongs, on the page and in the file; each plot with its table."""

from __future__ import annotations

import csv
import io
import json
import re
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from bot.console.plots import bars
from bot.console.views.figures import Times, _hours, between
from bot.knowledge.live import live_knowledge
from bot.knowledge.zones import zone_of
from bot.store.inbox import DONE
from bot.training.releases import TRAINED, WORDS
from tests import tiny
from tests.bot.console.office import Office, open_office


@pytest.fixture
def office(tmp_path: Path) -> Office:
    return open_office(tmp_path)


def rows(office: Office, days: int = 7) -> list[list[str]]:
    return list(csv.reader(io.StringIO(office.page(f"/figures.csv?days={days}").lstrip("\ufeff"))))


def table(page: str, name: str) -> list[list[str]]:
    found = re.search(rf'<table aria-labelledby="{name}">.*?<tbody>(.*?)</tbody>', page, re.DOTALL)
    assert found, f"there is no table {name}"
    cells = (re.findall(r"<td[^>]*>(.*?)</td>", row, re.DOTALL) for row in re.findall(r"<tr>(.*?)</tr>", found[1]))
    return [[re.sub(r"<[^>]+>", "", cell) for cell in row] for row in cells]


def rate(office: Office) -> str:
    """Two thumbs up for the tides in English, one down for the pearls in French on Telegram; the hour."""
    for number in (1, 2):
        office.ask("x", "answer", sender="a", message_id=f"a{number}", entry="tides.contact", section="tides")
        office.thumb(True, "a", f"a{number}", "tides.contact")
    office.ask("y", "answer", sender="b", message_id="b1", entry="pearls.overview", section="pearls", language="fr")
    office.thumb(False, "b", "b1", "pearls.overview", language="fr", channel="telegram")
    return f"{datetime.utcnow().hour:02d}"


def test_thumbs_stand_by_section_language_channel_and_hour_on_the_page(office: Office) -> None:
    hour = rate(office)
    page = office.page("/figures")
    assert table(page, "thumbs_by_section") == [["Tide Office", "2", "0"], ["Pearl Office", "0", "1"]]
    assert table(page, "thumbs_by_language") == [["English", "2", "0"], ["French", "0", "1"]]
    assert table(page, "thumbs_by_channel") == [["Website", "2", "0"], ["Telegram", "0", "1"]]
    by_hour = table(page, "thumbs_by_hour")
    assert len(by_hour) == 24 and [hour, "2", "1"] in by_hour
    assert "<strong>2 / 3</strong>" in page


def test_staff_know_the_website_not_how_its_chat_reaches_the_bot(office: Office) -> None:
    office.ask("x", channel="rest")
    assert table(office.page("/figures"), "by_channel") == [["Website", "1"]]


def test_the_file_holds_all_that_the_page_shows(office: Office) -> None:
    hour = rate(office)
    found = rows(office)
    for row in (
        ["kinds", "answer", "3"], ["sections", "tides", "2"], ["languages", "fr", "1"],
        ["thumbs up by sections", "tides", "2"], ["thumbs down by sections", "pearls", "1"],
        ["thumbs up by languages", "en", "2"], ["thumbs down by channels", "telegram", "1"],
        ["thumbs down by hours", hour, "1"], ["thumbs up by entries", "tides.contact", "2"],
        ["milliseconds to reply", "half within", "20.0"], ["milliseconds to reply", "95 % within", "20.0"],
        ["questions of the inbox whose answer was published", "", "0"],
    ):  # fmt: skip
        assert row in found, row
    office.ask("z", "answer", entry="=1+1", section="@sum", language="+x")
    assert {"'=1+1", "'@sum", "'+x"} <= {row[1] for row in rows(office)}, "no formula reaches a spreadsheet"


def test_each_plot_has_a_table_and_a_name(office: Office) -> None:
    rate(office)
    for language in ("en", "fr"):
        office.staff.sign_in("awa" if language == "en" else "ben")
        page = office.page("/figures")
        plots = re.findall(r'<svg class="plot"[^>]*aria-label="([^"]+)".*?</svg>\s*<details>.*?<table', page, re.DOTALL)
        assert len(plots) == page.count("<svg") == 3 and all(plots)
        assert page.count("<table") == page.count("<thead>") == page.count("<tbody>")
    assert "Pouces par heure" in page and "Site web" in page


def test_the_time_from_a_question_to_its_published_answer(office: Office) -> None:
    office.ask("how deep is the pool", minutes_ago=60 * 5)
    office.ask("never released", minutes_ago=60 * 50)
    for item in office.desk.inbox.unanswered([], datetime.utcnow() - timedelta(days=3)):
        office.desk.inbox.mark([item], DONE, "awa", datetime.utcnow() - timedelta(hours=3), entry="tides.contact")
    assert "published answer" not in office.page("/figures")
    # The first was prepared before the question was added, the second only has other words, the third has it.
    release(office, 1, TRAINED, hours_ago=2, questions="tides.contact:\n- other\n")
    release(office, 2, WORDS, hours_ago=2, questions="tides.contact:\n- 'How deep is the pool?'\n")
    release(office, 3, TRAINED, hours_ago=1, questions="tides.contact:\n- 'How deep is the pool?'\n")
    page = office.page("/figures")
    assert "<strong>4 h</strong>From a question in the inbox to its published answer" in page
    assert ["hours from question to published answer", "half within", "4.0"] in rows(office)
    assert ["questions of the inbox whose answer was published", "", "1"] in rows(office)
    office.staff.sign_in("ben")
    assert "D'une question" in office.page("/figures").replace("&#39;", "'")


@pytest.mark.parametrize(
    ("hours", "language", "text"),
    [(0.05, "fr", "3 min"), (0.001, "en", "1 min"), (0.999, "en", "1 h"), (5.2, "fr", "5 h"), (50, "fr", "2 jours")],
)
def test_a_time_is_told_in_the_unit_that_fits(hours: float, language: str, text: str) -> None:
    assert _hours(hours, language) == text


def release(office: Office, number: int, kind: str, hours_ago: float, questions: str) -> None:
    folder = office.desk.releases.path(number)
    (folder / "knowledge/questions/en").mkdir(parents=True)
    (folder / "knowledge/questions/en/all.yml").write_text(questions)
    created = (datetime.utcnow() - timedelta(hours=hours_ago)).isoformat(timespec="seconds")
    about = {"number": number, "created": created, "author": "awa", "reason": "x", "kind": kind, "knowledge": "x",
             "model": "m", "sha256": "0", "inputs": "0", "of": None, "figures": {}}  # fmt: skip
    (folder / "release.json").write_text(json.dumps(about))
    (folder.parent / "current.json").write_text(json.dumps({"release": number}))


def test_an_empty_period_says_so(office: Office) -> None:
    assert "Nobody has written" in office.page("/figures?days=1")
    assert rows(office)[0] == ["what", "which", "count"]


def test_times_of_nothing_and_of_many() -> None:
    assert Times.of([]) == Times(None, None)
    assert Times.of(range(100, 0, -1)) == Times(51, 96)


def test_bars_stand_side_by_side_and_labels_are_escaped() -> None:
    plot = bars([("<a>", 2), ("b", 0)], "<title>", [1, 3])
    assert "<a>" not in plot and "&lt;title&gt;" in plot
    assert plot.count("<rect") == 3 and ">3</text>" in plot
    assert bars([], "nothing").count("<rect") == 0


# --- The post's time zone ---


def lives_in(office: Office, zone: str) -> None:
    tiny.change(
        office.knowledge / "embassy.yml", "default_language: fr\n", f"default_language: fr\ntime_zone: {zone}\n"
    )


def test_the_page_and_the_file_name_the_post_s_time_zone(office: Office) -> None:
    rate(office)
    page = office.page("/figures")
    assert "those of the time zone UTC" in page and '<h2 id="hours">By hour (UTC)</h2>' in page
    lives_in(office, "Asia/Tokyo")
    live_knowledge.cache_clear()
    hour = f"{datetime.now(zone_of('Asia/Tokyo')).hour:02d}"
    page = office.page("/figures")
    assert "those of the time zone Asia/Tokyo" in page and "By hour (Asia/Tokyo)" in page and "(UTC)" not in page
    assert [hour, "2", "1"] in table(page, "thumbs_by_hour") and [hour, "3"] in table(page, "hours")
    assert ["time zone of days and hours", "Asia/Tokyo", ""] in rows(office)
    office.staff.sign_in("ben")
    page = office.page("/figures")
    assert "du fuseau horaire Asia/Tokyo" in page and "Pouces par heure (Asia/Tokyo)" in page


@pytest.mark.parametrize(
    ("zone", "now", "days", "since"),
    [
        ("UTC", datetime(2026, 11, 23, 23, 30), 1, datetime(2026, 11, 23)),
        ("Asia/Tokyo", datetime(2026, 11, 23, 23, 30), 1, datetime(2026, 11, 23, 15)),
        ("America/New_York", datetime(2026, 11, 24, 4, 30), 1, datetime(2026, 11, 23, 5)),
        ("Europe/Paris", datetime(2026, 10, 27, 12), 7, datetime(2026, 10, 20, 22)),  # summer's midnight
        ("Africa/Cairo", datetime(2026, 4, 24, 12), 1, datetime(2026, 4, 23, 22)),  # no midnight on that day
    ],
)
def test_a_period_begins_at_the_zone_s_midnight(zone: str, now: datetime, days: int, since: datetime) -> None:
    assert between(days, zone_of(zone), now) == (since, now)
