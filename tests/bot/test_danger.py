"""Danger is recognised by the rules of the conversation file, and what only shares its words is not."""

from __future__ import annotations

import re

import pytest

from bot.knowledge.model import Knowledge
from nlu.text import flat


def rules_met(knowledge: Knowledge, text: str) -> set[str]:
    words = flat(text)
    return {
        rule.id for rule in knowledge.conversation.safety if any(re.search(pattern, words) for pattern in rule.patterns)
    }


@pytest.mark.parametrize(
    "text",
    [
        "Armed men stopped our bus near Douentza and they took my colleague with them, he is American",
        "somebody kidnapped my brother yesterday",
        "they have taken my American friend with them",
        "des hommes armés ont emmené mon frère hier à Mopti",
        "les djihadistes ont pris notre chauffeur",
        "on a enlevé mon mari ce matin",
        "I am being arrested right now",
        "I'm an American citizen arrested in Kayes",
        "I am in police custody in Mopti",
        "je suis en garde à vue depuis ce matin",
        "on m'a mis en garde à vue",
        "la police vient de m'arrêter",
        "the building beside us is on fire",
        "il y a le feu dans la maison du voisin",
    ],
)
def test_what_happens_to_somebody_now_is_danger(knowledge: Knowledge, text: str) -> None:
    assert rules_met(knowledge, text) == {"safety.danger"}


@pytest.mark.parametrize(
    "text",
    [
        "they took my passport at the window",
        "les bandits ont pris ma moto, quel commissariat",
        "the people took my brother's place in the exchange program",
        "ils ont emmené ma fille à l'école",
        "ils ont pris mon dossier",
        "my friend was arrested last month, who visits him",
        "I am an American asking about prisoners, who visits those arrested in Mali",
        "un Américain est en garde à vue, qui le visite",
        "who trains the gendarmes against terrorists",
        "the new song is on fire",
        "comment faire du feu sans allumettes",
    ],
)
def test_what_only_shares_its_words_is_not(knowledge: Knowledge, text: str) -> None:
    assert rules_met(knowledge, text) == set()
