"""A guided conversation over two questions: made by the editor, read by Rasa, learned and followed by the policy."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from bot.without_tensorflow import keep_out

keep_out()

from rasa.engine.graph import ExecutionContext, GraphSchema  # noqa: E402
from rasa.engine.storage.local_model_storage import LocalModelStorage  # noqa: E402
from rasa.engine.storage.resource import Resource  # noqa: E402
from rasa.shared.core.domain import Domain  # noqa: E402
from rasa.shared.core.events import UserUttered  # noqa: E402
from rasa.shared.core.generator import TrainingDataGenerator  # noqa: E402
from rasa.shared.core.trackers import DialogueStateTracker  # noqa: E402

from bot.dialogue.decision import ANSWER, CLARIFY, NONE_OF_THESE, Context, Decision  # noqa: E402
from bot.dialogue.dialogue import Dialogue  # noqa: E402
from bot.dialogue.generator import ReplyWriter  # noqa: E402
from bot.dialogue.policy import FrontDeskPolicy, action_of  # noqa: E402
from bot.dialogue.thresholds import Thresholds  # noqa: E402
from bot.dialogue.understanding import Part, Understanding  # noqa: E402
from bot.knowledge.edit.stories import StoryEditor  # noqa: E402
from bot.knowledge.edit.trees import Guide  # noqa: E402
from bot.knowledge.guides import read_stories  # noqa: E402
from bot.knowledge.reader import read_knowledge  # noqa: E402
from bot.training.importer import KnowledgeImporter  # noqa: E402

BEGIN, STUDY, VISIT = "ambiguous.go-to-us", "consular.student-visa", "consular.visitor-visa"
TERM = Guide("term", "", {"en": "How long?", "fr": "Combien de temps ?"}, (VISIT, "cultural-affairs.exchanges"))


@pytest.fixture(scope="module")
def house(root: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the project in which the choice to study leads to a second question."""
    copy = tmp_path_factory.mktemp("house")
    for name in ("config.yml", "domain.yml"):
        shutil.copy(root / name, copy / name)
    shutil.copytree(root / "knowledge", copy / "knowledge", ignore=shutil.ignore_patterns(".lock"))
    StoryEditor(copy / "knowledge").save(TERM, None, ("travel", STUDY))
    return copy


@pytest.fixture(scope="module")
def domain(house: Path) -> Domain:
    return importer(house).get_domain()


def importer(house: Path) -> KnowledgeImporter:
    return KnowledgeImporter(str(house / "config.yml"), str(house / "domain.yml"), [str(house / "data")])


@pytest.fixture(scope="module")
def policy(house: Path, domain: Domain, tmp_path_factory: pytest.TempPathFactory) -> FrontDeskPolicy:
    """The policy after it went through the stories, as Rasa hands them to it; no model is trained."""
    storage = LocalModelStorage.create(tmp_path_factory.mktemp("storage"))
    config = FrontDeskPolicy.get_default_config() | {
        "knowledge": str(house / "knowledge"), "thresholds": str(house / "none.json")
    }  # fmt: skip
    setting = config, storage, Resource("policy"), ExecutionContext(GraphSchema({}))
    stories = importer(house).get_stories()
    # With the stories that Rasa's own command puts behind each other, too.
    trackers = TrainingDataGenerator(stories, domain, augmentation_factor=20, debug_plots=False).generate()
    FrontDeskPolicy(*setting).train(trackers, domain)
    return FrontDeskPolicy.load(*setting)


@pytest.fixture
def dialogue(house: Path, policy: FrontDeskPolicy) -> Dialogue:
    return Dialogue(read_knowledge(house / "knowledge"), Thresholds(), policy.stories)


def typed(text: str, intent: str) -> Understanding:
    return Understanding(text, "en", True, None, None, "en", (Part(text, "message", ((intent, 0.95),)),))


def pressed(name: str) -> Understanding:
    return Understanding("", "en", True, None, name, "en", ())


def talk(dialogue: Dialogue, *messages: Understanding) -> list[Decision]:
    context, said = Context(), []
    for message in messages:
        context = dialogue.respond(message, context)
        said.append(context.decisions[0])
    return said


def test_the_policy_learns_what_the_console_reads(policy: FrontDeskPolicy, house: Path) -> None:
    assert policy.stories == read_stories(house / "knowledge")
    assert policy.stories == {("", BEGIN): "guide.travel", ("guide.travel", STUDY): "guide.term"}


@pytest.mark.parametrize(
    "replies",
    [(pressed(STUDY), pressed(VISIT)), (typed("to study", STUDY), typed("a short visit", VISIT)),
     (typed("the first one", "chat.none"), typed("1", "chat.none"))],
    ids=["buttons", "words", "numbers"],
)  # fmt: skip
def test_question_choice_question_choice_answer(dialogue: Dialogue, replies: tuple[Understanding, ...]) -> None:
    first, second, last = talk(dialogue, typed("I want to go to the US", BEGIN), *replies)
    assert (first.kind, first.entry) == (CLARIFY, "guide.travel") and STUDY in first.options
    assert (second.kind, second.entry, second.options) == (CLARIFY, "guide.term", TERM.options)
    assert (last.kind, last.entry) == (ANSWER, VISIT)


def test_the_other_choices_give_their_answers_still(dialogue: Dialogue) -> None:
    asked = typed("I want to go to the US", BEGIN)
    assert talk(dialogue, asked, pressed(VISIT))[-1].entry == VISIT
    assert talk(dialogue, asked, pressed(STUDY), pressed(NONE_OF_THESE))[-1].entry == "chat.none"
    assert talk(dialogue, typed("student visa", STUDY))[-1].entry == STUDY, "asked for by itself, it is answered"


def test_the_second_question_shows_its_own_buttons_in_both_languages(dialogue: Dialogue, house: Path) -> None:
    decision = talk(dialogue, typed("I want to go to the US", BEGIN), pressed(STUDY))[-1]
    knowledge = read_knowledge(house / "knowledge")
    reply = ReplyWriter(knowledge).write(decision)
    assert reply.text == "How long?" and [option["entry"] for option in reply.options] == list(TERM.options)
    assert len(reply.buttons) == len(TERM.options) + 1


def test_rasa_s_tracker_goes_the_same_way(policy: FrontDeskPolicy, domain: Domain) -> None:
    tracker = DialogueStateTracker("somebody", domain.slots)
    actions = []
    for text, intent in (("I want to go to the US", BEGIN), ("to study", STUDY), ("a short visit", VISIT)):
        parsed = {"intent_ranking": [{"name": intent, "confidence": 0.95}], "language": {"code": "en", "sure": True}}
        tracker.update(UserUttered(text, {"name": intent, "confidence": 0.95}, parse_data=parsed))
        actions.append(action_of(policy.decide(tracker)))
    assert actions == ["utter_guide_travel", "utter_guide_term", "utter_answer"]
    assert set(actions) <= set(domain.action_names_or_texts)
