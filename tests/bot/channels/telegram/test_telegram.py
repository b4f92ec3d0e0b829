"""The Telegram channel through the real library, over a real socket, against a local Bot API."""

from __future__ import annotations

import asyncio
import logging
from pathlib import Path
from typing import Any

import pytest

from bot.channels.telegram.strings import COMMANDS, STRINGS
from bot.store.updates import ASIDE, DONE
from tests.bot.channels.telegram.bot_api import TOKEN, BotApi, message, press
from tests.bot.channels.telegram.desks import KNOWN, Set, finished, inbox_of, until


async def test_a_message_is_answered_as_safe_html(front: Set, api: BotApi) -> None:
    api.bring(message(1, "visa <i>&"))
    await finished(front, 1)
    (sent,) = api.of("sendMessage")
    assert (sent["text"], sent["parse_mode"], sent["chat_id"]) == ("&lt;b&gt;visa &lt;i&gt;&amp;", "HTML", "7")


async def test_the_commands_are_registered_in_both_languages(front: Set, api: BotApi) -> None:
    calls = await until(lambda: len(api.of("setMyCommands")) == 3 and api.of("setMyCommands"))
    assert [call.get("language_code") for call in calls] == [None, "fr", "en"]
    assert [command["command"] for command in calls[1]["commands"]] == list(COMMANDS)
    assert calls[2]["commands"][5]["description"] == "Erase our conversation"


async def test_what_was_answered_leaves_no_text_in_the_inbox(front: Set, api: BotApi) -> None:
    api.bring(message(1, "my secret"))
    await finished(front, 1)
    assert "my secret" not in str(
        list(front.updates._engine.connect().exec_driver_sql("select * from telegram_updates"))
    )


async def test_an_update_that_comes_twice_is_answered_once(front: Set, api: BotApi) -> None:
    api.bring(message(1, "one"), message(1, "one"), message(2, "two"))
    await finished(front, 2)
    api.bring(message(1, "one"), message(3, "three"))
    await finished(front, 3)
    assert [text[9:] for text in api.texts()] == ["one", "two", "three"]


async def test_messages_of_one_chat_are_answered_in_order_and_a_slow_chat_delays_no_other(
    front: Set, api: BotApi
) -> None:
    api.bring(message(1, "slow 1"), message(2, "fast 2"), message(3, "other", chat=8))
    await finished(front, 3)
    assert [text[9:] for text in api.texts()] == ["other", "slow 1", "fast 2"]


async def test_typing_is_shown_only_where_the_answer_takes_long(front: Set, api: BotApi) -> None:
    api.bring(message(1, "fast", chat=8))
    await finished(front, 1)
    assert not api.of("sendChatAction")
    api.bring(message(2, "slow"))
    await finished(front, 2)
    assert [call["action"] for call in api.of("sendChatAction")] == ["typing"]


async def test_a_poisonous_message_is_set_aside_after_three_tries_and_the_next_one_is_answered(
    front: Set, api: BotApi
) -> None:
    (await inbox_of(front))._pause = 0.02
    api.bring(message(1, "poison"), message(2, "after"))
    await finished(front, 2)
    assert front.engine.heard.count("poison") == 3
    assert front.updates.count(ASIDE) == 1
    assert api.texts()[1:] == ["&lt;b&gt;after"]


async def test_telegram_s_request_to_wait_is_kept(front: Set, api: BotApi) -> None:
    await until(lambda: api.of("getUpdates"))
    api.fail("sendMessage", 429, "Too Many Requests: retry after 1", retry_after=1)
    start = asyncio.get_running_loop().time()
    api.bring(message(1, "patience"))
    await finished(front, 1)
    assert asyncio.get_running_loop().time() - start >= 1
    assert len(api.of("sendMessage")) == 2


async def test_errors_of_telegram_are_tried_again_until_they_pass(front: Set, api: BotApi) -> None:
    await until(lambda: api.of("getUpdates"))
    for _ in range(4):
        api.fail("sendMessage", 502, "Bad Gateway")
    api.fail("getUpdates", 500, "Internal Server Error")
    api.bring(message(1, "persistent"))
    await finished(front, 1)
    assert len(api.of("sendMessage")) == 5
    assert front.updates.count(DONE) == 1


