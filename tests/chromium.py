"""A real Chromium for the tests that need one."""

from __future__ import annotations

import os
import shutil
from contextlib import ExitStack

from playwright.sync_api import Browser, sync_playwright

from tests.machine import missing

FLAGS = [
    "--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update", "--disable-sync",
    "--no-first-run",
]  # fmt: skip


def chromium() -> str | None:
    return os.environ.get("CHROMIUM") or shutil.which("chromium") or shutil.which("chromium-browser")


class Chromium:
    """One Chromium for as long as the tests that follow each other need one.

    While Playwright runs, its event loop holds the thread and no other may start there: before a test without a
    browser it is closed.
    """

    def __init__(self) -> None:
        self._open = ExitStack()
        self._browser: Browser | None = None

    def browser(self) -> Browser:
        """The running one, started if need be."""
        if self._browser is None:
            path = chromium()
            if path is None:
                missing("Chromium", "apt-get install chromium (or name another by CHROMIUM=/path/to/it)")
            playwright = self._open.enter_context(sync_playwright())
            self._browser = playwright.chromium.launch(executable_path=path, args=FLAGS)
            self._open.callback(self._browser.close)
        return self._browser

    def close(self) -> None:
        """Ends it, and its event loop."""
        self._browser = None
        self._open.close()


CHROMIUM = Chromium()
