"""Reads the knowledge folder. Lenient about what is only odd; ``checks`` tells staff about that."""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping
from datetime import date, datetime
from pathlib import Path
from typing import Any

from bot.knowledge import yaml_lines
from bot.knowledge.file_checks import broken_line, misshapen, own_findings
from bot.knowledge.findings import ERROR, Finding
from bot.knowledge.model import (
    Clarification,
    Contact,
    Conversation,
    Entry,
    Knowledge,
    Place,
    Post,
    Questions,
    SafetyRule,
    Section,
    SmallTalk,
    Text,
    Topic,
    Words,
)
from bot.knowledge.said import Said, said
from bot.knowledge.yaml_lines import LinedDocument
from bot.knowledge.zones import UTC, ZoneError, zone_of

INCOMPLETE = (KeyError, TypeError, AttributeError, IndexError)
"""What reading a file raises that lacks something, or holds something else."""


class KnowledgeError(ValueError):
    """The knowledge cannot be used as it is; the message says where and what to do."""


def knowledge_files(folder: Path) -> list[Path]:
    """All files of the knowledge, in a fixed order."""
    return sorted(path for path in folder.rglob("*.yml") if not path.name.startswith("."))


def answer_files(folder: Path) -> list[Path]:
    """The files that answers depend on: all but sample questions and stories."""
    return [
        path for path in knowledge_files(folder) if path.relative_to(folder).parts[0] not in ("questions", "stories")
    ]


def knowledge_version(folder: Path) -> str:
    """Twelve hexadecimal digits that change whenever a file of the knowledge changes."""
    digest = hashlib.sha256()
    for path in knowledge_files(folder):
        digest.update(path.relative_to(folder).as_posix().encode() + b"\0" + path.read_bytes() + b"\0")
    return digest.hexdigest()[:12]


def read_knowledge(
    folder: Path,
    *,
    questions: bool = True,
    documents: Mapping[str, LinedDocument] | None = None,
    without: Collection[str] = (),
) -> Knowledge:
    """Everything under ``folder``, with or without the sample questions.

    Args:
        folder: The knowledge.
        questions: Whether the sample questions are wanted.
        documents: Files that were read before, by their path below the folder; they are not read again.
        without: Files to leave out, by their path below the folder; ``embassy.yml`` cannot be.

    Raises:
        KnowledgeError: A file is missing or broken, with file, line and what to do.
    """
    reader = _Reader(folder, questions, documents or {}, without)
    try:
        return reader.read()
    except yaml_lines.YamlFileError as error:
        raise KnowledgeError(unreadable(folder, error)) from error
    except INCOMPLETE as error:
        raise KnowledgeError(_told(why_incomplete(folder, reader.reading))) from error


def _told(finding: Finding) -> Said:
    return said(
        "{place}: {problem} → {mend}.",
        place=Place(finding.file, finding.line),
        problem=finding.problem,
        mend=finding.mend,
    )


def unreadable(folder: Path, error: yaml_lines.YamlFileError) -> Said:
    """What is said of a file that cannot be read: its path below the folder, the line, what is wrong, what to do."""
    return _told(broken_line(folder, error))


def why_incomplete(folder: Path, name: str) -> Finding:
    """What is missing from a file that is valid YAML and yet cannot be taken, as ``embassy-bot check`` tells it."""
    try:
        found = own_findings(name, yaml_lines.load(folder / name))
    except yaml_lines.YamlFileError as error:  # it was changed at this very moment
        found = (broken_line(folder, error),)
    if found:
        return min(found)
    problem = said("does not hold what such a file holds")
    return Finding(name, 1, ERROR, problem, said("run `embassy-bot check`: it names the line and what to write"))


def read_alone(folder: Path, name: str) -> None:
    """Reads one file of the knowledge as :func:`read_knowledge` does, to see whether it can be read.

    Raises:
        KnowledgeError, YamlFileError, KeyError, TypeError, AttributeError, IndexError: It cannot.
    """
    _Reader(folder, True, {}, ()).read_alone(folder / name)


