"""``embassy-bot compare``: holds a newer copy of the embassy's page against the knowledge.

*Facts* are phone numbers, mail addresses, links, numbers and names: they are held against the knowledge exactly.
Words are held against ``page.txt``, the copy of the page that the answers were checked with last: each sentence that
came, went or says something else is told, with the answers that it concerns. A post that keeps no copy is told of
sentences that no answer says, by the share of their content words (stems of five letters, without function words) that
the other side has in one place, and of words that no answer has.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from bot.knowledge.model import Entry, Knowledge, Place
from bot.knowledge.page_changes import Reworded, page_changes, sentences
from bot.knowledge.reader import read_knowledge
from nlu.text import flat

COPY = "page.txt"
"""The page as it was when the answers were checked with it last, in the knowledge's folder."""
NO_TEXT = re.compile(r"[\x00-\x08\x0e-\x1f]")
LEAST_KEPT = 0.1
"""Share of the kept copy's length below which a newer one has probably lost most of the page."""
APPEARED, VANISHED, CHANGED = "appeared", "vanished", "changed"
PAGE_LANGUAGE = "en"
FACTS = {
    "email": re.compile(r"[\w.+-]+@[\w-]+(?:\.[\w-]+)+"),
    "link": re.compile(r"https?://[^\s,;()<>\"]+"),
    "phone": re.compile(r"(?<![\w/.])\+?\(?\d[\d ()./-]{6,}\d"),
}
NUMBER = re.compile(r"(?<![\w.-])\d[\d.,]*(?<=\d)(?![\w-])")
NAME = re.compile(r"(?<=\w )[A-Z][\w’'-]+")
SAID = 0.5
MOST_NAMED = 3
SAME_WORD = 4
FEWEST_WORDS = 4
STEM = 5
EMPTY = frozenset(
    re.findall(
        r"\w+",
        """
    the and for with from that this these those its their they them are was were has have had will would can could may
    also such who whom which what where when how all any each other more most very into onto upon about between through
    under over our your his her not but than then there here been being does did including include includes well you
    please page we like below find additionally email vis unique accomplish comprised
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
    copy = folder / COPY
    before = copy.read_text(encoding="utf-8") if copy.exists() else None
    found = differences(text, read_knowledge(folder, questions=False), before)
    if not found:
        return "No differences: everything that the knowledge says is on the page, and the other way round."
    return "\n".join([*(str(difference) for difference in found), f"{len(found)} differences."])


class PageError(ValueError):
    """A file is no copy of the page, or should not take the place of the one that is kept; the message says why."""


def read_page(path: Path) -> str:
    """A copy of the page.

    Raises:
        PageError: It cannot be read, or holds no text.
    """
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise PageError(f"{path} cannot be read as text ({error}).") from error
    if NO_TEXT.search(text):
        raise PageError(f"{path} is no text file. Save the page as plain text (UTF-8) and give that file.")
    if not any(sign.isalnum() for sign in text):
        raise PageError(f"{path} is empty. Copy the page's text into it and try again.")
    return text


def keep_page(text: str, folder: Path, *, shorter: bool = False) -> None:
    """Makes a page's text the copy that the next one is compared with.

    Args:
        text: The page, as :func:`read_page` gives it.
        folder: The knowledge.
        shorter: Whether it is meant that most of the kept copy is missing from it.

    Raises:
        PageError: Most of the kept copy is missing from it, and nobody said that this is meant; nothing is changed.
    """
    kept = folder / COPY
    before = len(kept.read_text(encoding="utf-8").strip()) if kept.exists() else 0
    if not shorter and len(text.strip()) < LEAST_KEPT * before:
        raise PageError(
            f"This copy has {len(text.strip())} characters, the kept one {before}: most of the page is missing. "
            "Nothing was changed. If the page really is that short now, add --shorter."
        )
    draft = folder / f".{COPY}"
    draft.write_text(text, encoding="utf-8")
    draft.replace(folder / COPY)


def differences(text: str, knowledge: Knowledge, before: str | None = None) -> list[Difference]:
    """Facts and sentences that appeared on the page, vanished from it or changed, facts first.

    Args:
        text: The page as it is.
        knowledge: What the bot knows.
        before: The page as it was when the answers were checked with it; None where nobody kept it.
    """
    facts = _facts(text, knowledge)
    if before is None:
        return [*facts, *_numbers(text, knowledge), *_sentences(text, knowledge)]
    return [*facts, *_since(before, text, knowledge, facts)]


def _since(before: str, text: str, knowledge: Knowledge, facts: Sequence[Difference]) -> Iterable[Difference]:
    """What was reworded, came or went since a copy of the page; what the facts tell already is left out."""
    told = " ".join(fact.text for fact in facts)
    found = page_changes(before, text)
    for one in found.reworded:
        if _is_told(" ".join(one.words), told):
            continue
        says = ", ".join(f"“{new}” instead of “{old}”" for old, new in one.pieces)
        place, names = _concerned(one.before, one, knowledge)
        yield Difference(CHANGED, place, f"the page says {says}{names}", "ask the office, then mend the answers")
    for sentence in (sentence for sentence in found.went if not _is_told(sentence, told)):
        place, names = _concerned(sentence, None, knowledge)
        mend = "ask the office; mend the answer or switch it off"
        yield Difference(VANISHED, place, f"the page no longer says “{sentence}”{names}", mend)
    for sentence in (sentence for sentence in found.came if not _is_told(sentence, told)):
        mend = "write an answer, or a known topic, if people ask"
        yield Difference(APPEARED, "", f"the page now says “{sentence}”", mend)


def _is_told(words: str, told: str) -> bool:
    return all(word.strip(".,;:()") in told for word in words.split())


def _concerned(sentence: str, reworded: Reworded | None, knowledge: Knowledge) -> tuple[str, str]:
    """Where the knowledge says what a sentence of the page said: the first place, and the names of the answers."""
    words = stems(sentence)
    gone = {flat(word) for word in reworded.words if word in sentence.split()} if reworded is not None else set()
    shares: list[tuple[int, float, Entry]] = []
    for entry in knowledge.entries.values():
        answer = knowledge.answer(entry, PAGE_LANGUAGE)
        share = _share(words, stems(answer)) if words else 0.0
        named = sum(word in flat(answer).split() for word in gone)
        if share >= SAID or (named and share >= SAID / 2):
            shares.append((named, share, entry))
    best = [entry for _, _, entry in sorted(shares, key=lambda one: (-one[0], -one[1]))[:MOST_NAMED]]
    names = f" (it concerns {', '.join(entry.id for entry in best)})" if best else ""
    return (str(best[0].place) if best else "", names)


def _numbers(text: str, knowledge: Knowledge) -> Iterable[Difference]:
    """Numbers that are part of no phone number, mail address or link."""
    known: dict[str, tuple[str, Place]] = {}
    for entry in knowledge.entries.values():
        for number in NUMBER.findall(_without_facts(knowledge.answer(entry, PAGE_LANGUAGE))):
            known.setdefault(number, (number, entry.place))
    page = set(NUMBER.findall(_without_facts(text)))
    gone = [known[number] for number in sorted(known.keys() - page)]
    return _paired("number", gone, sorted(page - known.keys()))


def _without_facts(text: str) -> str:
    for pattern in FACTS.values():
        text = pattern.sub(" ", text)
    return text


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


def _sentences(text: str, knowledge: Knowledge) -> Iterator[Difference]:
    page = [(sentence, stems(sentence)) for sentence in sentences(text)]
    yield from _unsaid(page, knowledge)
    around = [set().union(*(w for _, w in page[max(0, at - 4) : at + 5])) for at in range(len(page))]
    for entry in knowledge.entries.values():
        for sentence in sentences(knowledge.answer(entry, PAGE_LANGUAGE)):
            words = set() if OF_THE_BOT.search(sentence) else stems(sentence)
            if len(words) >= FEWEST_WORDS and max((_share(words, has) for has in around), default=0) < SAID:
                told = f"{entry.id}: the page no longer says “{sentence}”"
                yield Difference(VANISHED, str(entry.place), told, "ask the office; mend the answer or switch it off")


def _unsaid(page: Sequence[tuple[str, set[str]]], knowledge: Knowledge) -> Iterator[Difference]:
    """Sentences of the page that no answer says, and words in the others that no answer has."""
    by_section: dict[str, str] = {name: found.name[PAGE_LANGUAGE] for name, found in knowledge.sections.items()}
    for entry in knowledge.entries.values():
        by_section[entry.section] += f" {entry.title[PAGE_LANGUAGE]} {knowledge.answer(entry, PAGE_LANGUAGE)}"
    known = {name: stems(said) for name, said in by_section.items()}
    everything = set().union(*known.values())
    exactly = set(re.findall(r"[a-z]+", flat(" ".join(by_section.values()))))
    for sentence, words in page:
        if len(words) >= FEWEST_WORDS and max((_share(words, has) for has in known.values()), default=0) < SAID:
            mend = "write an answer, or a known topic, if people ask"
            yield Difference(APPEARED, "", f"no answer says: “{sentence}”", mend)
            continue
        plain = _without_facts(sentence)
        strange = {word for word in _words(plain) if not _is_known(word, everything)}
        # Names and titles, written large inside a sentence, stand in an answer as they are.
        strange |= {name for name in NAME.findall(plain) if not exactly.issuperset(re.findall(r"[a-z]+", flat(name)))}
        if strange:
            told = f"no answer has the words {', '.join(sorted(strange))} of “{sentence}”"
            yield Difference(CHANGED, "", told, "look whether an answer says it differently; mend it")


def stems(text: str) -> set[str]:
    """The content words of a text, as their first five letters."""
    return {word[:STEM] for word in _words(text)}


def _words(text: str) -> set[str]:
    return {word for word in re.findall(r"[a-z]{3,}", flat(text)) if word not in EMPTY}


def _is_known(word: str, stems_: set[str]) -> bool:
    """Whether a word, or one that begins like it, is among the stems."""
    start = word[:SAME_WORD]
    return word[:STEM] in stems_ or any(stem.startswith(start) for stem in stems_)


def _share(words: set[str], has: set[str]) -> float:
    return len(words & has) / len(words)
