from __future__ import annotations

from pathlib import Path

import pytest

from bot.without_tensorflow import keep_out

keep_out()

from bot.training.importer import KnowledgeImporter, intents_of  # noqa: E402
from bot.training.train import train  # noqa: E402,F401  (imports must work without TensorFlow)


@pytest.fixture(scope="module")
def importer(root: Path) -> KnowledgeImporter:
    return KnowledgeImporter(str(root / "config.yml"), str(root / "domain.yml"), [str(root / "data")])


def test_every_entry_and_topic_is_an_intent_with_examples_in_both_languages(importer: KnowledgeImporter) -> None:
    data = importer.get_nlu_data()
    languages: dict[str, set[str]] = {}
    for message in data.intent_examples:
        example = message.get("metadata")["example"]
        languages.setdefault(message.get("intent"), set()).add(example["language"])
    for name in [*importer.knowledge.entries, *importer.knowledge.topics]:
        assert languages.get(name) == {"en", "fr"}, name


def test_the_domain_knows_every_intent(importer: KnowledgeImporter) -> None:
    assert set(intents_of(importer.knowledge)) <= set(importer.get_domain().intents)


def test_safety_rules_reach_rasa_as_regular_expressions(importer: KnowledgeImporter) -> None:
    names = {rule["name"] for rule in importer.get_nlu_data().regex_features}
    assert names == {rule.id for rule in importer.knowledge.conversation.safety}


def test_stories_ask_questions_that_exist(importer: KnowledgeImporter) -> None:
    actions = {
        event.action_name
        for step in importer.get_stories().story_steps
        for event in step.events
        if getattr(event, "action_name", None)
    }
    assert actions <= set(importer.get_domain().action_names_or_texts)
    assert any(action.startswith("utter_guide_") for action in actions)


def test_other_data_is_used_alone_when_it_is_named(root: Path, tmp_path: Path) -> None:
    file = tmp_path / "nlu.yml"
    file.write_text('version: "3.1"\nnlu:\n- intent: a\n  examples: |\n    - one\n    - two\n', encoding="utf-8")
    importer = KnowledgeImporter(str(root / "config.yml"), str(root / "domain.yml"), [str(file)])
    assert {m.get("intent") for m in importer.get_nlu_data().intent_examples} == {"a"}
