"""``embassy-bot chat``: a conversation in the terminal."""

from __future__ import annotations

import asyncio
import secrets
import sys

from rich.console import Console
from rich.text import Text

from bot.conversations import Conversations
from bot.dialogue.generator import Button, Reply
from bot.engine import InProcessEngine
from bot.messages import RefusedError, message_from
from bot.settings import Settings
from bot.store.conversations import ConversationStore
from bot.store.database import open_database
from bot.training.current import Edition
from bot.training.releases import Releases

COLOURS = {"answer": "green", "clarify": "yellow", "unknown": "magenta", "fallback": "red", "safety": "bold red"}
LEAVE = {"quit", "exit", "q", ":q", "quitter"}
HINT = "Ctrl-D or 'quit' leaves. / Ctrl-D ou « quitter » pour sortir."


def chat(settings: Settings, language: str | None) -> int:
    """Runs a conversation until the person leaves; 1 where there is no model."""
    edition = Releases(settings).edition()
    if edition is None:
        print("error: There is no model yet. Run `embassy-bot train` first.", file=sys.stderr)
        return 1
    console = Console()
    try:
        asyncio.run(_talk(settings, edition, language, console))
    except (EOFError, KeyboardInterrupt):
        console.print()
    return 0


async def _talk(settings: Settings, edition: Edition, language: str | None, console: Console) -> None:
    import os

    os.chdir(settings.root)
    store = ConversationStore(open_database("sqlite://"))
    engine = InProcessEngine(settings.root, store)
    with console.status("…"):
        await engine.load(edition)
    conversations = Conversations(engine, store, most_waiting=5, most_at_once=5)
    sender = secrets.token_hex(16)
    metadata = {"language": language} if language else None
    console.print(HINT, style="dim")
    buttons: list[Button] = []
    while True:
        typed = await asyncio.to_thread(console.input, "[bold cyan]> [/]")
        if typed.strip().lower() in LEAVE:
            return
        text = pressed(typed, buttons)
        try:
            message = message_from(
                sender=sender,
                text=text,
                channel="terminal",
                longest=settings.longest_message,
                metadata=metadata,
                published=conversations.published,
            )
            with console.status("…"):
                replies = await conversations.handle(message)
        except RefusedError as error:
            console.print(str(error), style="red")
            continue
        buttons = [button for reply in replies for button in reply.buttons]
        show(console, replies)


def pressed(typed: str, buttons: list[Button]) -> str:
    """A number picks the button of that number; anything else is what was typed."""
    if typed.strip().isdecimal() and 1 <= int(typed) <= len(buttons):
        return buttons[int(typed) - 1].payload
    return typed


def show(console: Console, replies: list[Reply]) -> None:
    """Prints replies, their sources, and their buttons with numbers."""
    number = 0
    for reply in replies:
        console.print(Text(reply.text, style=COLOURS.get(reply.kind, "")))
        if reply.source:
            console.print(Text(f"{reply.source['title']} ({reply.source['checked']})", style="dim"))
        for button in reply.buttons:
            number += 1
            console.print(Text(f"  {number}. {button.title}", style="cyan"))
