"""A real Chromium, the real application, and pages that embed the widget."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Page

from bot.settings import Settings
from tests.bot.widget.server import Desk, Scripted, Site
from tests.chromium import CHROMIUM
from tests.machine import missing

NODE = Path("var/node/node_modules")
TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
SNIPPET = '<script src="{url}/widget.js" defer {more}></script>'
SITE = (
    '<!doctype html><html lang="{lang}"><head><meta charset="utf-8"><title>A site</title>{head}</head>'
    '<body><main><h1>Welcome</h1><a id="away" href="#x">A link</a></main></body></html>'
)


@pytest.fixture(scope="session")
def node(root: Path) -> Path:
    folder = root / NODE
    if not (folder / "axe-core").exists() or not (folder / "typescript").exists():
        missing("axe-core or the TypeScript compiler", "make tools")
    return folder


@pytest.fixture
def browser() -> Browser:
    return CHROMIUM.browser()


@pytest.fixture(scope="session")
def desk(trained: Path, root: Path, site: Site, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    database = tmp_path_factory.mktemp("widget") / "bot.sqlite3"
    desk = Desk(Settings(root=root, database_url=f"sqlite:///{database}", allowed_origins=(site.url,)))
    yield desk
    desk.stop()


@pytest.fixture(autouse=True)
def calm(request: pytest.FixtureRequest) -> Iterator[None]:
    """Every test begins with a server that behaves and has seen nothing."""
    yield
    if "desk" in request.fixturenames:
        desk: Desk = request.getfixturevalue("desk")
        desk.seen.rule, desk.seen.after = None, False
        desk.seen.bodies.clear()
        desk.seen.done.clear()


@pytest.fixture(scope="session")
def site() -> Iterator[Site]:
    """A site that may embed the widget."""
    site = Site()
    yield site
    site.stop()


@pytest.fixture
def context(browser: Browser) -> Iterator[BrowserContext]:
    context = browser.new_context(locale="en-GB", viewport={"width": 1280, "height": 800})
    context.set_default_timeout(40000)
    yield context
    context.close()


@pytest.fixture
def page(context: BrowserContext) -> Iterator[Page]:
    """A page that may throw nothing."""
    page = context.new_page()
    errors: list[str] = []
    page.on("pageerror", lambda error: errors.append(str(error)))
    yield page
    assert not errors


@pytest.fixture
def visit(page: Page, site: Site, desk: Desk) -> Callable[..., Page]:
    """Opens the embedding site; ``more`` are attributes of the script's tag."""

    def go(more: str = "", lang: str = "en", head: str = "") -> Page:
        site.headers = {}
        site.html = SITE.format(lang=lang, head=head + SNIPPET.format(url=desk.url, more=more))
        page.goto(site.url)
        page.locator("embassy-chat").wait_for(state="attached")
        return page

    return go


@pytest.fixture
def scripted(desk: Desk) -> Iterator[Scripted]:
    server = Scripted(desk.script)
    yield server
    server.stop()


def launcher(page: Page) -> Any:
    return page.locator("embassy-chat [part=launcher]")


def start(page: Page) -> Any:
    """Opens the chat and gives the input."""
    launcher(page).click()
    return field(page)


def field(page: Page) -> Any:
    return page.locator("embassy-chat textarea")


def ask(page: Page, text: str) -> None:
    field(page).fill(text)
    field(page).press("Enter")


def replies(page: Page) -> Any:
    return page.locator("embassy-chat .turn .theirs")


def findings(page: Page, node: Path, rules: Sequence[str] = ()) -> list[str]:
    """What axe-core finds on a page, by all rules or by some."""
    page.evaluate((node / "axe-core" / "axe.min.js").read_text(encoding="utf-8"))
    page.evaluate("document.documentElement.style.background = 'Canvas'")
    only = {"type": "rule", "values": list(rules)} if rules else {"type": "tag", "values": TAGS}
    result = page.evaluate("only => axe.run({runOnly: only})", only)
    return [f"{v['id']}: {n['target']} {n['failureSummary']}" for v in result["violations"] for n in v["nodes"]]
