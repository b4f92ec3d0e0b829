"""What the pipeline found in a message, as the dialogue reads it."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import Any

from nlu.text import flat

OTHER = "other."

QUESTION = re.compile(
    r"\?|\b(who|whom|whose|what|whats|which|where|wheres|when|why|how|can|could|may|do|does|is there|are there|"
    r"tell me|i need|i want|i would like|i d like|id like|looking for|give me|need to|want to|please|pls|"
    r"qui|que|quoi|quel|quels|quelle|quelles|ou est|ou se|ou puis|ou peut|ou on|ou trouver|comment|coment|koman|"
    r"combien|cb|pourquoi|quand|est ce|peut on|puis je|peux tu|pouvez|je veux|je voudrais|j aimerais|jveux|jve|"
    r"je cherche|j ai besoin|g besoin|besoin|donnez|donne|dites|dis moi|ki|koi|kel|kels|faut il|y a t il|svp|stp)\b"
)
INTERROGATIVE = re.compile(
    r"^(?:(?:and|et|also|aussi|so|donc|alors|but|mais|please|svp|stp|bonjour|bonsoir|bjr|salut|slt|hello|hi|ok|or|ou|"
    r"sinon|otherwise|at|in|for|to|from|with|on|a|de|par|pour|dans|sur|en|avec)\s)*"
    r"(?:who|whom|whose|what|whats|which|where|wheres|when|why|how|can|could|may|do|does|is|are|will|would|"
    r"qui|que|quoi|quel|quels|quelle|quelles|comment|coment|koman|combien|cb|pourquoi|quand|est ce|peut on|puis je|"
    r"peux tu|pouvez|ki|koi|kel|kels|c ki|c koi|c qui|c quoi|c est qui|c est quoi|"
    r"c est (?:quel|quelle|quels|quelles|ou|quand|combien)|c kel|c ou|ou|y a t il|faut il|lequel|laquelle|"
    r"tell me|give me|explain|i want to know|(?:i would|i d|id) like to (?:know|understand|ask)|i wish to know|"
    r"dites moi|dis moi|donnez moi|donne moi|expliquez|explique|lequel|laquelle|"
    r"(?:ya|y a|il y a) (?:koi|quoi|kel\w*|quel\w*)|"
    r"(?:je veux|j(?:e )?ve|je voudrais|j aimerais|jaimerais|je souhaite) (?:savoir|savwar|comprendre|connaitre))\b"
)
IN_PLACE = re.compile(
    r"\b(?:c (?:ki|koi|qui|quoi|kel\w*)|"
    r"(?:font|fait|fais|veut dire|sert a) (?:koi|quoi)|fo (?:koi|quoi|payer combien))\b|"
    r"\b(?:koi|quoi|combien|cb|comment|cmt|coment|ki|kan|quand|how much|for what|where)$"
)
"""Question words where French and hasty English leave them: in the middle or at the end."""
INTERJECTIONS = re.compile(
    r"^(?:(?:ah|oh|euh|heu|hm+|ok|okay|bon|ben|eh|hey|wait|attends|attendez|pardon|sorry|oops|oups|mais|well|so|alors|"
    r"excusez? moi|excuse me|desolee?|d accord|daccord|dacc|oui|yes|merci|thanks) )+"
)
"""What people say before they come to the point."""
SIGN = re.compile(r"[,;:?]\s*")
STATEMENT = re.compile(
    r"^(?:(?:good (?:morning|afternoon|evening|day)|hello|hi|hey|dear|sir|madam|bonjour|bonsoir|salut|bjr|bsr|madame|"
    r"monsieur|haha|ok|ah|oh)\s)*"
    r"(?:i|im|ive|we|my|our|a|an|he|she|they|his|her|there is|je|j|jai|nous|on|mon|ma|mes|notre|nos|un|une|il|elle|"
    r"ils|elles|son|sa|c est|suis|moi)\b"
)


def is_question(text: str) -> bool:
    """Whether a text begins as a question or a request does, or has a question word where French leaves it."""
    words = flat(text)
    return bool(INTERROGATIVE.search(words) or IN_PLACE.search(words))


@dataclass(frozen=True)
class Part:
    """A piece of a message with what the classifier made of it, best first."""

    text: str
    level: str
    ranking: tuple[tuple[str, float], ...]
    span: tuple[int, int] = (0, 1)
    """The first of the message's smallest pieces that it consists of, and the one after its last."""
    joint: str = ""
    """What stands between it and the piece before: ``sentence``, ``word``, ``sign``; nothing before the first."""
    alone: str = ""
    """The best intent of this piece by itself, where ``ranking`` is another reading."""
    together: tuple[tuple[str, float], ...] = ()
    """What it would mean in the conversation, where ``ranking`` is what it means by itself."""

    @property
    def intent(self) -> str:
        """The best intent."""
        return self.ranking[0][0] if self.ranking else ""

    @property
    def confidence(self) -> float:
        """Calibrated confidence in it."""
        return self.ranking[0][1] if self.ranking else 0.0

    @cached_property
    def words(self) -> list[str]:
        """Lower-case words without accents."""
        return flat(self.text).split()

    @cached_property
    def is_question(self) -> bool:
        """Whether it reads like a question or a request rather than like background."""
        return "?" in self.text or bool(QUESTION.search(flat(self.text)))

    @cached_property
    def is_interrogative(self) -> bool:
        """Whether it has a question's form: a question mark, or a question word at its beginning."""
        return "?" in self.text or self.has_question_form

    @cached_property
    def has_question_form(self) -> bool:
        """Whether it begins as a question or a request does, whatever mark stands at its end."""
        return is_question(self.text)

    @property
    def asks_anew(self) -> bool:
        """Whether it asks something behind its first words: "and the OSC, what does it do?"."""
        return any(is_question(piece) for piece in SIGN.split(self.text)[1:])

    @cached_property
    def is_statement(self) -> bool:
        """Whether it begins as people begin to tell what happened."""
        return not self.is_interrogative and bool(STATEMENT.search(flat(self.text)))


