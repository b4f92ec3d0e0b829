"""Questions without an answer and what staff said of them, on both databases."""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy.engine import Engine

from bot.store.conversations import ConversationStore, Turn
from bot.store.feedback import Feedback, FeedbackStore
from bot.store.inbox import DONE, IGNORED, Inbox, Unanswered, digest_of
from tests.bot.store.turns import NOON, say

NONE = ["None of these"]


def found(engine: Engine) -> list[Unanswered]:
    return Inbox(engine).unanswered(NONE, NOON)


def texts(engine: Engine) -> list[tuple[str, str]]:
    return [(item.text, item.why) for item in found(engine)]


def test_what_got_no_answer_is_found_with_its_reason(engine: Engine) -> None:
    say(engine, "answered", "answer")
    say(engine, "unknown", "unknown", minute=1)
    say(engine, "odd", "fallback", minute=2)
    say(engine, "unsure", "answer", minute=3, confidence=0.4)
    say(engine, "vague", "clarify", minute=4)
    say(engine, "None of these", "fallback", minute=5)
    say(engine, "None of these", "fallback", minute=6)
    say(engine, "thumbed", "answer", sender="b", minute=7)
    FeedbackStore(engine).record(Feedback("b", "m7", 0, False, "wrong", "press.phone", "en", "web"), NOON)
    FeedbackStore(engine).record(Feedback("a", "m0", 0, True, "", "press.phone", "en", "web"), NOON)
    assert texts(engine) == [
        ("thumbed", "down"), ("vague", "none"), ("unsure", "unsure"), ("odd", "fallback"), ("unknown", "unknown")
    ]  # fmt: skip
    assert found(engine)[0].reason == "wrong"
    assert Inbox(engine).unanswered(NONE, NOON + timedelta(hours=1)) == []
    assert Inbox(engine).unanswered([], NOON)[0].text == "thumbed"


def test_what_a_known_topic_answered_clearly_names_it_and_is_still_kept(engine: Engine) -> None:
    say(engine, "parking", "unknown", entry="topic.parking")
    say(engine, "lacking", "unknown", minute=1)
    say(engine, "guessed", "unknown", minute=2, entry="topic.parking", confidence=0.5)
    say(engine, "thumbed", "unknown", minute=3, entry="topic.parking")
    say(engine, "refused", "unknown", sender="b", minute=4, entry="topic.parking")
    say(engine, "None of these", "fallback", sender="b", minute=5)
    several = [{"kind": "unknown", "entry": "topic.parking"}, {"kind": "fallback", "entry": None}]
    ConversationStore(engine).record(Turn("a", "several", several, "m6", "web", "en"), {}, NOON)
    FeedbackStore(engine).record(Feedback("a", "m3", 0, False, "", "topic.parking", "en", "web"), NOON)
    assert {item.text: item.topic for item in found(engine)} == {
        "parking": "topic.parking", "lacking": "", "guessed": "", "thumbed": "", "refused": "", "several": ""
    }  # fmt: skip


def test_none_of_these_means_the_message_before_it_in_the_same_conversation(engine: Engine) -> None:
    say(engine, "vague", "clarify")
    say(engine, "another's", "answer", sender="b", minute=1)
    say(engine, "None of these", "smalltalk", minute=2)
    say(engine, "None of these", "smalltalk", sender="c", minute=3)
    assert texts(engine) == [("vague", "none")]


def test_nothing_is_left_out_however_much_there_is(engine: Engine) -> None:
    from sqlalchemy import insert

    from bot.store.database import TURNS

    rows = [
        {"sender": f"s{n}", "created": NOON, "text": f"q{n}", "replies": "[]", "trouble": "unknown"}
        for n in range(7000)
    ]
    with engine.begin() as connection:
        connection.execute(insert(TURNS), rows)
    everything = found(engine)
    assert len(everything) == 7000
    Inbox(engine).mark(everything[:6999], DONE, "awa", NOON)
    assert len(found(engine)) == 1


def test_done_comes_back_when_it_is_asked_again_and_ignored_does_not(engine: Engine) -> None:
    say(engine, "one", "unknown")
    say(engine, "two", "unknown", minute=1)
    inbox = Inbox(engine)
    two, one = found(engine)
    later = NOON + timedelta(minutes=5)
    inbox.mark([one], DONE, "awa", later, entry="press.phone")
    inbox.mark([two, two], IGNORED, "awa", later, vectors={"two": b"\x01\x02"})
    assert texts(engine) == []
    say(engine, "one", "unknown", minute=10)
    say(engine, "two", "unknown", minute=11)
    assert texts(engine) == [("one", "unknown")]
    (ignored,) = inbox.ignored()
    assert (ignored.text, ignored.digest, ignored.vector) == ("two", digest_of("two"), b"\x01\x02")
    (settled,) = inbox.settled(NOON)
    assert (settled.entry, settled.asked, settled.created) == ("press.phone", NOON, later)
    inbox.mark([], DONE, "awa")
    assert inbox.restore(ignored.id) and not inbox.restore(ignored.id)
    assert [item.text for item in found(engine)] == ["two", "one", "two"]
