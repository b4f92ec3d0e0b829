from __future__ import annotations

import os
from pathlib import Path

import pytest

from bot.settings import Settings
from tests.chromium import CHROMIUM

ROOT = Path(__file__).resolve().parent.parent
# Whoever runs the tests may serve a bot from the same shell: its database is not theirs to write into.
os.environ.pop("DATABASE_URL", None)
os.environ.setdefault("RASA_TELEMETRY_ENABLED", "false")


@pytest.fixture(scope="session")
def root() -> Path:
    return ROOT


@pytest.fixture(scope="session")
def settings() -> Settings:
    return Settings(root=ROOT, database_url="sqlite://")


@pytest.fixture(scope="session")
def knowledge(root: Path):
    from bot.knowledge.reader import read_knowledge

    return read_knowledge(root / "knowledge")


@pytest.fixture(scope="session")
def trained(settings: Settings) -> Path:
    """The current model, trained first where it is missing or out of date."""
    from bot.training.current import current_model, is_up_to_date
    from bot.training.train import train

    if not is_up_to_date(settings):
        train(settings)
    model = current_model(settings)
    assert model is not None
    return settings.models / model.file


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Puts tests in a browser last, so that one browser serves them all."""
    items.sort(key=lambda item: "browser" in getattr(item, "fixturenames", ()))


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_setup(item: pytest.Item) -> None:
    if "browser" not in getattr(item, "fixturenames", ()):
        CHROMIUM.close()


def pytest_sessionfinish() -> None:
    CHROMIUM.close()
