from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from bot.limits import Rate
from bot.settings import Settings, SettingsError


def test_origins_are_a_list_with_commas(root: Path) -> None:
    settings = Settings.from_environment({"ALLOWED_ORIGINS": " https://A.example , http://b.example:8080/ ,"}, root)
    assert settings.allowed_origins == ("https://a.example", "http://b.example:8080")


@pytest.mark.parametrize("text", ["*", "a.example", "https://a.example/page", "https://*.example", "javascript:x"])
def test_an_origin_that_is_none_is_named(root: Path, text: str) -> None:
    with pytest.raises(SettingsError, match="ALLOWED_ORIGINS holds"):
        Settings.from_environment({"ALLOWED_ORIGINS": text}, root)


def test_rates_can_be_set(root: Path) -> None:
    assert Settings.from_environment({"SENDER_RATE": "0.5/10"}, root).sender_rate == Rate(0.5, 10)


@pytest.mark.parametrize("text", ["fast", "0/5", "5", "-1/3"])
def test_a_rate_that_is_none_is_named(root: Path, text: str) -> None:
    with pytest.raises(SettingsError, match="SENDER_RATE is"):
        Settings.from_environment({"SENDER_RATE": text}, root)


@pytest.mark.parametrize(
    ("environment", "found"),
    [
        ({}, ""),
        ({"PUBLIC_URL": "https://Help.example.org/"}, "https://help.example.org"),
        ({"TELEGRAM_WEBHOOK_URL": "https://desk.example:8443/telegram"}, "https://desk.example:8443"),
        (
            {"PUBLIC_URL": "https://a.example", "TELEGRAM_WEBHOOK_URL": "https://b.example/telegram"},
            "https://a.example",
        ),
    ],
)
def test_the_server_s_own_address_is_what_it_is_told(root: Path, environment: dict[str, str], found: str) -> None:
    assert Settings.from_environment(environment, root).public_url == found


@pytest.mark.parametrize("text", ["help.example.org", "https://a.example/page", "javascript:x"])
def test_an_own_address_that_is_none_is_named(root: Path, text: str) -> None:
    with pytest.raises(SettingsError, match="PUBLIC_URL is"):
        Settings.from_environment({"PUBLIC_URL": text}, root)


@pytest.mark.parametrize(
    "text",
    [
        "https://desk.example/telegram",
        " https://desk.example:8443/telegram ",
        "https://example.org/embassy/telegram",
        "https://desk.example/telegram?from=telegram",
        "http://localhost:8000/telegram",
        "http://127.0.0.1:8000/telegram",
        "http://[::1]/telegram",
        "https://desk.example:443/telegram",
        "https://desk.example:80/telegram",
        "https://desk.example:88/telegram",
        "https://localhost:8000/telegram",
        "",
    ],
)
def test_a_webhook_is_where_telegram_can_call(root: Path, text: str) -> None:
    assert Settings.from_environment({"TELEGRAM_WEBHOOK_URL": text}, root).telegram_webhook_url == text.strip()


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ("https://desk.example", "https://desk.example/telegram"),
        ("https://desk.example/", "https://desk.example/telegram"),
        ("https://desk.example/telegram/", "https://desk.example/telegram"),
        ("https://proxy.example/hook", "https://proxy.example/hook"),
    ],
)
def test_a_webhook_s_path_is_this_server_s_or_a_proxy_s(root: Path, text: str, meant: str) -> None:
    assert Settings.from_environment({"TELEGRAM_WEBHOOK_URL": text}, root).telegram_webhook_url == meant


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("http://desk.example/telegram", "https://, which"),
        ("http://127.0.0.1.desk.example/telegram", "https://, which"),
        ("desk.example/telegram", "https://, which"),
        ("//desk.example/telegram", "https://, which"),
        ("https:///telegram", "no host"),
        ("https://[::1/telegram", "no host"),
        ("https://desk.example:99999/telegram", "no host"),
        ("https://desk example/telegram", "no host"),
        (
            "https://desk.example:5005/telegram",
            "names port 5005, but Telegram calls only the ports 443, 80, 88 and 8443",
        ),
        ("https://desk.example:8000", "names port 8000"),
    ],
)
def test_a_webhook_that_nobody_could_call_is_named(root: Path, text: str, why: str) -> None:
    with pytest.raises(SettingsError, match=why) as refused:
        Settings.from_environment({"TELEGRAM_WEBHOOK_URL": text}, root)
    assert f"TELEGRAM_WEBHOOK_URL is '{text}'" in str(refused.value)


def test_tests_leave_the_database_alone_that_whoever_runs_them_serves(root: Path) -> None:
    told = "import os, tests.conftest; print(os.environ.get('DATABASE_URL'))"
    environment = os.environ | {"DATABASE_URL": "sqlite:////proc/nowhere/bot.sqlite3", "PYTHONPATH": str(root)}
    done = subprocess.run([sys.executable, "-c", told], env=environment, cwd=root, capture_output=True, text=True)
    assert done.stdout == "None\n", done.stderr
