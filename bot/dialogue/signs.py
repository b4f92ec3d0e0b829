"""What a message of nothing but pictures says."""

from __future__ import annotations

SAID = {"chat.thanks": "🙏❤♥🥰😍💐🤗", "chat.ok": "👍👌✅🆗👏🤝💪🙂😊😀😃😄😁😉😂🤣", "chat.greet": "👋"}
"""Small talk by the pictures that stand for it. Others, such as tears and a thumb down, want words."""


def talk_of(text: str) -> str | None:
    """The small talk that the first known picture in a text without words stands for, None for none."""
    names = {picture: name for name, pictures in SAID.items() for picture in pictures}
    return next((names[character] for character in text if character in names), None)
