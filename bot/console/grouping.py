"""The inbox as groups: questions that mean the same together, each group with the answers that may fit it."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

import numpy as np

from bot.console.desk import ConsoleDesk
from bot.console.likeness import Likeness, drafted, items_of
from bot.console.meanings import Array
from bot.dialogue.decision import NONE_OF_THESE
from bot.dialogue.generator import PAYLOAD, payload_of
from bot.engine import EngineNotReadyError
from bot.knowledge.model import Knowledge, told
from bot.knowledge.reader import KnowledgeError
from bot.store.inbox import Unanswered

ALIKE = 0.86
"""Cosine from which two questions count as one; below, people's different wishes began to be mixed."""
LEAST_LIKE = 0.2
"""An answer that is less like a question is not offered for it: it would only be a wrong click away."""
MOST_TEXTS = 600
MOST_GROUPS = 20
CANDIDATES = 5
LONGEST_SAMPLE = 300
LETTERS = 16
"""Of a question's digest, which are enough to name it among those that wait."""
MASK = re.compile(r"\[(?:email|number|phone|\.\.\.)\]", re.IGNORECASE)


@dataclass(frozen=True)
class Candidate:
    """An answer or known topic that a group may belong to; ``share`` says how like it is, from 0 to 1."""

    id: str
    title: str
    section: str
    share: float


@dataclass
class Group:
    """Questions that mean the same."""

    items: list[Unanswered]
    candidates: list[Candidate] = field(default_factory=list)

    @property
    def texts(self) -> list[str]:
        """Its different texts, the most frequent first."""
        return [text for text, _ in Counter(item.text for item in self.items).most_common()]

    @property
    def digests(self) -> list[str]:
        """What its texts are called in forms and addresses, in the same order."""
        names = {item.text: item.digest[:LETTERS] for item in self.items}
        return [names[text] for text in self.texts]

    @property
    def decided(self) -> bool:
        """Whether a known topic answered every one of its questions clearly."""
        return all(item.topic for item in self.items)

    @property
    def last(self) -> datetime:
        """When it was asked last."""
        return max(item.created for item in self.items)

    @property
    def language(self) -> str:
        """The language that most of it is in."""
        return Counter(item.language for item in self.items).most_common(1)[0][0]

    def language_of(self, text: str) -> str:
        """The language that a text was mostly taken for."""
        return Counter(item.language for item in self.items if item.text == text).most_common(1)[0][0]

    def most(self, name: str) -> list[str]:
        """The values of an attribute, the most frequent first."""
        return [value for value, _ in Counter(getattr(item, name) for item in self.items).most_common() if value]

    def samples(self, languages: Sequence[str], default: str) -> dict[str, tuple[str, ...]]:
        """All its questions as an answer's sample questions, by the languages of the post.

        A text in none of these is put to those that most of the group is in.
        """
        main = self.language if self.language in languages else default
        found: dict[str, dict[str, None]] = {code: {} for code in languages}
        for text in self.texts:
            code, sample = self.language_of(text), sample_of(text)
            if sample:
                found[code if code in languages else main][sample] = None
        return {code: tuple(samples) for code, samples in found.items()}


@dataclass(frozen=True)
class Place:
    """Where in the inbox one is: which 600 questions, the newest first, and how many of their groups are before."""

    window: int = 0
    skip: int = 0


@dataclass(frozen=True)
class Shelf:
    """One page of the inbox.

    Attributes:
        groups: What stands on it.
        place: Where it is.
        first: The number of its first group among those of its 600 questions, from 1.
        total: How many groups these questions make.
        windows: How many times 600 questions there are.
        newer: The page before, None for the first.
        older: The page after, None for the last.
    """

    groups: list[Group]
    place: Place
    first: int
    total: int
    windows: int
    newer: Place | None
    older: Place | None


def sample_of(text: str) -> str:
    """A question as it may stand among an answer's sample questions: one line, without the marks of masked data."""
    line = re.sub(r"\s+([.,])", r"\1", " ".join(MASK.sub(" ", text).split()))
    if len(line) > LONGEST_SAMPLE:
        line = line[: LONGEST_SAMPLE + 1].rpartition(" ")[0] or line[:LONGEST_SAMPLE]
    return line if any(sign.isalnum() for sign in line) else ""


def waiting(desk: ConsoleDesk) -> list[Unanswered]:
    """Every question that waits, the newest first; a button that was pressed is no question."""
    since = datetime.utcnow() - timedelta(days=desk.settings.retention_days)
    found = desk.inbox.unanswered(none_of_these(desk.served()), since)
    return [item for item in found if not item.text.startswith(PAYLOAD)]


def none_of_these(knowledge: Knowledge) -> list[str]:
    """How people say that none of the choices is meant: in words, or by the button, which sends its payload."""
    return [*knowledge.conversation.wording["none-of-these"].values(), payload_of(NONE_OF_THESE)]


def group_of(desk: ConsoleDesk, digests: Collection[str]) -> Group | None:
    """Those of the named questions that still wait, as one group; None where none does."""
    wanted = set(digests)
    items = [item for item in waiting(desk) if item.digest[:LETTERS] in wanted]
    return Group(items) if items else None


def group_with(desk: ConsoleDesk, digest: str) -> Group | None:
    """The group that a question is in, None where it waits no longer."""
    for part in _windows(waiting(desk)) if digest else ():
        if digest in {item.digest[:LETTERS] for item in part}:
            return next((group for group in _grouped(desk, part) if digest in group.digests), None)
    return None


