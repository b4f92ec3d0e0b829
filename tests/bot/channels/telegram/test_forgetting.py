"""``/forget``: what it asks, who may confirm it, and what is gone then."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from bot.channels.telegram.incoming import nameless, read
from bot.channels.telegram.strings import STRINGS
from bot.store.updates import WAITING
from tests.bot.channels.telegram.bot_api import BotApi, message, press
from tests.bot.channels.telegram.desks import KNOWN, Set, finished, inbox_of, until


async def test_forget_asks_first_then_erases_everything_of_the_chat(front: Set, api: BotApi) -> None:
    api.bring(message(1, "visa"), message(2, "/forget"))
    await finished(front, 2)
    yes, no = api.of("sendMessage")[-1]["reply_markup"]["inline_keyboard"][0]
    api.bring(press(3, no["callback_data"]))
    await finished(front, 3)
    assert front.store.turns("telegram:7")
    api.bring(press(4, yes["callback_data"]))
    await until(lambda: len(api.of("editMessageText")) == 2)
    assert front.store.turns("telegram:7") == [] and front.store.context("telegram:7") is None
    await until(lambda: front.updates.count(WAITING) == 0)
    with front.updates._engine.connect() as connection:
        kept = connection.exec_driver_sql("select chat, payload from telegram_updates").all()
    assert set(kept) == {("", None)}, "only the updates' numbers stay, so that none is answered twice"


NAMED = {"id": 7, "is_bot": False, "first_name": "Xyzzya", "last_name": "Xyzzyb", "username": "xyzzyc"}


def pressed_by_name(update_id: int, data: str) -> dict[str, Any]:
    update = press(update_id, data)
    update["callback_query"]["from"] = NAMED
    update["callback_query"]["message"]["chat"] |= {key: NAMED[key] for key in ("first_name", "last_name", "username")}
    return update


def on_disk(folder: Path) -> str:
    return "".join(file.read_text("latin-1") for file in folder.glob("bot.sqlite3*")).lower()


async def test_when_it_says_that_it_is_erased_no_name_is_on_the_disk(front: Set, api: BotApi, tmp_path: Path) -> None:
    seen: list[int] = []

    def look(method: str, data: dict[str, Any]) -> None:
        if method == "editmessagetext":
            seen.append(on_disk(tmp_path).count("xyzzy"))

    api.before = look
    for number in range(1, 10):
        api.bring(message(number, f"xyzzy {number}" * 40, **{"from": NAMED}))
    await finished(front, 9)
    assert "xyzzya" in on_disk(tmp_path)
    api.bring(pressed_by_name(10, "f:yes:7"))
    await finished(front, 10)
    assert seen == [0]
    api.bring(pressed_by_name(11, "f:yes:7"), pressed_by_name(12, "f:no:7"))
    await finished(front, 12)
    await (await inbox_of(front)).stop()
    assert "xyzzy" not in on_disk(tmp_path) and "f:yes:7" not in on_disk(tmp_path)


async def test_a_press_without_a_name_is_read_as_before(front: Set) -> None:
    inbox = await inbox_of(front)
    update = press(1, "f:yes:7", group=-5)
    update["callback_query"]["message"] |= {"message_thread_id": 44, "is_topic_message": True}
    for whole in (update, pressed_by_name(2, "f:no:7"), press(3, KNOWN, language="de")):
        what = read(whole, inbox._bot, inbox._me)
        assert read(nameless(whole["update_id"], what), inbox._bot, inbox._me) == what


async def test_a_no_after_the_yes_does_not_say_that_nothing_is_erased(front: Set, api: BotApi) -> None:
    api.bring(message(1, "visa"), press(2, "f:yes:7"), press(3, "f:no:7"), press(4, "f:no:7", holder=501))
    await finished(front, 4)
    shown = [(int(call["message_id"]), call["text"]) for call in api.of("editMessageText")]
    assert shown[-1] == (501, STRINGS["kept"]["fr"]), "that is another question"
    assert set(shown[:-1]) == {(500, STRINGS["forgotten"]["fr"])}
    assert front.store.turns("telegram:7") == []


async def test_in_a_group_only_who_asked_to_forget_can_confirm_it(front: Set, api: BotApi) -> None:
    api.bring(message(1, "@desk_bot visa", chat=7, group=-5), message(2, "/forget", chat=7, group=-5))
    await finished(front, 2)
    yes, no = api.of("sendMessage")[-1]["reply_markup"]["inline_keyboard"][0]
    api.bring(*(press(3 + n, data, chat=8, group=-5) for n, data in enumerate((yes["callback_data"], "f:yes:0"))))
    await finished(front, 4)
    api.bring(press(5, no["callback_data"], chat=8, group=-5))
    await finished(front, 5)
    assert front.store.turns("telegram:-5")
    assert not api.of("editMessageText")
    refusals = await until(lambda: len(api.of("answerCallbackQuery")) == 3 and api.of("answerCallbackQuery"))
    assert {call["text"] for call in refusals} == {STRINGS["not-yours"]["fr"]}
    api.bring(press(6, yes["callback_data"], chat=7, group=-5))
    await until(lambda: front.store.turns("telegram:-5") == [])
