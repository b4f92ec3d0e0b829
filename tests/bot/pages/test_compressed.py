"""Pages that are the same for everybody go out compressed; those with secrets never do."""

from __future__ import annotations

import gzip
import urllib.request

import pytest

from tests.bot.widget.server import Desk


def fetched(address: str, accepted: str = "gzip") -> tuple[bytes, str | None, str]:
    request = urllib.request.Request(address, headers={"Accept-Encoding": accepted})
    with urllib.request.urlopen(request, timeout=10) as response:
        return response.read(), response.headers["Content-Encoding"], response.headers["Vary"] or ""


@pytest.mark.parametrize(
    "path",
    ["/", "/faq", "/faq/fr", "/start.css", "/faq.css", "/start.js", "/console/console.css", "/console/console.js"],
)
def test_public_pages_and_their_styles_are_compressed(desk: Desk, path: str) -> None:
    body, encoding, vary = fetched(desk.url + path)
    plain, unencoded, _ = fetched(desk.url + path, "identity")
    assert unencoded is None
    assert "Accept-Encoding" in vary
    if len(plain) >= 500:
        assert encoding == "gzip"
        assert gzip.decompress(body) == plain
        assert len(body) < len(plain) * 0.7


def test_all_answers_weigh_little(desk: Desk) -> None:
    assert len(fetched(f"{desk.url}/faq")[0]) < 40_000


@pytest.mark.parametrize("path", ["/console/sign-in", "/health"])
def test_what_may_carry_a_secret_stays_as_it_is(desk: Desk, path: str) -> None:
    body, encoding, _ = fetched(desk.url + path)
    assert encoding is None
    assert body
