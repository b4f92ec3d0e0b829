"""What differs in what people ask beside answers: vague questions with the question back, small talk and the like."""

from __future__ import annotations

from collections.abc import Iterator

from bot.knowledge.edit.vague import ASK, VAGUE
from bot.knowledge.model import Clarification, Knowledge, told
from bot.publishing.changes import ADDED, EDITED, REMOVED, Change, FieldChange, question_fields

FILE = "conversation.yml"
KINDS = {VAGUE: "vague", ASK: "no_office"}
"""Questions back by what their ids begin with; those of guided conversations are shown as these."""


def asked_changes(old: Knowledge, new: Knowledge, language: str) -> list[Change]:
    """Each vague question and each question that names no office that differs, then others whose sample questions do.

    Those of answers and known topics are told with these. ``files`` names the file of the question back, where that
    differs or came or went.
    """
    names = {name for known in (old, new) for name in _named(known)}
    found = (_change(name, old, new, language) for name in sorted(names))
    return sorted((change for change in found if change.fields), key=lambda change: change.what == "asked")


def _named(known: Knowledge) -> Iterator[str]:
    """Everything but answers and known topics that has sample questions or is asked back."""
    yield from (name for name in known.conversation.clarifications if name.startswith(tuple(KINDS)))
    yield from (name for by_id in known.questions.values() for name in by_id if known.item(name) is None)


def _change(name: str, old: Knowledge, new: Knowledge, language: str) -> Change:
    what = next((kind for start, kind in KINDS.items() if name.startswith(start)), "asked")
    here = [_stands(name, known) for known in (old, new)]
    there = [here[at] or _is_asked(name, known) for at, known in enumerate((old, new))]
    kind = EDITED if there[0] == there[1] else ADDED if there[1] else REMOVED
    back = () if what == "asked" else tuple(_back(name, old, new, language))
    files = (FILE,) if back or here[0] != here[1] else ()
    title = _title(name, new if there[1] else old, language)
    samples = () if old.item(name) or new.item(name) else tuple(question_fields(old, new, name))
    return Change(what, name, kind, title, (*samples, *back), files)


def _stands(name: str, known: Knowledge) -> bool:
    """Whether the file of the conversation tells what is said to it."""
    talk = known.conversation
    return name in talk.clarifications or name in talk.small_talk or any(rule.id == name for rule in talk.safety)


def _is_asked(name: str, known: Knowledge) -> bool:
    return any(by_id.get(name) for by_id in known.questions.values())


def _back(name: str, old: Knowledge, new: Knowledge, language: str) -> Iterator[FieldChange]:
    """The question back in each language, and the answers that it offers, by their titles."""
    before, after = (known.conversation.clarifications.get(name) for known in (old, new))
    for code in new.post.languages:
        texts = [asked.question.get(code, "") if asked else "" for asked in (before, after)]
        if texts[0] != texts[1]:
            yield FieldChange(f"question_back {code}", *texts)
    if (before and before.options) != (after and after.options):
        yield FieldChange("choices", _choices(before, old, language), _choices(after, new, language))


def _choices(asked: Clarification | None, known: Knowledge, language: str) -> str:
    return "\n".join(_choice(option, known, language) for option in (asked.options if asked else ()))


def _choice(name: str, known: Knowledge, language: str) -> str:
    item = known.item(name)
    return told(item.title, language, name) if item is not None else _sample(name, known, language)


def _title(name: str, known: Knowledge, language: str) -> str:
    asked = known.conversation.clarifications.get(name)
    return told(asked.question, language, name) if asked is not None else _sample(name, known, language)


def _sample(name: str, known: Knowledge, language: str) -> str:
    """How people ask what has no title, like small talk."""
    sample = told({code: by_id[name][0] for code, by_id in known.questions.items() if by_id.get(name)}, language)
    return f"«\N{NO-BREAK SPACE}{sample}\N{NO-BREAK SPACE}»" if sample else name
