"""Out to a spreadsheet and back: nothing changes by itself, nothing is computed, nothing breaks."""

from __future__ import annotations

import csv
import io
import zipfile
from dataclasses import replace
from pathlib import Path

import pytest
from openpyxl import Workbook, load_workbook

from bot.knowledge.edit import exchange, stamps
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


@pytest.mark.parametrize("kind", ["csv", "xlsx"])
def test_text_that_looks_like_a_formula_is_text(editor: KnowledgeEditor, kind: str) -> None:
    draft, text = editor.entry("tides.overview"), '=HYPERLINK("http://evil.example","x")'
    editor.save(replace(draft, source=text), draft.version)
    content = exchange.to_csv(editor) if kind == "csv" else exchange.to_xlsx(editor)
    assert {row.state for row in exchange.preview(editor, f"x.{kind}", content)} == {exchange.SAME}
    if kind == "xlsx":
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            assert b"<f>" not in archive.read("xl/worksheets/sheet1.xml")
        book = load_workbook(io.BytesIO(content))
        (cell,) = [cell for line in book.worksheets[0].iter_rows() for cell in line if cell.value == text]
        assert (cell.data_type, cell.number_format, cell.quotePrefix) == ("s", "@", True)
        cell.data_type = "f"
        out = io.BytesIO()
        book.save(out)
        (wrong,) = (row for row in exchange.preview(editor, "x.xlsx", out.getvalue()) if row.state != exchange.SAME)
        assert wrong.state == exchange.WRONG and "source holds a formula" in wrong.reason


# --- Rows that were changed after the export ---


def exported(editor: KnowledgeEditor) -> dict[str, dict[str, str]]:
    return {row["id"]: row for row in table(exchange.to_csv(editor))}


def edit(editor: KnowledgeEditor, name: str, **fields: object) -> None:
    draft = editor.entry(name)
    editor.save(replace(draft, **fields), draft.version)  # type: ignore[arg-type]


def states(editor: KnowledgeEditor, rows: dict[str, dict[str, str]], delimiter: str = ",") -> dict[str, exchange.Row]:
    found = exchange.preview(editor, "x.csv", back(list(rows.values()), delimiter))
    return {row.id: row for row in found if row.state != exchange.SAME}


NEWER = {"en": "The Tide Office watches every sea.", "fr": "Le Bureau des marées surveille toutes les mers."}


@pytest.mark.parametrize("delimiter", [",", ";"])
def test_what_only_a_colleague_changed_is_no_change_of_the_file(editor: KnowledgeEditor, delimiter: str) -> None:
    rows = exported(editor)
    edit(editor, "tides.overview", answer=NEWER)
    rows["tides.contact"]["title_en"] = "Whom to call"
    found = states(editor, rows, delimiter)
    assert {name: row.state for name, row in found.items()} == {"tides.contact": exchange.CHANGED}
    exchange.apply(editor, found.values())
    assert (
        editor.entry("tides.overview").answer == NEWER
        and editor.entry("tides.contact").title["en"] == rows["tides.contact"]["title_en"]
    )


def test_a_row_that_both_changed_is_left_out_unless_it_is_ticked(editor: KnowledgeEditor) -> None:
    rows = exported(editor)
    edit(editor, "tides.overview", answer=NEWER, title={"en": "Ben's", "fr": "De Ben"})
    rows["tides.overview"]["title_en"] = "Awa's"
    row = states(editor, rows)["tides.overview"]
    assert row.state == exchange.STALE and row.fields == (("title_en", "Ben's", "Awa's"),)
    kept = exchange.from_json(exchange.as_json([row]))
    assert exchange.apply(editor, kept) == [] and exchange.apply(editor, kept, {row.number + 1}) == []
    assert editor.entry("tides.overview").title["en"] == "Ben's"
    assert exchange.apply(editor, kept, {row.number})
    now = editor.entry("tides.overview")
    assert now.title == {"en": "Awa's", "fr": "De Ben"} and now.answer == NEWER, "what only Ben changed stays"


def test_an_answer_removed_after_the_export_does_not_come_back_by_itself(editor: KnowledgeEditor) -> None:
    edit(editor, "tides.contact", owner="Awa")
    rows = exported(editor)
    editor.remove("tides.contact")
    assert states(editor, rows) == {}
    rows["tides.contact"]["owner"] = "Ben"
    row = states(editor, rows)["tides.contact"]
    assert row.state == exchange.STALE and "was removed" in row.reason
    assert exchange.apply(editor, [row]) == [] and exchange.apply(editor, [row], {row.number})
    assert editor.entry("tides.contact").owner == "Ben"


@pytest.mark.parametrize("version", ["", "v", "v00", "=1+1", "'=1", "1e5", "pearls.overview", "vfffffffffff", "ÿ" * 99])
def test_versions_that_are_made_up_or_copied_do_no_harm(editor: KnowledgeEditor, version: str) -> None:
    rows = exported(editor)
    rows["tides.overview"][stamps.HEAD] = rows[version][stamps.HEAD] if version in rows else version
    assert states(editor, rows) == {}
    rows["tides.overview"]["title_en"] = "Awa's"
    row = states(editor, rows)["tides.overview"]
    assert row.state == exchange.STALE and "cannot be told" in row.reason
    copied = rows["tides.overview"] | {"id": "tides.copy"}
    assert states(editor, {"": copied})["tides.copy"].state == exchange.NEW


def test_a_copied_row_under_another_name_is_new(editor: KnowledgeEditor) -> None:
    rows = exported(editor)
    found = states(editor, rows | {"": rows["tides.overview"] | {"id": "tides.copy"}})
    assert {name: row.state for name, row in found.items()} == {"tides.copy": exchange.NEW}


def test_a_file_without_versions_is_taken_as_it_is(editor: KnowledgeEditor) -> None:
    rows = exported(editor)
    edit(editor, "tides.overview", owner="Ben")
    for row in rows.values():
        del row[stamps.HEAD]
    row = states(editor, rows)["tides.overview"]
    assert (row.state, row.told, row.fields) == (exchange.CHANGED, False, (("owner", "Ben", ""),))


def test_columns_may_be_missing_moved_or_written_in_another_way(editor: KnowledgeEditor) -> None:
    rows = exported(editor)
    edit(editor, "tides.overview", answer=NEWER)
    short = {
        name: {"version": row[stamps.HEAD], "review_by": "01/01/2099", "enabled": "VRAI", "answer_en": row["answer_en"],
               "owner": "Awa" if name == "tides.contact" else row["owner"], "id": name}
        for name, row in rows.items()
    }  # fmt: skip
    found = states(editor, short)
    assert {name: row.fields for name, row in found.items()} == {"tides.contact": (("owner", "", "Awa"),)}


def test_a_version_is_plain_text_in_a_spreadsheet(editor: KnowledgeEditor) -> None:
    sheet = load_workbook(io.BytesIO(exchange.to_xlsx(editor))).worksheets[0]
    *_, column = sheet.iter_cols()
    assert str(column[0].value).startswith("version (leave as it is") and "ne pas modifier" in str(column[0].value)
    assert not {",", ";"} & set(stamps.HEAD), "a CSV file's delimiter is counted in the heads"
    for cell in column[1:]:
        assert (cell.data_type, cell.number_format) == ("s", "@")
        assert str(cell.value).isalnum() and str(cell.value)[0] == "v"


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
