"""Hands the knowledge to Rasa as training data; nothing is generated into the tree."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from rasa.shared.core.domain import Domain
from rasa.shared.core.events import ActionExecuted, UserUttered
from rasa.shared.core.training_data.story_reader.yaml_story_reader import YAMLStoryReader
from rasa.shared.core.training_data.structures import STORY_START, Checkpoint, StoryGraph, StoryStep
from rasa.shared.data import get_data_files
from rasa.shared.importers import utils
from rasa.shared.importers.importer import TrainingDataImporter
from rasa.shared.importers.rasa import RasaFileImporter
from rasa.shared.nlu.training_data.training_data import TrainingData

from bot.knowledge.guides import GUIDE, action_asking
from bot.knowledge.model import Knowledge
from bot.knowledge.reader import read_knowledge
from bot.training.example import TrainingExample

KNOWLEDGE_FOLDER = "knowledge"
STORIES = "stories"
DEFAULT_DATA = "data"
ANSWERED = "utter_answer"


class KnowledgeImporter(TrainingDataImporter):
    """Reads ``knowledge/`` beside ``config.yml``, unless Rasa was told to use other data.

    ``rasa train nlu -u FILE`` then trains the same pipeline on that file alone.
    """

    def __init__(
        self,
        config_file: str | None = None,
        domain_path: str | None = None,
        training_data_paths: list[str] | str | None = None,
        **kwargs: Any,
    ) -> None:
        root = Path(config_file).resolve().parent if config_file else Path.cwd()
        self._folder = root / KNOWLEDGE_FOLDER
        paths = [training_data_paths] if isinstance(training_data_paths, str) else list(training_data_paths or [])
        others = [path for path in paths if not self._is_own(Path(path))]
        self._uses_knowledge = not others
        given = others or [str(self._folder / STORIES)]
        self._story_files = get_data_files(given, YAMLStoryReader.is_stories_file)
        self._files = RasaFileImporter(config_file, domain_path or str(root / "domain.yml"), given)
        self._knowledge: Knowledge | None = None

    def _is_own(self, path: Path) -> bool:
        """Whether a path that Rasa gives by default stands for the knowledge."""
        return path.resolve().is_relative_to(self._folder) or path.name == DEFAULT_DATA

    @property
    def knowledge(self) -> Knowledge:
        """The knowledge, read at the first use."""
        if self._knowledge is None:
            self._knowledge = read_knowledge(self._folder)
        return self._knowledge

    def get_config(self) -> dict[str, Any]:
        """The configuration file as it is."""
        return dict(self._files.get_config())

    def get_config_file_for_auto_config(self) -> str | None:
        """Where Rasa may complete the configuration; ours is complete."""
        file: str | None = self._files.get_config_file_for_auto_config()
        return file

    def get_domain(self) -> Domain:
        """``domain.yml`` with an intent for everything that the knowledge names."""
        domain = self._files.get_domain()
        if not self._uses_knowledge:
            return domain
        return domain.merge(
            Domain.from_dict({"intents": intents_of(self.knowledge), "responses": guides_of(self.knowledge)})
        )

    def get_stories(self, exclusion_percentage: int | None = None) -> StoryGraph:
        """Guided conversations and test stories, in Rasa's own format.

        Where the knowledge guides nobody, one story without a question stands in: without any, Rasa leaves the policy
        out of the model, and nothing would be answered.
        """
        found = utils.story_graph_from_paths(self._story_files, self.get_domain(), exclusion_percentage)
        return _answering(self.knowledge) if self._uses_knowledge and found.is_empty() else found

    def get_conversation_tests(self) -> StoryGraph:
        """Rasa's test stories."""
        return self._files.get_conversation_tests()

    def get_nlu_data(self, language: str | None = "en") -> TrainingData:
        """Sample questions as examples, with their language in the metadata; safety rules as regular expressions."""
        data = self._files.get_nlu_data(language) if not self._uses_knowledge else TrainingData()
        if not self._uses_knowledge:
            return data
        return data.merge(training_data_of(self.knowledge))


def _answering(knowledge: Knowledge) -> StoryGraph:
    """A question and its answer, from which the policy learns nothing."""
    events = [UserUttered(intent={"name": name}) for name in intents_of(knowledge)[:1]]
    begin = [Checkpoint(STORY_START)]
    return StoryGraph([StoryStep("answering", begin, events=[*events, ActionExecuted(ANSWERED)])])


def intents_of(knowledge: Knowledge) -> list[str]:
    """Everything that a question can be about, sorted: entries, topics, small talk, questions back, safety, other."""
    asked = {name for by_id in knowledge.questions.values() for name in by_id}
    rules = {rule.id for rule in knowledge.conversation.safety}
    return sorted(asked | rules)


def guides_of(knowledge: Knowledge) -> dict[str, list[dict[str, str]]]:
    """The actions by which stories ask questions of their own, with a word for Rasa's tools."""
    return {
        action_asking(name): [{"text": question.question[knowledge.post.default_language]}]
        for name, question in knowledge.conversation.clarifications.items()
        if name.startswith(GUIDE)
    }


def training_data_of(knowledge: Knowledge) -> TrainingData:
    """The knowledge as Rasa's NLU training data."""
    examples = [
        TrainingExample.build(text=question, intent=name, example_metadata={"language": language})
        for language, by_id in sorted(knowledge.questions.items())
        for name, questions in sorted(by_id.items())
        for question in questions
    ]
    rules = [
        {"name": rule.id, "pattern": pattern} for rule in knowledge.conversation.safety for pattern in rule.patterns
    ]
    return TrainingData(training_examples=examples, regex_features=rules)
