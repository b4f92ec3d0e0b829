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
    "/sections", "/sections/new", "/stories", "/try", "/try?q=visa", "/figures", "/figures?days=30", "/exchange",
    "/publish", "/releases", "/me", "/staff", "/log",
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


def token_in(html: str) -> str:
    found = re.search(r'name="csrf" value="([^"]+)"', html)
    assert found, html
    return found[1]
