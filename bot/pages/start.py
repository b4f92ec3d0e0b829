"""The page at ``/``: what an embassy might show, with the widget on it and the line that embeds it elsewhere."""

from __future__ import annotations

from bot.knowledge.model import Knowledge
from bot.pages import page

WORDS = {
    "en": {
        "name": "English",
        "languages": "Languages",
        "title": "Which office can help you?",
        "lead": "Ask your question as you would say it. You get the embassy's own published answer at once, or the "
        "section to turn to.",
        "ask": "Ask a question",
        "all": "Read all answers",
        "noscript": "The chat needs JavaScript; every answer can be read without it.",
        "sections": "Sections and offices",
        "embed": "The assistant on your own page",
        "how": "One line is enough. It loads one small file, sets no cookie and asks nobody else.",
        "copy": "Copy",
        "copied": "Copied.",
        "note": "The assistant is a program. It answers from published information and cannot look into any file.",
    },
    "fr": {
        "name": "Français",
        "languages": "Langues",
        "title": "Quel bureau peut vous aider ?",
        "lead": "Posez votre question avec vos propres mots. Vous recevez aussitôt la réponse publiée par l'ambassade, "
        "ou la section à laquelle vous adresser.",
        "ask": "Poser une question",
        "all": "Lire toutes les réponses",
        "noscript": "La conversation a besoin de JavaScript ; toutes les réponses se lisent aussi sans lui.",
        "sections": "Sections et bureaux",
        "embed": "L'assistant sur votre propre page",
        "how": "Une ligne suffit. Elle charge un seul petit fichier, ne dépose aucun cookie et n'appelle aucun "
        "autre service.",
        "copy": "Copier",
        "copied": "Copié.",
        "note": "L'assistant est un programme. Il répond à partir d'informations publiées et ne consulte aucun "
        "dossier.",
    },
}


def start_page(knowledge: Knowledge, language: str, base_url: str) -> str:
    """The start page in a language; ``base_url`` is the server's own address for the line to copy."""
    post = knowledge.post
    words = WORDS.get(language, WORDS["en"])
    faq = "/faq" if language == "en" else f"/faq/{language}"
    return page(
        "start.html",
        words=words,
        language=language,
        post=post.name[language],
        faq=faq,
        others=[(other, WORDS[other]["name"]) for other in post.languages if other != language and other in WORDS],
        sections=[(section.id, section.name[language]) for section in knowledge.sections.values()],
        snippet=f'<script src="{base_url.rstrip("/")}/widget.js" defer></script>',
    )
