"""Guided conversations as small trees: what people mean, the question back, and the answer that each choice gives."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence

from starlette.datastructures import FormData
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from bot.console import conflicts, editing, kept
from bot.console.access import PATH, desk_of, signed_in, text_of
from bot.console.desk import language_for, page
from bot.console.views.shared import draft_knowledge
from bot.knowledge.edit.drafts import ConflictError, EditError
from bot.knowledge.edit.stories import FEWEST, MOST, Guide, StoryEditor
from bot.knowledge.model import Entry, Knowledge, Topic
from bot.store.staff import Session

OTHER = "*"
"""The group of what is no section's: questions that are too vague for one answer."""

Listed = list[tuple[str, list[tuple[str, str]]]]
"""Groups of (id, title) by the name of their section."""


@signed_in(keeps=True)
async def stories(request: Request, session: Session) -> Response:
    """All of them; a POST changes, adds or deletes one."""
    page_only = await kept.shown(request, _show)
    if page_only is not None:
        return page_only
    desk, form, who = desk_of(request), request.state.form, session.account.name
    name, base, was = text_of(form, "name").strip(), text_of(form, "base") or None, conflicts.begun_with(form)
    editor = await asyncio.to_thread(StoryEditor, desk.settings.knowledge)
    values = conflicts.chosen(form, values_in(form, editor.languages), was or {})
    try:
        if text_of(form, "do") == "delete":
            await asyncio.to_thread(
                editing.make, desk, who, "story-deleted", name, lambda e: StoryEditor(e.folder).remove(name, base)
            )
            return RedirectResponse(f"{PATH}/stories?done=removed", 303)
        if not name:
            name = await asyncio.to_thread(editor.free_name, values.get("question_en", ""))
        guide = guide_of(name, values, editor.languages)
        await asyncio.to_thread(
            editing.make, desk, who, "story-saved", name, lambda e: StoryEditor(e.folder).save(guide, base)
        )
    except ConflictError as error:
        if error.current is None:
            return await _show(request, 409, problem=error.args[0], values=values)
        found = conflicts.clashes(was, values, values_of(error.current))
        return await _show(request, 409, clashes=found, values=conflicts.put_together(values, found))
    except EditError as error:
        return await _show(request, 422, problem=error.args[0], values=values)
    return RedirectResponse(f"{PATH}/stories?done=saved#s-{name}", 303)


def values_of(guide: Guide) -> dict[str, str]:
    """A guided conversation as a form's texts; choices one a line."""
    asked = {f"question_{code}": text for code, text in guide.question.items()}
    return {"trigger": guide.trigger} | asked | {"options": "\n".join(guide.options)}


def values_in(form: FormData, languages: Sequence[str]) -> dict[str, str]:
    """What a form holds: each choice in a list of its own."""
    found = {name: text_of(form, name).strip() for name in ("trigger", *(f"question_{code}" for code in languages))}
    lines = text_of(form, "options").split("\n") + [text_of(form, f"option_{place}") for place in range(1, MOST + 1)]
    return found | {"options": "\n".join(filter(None, map(str.strip, lines)))}


def guide_of(name: str, values: Mapping[str, str], languages: Sequence[str]) -> Guide:
    """The guided conversation that a form describes."""
    asked = {code: values.get(f"question_{code}", "") for code in languages}
    return Guide(name, values["trigger"], asked, tuple(values["options"].split("\n")))


async def _show(
    request: Request,
    status: int = 200,
    *,
    problem: str = "",
    notice: str = "",
    clashes: Sequence[conflicts.Clash] = (),
    values: Mapping[str, str] | None = None,
) -> Response:
    desk, language, form = desk_of(request), language_for(request), request.state.form
    editor = await asyncio.to_thread(StoryEditor, desk.settings.knowledge)
    knowledge = await asyncio.to_thread(draft_knowledge, desk)
    guides, triggers = await asyncio.to_thread(editor.all), await asyncio.to_thread(editor.triggers)
    typed = values if values is not None else values_in(form, editor.languages) if form else {}
    changed = text_of(form, "name").strip() if text_of(form, "base") else ""
    return page(
        request,
        "stories.html",
        status,
        guides=[(guide, values_of(guide), conflicts.carried(values_of(guide))) for guide in guides],
        triggers=_listed(knowledge, triggers, language),
        answers=_listed(knowledge, [*knowledge.entries, *knowledge.topics], language),
        titles=titles_of(knowledge, language),
        languages=editor.languages,
        fewest=FEWEST,
        most=MOST,
        problem=problem,
        notice=notice,
        clashes=clashes,
        typed=typed,
        name=text_of(form, "name").strip(),
        changed=changed if changed in {guide.name for guide in guides} else "",
        base="" if clashes else text_of(form, "base"),
        was="" if clashes else text_of(form, "was"),
    )


def titles_of(knowledge: Knowledge, language: str) -> dict[str, str]:
    """What each answer, known topic and vague question is called, for people."""
    titles = {item.id: item.title[language] for item in knowledge.entries.values()}
    titles |= {item.id: item.title[language] for item in knowledge.topics.values()}
    for item in knowledge.conversation.clarifications.values():
        titles[item.id] = item.question[language]
    return titles


def _listed(knowledge: Knowledge, names: Sequence[str], language: str) -> Listed:
    """What can be chosen, by section; what is no section's comes first, with a sample of how people ask it."""
    titles, groups = titles_of(knowledge, language), dict[str, list[tuple[str, str]]]()
    asked = knowledge.questions.get(language, {})
    items: dict[str, Entry | Topic] = {**knowledge.entries, **knowledge.topics}
    for name in names:
        item = items.get(name)
        section = item.section if item is not None and item.section in knowledge.sections else OTHER
        title = titles[name] if item is not None else f"« {asked.get(name, (titles.get(name, name),))[0]} »"
        groups.setdefault(section, []).append((name, title))
    found: Listed = [("", groups.pop(OTHER))] if OTHER in groups else []
    return found + [(knowledge.sections[section].name[language], listed) for section, listed in groups.items()]


ROUTES = [Route("/stories", stories, methods=["GET", "POST"])]
