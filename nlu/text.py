"""Normal forms of what people type. Pure functions over strings; any Unicode is accepted."""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache

INVISIBLE = re.compile(
    r"[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u00ad\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufe00-\ufe0f\ufeff\ud800-\udfff]"
)
SPACES = re.compile(r"\s+")
STRETCHED = re.compile(r"([^\W\d_])\1{2,}")
NOT_WORD = re.compile(r"[^\w]+|_+")
APOSTROPHES = str.maketrans({"’": "'", "ʼ": "'", "`": "'", "´": "'", "‘": "'", "“": '"', "”": '"', "«": '"', "»": '"'})
LIGATURES = str.maketrans({"œ": "oe", "æ": "ae", "ß": "ss", "ø": "o", "ł": "l", "đ": "d"})


def clean(text: str) -> str:
    """The text as a person would see it: compatibility forms folded, invisible characters gone, blanks single."""
    text = INVISIBLE.sub(" ", text)
    text = unicodedata.normalize("NFKC", text).translate(APOSTROPHES)
    return SPACES.sub(" ", INVISIBLE.sub(" ", text)).strip()


def without_accents(text: str) -> str:
    """The text without diacritics and ligatures: "où" → "ou"."""
    if text.isascii():
        return text
    decomposed = unicodedata.normalize("NFKD", text.translate(LIGATURES))
    return "".join(char for char in decomposed if not unicodedata.combining(char))


@lru_cache(maxsize=4096)
def flat(text: str) -> str:
    """Lower-case words without accents and punctuation, for rules: "C'est où ?!" → "c est ou"."""
    return NOT_WORD.sub(" ", without_accents(clean(text).casefold())).strip()


@lru_cache(maxsize=4096)
def folded(text: str) -> str:
    """Lower case, stretched letters shortened ("viiiisa" → "viisa"), punctuation kept: what encoders read."""
    return STRETCHED.sub(r"\1\1", clean(text).casefold())


def letters(text: str) -> int:
    """How many letters a text has, in any script."""
    return sum(char.isalpha() for char in text)
