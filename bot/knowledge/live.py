"""The knowledge as it is now: read again when its files change, the last good state while they are broken."""

from __future__ import annotations

import logging
import threading
import time
from functools import lru_cache
from pathlib import Path

from bot.knowledge.model import Knowledge
from bot.knowledge.reader import KnowledgeError, answer_files, read_knowledge

logger = logging.getLogger(__name__)

SECONDS_BETWEEN_LOOKS = 1.0

Stamp = tuple[tuple[str, int, int], ...]


class LiveKnowledge:
    """Answers from a folder that staff may edit at any moment.

    Sample questions are left out: only training needs them.
    """

    def __init__(self, folder: Path) -> None:
        """Reads the folder.

        Raises:
            KnowledgeError: It cannot be used; there is no earlier state to fall back to.
        """
        self._folder = folder
        self._lock = threading.Lock()
        self._stamp = self._look()
        self._looked = time.monotonic()
        self._knowledge = read_knowledge(folder, questions=False)
        self.problem: str | None = None

    def current(self) -> Knowledge:
        """The knowledge, at most a second old. Broken files leave the last good state in place and are logged."""
        now = time.monotonic()
        if now - self._looked < SECONDS_BETWEEN_LOOKS:
            return self._knowledge
        with self._lock:
            self._looked = now
            stamp = self._look()
            if stamp != self._stamp:
                self._stamp = stamp
                self._reread()
        return self._knowledge

    def _reread(self) -> None:
        try:
            self._knowledge = read_knowledge(self._folder, questions=False)
            self.problem = None
        except KnowledgeError as error:
            self.problem = str(error)
            logger.error("The edited knowledge is not usable, the earlier one stays: %s", error)

    def _look(self) -> Stamp:
        return tuple(
            (path.as_posix(), status.st_mtime_ns, status.st_size)
            for path in answer_files(self._folder)
            if (status := path.stat())
        )


@lru_cache(maxsize=8)
def live_knowledge(folder: Path) -> LiveKnowledge:
    """The one live knowledge of a folder in this process."""
    return LiveKnowledge(folder)
