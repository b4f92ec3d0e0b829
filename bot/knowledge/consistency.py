"""Checks that need the whole knowledge: what its parts say about each other."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import date, timedelta
from functools import lru_cache

from bot.knowledge.contacts import REFERENCE, brace_problem, contact_problem, spelling
from bot.knowledge.findings import ERROR, WARNING, Finding
from bot.knowledge.guides import DANGER, circle_in, guide_asked, stories_of, turns_in
from bot.knowledge.model import GREETING, LONGEST_GREETING, Entry, Knowledge, Place, Topic
from bot.knowledge.said import Said, said
from bot.knowledge.shown import Shown, filled, unfilled
from bot.knowledge.yaml_lines import LinedDocument
from nlu.text import flat

FEWEST_QUESTIONS = 25
SOON = timedelta(days=14)
FEWEST_LETTERS = 40
MOST_LINES = 6
FACT = re.compile(r"https?://[^\s,;)]+|[\w.+-]+@[\w-]+\.[\w.-]*\w|\+?\d[\d ]*\d|\d")

CONVERSATION = "conversation.yml"
BLANKS = {
    "part": ("text",),
    "missing-aspect": ("aspect", "section"),
    "no-more": ("section",),
    "about-embassy-unknown": ("section",),
    "withdrawn": ("section",),
}
"""What is filled into fixed wordings beside contacts."""


def thin(knowledge: Knowledge, item: Entry | Topic) -> dict[str, int]:
    """The languages in which an answer has too few sample questions, with how many; a known topic may have few."""
    if isinstance(item, Topic):
        return {}
    counts = {code: len(knowledge.questions.get(code, {}).get(item.id, ())) for code in knowledge.post.languages}
    return {code: count for code, count in counts.items() if count < FEWEST_QUESTIONS}


class Consistency:
    """Everything that can be found wrong in a knowledge whose files can all be read."""

    def __init__(self, knowledge: Knowledge, documents: dict[str, LinedDocument], today: date) -> None:
        self._knowledge = knowledge
        self._documents = documents
        self._today = today

    def findings(self) -> Iterator[Finding]:
        """All findings."""
        yield from self._contacts()
        yield from self._ids()
        for shown in self._spoken():
            yield from self._facts(shown)
        for entry in self._knowledge.entries.values():
            yield from self._review(entry)
            yield from self._thin(entry)
        for topic in self._knowledge.topics.values():
            yield from self._numbers_in_topic(topic)
            if topic.section not in self._knowledge.sections:
                problem = said(
                    "{id} names the section '{section}', which does not exist", id=topic.id, section=topic.section
                )
                yield self._at(topic, ERROR, problem, said("write the id of a section"))
        yield from self._greeting()
        yield from self._unfilled()
        yield from self._references()
        yield from self._stories()
        yield from self._questions()

    def _at(self, item: Entry | Topic | Shown, severity: str, problem: Said, mend: Said) -> Finding:
        return Finding(item.place.file, item.place.line, severity, problem, mend)

    def _spoken(self) -> Iterator[Shown]:
        """Every text in which contacts are filled in, wherever it stands; what aspects are called is put into one."""
        talk, name = self._knowledge.conversation, said("the name")
        for shown in filled(self._knowledge):
            yield replace(shown, place=self._line("wording", shown.id)) if shown.id in talk.wording else shown
        for aspect, text in talk.aspects.items():
            yield Shown(aspect, name, text, self._line("aspects", aspect))

    def _line(self, *where: str) -> Place:
        document = self._documents.get(CONVERSATION)
        return Place(CONVERSATION, document.line(*where) if document is not None else 1)

    def _contacts(self) -> Iterator[Finding]:
        for contact in self._knowledge.post.contacts.values():
            wrong = contact_problem(contact.kind, contact.value)
            if wrong is not None:
                problem = said("the contact {id}: {wrong}", id=contact.id, wrong=wrong)
                mend = said("correct its kind or its value")
                yield Finding(contact.place.file, contact.place.line, ERROR, problem, mend)

    def _ids(self) -> Iterator[Finding]:
        seen: dict[str, Entry | Topic] = {}
        for section in self._knowledge.sections.values():
            items: list[Entry | Topic] = [*section.entries, *section.topics]
            for item in items:
                if item.id in seen:
                    problem = said("the id {id} is used twice (also {place})", id=item.id, place=seen[item.id].place)
                    yield self._at(item, ERROR, problem, said("give one of them another id"))
                seen[item.id] = item
            for entry in section.entries:
                if not entry.id.startswith(section.id + "."):
                    problem = said("{id} stands in the section {section}", id=entry.id, section=section.id)
                    yield self._at(entry, ERROR, problem, said("begin its id with '{section}.'", section=section.id))
            if sum(entry.aspect == "overview" for entry in section.entries) != 1:
                problem = said("{id} needs exactly one entry with 'aspect: overview'", id=section.id)
                mend = said("mark the entry that says what the office does")
                yield Finding(section.place.file, 1, ERROR, problem, mend)

    def _facts(self, item: Shown) -> Iterator[Finding]:
        """Numbers, mails, links and contacts must be the same in every language, and contacts must exist."""
        found = {}
        for language, text in item.text.items():
            names = REFERENCE.findall(text)
            yield from self._braces(item, language, text, names)
            plain = REFERENCE.sub(" ", text)
            found[language] = {f"{{{name}}}" for name in names} | {fact.strip() for fact in FACT.findall(plain)}
            for contact in self._knowledge.post.contacts.values():
                if spelling(contact.kind, contact.value).search(plain):
                    problem = said("{id} ({language}) spells out {value}", id=item.id, language=language,
                                   value=contact.value)  # fmt: skip
                    mend = said("write {{{id}}} instead, so that it is corrected in one place", id=contact.id)
                    yield self._at(item, WARNING, problem, mend)
        every = set().union(*found.values())
        for language, facts in sorted(found.items()):
            for fact in sorted(every - facts):
                problem = said("{id}: '{fact}' is missing in '{language}' but stands in another language",
                               id=item.id, fact=fact, language=language)  # fmt: skip
                yield self._at(item, ERROR, problem, said("say the same in every language"))

    def _braces(self, item: Shown, language: str, text: str, names: list[str]) -> Iterator[Finding]:
        """Each pair of braces holds a contact that exists or what is filled in there, and no brace stands alone."""
        blanks = BLANKS.get(item.id, ())
        mend = said("use a contact of embassy.yml, or add it there")
        if blanks:
            mend = said("use a contact of embassy.yml, or {blanks}", blanks=", ".join(f"{{{name}}}" for name in blanks))
        for name in names:
            if name not in self._knowledge.post.contacts and name not in blanks:
                problem = said("{id} ({language}) refers to the contact {{{name}}}, which does not exist",
                               id=item.id, language=language, name=name)  # fmt: skip
                yield self._at(item, ERROR, problem, mend)
        wrong = brace_problem(text)
        if wrong is not None:
            problem = said("{id} ({language}): {wrong}", id=item.id, language=language, wrong=wrong)
            yield self._at(item, ERROR, problem, said("write a contact like {{press-phone}}, with both braces"))

    def _unfilled(self) -> Iterator[Finding]:
        """Where nothing is filled in, people would be shown the braces."""
        mend = said("write it in words there, and give the contact in the answer")
        for shown in unfilled(self._knowledge):
            for language, text in shown.text.items():
                if not {"{", "}"}.isdisjoint(text):
                    problem = said("{id} ({language}): {what} would be shown with its braces, “{text}”", id=shown.id,
                                   language=language, what=shown.what, text=text)  # fmt: skip
                    yield Finding(shown.place.file, shown.place.line, ERROR, problem, mend)

    def _numbers_in_topic(self, topic: Topic) -> Iterator[Finding]:
        """A topic may name its own section's contacts, since it sends people there, and no other fact."""
        section = self._knowledge.sections.get(topic.section)
        entries = section.entries if section else ()
        own = {contact.id for entry in entries for contact in self._knowledge.contacts_in(entry)}
        for language, text in topic.answer.items():
            foreign = set(REFERENCE.findall(text)) - own
            if foreign or FACT.search(REFERENCE.sub(" ", text)):
                problem = said("{id} ({language}) gives a number, mail or link of another office",
                               id=topic.id, language=language)  # fmt: skip
                mend = said("a topic says what is missing; an answer with facts belongs in the section's entries")
                yield self._at(topic, WARNING, problem, mend)

    def _review(self, entry: Entry) -> Iterator[Finding]:
        if entry.checked > self._today:
            problem = said("{id} was checked on {day}, which is still to come", id=entry.id, day=entry.checked)
            yield self._at(entry, WARNING, problem, said("write the day of the check"))
        if entry.valid_until is not None:
            yield from self._last_day(entry, entry.valid_until)
        if entry.review_by < entry.checked:
            problem = said("{id} is to be reviewed by {day}, before the day on which it was checked",
                           id=entry.id, day=entry.review_by)  # fmt: skip
            yield self._at(entry, ERROR, problem, said("write a later day behind 'review_by'"))
        elif entry.review_by < self._today:
            problem = said("{id} was due for review by {day}", id=entry.id, day=entry.review_by)
            mend = said("compare it with the page, then set 'checked' and 'review_by'")
            yield self._at(entry, WARNING, problem, mend)

    def _last_day(self, entry: Entry, day: date) -> Iterator[Finding]:
        if day < entry.checked:
            problem = said("{id} is valid until {day}, before the day on which it was checked", id=entry.id, day=day)
            yield self._at(entry, ERROR, problem, said("write a later day behind 'valid_until', or remove it"))
        elif day - SOON < self._today:
            if day < self._today:
                problem = said("{id} has withdrawn itself after {day}", id=entry.id, day=day)
            else:
                problem = said("{id} withdraws itself after {day}", id=entry.id, day=day)
            mend = said("check it with its office, then set 'valid_until' anew or remove it")
            yield self._at(entry, WARNING, problem, mend)

    def _thin(self, entry: Entry) -> Iterator[Finding]:
        for language, text in entry.answer.items():
            if len(text) < FEWEST_LETTERS:
                problem = said("{id} ({language}) answers in only {count} characters", id=entry.id, language=language,
                               count=len(text))  # fmt: skip
                mend = said("let the answer stand by itself: name the office and the fact")
                yield self._at(entry, WARNING, problem, mend)
            lines = len(text.splitlines())
            if lines > MOST_LINES:
                problem = said("{id} ({language}) has {count} lines", id=entry.id, language=language, count=lines)
                yield self._at(entry, WARNING, problem, said("keep to two to five lines"))
        for language, count in thin(self._knowledge, entry).items():
            problem = said("{id} has {count} sample questions in '{language}'", id=entry.id, count=count,
                           language=language)  # fmt: skip
            mend = said("write at least {fewest}, in knowledge/questions/{language}/", fewest=FEWEST_QUESTIONS,
                        language=language)  # fmt: skip
            yield self._at(entry, WARNING if count else ERROR, problem, mend)

    def _greeting(self) -> Iterator[Finding]:
        greeting = self._knowledge.conversation.small_talk.get(GREETING)
        if greeting is None:
            return
        for language, text in greeting.answer.items():
            count = len(self._knowledge.fill(text))
            if count > LONGEST_GREETING:
                problem = said("{id} ({language}) has {count} characters", id=GREETING, language=language, count=count)
                mend = said("keep to {most}: the chat on web sites carries it to every page", most=LONGEST_GREETING)
                yield Finding(greeting.place.file, greeting.place.line, ERROR, problem, mend)

    def _references(self) -> Iterator[Finding]:
        known = {*self._knowledge.entries, *self._knowledge.topics, *self._knowledge.conversation.small_talk}
        mend = said("write the id of an entry")
        for entry in self._knowledge.entries.values():
            for name in entry.items:
                if name not in known:
                    problem = said("{id} lists '{name}', which does not exist", id=entry.id, name=name)
                    yield self._at(entry, ERROR, problem, mend)
        for asked in self._knowledge.conversation.clarifications.values():
            for name in asked.options:
                if name not in known:
                    problem = said("{id} offers '{name}', which does not exist", id=asked.id, name=name)
                    yield Finding(asked.place.file, asked.place.line, ERROR, problem, mend)

    def _known(self) -> set[str]:
        conversation = self._knowledge.conversation
        known = {*self._knowledge.entries, *self._knowledge.topics, *conversation.small_talk}
        return known | {*conversation.clarifications} | {rule.id for rule in conversation.safety}

    def _stories(self) -> Iterator[Finding]:
        """What a guided conversation begins with and leads to must exist, as must the question that it asks."""
        known = self._known()
        links: dict[str, list[str]] = {}
        places: dict[str, tuple[str, int]] = {}
        for name, document in self._documents.items():
            if not name.startswith("stories/"):
                continue
            for at, steps in enumerate(stories_of(document.data)):
                line = document.line("stories", at)
                for intent in (str(step.get("intent") or "") for step in steps):
                    if intent.startswith(DANGER):
                        problem = said("a guided conversation leads over the danger '{name}', which always gets its "
                                       "fixed reply", name=intent)  # fmt: skip
                        yield Finding(name, line, ERROR, problem, said("take the story out, or begin it otherwise"))
                    elif intent and intent not in known and not intent.startswith("other."):
                        problem = said("a guided conversation leads over '{name}', which does not exist", name=intent)
                        yield Finding(name, line, ERROR, problem, said("write the id of an entry or topic"))
                for guide in filter(None, map(guide_asked, steps)):
                    if guide not in self._knowledge.conversation.clarifications:
                        problem = said("a guided conversation asks '{name}', which does not exist", name=guide)
                        mend = said("add this question to conversation.yml, or take the story out")
                        yield Finding(name, line, ERROR, problem, mend)
                for before, _, guide in turns_in(steps):
                    if before:
                        links.setdefault(before, []).append(guide)
                        places.setdefault(before, (name, line))
        circle = circle_in(links)
        if circle:
            problem = said("guided conversations lead in a circle: {way}", way=" → ".join(circle))
            yield Finding(*places[circle[0]], ERROR, problem, said("let one of their choices give its answer"))

    def _questions(self) -> Iterator[Finding]:
        known = self._known()
        for name, document in self._documents.items():
            if not name.startswith("questions/"):
                continue
            for owner in document.data or {}:
                if owner not in known and not owner.startswith("other."):
                    problem = said("there are questions for '{name}', which does not exist", name=owner)
                    mend = said("write the id of an entry or topic")
                    yield Finding(name, document.line(owner), ERROR, problem, mend)
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
                    key = (language, _plain(str(question)))
                    line = document.line(owner, index)
                    if key in seen and seen[key][0] != owner:
                        other, place = seen[key]
                        problem = said("'{question}' stands under {owner} and under {other} ({place})",
                                       question=question, owner=owner, other=other, place=place)  # fmt: skip
                        yield Finding(name, line, ERROR, problem, said("keep it where its best answer is"))
                    seen.setdefault(key, (owner, f"{name}:{line}"))


@lru_cache(maxsize=100_000)
def _plain(question: str) -> str:
    """What makes two questions the same; remembered, since there are tens of thousands."""
    return flat(question) or question
