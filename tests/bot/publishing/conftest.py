from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from bot.settings import Settings
from bot.training.releases import Releases
from tests import tiny
from tests.bot.training.test_releases import train


@pytest.fixture
def settings(tmp_path: Path, root: Path) -> Settings:
    """A small post that is served as release 1, with a model that nobody loads."""
    tiny.write(tmp_path / "knowledge")
    for name in ("config.yml", "domain.yml"):
        shutil.copy(root / name, tmp_path / name)
    settings = Settings(root=tmp_path, database_url="sqlite://")
    train(settings, "one")
    Releases(settings).baseline()
    return settings
