"""What the server itself says to a person, in their language: refusals, which need neither model nor knowledge."""

from __future__ import annotations

from collections.abc import Mapping

LANGUAGES = ("fr", "en")
REFUSALS: Mapping[str, Mapping[str, str]] = {
    "message_too_long": {
        "fr": "Votre message est trop long. Merci de l'écrire en {limit} caractères au plus.",
        "en": "Your message is too long. Please write it in at most {limit} characters.",
    },
    "too_many_messages": {
        "fr": "Vous écrivez très vite. Merci de patienter quelques secondes, puis de réessayer.",
        "en": "You are writing very fast. Please wait a few seconds and try again.",
    },
    "overloaded": {
        "fr": "Beaucoup de personnes écrivent en ce moment. Merci de réessayer dans un instant.",
        "en": "Many people are writing just now. Please try again in a moment.",
    },
    "not_ready": {
        "fr": "Le service démarre. Merci de réessayer dans un instant.",
        "en": "The service is starting. Please try again in a moment.",
    },
    "storage_failed": {
        "fr": "Rien ne peut être enregistré en ce moment. Merci de réessayer dans un instant.",
        "en": "Nothing can be saved just now. Please try again in a moment.",
    },
    "internal": {
        "fr": "Une erreur s'est produite de notre côté. Merci de réessayer dans un instant.",
        "en": "Something went wrong on our side. Please try again in a moment.",
    },
}


def language_of(wished: object, accepted: str = "") -> str:
    """The language to refuse in: the person's own wish, else the first one of ``Accept-Language`` that is spoken."""
    if isinstance(wished, str) and wished[:2].lower() in LANGUAGES:
        return wished[:2].lower()
    for item in accepted.split(","):
        code = item.strip()[:2].lower()
        if code in LANGUAGES:
            return code
    return LANGUAGES[0]


def refusal_text(code: str, language: str, otherwise: str, **values: object) -> str:
    """The words for a refusal that a person sees; ``otherwise`` for those that only programs get."""
    texts = REFUSALS.get(code)
    if texts is None:
        return otherwise
    text = texts.get(language, texts["en"])
    for name, value in values.items():
        text = text.replace("{" + name + "}", str(value))
    return text
