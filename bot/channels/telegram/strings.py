"""What the Telegram channel itself says; answers come from the knowledge."""

from __future__ import annotations

from collections.abc import Mapping

from bot.wording import STALE_BUTTON

LANGUAGES = ("fr", "en")

COMMANDS: Mapping[str, Mapping[str, str]] = {
    "start": {"fr": "Commencer", "en": "Start"},
    "help": {"fr": "Ce que je sais faire", "en": "What I can do"},
    "sections": {"fr": "Les sections de l'ambassade", "en": "The embassy's sections"},
    "language": {"fr": "Changer de langue", "en": "Change the language"},
    "human": {"fr": "Joindre une personne", "en": "Reach a person"},
    "forget": {"fr": "Effacer notre conversation", "en": "Erase our conversation"},
}

STRINGS: Mapping[str, Mapping[str, str]] = {
    "sections": {"fr": "Quelle section vous intéresse ?", "en": "Which section are you interested in?"},
    "entries": {"fr": "Que voulez-vous savoir ?", "en": "What would you like to know?"},
    "back": {"fr": "‹ Toutes les sections", "en": "‹ All sections"},
    "language": {"fr": "Dans quelle langue voulez-vous parler ?", "en": "Which language would you like to speak?"},
    "forget": {
        "fr": "Voulez-vous effacer notre conversation ? Ce qui en est conservé ici disparaît pour toujours.",
        "en": "Do you want to erase our conversation? What is kept of it here is gone for good.",
    },
    "forget-yes": {"fr": "Oui, effacer", "en": "Yes, erase it"},
    "forget-no": {"fr": "Non, garder", "en": "No, keep it"},
    "forget-unnamed": {
        "fr": "Vous écrivez au nom du groupe ou d'une chaîne. Pour effacer notre conversation, "
        "envoyez /forget sous votre propre nom.",
        "en": "You are writing as the group or as a channel. To erase our conversation, send /forget under your own "
        "name.",
    },
    "forgotten": {
        "fr": "C'est effacé. Vous pouvez aussi effacer les messages dans Telegram.",
        "en": "It is erased. You can erase the messages in Telegram as well.",
    },
    "not-yours": {
        "fr": "Seule la personne qui a envoyé /forget peut répondre ici.",
        "en": "Only the person who sent /forget can answer here.",
    },
    "kept": {"fr": "D'accord, rien n'est effacé.", "en": "All right, nothing is erased."},
    "thanks": {"fr": "Merci !", "en": "Thank you!"},
    "not-kept": {
        "fr": "Cette réponse n'est plus conservée : votre avis ne peut pas être enregistré.",
        "en": "This answer is not kept any more, so what you think of it cannot be saved.",
    },
    "delay": {
        "fr": "Désolé, la réponse se fait attendre. Votre message est bien arrivé et recevra une réponse dès que "
        "possible. Il n'est pas nécessaire de le renvoyer. Si vous ne pouvez pas attendre, voici qui joindre.",
        "en": "I'm sorry for the delay. Your message has arrived and will be answered as soon as possible. There is no "
        "need to send it again. If you cannot wait, here is whom to contact.",
    },
    "gone": STALE_BUTTON,
    "voice": {
        "fr": "Je ne peux ni écouter les messages vocaux ni regarder les vidéos. Merci d'écrire votre question.",
        "en": "I cannot listen to voice messages or watch videos. Please type your question.",
    },
    "picture": {
        "fr": "Je ne peux pas lire les photos ni les documents. N'envoyez pas de pièces personnelles ici. "
        "Merci d'écrire votre question.",
        "en": "I cannot read photos or documents. Please send no personal papers here. Type your question instead.",
    },
    "place": {
        "fr": "Je ne peux rien faire d'une position. Merci d'écrire votre question.",
        "en": "I cannot use a location. Please type your question.",
    },
    "forwarded": {
        "fr": "Une commande transférée ne fait rien. Pour vous en servir, écrivez-la vous-même ou choisissez-la "
        "dans le menu.",
        "en": "A forwarded command does nothing. To use it, type it yourself or choose it from the menu.",
    },
    "sticker": {
        "fr": "Je ne comprends que le texte. Posez-moi votre question !",
        "en": "I only understand text. Ask me your question!",
    },
    "source": {"fr": "D'après : {title} (vérifié le {checked})", "en": "From: {title} (checked {checked})"},
    "embassy": {"fr": "Ambassade", "en": "Embassy"},
}


def string(name: str, language: str) -> str:
    """A text of the channel; French where the language has none."""
    return STRINGS[name].get(language, STRINGS[name]["fr"])
