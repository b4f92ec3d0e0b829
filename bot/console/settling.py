"""What one step in the inbox does: its questions go into an answer or a known topic, or are seen no more."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace

from bot.console import editing
from bot.console.desk import ConsoleDesk, words
from bot.console.grouping import Group, group_of, known, meanings_of
from bot.knowledge.edit.drafts import ENTRY_ID, EditError, EntryDraft
from bot.knowledge.edit.editor import KnowledgeEditor
from bot.knowledge.model import Knowledge
from bot.knowledge.said import said
from bot.store.inbox import DONE, IGNORED
from nlu.text import flat

WORDS_IN_A_NAME = 5

Samples = Mapping[str, tuple[str, ...]]


def samples_of(desk: ConsoleDesk, group: Group) -> dict[str, tuple[str, ...]]:
    """All questions of a group as sample questions, by language."""
    post = desk.served().post
    return group.samples(post.languages, post.default_language)


def add_to(desk: ConsoleDesk, who: str, name: str, group: Group) -> None:
    """Puts all questions of a group into an answer or known topic, and the group out of the inbox.

    Raises:
        EditError: There is no such answer, nothing is left of the questions without masked data, or the checks refuse.
    """
    samples = samples_of(desk, group)
    if not any(samples.values()):
        raise EditError(said("Without personal data nothing is left of these questions."))
    editing.make(desk, who, "questions-added", name, lambda editor: _extend(editor, name, samples))
    desk.inbox.mark(group.items, DONE, who, entry=name)


def _extend(editor: KnowledgeEditor, name: str, samples: Samples) -> list[str]:
    old = editor.entry(name)
    questions = {code: (*old.questions[code], *samples.get(code, ())) for code in editor.languages}
    return editor.save(replace(old, questions=questions), old.version)


def add_topic(desk: ConsoleDesk, who: str, section: str, titles: Mapping[str, str], group: Group) -> str:
    """Makes a known topic without an answer of a group: the bot says so and names the section. The topic's id.

    Args:
        desk: The console.
        who: The account.
        section: The office to turn to.
        titles: What it is about, by language; where that is empty, a general title.
        group: The questions.

    Raises:
        EditError: There is no such section, nothing is left of the questions, or the checks refuse.
    """
    knowledge, _ = known(desk)
    samples = samples_of(desk, group)
    if section not in knowledge.sections:
        raise EditError(said("There is no section '{section}'.", section=section))
    if not any(samples.values()):
        raise EditError(said("Without personal data nothing is left of these questions."))
    draft = _topic(knowledge, section, titles, samples)
    editing.make(desk, who, "topic-added", draft.id, lambda editor: editor.add(draft))
    desk.inbox.mark(group.items, DONE, who, entry=draft.id)
    return draft.id


def _topic(knowledge: Knowledge, section: str, titles: Mapping[str, str], samples: Samples) -> EntryDraft:
    office = knowledge.sections[section].name
    general = words()
    unknown = knowledge.conversation.wording["about-embassy-unknown"]
    languages = knowledge.post.languages
    return EntryDraft(
        id=_free_name(knowledge, section, next(filter(str.strip, titles.values()), "")),
        section=section,
        aspect="detail",
        title={
            code: titles.get(code, "").strip()
            or general.get(code, general["en"])["topic_title"].format(section=office[code]).replace("\u00a0", " ")
            for code in languages
        },
        answer={code: unknown[code].format(section=office[code]) for code in languages},
        questions=dict(samples),
    )


def _free_name(knowledge: Knowledge, section: str, title: str) -> str:
    """An id that is nobody else's; only what staff typed stands in it, since the log keeps it for ever."""
    plain = "-".join(flat(title).encode("ascii", "ignore").decode().split()[:WORDS_IN_A_NAME])
    names = (f"topic.{section}-{end}" for end in _ends(plain))
    return next(name for name in names if name not in knowledge.topics and ENTRY_ID.fullmatch(name))


def _ends(plain: str) -> Iterator[str]:
    if plain:
        yield plain
    number = 1 if plain else 0
    while True:
        number += 1
        yield f"{plain or 'question'}-{number}"


def ignore(desk: ConsoleDesk, who: str, group: Group) -> None:
    """Takes a group out of the inbox for good, with what means the same later on."""
    desk.inbox.mark(group.items, IGNORED, who, vectors=meanings_of(desk, group.texts))
    # The log is kept for ever: no words of people stand in it.
    desk.staff.note(who, "inbox-ignored", str(len(group.texts)))


def done(desk: ConsoleDesk, who: str, group: Group) -> None:
    """Takes a group out of the inbox until somebody asks the same in vain again."""
    desk.inbox.mark(group.items, DONE, who)
    desk.staff.note(who, "inbox-done", str(len(group.texts)))


def settle(desk: ConsoleDesk, who: str, digests: str, entry: str) -> None:
    """Takes questions out of the inbox that were written into a new answer; ``digests`` as forms hold them."""
    group = group_of(desk, digests.split())
    if group is not None:
        desk.inbox.mark(group.items, DONE, who, entry=entry)
