"""Tables brought back: what they cannot do is said, never passed over."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.bot.console.forms import text_in
from tests.bot.console.office import Office, open_office
from tests.bot.console.test_editing import look, table


@pytest.fixture
def office(tmp_path: Path) -> Office:
    return open_office(tmp_path)


def test_a_changed_section_is_refused_with_what_to_do(office: Office) -> None:
    page = look(office, table([{"id": "tides.contact", "section": "pearls", "owner": "Awa"}]))
    assert page.status_code == 200
    assert "tides.contact stands in the section 'tides' and cannot be moved by a table" in text_in(page.text)
    assert "/console/exchange/save" not in page.text, "nothing of the row is taken"
    for same in ("tides", " tides ", ""):
        page = look(office, table([{"id": "tides.contact", "section": same, "owner": "Awa"}]))
        assert "/console/exchange/save" in page.text and "cannot be moved" not in page.text


@pytest.mark.parametrize("file", [("", b"", "application/octet-stream"), None])
def test_a_form_without_a_file_says_so(office: Office, file: tuple[str, bytes, str] | None) -> None:
    office.staff.sign_in("ben")
    refused = office.staff.post("/exchange", files={"file": file} if file else {"other": ("x", b"", "text/plain")})
    assert refused.status_code == 422
    assert "Aucun fichier n'a été choisi" in text_in(refused.text)