async def test_a_person_who_blocked_the_bot_stops_nobody_else(front: Set, api: BotApi) -> None:
    await until(lambda: api.of("getUpdates"))
    api.fail("sendMessage", 403, "Forbidden: bot was blocked by the user")
    api.bring(message(1, "gone", chat=8))
    await finished(front, 1)
    api.bring(message(2, "here", chat=9))
    await finished(front, 2)
    assert front.updates.count(ASIDE) == 0
    assert api.texts(9) == ["&lt;b&gt;here"]


async def test_sections_lead_to_an_answer_in_two_taps(front: Set, api: BotApi, knowledge: Any) -> None:
    api.bring(message(1, "/sections"))
    await finished(front, 1)
    menu = api.of("sendMessage")[0]["reply_markup"]["inline_keyboard"]
    assert len(menu) == len(knowledge.sections)
    api.bring(press(2, menu[0][0]["callback_data"]))
    await finished(front, 2)
    entries = api.of("editMessageText")[0]
    assert int(entries["message_id"]) == 500
    api.bring(press(3, entries["reply_markup"]["inline_keyboard"][0][0]["callback_data"]))
    await finished(front, 3)
    await until(lambda: len(api.of("answerCallbackQuery")) == 2)
    assert len(api.texts()) == 2
    every = [button for row in menu + entries["reply_markup"]["inline_keyboard"] for button in row]
    assert all(len(button["callback_data"].encode()) <= 64 for button in every)


async def test_what_stands_on_a_button_begins_with_a_capital_letter(front: Set, api: BotApi) -> None:
    api.bring(message(1, "/sections"))
    await finished(front, 1)
    titles = [row[0]["text"] for row in api.of("sendMessage")[0]["reply_markup"]["inline_keyboard"]]
    assert "L'Ambassade" in titles
    assert all(title[0].isupper() for title in titles)


@pytest.mark.parametrize("refusal", ["message can't be edited", "message to edit not found"])
async def test_what_cannot_be_put_in_place_of_an_old_message_is_sent_as_a_new_one(
    front: Set, api: BotApi, refusal: str
) -> None:
    api.fail("editMessageText", 400, f"Bad Request: {refusal}")
    api.bring(press(1, "s:press"))
    await finished(front, 1)
    (menu,) = api.of("sendMessage")
    assert menu["text"].endswith(STRINGS["entries"]["fr"]) and menu["reply_markup"]["inline_keyboard"]
    assert front.updates.count(DONE) == 1


async def test_what_stands_there_already_is_not_sent_again(front: Set, api: BotApi) -> None:
    api.fail("editMessageText", 400, "Bad Request: message is not modified: specified new message content …")
    api.bring(press(1, "s:press"))
    await finished(front, 1)
    assert not api.texts()


async def test_a_press_is_acknowledged_at_once_however_many_answers_are_before_it(front: Set, api: BotApi) -> None:
    await until(lambda: api.of("getUpdates"))
    api.bring(message(1, "slow 1"), message(2, "slow 2"), press(3, KNOWN))
    await until(lambda: api.of("answerCallbackQuery"))
    assert api.texts() == []
    await finished(front, 3)
    assert len(api.of("answerCallbackQuery")) == 1
    assert [text[9:] for text in api.texts()] == ["slow 1", "slow 2", KNOWN]


@pytest.mark.parametrize(
    "data", ["s:nowhere", "choice:gone", "/restart", "t:x:1:1", "t:u:²:0", "t:u:1:0:9", "", "f:all", "f:yes"]
)
async def test_a_forged_or_outdated_button_does_nothing_but_say_so(front: Set, api: BotApi, data: str) -> None:
    api.bring(press(1, data))
    await finished(front, 1)
    assert api.texts() == [STRINGS["gone"]["fr"]]
    assert front.engine.heard == []


async def test_a_thumb_is_kept_marked_and_changed_by_the_next_one(front: Set, api: BotApi) -> None:
    api.bring(message(1, "visa"))
    await finished(front, 1)
    up, down = api.of("sendMessage")[0]["reply_markup"]["inline_keyboard"][-1]
    api.bring(press(2, up["callback_data"]), press(3, down["callback_data"]))
    await finished(front, 3)
    (thumb,) = front.feedback.of("telegram:7")
    assert (thumb.helpful, thumb.entry, thumb.channel) == (False, "press.phone", "telegram")
    await until(lambda: [call["text"] for call in api.of("answerCallbackQuery")] == ["Merci !", "Merci !"])
    assert api.of("editMessageReplyMarkup")[1]["reply_markup"]["inline_keyboard"][0][1]["text"] == "👎 ✓"


