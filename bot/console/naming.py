"""What staff call fields of the knowledge and their values, channels, people and reasons that are no words."""

from __future__ import annotations

from collections.abc import Callable

from bot.training.release import COMMAND_LINE, FIRST, WENT_BACK

WORDS = {
    "aspect": "kind_of_answer", "short": "short_name", "value": "contact_value", "kind": "contact_kind",
    "lines": "what_file", "items": "items_listed",
}  # fmt: skip
"""The console's word for a field that is not called so itself."""

Words = Callable[[str], str]
"""The reader's words by their names; unknown names raise a KeyError."""


def field_word(name: str, t: Words) -> str:
    """A field like ``answer fr`` in the reader's words."""
    kind, _, code = name.partition(" ")
    try:
        word = t(WORDS.get(kind, kind))
    except KeyError:
        word = kind  # a line of the log from a time when it was called otherwise
    return f"{word} ({code})" if code else word


def field_text(text: str, name: str, t: Words) -> str:
    """A field's value in the reader's words: "yes" rather than True, "phone number" rather than phone."""
    try:
        if name in ("aspect", "enabled"):
            return t(f"{name}_{text}")
        if name == "kind":
            return t("contact_name" if text == "name" else text)
    except KeyError:
        pass  # written by hand, and shown as it was written
    return text


def code_word(code: str, kind: str, t: Words) -> str:
    """A ``channel`` or ``language`` of a message in the reader's words; an unknown one by its code."""
    try:
        return t(f"{kind}_{code}")
    except KeyError:
        return code


def person(name: str, t: Words) -> str:
    """Who did something: the command line in the reader's words, an account by its name."""
    return t("command_line") if name == COMMAND_LINE else name


def reason_word(reason: str, t: Words) -> str:
    """Why a release was made: what the program gave as reason in the reader's words, else what somebody wrote."""
    return t({FIRST: "reason_first", WENT_BACK: "reason_went_back"}[reason]) if reason in (FIRST, WENT_BACK) else reason
