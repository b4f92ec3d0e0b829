"""Tables as spreadsheets write them, read as what their cells hold: nothing is computed."""

from __future__ import annotations

import csv
import io
import zipfile
from dataclasses import dataclass
from typing import Any

from openpyxl import load_workbook

from bot.knowledge.edit.drafts import EditError
from bot.knowledge.said import said

MOST_BYTES = 5_000_000
MOST_UNPACKED = 60_000_000
MOST_ROWS = 20_000


@dataclass(frozen=True)
class Formula:
    """What a cell computes; text that only looks like it is none."""

    text: str

    def __str__(self) -> str:
        return self.text


def read_table(name: str, content: bytes) -> list[list[Any]]:
    """The rows of a file, its heads first; what a spreadsheet would compute is a :class:`Formula`.

    Args:
        name: The file's name; its end says what it is.
        content: Its bytes.

    Raises:
        EditError: The file is too large, broken, or no table.
    """
    if len(content) > MOST_BYTES:
        raise EditError(said("The file is larger than 5 MB. Split it, or leave out what does not change."))
    return _from_xlsx(content) if name.lower().endswith(".xlsx") else _from_csv(content)


def _from_csv(content: bytes) -> list[list[Any]]:
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise EditError(said("The file is not in UTF-8. Save it as “CSV UTF-8”, or as XLSX.")) from error
    csv.field_size_limit(MOST_BYTES)
    first = text.split("\n", 1)[0]
    try:
        delimiter = ";" if first.count(";") > first.count(",") else ","
        lines = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)
        return [[Formula(cell) if cell.startswith("=") else cell for cell in line] for line in lines]
    except csv.Error as error:
        raise EditError(said("The file is no CSV table ({error}).", error=str(error))) from error


def _from_xlsx(content: bytes) -> list[list[Any]]:
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            if sum(item.file_size for item in archive.infolist()) > MOST_UNPACKED:
                raise EditError(said("The file is far too large once it is unpacked."))
        # Formulas are read as their text, never as a result, and refused row by row.
        book = load_workbook(io.BytesIO(content), read_only=True, data_only=False, keep_links=False)
        sheet = book.worksheets[0]
        rows = []
        for row in sheet.iter_rows():
            rows.append([_formula(cell.value) if cell.data_type == "f" else cell.value for cell in row])
            if len(rows) > MOST_ROWS + 1:
                raise EditError(said("{count} rows are too many: at most {most}.", count=len(rows), most=MOST_ROWS))
        return rows
    except EditError:
        raise
    except Exception as error:
        raise EditError(said("The file is no XLSX table that can be read. Save it anew, or as CSV.")) from error


def _formula(value: Any) -> Formula:
    return Formula(str(getattr(value, "text", value)))
