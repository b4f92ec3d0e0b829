"""Where a message's time goes: the whole way through the engine beside the encoders alone, in one run."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from bot.settings import Settings


@dataclass(frozen=True)
class Profile:
    """Means in milliseconds: a message, the pipeline in it, the encoders on all its pieces, and on it as a whole."""

    message_ms: float
    pipeline_ms: float
    pieces_ms: float
    encoders_ms: float


async def measure(settings: Settings, questions: Sequence[str], folder: Path, step: Callable[[], None]) -> Profile:
    """Asks each question three ways, one way right after the other, so that a busy machine harms all alike."""
    from bot.conversations import Conversations
    from bot.engine import InProcessEngine
    from bot.messages import message_from
    from bot.store.conversations import ConversationStore
    from bot.store.database import open_database
    from bot.training.current import trained_edition
    from nlu.sentence_vectors import loaded_encoders

    edition = trained_edition(settings)
    if edition is None:
        raise RuntimeError("There is no model yet. Run `embassy-bot train` first.")
    store = ConversationStore(open_database(f"sqlite:///{folder / 'profile.sqlite3'}"))
    engine = InProcessEngine(settings.root, store)
    await engine.load(edition)
    desk = Conversations(engine, store, most_waiting=10, most_at_once=10)
    whole, pipeline, pieces, encoders = [], [], [], []
    for number, question in enumerate(questions):
        message = message_from(sender=f"p{number // 10}", text=question, channel="benchmark", longest=1000)
        began = time.perf_counter()
        await desk.handle(message)
        told = time.perf_counter()
        understood = await engine.parse(question)
        parsed = time.perf_counter()
        texts = [part["text"] for part in understood["parts"]] or [question]
        for encoder in loaded_encoders():
            encoder.encode(texts)
        pieced = time.perf_counter()
        for encoder in loaded_encoders():
            encoder.encode([question])
        encoded = time.perf_counter()
        whole.append(told - began)
        pipeline.append(parsed - told)
        pieces.append(pieced - parsed)
        encoders.append(encoded - pieced)
        step()
    return Profile(_mean(whole), _mean(pipeline), _mean(pieces), _mean(encoders))


def _mean(seconds: list[float]) -> float:
    """In milliseconds, without the slowest twentieth: a busy machine makes it say nothing."""
    kept = sorted(seconds)[: max(1, len(seconds) * 19 // 20)]
    return sum(kept) / len(kept) * 1000
