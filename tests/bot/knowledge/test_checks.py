from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest
import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bot.knowledge.checks import ERROR, check_folder, report
from bot.knowledge.model import GREETING, LONGEST_GREETING
from bot.knowledge.reader import KnowledgeError, read_knowledge
from bot.knowledge.said import in_language
from tests import tiny

TIDES = "sections/tides.yml"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tiny.write(tmp_path / "knowledge")


def problems(folder: Path) -> list[str]:
    return [str(finding) for finding in check_folder(folder, date(2026, 11, 24))]


def test_a_sound_knowledge_has_no_finding(folder: Path) -> None:
    assert problems(folder) == []


def test_the_embassy_s_own_knowledge_has_no_error(root: Path) -> None:
    found = check_folder(root / "knowledge", date(2026, 11, 24))
    assert [str(finding) for finding in found if finding.severity == ERROR] == []


MISTAKES = [
    (TIDES, "aspect: contact", "aspekt: contact", "unknown name"),
    (TIDES, "aspect: contact", "aspect: kontakt", "kontakt"),
    (TIDES, "    fr: Sur tides.contact\n", "", "no fr"),
    (TIDES, "au {tide-phone}", "au {tied-phone}", "tied-phone"),
    (TIDES, "au {tide-phone}", "au {tide-phone} ou 44", "'44'"),
    (TIDES, "review_by: 2099-01-01", "review_by: 2026-01-01", "review"),
    (TIDES, "review_by: 2099-01-01", "review_by: 2026-10-31", "before the day on which it was checked"),
    (TIDES, "review_by: 2099-01-01", "review_by: next year", "not a day"),
    (TIDES, "checked: 2026-11-01", "checked: 01/11/2026", "not a day"),
    (TIDES, "checked: 2026-11-01", "checked: 2026-11-01\n  valid_until: '2026-12-31'", "not a day"),
    (TIDES, "checked: 2026-11-01", "checked: 2026-11-01\n  enabled: non", "enabled"),
    (TIDES, "checked: 2026-11-01", "checked: 2026-11-01\n  owner: [Awa]", "owner"),
    (TIDES, "id: tides.contact", "id: tides.overview", "used twice"),
    (TIDES, "id: tides.contact", "id: pearls.contact", "stands in the section"),
    (TIDES, "aspect: overview", "aspect: detail", "exactly one entry"),
    (TIDES, "- id:", "- id", ""),
    (TIDES, "section: tides", f"section: {'t' * 41}", "longer than 40 characters"),
    ("embassy.yml", "kind: phone", "kind: fax", "fax"),
    ("questions/en/all.yml", "en tides.contact wording 3", "en pearls.overview wording 3", "pearls.overview"),
    ("questions/en/all.yml", "- en tides.contact wording 3", "- yes", "quotes"),
    ("questions/en/all.yml", "tides.contact:", "tides.kontact:", "tides.kontact"),
]


@pytest.mark.parametrize(("name", "old", "new", "said"), MISTAKES)
def test_a_mistake_is_found_with_file_line_reason_and_mend(
    folder: Path, name: str, old: str, new: str, said: str
) -> None:
    tiny.change(folder / name, old, new)
    found = problems(folder)
    assert found
    assert any(said in line for line in found), found
    for line in found:
        file, number, severity, rest = line.split(":", 3)
        assert (folder / file).exists()
        assert int(number) >= 1
        assert severity.strip() in ("error", "warning")
        assert " → " in rest


def test_the_line_named_is_the_line_of_the_mistake(folder: Path) -> None:
    path = folder / TIDES
    lines = path.read_text(encoding="utf-8").splitlines()
    number = next(i for i, line in enumerate(lines, 1) if "id: tides.contact" in line)
    tiny.change(path, "au {tide-phone}", "au {nobody-phone}")
    finding = next(f for f in check_folder(folder) if "nobody-phone" in f.problem)
    assert number <= finding.line <= number + 8


EMPTY = "the file is empty → bring it back from git"


