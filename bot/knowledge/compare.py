"""``embassy-bot compare``: holds a newer copy of the embassy's page against the knowledge.

Two kinds of difference are looked for. *Facts* are phone numbers, mail addresses, links and names: they can be compared
exactly. *Sentences* are compared by the share of their content words (stems of five letters, without function words)
that the other side has in one place; below half, nothing there says the same.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from bot.knowledge.model import Knowledge, Place
from bot.knowledge.reader import read_knowledge
from nlu.text import flat

APPEARED, VANISHED, CHANGED = "appeared", "vanished", "changed"
PAGE_LANGUAGE = "en"
FACTS = {
    "email": re.compile(r"[\w.+-]+@[\w-]+(?:\.[\w-]+)+"),
    "link": re.compile(r"https?://[^\s,;()<>\"]+"),
    "phone": re.compile(r"(?<![\w/.])\+?\(?\d[\d ()./-]{6,}\d"),
}
SAID = 0.5
FEWEST_WORDS = 4
STEM = 5
EMPTY = frozenset(
    re.findall(
        r"\w+",
        """
    the and for with from that this these those its their they them are was were has have had will would can could may
    also such who whom which what where when how all any each other more most very into onto upon about between through
    under over our your his her not but than then there here been being does did including include includes well you
    please page
    """,
    )
)
OF_THE_BOT = re.compile(r"\b(?:my information|I have no|I do not)\b", re.IGNORECASE)
"""What an answer says about the bot itself stands on no page."""


@dataclass(frozen=True, order=True)
class Difference:
    """One thing that the page and the knowledge no longer have in common."""

    kind: str
    where: str
    """Where it stands in the knowledge, as file:line; empty where it stands nowhere yet."""
    text: str
    mend: str

    def __str__(self) -> str:
        place = f"{self.where}: " if self.where else ""
        return f"{self.kind:8} {place}{self.text} → {self.mend}"


def compare_page(text: str, folder: Path) -> str:
    """The report on a page's text, for people."""
    found = differences(text, read_knowledge(folder, questions=False))
    if not found:
        return "No differences: everything that the knowledge says is on the page, and the other way round."
    return "\n".join([*(str(difference) for difference in found), f"{len(found)} differences."])


def differences(text: str, knowledge: Knowledge) -> list[Difference]:
    """Facts and sentences that appeared on the page, vanished from it or changed, facts first."""
    return [*_facts(text, knowledge), *_sentences(text, knowledge)]


def _facts(text: str, knowledge: Knowledge) -> list[Difference]:
    found: list[Difference] = []
    for kind, pattern in FACTS.items():
        page = {_bare(kind, fact): fact for fact in pattern.findall(text)}
        known: dict[str, tuple[str, Place]] = {}
        for contact in knowledge.post.contacts.values():
            if contact.kind == kind:
                known[_bare(kind, contact.value)] = (contact.value, contact.place)
        for entry in knowledge.entries.values():
            for fact in pattern.findall(knowledge.answer(entry, PAGE_LANGUAGE)):
                known.setdefault(_bare(kind, fact), (fact, entry.place))
        gone = [known[key] for key in sorted(known.keys() - page.keys())]
        came = [page[key] for key in sorted(page.keys() - known.keys())]
        found += _paired(kind, gone, came)
    bare = flat(text)
    for contact in knowledge.post.contacts.values():
        if contact.kind == "name" and flat(contact.value) not in bare:
            found.append(
                Difference(VANISHED, str(contact.place), f"the page no longer names {contact.value}", "who is it now?")
            )
    return found


def _paired(kind: str, gone: Sequence[tuple[str, Place]], came: Sequence[str]) -> Iterable[Difference]:
    """One that went and one that came in its place are one change; more are told one by one."""
    if len(gone) == 1 and len(came) == 1:
        value, place = gone[0]
        yield Difference(CHANGED, str(place), f"the page says {came[0]} instead of {value}", "write the new one here")
        return
    for value, place in gone:
        yield Difference(VANISHED, str(place), f"the {kind} {value} is not on the page", "ask the office, then mend it")
    for value in came:
        yield Difference(
            APPEARED, "", f"the {kind} {value} is in no answer", "add it to the section that it belongs to"
        )


def _bare(kind: str, fact: str) -> str:
    if kind == "phone":
        return re.sub(r"\D", "", fact)[-8:]
    return fact.lower().rstrip("./")


def _sentences(text: str, knowledge: Knowledge) -> list[Difference]:
    found: list[Difference] = []
    entries = [
        (entry, stems(entry.title[PAGE_LANGUAGE] + " " + knowledge.answer(entry, PAGE_LANGUAGE)))
        for entry in knowledge.entries.values()
    ]
    by_section: dict[str, set[str]] = {}
    for entry, words in entries:
        name = knowledge.sections[entry.section].name.get(PAGE_LANGUAGE, "")
        by_section.setdefault(entry.section, stems(name)).update(words)
    page = [(sentence, stems(sentence)) for sentence in sentences(text)]
    for sentence, words in page:
        if len(words) >= FEWEST_WORDS and max((_share(words, has) for has in by_section.values()), default=0) < SAID:
            found.append(
                Difference(
                    APPEARED, "", f"no answer says: “{sentence}”", "write an answer, or a known topic, if people ask"
                )
            )
    around = [set().union(*(w for _, w in page[max(0, at - 4) : at + 5])) for at in range(len(page))]
    for entry, _ in entries:
        for sentence in sentences(knowledge.answer(entry, PAGE_LANGUAGE)):
            words = set() if OF_THE_BOT.search(sentence) else stems(sentence)
            if len(words) >= FEWEST_WORDS and max((_share(words, has) for has in around), default=0) < SAID:
                found.append(
                    Difference(
                        VANISHED,
                        str(entry.place),
                        f"{entry.id}: the page no longer says “{sentence}”",
                        "ask the office; mend the answer or switch it off",
                    )
                )
    return found


def sentences(text: str) -> list[str]:
    """A text's sentences and list items, one line each."""
    pieces = re.split(r"\n+|(?<=[.!?:;])\s+(?=[A-Z0-9“\"(])", text)
    return [piece.strip(" \t•*-–") for piece in pieces if piece.strip(" \t•*-–")]


def stems(text: str) -> set[str]:
    """The content words of a text, as their first five letters."""
    return {word[:STEM] for word in re.findall(r"[a-z]{3,}", flat(text)) if word not in EMPTY}


def _share(words: set[str], has: set[str]) -> float:
    return len(words & has) / len(words)