def shelf_of(desk: ConsoleDesk, language: str, place: Place) -> Shelf:
    """A page of the inbox, each group with the answers that may fit it.

    The most frequent come first, and all that is open before what known topics answered: on that, staff have decided.
    """
    windows = _windows(waiting(desk))
    at = min(place.window, max(0, len(windows) - 1))
    groups = _grouped(desk, windows[at]) if windows else []
    groups.sort(key=lambda group: (group.decided, -len(group.items), -group.last.timestamp()))
    skip = place.skip - place.skip % MOST_GROUPS
    skip = skip if skip < len(groups) else max(0, (len(groups) - 1) // MOST_GROUPS * MOST_GROUPS)
    shown = groups[skip : skip + MOST_GROUPS]
    knowledge, likeness = known(desk)
    for group in shown:
        group.candidates = candidates(desk, group, knowledge, likeness, language)
    newer = Place(at, skip - MOST_GROUPS) if skip else Place(at - 1, 0) if at else None
    more = skip + MOST_GROUPS < len(groups)
    older = Place(at, skip + MOST_GROUPS) if more else Place(at + 1, 0) if at + 1 < len(windows) else None
    return Shelf(shown, Place(at, skip), skip + 1, len(groups), len(windows), newer, older)


def known(desk: ConsoleDesk) -> tuple[Knowledge, Likeness]:
    """The draft, so that what was just written can be chosen; while it is broken, what is served."""
    try:
        return drafted(desk.settings.knowledge)
    except KnowledgeError:
        served = desk.served()
        return served, Likeness({item.id: item.title.values() for item in items_of(served)})


def candidates(
    desk: ConsoleDesk, group: Group, knowledge: Knowledge, likeness: Likeness, language: str
) -> list[Candidate]:
    """The answers most like a group: as sure as the classifier is, or as many words as they have in common."""
    lead = sample_of(group.texts[0])
    shares = likeness.shares(lead)
    for name, confidence in desk.meanings.ranking(lead):
        shares[name] = max(confidence, shares.get(name, 0.0))
    found = []
    for name, share in sorted(shares.items(), key=lambda item: (-item[1], item[0])):
        item = knowledge.item(name)
        if item is not None and share >= LEAST_LIKE:
            found.append(Candidate(name, told(item.title, language, name), item.section, min(1.0, share)))
    return found[:CANDIDATES]


def meanings_of(desk: ConsoleDesk, texts: Sequence[str]) -> Mapping[str, bytes]:
    """What the texts mean, as it is kept with ignored ones; nothing while no model is loaded."""
    try:
        vectors = _vectors(desk, texts)
    except EngineNotReadyError:
        return {}
    return {text: vector.astype(np.float16).tobytes() for text, vector in zip(texts, vectors)}


def _windows(items: Sequence[Unanswered]) -> list[list[Unanswered]]:
    """The questions in portions of 600 different texts: that many are compared in one go.

    What is open comes before what only known topics answered, so that this keeps nothing open off the first pages.
    """
    still_open = {item.text for item in items if not item.topic}
    at: dict[str, int] = {}
    windows: list[list[Unanswered]] = []
    for item in sorted(items, key=lambda item: item.text not in still_open):
        window = at.setdefault(item.text, len(at) // MOST_TEXTS)
        if window == len(windows):
            windows.append([])
        windows[window].append(item)
    return windows


def _grouped(desk: ConsoleDesk, items: Sequence[Unanswered]) -> list[Group]:
    """Items by what they mean; those that mean the same as an ignored one are left out."""
    texts = list(dict.fromkeys(item.text for item in items))
    try:
        vectors = _vectors(desk, texts)
    except EngineNotReadyError:
        clusters = [[at] for at in range(len(texts))]
    else:
        clusters = clustered(vectors, _ignored(desk, vectors.shape[1]))
    cluster_of = {texts[at]: number for number, cluster in enumerate(clusters) for at in cluster}
    members: list[list[Unanswered]] = [[] for _ in clusters]
    for item in items:
        if item.text in cluster_of:
            members[cluster_of[item.text]].append(item)
    return [Group(own) for own in members]


def _vectors(desk: ConsoleDesk, texts: Sequence[str]) -> Array:
    # Marks of masked data mean nothing by themselves.
    return desk.meanings.vectors([sample_of(text) or text for text in texts])


def clustered(vectors: Array, unwanted: Array) -> list[list[int]]:
    """Rows that mean the same together, without those that mean the same as something unwanted.

    Each joins the group whose first row is nearest, if it is near enough, so groups do not grow into chains.
    """
    likeness = vectors @ vectors.T
    dropped = (vectors @ unwanted.T).max(axis=1) >= ALIKE if len(unwanted) else np.zeros(len(vectors), dtype=bool)
    groups: dict[int, list[int]] = {}
    for row in np.flatnonzero(~dropped).tolist():
        leads = list(groups)
        nearest = leads[int(likeness[row, leads].argmax())] if leads else row
        if nearest != row and likeness[row, nearest] >= ALIKE:
            groups[nearest].append(row)
        else:
            groups[row] = [row]
    return list(groups.values())


def _ignored(desk: ConsoleDesk, size: int) -> Array:
    """The vectors of what is ignored, without those that another encoder made."""
    found = [np.frombuffer(item.vector, dtype=np.float16) for item in desk.inbox.ignored() if item.vector]
    fitting = [vector.astype(np.float32) for vector in found if len(vector) == size]
    return np.stack(fitting) if fitting else np.zeros((0, size), dtype=np.float32)