@dataclass(frozen=True)
class Understanding:
    """A message as understood: ``parts[0]`` is the whole of it."""

    text: str
    language: str | None
    language_is_sure: bool
    rule: str | None
    choice: str | None
    hint: str | None
    parts: tuple[Part, ...]
    in_context: Part | None = None
    """The whole message read together with what the conversation was about."""
    leaning: str | None = None
    """Where the message tells no language: the one that it looks a little more like."""

    @property
    def asks(self) -> bool:
        """Whether any piece of the message has a question's form."""
        return any(part.is_interrogative for part in self.parts)

    def pieces_in(self, part: Part) -> list[Part]:
        """The smallest pieces that a part of the message consists of; none where it is not cut."""
        first, end = part.span
        pieces = [piece for piece in self.parts[1:] if first <= piece.span[0] and piece.span[1] <= end]
        return [piece for piece in pieces if piece.span[1] - piece.span[0] == 1]

    @classmethod
    def of(cls, parse_data: Mapping[str, Any], metadata: Mapping[str, Any] | None) -> Understanding:
        """From Rasa's parse data and the message's metadata (``choice``: a pressed button; ``language``: a wish)."""
        metadata = metadata or {}
        ranking = [(item["name"], item["confidence"]) for item in parse_data.get("intent_ranking") or []]
        if not ranking and (parse_data.get("intent") or {}).get("name"):
            ranking = [(parse_data["intent"]["name"], float(parse_data["intent"].get("confidence") or 1.0))]
        text = str(parse_data.get("text") or "")
        raw = parse_data.get("parts") or [{"text": text, "level": "message", "ranking": ranking}]
        parts = [
            Part(
                text=part["text"],
                level=part["level"],
                ranking=_grouped(part["ranking"]),
                span=tuple(part.get("span") or (0, 1)),
                joint=part.get("joint") or "",
            )
            for part in raw
        ]
        return cls(
            text=text,
            language=(parse_data.get("language") or {}).get("code"),
            language_is_sure=bool((parse_data.get("language") or {}).get("sure")),
            leaning=(parse_data.get("language") or {}).get("leaning"),
            rule=parse_data.get("rule"),
            choice=metadata.get("choice"),
            hint=metadata.get("language"),
            parts=tuple(part for part in parts if part.level != "context"),
            in_context=next((part for part in parts if part.level == "context"), None),
        )


def _grouped(ranking: Iterable[tuple[str, float]]) -> tuple[tuple[str, float], ...]:
    """A ranking in which everything that has nothing to do with the embassy counts as one, since it is one decision."""
    others = [(name, float(share)) for name, share in ranking if name.startswith(OTHER)]
    rest = [(name, float(share)) for name, share in ranking if not name.startswith(OTHER)]
    if others:
        rest.append((others[0][0], min(1.0, sum(share for _, share in others))))
    return tuple(sorted(rest, key=lambda pair: -pair[1]))


@lru_cache(maxsize=512)
def compiled(pattern: str) -> re.Pattern[str]:
    """A cue's regular expression."""
    return re.compile(pattern)


def cue(cues: Mapping[str, Mapping[str, tuple[str, ...]]], name: str, text: str) -> bool:
    """Whether a text shows a cue of the conversation file, in any language."""
    words = flat(text)
    forms = {words, INTERJECTIONS.sub("", words)}
    patterns = (pattern for found in cues.get(name, {}).values() for pattern in found)
    return any(compiled(pattern).search(form) for pattern in patterns for form in forms)
