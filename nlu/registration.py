"""Makes a class known to Rasa's recipe, without loading the recipe where a trained model only answers.

Rasa resolves component names in its default recipe, whose module imports every built-in component and TensorFlow with
them. While training, that module is always loaded before ours; while answering, nobody needs it.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import Any, TypeVar

Component = TypeVar("Component", bound=type)

RECIPE = "rasa.engine.recipes.default_recipe"


def component(kind: str, *, trainable: bool) -> Callable[[Component], Component]:
    """Class decorator: registers a graph component.

    Args:
        kind: Name of a member of ``DefaultV1Recipe.ComponentType``, such as ``INTENT_CLASSIFIER``.
        trainable: Whether Rasa calls the component's ``train``.
    """

    def register(clazz: Component) -> Component:
        module: Any = sys.modules.get(RECIPE)
        recipe = getattr(module, "DefaultV1Recipe", None)
        if recipe is not None:
            recipe.register(recipe.ComponentType[kind], is_trainable=trainable)(clazz)
        return clazz

    return register
