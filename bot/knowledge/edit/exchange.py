"""All answers as a table for a spreadsheet, and back: every row is looked at before anything changes."""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Container, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, time
from typing import Any

from openpyxl import Workbook
from openpyxl.styles import Font
from openpyxl.utils import get_column_letter

from bot.knowledge.edit import stamps
from bot.knowledge.edit.drafts import DAYS, PLAIN, ConflictError, EditError, EntryDraft, cells, clean, day_in, tidy
from bot.knowledge.edit.editor import KnowledgeEditor
from bot.knowledge.edit.tables import MOST_ROWS, read_table
from bot.knowledge.said import said

CHANGED, NEW, WRONG, SAME = "changed", "new", "error", "unchanged"
STALE = "stale"
"""Differs from an answer that was changed after the export: it is saved only where somebody says so."""
FORMULA = ("=", "+", "-", "@", "\t", "\r")
WIDTHS = {"answer": 70, "questions": 60, "title": 40}
LONGEST_CELL = 32_767
"""Characters that a spreadsheet keeps in a cell; it cuts off the rest without a word."""
PART = re.compile(r"(questions_[a-z]{2})_([2-9]\d?)")
"""The head of a further column of questions, which holds what has no room in the one before."""
YES, NO = ("yes", "oui", "true", "vrai", "1"), ("no", "non", "false", "faux", "0")
KINDS_OF_CELLS = (str, int, float, date, time, type(None))
"""What a cell may hold; anything else is a formula."""


@dataclass(frozen=True)
class Row:
    """One row of an import: what it does, or why it cannot be used.

    Attributes:
        fields: (Name, before, after) of what differs.
        reason: Why it cannot be used, or why it is left out unless somebody says otherwise.
        base: The version of the stored answer; empty for none.
        told: Whether the file tells which state of the answers was exported.
    """

    number: int
    id: str
    state: str
    fields: tuple[tuple[str, str, str], ...] = ()
    reason: str = ""
    draft: EntryDraft | None = None
    base: str = ""
    told: bool = True


def columns(languages: Sequence[str]) -> list[str]:
    """The table's heads: questions stand in one cell, one a line."""
    texts = [f"{name}_{code}" for name in ("title", "answer", "questions") for code in languages]
    return [*PLAIN[:3], *texts, *PLAIN[3:]]


def _table(editor: KnowledgeEditor) -> tuple[list[str], list[dict[str, str]]]:
    """The heads, and the cells of each row; what is too long for a cell goes on in further columns."""
    heads = columns(editor.languages)
    rows = []
    for draft in editor.all():
        row = cells(draft, editor.languages)
        for code in editor.languages:
            name = f"questions_{code}"
            for number, part in enumerate(_parts(row[name]), 1):
                row[name if number == 1 else f"{name}_{number}"] = part
        rows.append(row | {stamps.HEAD: stamps.stamp(draft, editor.languages)})
    further = {head for row in rows for head in row if PART.fullmatch(head)}
    for head in sorted(further, key=lambda head: (head.rpartition("_")[0], int(head.rpartition("_")[2])), reverse=True):
        heads.insert(heads.index(head.rpartition("_")[0]) + 1, head)
    return [*heads, stamps.HEAD], rows


def _parts(text: str) -> list[str]:
    """Lines in portions that a cell holds, with room for a quote before each."""
    parts = [""]
    for line in text.split("\n"):
        if len(parts[-1]) + len(line) + 2 > LONGEST_CELL:
            parts.append("")
        parts[-1] += f"\n{line}" if parts[-1] else line
    return parts


def to_csv(editor: KnowledgeEditor) -> bytes:
    """The table as CSV in UTF-8 that spreadsheets recognise; what looks like a formula gets a quote before it."""
    out = io.StringIO()
    heads, rows = _table(editor)
    writer = csv.DictWriter(out, heads)
    writer.writeheader()
    for row in rows:
        writer.writerow({name: _defused(text) for name, text in row.items()})
    return ("\ufeff" + out.getvalue()).encode("utf-8")


def _defused(text: str) -> str:
    return f"'{text}" if text.startswith(FORMULA) else text