async def test_marking_a_thumb_waits_as_long_as_telegram_asks(front: Set, api: BotApi) -> None:
    api.bring(message(1, "visa"))
    await finished(front, 1)
    api.fail("editMessageReplyMarkup", 429, "Too Many Requests: retry after 1", retry_after=1)
    api.bring(press(2, "t:u:1:0"))
    await finished(front, 2)
    assert len(api.of("editMessageReplyMarkup")) == 2


async def test_only_an_answer_takes_a_thumb(front: Set, api: BotApi) -> None:
    api.bring(message(1, "which"))
    await finished(front, 1)
    api.bring(press(2, "t:u:1:0"))
    await finished(front, 2)
    assert front.feedback.of("telegram:7") == []
    assert not api.of("editMessageReplyMarkup")


async def test_a_thumb_that_cannot_be_kept_is_not_thanked_for(front: Set, api: BotApi) -> None:
    api.bring(message(1, "visa"))
    await finished(front, 1)
    front.store.forget("telegram:7")
    api.bring(press(2, "t:u:1:0"), press(3, "t:u:99:0"))
    await finished(front, 3)
    shown = await until(lambda: len(api.of("answerCallbackQuery")) == 2 and api.of("answerCallbackQuery"))
    assert [call["text"] for call in shown] == [STRINGS["not-kept"]["fr"]] * 2
    assert not front.feedback.of("telegram:7")


async def test_nobody_can_put_a_thumb_on_another_chat_s_answer(front: Set, api: BotApi) -> None:
    api.bring(message(1, "visa"))
    await finished(front, 1)
    api.bring(press(2, "t:u:1:0", chat=8))
    await finished(front, 2)
    assert front.feedback.of("telegram:7") == front.feedback.of("telegram:8") == []


async def test_an_answer_with_a_phone_number_brings_a_contact_card(front: Set, api: BotApi) -> None:
    api.bring(message(1, "contact"))
    await finished(front, 1)
    (card,) = api.of("sendContact")
    assert card["phone_number"] == "+223 2070 2424"
    assert "TEL;TYPE=WORK,VOICE:+223 2070 2424\r\nEMAIL;TYPE=WORK:fanei@state.gov" in card["vcard"]


PERSON = {"id": 7, "is_bot": False, "first_name": "Awa", "language_code": "en-GB"}
FILE = {"file_id": "a", "file_unique_id": "b"}
STICKER = {**FILE, "type": "regular", "width": 1, "height": 1, "is_animated": False, "is_video": False}

INVOICE = {"title": "x", "description": "x", "start_parameter": "x", "currency": "XOF", "total_amount": 1}


@pytest.mark.parametrize(
    ("content", "name"),
    [
        ({"voice": {**FILE, "duration": 3}}, "voice"),
        ({"photo": [{**FILE, "width": 1, "height": 1}]}, "picture"),
        ({"document": FILE}, "picture"),
        ({"location": {"latitude": 12.6, "longitude": -8.0}}, "place"),
        ({"sticker": STICKER}, "sticker"),
        ({"checklist": {"title": "To do", "tasks": [{"id": 1, "text": "visa"}]}}, "sticker"),
        ({"invoice": INVOICE}, "sticker"),
        ({"hologram": {"depth": 3}}, "sticker"),
        ({"effect_id": "5104841245755180586"}, "sticker"),
    ],
)
async def test_what_cannot_be_read_gets_a_word_in_the_person_s_language(
    front: Set, api: BotApi, content: dict[str, Any], name: str
) -> None:
    api.bring(message(1, None, **{"from": PERSON}, **content))
    await finished(front, 1)
    assert api.texts() == [STRINGS[name]["en"]]


async def test_a_picture_s_caption_is_a_question(front: Set, api: BotApi) -> None:
    api.bring(message(1, None, caption="visa ?", photo=[{**FILE, "width": 1, "height": 1}]))
    await finished(front, 1)
    assert front.engine.heard == ["visa ?"]


FORWARDED = {"forward_origin": {"type": "hidden_user", "date": 1, "sender_user_name": "x"}}


async def test_a_forwarded_message_is_a_question(front: Set, api: BotApi) -> None:
    api.bring(message(1, "visa ?", **FORWARDED))
    await finished(front, 1)
    assert front.engine.heard == ["visa ?"]


