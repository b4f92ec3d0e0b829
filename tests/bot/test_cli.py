from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from bot.cli import build_parser, main
from bot.settings import Settings, SettingsError, find_root

COMMANDS = ["serve", "chat", "train", "check", "evaluate", "tune"]


@pytest.mark.parametrize("command", COMMANDS)
def test_each_command_has_help(command: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        build_parser().parse_args([command, "--help"])
    assert ended.value.code == 0
    assert "usage: embassy-bot" in capsys.readouterr().out


@pytest.mark.parametrize(
    "arguments", [[], ["fly"], ["serve", "--port", "x"], ["serve", "--port", "70000"], ["chat", "--language", "de"]]
)
def test_wrong_usage_exits_with_2_and_says_so_on_stderr(
    arguments: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as ended:
        main(arguments)
    assert ended.value.code == 2
    assert capsys.readouterr().err


def test_a_failed_check_exits_with_1(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["check", str(tmp_path)]) == 1
    assert "embassy.yml" in capsys.readouterr().out


def test_a_missing_question_file_exits_with_1(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["evaluate", "no-such-file.yml"]) == 1
    assert "no-such-file.yml" in capsys.readouterr().err


def test_a_setting_that_cannot_be_used_is_named(root: Path) -> None:
    with pytest.raises(SettingsError, match="DATABASE_URL is 'nonsense'"):
        Settings.from_environment({"DATABASE_URL": "nonsense"}, root)


@pytest.mark.parametrize(
    "arguments", [["staff", "list"], ["staff", "add", "awa"], ["staff", "remove", "awa"], ["staff", "reset", "awa"]]
)
def test_a_command_says_in_one_line_that_the_database_is_away(
    arguments: list[str], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], unused_tcp_port: int
) -> None:
    monkeypatch.setenv("DATABASE_URL", f"postgresql://bot:secret@127.0.0.1:{unused_tcp_port}/none")
    assert main(arguments) == 1
    (line,) = capsys.readouterr().err.splitlines()
    assert (
        line.startswith("error: The database cannot be reached: postgresql://bot:***@127.0.0.1")
        and "Connection refused" in line
    )
    assert "secret" not in line


def test_a_server_whose_database_can_never_be_used_ends_with_one_line(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("DATABASE_URL", "postgres://bot:secret@host/bot")
    assert main(["serve", "--port", "0"]) == 1
    (line,) = capsys.readouterr().err.splitlines()
    assert line.startswith("error: DATABASE_URL begins with 'postgres'")


def test_the_project_is_found_from_a_folder_inside_it(root: Path) -> None:
    assert find_root(root / "bot" / "dialogue") == root


def test_the_terminal_chat_answers_and_ends(root: Path, trained: Path, tmp_path: Path) -> None:
    result = subprocess.run(
        [sys.executable, "-m", "bot.cli", "chat", "--language", "fr"],
        input="Qui s'occupe des visas ?\ncontact ?\n1\n/quit\n",
        capture_output=True,
        text=True,
        cwd=root,
        timeout=120,
        env=os.environ | {"DATABASE_URL": f"sqlite:///{tmp_path / 'chat.sqlite3'}"},
        check=False,
    )
    assert result.returncode == 0, result.stderr
    assert "Section consulaire" in result.stdout
    assert "1" in result.stdout
