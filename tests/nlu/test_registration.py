from __future__ import annotations

from nlu.registration import register_all


def test_components_imported_before_rasas_recipe_can_be_trained() -> None:
    from bot.without_tensorflow import keep_out

    keep_out()
    from nlu.splitter import QuestionSplitter

    register_all()
    from rasa.engine.recipes.default_recipe import DefaultV1Recipe

    assert DefaultV1Recipe._from_registry("nlu.splitter.QuestionSplitter").clazz is QuestionSplitter
