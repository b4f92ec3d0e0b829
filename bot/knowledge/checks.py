"""Finds mistakes in the knowledge and says for each where it is, what is wrong and how to mend it."""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from importlib.resources import files
from pathlib import Path
from typing import Any

import jsonschema

from bot.knowledge import yaml_lines
from bot.knowledge.model import Entry, Knowledge, Topic
from bot.knowledge.reader import KnowledgeError, knowledge_files, read_knowledge
from bot.knowledge.yaml_lines import LinedDocument
from nlu.text import flat

ERROR, WARNING = "error", "warning"
FEWEST_QUESTIONS = 25
SOON = timedelta(days=14)
FEWEST_LETTERS = 40
MOST_LINES = 6

SCHEMAS = {
    "sections": "section",
    "topics": "topics",
    "questions": "questions",
    "embassy.yml": "embassy",
    "conversation.yml": "conversation",
}
PLACEHOLDER = re.compile(r"\{([^{}]*)\}")
FACT = re.compile(r"https?://[^\s,;)]+|[\w.+-]+@[\w-]+\.[\w.-]*\w|\+?\d[\d ]*\d|\d")
WORDING_VALUES = {"section", "aspect", "text"}

FORMATS = jsonschema.FormatChecker(formats=())
FORMATS.checks("date")(lambda value: isinstance(value, date))


@dataclass(frozen=True, order=True)
class Finding:
    """One mistake."""

    file: str
    line: int
    severity: str
    problem: str
    mend: str

    def __str__(self) -> str:
        return f"{self.file}:{self.line}: {self.severity}: {self.problem} → {self.mend}"


def check_folder(folder: Path, today: date | None = None) -> list[Finding]:
    """All findings of a knowledge folder, by file and line."""
    documents: dict[str, LinedDocument] = {}
    findings: list[Finding] = []
    if not (folder / "embassy.yml").exists():
        return [
            Finding(
                "embassy.yml",
                1,
                ERROR,
                f"there is no embassy.yml in {folder}",
                "name the folder that holds the knowledge",
            )
        ]
    for path in knowledge_files(folder):
        name = path.relative_to(folder).as_posix()
        try:
            documents[name] = yaml_lines.load(path)
        except yaml_lines.YamlFileError as error:
            findings.append(Finding(name, error.line, ERROR, error.reason, "correct the line, or undo the last change"))
            continue
        findings += _repeated_keys(name, documents[name])
        findings += _schema_findings(name, documents[name])
    if any(finding.severity == ERROR for finding in findings):
        return sorted(findings)
    try:
        knowledge = read_knowledge(folder)
    except KnowledgeError as error:
        return sorted([*findings, Finding("embassy.yml", 1, ERROR, str(error), "see the line named there")])
    findings += _Checker(knowledge, documents, today or date.today()).findings()
    return sorted(set(findings))


def report(findings: list[Finding]) -> int:
    """Prints findings; 1 where there is an error."""
    for finding in findings:
        print(finding)
    errors = sum(finding.severity == ERROR for finding in findings)
    print(f"{errors} errors, {len(findings) - errors} warnings.", file=sys.stderr if errors else sys.stdout)
    return 1 if errors else 0


def _repeated_keys(name: str, document: LinedDocument) -> Iterator[Finding]:
    for path, line in document.repeated:
        yield Finding(
            name,
            line,
            ERROR,
            f"'{path[-1]}' stands twice at the same level",
            "keep one of the two and remove the other",
        )


def _schema_findings(name: str, document: LinedDocument) -> Iterator[Finding]:
    kind = SCHEMAS.get(name.split("/")[0])
    if kind is None:
        return
    validator = jsonschema.Draft7Validator(schema(kind), format_checker=FORMATS)
    for error in validator.iter_errors(document.data):
        path = tuple(part if isinstance(part, int) else str(part) for part in error.absolute_path)
        yield Finding(name, document.line(*path), ERROR, *_explained(error))


def schema(kind: str) -> dict[str, Any]:
    """The JSON Schema of one kind of file."""
    text = (files("bot.knowledge") / "schemas" / f"{kind}.schema.json").read_text(encoding="utf-8")
    return dict(json.loads(text))


