"""Pictures of the widget for the documentation: ``python -m tests.bot.widget.screenshots``."""

from __future__ import annotations

import io
import sys
import tempfile
from pathlib import Path

from PIL import Image
from playwright.sync_api import Browser, Page, expect, sync_playwright

from bot.settings import Settings
from tests.bot.conftest import ask, launcher, replies
from tests.bot.widget.server import Desk
from tests.chromium import FLAGS, chromium

QUESTIONS = {
    "en": ("training", "How can I contact the press office?"),
    "fr": ("formation", "Comment contacter le bureau de presse ?"),
}
VIEWS = {"desktop": {"width": 1280, "height": 800}, "phone": {"width": 390, "height": 780}}


def save(page: Page, path: Path) -> None:
    """A picture of few colours, so that it stays small."""
    picture = Image.open(io.BytesIO(page.screenshot()))
    picture.convert("RGB").quantize(96, dither=Image.Dither.NONE).save(path, optimize=True)


def take(browser: Browser, desk: Desk, folder: Path, language: str, view: str, scheme: str) -> Path:
    """One picture of a conversation on the start page."""
    context = browser.new_context(viewport=VIEWS[view], color_scheme=scheme, locale=language, reduced_motion="reduce")  # type: ignore[arg-type]
    page = context.new_page()
    page.goto(f"{desk.url}/?language={language}")
    if view == "desktop" and scheme == "light":
        save(page, folder / f"start-{language}.png")
    launcher(page).click()
    for count, question in enumerate(QUESTIONS[language], 1):
        ask(page, question)
        expect(replies(page)).to_have_count(count)
    page.mouse.move(0, 0)
    page.wait_for_timeout(300)
    path = folder / f"{view}-{language}-{scheme}.png"
    save(page, path)
    context.close()
    return path


def main() -> int:
    """Writes all pictures; 1 where there is no Chromium."""
    path = chromium()
    if path is None:
        print("error: Chromium is missing: `apt-get install chromium`.", file=sys.stderr)
        return 1
    root = Path.cwd()
    folder = root / "docs" / "screenshots"
    folder.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory() as scratch, sync_playwright() as playwright:
        desk = Desk(Settings(root=root, database_url=f"sqlite:///{scratch}/bot.sqlite3"))
        browser = playwright.chromium.launch(executable_path=path, args=FLAGS)
        for language in QUESTIONS:
            for view in VIEWS:
                for scheme in ("light", "dark"):
                    print(take(browser, desk, folder, language, view, scheme).relative_to(root))
        browser.close()
        desk.stop()
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
