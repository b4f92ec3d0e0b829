"""The candidate's model, loaded beside the one that answers people, so that staff may try it."""

from __future__ import annotations

import asyncio
import threading
from typing import TYPE_CHECKING

from bot.knowledge.said import said

if TYPE_CHECKING:
    from bot.engine import InProcessEngine
    from bot.publishing.jobs import Job


class Beside:
    """At most one candidate's engine; it is let go when the candidate is gone."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._name = ""
        self._engine: InProcessEngine | None = None

    def engine(self, job: Job) -> InProcessEngine:
        """The engine of a candidate that is ready; the first call loads it, which takes seconds.

        Raises:
            EngineNotReadyError: Its model is gone or cannot be loaded.
        """
        # A candidate's own process must not load Rasa before it has to, and it imports this module.
        from bot.engine import EngineNotReadyError, InProcessEngine
        from bot.store.conversations import ConversationStore
        from bot.store.database import open_database

        with self._lock:
            if self._engine is not None and self._name == job.id:
                return self._engine
            edition = job.edition()
            if edition is None:
                raise EngineNotReadyError(said("The candidate's model is gone. Prepare it anew."))
            # Nothing of a trial is stored.
            engine = InProcessEngine(job.folder, ConversationStore(open_database("sqlite://")))
            try:
                asyncio.run(engine.load(edition))
            except Exception as error:
                raise EngineNotReadyError(
                    said("The candidate cannot be loaded ({error}). Prepare it anew.", error=str(error))
                ) from error
            self._name, self._engine = job.id, engine
            return engine

    def forget(self, but: str = "") -> None:
        """Lets the engine go, unless it is that of the candidate ``but``."""
        if self._name != but:
            self._name, self._engine = "", None

    @property
    def loaded(self) -> str:
        """The candidate whose engine is loaded, empty for none."""
        return self._name
