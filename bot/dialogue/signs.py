"""What a message of nothing but pictures says."""

from __future__ import annotations

SAID = {"chat.thanks": "🙏❤♥🥰😍💐🤗", "chat.ok": "👍👌✅🆗👏🤝💪🙂😊😀😃😄😁😉😂🤣", "chat.greet": "👋"}
"""Small talk by the pictures that stand for it. Others, such as tears and a thumb down, want words."""
NAMES = {picture: name for name, pictures in SAID.items() for picture in pictures}


def talk_of(text: str) -> str | None:
    """The small talk that the first known picture in a text without words stands for, None for none."""
    return next((NAMES[character] for character in text if character in NAMES), None)
