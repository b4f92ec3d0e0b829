"""Proposes where one message holds several questions. The dialogue decides, once every piece has been understood."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

from rasa.engine.graph import ExecutionContext, GraphComponent
from rasa.engine.storage.resource import Resource
from rasa.engine.storage.storage import ModelStorage
from rasa.shared.nlu.training_data.message import Message
from rasa.shared.nlu.training_data.training_data import TrainingData

from nlu.registration import component
from nlu.text import clean, flat, letters

PARTS = "parts"
WHOLE, PIECE, PAIR, SENTENCE, CONTEXT = "message", "piece", "pair", "sentence", "context"

SENTENCE_END = re.compile(r"(?<=[?!;])\s*|(?<=[^\W\d_]{2}[.…])\s+|\n+|\s+[-–•]\s+|(?<=\S)\s+(?=\(?[1-9][.)]\s)")
NUMBERED_LIST = re.compile(r"(?<!\w)1(?=\s+[^\W\d]).+\s2(?=\s+[^\W\d])", re.DOTALL)
NUMBERED = re.compile(r"(?<!\w)[1-9]\s+(?=[^\W\d])")
"""Numbers that count questions, as in "1 le mail 2 le site"."""
NO_AIM = r"(?<!\ble )(?<!\bau )(?<!\bun )(?<!\bson )(?<!\bses )(?<!\bles )(?<!\bleur )(?<!\bquel )(?<!\bvotre )"
"""A French "but" is an aim."""
NO_MOST = r"(?<!\ble )(?<!\bla )(?<!\bles )(?<!\bau )(?<!\bde )"
"""A French "le plus" is a superlative."""
WORDS = (
    rf"and also|and finally|and lastly|and then|and after that|"
    rf"and|nd(?= )|{NO_MOST}plus|as well as|but also|{NO_AIM}but|"
    r"et aussi|et enfin|et puis|et apr[eè]s|et|ainsi que|"
    r"mais aussi|mais|puis(?![- ]je)|en plus|par ailleurs|et ensuite|ensuite|then|é|primo|secundo|secondly|"
    r"deuxi[eè]mement|ou bien|sinon|or at least|or else|,\s*(?:also|aussi|second)|"
    r"(?:and |then )?(?:first(?:ly)?(?= *,)|firstly|secondly|thirdly|lastly)|"
    r"(?:et )?(?:tout d['’ ]abord|premi[eè]rement|"
    r"troisi[eè]mement|enfin(?= *,)|d['’ ](?:une|autre) part|de l['’ ]autre)"
)
TOWARDS = r"(?:avec|pour|par|chez|de|à|a|dans|sur|depuis) (?:qui|quoi|quels?|quelles?|quand|ki|koi|kels?|kelles?)|"
ASKING = (
    rf"{TOWARDS}(?:by|for|with|to|from|at|in|on|since) (?:who|whom|what|which|when)|"
    r"who|whos|what|whats|wat|wats|where|wheres|when|which|wich|how|hw|is|are|do|does|can|"
    r"qui|que|quel|quelle|quels|quelles|ou|où|comment|combien|quand|est-ce|"
    r"ki|koi|kel|kels|kelle|cmt|comen|coment|cb|c ki|c koi|c kel|c ou"
)
OWN = "the|their|its|his|her|le|la|les|leur|leurs|son|sa|ses"
BARE = (
    r"(?:who|what|where|when|how) (?:is|are|was|do|does|did|can|could|should|will|to|much|many|long)|"
    r"(?:what|whats|wat|wats|which)|"
    r"(?:is|are) there|(?:do|does|can) (?:you|they|it|he|she|i|we)|who (?:runs|heads|leads|manages|handles)|"
    r"(?:c'?|c'est|c est) ?(?:ki|koi|kel|kan|ou|où|cmt|qui|quoi|quel|quelle|quand|comment|combien)|"
    r"est[- ]ce (?:que?|qu')|quels?|quelles?|kels?|kelles?|combien|comment|coment|cmt|quand|où|y a t il|ya t il"
)
"""How a question begins that nothing parts from the one before it, as people type on a phone."""
LEADING_ON = (
    "know tell me ask us about understand of for to with in on at by from and or is are but that if knowing wonder "
    "explain say show see depends learn just only then so also what which "
    "savoir dire sais demander dites dis moi nous comprendre connaitre de des du a pour avec chez par sur dans en "
    "appelle appelles appellent appelez "
    "et ou mais que si sait explique expliquer expliquez voir alors donc aussi juste svp stp bonjour bonsoir salut "
    "hello hi c est sont ki je tu il elle on vous ils elles pas ne n importe depuis jusqu ainsi sous"
)
LEADS_ON = frozenset(LEADING_ON.split())
"""After these words a question word goes on with what was begun: "I want to know who is"."""
NOT = r"(?:a|ai|as|avons|avez|ont|est|es|y|en|importe|oubli\w*|arriv\w*|aim\w*|avai\w*|etai\w*|étai\w*)\b"
"""Before these words "n" is the first half of a French no, before others a hasty English "and"."""
FEWEST_BEFORE, FEWEST_AFTER = 3, 2
"""Words on the two sides of such a joint."""
PLAIN = (
    rf"\s*(?:,\s*)?\b(?:{WORDS})\b[\s,:]*|\s*[;/&+]\s*|\s*,\s*(?=(?:{ASKING})\b)|\s*,\s+(?=\w+'?\s*\w+)|(?<=\w)\s?:\s+|"
    rf"\s+n\s+(?!{NOT})"
)
WEAK = (
    rf"(?P<also>\s+(?:also|aussi)\s+(?=(?:{ASKING}|{OWN})\b))|(?P<bare>\s+(?=(?:{BARE})(?!\w))|"
    r"(?:(?<=\bquoi)|(?<=\bkoi))\s+(?=(?:(?!\b(?:et|and)\b)[^,;?])+\b[qk]u?oi\b))"
)
"""Where only a blank or an "also" parts two questions, as in "le RSO fait quoi le DAO fait quoi"."""
JOINT, PLAIN_JOINT = (re.compile(joints, re.IGNORECASE) for joints in (f"{PLAIN}|{WEAK}", PLAIN))
BEGINS = re.compile(rf"(?:{ASKING})\b", re.IGNORECASE)
WHETHER = re.compile(r"(?:whether|if|si) ", re.IGNORECASE)
"""How an indirect question begins behind others: "which office buys, and finally whether any tender is open"."""
NAMES_A_THING = re.compile(
    r"(?:the|le|la|les|l['’]) ?\w+ (?:of|for|du|de|des|pour)\b|l['’]\w+ (?:du|de|des|pour)\b", re.IGNORECASE
)
"""How what is asked for is named without a question word: "the number for the press"."""
ALSO = re.compile(
    r"\+|also|aussi|plus|finally|lastly|enfin|as well|then|after|puis|apr[eè]s|ensuite|par ailleurs|sec[ou]nd|deuxi",
    re.IGNORECASE,
)
ANNOUNCING_WORDS = (
    "i we im have need want wish would like love to know ask you your about of please kindly so and then my the a few "
    "two three four some several questions question points point things thing first firstly second secondly third "
    "lastly finally just only one last also quick "
    "je j nous on ai avons aurais aurions veux voulons voudrais voudrions aimerais aimerions souhaite souhaitons "
    "souhaiterais souhaiterions cherche cherchons te de des savoir demander poser connaitre comprendre deux trois "
    "quatre quelques plusieurs choses infos renseignements svp stp d abord premierement deuxiemement enfin une "
    "autre part tout donc et besoin juste vous les primo secundo ensuite apres puis 1 2 3 4"
)
ANNOUNCING = frozenset(ANNOUNCING_WORDS.split())
"""Of such words alone consists what only announces the question after it: "I have two questions"."""
COUNTING = "first firstly second secondly third lastly finally premierement deuxiemement enfin"
ORDER = frozenset(COUNTING.split())
"""These announce one by themselves."""
NO_MORE = re.compile(r"(?:\bne\s|\bn['’ ])\s*\w+(?:\s+\w+)?\s+plus\W*$", re.IGNORECASE)
"""A French "no longer", whose "plus" adds nothing."""
SHORT = 60
MOST_CLAUSES, MOST_ASKING = 4, 8
"""Pieces of one sentence, and those that all begin to ask."""
LONGEST_KEY = 4
"""Words of each piece in a list that has more than that: "press phone, visa fees, name of the ambassador"."""
LONGEST_LIST = 16
"""Words; a longer stretch is no list of keywords."""
SMALL_WORDS = (
    "a an the of to in at on for and or i you we it is are my your le la les un une des de du d l et ou je tu il elle "
    "on nous vous ils elles en y au aux pour par sur dans avec chez c ce est sont mon ma mes votre vos"
)
SMALL = frozenset(SMALL_WORDS.split())
"""Words that come again in any sentence."""
ABOUT = "about"
"""Metadata of a message: in a few words, what the conversation was about before it."""
LEANING = 12
"""Longer messages hardly lean on what was said before."""


@dataclass(frozen=True)
class Piece:
    """One of the smallest pieces that a message may fall into.

    Attributes:
        text: Its words.
        sentence: Number of the sentence that it stands in.
        joint: What stands before it: ``sentence``, ``also`` ("and also"), ``word`` ("and"), ``sign`` (a comma),
            ``bare`` (only a blank, and a new question after it) or nothing for the first.
    """

    text: str
    sentence: int
    joint: str


def sentences(text: str) -> list[str]:
    """The sentences and lines of a text, without those that hold no word."""
    lines = NUMBERED.sub("\n", clean_lines(text)) if NUMBERED_LIST.search(text) else clean_lines(text)
    found = [(piece, "") for piece in map(_trimmed, SENTENCE_END.split(lines)) if piece]
    return [sentence for sentence, _ in _without_announcements(found)]


def clauses(sentence: str) -> list[tuple[str, str]]:
    """The pieces of one sentence between commas and words like "and", each with the kind of joint before it.

    Where there would be too many, only what signs and words part, then only what asks, and else the sentence as it is.
    """
    for joints in (JOINT, PLAIN_JOINT):
        found = _without_announcements(_cut(sentence, joints))
        if len(found) <= MOST_CLAUSES:
            listed = [
                (part, joint if n == 0 else "bare") for text, joint in found for n, part in enumerate(_list(text))
            ]
            return listed if len(listed) <= MOST_CLAUSES else found
    if len(found) <= MOST_ASKING and all(len(text.split()) <= LONGEST_KEY for text, _ in found):
        return found
    asking = _asking(found)
    return asking if len(asking) <= MOST_ASKING else [(sentence, "sentence")]


def _without_announcements(found: Sequence[tuple[str, str]]) -> list[tuple[str, str]]:
    """The pieces, each behind what announces it: "I wish to know" and "whether you help" are one piece."""
    kept: list[tuple[str, str]] = []
    for text, joint in found:
        if kept and _announces(kept[-1][0]):
            kept[-1] = (f"{kept[-1][0]} {text}", kept[-1][1])
        else:
            kept.append((text, joint))
    return kept


def _announces(text: str) -> bool:
    words = flat(text).split()
    return ANNOUNCING.issuperset(words) and (len(words) > 1 or not ORDER.isdisjoint(words))


def _list(text: str) -> list[str]:
    """What a list of keywords names, where its first or last word comes again: "dao phone osc phone"."""
    words = text.split()
    keys = [flat(word) for word in words]
    if not 4 <= len(words) <= LONGEST_LIST:
        return [text]
    first = [n for n, key in enumerate(keys) if n > 0 and key == keys[0] and key not in SMALL]
    last = [n + 1 for n, key in enumerate(keys[:-1]) if key == keys[-1] and key not in SMALL]
    cuts = [0, *(first or last), len(words)]
    parts = [words[start:end] for start, end in pairwise(cuts)]
    return [" ".join(part) for part in parts] if all(len(part) > 1 for part in parts) else [text]


def _asking(found: Sequence[tuple[str, str]]) -> list[tuple[str, str]]:
    """Only the pieces that begin to ask, each with all that follows it: "what it does, how, and who"."""
    kept: list[tuple[str, str]] = []
    begun = False
    for text, joint in found:
        asks = bool(BEGINS.match(text) or (joint in ("also", "word") and WHETHER.match(text)))
        if kept and not asks and not (begun and NAMES_A_THING.match(text)):
            kept[-1] = (f"{kept[-1][0]}, {text}", kept[-1][1])
        else:
            kept.append((text, joint))
        begun = begun or asks
    return kept


def _cut(sentence: str, joints: re.Pattern[str]) -> list[tuple[str, str]]:
    found: list[tuple[str, str]] = []
    start, joint = 0, "sentence"
    for match in joints.finditer(sentence):
        weak = match.groupdict()
        if any(weak.values()) and not _parts(sentence[start : match.start()], sentence[match.end() :]):
            continue
        if "plus" in match.group().lower() and NO_MORE.search(sentence[: match.end()]):
            continue
        piece = _trimmed(sentence[start : match.start()])
        if not piece and not found:
            continue  # "And the mail?" keeps its first word, which says that it leans on what came before
        if piece:
            found.append((piece, joint))
        start, joint = match.end(), "bare" if weak.get("bare") else _kind(match.group())
    piece = _trimmed(sentence[start:])
    if piece:
        found.append((piece, joint))
    return found


def _parts(before: str, after: str) -> bool:
    """Whether a new question may begin between two stretches that only a blank or an "also" parts."""
    words = flat(before).split()
    enough = len(words) >= FEWEST_BEFORE and len(flat(after).split()) >= FEWEST_AFTER
    return enough and words[-1] not in LEADS_ON


def _kind(joint: str) -> str:
    if ALSO.search(joint):
        return "also"
    return "word" if any(char.isalpha() for char in joint) else "sign"


def clean_lines(text: str) -> str:
    """The text cleaned line by line, since a new line often starts a new question."""
    return "\n".join(filter(None, (clean(line) for line in text.splitlines())))


def _trimmed(piece: str | None) -> str:
    """A piece without the signs around it; empty where it holds no word."""
    return piece.strip(" ,;:-–•") if piece and letters(piece) > 1 else ""


def pieces_of(text: str, most: int) -> list[Piece]:
    """The smallest pieces of a text, at most so many; where there would be more, its sentences."""
    found = sentences(text)[:most]
    asked = any("?" in sentence for sentence in found)
    cut = [clauses(sentence) for sentence in found]
    told = [
        [(sentence, "sentence")] if asked and _is_story(sentence, inside) else inside
        for sentence, inside in zip(found, cut)
    ]
    if sum(map(len, told)) > most:
        told = [[(sentence, "sentence")] for sentence in found]
    pieces = [Piece(words, number, joint) for number, group in enumerate(told) for words, joint in group]
    return [Piece(piece.text, piece.sentence, piece.joint if i else "") for i, piece in enumerate(pieces)]


def _is_story(sentence: str, inside: Sequence[tuple[str, str]]) -> bool:
    """Whether a sentence beside a question is its story, which stays in one piece."""
    asks = "?" in sentence or any(BEGINS.match(text) for text, _ in inside[1:])
    return len(sentence) > SHORT and not asks


def _sentence_spans(pieces: list[Piece]) -> Iterator[tuple[int, int]]:
    """First and last-plus-one piece of each sentence of more than two pieces (a pair is read anyway)."""
    for number in range(pieces[-1].sentence + 1):
        inside = [i for i, piece in enumerate(pieces) if piece.sentence == number]
        if 2 < len(inside) < len(pieces):
            yield inside[0], inside[-1] + 1


@component("MESSAGE_FEATURIZER", trainable=False)
class QuestionSplitter(GraphComponent):
    """Sets ``parts`` on each message: a list of ``{"text", "level", "span", "joint"}``.

    The first part, level ``message``, is always the whole message. Where it falls into pieces, at most ``most_parts``,
    these follow (level ``piece``, with the ``joint`` before each), then neighbours together (level ``pair``) and longer
    sentences (level ``sentence``); ``span`` is the first piece of each and the one after its last. Where the metadata
    says what the conversation is ``about``, the last part is the message with that (level ``context``).
    """

    def __init__(self, config: dict[str, Any]) -> None:
        self._most: int = config["most_parts"]

    @staticmethod
    def get_default_config() -> dict[str, Any]:
        """``most_parts``: beyond this a text is an essay, and only its beginning is looked at in pieces."""
        return {"most_parts": 8}

    @classmethod
    def create(
        cls,
        config: dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
    ) -> QuestionSplitter:
        """A splitter needs no training."""
        return cls(config)

    def process_training_data(self, training_data: TrainingData) -> TrainingData:
        """Examples are one question each and stay whole."""
        return training_data

    def process(self, messages: list[Message]) -> list[Message]:
        """Adds the parts."""
        for message in messages:
            text = str(message.get("text") or "")
            parts = self.split(text)
            about = (message.get("metadata") or {}).get(ABOUT)
            if about and len(text.split()) <= LEANING:
                parts.append({"text": f"{clean(text)}, {about}", "level": CONTEXT, "span": [0, 0]})
            message.set(PARTS, parts, add_to_output=True)
        return messages

    def split(self, text: str) -> list[dict[str, Any]]:
        """The whole text, then the pieces it may consist of."""
        pieces = pieces_of(text, self._most)
        whole = {"text": clean(text), "level": WHOLE, "span": [0, max(1, len(pieces))]}
        if len(pieces) < 2:
            return [whole]
        parts: list[dict[str, Any]] = [whole]
        parts += [
            {"text": piece.text, "level": PIECE, "span": [i, i + 1], "joint": piece.joint}
            for i, piece in enumerate(pieces)
        ]
        if len(pieces) > 2:
            parts += [
                {"text": f"{first.text} {second.text}", "level": PAIR, "span": [i, i + 2]}
                for i, (first, second) in enumerate(pairwise(pieces))
            ]
        parts += [
            {"text": " ".join(piece.text for piece in pieces[first:end]), "level": SENTENCE, "span": [first, end]}
            for first, end in _sentence_spans(pieces)
        ]
        return parts
