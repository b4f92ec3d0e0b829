"""Wide tables on a phone, in a real Chromium: no column is off the screen, and who listens still has a table."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.bot.conftest import findings
from tests.bot.console.office import Office
from tests.bot.console.test_editing import many, table
from tests.bot.console.test_inbox_keys import sign_in
from tests.bot.console.test_publishing_seen import is_ready, office

__all__ = ["office"]

CELLS = """cells => cells.map(cell => {
  const box = cell.getBoundingClientRect(), label = getComputedStyle(cell, "::before");
  return [label.content, box.left >= 0 && box.right <= innerWidth];
})"""


def the_log(page: Page, url: str) -> None:
    page.goto(f"{url}/log")


def questions_answered_otherwise(page: Page, url: str) -> None:
    page.goto(f"{url}/publish")


def a_table_brought(page: Page, url: str) -> None:
    rows = table([*many(2), {**many(1)[0], "id": "Bad", "review_by": "soon"}])
    page.goto(f"{url}/exchange")
    page.locator("#file").set_input_files({"name": "answers.csv", "mimeType": "text/csv", "buffer": rows})
    page.locator("form", has=page.locator("#file")).locator("button").click()


@pytest.mark.parametrize("show", [the_log, questions_answered_otherwise, a_table_brought])
@pytest.mark.parametrize("name", ["awa", "chloe"])
def test_every_cell_of_a_wide_table_is_on_the_screen_under_its_columns_name(
    page: Page, node: Path, office: Office, url: str, name: str, show: Callable[[Page, str], None]
) -> None:
    is_ready(office)
    sign_in(page, url, name)
    page.set_viewport_size({"width": 1280, "height": 800})
    show(page, url)
    found = page.locator(".stacks table").first
    headings = found.get_by_role("columnheader").all_inner_texts()
    count, cells = found.get_by_role("row").count(), found.get_by_role("cell").count()
    assert all(label in ("none", "normal") for label, _ in found.locator("td").evaluate_all(CELLS))
    page.set_viewport_size({"width": 390, "height": 800})
    seen = found.locator("td").evaluate_all(CELLS)
    assert seen and all(inside for _, inside in seen)
    labels = [label.split('"')[1] for label, _ in seen]
    assert labels[: len(headings)] == headings
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    assert (found.get_by_role("row").count(), found.get_by_role("cell").count()) == (count, cells)
    expect(found.get_by_role("columnheader")).to_have_count(len(headings))
    assert findings(page, node) == []
