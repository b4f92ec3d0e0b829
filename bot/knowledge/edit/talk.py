"""What is said and asked beside answers, put back as it was: whole files, and sample questions by their ids."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from pathlib import Path

from bot.knowledge import yaml_lines
from bot.knowledge.edit.drafts import EditError
from bot.knowledge.edit.editor import KnowledgeEditor
from bot.knowledge.edit.files import Files, alone
from bot.knowledge.edit.yaml_text import YamlText, YamlTextError, render
from bot.knowledge.reader import knowledge_files
from bot.knowledge.said import said

Asked = dict[str, list[str]]
"""Sample questions of one file, by id."""


def differing_questions(one: Path, other: Path) -> frozenset[str]:
    """The ids whose sample questions differ between two files; a file that is not there holds none.

    Raises:
        YamlFileError: One cannot be read.
    """
    here, there = _questions(one), _questions(other)
    return frozenset(name for name in {*here, *there} if here.get(name) != there.get(name))


def _questions(path: Path) -> Asked:
    data = yaml_lines.load(path).data if path.exists() else None
    return {str(name): list(map(str, questions or ())) for name, questions in (data or {}).items()}


class TalkEditor(KnowledgeEditor):
    """Puts back what is said and asked beside answers in one knowledge folder."""

    def put_back(self, served: Path, whole: Iterable[str], asked: Collection[str] = ()) -> list[str]:
        """Makes some files what is served, and the sample questions of some ids; the names of the files changed.

        Args:
            served: The folder of what is served.
            whole: Files by their names; one that is not served goes.
            asked: Ids; a file of questions in which nothing else differs becomes the served one to the letter.

        Raises:
            EditError: It cannot be written; a :class:`BrokenError` where a file cannot be read.
        """
        with alone(self.folder):
            files = Files(self.folder)
            for name in whole:
                self._as_served(files, served, name)
            for name in self._files_of_questions(served) if asked else ():
                ids = differing_questions(self._readable(self.folder / name), served / name)
                if ids and ids.issubset(asked):
                    self._as_served(files, served, name)
                elif ids.intersection(asked):
                    self._put_questions_back(files, served, name, sorted(ids.intersection(asked)))
            return files.store()

    def _files_of_questions(self, served: Path) -> list[str]:
        names = {path.relative_to(root).as_posix() for root in (self.folder, served) for path in knowledge_files(root)}
        return sorted(name for name in names if name.startswith("questions/"))

    def _as_served(self, files: Files, served: Path, name: str) -> None:
        path = self.folder / name
        if (served / name).exists():
            files.new[path] = (served / name).read_text(encoding="utf-8")
        elif path.exists():
            files.gone.add(path)

    def _put_questions_back(self, files: Files, served: Path, name: str, ids: Iterable[str]) -> None:
        path, before = self.folder / name, _questions(served / name)
        wanted = {one: before.get(one) for one in ids}
        if not path.exists():
            files.new[path] = "".join(render({one: questions for one, questions in wanted.items() if questions}, 0))
            return
        text = files.text(path)
        try:
            for one, questions in sorted(
                wanted.items(), key=lambda pair: not pair[1]
            ):  # so that the file is never empty
                self._put_one_back(text, one, questions)
        except YamlTextError as error:
            raise EditError(said("{name} cannot be written: {error}", name=name, error=error)) from error

    @staticmethod
    def _put_one_back(text: YamlText, name: str, questions: list[str] | None) -> None:
        if questions and text.data.get(name):
            text.set_list((name,), questions)
            return
        if name in text.data:
            text.remove((name,))
        if questions:
            text.append((), {name: questions})
