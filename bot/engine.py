"""The only door to Rasa while people chat: a message in, a list of replies out."""

from __future__ import annotations

import asyncio
import logging
import os
import time
import warnings
from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path
from typing import Any, Protocol

from bot.without_tensorflow import keep_out

keep_out()
os.environ.setdefault("RASA_TELEMETRY_ENABLED", "false")
warnings.filterwarnings("ignore", category=DeprecationWarning)
os.environ.setdefault("SQLALCHEMY_SILENCE_UBER_WARNING", "1")

import numpy as np  # noqa: E402
import numpy.typing as npt  # noqa: E402
import structlog  # noqa: E402
import threadpoolctl  # noqa: E402

# Rasa's structured log repeats whole conversations at debug level; nothing of them may reach a log.
structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.WARNING))

from rasa.core.agent import Agent  # noqa: E402  (TensorFlow must be kept out first)
from rasa.core.channels.channel import OutputChannel, UserMessage  # noqa: E402
from rasa.core.lock_store import LockStore  # noqa: E402
from rasa.core.tracker_store import FailSafeTrackerStore  # noqa: E402
from rasa.shared.core.trackers import DialogueStateTracker  # noqa: E402
from rasa.utils.endpoints import EndpointConfig  # noqa: E402

from bot.dialogue.decision import Context  # noqa: E402
from bot.dialogue.generator import Reply  # noqa: E402
from bot.dialogue.languages import with_wish  # noqa: E402
from bot.dialogue.policy import FrontDeskPolicy  # noqa: E402
from bot.dialogue.response_generator import REPLIES, KnowledgeResponseGenerator  # noqa: E402
from bot.dialogue.thresholds import Thresholds  # noqa: E402
from bot.dialogue.understanding import Understanding  # noqa: E402
from bot.garbage import at_rest, keep_what_is_loaded  # noqa: E402
from bot.knowledge.live import LiveKnowledge, live_knowledge  # noqa: E402
from bot.knowledge.model import Knowledge  # noqa: E402
from bot.messages import Message, bare  # noqa: E402
from bot.processor import CHOICE, FrontDeskProcessor  # noqa: E402
from bot.store.conversations import ConversationStore, Turn  # noqa: E402
from bot.tracker_store import ConversationTrackerStore  # noqa: E402
from bot.training.current import Edition  # noqa: E402
from bot.wording import STALE_PRESS  # noqa: E402
from nlu.sentence_vectors import SentenceVectors  # noqa: E402
from nlu.splitter import ABOUT  # noqa: E402

logger = logging.getLogger(__name__)


class EngineNotReadyError(RuntimeError):
    """No model is loaded yet."""


class Engine(Protocol):
    """What conversations need of whatever understands and answers."""

    async def reply(self, message: Message) -> list[Reply]:
        """The replies to a message; the turn is stored when this returns.

        Raises:
            EngineNotReadyError: No model is loaded.
        """

    def apology(self, language: str) -> Reply:
        """What is said when something is broken: needs neither a model nor a database."""

    def choice(self, text: str) -> str | None:
        """What a button's payload chooses, None for ordinary text or an entry that is gone."""

    async def load(self, edition: Edition) -> None:
        """Replaces model, knowledge and thresholds in one step; messages under way finish with what they began with."""

    @property
    def model(self) -> str | None:
        """Name of the loaded model, None while there is none."""

    @property
    def published(self) -> frozenset[str]:
        """The post's own contacts, and the names of it and of its sections, bare: not masked in what people type."""


def _published(knowledge: Knowledge) -> Iterator[str]:
    yield from (contact.value for contact in knowledge.post.contacts.values())
    yield from knowledge.post.name.values()
    for section in knowledge.sections.values():
        yield from (*section.name.values(), *section.short.values())


@lru_cache(maxsize=4)
def published_contacts(version: str, values: tuple[str, ...]) -> frozenset[str]:
    """Contacts as :func:`bot.messages.bare` writes them, with and without the country's code."""
    found = {bare(value) for value in values}
    numbers = {value for value in found if value.isdigit()}
    return frozenset(found | {value[-8:] for value in numbers} | {f"00{value}" for value in numbers})


