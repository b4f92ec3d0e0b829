"""What people tell of themselves though nobody asked: their name and their day of birth, found so that it is masked."""

from __future__ import annotations

import re
from collections.abc import Collection

from nlu.lexicons import OWN
from nlu.text import flat

MARK = "[...]"
"""Stands in the place of what is masked; a word like "name" there would be understood as part of the message."""
WORD = r"[^\W\d_]+(?:['-][^\W\d_]+)*"
TITLE = (
    r"(?:mrs?|ms|miss|mister|madam|dr|doctor|prof|professor|pastor|m|mme|mlle|monsieur|madame|docteur|professeur)\b\.?"
)
NAMING = (
    r"(?:my|our) (?:(?:full|first|last|family|given) )?names?(?: is| are|'s)(?!n't)|i(?: a|')m (?:called|named)|"
    r"(?:je|on) ?m['e]? ?app?ell?e?s?|jm['e]? ?app?ell?e?s?|"
    r"(?:je|on) me (?:pr[ée])?nomme|"
    r"mon (?:pr[ée])?nom(?: de famille| complet)?(?: et (?:mon )?(?:pr[ée])?nom)? (?:est|c(?:'| )?(?:est)?)|"
    r"my name\s*[:=]|mon (?:pr[ée])?nom\s*[:=]|"
    r"(?:(?<!\w )|(?<=\band )|(?<=\bet ))(?:(?:full |first |last |family |given )?names?|"
    r"(?:pr[ée])?noms?(?: de famille| complet| et pr[ée]noms?)?)\s*[:=]"
)
"""After these a name follows, however it is written."""
MOI = r"moi,? c(?:'| )?est"
HERE = r"i(?: a|')m|je suis|ici"
BEING = rf"(?:{HERE})(?= {TITLE} )"
PRESENTING = rf"{HERE}|this is"
"""Only two words with capitals after these are a name: "Je suis Malien" is none."""
CLOSING = (
    r"(?:cordialement|respectueusement|bien à vous|salutations|sinc[eè]rement|(?:kind |best |warm )?regards|"
    r"(?:yours )?(?:sincerely|faithfully|truly))[,.!]*"
)
LABEL = r"(?:pr[ée])?noms?\b|(?:first |last |family |full )?names?\b"
INTRODUCTION = re.compile(
    rf"\b(?:(?P<naming>{NAMING})|(?P<moi>{MOI})|(?P<being>{BEING})|(?P<presenting>{PRESENTING})|"
    rf"(?P<closing>{CLOSING}))"
    rf"(?:(?<=[:=])\s*|:?\s+)(?:{TITLE}\s+)?(?P<name>{WORD}(?: (?!{LABEL}){WORD}){{0,4}})",
    re.IGNORECASE,
)
MORE = (
    "a all already also always as at bad badly be by but different difficult difficulty everywhere false first if in "
    "incorrect it its last like long longer missing misspelled mistaken no now of on only out right same short so "
    "spelled spelt still than that too under very well with without written wrong wrongly "
    "absent aussi bien bon c dans deja depuis dedans difficile dont encore en est faux fausse ici juste la long mais "
    "mal meme nommer non nul partout pareil quand que reste sorti sur toujours tout tres trop vraiment y "
    "ecrit ecrite ecris orthographie "
    "america american amerique americain americaine ambassade appointment bourse consul consulat consulate contact "
    "demande diplome document documents dollar embassy emploi etudiant etudiante immigration job journaliste mail "
    "malien malienne malian mali office passeport passport phone police press presse programme program reporter "
    "scholarship section student studies etudes tel travail us usa visa visas voyage work "
    "affairs agence agency alumni association bureau center centre chef chief chretien christian citizen citoyen "
    "citoyenne comite commercant committee company directeur director directrice docteur dr ecole enseignant "
    "enseignante entreprise etranger fils francais francaise fulbright general group groupe he head humphrey it "
    "journal journalist lycee madame maire manager minister ministre miss mlle mme monsieur mother mr mrs ms "
    "muslim musulman national nationale ngo officer ong pastor pere permanent president presidente prof "
    "professeur project projet public radio representant resident residente school secretaire secretary "
    "senegalais societe teacher tele television tv united universite university why"
)
ORDINARY = frozenset(MORE.split()).union(*OWN.values())
"""Words, without accents, that are nobody's name here, and with which a name that was told has ended."""
PARTICLES = frozenset(["ag", "al", "ben", "bin", "bint", "dit", "dite", "el", "ould"])
MOST_WORDS, MOST_SMALL_WORDS = 4, 2
LONGEST_ABBREVIATION = 6