def _explained(error: jsonschema.ValidationError) -> tuple[str, str]:
    """A schema error in staff's words: problem and mend."""
    rule: Any = error.validator_value
    known_keys: Any = error.schema
    where = ".".join(str(part) for part in error.absolute_path) or "the file"
    if error.validator == "required":
        given: Any = error.instance or {}
        missing = [name for name in rule if name not in given]
        return f"{where} has no {' and no '.join(missing)}", f"add a line '{missing[0]}:' with its text"
    if error.validator == "additionalProperties" and isinstance(error.instance, dict):
        known = known_keys.get("properties", {})
        unknown = [str(key) for key in error.instance if key not in known]
        return f"{where} has the unknown name '{unknown[0] if unknown else '?'}'", f"known names are {', '.join(known)}"
    if error.validator == "enum":
        return f"{where} is '{error.instance}'", f"write one of {', '.join(map(str, rule))}"
    if error.validator == "format" and rule == "date":
        return f"{where} is {error.instance!r}, not a day", "write the day like 2026-11-23, without quotes"
    if error.validator == "type":
        return (
            f"{where} is {error.instance!r}, not of the kind {rule}",
            "put the text in quotes if it is meant as text",
        )
    return f"{where}: {error.message[:160]}", "see the example in docs/knowledge.md"