@pytest.mark.parametrize(
    ("name", "content", "line", "told", "french"),
    [
        (TIDES, b"", 1, f"{EMPTY}, or remove it if it is not needed", "le fichier est vide → reprenez-le avec git, ou"),
        (TIDES, b"\n# a note\n", 1, f"{EMPTY}, or remove it if it is not needed", "le fichier est vide"),
        ("embassy.yml", b"", 1, EMPTY, "le fichier est vide → reprenez-le avec git"),
        (
            TIDES,
            b"- a\n",
            1,
            "the file does not begin with lines like 'name: value' → bring it back",
            "ne commence pas",
        ),
        (TIDES, "a: 1\nb: marées\n".encode("latin-1"), 2, "is not UTF-8 text → save it as UTF-8, or", "en UTF-8"),
        (TIDES, b"\x89PNG\r\n\x1a\n\x00", 1, "is not UTF-8 text → save it as UTF-8, or", "enregistrez-le en UTF-8"),
        (TIDES, "a: éé\nb: \0\n".encode(), 2, "holds a sign that no text has (code 0) → take the sign out", "ce signe"),
    ],
)
def test_a_file_that_is_no_yaml_text_is_told_in_words_of_staff(
    folder: Path, name: str, content: bytes, line: int, told: str, french: str
) -> None:
    (folder / name).write_bytes(content)
    (finding,) = check_folder(folder)
    assert str(finding).startswith(f"{name}:{line}: error: {told}")
    assert french in f"{in_language(finding.problem, 'fr')} → {in_language(finding.mend, 'fr')}"
    with pytest.raises(KnowledgeError) as error:
        read_knowledge(folder)
    assert str(error.value).startswith(f"{name}:{line}: {told}")


def test_thin_entries_are_warned_of(folder: Path) -> None:
    data = tiny.questions("en")
    data["pearls.overview"] = data["pearls.overview"][:4]
    tiny.save(folder / "questions/en/all.yml", data)
    assert any("4 sample questions" in line and "warning" in line for line in problems(folder))


@pytest.mark.parametrize(("more", "found"), [(0, False), (1, True)])
def test_a_greeting_that_the_web_chat_cannot_carry_is_an_error(folder: Path, more: int, found: bool) -> None:
    data = tiny.conversation()
    data["small_talk"][GREETING]["answer"]["fr"] = "é" * (LONGEST_GREETING + more)
    tiny.save(folder / "conversation.yml", data)
    said = [line for line in problems(folder) if f"{GREETING} (fr) has 181 characters" in line and "error" in line]
    assert bool(said) is found


def test_an_error_makes_the_command_fail_and_a_warning_does_not(folder: Path) -> None:
    assert report(check_folder(folder)) == 0
    tiny.change(folder / TIDES, "aspect: contact", "aspect: kontakt")
    assert report(check_folder(folder)) == 1


def test_the_command_says_in_french_what_it_found(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    tiny.change(folder / TIDES, "aspect: contact", "aspect: kontakt")
    assert report(check_folder(folder), "fr") == 1
    told = capsys.readouterr()
    assert "kontakt" in told.out and ": error: " in told.out and " is " not in told.out
    assert "erreur" in told.err


def test_a_folder_without_knowledge_is_named(tmp_path: Path) -> None:
    assert "embassy.yml" in problems(tmp_path)[0]


SCALARS = st.one_of(st.none(), st.booleans(), st.integers(), st.text(max_size=12), st.floats(allow_nan=False))
VALUES = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=6,
)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    name=st.sampled_from([TIDES, "embassy.yml", "conversation.yml", "questions/fr/all.yml"]),
    position=st.integers(0, 400),
    value=VALUES,
)
def test_any_value_anywhere_gives_findings_or_none_but_never_a_crash(
    folder: Path, name: str, position: int, value: object
) -> None:
    tiny.write(folder)
    path = folder / name
    data = yaml.safe_load(path.read_text(encoding="utf-8"))
    spots: list[tuple[object, object]] = []
    _collect(data, spots)
    holder, key = spots[position % len(spots)]
    holder[key] = value  # type: ignore[index]
    tiny.save(path, data)
    assert all(finding.mend and finding.problem for finding in check_folder(folder))
    try:
        read_knowledge(folder)
    except KnowledgeError as error:
        assert ".yml" in str(error) or "embassy-bot check" in str(error)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(text=st.text(max_size=200) | st.binary(max_size=100).map(lambda data: data.decode("latin-1")))
def test_any_text_as_a_file_gives_findings_but_never_a_crash(folder: Path, text: str) -> None:
    tiny.write(folder)
    (folder / TIDES).write_text(text, encoding="utf-8", errors="surrogatepass", newline="")
    assert isinstance(check_folder(folder), list)
    try:
        read_knowledge(folder)
    except KnowledgeError as error:
        assert ".yml" in str(error) or "embassy-bot check" in str(error)


def _collect(data: object, spots: list[tuple[object, object]]) -> None:
    items = data.items() if isinstance(data, dict) else enumerate(data) if isinstance(data, list) else ()
    for key, value in list(items):
        spots.append((data, key))
        _collect(value, spots)


def test_no_answer_of_ours_has_a_question_twice() -> None:
    from bot.knowledge.edit.drafts import tidy_questions

    knowledge = read_knowledge(Path("knowledge").resolve())
    for code, asked in knowledge.questions.items():
        for name, questions in asked.items():
            if knowledge.item(name) is not None:
                assert tidy_questions({code: questions}, (code,))[code] == questions, name