class _Collector(OutputChannel):
    """Keeps what Rasa would send."""

    def __init__(self) -> None:
        self.replies: list[Reply] = []

    @classmethod
    def name(cls) -> str:
        return "replies"

    async def send_response(self, recipient_id: str, message: dict[str, Any]) -> None:
        raw = (message.get("custom") or {}).get(REPLIES) or []
        self.replies += [Reply.from_dict(item) for item in raw]


class _NoLocks(LockStore):
    """Our own queue keeps a conversation's messages in order, so that Rasa's polling lock is never needed."""

    def lock(self, *args: Any, **kwargs: Any) -> Any:
        return _Unlocked()


class _Unlocked:
    async def __aenter__(self) -> None:
        return None

    async def __aexit__(self, *error: object) -> None:
        return None


class InProcessEngine:
    """Rasa's agent in this process."""

    def __init__(self, root: Path, store: ConversationStore) -> None:
        """``root`` is the project's folder, to which paths in ``config.yml`` are relative."""
        self._root = root
        self._store = store
        self._generator = KnowledgeResponseGenerator(EndpointConfig(knowledge=str(root / "knowledge")))
        self._tracker_store = ConversationTrackerStore(store)
        self._agent: Agent | None = None
        self._edition: Edition | None = None

    @property
    def edition(self) -> Edition | None:
        """What is loaded, None while nothing is."""
        return self._edition

    @property
    def model(self) -> str | None:
        """Name of the loaded model."""
        return self._edition.name if self._edition else None

    @property
    def source(self) -> LiveKnowledge:
        """The knowledge that answers come from; before anything is loaded, the folder that staff keep."""
        return self._generator.source

    @property
    def published(self) -> frozenset[str]:
        """The post's own contacts and names, bare."""
        knowledge = self.source.current()
        return published_contacts(knowledge.version, tuple(_published(knowledge)))

    def choice(self, text: str) -> str | None:
        """What a button's payload chooses."""
        return self._generator.writer().choice(text)

    def apology(self, language: str) -> Reply:
        """The sections with their contacts, and that something is broken."""
        return self._generator.writer().apology(language)

    def title(self, name: str, language: str) -> str:
        """The words on a button."""
        return self._generator.writer().title(name, language)

    async def load(self, edition: Edition) -> None:
        """Makes an edition the one that answers.

        A new model is loaded beside the running one and warmed up. Where only words differ the running model stays, and
        the new ones are in use at once.

        Raises:
            Exception: Whatever keeps the edition from being used; the earlier one goes on.
        """
        agent, generator = self._agent, self._generator
        source = await asyncio.to_thread(live_knowledge, edition.knowledge.resolve())
        if agent is None or self._edition is None or self._edition.sha256 != edition.sha256:
            generator = KnowledgeResponseGenerator()
            with at_rest():
                agent = await asyncio.to_thread(self._open, edition, generator, source)
            # A message's sums are too small to share out: helper threads would spin and take the other core's time.
            threadpoolctl.threadpool_limits(1, user_api="blas")
            await asyncio.to_thread(keep_what_is_loaded)
        thresholds = Thresholds.load(edition.thresholds)
        # No await from here on: no message sees one half of the old edition and one of the new.
        generator.use(source)
        for policy in policies_of(agent):
            policy.use(source, thresholds)
        self._agent, self._generator, self._edition = agent, generator, edition
        logger.info("Model %s answers now.", edition.name)

    def _open(self, edition: Edition, generator: KnowledgeResponseGenerator, source: LiveKnowledge) -> Agent:
        generator.use(source)
        agent = Agent.load(
            str(edition.model),
            generator=generator,
            tracker_store=ConversationTrackerStore(self._store, writer=self._tracker_store._writer),
            lock_store=_NoLocks(),
        )
        agent.processor = FrontDeskProcessor.of(agent.processor)
        _fail_openly(agent)
        asyncio.run(agent.parse_message("bonjour"))
        return agent

    async def parse(self, text: str) -> dict[str, Any]:
        """What the pipeline makes of a text, without a conversation."""
        if self._agent is None:
            raise EngineNotReadyError("No model is loaded yet. Run `embassy-bot train`.")
        return dict(await self._agent.parse_message(text))

    def understand(self, text: str, about: str | None = None) -> dict[str, Any]:
        """What the pipeline makes of a text after a conversation ``about`` something; waits until it is done."""
        if self._agent is None or self._agent.processor is None:
            raise EngineNotReadyError("No model is loaded yet. Run `embassy-bot train`.")
        message = UserMessage(text, metadata={ABOUT: about} if about else {})
        tracker = DialogueStateTracker.from_events(message.sender_id, [])
        return dict(self._agent.processor._parse_message_with_graph(message, tracker, True))

    def vectors(self, texts: list[str]) -> npt.NDArray[np.float32]:
        """Sentence vectors of length 1, by which texts that mean the same are near each other; shape (texts, size)."""
        if self._agent is None or self._agent.processor is None:
            raise EngineNotReadyError("No model is loaded yet. Run `embassy-bot train`.")
        nodes = self._agent.processor.graph_runner.nodes.values()
        encoder = next(node._component for node in nodes if isinstance(node._component, SentenceVectors))
        found = encoder.encode(texts).reshape(len(texts), -1)
        return np.asarray(found / np.maximum(np.linalg.norm(found, axis=1, keepdims=True), 1e-9), dtype=np.float32)

    def stories(self) -> dict[tuple[str, str], str]:
        """The guided conversations that the loaded model learned."""
        policies = policies_of(self._agent) if self._agent else []
        return policies[0].stories if policies else {}

    async def reply(self, message: Message) -> list[Reply]:
        """The replies to a message."""
        agent = self._agent
        if agent is None:
            raise EngineNotReadyError("No model is loaded yet. Run `embassy-bot train`.")
        if self._generator.writer().is_stale(message.text):
            return [await self._tell_of_stale_button(message)]
        metadata = {**message.metadata, "received": time.time()}
        if message.id is not None:
            metadata["message_id"] = message.id
        choice = self.choice(message.text)
        if choice is not None:
            metadata[CHOICE] = choice
        output = _Collector()
        await agent.handle_message(
            UserMessage(message.text, output, message.sender, input_channel=message.channel, metadata=metadata)
        )
        return output.replies

    async def _tell_of_stale_button(self, message: Message) -> Reply:
        """There is nothing to understand and nothing to go on with: the conversation stays as it is."""
        in_turn, writer = asyncio.get_running_loop().run_in_executor, self._tracker_store._writer
        kept = await in_turn(writer, self._store.context, message.sender) or {}
        post, press = self.source.current().post, Understanding.of({}, message.metadata)
        context = with_wish(press, Context.from_dict(kept), post.languages)
        codes = (context.language, press.hint, post.default_language)
        language = next(code for code in codes if code in post.languages)
        reply = self._generator.writer().stale(language)
        words = STALE_PRESS.get(language) or STALE_PRESS["fr"]
        turn = Turn(message.sender, words, [reply.as_dict()], message.id, message.channel, language)
        await in_turn(writer, self._store.record, turn, kept)
        return reply


def _fail_openly(agent: Agent) -> None:
    """Takes Rasa's safety net away, which goes on in memory where a turn cannot be stored, and says so to nobody."""
    store = agent.tracker_store
    if isinstance(store, FailSafeTrackerStore):
        agent.tracker_store = store._tracker_store
        if agent.processor is not None:
            agent.processor.tracker_store = store._tracker_store


def policies_of(agent: Agent) -> list[FrontDeskPolicy]:
    """The policies in a loaded model's graph that decide by the knowledge."""
    nodes = agent.processor.graph_runner.nodes if agent.processor else {}
    return [node._component for node in nodes.values() if isinstance(node._component, FrontDeskPolicy)]
