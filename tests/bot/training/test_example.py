from __future__ import annotations

import copy

from rasa.nlu.tokenizers.tokenizer import Token
from rasa.shared.nlu.training_data.training_data import TrainingData

from bot.training.example import TrainingExample


def example(text: str = "who handles visas?", intent: str = "consular.visas", language: str = "en") -> TrainingExample:
    built = TrainingExample.build(text, intent, example_metadata={"language": language})
    assert isinstance(built, TrainingExample)
    return built


def test_equal_examples_have_one_hash_and_different_ones_do_not() -> None:
    assert example().fingerprint() == example().fingerprint()
    others = [example(text="who handles visa?"), example(intent="consular.fees"), example(language="fr")]
    assert len({e.fingerprint() for e in [example(), *others]}) == 4


def test_the_same_question_twice_is_learned_from_once() -> None:
    assert len(TrainingData([example(), example()]).training_examples) == 1


def test_what_a_component_adds_changes_the_hash() -> None:
    tagged = example()
    before = tagged.fingerprint()
    tagged.set("text_tokens", [Token("who", 0, lemma="who")])
    first = tagged.fingerprint()
    tagged.set("text_tokens", [Token("who", 0, lemma="WHO")])
    assert len({before, first, tagged.fingerprint()}) == 3


def test_a_copy_is_equal_and_what_is_added_to_it_stays_with_it() -> None:
    original = example()
    twin = copy.deepcopy(original)
    assert twin == original
    twin.set("lemmas", "who handle visa")
    assert original.get("lemmas") is None
    assert twin != original
