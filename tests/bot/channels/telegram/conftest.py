"""A local Bot API, and a Telegram channel that polls it."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from tests.bot.channels.telegram.bot_api import BotApi
from tests.bot.channels.telegram.desks import Set, one_certificate


@pytest.fixture(autouse=True)
def quick_certificates(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", one_certificate())


@pytest.fixture
def api() -> Iterator[BotApi]:
    api = BotApi()
    yield api
    api.close()


@pytest.fixture
async def front(api: BotApi, tmp_path: Path) -> AsyncIterator[Set]:
    front = Set(tmp_path / "bot.sqlite3", api.url)
    front.channel.start()
    yield front
    await front.channel.stop()