MONTH = r"(?:jan|f[eé]v|feb|mar|avr|apr|mai|may|juin|june?|juil|july?|ao[uû]t|aug|sep|oct|nov|d[eé]c)[a-zéû]{0,6}\.?"
DAY = r"\d{1,2}(?: ?(?:er|st|nd|rd|th))?"
DATE = (
    rf"{DAY}(?: of| de)? {MONTH}(?:,? (?:de |of )?\d{{2,4}})?|{MONTH} {DAY}(?:,? \d{{2,4}})?|"
    r"\d{1,2} ?[./-] ?\d{1,2} ?[./-] ?\d{2,4}|\d{4} ?[./-] ?\d{1,2} ?[./-] ?\d{1,2}|\d{1,2} \d{1,2} \d{4}"
)
BIRTH = re.compile(
    r"(?P<before>\b(?:born|birth ?(?:day|date)?|dob|d\.o\.b\.?|née?s?|nees?|né\(e\)|(?:suis|est) ne(?= (?:le|a|à) )|"
    rf"naissance|anniversaire)(?!\w)[^\d.!?\n]{{0,25}}?(?<!\d))(?:{DATE})(?!\d)",
    re.IGNORECASE,
)


def without_names(text: str, published: Collection[str], mark: str = MARK) -> str:
    """The text with a mark in the place of the names by which people introduce themselves.

    A name in small letters is seen where nothing else can follow ("my name is", "je m'appelle"), elsewhere only with
    capitals. ``published`` are the names that stay, in small letters and without blanks, full stops, or dashes.
    """

    def masked(found: re.Match[str]) -> str:
        name = " ".join(_name(found, text))
        if found["presenting"] and " " not in name:
            return found.group()
        # "Moi c'est Centre américain" goes on in small letters: any number of its words may be a published name.
        words = re.sub(r"[.-]", "", found["name"]).lower().split(" ")
        if not name or any("".join(words[:count]) in published for count in range(1, len(words) + 1)):
            return found.group()
        at = found.start("name") - found.start()
        return found.group()[:at] + mark + found.group()[at + len(name) :]

    # Twice: "Nom : Keita Prénom : Awa" holds two, and the second is only seen once the first is masked.
    return INTRODUCTION.sub(masked, INTRODUCTION.sub(masked, text))


def without_birth(text: str, mark: str = MARK) -> str:
    """The text with a mark in the place of the day on which somebody was born; a year alone is nobody's."""
    return BIRTH.sub(lambda found: f"{found['before']}{mark}", text)


def _name(found: re.Match[str], text: str) -> list[str]:
    """Those of the words after an introduction that are the name."""
    words = found["name"].split(" ")
    capitals = words[0][0].isupper() and text.upper() != text
    if not capitals and not found["naming"]:
        return []
    # "Moi c'est USAID qui m'intéresse" is no name.
    if found["moi"] and words[0].isupper() and len(words[0]) <= LONGEST_ABBREVIATION:
        return []
    name: list[str] = []
    for word in words[: MOST_WORDS if capitals else MOST_SMALL_WORDS]:
        if _is_ordinary(word) or (capitals and not word[0].isupper() and flat(word) not in PARTICLES):
            break
        name.append(word)
    while name and flat(name[-1]) in PARTICLES:
        name.pop()
    return name


def _is_ordinary(word: str) -> bool:
    plain = flat(word)
    # "j'ai" is two words, "N'Diaye" is one.
    return plain in ORDINARY or (word[0].islower() and plain.split(" ")[0] in ORDINARY)
