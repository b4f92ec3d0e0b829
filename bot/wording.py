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
STALE_BUTTON: Mapping[str, str] = {
    "fr": "Ce bouton ne fonctionne plus. Merci d'écrire votre question.",
    "en": "This button does not work any more. Please type your question.",
}
"""What is said where a button was pressed whose answer is gone."""
STALE_PRESS: Mapping[str, str] = {"fr": "(un bouton périmé)", "en": "(an outdated button)"}
"""What is kept as the person's words then."""
ERASED: Mapping[str, str] = {
    "fr": "C'est effacé : rien de notre conversation n'est conservé ici.",
    "en": "It is erased: nothing of our conversation is kept here.",
}
"""What is said when a conversation was erased."""
FOR_PROGRAMS: Mapping[str, str] = {
    "invalid_json": 'Le corps de la requête doit être un objet JSON comme {"sender": "…", "message": "…"}.',
    "body_too_large": "La requête est trop volumineuse.",
    "disconnected": "La connexion a été fermée avant la fin de la requête.",
    "sender_missing": "Le champ « sender » doit être un texte qui désigne la conversation.",
    "sender_invalid": "Le champ « sender » doit être un texte court et imprimable.",
    "sender_reserved": "Le champ « sender » ne doit pas désigner une conversation d'un autre canal.",
    "message_missing": "Le champ « message » doit être un texte.",
    "metadata_invalid": "Le champ « metadata » doit être un objet.",
    "message_id_invalid": "Le champ « message_id » doit être un texte imprimable de 100 caractères au plus.",
    "item_invalid": "Le champ « item » doit être le numéro d'une réponse, à partir de 0.",
    "helpful_invalid": "Le champ « helpful » doit être true, false ou null.",
    "reason_invalid": "Le champ « reason » doit être un texte de 500 caractères au plus.",
    "no_such_reply": "Cette conversation ne contient pas cette réponse.",
}
"""French for what programs get; the English is said where it is refused, and is what they get in any other language."""


def known_language(wished: object, accepted: str = "") -> str | None:
    """A wish, or the first of ``Accept-Language``, that is spoken here; None for neither."""
    if isinstance(wished, str) and wished[:2].lower() in LANGUAGES:
        return wished[:2].lower()
    codes = (item.strip()[:2].lower() for item in accepted.split(","))
    return next((code for code in codes if code in LANGUAGES), None)


def language_of(wished: object, accepted: str = "") -> str:
    """The language to refuse in: the person's own wish, else the first one of ``Accept-Language`` that is spoken."""
    return known_language(wished, accepted) or LANGUAGES[0]


def refusal_text(code: str, language: str | None, otherwise: str, **values: object) -> str:
    """The words for a refusal; ``otherwise`` for those that only programs get, where their language is not French."""
    texts = REFUSALS.get(code)
    if texts is None:
        return FOR_PROGRAMS.get(code, otherwise) if language == "fr" else otherwise
    text = texts.get(language or LANGUAGES[0], texts["en"])
    for name, value in values.items():
        text = text.replace("{" + name + "}", str(value))
    return text
