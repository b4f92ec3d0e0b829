"""Puts turns into the store as the bot does."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy.engine import Engine

from bot.store.conversations import ConversationStore, Turn

NOON = datetime(2026, 11, 24, 12)


def say(engine: Engine, text: str, kind: str, sender: str = "a", minute: int = 0, **more: object) -> None:
    """A message at so many minutes past noon, answered by one reply."""
    reply = {"kind": kind, "entry": "press.phone", "section": "press", "confidence": 0.9} | more
    turn = Turn(sender, text, [reply], f"m{minute}", "web", "en", seconds=0.01)
    ConversationStore(engine).record(turn, {}, NOON + timedelta(minutes=minute))
