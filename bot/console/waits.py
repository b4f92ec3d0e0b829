"""How long people's questions wait until an answer to them is published."""

from __future__ import annotations

from datetime import datetime, timedelta
from functools import lru_cache
from pathlib import Path

from bot.console.desk import ConsoleDesk
from bot.console.grouping import sample_of
from bot.store.inbox import Settled
from bot.training.releases import TRAINED, ReleaseError
from nlu.text import flat


def waits(desk: ConsoleDesk, since: datetime, until: datetime) -> list[timedelta]:
    """From the first time a question was asked to the release that learned it, for those released in a period.

    Only what the inbox brought counts, and only as long as the conversations are kept: the shortest first.
    """
    oldest = datetime.utcnow() - timedelta(days=desk.settings.retention_days)
    settled = desk.inbox.settled(oldest)
    if not settled:
        return []
    try:
        releases = [release for release in desk.releases.survey().releases if release.kind == TRAINED]
    except ReleaseError:
        return []
    learned = sorted((datetime.fromisoformat(r.created).replace(tzinfo=None), r.number) for r in releases)
    found = []
    for item in settled:
        moment = next(
            (
                created
                for created, number in learned
                if created >= item.created and _holds(desk.releases.path(number) / "knowledge", item)
            ),
            None,
        )
        if moment is not None and since <= moment < until:
            found.append(moment - item.asked)
    return sorted(found)


def _holds(knowledge: Path, item: Settled) -> bool:
    """Whether a release has learned a question; a candidate may have been made before it was added."""
    return f" {flat(sample_of(item.text))} " in _learned(knowledge)


@lru_cache(maxsize=4)
def _learned(knowledge: Path) -> str:
    """All sample questions of a release as words; a release never changes."""
    files = sorted((knowledge / "questions").rglob("*.yml"))
    lines = (line for file in files for line in file.read_text(encoding="utf-8").splitlines())
    return " " + " | ".join(flat(line) for line in lines) + " "
