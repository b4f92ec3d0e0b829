"""What a question back must be like, wherever staff make one: its name, its choices, its words."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from bot.knowledge.edit.drafts import EditError, line_of
from bot.knowledge.model import Knowledge
from bot.knowledge.said import said

NAME = re.compile(r"[a-z][a-z0-9-]{0,39}")
FEWEST, MOST = 2, 6
"""Choices of a question back."""


def check_name(name: str) -> None:
    """Refuses what cannot be a short name.

    Raises:
        EditError: It cannot be one.
    """
    if not NAME.fullmatch(name):
        message = said("'{name}' cannot be a short name: use small letters, digits and dashes.", name=name)
        raise EditError(message, "name")


def tidy_choices(knowledge: Knowledge, choices: Sequence[str]) -> tuple[str, ...]:
    """Choices without blanks and repetitions.

    Raises:
        EditError: One leads to no answer, or there are too few or too many.
    """
    found = tuple(dict.fromkeys(choice.strip() for choice in choices if choice.strip()))
    talk = knowledge.conversation.small_talk  # "none of these, I need a person" leads to one of its replies
    wrong = [choice for choice in found if knowledge.item(choice) is None and choice not in talk]
    if wrong:
        raise EditError(said("There is no answer '{name}' for a choice to lead to.", name=wrong[0]), "options")
    if not FEWEST <= len(found) <= MOST:
        raise EditError(said("A question back has {fewest} to {most} choices.", fewest=FEWEST, most=MOST), "options")
    return found


def tidy_question(question: Mapping[str, str], languages: Sequence[str]) -> dict[str, str]:
    """The words of a question back, one line in each language.

    Raises:
        EditError: A language has none.
    """
    return {
        code: line_of(question.get(code, ""), said("The question ({language})", language=code), f"question_{code}")
        for code in languages
    }
