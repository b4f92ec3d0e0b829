"""Keeps TensorFlow, and the clients of services that are never used, out of processes that chat.

Rasa imports TensorFlow wherever a policy or the agent is imported, although only its neural components run it; ours do
not. The import costs seconds of start-up and a quarter of a gigabyte. It also imports every messaging service and
database that it has a channel or a store for. Here these are answered with inert placeholders: classes can be derived
from them and decorators applied, and anything that would really compute says so.
"""

from __future__ import annotations

import importlib.abc
import importlib.machinery
import sys
import types
from collections.abc import Sequence
from typing import Any

TENSORFLOW = ("tensorflow", "tensorflow_addons", "tensorflow_hub", "tensorflow_text", "keras", "tensorboard")
SERVICES = ("aiogram", "boto3", "botocore", "fbmessenger", "mattermostwrapper", "prompt_toolkit", "pymongo")
MORE_SERVICES = ("questionary", "rocketchat_API", "slack_sdk", "twilio", "webexteamssdk")
NEURAL = ("rasa.utils.tensorflow.model_data", "rasa.utils.tensorflow.data_generator")
KEPT_OUT = frozenset({*TENSORFLOW, *SERVICES, *MORE_SERVICES, *NEURAL})


class _PlaceholderMeta(type):
    def __getattr__(cls, name: str) -> Any:
        if name.startswith("__") and name.endswith("__"):
            raise AttributeError(name)
        return _Placeholder

    def __getitem__(cls, item: Any) -> Any:
        return cls

    def __or__(cls, other: Any) -> Any:
        return cls

    def __ror__(cls, other: Any) -> Any:
        return cls


class _Placeholder(metaclass=_PlaceholderMeta):
    """Stands for any class, function or decorator of a library that is kept out."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        """Accepts anything."""

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        if len(args) == 1 and not kwargs and callable(args[0]):
            return args[0]  # used as a decorator
        raise RuntimeError("A library was asked to run that this process keeps out: see bot/without_tensorflow.py.")

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__") and name.endswith("__"):
            raise AttributeError(name)
        return _Placeholder


class _PlaceholderModule(types.ModuleType):
    __version__ = "2.12.0"

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__") and name.endswith("__"):
            raise AttributeError(name)
        return _Placeholder


class _Finder(importlib.abc.MetaPathFinder, importlib.abc.Loader):
    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: types.ModuleType | None = None
    ) -> importlib.machinery.ModuleSpec | None:
        if fullname.partition(".")[0] in KEPT_OUT or fullname in KEPT_OUT:
            return importlib.machinery.ModuleSpec(fullname, self, is_package=True)
        return None

    def create_module(self, spec: importlib.machinery.ModuleSpec) -> types.ModuleType:
        return _PlaceholderModule(spec.name)

    def exec_module(self, module: types.ModuleType) -> None:
        """Nothing to run."""


def keep_out() -> bool:
    """Answers later imports of TensorFlow with placeholders; False where it is loaded already and stays."""
    if "tensorflow" in sys.modules:
        return isinstance(sys.modules["tensorflow"], _PlaceholderModule)
    sys.meta_path.insert(0, _Finder())
    return True
