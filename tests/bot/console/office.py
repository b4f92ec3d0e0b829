"""A console over a small post and a made-up engine: everything but the model, so that a test takes a moment."""

from __future__ import annotations

import json
import shutil
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from zlib import crc32

import numpy as np
from argon2 import PasswordHasher
from starlette.applications import Starlette
from starlette.routing import Mount
from starlette.testclient import TestClient

from bot.console.app import create_console
from bot.console.desk import ConsoleDesk
from bot.engine import EngineNotReadyError
from bot.knowledge.live import live_knowledge
from bot.limits import LocalLimiter
from bot.settings import Settings
from bot.store.conversations import ConversationStore, Turn
from bot.store.database import open_database
from bot.store.feedback import Feedback, FeedbackStore
from bot.store.staff import StaffStore
from bot.training.current import CurrentModel, training_inputs, write_atomically
from bot.training.releases import Releases
from nlu.text import flat
from tests import tiny
from tests.bot.console.client import PASSWORD, Staff

QUICK = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)


@dataclass
class MadeUpEngine:
    """Texts with the same words mean the same; ``rankings`` are what the classifier thinks."""

    knowledge: Path
    model: str | None = "model"
    rankings: dict[str, list[tuple[str, float]]] = field(default_factory=dict)
    encoded: list[str] = field(default_factory=list)
    edition: Any = None
    published: frozenset[str] = frozenset()

    async def load(self, edition: Any) -> None:
        self.edition = edition

    @property
    def source(self) -> Any:
        return live_knowledge(self.knowledge)

    def vectors(self, texts: list[str]) -> Any:
        if self.model is None:
            raise EngineNotReadyError
        self.encoded += texts
        found = np.zeros((len(texts), 4096), dtype=np.float32)
        for row, text in enumerate(texts):
            for word in flat(text).split():
                found[row, crc32(word.encode()) % 4096] += 1
        return found / np.maximum(np.linalg.norm(found, axis=1, keepdims=True), 1e-9)

    def understand(self, text: str, about: str | None = None) -> dict[str, Any]:
        if self.model is None:
            raise EngineNotReadyError
        return {"text": text, "intent_ranking": [{"name": n, "confidence": c} for n, c in self.rankings.get(text, [])]}


@dataclass
class Office:
    """A console with awa, who publishes, and ben, who edits in French; ``staff`` sends forms."""

    desk: ConsoleDesk
    engine: MadeUpEngine
    staff: Staff
    number: int = 0

    @property
    def knowledge(self) -> Path:
        return self.desk.settings.knowledge

    def ask(self, text: str, kind: str = "unknown", **more: Any) -> str:
        """Somebody asks; the conversation's id."""
        self.number += 1
        sender = str(more.pop("sender", f"s{self.number}"))
        ago = timedelta(minutes=float(more.pop("minutes_ago", 0)))
        turn = {"message_id": f"m{self.number}", "channel": "web", "language": "en", "seconds": 0.02} | {
            name: more.pop(name) for name in ("channel", "language", "seconds", "message_id") if name in more
        }
        reply = {"kind": kind, "entry": None, "section": None, "confidence": 0.9} | more
        ConversationStore(self.desk.database).record(
            Turn(sender, text, [reply], **turn), {}, datetime.utcnow() - ago - timedelta(seconds=1)
        )
        return sender

    def thumb(self, helpful: bool, sender: str, message_id: str, entry: str | None = None, **more: Any) -> None:
        values = {"language": "en", "channel": "web"} | more
        FeedbackStore(self.desk.database).record(Feedback(sender, message_id, 0, helpful, "", entry, **values))

    def page(self, path: str) -> str:
        response = self.staff.client.get(f"/console{path}")
        assert response.status_code == 200, response.text
        return str(response.text)


def open_office(folder: Path, url: str = "") -> Office:
    """An office under a folder; awa has signed in."""
    knowledge = tiny.write(folder / "knowledge")
    settings = Settings(root=folder, database_url=url or f"sqlite:///{folder / 'office.sqlite3'}")
    engine = MadeUpEngine(knowledge)
    (folder / "models").mkdir()
    database = open_database(settings.database_url)
    desk = ConsoleDesk(settings, database, engine, LocalLimiter(), Releases(settings))  # type: ignore[arg-type]
    desk.staff = StaffStore(database, QUICK)
    desk.staff.add("awa", PASSWORD, "publisher", "en")
    desk.staff.add("ben", PASSWORD, "editor", "fr")
    app = Starlette(routes=[Mount("/console", create_console(desk))])
    staff = Staff(TestClient(app, follow_redirects=False), desk.staff)
    office = Office(desk, engine, staff)
    assert staff.sign_in("awa").status_code == 303
    return office


def open_published_office(folder: Path, root: Path) -> Office:
    """An office whose knowledge is served as release 1, by a model that nobody loads; ``root`` is the real project."""
    office = open_office(folder)
    settings = office.desk.settings
    for name in ("config.yml", "domain.yml"):
        shutil.copy(root / name, settings.root / name)
    (settings.models / "one.tar.gz").write_bytes(b"one" * 1000)
    model = CurrentModel("one.tar.gz", "one", "knowledge", training_inputs(settings))
    write_atomically(settings.models / "current.json", json.dumps(vars(model)))
    office.desk.releases.baseline()
    office.engine.edition = office.desk.releases.edition()
    return office