async def test_a_forwarded_command_is_neither_obeyed_nor_taken_for_a_question(front: Set, api: BotApi) -> None:
    api.bring(message(1, "/forget", **FORWARDED), message(2, "/forget", group=-5, **FORWARDED))
    await finished(front, 2)
    assert front.engine.heard == []
    assert api.texts() == [STRINGS["forwarded"]["fr"]], "and in a group it was for somebody else"


async def test_edited_messages_channel_posts_and_service_messages_are_not_answered(front: Set, api: BotApi) -> None:
    edited = message(1, "edited")
    edited["edited_message"] = edited.pop("message")
    post = message(2, "post")
    post["channel_post"] = post.pop("message")
    joined = message(3, None, new_chat_members=[PERSON])
    pinned = message(4, None, pinned_message=message(1)["message"])
    timer = message(5, None, message_auto_delete_timer_changed={"message_auto_delete_time": 86400})
    allowed = message(6, None, write_access_allowed={}, effect_id="1")
    api.bring(edited, post, joined, pinned, timer, allowed, message(7, "real"))
    await finished(front, 7)
    assert front.engine.heard == ["real"]
    assert len(api.texts()) == 1


async def test_in_a_group_only_what_is_meant_for_the_bot_is_answered_as_a_reply(front: Set, api: BotApi) -> None:
    mine = {
        "message_id": 1,
        "date": 1,
        "chat": {"id": -5, "type": "group", "title": "x"},
        "from": {"id": 99, "is_bot": True, "first_name": "d"},
        "text": "…",
    }
    api.bring(
        message(1, "hello everybody", group=-5),
        message(2, "@Desk_Bot visa ?", group=-5),
        message(3, "and the phone?", reply_to_message=mine, group=-5),
        message(4, "/help@other_bot", group=-5),
        message(5, None, reply_to_message=mine, group=-5, hologram={"depth": 3}),
    )
    await finished(front, 5)
    assert front.engine.heard == ["visa ?", "and the phone?"]
    assert [call["reply_parameters"]["message_id"] for call in api.of("sendMessage")] == [20, 30]
    assert all(call["reply_parameters"]["allow_sending_without_reply"] for call in api.of("sendMessage"))


async def test_typed_payloads_reach_nothing_internal(front: Set, api: BotApi) -> None:
    api.bring(message(1, "/restart"), message(2, '/intent{"a": 1}'))
    await finished(front, 2)
    assert all(not heard.startswith("/") for heard in front.engine.heard)


async def test_an_update_without_sense_is_set_aside_and_the_rest_goes_on(front: Set, api: BotApi) -> None:
    (await inbox_of(front))._pause = 0.02
    api.bring({"update_id": 1, "message": {"chat": "nonsense"}}, message(2, "real"))
    await finished(front, 2)
    assert front.updates.count(ASIDE) == 1
    assert api.texts() == ["&lt;b&gt;real"]
    await until(lambda: not api.pending)


async def test_the_token_appears_in_no_log(front: Set, api: BotApi, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.INFO):
        api.fail("sendMessage", 502, "Bad Gateway")
        api.bring(message(1, "x"))
        await finished(front, 1)
    assert TOKEN not in caplog.text and "test-token" not in caplog.text


async def test_a_wrong_token_is_said_and_harms_nothing_else(api: BotApi, tmp_path: Path) -> None:
    front = Set(tmp_path / "bot.sqlite3", api.url)
    front.channel._bot._token = "1:wrong"
    front.channel._bot._base_url = f"{api.url}/bot1:wrong"
    front.channel.start()
    await until(lambda: "TELEGRAM_TOKEN" in (front.channel.problem or ""))
    await front.channel.stop()


async def test_what_waits_when_the_server_stops_is_answered_after_its_start(api: BotApi, tmp_path: Path) -> None:
    first = Set(tmp_path / "bot.sqlite3", api.url)
    first.updates.keep(5, "7", message(5, "left over"))
    first.updates.keep(6, "7", message(6, "half sent"))
    first.updates.sent(6, 1)
    second = Set(tmp_path / "bot.sqlite3", api.url)
    second.channel.start()
    await finished(second, 2)
    await second.channel.stop()
    assert api.texts() == ["&lt;b&gt;left over"]
