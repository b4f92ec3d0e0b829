"""The same knowledge as a plain Rasa project, as ``rasa init`` and the FAQ chapter of Rasa's manual would have it."""

from __future__ import annotations

import os
import resource
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from bot.dialogue.decision import ANSWER, CLARIFY, FALLBACK, UNKNOWN
from bot.evaluation.questions import Expectation
from bot.knowledge.model import Knowledge

FAQ = "faq"
OUT_OF_SCOPE = "out_of_scope"

PIPELINE: list[dict[str, Any]] = [
    {"name": "WhitespaceTokenizer"},
    {"name": "RegexFeaturizer"},
    {"name": "LexicalSyntacticFeaturizer"},
    {"name": "CountVectorsFeaturizer"},
    {"name": "CountVectorsFeaturizer", "analyzer": "char_wb", "min_ngram": 1, "max_ngram": 4},
    {"name": "DIETClassifier", "constrain_similarities": True},
    {"name": "EntitySynonymMapper"},
    {"name": "ResponseSelector", "retrieval_intent": FAQ, "constrain_similarities": True},
    {"name": "FallbackClassifier", "threshold": 0.3, "ambiguity_threshold": 0.1},
]


@dataclass(frozen=True)
class Training:
    """A training: wall-clock seconds, epochs, and the largest resident memory of the process in MiB."""

    seconds: float
    epochs: int
    peak_mib: float


def key(name: str) -> str:
    """An entry's id as a response key of the retrieval intent; Rasa allows no dot there."""
    return name.replace(".", "_")


def export(knowledge: Knowledge, folder: Path, epochs: int, limit: int | None = None) -> None:
    """Writes the project: entries and known topics as one retrieval intent, everything else as intents with rules.

    ``limit`` keeps only the first questions of each intent and language: enough to measure a message, the memory and
    the start, which hardly depend on them, without hours of training.
    """
    pipeline = [
        part | ({"epochs": epochs} if part["name"] in ("DIETClassifier", "ResponseSelector") else {})
        for part in PIPELINE
    ]
    examples: dict[str, list[str]] = {}
    for by_id in knowledge.questions.values():
        for name, questions in by_id.items():
            examples.setdefault(_intent(knowledge, name), []).extend(questions[:limit])
    plain = sorted(intent for intent in examples if not intent.startswith(f"{FAQ}/"))
    responses = {
        f"utter_{FAQ}/{key(name)}": [{"text": knowledge.answer(item, knowledge.post.default_language)}]
        for name, item in [*knowledge.entries.items(), *knowledge.topics.items()]
    }
    responses |= {f"utter_{intent}": [{"text": intent}] for intent in (*plain, "nlu_fallback")}
    rules = [
        {"rule": intent, "steps": [{"intent": intent}, {"action": f"utter_{intent}"}]}
        for intent in (*plain, "nlu_fallback", FAQ)
    ]
    nlu = [
        {"intent": intent, "examples": "".join(f"- {_example(text)}\n" for text in texts)}
        for intent, texts in sorted(examples.items())
    ]
    domain = {
        "version": "3.1",
        "intents": [*plain, FAQ],
        "responses": responses,
        "session_config": {"session_expiration_time": 60, "carry_over_slots_to_new_session": True},
    }
    policies = [{"name": "RulePolicy"}]
    config = {
        "recipe": "default.v1",
        "assistant_id": "vanilla",
        "language": "fr",
        "pipeline": pipeline,
        "policies": policies,
    }
    (folder / "data").mkdir(parents=True, exist_ok=True)
    _write(folder / "config.yml", config)
    _write(folder / "domain.yml", domain)
    _write(folder / "data" / "nlu.yml", {"version": "3.1", "nlu": nlu})
    _write(folder / "data" / "rules.yml", {"version": "3.1", "rules": rules})
    _write(folder / "credentials.yml", {"rest": None})
    _write(folder / "endpoints.yml", {})


def _intent(knowledge: Knowledge, name: str) -> str:
    if name in knowledge.entries or name in knowledge.topics:
        return f"{FAQ}/{key(name)}"
    return OUT_OF_SCOPE if name.startswith("other.") else key(name)


def _example(text: str) -> str:
    """A question without the characters that Rasa's format reads as entities or as a new line."""
    return " ".join(text.translate(str.maketrans("[](){}", "      ")).split())


def _write(path: Path, data: object) -> None:
    path.write_text(yaml.safe_dump(data, allow_unicode=True, sort_keys=False, width=1000), encoding="utf-8")


def train(folder: Path, epochs: int) -> Training:
    """Runs ``rasa train`` in the project.

    Raises:
        RuntimeError: It failed; the message names the log.
    """
    log = folder / "train.log"
    began = time.perf_counter()
    with log.open("w") as output:
        result = subprocess.run(
            [sys.executable, "-m", "rasa", "train"],
            cwd=folder,
            env=os.environ | {"RASA_TELEMETRY_ENABLED": "false"},
            stdout=output,
            stderr=output,
            check=False,
        )
    if result.returncode:
        raise RuntimeError(f"rasa train ended with exit code {result.returncode}; its log is {log}.")
    peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024
    return Training(time.perf_counter() - began, epochs, peak)


def serve_command(port: int) -> list[str]:
    """How the project is served."""
    return [sys.executable, "-m", "rasa", "run", "-p", str(port), "-i", "127.0.0.1"]


def is_right(knowledge: Knowledge, expected: Expectation, texts: list[str]) -> bool:
    """Whether a reply is what was expected; the language is not looked at, since this project cannot choose one."""
    if len(texts) != 1:
        return False
    text = texts[0]
    if expected.kind == ANSWER:
        return text in {_french(knowledge, name) for name in expected.names}
    if expected.kind == UNKNOWN:
        topics = [t for t in knowledge.topics.values() if not expected.names or t.section in expected.names]
        return text in {_french(knowledge, topic.id) for topic in topics}
    if expected.kind == FALLBACK:
        return text in (OUT_OF_SCOPE, "nlu_fallback")
    if expected.kind == CLARIFY:
        return text.startswith(("ambiguous_", "ask_"))
    if expected.kind == "safety":
        return text.startswith("safety_")
    talk = {key(name) for name, talk in knowledge.conversation.small_talk.items() if talk.kind == expected.kind}
    return text in talk


def _french(knowledge: Knowledge, name: str) -> str:
    item = knowledge.entries.get(name) or knowledge.topics.get(name)
    return knowledge.answer(item, knowledge.post.default_language) if item else ""
