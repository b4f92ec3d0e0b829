"""Which language a chat is answered in, with the real engine."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from bot.channels.telegram.strings import STRINGS
from bot.dialogue.generator import payload_of
from bot.engine import InProcessEngine
from bot.training.current import Edition
from tests.bot.channels.telegram.bot_api import BotApi, message, press
from tests.bot.channels.telegram.desks import Set, finished


@pytest.fixture
async def front(api: BotApi, root: Path, trained: Path, tmp_path: Path) -> AsyncIterator[Set]:
    engines: list[InProcessEngine] = []

    def engine_over(store: Any) -> InProcessEngine:
        engines.append(InProcessEngine(root, store))
        return engines[0]

    front = Set(tmp_path / "bot.sqlite3", api.url, engine_over)
    await engines[0].load(Edition(trained, trained.name, trained.name, root / "knowledge", root / "thresholds.json"))
    front.channel.start()
    yield front
    await front.channel.stop()


def person(language: str) -> dict[str, Any]:
    return {"from": {"id": 7, "is_bot": False, "first_name": "Awa", "language_code": language}}


def languages(front: Set) -> list[str]:
    return [turn.replies[0]["language"] for turn in front.store.turns("telegram:7")]


@pytest.mark.parametrize(
    ("client", "chosen", "expected"),
    [("fr", "chat.speak-english", "en"), ("en", "chat.speak-french", "fr"), ("de", "chat.speak-english", "en")],
)
async def test_the_chosen_language_holds_for_commands_menus_and_what_they_lead_to(
    front: Set, api: BotApi, client: str, chosen: str, expected: str
) -> None:
    api.bring(message(1, "/language", **person(client)))
    await finished(front, 1)
    api.bring(press(2, payload_of(chosen), language=client), message(3, "/help", **person(client)))
    api.bring(press(4, payload_of("consular.visas"), language=client), message(5, "/human", **person(client)))
    api.bring(message(6, "/sections", **person(client)))
    await finished(front, 6)
    assert languages(front) == [expected] * 4
    assert api.texts()[-1] == STRINGS["sections"][expected]


async def test_what_is_typed_holds_where_the_client_speaks_another_language(front: Set, api: BotApi) -> None:
    german = person("de")
    api.bring(message(1, "Who is in charge of the Press Office?", **german), message(2, "/help", **german))
    api.bring(message(3, "/human", **german), press(4, payload_of("consular.visas"), language="de"))
    api.bring(message(5, "/sections", **german))
    await finished(front, 5)
    assert languages(front) == ["en"] * 4
    assert api.texts()[-1] == STRINGS["sections"]["en"]


@pytest.mark.parametrize(("client", "expected"), [("en-GB", "en"), ("fr", "fr"), ("de", "fr")])
async def test_the_first_language_is_the_client_s_where_the_bot_speaks_it(
    front: Set, api: BotApi, client: str, expected: str
) -> None:
    api.bring(message(1, "/start", **person(client)))
    await finished(front, 1)
    assert languages(front) == [expected]
