"""Out to a spreadsheet and back: nothing changes by itself, nothing is computed, nothing breaks."""

from __future__ import annotations

import csv
import io
import zipfile
from dataclasses import replace
from pathlib import Path

import pytest
from openpyxl import Workbook, load_workbook

from bot.knowledge.edit import exchange
from bot.knowledge.edit.drafts import EditError
from bot.knowledge.edit.editor import KnowledgeEditor
from tests import tiny


@pytest.fixture
def editor(tmp_path: Path) -> KnowledgeEditor:
    return KnowledgeEditor(tiny.write(tmp_path))


def table(content: bytes) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(content.decode("utf-8-sig"))))


def back(rows: list[dict[str, str]], delimiter: str = ",") -> bytes:
    out = io.StringIO()
    writer = csv.DictWriter(out, rows[0].keys(), delimiter=delimiter)
    writer.writeheader()
    writer.writerows(rows)
    return out.getvalue().encode()


@pytest.mark.parametrize("kind", ["csv", "xlsx"])
def test_what_goes_out_comes_back_unchanged(editor: KnowledgeEditor, kind: str) -> None:
    content = exchange.to_csv(editor) if kind == "csv" else exchange.to_xlsx(editor)
    rows = exchange.preview(editor, f"answers.{kind}", content)
    assert [row.id for row in rows] == [draft.id for draft in editor.all()]
    assert {row.state for row in rows} == {exchange.SAME}, [row for row in rows if row.state != exchange.SAME][:2]


def test_the_whole_knowledge_goes_out_and_comes_back(root: Path) -> None:
    editor = KnowledgeEditor(root / "knowledge")
    for name, content in (("a.csv", exchange.to_csv(editor)), ("a.xlsx", exchange.to_xlsx(editor))):
        rows = exchange.preview(editor, name, content)
        assert len(rows) > 150
        assert [row for row in rows if row.state != exchange.SAME] == []


@pytest.mark.parametrize("delimiter", [",", ";"])
def test_changed_new_and_wrong_rows_are_told_apart_and_saved(editor: KnowledgeEditor, delimiter: str) -> None:
    rows = table(exchange.to_csv(editor))
    rows[0]["answer_fr"] = 'Une autre réponse ;, "juste".'
    rows.append(rows[1] | {"id": "tides.new", "questions_en": "a?\nb?", "enabled": "no"})
    rows.append(rows[1] | {"id": "Bad Id", "checked": "yesterday"})
    rows.append(rows[0] | {"title_en": "Twice"})
    found = exchange.preview(editor, "x.CSV", back(rows, delimiter))
    by_state = {state: [row for row in found if row.state == state] for state in ("changed", "new", "error")}
    assert next(row.fields for row in by_state["changed"])[0][0] == "answer_fr"
    assert by_state["new"][0].id == "tides.new"
    assert ["yesterday" in row.reason or "earlier row" in row.reason for row in by_state["error"]] == [True, True]
    kept = exchange.from_json(exchange.as_json(found))
    assert kept == found
    changed = exchange.apply(editor, kept)
    assert "questions/en/tides.yml" in changed
    assert editor.entry(found[0].id).answer["fr"] == 'Une autre réponse ;, "juste".'
    assert not editor.entry("tides.new").enabled


def test_an_empty_cell_is_no_answer_and_a_missing_column_changes_nothing(editor: KnowledgeEditor) -> None:
    rows = table(exchange.to_csv(editor))
    short = [{"id": row["id"], "owner": "Awa"} for row in rows if not row["id"].startswith("topic.")]
    found = exchange.preview(editor, "x.csv", back(short))
    assert all([name for name, _, _ in row.fields] == ["owner"] for row in found)
    found = exchange.preview(editor, "x.csv", back([{"id": rows[0]["id"], "answer_en": ""}]))
    assert found[0].state == "error" and "empty" in found[0].reason


def test_formulas_go_out_defused_and_are_refused_coming_in(editor: KnowledgeEditor) -> None:
    draft = editor.entry("tides.overview")
    editor.save(replace(draft, title={"en": "=1+1", "fr": "@x"}, owner="+cmd"), draft.version)
    row = next(row for row in table(exchange.to_csv(editor)) if row["id"] == "tides.overview")
    assert (row["title_en"], row["title_fr"], row["owner"]) == ("'=1+1", "'@x", "'+cmd")
    assert {r.state for r in exchange.preview(editor, "x.csv", exchange.to_csv(editor))} == {"unchanged"}
    sheet = load_workbook(io.BytesIO(exchange.to_xlsx(editor))).worksheets[0]
    assert all(cell.data_type in ("s", "n") for line in sheet.iter_rows() for cell in line)
    book = Workbook()
    book.active.append(["id", "answer_en"])  # type: ignore[union-attr]
    book.active.append(["tides.overview", '=HYPERLINK("http://evil.example","x")'])  # type: ignore[union-attr]
    out = io.BytesIO()
    book.save(out)
    found = exchange.preview(editor, "x.xlsx", out.getvalue())
    assert found[0].state == "error" and "formula" in found[0].reason


