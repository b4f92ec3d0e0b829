"""Two people changed the same thing: what each wrote, what can be put together, and what has to be chosen."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass

from starlette.datastructures import FormData

from bot.console.access import text_of
from bot.publishing.changes import word_changes

MINE, THEIRS, BOTH, NONE = "mine", "theirs", "both", "none"
WORDS = {
    "title": "title", "answer": "answer", "questions": "questions", "aspect": "kind_of_answer", "source": "source",
    "checked": "checked", "review_by": "review_by", "valid_until": "valid_until", "owner": "owner",
    "enabled": "enabled", "kind": "contact_kind", "value": "contact_value", "name": "name", "short": "short_name",
    "trigger": "trigger", "question": "question_back", "options": "choices",
    "items": "items_listed",
}  # fmt: skip
"""The console's word for a field; before ``_en`` or ``_fr`` where there are several."""
LISTS = ("questions", "options", "items")
"""Fields that hold one item a line."""

Values = Mapping[str, str]
Pieces = list[tuple[str, str]]


@dataclass(frozen=True)
class Clash:
    """One field that two people hold differently.

    Attributes:
        field: The form's field.
        was: What both began with; None where that is not known.
        mine: What the one wrote whose form this is.
        theirs: What stands there now.
        picked: What somebody has chosen already: ``form``, ``mine``, ``theirs``, or nothing.
    """

    field: str
    was: str | None
    mine: str
    theirs: str
    picked: str = ""

    @property
    def word(self) -> str:
        """The console's word for the field."""
        kind, _, code = self.field.rpartition("_")
        return WORDS[kind if len(code) == 2 and kind in WORDS else self.field]

    @property
    def code(self) -> str:
        """The field's language, empty for none."""
        kind, _, code = self.field.rpartition("_")
        return code if len(code) == 2 and kind in WORDS else ""

    @property
    def suggested(self) -> str:
        """What is put into the form: what only one of the two changed, lists put together, else nothing by itself."""
        if self.was == self.mine:
            return THEIRS
        if self.was == self.theirs:
            return MINE
        return BOTH if self.was is not None and self._is_list else NONE

    @property
    def suggestion(self) -> str:
        """The text that is suggested; the own one where people have to choose."""
        if self.suggested == THEIRS:
            return self.theirs
        if self.suggested == BOTH:
            return _merged((self.was or "").split("\n"), self.mine.split("\n"), self.theirs.split("\n"))
        return self.mine

    @property
    def my_words(self) -> Pieces:
        """What I changed, word by word; all of it where nobody knows what was before."""
        return self._words(self.was, self.mine)

    @property
    def their_words(self) -> Pieces:
        """What they changed, word by word; beside mine where nobody knows what was before."""
        return self._words(self.mine if self.was is None else self.was, self.theirs)

    @property
    def _is_list(self) -> bool:
        return self.field.partition("_")[0] in LISTS

    def _words(self, before: str | None, after: str) -> Pieces:
        if before is None:
            return [("same", after)]
        if not self._is_list:
            return word_changes(before, after)
        old, new = before.split("\n"), after.split("\n")
        pieces = [("out", f"{line}\n") for line in old if line not in set(new)]
        return pieces + [("in", f"{line}\n") for line in new if line not in set(old)]


def _merged(was: list[str], mine: list[str], theirs: list[str]) -> str:
    """My lines without those that they took out, and with those that they added."""
    kept = [line for line in mine if line in theirs or line not in was]
    return "\n".join([*kept, *(line for line in theirs if line not in was and line not in mine)])


def clashes(was: Values | None, mine: Values, theirs: Values) -> list[Clash]:
    """Every field that two people hold differently."""
    return [
        Clash(field, None if was is None else was.get(field, ""), text, theirs[field])
        for field, text in mine.items()
        if field in theirs and text != theirs[field]
    ]


def put_together(mine: Values, found: list[Clash]) -> dict[str, str]:
    """What the form holds after a conflict: mine, and theirs where only they changed something."""
    return {**mine, **{clash.field: clash.suggestion for clash in found}}


def still_there(form: FormData, values: Values, theirs: Values | None) -> list[Clash]:
    """The conflict that a form was shown with, and what was chosen so far; ``theirs`` is what the form began with."""
    return [
        Clash(
            field,
            text_of(form, f"was_{field}") if f"was_{field}" in form else None,
            text_of(form, f"mine_{field}"),
            theirs[field],
            text_of(form, f"pick_{field}"),
        )
        for field in values
        if theirs is not None and field in theirs and f"mine_{field}" in form
    ]


def chosen(form: FormData, values: Values, theirs: Values) -> dict[str, str]:
    """The form's values after the choices that people made on a page with a conflict."""
    found = dict(values)
    for field in values:
        choice = text_of(form, f"pick_{field}")
        if choice == THEIRS and field in theirs:
            found[field] = theirs[field]
        elif choice == MINE and f"mine_{field}" in form:
            found[field] = text_of(form, f"mine_{field}")
    return found


def carried(values: Values) -> str:
    """What a form begins with, as its hidden field ``was`` carries it."""
    return json.dumps(dict(values), ensure_ascii=False)


def begun_with(form: FormData) -> dict[str, str] | None:
    """What a form began with; None where it does not say."""
    try:
        found = json.loads(text_of(form, "was"))
        return {str(name): str(text) for name, text in found.items()} if isinstance(found, dict) else None
    except ValueError:
        return None
