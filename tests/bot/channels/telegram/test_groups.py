"""Groups: one that becomes a supergroup, and people who write as the group or as a channel."""

from __future__ import annotations

from typing import Any

import pytest

from bot.channels.telegram.strings import STRINGS
from tests.bot.channels.telegram.bot_api import BotApi, message, press
from tests.bot.channels.telegram.desks import Set, finished, until

OLD, NEW = -5, -1005
GROUP = {"id": OLD, "type": "group", "title": "x"}
UPGRADED = "Bad Request: group chat was upgraded to a supergroup chat"
ANONYMOUS: Any = {
    "from": {"id": 1087968824, "is_bot": True, "first_name": "Group", "username": "GroupAnonymousBot"},
    "sender_chat": GROUP,
}
CHANNEL: Any = {
    "from": {"id": 136817688, "is_bot": True, "first_name": "Channel", "username": "Channel_Bot"},
    "sender_chat": {"id": -1009, "type": "channel", "title": "News"},
}


async def test_an_answer_to_a_group_that_has_become_a_supergroup_goes_there_and_so_do_the_next(
    front: Set, api: BotApi
) -> None:
    await until(lambda: front.channel.problem is None)
    api.fail("sendMessage", 400, UPGRADED, migrate_to_chat_id=NEW)
    api.bring(message(1, "@desk_bot visa", group=OLD), message(2, "@desk_bot contact", group=OLD))
    await finished(front, 2)
    sent = [(int(call["chat_id"]), call["text"][9:]) for call in api.of("sendMessage")]
    assert sent == [(OLD, "visa"), (NEW, "visa"), (NEW, "contact")]
    assert [int(call["chat_id"]) for call in api.of("sendContact")] == [NEW]
    assert not any("reply_parameters" in call for call in api.of("sendMessage")[1:]), "its messages count anew"


async def test_a_menu_of_a_group_that_has_become_a_supergroup_is_shown_there_anew(front: Set, api: BotApi) -> None:
    await until(lambda: front.channel.problem is None)
    api.fail("editMessageText", 400, UPGRADED, migrate_to_chat_id=NEW)
    api.bring(press(1, "s:press", group=OLD))
    await finished(front, 1)
    assert [int(call["chat_id"]) for call in api.of("sendMessage")] == [NEW]


async def test_a_supergroup_keeps_the_conversation_of_the_group_that_it_was_and_can_erase_it(
    front: Set, api: BotApi
) -> None:
    api.bring(message(1, "@desk_bot visa", group=OLD))
    await finished(front, 1)
    api.bring(message(2, None, group=OLD, migrate_to_chat_id=NEW))
    await finished(front, 2)
    assert front.store.turns(f"telegram:{OLD}") == [] and len(front.store.turns(f"telegram:{NEW}")) == 1
    assert len(api.texts()) == 1, "nobody asked anything"
    api.bring(press(3, "f:yes:7", group=NEW))
    await until(lambda: front.store.turns(f"telegram:{NEW}") == [])


@pytest.mark.parametrize("who", [ANONYMOUS, CHANNEL], ids=["as the group", "as a channel"])
async def test_who_writes_as_the_group_or_as_a_channel_is_answered_but_no_other_bot(
    front: Set, api: BotApi, who: dict[str, Any]
) -> None:
    bot = {"from": {"id": 50, "is_bot": True, "first_name": "Other"}}
    forwarded = {"from": {"id": 777000, "is_bot": False, "first_name": "Telegram"}, "is_automatic_forward": True}
    api.bring(
        message(1, "@desk_bot visa", group=OLD, **who),
        message(2, "@desk_bot visa", group=OLD, **bot),
        message(3, "post", group=OLD, **{**CHANNEL, **forwarded}),
    )
    await finished(front, 3)
    assert front.engine.heard == ["visa"]
    assert [int(call["chat_id"]) for call in api.of("sendMessage")] == [OLD]


async def test_nobody_knows_who_asks_as_the_group_to_forget_so_that_a_name_is_asked_for(
    front: Set, api: BotApi
) -> None:
    api.bring(message(1, "/forget", group=OLD, **ANONYMOUS))
    await finished(front, 1)
    (call,) = api.of("sendMessage")
    assert call["text"] == STRINGS["forget-unnamed"]["fr"] and "reply_markup" not in call
