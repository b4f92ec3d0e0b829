"""An old name in a text, and what the text says with the new one in its place."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from bot.knowledge.contacts import MAIL, REFERENCE

ELSEWHERE = rf"{REFERENCE.pattern}|https?://\S+|{MAIL.pattern}|(?:[\w-]+\.)+(?-i:[a-z]{{2,}})\b(?:/\S*)?"
"""References, links, mail addresses and hosts: a name in them is none."""
GLOSSED = re.compile(r"(.+?)\s*\(([^()]+)\)")
"""A name with its other names in brackets: "Section des affaires publiques (Public Affairs Section, PAS)"."""
LONGER = re.compile(r"[ \u00a0][^\W\d_]")


@dataclass(frozen=True)
class Renamed:
    """A text with the new name; ``sure`` unless what was replaced may be something else, or part of a longer name."""

    text: str
    sure: bool


class Renaming:
    """Puts new names in the place of old ones, in texts of one language.

    A longer name that holds the old one is left as it is, if it is still in use.
    """

    def __init__(self, changed: Iterable[tuple[str, str]], kept: Iterable[str]) -> None:
        """``changed`` are old names with their new ones, ``kept`` all names that stay in use."""
        pairs = [(old, new) for old, new in changed if old and old != new]
        self._new: dict[str, tuple[str, str, bool]] = {}
        for old, new in pairs:
            self._new.setdefault(_key(old), (old, new, True))
        for old, new, sure in (more for pair in pairs for more in _shorter(*pair)):
            self._new.setdefault(_key(old), (old, new, sure))
        others = (*kept, *(new for _, new in pairs))
        staying = {name for other in others for name in (other, *_parts(other))}
        self._old = _any_of(old for old, _, _ in self._new.values())
        # A longer one may begin before an old one and end behind it, so it is looked for at every sign.
        self._longer = re.compile(f"(?=({ELSEWHERE}|{_any_of(staying).pattern}))", re.IGNORECASE)

    def of(self, text: str) -> Renamed | None:
        """The text with the new names; None where it holds no old one.

        Where it certainly holds one, only such places are changed.
        """
        found = list(self._places(text)) if self._new else []
        sure = any(certain for _, _, _, certain in found)
        pieces: list[str] = []
        at = 0
        for start, end, new, certain in found:
            if certain or not sure:
                pieces += (text[at:start], new)
                at = end
        after = "".join((*pieces, text[at:]))
        return Renamed(after, sure) if after != text else None

    def _places(self, text: str) -> Iterator[tuple[int, int, str, bool]]:
        """Where old names begin and end, with the new ones, and whether each certainly is one."""
        longer = [match.span(1) for match in self._longer.finditer(text)]
        for match in self._old.finditer(text):
            start, end = match.span()
            if any(a <= start and end <= b and b - a > end - start for a, b in longer):
                continue
            old, new, sure = self._new[_key(match[0])]
            as_written = _plain(match[0]) in (_plain(old), _plain(old[0].upper() + old[1:]))
            goes_on = LONGER.match(text, end) is not None and text[end + 1].isupper()
            yield start, end, _begun_like(match[0], old, new), sure and as_written and not goes_on


def _shorter(old: str, new: str) -> Iterator[tuple[str, str, bool]]:
    """Without its brackets, and what stands in them, a name is a name too: with the new ones, and how sure that is."""
    bare, *others = _parts(old) or [""]
    if not bare:
        return
    new_bare, *new_others = _parts(new) or [new]
    paired = len(others) == len(new_others)
    yield bare, new_bare, True
    for at, other in enumerate(others):
        yield f"{bare} ({other})", f"{new_bare} ({new_others[at]})" if paired else new_bare, True
        yield other, new_others[at] if paired else new_bare, paired


def _parts(name: str) -> list[str]:
    """A name without its brackets, then each name in them; nothing for a name without brackets."""
    glossed = GLOSSED.fullmatch(name)
    return [glossed[1], *(part.strip() for part in glossed[2].split(",") if part.strip())] if glossed else []


def _any_of(names: Iterable[str]) -> re.Pattern[str]:
    """Finds names as whole phrases, at each place the longest; nothing where there are none."""
    phrases = "|".join(map(_pattern, sorted(names, key=len, reverse=True))) or "(?!)"
    return re.compile(rf"(?<![\w@#])(?:{phrases})(?![\w@])", re.IGNORECASE)


def _pattern(name: str) -> str:
    """A name across line ends, with any apostrophe and in any case; one word only as it is written: PAS is not pas."""
    words = r"\s+".join(re.sub("['’]", "['’]", re.escape(word)) for word in name.split())
    if len(re.findall(r"\w+", name)) > 1:
        return words
    start = re.escape(name[0])
    first = f"[{start}{re.escape(name[0].upper())}]" if name[0].islower() else start
    return f"(?-i:{first}{words[len(start) :]})"


def _plain(text: str) -> str:
    return " ".join(text.replace("’", "'").split())


def _key(text: str) -> str:
    return _plain(text).casefold()


def _begun_like(found: str, old: str, new: str) -> str:
    """The new name with a capital where the old one got one at a sentence's begin, or lost it within one."""
    if found[0].isupper() and old[0].islower():
        return new[0].upper() + new[1:]
    if found[0].islower() and old[0].isupper() and new[1:2].islower():
        return new[0].lower() + new[1:]
    return new


def renamings(
    old: Mapping[str, str], new: Mapping[str, str], others: Mapping[str, Iterable[str]], languages: Iterable[str]
) -> dict[str, Renaming]:
    """For each language what becomes of its texts, when names change.

    Args:
        old: The names by the form's fields, ``name_en``, ``short_fr``…
        new: What they become.
        others: All other names in use, by language.
        languages: The post's languages.
    """
    found = {}
    for code in languages:
        fields = [field for field in (f"name_{code}", f"short_{code}") if field in old]
        changed = [(old[field], new[field]) for field in fields]
        staying = [old[field] for field in fields if old[field] == new[field]]
        found[code] = Renaming(changed, [name for name in (*staying, *others.get(code, ())) if name])
    return found
