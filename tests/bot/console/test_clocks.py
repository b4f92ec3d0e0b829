"""Times are those of the post's clocks, and pages say so."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

import pytest

from tests.bot.console.forms import text_in
from tests.bot.console.office import Office, open_published_office


@pytest.fixture
def office(tmp_path: Path, root: Path) -> Office:
    return open_published_office(tmp_path, root)


def test_the_log_and_the_releases_show_the_posts_time(office: Office) -> None:
    office.desk.staff.note("awa", "edited", "tides.overview", now=datetime(2026, 1, 31, 20, 30))
    assert "31 Jan 2026, 20:30" in text_in(office.page("/log"))
    assert "Times are those of the time zone UTC." in office.page("/releases")
    path = office.knowledge / "embassy.yml"
    path.write_text(path.read_text() + "time_zone: Asia/Tokyo\n")
    from bot.knowledge.live import live_knowledge

    live_knowledge.cache_clear()
    page = text_in(office.page("/log"))
    assert "1 Feb 2026, 05:30" in page and "time zone Asia/Tokyo" in page
    office.staff.sign_in("ben")
    assert "1 févr. 2026, 05:30" in text_in(office.page("/log"))
    release = office.desk.releases.current()
    assert release is not None
    made = datetime.fromisoformat(release.created).hour
    assert f", {(made + 9) % 24:02d}:" in office.page("/releases")
