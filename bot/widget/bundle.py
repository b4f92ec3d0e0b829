"""Joins the widget's modules, style sheet and words into one small script."""

from __future__ import annotations

import json
import re
import string
import zlib
from functools import lru_cache
from importlib.resources import files
from typing import Any, cast

import brotli
import yaml

from bot.knowledge.model import GREETING, Knowledge

try:
    import minify
except ImportError:  # no wheel for this machine: the script is heavier and does the same
    minify = None

FIRST = "chat.js"
IMPORT = re.compile(r'^import \{[^}]*\} from "\./([\w.]+)";\n', re.MULTILINE)
EXPORT = re.compile(r"^export (?=const|let|class|function)", re.MULTILINE)
VARIABLE = re.compile(r"--(?!embassy-chat)(\w[\w-]+)")
KEY = re.compile(r'"([A-Za-z]+)":')
"""In JSON only a name is followed by a colon: quotes within texts have a backslash."""
WORD = re.compile(r"\b(words(?:In\([\w.]+\))?)\.(\w+)")
"""Where the code takes one of the post's or the widget's words."""
CONSTANT = re.compile(r'^const ([A-Z][A-Z_]+) = (\d+|"[^"]*");\n', re.MULTILINE)
FALLBACK_LANGUAGE = "en"
GZIP = 16
"""Added to the size of the window: zlib writes gzip's header."""


def source(name: str) -> str:
    """A file of this folder as text."""
    return (files(__package__) / name).read_text(encoding="utf-8")


def modules(first: str = FIRST) -> list[str]:
    """The modules' names, each after those that it imports."""
    order: list[str] = []

    def visit(name: str) -> None:
        for needed in IMPORT.findall(source(name)):
            visit(needed)
        if name not in order:
            order.append(name)

    visit(first)
    return order


def minified(media_type: str, text: str) -> str:
    """JavaScript or CSS without comments, blanks and long local names."""
    return cast(str, minify.string(media_type, text)) if minify else text


@lru_cache(maxsize=1)
def places() -> dict[str, int]:
    """The place of each of the words in a list: the minifier leaves names of fields as they are."""
    names = ["post", "greeting", *yaml.safe_load(source("wording.yml"))[FALLBACK_LANGUAGE]]
    return {name: place for place, name in enumerate(names)}


@lru_cache(maxsize=1)
def code() -> str:
    """All modules as one function of the post and the style sheet, without imports and exports."""
    joined = "\n".join(EXPORT.sub("", IMPORT.sub("", source(name))) for name in modules())
    # A named number or text costs a name; the minifier leaves that as it is.
    constants = dict(CONSTANT.findall(joined))
    joined = re.sub(r"\b[A-Z][A-Z_]+\b", lambda found: constants.get(found[0], found[0]), CONSTANT.sub("", joined))
    place = places()  # what else is called "words" has fields that are none of these
    joined = WORD.sub(lambda found: f"{found[1]}[{place[found[2]]}]" if found[2] in place else found[0], joined)
    function = f'((POST,CSS_TEXT)=>{{"use strict";\n{joined}\n}})'
    return minified("application/javascript", function).rstrip(";")


@lru_cache(maxsize=1)
def styles() -> str:
    """The style sheet, minified, its own variables with names of one letter as the minifier gives them to the code."""
    text = source("widget.css")
    short = dict(zip(dict.fromkeys(VARIABLE.findall(text)), string.ascii_uppercase, strict=False))
    return minified("text/css", VARIABLE.sub(lambda found: f"--{short[found[1]]}", text))


def post(knowledge: Knowledge, longest: int) -> dict[str, Any]:
    """What the widget knows of the post: its names, languages and greeting, and the widget's own words."""
    own = yaml.safe_load(source("wording.yml").replace("{longest}", str(longest)))
    greeting = knowledge.conversation.small_talk.get(GREETING)
    words = {}
    for language in dict.fromkeys([knowledge.post.default_language, *knowledge.post.languages]):
        name = knowledge.post.name[language]
        words[language] = {
            "post": name,
            "greeting": knowledge.fill(greeting.answer[language]) if greeting else name,
            **own.get(language, own[FALLBACK_LANGUAGE]),
        }
    return {"words": words, "longest": longest}


def bundle(knowledge: Knowledge, longest: int) -> bytes:
    """The whole widget as one classic script that leaves nothing among the page's globals.

    Args:
        knowledge: Names, languages and greeting come from it.
        longest: Characters that a message may have.
    """
    known = post(knowledge, longest)
    known["words"] = {language: [words[name] for name in places()] for language, words in known["words"].items()}
    about = KEY.sub(r"\1:", json.dumps(known, ensure_ascii=False, separators=(",", ":")))
    style = json.dumps(styles(), ensure_ascii=False)
    # The post's words are arguments, so no minifier ever reads them as code.
    return f"({code()})({about},{style});\n".encode()


def packed(script: bytes) -> dict[str, bytes]:
    """The script by content encoding, the smallest first."""
    return {
        "br": brotli.compress(script, mode=brotli.MODE_TEXT, quality=11),
        "gzip": gzipped(script),
        "identity": script,
    }


def gzipped(script: bytes) -> bytes:
    """The script as gzip; the style sheet, after code and words, gets a code table of its own, which is shorter."""
    packer = zlib.compressobj(9, wbits=zlib.MAX_WBITS | GZIP)
    style = script.rindex(b',"')
    return (
        packer.compress(script[:style]) + packer.flush(zlib.Z_BLOCK) + packer.compress(script[style:]) + packer.flush()
    )
