"""A member of the staff at the console, without a browser."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

from starlette.testclient import TestClient

from bot.store.staff import StaffStore

PASSWORD = "a-long-password"
PAGES = [
    "/inbox", "/answers", "/answers?q=visa&section=consular", "/answers?badge=thin", "/answers/press.contact",
    "/answers/topic.consular-contact", "/answers/new", "/answers/new?topic=1&question=x&in=fr", "/contacts",
    "/sections", "/sections/new", "/stories", "/stories?new=1", "/try", "/try?q=visa", "/figures", "/figures?days=30",
    "/exchange", "/publish", "/releases", "/me", "/staff", "/log",
    "/stories/vague", "/stories/vague?new=1", "/stories/vague?edit=ask.phone", "/inbox/ignored",
    "/log?who=awa&action=signed-in",
]  # fmt: skip


@dataclass
class Staff:
    """Signs in and sends forms as a browser would, with the token that stands in them."""

    client: TestClient
    store: StaffStore

    def sign_in(self, name: str, password: str = PASSWORD, there: str = "") -> Any:
        page = self.client.get("/console/sign-in", params={"next": there})
        data = {"csrf": token_in(page.text), "name": name, "password": password, "next": there}
        return self.client.post("/console/sign-in", data=data)

    def post(self, path: str, files: Any = None, **data: Any) -> Any:
        token = token_in(self.client.get("/console/me").text)
        return self.client.post(f"/console{path}", data={"csrf": token, **data}, files=files)

    def publish(self, reason: str, what: str = "words", **more: str) -> Any:
        """Sends the form of the publishing page that publishes ``what``, with what the page shows now."""
        return self.post("/publish", **self.shown(what), reason=reason, **more)

    def roll_back(self, number: int, reason: str) -> Any:
        """Opens the page that asks before going back, and sends its form."""
        page = self.client.get(f"/console/releases/{number}").text
        fields = dict(re.findall(r'type="hidden" name="([^"]+)" value="([^"]*)"', page))
        return self.post(f"/releases/{number}", release=fields["release"], reason=reason)

    def shown(self, what: str = "words") -> dict[str, str]:
        """The hidden fields of that form."""
        page = self.client.get("/console/publish").text
        forms = re.findall(r'<form method="post" action="/console/publish">(.*?)</form>', page, re.DOTALL)
        for form in forms:
            fields = dict(re.findall(r'type="hidden" name="([^"]+)" value="([^"]*)"', form))
            if fields.pop("csrf") and fields["what"] == what:
                return fields
        raise AssertionError(f"the page offers no {what} to publish")


def token_in(html: str) -> str:
    found = re.search(r'name="csrf" value="([^"]+)"', html)
    assert found, html
    return found[1]