def to_xlsx(editor: KnowledgeEditor) -> bytes:
    """The table as XLSX; every cell is text, and stays so when somebody edits it."""
    book = Workbook()
    sheet = book.active
    assert sheet is not None
    sheet.title = "answers"
    heads, found = _table(editor)
    rows = [heads, *([row.get(name, "") for name in heads] for row in found)]
    for number, row in enumerate(rows, 1):
        for column, text in enumerate(row, 1):
            if not text:
                continue
            cell = sheet.cell(number, column)
            cell.value = text
            cell.data_type = "s"
            cell.number_format = "@"
            cell.quotePrefix = text.startswith(FORMULA)
    for column, name in enumerate(heads, 1):
        sheet.cell(1, column).font = Font(bold=True)
        sheet.column_dimensions[get_column_letter(column)].width = WIDTHS.get(name.partition("_")[0], 18)
    sheet.freeze_panes = "B2"
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def preview(editor: KnowledgeEditor, name: str, content: bytes) -> list[Row]:
    """What each row of a file would do.

    Args:
        editor: The draft that it is held against.
        name: The file's name; its end says what it is.
        content: Its bytes.

    Raises:
        EditError: The file is too large, broken, or no such table.
    """
    table = read_table(name, content)
    heads = [str(head or "").strip() for head in (table[0] if table else ())]
    if "id" not in heads:
        raise EditError(said("The first row must hold the columns' names, as in an exported file; 'id' is missing."))
    known = columns(editor.languages)
    unknown = [
        head
        for head in heads
        if head and head not in known and _whole_of(head, heads) not in known and not stamps.is_head(head)
    ]
    if unknown:
        raise EditError(
            said("Unknown columns: {names}. Use the names of an exported file.", names=", ".join(unknown[:5]))
        )
    if len(table) - 1 > MOST_ROWS:
        raise EditError(said("{count} rows are too many: at most {most}.", count=len(table) - 1, most=MOST_ROWS))
    stored = {draft.id: draft for draft in editor.all()}
    rows: list[Row] = []
    seen: set[str] = set()
    for number, line in enumerate(table[1:], 2):
        values = {head: cell for head, cell in zip(heads, line) if head}
        if not any(str(value or "").strip() for value in values.values()):
            continue
        row = _row(editor, number, values, stored)
        if row.id in seen and row.state != WRONG:
            row = Row(number, row.id, WRONG, reason=said("This short name stands in an earlier row too."))
        seen.add(row.id)
        rows.append(row)
    return rows


def _row(editor: KnowledgeEditor, number: int, values: Mapping[str, Any], stored: Mapping[str, EntryDraft]) -> Row:
    name = str(values.get("id") or "").strip()
    version = next((str(value or "") for head, value in values.items() if stamps.is_head(head)), None)
    then = stamps.read(version or "", name, columns(editor.languages))
    old = stored.get(name)
    try:
        texts = _joined({head: _text(value, head) for head, value in values.items() if not stamps.is_head(head)})
        if then is not None:
            touched = _touched(editor.languages, name, texts, old, then)
            if not touched:
                return Row(number, name, SAME)
            texts = texts if old is None else touched
        draft = _merged(editor.languages, name, texts, old)
        if old is None:
            editor.may_be_called(draft)
        draft = tidy(draft, editor.languages)
        fields = _differences(old, draft, editor.languages)
        state, reason = CHANGED if old else NEW, ""
        if old is None and then is not None:
            state, reason = STALE, said("This answer was removed after the file was exported: the row makes it anew.")
        elif old is not None and not fields:
            state = SAME
        elif old is not None and version is not None and then != stamps.digests(old, editor.languages):
            state = STALE
            reason = "" if then else said("The version in this row is missing or not its own: it cannot be told "
                                          "whether the answer was changed after the export.")  # fmt: skip
        return Row(number, name, state, fields, reason, draft, old.version if old else "", version is not None)
    except EditError as error:
        return Row(number, name, WRONG, reason=error.args[0])


def _touched(
    languages: tuple[str, ...], name: str, texts: Mapping[str, str], old: EntryDraft | None, then: Mapping[str, str]
) -> dict[str, str]:
    """The cells that are not as they were exported: what only colleagues changed stays theirs.

    Raises:
        EditError: One of them cannot be read.
    """
    found = {head: text for head, text in texts.items() if stamps.digest_of(name, head, text) != then[head]}
    if not found or old is None:
        return found
    # A spreadsheet may write the same in another way, as it does with days.
    now = stamps.digests(tidy(_merged(languages, name, found, old), languages), languages)
    return {head: text for head, text in found.items() if now[head] != then[head]}


def _whole_of(head: str, heads: Sequence[str]) -> str:
    """The column that a further one belongs to, empty for none."""
    part = PART.fullmatch(head)
    return part[1] if part and part[1] in heads else ""


def _joined(texts: Mapping[str, str]) -> dict[str, str]:
    """The cells of a row, those of further columns put together with the first."""
    found = {head: text for head, text in texts.items() if not PART.fullmatch(head)}
    parts = sorted((int(part[2]), part[1], text) for head, text in texts.items() if (part := PART.fullmatch(head)))
    for _, whole, text in parts:
        if text:
            found[whole] += f"\n{text}"
    return found


def _switch(text: str, now: bool) -> bool:
    """Whether an answer is switched on; an empty cell changes nothing.

    Raises:
        EditError: Nobody can tell what is meant: a withdrawn answer must not come back by a slip.
    """
    word = text.strip().casefold().removesuffix(".0")
    if word and word not in (*YES, *NO):
        raise EditError(said("'{text}' is neither yes nor no.", text=text.strip()[:30]), "enabled")
    return word in YES if word else now