def bomb() -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("xl/worksheets/sheet1.xml", b"0" * 70_000_000)
    return out.getvalue()


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("x.csv", b""), ("x.csv", b"\xff\xfe\x00"), ("x.csv", b"a,b\n1,2"), ("x.csv", b"id,nonsense\n1,2"),
        ("x.csv", b"id\n" + b"a.b\n" * 20_001), ("x.csv", b"x" * 5_000_001), ("x.xlsx", b""), ("x.xlsx", b"PK\x03\x04"),
        ("x.xlsx", b"id,title_en\n"), ("x.xlsx", bomb()), ("x", b"\x00\x01"), ("x.csv", b'id\n"a'),
    ],
    ids=[
        "empty", "no-text", "too-wide", "unknown-column", "too-many-rows", "too-large", "empty-book", "cut-off-book",
        "text-for-a-book", "bomb", "no-ending", "open-quote",
    ],
)  # fmt: skip
def test_what_is_no_table_is_refused_for_people(editor: KnowledgeEditor, name: str, content: bytes) -> None:
    try:
        rows = exchange.preview(editor, name, content)
    except EditError as error:
        assert str(error)
    else:
        assert all(row.state == "error" for row in rows)


@pytest.mark.parametrize("kind", ["csv", "xlsx"])
def test_a_table_may_hold_so_many_rows_and_not_one_more(editor: KnowledgeEditor, kind: str) -> None:
    def content(count: int) -> bytes:
        if kind == "csv":
            return b"id\n" + b"a.b\n" * count
        book = Workbook(write_only=True)
        sheet = book.create_sheet()
        for value in ["id", *["a.b"] * count]:
            sheet.append([value])
        out = io.BytesIO()
        book.save(out)
        return out.getvalue()

    if kind == "csv":
        assert len(exchange.preview(editor, "x.csv", content(exchange.MOST_ROWS))) == exchange.MOST_ROWS
    with pytest.raises(EditError, match="are too many: at most 20000"):
        exchange.preview(editor, f"x.{kind}", content(exchange.MOST_ROWS + 1))


@pytest.mark.parametrize("kind", ["csv", "xlsx"])
def test_more_than_a_cell_holds_goes_on_in_further_columns(editor: KnowledgeEditor, kind: str) -> None:
    draft = editor.entry("tides.overview")
    asked = tuple(f"question number {number} about the tides, {'and how high they are ' * 9}" for number in range(400))
    asked = tuple(question.strip() for question in asked)
    editor.save(replace(draft, questions={**draft.questions, "en": asked}), draft.version)
    content = exchange.to_csv(editor) if kind == "csv" else exchange.to_xlsx(editor)
    if kind == "xlsx":
        sheet = load_workbook(io.BytesIO(content)).worksheets[0]
        heads = [cell.value for cell in sheet[1]]
        assert max(len(str(cell.value or "")) for line in sheet.iter_rows() for cell in line) < exchange.LONGEST_CELL
    else:
        heads = list(table(content)[0])
    at = heads.index("questions_en")
    assert heads[at + 1 : at + 3] == ["questions_en_2", "questions_en_3"]
    rows = exchange.preview(editor, f"x.{kind}", content)
    assert {row.state for row in rows} == {exchange.SAME}


def test_a_cell_that_a_spreadsheet_cut_off_is_not_taken(editor: KnowledgeEditor) -> None:
    cut = ("a question about tides\n" * 2000)[: exchange.LONGEST_CELL]
    (row,) = exchange.preview(editor, "x.csv", back([{"id": "tides.overview", "questions_en": cut}]))
    assert row.state == exchange.WRONG and "its end is missing" in row.reason
    with pytest.raises(EditError, match="questions_en_2"):
        exchange.preview(editor, "x.csv", back([{"id": "tides.overview", "questions_en_2": "x"}]))


@pytest.mark.parametrize(
    ("text", "enabled"),
    [("", False), (" ", False), ("no", False), ("NON", False), ("FALSE", False), ("faux", False), ("FAUX", False),
     ("0", False), ("0.0", False), (0, False), (0.0, False), (False, False), ("yes", True), ("Oui", True),
     ("VRAI", True), ("1", True), (1.0, True), (True, True), ("nein", None), ("off", None), ("x", None), ("2", None)],
)  # fmt: skip
def test_a_withdrawn_answer_is_not_switched_on_by_a_slip(
    editor: KnowledgeEditor, text: object, enabled: bool | None
) -> None:
    draft = editor.entry("tides.contact")
    editor.save(replace(draft, enabled=False), draft.version)
    book = Workbook()
    book.active.append(["id", "enabled"])  # type: ignore[union-attr]
    book.active.append(["tides.contact", text])  # type: ignore[union-attr]
    out = io.BytesIO()
    book.save(out)
    (row,) = exchange.preview(editor, "x.xlsx", out.getvalue())
    if enabled is None:
        assert row.state == exchange.WRONG and "neither yes nor no" in row.reason
    else:
        assert row.draft is not None and row.draft.enabled is enabled
