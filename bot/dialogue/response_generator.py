"""Rasa's seam for wording: the knowledge's words instead of the domain's responses."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from rasa.core.nlg.generator import NaturalLanguageGenerator
from rasa.shared.core.domain import Domain
from rasa.shared.core.trackers import DialogueStateTracker
from rasa.utils.endpoints import EndpointConfig

from bot.dialogue.decision import Context
from bot.dialogue.generator import Reply, ReplyWriter
from bot.dialogue.in_context import about
from bot.dialogue.policy import SLOT
from bot.knowledge.live import LiveKnowledge, live_knowledge

REPLIES = "replies"


class KnowledgeResponseGenerator(NaturalLanguageGenerator):
    """Writes the replies that the policy decided upon."""

    def __init__(self, endpoint_config: EndpointConfig | None = None, domain: Domain | None = None) -> None:
        options = endpoint_config.kwargs if endpoint_config else {}
        self._folder = Path(options.get("knowledge", "knowledge")).resolve()
        self._source: LiveKnowledge | None = None
        self._writer: ReplyWriter | None = None
        self._version: str | None = None

    @property
    def source(self) -> LiveKnowledge:
        """Where the words come from."""
        return self._source or live_knowledge(self._folder)

    def use(self, source: LiveKnowledge) -> None:
        """Takes the words from another folder from now on."""
        self._source = source

    def writer(self) -> ReplyWriter:
        """The writer for the knowledge as it is now."""
        knowledge = self.source.current()
        if self._writer is None or self._version != knowledge.version:
            self._writer, self._version = ReplyWriter(knowledge), knowledge.version
        return self._writer

    def about(self, tracker: DialogueStateTracker, text: str) -> str | None:
        """What the conversation was about, where its next message, ``text``, may lean on that."""
        return about(self.source.current(), Context.from_dict(tracker.get_slot(SLOT)), text)

    def choice_title(self, tracker: DialogueStateTracker, metadata: Mapping[str, Any]) -> str:
        """The words of a pressed button, in the conversation's language."""
        context = Context.from_dict(tracker.get_slot(SLOT))
        language = context.language or metadata.get("language")
        languages = self.source.current().post.languages
        known = language if language in languages else self.source.current().post.default_language
        return self.writer().title(str(metadata["choice"]), str(known))

    def replies(self, tracker: DialogueStateTracker) -> list[Reply]:
        """The replies to the tracker's latest message, in reading order."""
        writer = self.writer()
        return [writer.write(decision) for decision in Context.from_dict(tracker.get_slot(SLOT)).decisions]

    async def generate(
        self, utter_action: str, tracker: DialogueStateTracker, output_channel: str, **kwargs: Any
    ) -> dict[str, Any] | None:
        """One Rasa response for the whole turn; its ``custom`` part lists the replies for channels that know them."""
        replies = self.replies(tracker)
        if not replies:
            return None
        return {
            "text": "\n\n".join(reply.text for reply in replies),
            "buttons": [{"title": b.title, "payload": b.payload} for reply in replies for b in reply.buttons],
            "custom": {REPLIES: [reply.as_dict() for reply in replies]},
        }
