"""Buttons that bring an answer: pressed once, twice in haste, and again later."""

from __future__ import annotations

from pathlib import Path

import pytest
from sqlalchemy.exc import OperationalError

from bot.channels.telegram.presses import SECONDS
from bot.dialogue.generator import payload_of
from bot.store.updates import DONE
from tests.bot.channels.telegram.bot_api import BotApi, message, press
from tests.bot.channels.telegram.desks import KNOWN, Set, finished, inbox_of, unable_to_store, until

OTHER = payload_of("consular.passports")


async def test_a_double_tap_is_acknowledged_twice_and_answered_once_and_later_the_button_works_again(
    front: Set, api: BotApi
) -> None:
    now = 0.0
    (await inbox_of(front))._door.presses._clock = lambda: now
    api.bring(message(1, "which"))
    await finished(front, 1)
    assert api.of("sendMessage")[0]["reply_markup"]["inline_keyboard"] == [[{"text": "Visas", "callback_data": KNOWN}]]
    api.bring(press(2, KNOWN), press(3, KNOWN), press(4, KNOWN))
    await finished(front, 4)
    await until(lambda: len(api.of("answerCallbackQuery")) == 3)
    assert front.engine.heard == ["which", KNOWN] and len(api.texts()) == 2
    now = SECONDS - 1
    api.bring(press(5, KNOWN))
    await finished(front, 5)
    assert front.engine.heard == ["which", KNOWN]
    now = SECONDS + 1
    api.bring(press(6, KNOWN))
    await finished(front, 6)
    assert front.engine.heard == ["which", KNOWN, KNOWN]
    await until(lambda: len(api.of("answerCallbackQuery")) == 5)


async def test_another_message_another_chat_or_another_button_between_is_no_double_tap(
    front: Set, api: BotApi, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(front.engine, "choice", lambda text: text)
    api.bring(press(1, KNOWN), press(2, KNOWN, holder=501), press(3, KNOWN, chat=8))
    api.bring(press(4, OTHER), press(5, KNOWN), press(6, "s:"), press(7, "s:press"), press(8, "s:"))
    await finished(front, 8)
    assert sorted(front.engine.heard) == sorted([KNOWN] * 4 + [OTHER])
    assert len(api.of("editMessageText")) == 3, "a menu goes to and fro as often as one likes"


async def test_a_press_that_is_brought_again_is_no_double_tap(front: Set, api: BotApi) -> None:
    inbox = await inbox_of(front)
    with unable_to_store(front):
        for update in (press(1, KNOWN), press(2, KNOWN)) * 2:
            with pytest.raises(OperationalError):
                await inbox.take(update)
    for update in (press(2, KNOWN), press(1, KNOWN), press(1, KNOWN)):
        await inbox.take(update)
    await finished(front, 2)
    assert front.engine.heard == [KNOWN]
    await until(lambda: len(api.of("answerCallbackQuery")) == 2)


async def test_a_button_works_again_after_a_restart(front: Set, api: BotApi, tmp_path: Path) -> None:
    api.bring(press(1, KNOWN))
    await finished(front, 1)
    await front.channel.stop()
    again = Set(tmp_path / "bot.sqlite3", api.url)
    again.channel.start()
    api.bring(press(2, KNOWN))
    await until(lambda: again.updates.count(DONE) == 2)
    await again.channel.stop()
    assert again.engine.heard == [KNOWN]


async def test_a_press_that_only_got_an_apology_may_be_repeated_at_once(front: Set, api: BotApi) -> None:
    inbox = await inbox_of(front)
    inbox._patience, inbox._pause = 0.1, 0.02
    front.engine.ready = False
    api.bring(press(1, KNOWN))
    await finished(front, 1)
    front.engine.ready = True
    api.bring(press(2, KNOWN))
    await finished(front, 2)
    assert front.engine.heard == [KNOWN] and len(api.texts()) == 2
