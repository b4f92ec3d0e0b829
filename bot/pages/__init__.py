"""Plain pages: the start page and the whole knowledge as a page to read and print."""

from __future__ import annotations

from html import escape
from importlib.resources import files

from bot.knowledge.model import Knowledge

STRINGS = {
    "en": {"title": "Questions and answers", "contents": "Sections", "checked": "Checked", "source": "From the page"},
    "fr": {
        "title": "Questions et réponses",
        "contents": "Sections",
        "checked": "Vérifié le",
        "source": "D'après la page",
    },
}


def asset(name: str) -> str:
    """A file of this folder as text."""
    return (files(__package__) / name).read_text(encoding="utf-8")


def faq_page(knowledge: Knowledge, language: str) -> str:
    """All answers in one language as a printable HTML page; each entry has its id as anchor."""
    strings = STRINGS.get(language, STRINGS["en"])
    title = f"{strings['title']} – {knowledge.post.name[language]}"
    links = "".join(
        f'<li><a href="#{escape(section.id)}">{escape(section.name[language])}</a></li>'
        for section in knowledge.sections.values()
    )
    body = "".join(_section(knowledge, section_id, language, strings) for section_id in knowledge.sections)
    return (
        f'<!doctype html><html lang="{language}"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f'<title>{escape(title)}</title><link rel="stylesheet" href="/start.css"></head>'
        f'<body class="faq"><main><h1>{escape(title)}</h1>'
        f'<nav aria-label="{strings["contents"]}"><ul>{links}</ul></nav>'
        f"{body}</main></body></html>"
    )


def _section(knowledge: Knowledge, section_id: str, language: str, strings: dict[str, str]) -> str:
    section = knowledge.sections[section_id]
    entries = "".join(
        f'<article id="{escape(entry.id)}"><h3>{escape(entry.title[language])}</h3>'
        f"<p>{'<br>'.join(escape(line) for line in knowledge.answer(entry, language).splitlines())}</p>"
        f'<p class="source">{strings["source"]}: {escape(entry.source)}. '
        f"{strings['checked']} {entry.checked.isoformat()}</p>"
        "</article>"
        for entry in section.entries
    )
    return f'<section id="{escape(section.id)}"><h2>{escape(section.name[language])}</h2>{entries}</section>'