class _Checker:
    """Checks that need the whole knowledge."""

    def __init__(self, knowledge: Knowledge, documents: dict[str, LinedDocument], today: date) -> None:
        self._knowledge = knowledge
        self._documents = documents
        self._today = today

    def findings(self) -> Iterator[Finding]:
        yield from self._ids()
        for entry in self._knowledge.entries.values():
            yield from self._facts(entry)
            yield from self._review(entry)
            yield from self._thin(entry)
        for topic in self._knowledge.topics.values():
            yield from self._facts(topic)
            yield from self._numbers_in_topic(topic)
            if topic.section not in self._knowledge.sections:
                yield self._at(
                    topic,
                    ERROR,
                    f"{topic.id} names the section '{topic.section}', which does not exist",
                    "write the id of a section",
                )
        yield from self._references()
        yield from self._questions()

    def _at(self, item: Entry | Topic, severity: str, problem: str, mend: str) -> Finding:
        return Finding(item.place.file, item.place.line, severity, problem, mend)

    def _ids(self) -> Iterator[Finding]:
        seen: dict[str, Entry | Topic] = {}
        for section in self._knowledge.sections.values():
            items: list[Entry | Topic] = [*section.entries, *section.topics]
            for item in items:
                if item.id in seen:
                    yield self._at(
                        item,
                        ERROR,
                        f"the id {item.id} is used twice (also {seen[item.id].place})",
                        "give one of them another id",
                    )
                seen[item.id] = item
            for entry in section.entries:
                if not entry.id.startswith(section.id + "."):
                    yield self._at(
                        entry,
                        ERROR,
                        f"{entry.id} stands in the section {section.id}",
                        f"begin its id with '{section.id}.'",
                    )
            if sum(entry.aspect == "overview" for entry in section.entries) != 1:
                yield Finding(
                    section.place.file,
                    1,
                    ERROR,
                    f"{section.id} needs exactly one entry with 'aspect: overview'",
                    "mark the entry that says what the office does",
                )

    def _facts(self, item: Entry | Topic) -> Iterator[Finding]:
        """Numbers, mails, links and contacts must be the same in every language, and contacts must exist."""
        found = {}
        for language, text in item.answer.items():
            names = PLACEHOLDER.findall(text)
            for name in names:
                if name not in self._knowledge.post.contacts:
                    yield self._at(
                        item,
                        ERROR,
                        f"{item.id} ({language}) refers to the contact {{{name}}}, which does not exist",
                        "use a contact of embassy.yml, or add it there",
                    )
            plain = PLACEHOLDER.sub(" ", text)
            found[language] = {f"{{{name}}}" for name in names} | {fact.strip() for fact in FACT.findall(plain)}
            for contact in self._knowledge.post.contacts.values():
                if contact.kind != "name" and contact.value in plain:
                    yield self._at(
                        item,
                        WARNING,
                        f"{item.id} ({language}) spells out {contact.value}",
                        f"write {{{contact.id}}} instead, so that it is corrected in one place",
                    )
        every = set().union(*found.values())
        for language, facts in sorted(found.items()):
            for fact in sorted(every - facts):
                yield self._at(
                    item,
                    ERROR,
                    f"{item.id}: '{fact}' is missing in '{language}' but stands in another language",
                    "say the same in every language",
                )

    def _numbers_in_topic(self, topic: Topic) -> Iterator[Finding]:
        """A topic may name its own section's contacts, since it sends people there, and no other fact."""
        section = self._knowledge.sections.get(topic.section)
        entries = section.entries if section else ()
        own = {contact.id for entry in entries for contact in self._knowledge.contacts_in(entry)}
        for language, text in topic.answer.items():
            foreign = set(PLACEHOLDER.findall(text)) - own
            if foreign or FACT.search(PLACEHOLDER.sub(" ", text)):
                yield self._at(
                    topic,
                    WARNING,
                    f"{topic.id} ({language}) gives a number, mail or link of another office",
                    "a topic says what is missing; an answer with facts belongs in the section's entries",
                )

    def _review(self, entry: Entry) -> Iterator[Finding]:
        if entry.checked > self._today:
            yield self._at(
                entry,
                WARNING,
                f"{entry.id} was checked on {entry.checked}, which is still to come",
                "write the day of the check",
            )
        if entry.valid_until is not None and entry.valid_until < entry.checked:
            yield self._at(
                entry,
                ERROR,
                f"{entry.id} is valid until {entry.valid_until}, before the day on which it was checked",
                "write a later day behind 'valid_until', or remove it",
            )
        elif entry.valid_until is not None and entry.valid_until - SOON < self._today:
            over = entry.valid_until < self._today
            yield self._at(
                entry,
                WARNING,
                f"{entry.id} {'has withdrawn itself' if over else 'withdraws itself'} after {entry.valid_until}",
                "check it with its office, then set 'valid_until' anew or remove it",
            )
        if entry.review_by < self._today:
            yield self._at(
                entry,
                WARNING,
                f"{entry.id} was due for review by {entry.review_by}",
                "compare it with the page, then set 'checked' and 'review_by'",
            )

    def _thin(self, entry: Entry) -> Iterator[Finding]:
        for language, text in entry.answer.items():
            if len(text) < FEWEST_LETTERS:
                yield self._at(
                    entry,
                    WARNING,
                    f"{entry.id} ({language}) answers in only {len(text)} characters",
                    "let the answer stand by itself: name the office and the fact",
                )
            if len(text.splitlines()) > MOST_LINES:
                yield self._at(
                    entry,
                    WARNING,
                    f"{entry.id} ({language}) has {len(text.splitlines())} lines",
                    "keep to two to five lines",
                )
        for language in self._knowledge.post.languages:
            count = len(self._knowledge.questions.get(language, {}).get(entry.id, ()))
            if count < FEWEST_QUESTIONS:
                yield self._at(
                    entry,
                    WARNING if count else ERROR,
                    f"{entry.id} has {count} sample questions in '{language}'",
                    f"write at least {FEWEST_QUESTIONS}, in knowledge/questions/{language}/",
                )

    def _references(self) -> Iterator[Finding]:
        known = {*self._knowledge.entries, *self._knowledge.topics, *self._knowledge.conversation.small_talk}
        for entry in self._knowledge.entries.values():
            for name in entry.items:
                if name not in known:
                    yield self._at(
                        entry, ERROR, f"{entry.id} lists '{name}', which does not exist", "write the id of an entry"
                    )
        for clarification in self._knowledge.conversation.clarifications.values():
            for name in clarification.options:
                if name not in known:
                    yield Finding(
                        clarification.place.file,
                        clarification.place.line,
                        ERROR,
                        f"{clarification.id} offers '{name}', which does not exist",
                        "write the id of an entry",
                    )

    def _questions(self) -> Iterator[Finding]:
        conversation = self._knowledge.conversation
        known = {
            *self._knowledge.entries,
            *self._knowledge.topics,
            *conversation.small_talk,
            *conversation.clarifications,
        }
        known |= {rule.id for rule in conversation.safety}
        for name, document in self._documents.items():
            if not name.startswith("questions/"):
                continue
            for owner in document.data or {}:
                if owner not in known and not owner.startswith("other."):
                    yield Finding(
                        name,
                        document.line(owner),
                        ERROR,
                        f"there are questions for '{owner}', which does not exist",
                        "write the id of an entry or topic",
                    )
        yield from self._same_question()

    def _same_question(self) -> Iterator[Finding]:
        """Within a language a question may stand only once; two entries that share it would both be guessed at."""
        seen: dict[tuple[str, str], tuple[str, str]] = {}
        for name, document in self._documents.items():
            if not name.startswith("questions/"):
                continue
            language = name.split("/")[1]
            for owner, questions in (document.data or {}).items():
                for index, question in enumerate(questions):
                    key = (language, flat(str(question)) or str(question))
                    line = document.line(owner, index)
                    if key in seen and seen[key][0] != owner:
                        yield Finding(
                            name,
                            line,
                            ERROR,
                            f"'{question}' stands under {owner} and under {seen[key][0]} ({seen[key][1]})",
                            "keep it where its best answer is",
                        )
                    seen.setdefault(key, (owner, f"{name}:{line}"))
