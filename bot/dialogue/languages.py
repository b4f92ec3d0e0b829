"""Which of the post's languages a message is answered in."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from bot.dialogue.decision import Context
from bot.dialogue.understanding import Understanding
from bot.knowledge.model import Post

SHORT_MESSAGE = 3


def with_wish(message: Understanding, context: Context, languages: Sequence[str]) -> Context:
    """The conversation in another language where the client's own has been switched since the last message."""
    if message.hint not in languages:
        return context
    if context.hint is not None and message.hint != context.hint:
        context = replace(context, language=message.hint, language_is_told=True)
    return replace(context, hint=message.hint)


def language_of(message: Understanding, context: Context, post: Post) -> str:
    """The message's language; the conversation's where the message tells none, or little in a word or two."""
    short = len(message.text.split()) <= SHORT_MESSAGE
    doubtful = context.language_is_told and short and not message.language_is_sure
    told = context.language if context.language_is_told else None
    for code in (None if doubtful else message.language, told, message.hint, message.leaning, context.language):
        if code in post.languages:
            return str(code)
    return post.default_language
