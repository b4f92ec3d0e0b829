"""Guided conversations as small trees: what people mean, the question back, and where each choice leads."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from urllib.parse import urlencode

from starlette.datastructures import FormData
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from bot.console import conflicts, editing, kept
from bot.console.access import PATH, desk_of, signed_in, text_of
from bot.console.desk import language_for, page
from bot.console.views.shared import draft_knowledge, left_out, not_saved, reason_in
from bot.knowledge.edit.asked_back import FEWEST, MOST
from bot.knowledge.edit.drafts import EditError
from bot.knowledge.edit.stories import StoryEditor
from bot.knowledge.edit.trees import Forest, Guide
from bot.knowledge.model import Entry, Knowledge, Topic, told
from bot.knowledge.said import said
from bot.store.staff import Session

OTHER = "*"
"""The group of what is no section's: questions that are too vague for one answer."""

ARROW, NEW = "→", "*"
"""In a form's text of choices, one a line: before the question that a choice leads to; a question to be made next."""

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
                editing.make,
                desk,
                who,
                "story-deleted",
                name,
                lambda e: StoryEditor(e.folder).remove(name, base),
                reason_in(form),
            )
            return RedirectResponse(f"{PATH}/stories?done=removed", 303)
        if not name:
            name = await asyncio.to_thread(editor.free_name, values.get("question_en", ""))
        guide, ahead = guide_of(name, values, editor.languages), text_of(form, "after").split()
        after = _choice_in(ahead[0]) if ahead and base is None else None
        await asyncio.to_thread(
            editing.make,
            desk,
            who,
            "story-saved",
            name,
            lambda e: StoryEditor(e.folder).save(guide, base, after),
            reason_in(form),
        )
    except EditError as error:
        return await not_saved(_show, request, error, was, values, values_of)
    return _saved(name, [f"{name}/{option}" for option in to_be_made(values)] + ahead[1:])


def _saved(name: str, ahead: Sequence[str]) -> Response:
    """The page after saving: at the question, or at the form for the next one that a choice is to lead to."""
    if not ahead:
        return RedirectResponse(f"{PATH}/stories?done=saved#s-{name}", 303)
    return RedirectResponse(f"{PATH}/stories?{urlencode({'done': 'saved', 'after': ' '.join(ahead)})}#new", 303)


def _choice_in(text: str) -> tuple[str, str]:
    """A question and one of its choices."""
    name, _, option = text.partition("/")
    return name, option


def values_of(guide: Guide) -> dict[str, str]:
    """A guided conversation as a form's texts; choices one a line, each with the question that it leads to."""
    asked = {f"question_{code}": text for code, text in guide.question.items()}
    lines = (_line(option, guide.leads.get(option, "")) for option in guide.options)
    return {"trigger": guide.trigger} | asked | {"options": "\n".join(lines)}


def _line(option: str, lead: str) -> str:
    return f"{option} {ARROW} {lead}".strip() if lead else option


def choices_in(options: str) -> list[tuple[str, str]]:
    """The choices of a form's text: what each means and the question that it leads to, empty for its answer."""
    pairs = (line.partition(ARROW) for line in options.split("\n"))
    return [(option.strip(), lead.strip()) for option, _, lead in pairs]


def to_be_made(values: Mapping[str, str]) -> list[str]:
    """The choices of a form that are to lead to a question which is made next."""
    return [option for option, lead in choices_in(values["options"]) if lead == NEW]


def values_in(form: FormData, languages: Sequence[str]) -> dict[str, str]:
    """What a form holds: each choice, and where it leads, in lists of their own."""
    found = {name: text_of(form, name).strip() for name in ("trigger", *(f"question_{code}" for code in languages))}
    lines = text_of(form, "options").split("\n") + [
        _line(text_of(form, f"option_{place}").strip(), text_of(form, f"lead_{place}").strip())
        for place in range(1, MOST + 1)
    ]
    return found | {"options": "\n".join(filter(None, map(str.strip, lines)))}


def guide_of(name: str, values: Mapping[str, str], languages: Sequence[str]) -> Guide:
    """The guided conversation that a form describes; a choice gives its answer until its question is made.

    Raises:
        EditError: A choice leads to two places, or nobody knows what it means.
    """
    asked = {code: values.get(f"question_{code}", "") for code in languages}
    leads: dict[str, str] = {}
    for option, lead in choices_in(values["options"]):
        if lead and not option:
            raise EditError(said("A choice that leads to a question needs what people mean by it."), "options")
        if leads.setdefault(option, lead) != lead:
            raise EditError(said("The choice '{name}' leads to two places; keep one.", name=option), "options")
    there = {option: lead for option, lead in leads.items() if lead not in ("", NEW)}
    return Guide(name, values["trigger"], asked, tuple(leads), there)


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
    knowledge = await asyncio.to_thread(draft_knowledge, desk)
    editor = await asyncio.to_thread(StoryEditor, desk.settings.knowledge)
    forest, triggers = await asyncio.to_thread(editor.forest), await asyncio.to_thread(editor.triggers)
    typed = values if values is not None else values_in(form, editor.languages) if form else {}
    changed = text_of(form, "name").strip() if text_of(form, "base") else ""
    changed = changed if changed in forest.guides else ""
    # Each form lists every answer many times over, so only the one that is wanted is on the page.
    edited = changed or ("" if form else request.query_params.get("edit", ""))
    ahead = (text_of(form, "after") if form else request.query_params.get("after", "")).split()
    return page(
        request,
        "stories.html",
        status,
        left_out=await asyncio.to_thread(left_out, desk),
        guides=[(guide, values_of(guide), conflicts.carried(values_of(guide))) for guide in forest.in_order()],
        forest=forest,
        choices_in=choices_in,
        triggers=listed(knowledge, triggers, language),
        answers=listed(knowledge, [*knowledge.entries, *knowledge.topics], language),
        titles=titles_of(knowledge, language),
        languages=editor.languages,
        fewest=FEWEST,
        most=MOST,
        problem=problem,
        notice=notice,
        clashes=clashes,
        typed=typed,
        name=text_of(form, "name").strip(),
        changed=changed,
        edited=edited,
        new=(bool(form) and not changed) or not {"new", "after"}.isdisjoint(request.query_params),
        base="" if clashes else text_of(form, "base"),
        was="" if clashes else text_of(form, "was"),
        after=_to_link(forest, ahead),
    )


def _to_link(forest: Forest, ahead: Sequence[str]) -> tuple[str, str, str] | None:
    """The question and the choice that are to lead to the one being made, and the form's field; None for none."""
    for at, text in enumerate(ahead):
        name, option = _choice_in(text)
        guide = forest.guides.get(name)
        if guide is not None and option in guide.options and option not in guide.leads:
            return guide.name, option, " ".join(ahead[at:])
    return None


def titles_of(knowledge: Knowledge, language: str) -> dict[str, str]:
    """What each answer, known topic and vague question is called, for people."""
    titles = {item.id: told(item.title, language, item.id) for item in knowledge.entries.values()}
    titles |= {item.id: told(item.title, language, item.id) for item in knowledge.topics.values()}
    for item in knowledge.conversation.clarifications.values():
        titles[item.id] = told(item.question, language, item.id)
    return titles


def listed(knowledge: Knowledge, names: Sequence[str], language: str) -> Listed:
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
    return found + [
        (told(knowledge.sections[section].name, language, section), here) for section, here in groups.items()
    ]


ROUTES = [Route("/stories", stories, methods=["GET", "POST"])]