class _Reader:
    def __init__(
        self, folder: Path, questions: bool, documents: Mapping[str, LinedDocument], without: Collection[str]
    ) -> None:
        self._folder = folder
        self._documents = documents
        self._with_questions = questions
        self._without = without
        self.reading = ""
        """The file that was read last."""

    def read(self) -> Knowledge:
        post = self._post()
        topics = self._topics()
        sections = {section.id: section for section in self._sections(topics)}
        return Knowledge(
            post=post,
            sections=sections,
            conversation=self._conversation(post.languages),
            questions=self._questions(post.languages) if self._with_questions else {},
            version=knowledge_version(self._folder),
        )

    def read_alone(self, path: Path) -> None:
        room = path.relative_to(self._folder).parts[0]
        if room == "sections":
            self._section(path, {})
        elif room == "topics":
            self._topics_in(path)
        elif room == "questions":
            self._questions_in(path, defaultdict(list))
        elif room == "conversation.yml":
            self._conversation(())
        else:
            self._load(path)

    def _paths(self, room: str) -> list[Path]:
        return [path for path in sorted((self._folder / room).glob("*.yml")) if not self._is_left_out(path)]

    def _is_left_out(self, path: Path) -> bool:
        return path.relative_to(self._folder).as_posix() in self._without

    def _load(self, path: Path) -> LinedDocument:
        self.reading = path.relative_to(self._folder).as_posix()
        document = self._documents.get(self.reading) or yaml_lines.load(path)
        if (finding := misshapen(self.reading, document)) is not None:
            raise yaml_lines.YamlFileError(path, finding.line, finding.problem, finding.mend)
        return document

    def _place(self, path: Path, document: LinedDocument, *where: str | int) -> Place:
        return Place(path.relative_to(self._folder).as_posix(), document.line(*where))

    def _post(self) -> Post:
        path = self._folder / "embassy.yml"
        document = self._load(path)
        data = document.data
        contacts = {
            str(name): Contact(
                str(name), value["kind"], str(value["value"]), self._place(path, document, "contacts", name)
            )
            for name, value in (data.get("contacts") or {}).items()
        }
        return Post(
            name=_text(data["name"]),
            languages=tuple(data["languages"]),
            default_language=data["default_language"],
            page_title=data["page"]["title"],
            contacts=contacts,
            time_zone=self._time_zone(data, self._place(path, document, "time_zone")),
            page_language=data["page"].get("language") or "en",
        )

    def _time_zone(self, data: Mapping[str, Any], place: Place) -> str:
        """Not lenient: figures of another zone's hours would look like right ones."""
        name = str(data.get("time_zone") or UTC)
        try:
            zone_of(name)
        except ZoneError as error:
            raise KnowledgeError(said("{place}: {error}", place=place, error=error.args[0])) from error
        return name

    def _sections(self, topics: Mapping[str, list[Topic]]) -> Iterator[Section]:
        for path in self._paths("sections"):
            yield self._section(path, topics)

    def _section(self, path: Path, topics: Mapping[str, list[Topic]]) -> Section:
        document = self._load(path)
        data = document.data
        name = data["section"]
        entries = tuple(self._entry(path, document, index, raw, name) for index, raw in enumerate(data["entries"]))
        return Section(
            id=name,
            name=_text(data["name"]),
            short=_text(data.get("short") or data["name"]),
            entries=entries,
            topics=tuple(topics.get(name, ())),
            place=self._place(path, document),
        )

    def _entry(self, path: Path, document: LinedDocument, index: int, raw: Mapping[str, Any], section: str) -> Entry:
        return Entry(
            id=raw["id"],
            section=section,
            aspect=raw.get("aspect", "detail"),
            title=_text(raw["title"]),
            answer=_text(raw["answer"]),
            source=str(raw.get("source", "")),
            checked=_date(raw.get("checked")),
            review_by=_date(raw.get("review_by")),
            place=self._place(path, document, "entries", index),
            items=tuple(raw.get("items") or ()),
            owner=str(raw.get("owner") or "").strip(),
            valid_until=self._last_day(raw, self._place(path, document, "entries", index, "valid_until")),
            enabled=self._switch(raw, self._place(path, document, "entries", index, "enabled")),
        )

    def _last_day(self, raw: Mapping[str, Any], place: Place) -> date | None:
        """Not lenient: an answer that was to end on some day must not go on for ever because of a slip."""
        value = raw.get("valid_until")
        if value is not None and not isinstance(value, date):
            raise KnowledgeError(
                said(
                    "{place}: valid_until is {value}, not a day. Write it like 2026-11-23, no quotes.",
                    place=place,
                    value=repr(value),
                )
            )
        return _date(value) if value is not None else None

    def _switch(self, raw: Mapping[str, Any], place: Place) -> bool:
        value = raw.get("enabled", True)
        if not isinstance(value, bool):
            raise KnowledgeError(
                said("{place}: enabled is {value}. Write true or false, no quotes.", place=place, value=repr(value))
            )
        return value

    def _topics(self) -> Mapping[str, list[Topic]]:
        found: dict[str, list[Topic]] = defaultdict(list)
        for path in self._paths("topics"):
            for topic in self._topics_in(path):
                found[topic.section].append(topic)
        return found

    def _topics_in(self, path: Path) -> list[Topic]:
        document = self._load(path)
        return [
            Topic(
                id=raw["id"],
                section=raw.get("section", document.data.get("section")),
                aspect=raw.get("aspect", "detail"),
                title=_text(raw["title"]),
                answer=_text(raw["answer"]),
                place=self._place(path, document, "topics", index),
                elsewhere=bool(raw.get("elsewhere", False)),
            )
            for index, raw in enumerate(document.data["topics"])
        ]

    def _conversation(self, languages: tuple[str, ...]) -> Conversation:
        path = self._folder / "conversation.yml"
        if self._is_left_out(path):
            return Conversation({}, {}, (), {}, {}, {})
        document = self._load(path)
        data = document.data

        def place(*where: str | int) -> Place:
            return self._place(path, document, *where)

        return Conversation(
            small_talk={
                name: SmallTalk(name, raw["kind"], _text(raw["answer"]), place("small_talk", name))
                for name, raw in data["small_talk"].items()
            },
            clarifications={
                name: Clarification(name, _text(raw["question"]), tuple(raw["options"]), place("clarifications", name))
                for name, raw in data["clarifications"].items()
            },
            safety=tuple(
                SafetyRule(name, tuple(raw["patterns"]), _text(raw["answer"]), place("safety", name))
                for name, raw in data["safety"].items()
            ),
            wording={name: _text(raw) for name, raw in data["wording"].items()},
            aspects={name: _text(raw) for name, raw in data["aspects"].items()},
            cues={
                name: {language: tuple(patterns) for language, patterns in raw.items()}
                for name, raw in data["cues"].items()
            },
        )

    def _questions(self, languages: tuple[str, ...]) -> Questions:
        found: dict[str, dict[str, tuple[str, ...]]] = {}
        for language in languages:
            by_id: dict[str, list[str]] = defaultdict(list)
            for path in self._paths(f"questions/{language}"):
                self._questions_in(path, by_id)
            found[language] = {name: tuple(questions) for name, questions in by_id.items()}
        return found

    def _questions_in(self, path: Path, by_id: dict[str, list[str]]) -> None:
        for name, questions in self._load(path).data.items():
            by_id[name].extend(str(question) for question in questions or ())


def _text(raw: Any) -> Text:
    if not isinstance(raw, dict):
        raise TypeError(f"expected one text for each language, found {raw!r}")
    return Words({str(code): text for code, words in raw.items() if words is not None and (text := str(words).strip())})


def _date(raw: Any) -> date:
    if isinstance(raw, datetime):
        return raw.date()
    return raw if isinstance(raw, date) else date.min
