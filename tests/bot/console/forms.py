"""The console's forms as a browser would send them."""

from __future__ import annotations

import html
import re
from dataclasses import dataclass, field
from html.parser import HTMLParser


@dataclass
class Form:
    """A form of a page: where it goes, and what stands in its fields."""

    action: str
    fields: dict[str, str] = field(default_factory=dict)
    buttons: list[tuple[str, str]] = field(default_factory=list)
    required: set[str] = field(default_factory=set)
    types: dict[str, str] = field(default_factory=dict)


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.forms: list[Form] = []
        self._area = self._select = ""
        self._first = True

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        if tag == "form":
            self.forms.append(Form(given.get("action", "")))
        if not self.forms:
            return
        form, name = self.forms[-1], given.get("name", "")
        if "required" in given:
            form.required.add(name)
        if tag == "button" and name:
            form.buttons.append((name, given.get("value", "")))
        elif tag == "input" and name:
            form.types[name] = given.get("type", "text")
            if given.get("type") not in ("checkbox", "radio") or "checked" in given:
                form.fields[name] = given.get("value", "")
        elif tag == "textarea":
            self._area = name
            form.fields[name] = ""
        elif tag == "select":
            self._select, self._first = name, True
        elif tag == "option" and (self._first or "selected" in given):
            form.fields[self._select] = given["value"]
            self._first = False

    def handle_data(self, data: str) -> None:
        if self._area:
            self.forms[-1].fields[self._area] += data

    def handle_endtag(self, tag: str) -> None:
        if tag == "textarea":
            # A browser leaves the line end out that follows the tag.
            self.forms[-1].fields[self._area] = self.forms[-1].fields[self._area].removeprefix("\n")
            self._area = ""


def forms_in(page: str) -> list[Form]:
    """All forms of a page."""
    reader = _Reader()
    reader.feed(page)
    return reader.forms


def form_to(page: str, action: str, **having: str) -> Form:
    """The first form of a page that goes to an address and has these values."""
    for form in forms_in(page):
        if form.action == action and all(form.fields.get(name) == value for name, value in having.items()):
            return form
    raise AssertionError(f"no form to {action} with {having}")


def text_in(page: str) -> str:
    """What people read of a page."""
    body = page[page.index("<main") :]
    return " ".join(html.unescape(re.sub(r"<[^>]+>", " ", body)).split())