def _text(value: Any, head: str) -> str:
    if not isinstance(value, KINDS_OF_CELLS):
        raise EditError(said("{column} holds a formula. Write the text itself.", column=head))
    if isinstance(value, datetime):
        return value.date().isoformat()
    if isinstance(value, bool):
        return "yes" if value else "no"
    text = "" if value is None else str(value)
    if len(text) >= LONGEST_CELL:
        raise EditError(
            said("{column} is as long as a spreadsheet's cells can be: its end is missing. Export anew and put further "
                 "lines into the column after it.", column=head)
        )  # fmt: skip
    return text[1:] if text.startswith("'") and text[1:].startswith(FORMULA) else text


def _merged(languages: Sequence[str], name: str, texts: Mapping[str, str], old: EntryDraft | None) -> EntryDraft:
    """The stored entry with the row's cells; columns that the file does not have stay as they are."""
    base = old or EntryDraft(name, name.partition(".")[0], "detail", {}, {}, {code: () for code in languages})
    changes: dict[str, Any] = {}
    for field in ("title", "answer"):
        changes[field] = {code: texts.get(f"{field}_{code}", getattr(base, field).get(code, "")) for code in languages}
    changes["questions"] = {
        code: tuple(line for line in texts[f"questions_{code}"].splitlines() if line.strip())
        if f"questions_{code}" in texts
        else base.questions[code]
        for code in languages
    }
    section = clean(texts.get("section", "")).strip()
    if old is not None and section not in ("", old.section):
        message = said("{name} stands in the section '{section}' and cannot be moved by a table. Write '{section}' "
                       "there; make a new answer in the other section, then delete this one.",
                       name=name, section=old.section)  # fmt: skip
        raise EditError(message, "section")
    for field in ("section", "aspect", "source", "owner"):
        if field in texts:
            changes[field] = clean(texts[field]).strip() or getattr(base, field)
    if "owner" in texts:
        changes["owner"] = texts["owner"].strip()
    for field in DAYS:
        if field in texts:
            try:
                changes[field] = day_in(texts[field], field)
            except EditError as error:
                raise EditError(said("{column}: {error}", column=field, error=error), field) from error
    if "enabled" in texts:
        try:
            changes["enabled"] = _switch(texts["enabled"], base.enabled)
        except EditError as error:
            raise EditError(said("{column}: {error}", column="enabled", error=error), "enabled") from error
    return replace(base, **changes)


def _differences(old: EntryDraft | None, new: EntryDraft, languages: Sequence[str]) -> tuple[tuple[str, str, str], ...]:
    before = cells(old, languages) if old else {}
    after = cells(new, languages)
    return tuple((name, before.get(name, ""), text) for name, text in after.items() if before.get(name, "") != text)


def named_in(rows: Iterable[Row], problem: str) -> list[Row]:
    """The rows that a sentence of the checks names by their ids."""
    names = set(re.findall(r"(?<![\w.-])[\w-]+\.[\w-]+(?![\w-])", problem))
    return [row for row in rows if row.id in names]


def chosen(rows: Iterable[Row], ticked: Container[int] = ()) -> list[Row]:
    """The rows that are to be saved: of those that are :data:`STALE` only the ticked, which are named by numbers."""
    return [row for row in rows if row.state in (CHANGED, NEW) or (row.state == STALE and row.number in ticked)]


def apply(editor: KnowledgeEditor, rows: Iterable[Row], ticked: Container[int] = ()) -> list[str]:
    """Saves the rows that :func:`chosen` gives, all or none; the names of the files that changed.

    Raises:
        EditError: A row can no longer be saved, since somebody changed the same thing; none is then.
    """
    wanted = chosen(rows, ticked)
    try:
        return editor.save_all((row.draft, row.base or None) for row in wanted if row.draft is not None)
    except ConflictError as error:
        message = said("Somebody else has changed '{name}' in the meantime. Bring the file once more.",
                       name=getattr(error.current, "id", "?"))  # fmt: skip
        raise EditError(message) from error


def as_json(rows: Sequence[Row]) -> str:
    """Rows to keep until they are confirmed."""
    raw = [{**vars(row), "draft": vars(row.draft) if row.draft is not None else None} for row in rows]
    return json.dumps(raw, default=_plain, ensure_ascii=False)


def _plain(value: object) -> object:
    return dict(value) if isinstance(value, Mapping) else str(value)


def from_json(text: str) -> list[Row]:
    """What :func:`as_json` kept."""
    rows = []
    for raw in json.loads(text):
        if raw["draft"]:
            draft = raw["draft"]
            draft["items"] = tuple(draft.get("items", ()))
            draft["questions"] = {code: tuple(asked) for code, asked in draft["questions"].items()}
            for field in DAYS:
                draft[field] = date.fromisoformat(draft[field]) if draft[field] else None
            raw["draft"] = EntryDraft(**draft)
        raw["fields"] = tuple(tuple(field) for field in raw["fields"])
        rows.append(Row(**raw))
    return rows
