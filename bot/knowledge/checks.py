"""Finds mistakes in the knowledge and says for each where it is, what is wrong and how to mend it."""

from __future__ import annotations

import sys
from datetime import date
from pathlib import Path

from bot.knowledge import yaml_lines
from bot.knowledge.broken import broken_files
from bot.knowledge.consistency import Consistency
from bot.knowledge.file_checks import broken_line, looked_at, own_findings, schema
from bot.knowledge.findings import ERROR, WARNING, Finding
from bot.knowledge.reader import KnowledgeError, knowledge_files, read_knowledge
from bot.knowledge.said import ENGLISH, in_language, said
from bot.knowledge.yaml_lines import LinedDocument

__all__ = ["ERROR", "WARNING", "Finding", "check_folder", "report", "schema"]


def check_folder(folder: Path, today: date | None = None, *, past_broken: bool = False) -> list[Finding]:
    """All findings of a knowledge folder, by file and line.

    Files that are wrong by themselves are mended first: what the files say about each other is looked at then. With
    ``past_broken``, the files that can be read are held against each other even so; what the others hold is missing.
    """
    documents: dict[str, LinedDocument] = {}
    findings: list[Finding] = []
    if not (folder / "embassy.yml").exists():
        problem = said("there is no embassy.yml in {folder}", folder=folder)
        return [Finding("embassy.yml", 1, ERROR, problem, said("name the folder that holds the knowledge"))]
    for path in knowledge_files(folder):
        name = path.relative_to(folder).as_posix()
        try:
            documents[name] = yaml_lines.load(path)
        except yaml_lines.YamlFileError as error:
            findings.append(broken_line(folder, error))
            continue
        # What is right in the post's own file also depends on the machine: on the time zones that it knows.
        look = looked_at if name == "embassy.yml" else own_findings
        findings += look(name, documents[name])
    broken = broken_files(folder) if past_broken else {}
    if any(finding.severity == ERROR and finding.file not in broken for finding in findings):
        return sorted(set(findings))
    documents = {name: document for name, document in documents.items() if name not in broken}
    try:
        knowledge = read_knowledge(folder, documents=documents, without=broken)
    except KnowledgeError as error:
        return sorted([*findings, Finding("embassy.yml", 1, ERROR, error.args[0], said("see the line named there"))])
    findings += Consistency(knowledge, documents, today or date.today()).findings()
    return sorted(set(findings))


def report(findings: list[Finding], language: str = ENGLISH) -> int:
    """Prints findings in a language; 1 where there is an error."""
    for finding in findings:
        print(finding.told(language))
    errors = sum(finding.severity == ERROR for finding in findings)
    summary = said("{errors} errors, {warnings} warnings.", errors=errors, warnings=len(findings) - errors)
    print(in_language(summary, language), file=sys.stderr if errors else sys.stdout)
    return 1 if errors else 0
