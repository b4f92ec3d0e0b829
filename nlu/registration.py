"""Makes a class known to Rasa's recipe, without loading the recipe where a trained model only answers.

Rasa resolves component names in its default recipe, whose module imports every built-in component and TensorFlow with
them. While answering, nobody needs it; before training, :func:`register_all` tells it what was decorated until then.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import Any, TypeVar

Component = TypeVar("Component", bound=type)

RECIPE = "rasa.engine.recipes.default_recipe"

_DECORATED: list[tuple[str, bool, type]] = []


def component(kind: str, *, trainable: bool) -> Callable[[Component], Component]:
    """Class decorator: registers a graph component.

    Args:
        kind: Name of a member of ``DefaultV1Recipe.ComponentType``, such as ``INTENT_CLASSIFIER``.
        trainable: Whether Rasa calls the component's ``train``.
    """

    def register(clazz: Component) -> Component:
        _DECORATED.append((kind, trainable, clazz))
        if RECIPE in sys.modules:
            _register(kind, trainable, clazz)
        return clazz

    return register


def register_all() -> None:
    """Registers the components that were imported before Rasa's recipe was."""
    import importlib

    importlib.import_module(RECIPE)
    for kind, trainable, clazz in _DECORATED:
        _register(kind, trainable, clazz)


def _register(kind: str, trainable: bool, clazz: type) -> None:
    module: Any = sys.modules[RECIPE]
    recipe = getattr(module, "DefaultV1Recipe", None)
    if recipe is not None:  # None while the recipe itself is being imported
        recipe.register(recipe.ComponentType[kind], is_trainable=trainable)(clazz)
