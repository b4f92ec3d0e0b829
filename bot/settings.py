"""Every setting of the program, read once from the environment, checked at the start."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path


class SettingsError(ValueError):
    """A setting has a value that cannot be used; the message names both."""


@dataclass(frozen=True)
class Settings:
    """Where things are and how much is taken.

    Attributes:
        root: The project's folder, with ``config.yml`` and ``knowledge/``.
        database_url: Where conversations are kept, as SQLAlchemy writes it.
        longest_message: Characters of a message that are taken; more is refused.
        largest_body: Bytes of a request that are read; more is refused.
        most_waiting: Messages of one conversation that may wait; more is answered with 429.
        most_at_once: Messages of all conversations that may wait; more is answered with 503.
    """

    root: Path = field(default_factory=Path.cwd)
    database_url: str = ""
    longest_message: int = 1000
    largest_body: int = 8192
    most_waiting: int = 20
    most_at_once: int = 500

    @property
    def knowledge(self) -> Path:
        """The folder that staff keep."""
        return self.root / "knowledge"

    @property
    def models(self) -> Path:
        """Where trained models are, with ``current.json`` naming the one in use."""
        return self.root / "models"

    @property
    def var(self) -> Path:
        """What the program writes while it runs."""
        return self.root / "var"

    @property
    def thresholds(self) -> Path:
        """The limits that ``embassy-bot tune`` chose."""
        return self.root / "thresholds.json"

    @classmethod
    def from_environment(cls, environment: Mapping[str, str] = os.environ, root: Path | None = None) -> Settings:
        """Reads ``DATABASE_URL`` and finds the project's root.

        Raises:
            SettingsError: The project's root cannot be found, or a value cannot be used.
        """
        folder = root or find_root(Path.cwd())
        url = environment.get("DATABASE_URL") or f"sqlite:///{folder / 'var' / 'conversations.sqlite3'}"
        if "://" not in url:
            raise SettingsError(f"DATABASE_URL is '{url}', but must look like 'sqlite:///var/bot.sqlite3'.")
        return cls(root=folder, database_url=url)


def find_root(start: Path) -> Path:
    """The folder at or above ``start`` that holds ``config.yml`` and ``knowledge/``.

    Raises:
        SettingsError: There is none.
    """
    for folder in (start, *start.parents, Path(__file__).resolve().parent.parent):
        if (folder / "config.yml").exists() and (folder / "knowledge").is_dir():
            return folder
    raise SettingsError(f"No project was found at {start}: run this where config.yml and knowledge/ are.")
