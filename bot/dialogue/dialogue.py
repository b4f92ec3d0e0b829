"""From an understood message and the conversation so far to what the bot says. Pure: no Rasa, no files."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import date

from bot.dialogue import languages, segmentation
from bot.dialogue.decision import (
    ANSWER,
    CLARIFY,
    FALLBACK,
    NONE_OF_THESE,
    SAFETY,
    SMALLTALK,
    UNKNOWN,
    Context,
    Decision,
    lacking_again,
    merged,
    naming_their_part,
    without_guesses,
)
from bot.dialogue.in_context import ContextReader
from bot.dialogue.joints import BESIDE_DOINGS
from bot.dialogue.lacking import QUANTITY, REACHING, asks_for, lacking_in
from bot.dialogue.measures import PieceMeasures
from bot.dialogue.mentions import SectionMentions
from bot.dialogue.options import LONGEST_ELLIPSIS, OptionFinder, options_in
from bot.dialogue.picks import ListPicker
from bot.dialogue.signs import talk_of
from bot.dialogue.thresholds import Thresholds
from bot.dialogue.understanding import Part, Understanding, cue
from bot.knowledge.model import Entry, Knowledge, Topic

MOST_OPTIONS = 4
SURE_OF_DANGER = 0.7
SWITCHES = {"chat.speak-french": "fr", "chat.speak-english": "en"}
TOLD_BY_CONTEXT = 0.15
CLEAR_IN_CONTEXT = 0.3

Stories = Mapping[tuple[str, str], str]
"""Guided conversations: (question asked before or "", intent) → question to ask."""


class Dialogue:
    """Decides the replies to a message."""

    def __init__(
        self,
        knowledge: Knowledge,
        thresholds: Thresholds,
        stories: Stories | None = None,
        *,
        today: Callable[[], date] = date.today,
    ) -> None:
        """``today`` decides which answers are withdrawn."""
        self._knowledge = knowledge
        self._today = today
        self._limits = thresholds
        self._stories = stories or {}
        self._mentions = SectionMentions(knowledge)
        self._lists = ListPicker(knowledge, self._mentions)
        self._options = OptionFinder(knowledge, self._mentions)
        self.reader = ContextReader(knowledge, thresholds)
        measures = PieceMeasures(knowledge, self._mentions, self.reader).measures()
        self.cutter = segmentation.Cutter(thresholds.joints, measures, thresholds.caution)

    def respond(self, message: Understanding, context: Context) -> Context:
        """The conversation after the message; its ``decisions`` are the replies, in reading order."""
        post = self._knowledge.post
        context = languages.with_wish(message, context, post.languages)
        told = context.language_is_told or message.language in post.languages
        language = languages.language_of(message, context, post)
        danger = next((decision for decision in context.decisions if decision.kind == SAFETY), None)
        context = replace(context, language=language, language_is_told=told, decisions=())
        after = self._answered(message, context)
        # Who is in danger goes on to tell where and how; only what is clearly something else is taken for that.
        unclear = all(d.kind in (FALLBACK, CLARIFY) or d.confidence < SURE_OF_DANGER for d in after.decisions)
        if danger is not None and unclear and not message.asks:
            return self._said(context, replace(danger, language=language))
        return after

    def _answered(self, message: Understanding, context: Context) -> Context:
        """The conversation after a message in a language that is known by now."""
        language = self._code(context)
        if message.choice is not None:
            return self._chosen(message.choice, context)
        if message.rule:
            return self._said(context, Decision(SAFETY, language, 1.0, entry=message.rule))
        pick = self._lists.pick(message, context)
        if pick is not None and pick.aspect is not None:
            section = self._knowledge.section_of(pick.option)
            asked = self._aspect(str(section), pick.aspect, context, message.parts[0].confidence)
            return replace(self._said(context, asked), options=context.options)
        if pick is not None:
            return self._chosen(pick.option, context)
        if message.language not in (None, *self._knowledge.post.languages):
            wording = "bambara" if message.language == "bm" else "other-language"
            kind = SMALLTALK if wording == "bambara" else FALLBACK
            return self._said(context, Decision(kind, language, wording=wording))
        if not message.parts or not message.parts[0].words:
            talk = talk_of(message.text)
            if talk in self._knowledge.conversation.small_talk:
                return self._said(context, self._small_talk(str(talk), context, 1.0))
            return self._said(context, Decision(FALLBACK, language, wording="empty"))
        return self._respond_to_parts(message, context)

    def _chosen(self, choice: str, context: Context) -> Context:
        if choice == NONE_OF_THESE:
            return self._said(context, self._small_talk("chat.none", context, 1.0))
        return self._said(context, self._led_on(choice, context, 1.0))

    def _led_on(self, option: str, context: Context, confidence: float) -> Decision:
        """What a chosen option leads to: in a guided conversation perhaps another question, else its answer."""
        guide = self._guide(context.pending or "", option, context)
        if guide is not None:
            return self._clarify(guide, context, confidence, guided=True)
        return self._about(option, context, confidence)

    def _guide(self, asked: str, intent: str, context: Context) -> str | None:
        """The question to which a guided conversation leads from a question and what is replied to it."""
        guide = self._stories.get((asked, intent))
        return guide if guide in self._knowledge.conversation.clarifications and guide != context.pending else None

    def _respond_to_parts(self, message: Understanding, context: Context) -> Context:
        named = self._only_names_a_section(message, context)
        if named is not None:
            return self._said(context, named)
        listed = self._mentions.only_sections(message.parts[0])
        if listed:
            aspect = self._aspect_gone_on_with(message.parts[0], context)
            return self._told_of_each(listed, aspect, message.parts[0], context)
        compared = self._mentions.compared(message.parts[0], context)
        if compared:
            return self._told_of_each(compared, "overview", message.parts[0], context)
        parts = segmentation.questions_in(message.parts, self.cutter)
        if len(parts) == 1:
            parts = [self.reader.read(parts[0], message.in_context, context)]
        # Nothing else is told beside the words for danger.
        parts = [p for p in parts if self._is_danger(p.intent) and p.confidence >= SURE_OF_DANGER][:1] or parts
        section = next((found for part in parts if (found := self._named_section(part))), None)
        decisions: list[Decision] = []
        running = context
        for part in parts:
            part = self._as_office(part) if len(parts) > 1 else part
            here = running
            if len(parts) > 1 and not decisions and running.section is None:
                here = replace(running, section=section)
            if decisions and decisions[-1].kind == FALLBACK and part.intent.startswith(segmentation.ASK):
                continue  # "where is the French embassy, and its number": both are nothing of ours
            decision = lacking_again(self._decide(part, here, alone=len(parts) == 1), decisions)
            for told in self._honest(decision, part, message.pieces_in(part)):
                decisions.append(told)
                running = self._remember(running, told)
        asking = {part.text for part in parts if part.has_question_form}
        decisions = naming_their_part(without_guesses(merged(decisions), asking))
        return replace(running, decisions=tuple(decisions), clarified=decisions[-1].kind == CLARIFY)

    def _only_names_a_section(self, message: Understanding, context: Context) -> Decision | None:
        """What to say to "and the consulate?": the aspect last asked for, of that office, or what the office does."""
        part = message.parts[0]
        if part.intent.startswith(segmentation.AMBIGUOUS) or (context.pending or "").startswith(segmentation.ASK):
            return None
        section = self._mentions.only_section(part)
        offered = {self._knowledge.section_of(name) for name in context.options}
        if section is None or (context.pending and section in offered):
            return None
        return self._aspect(section, self._aspect_gone_on_with(part, context), context, part.confidence)

    def _told_of_each(self, sections: Sequence[str], aspect: str, part: Part, context: Context) -> Context:
        """What to say to "DAO and RSO?": an aspect of each."""
        decisions = tuple(self._aspect(section, aspect, context, part.confidence) for section in sections)
        for decision in decisions:
            context = self._remember(context, decision)
        return replace(context, decisions=decisions)

    def _aspect_gone_on_with(self, part: Part, context: Context) -> str:
        cues = self._knowledge.conversation.cues
        goes_on = cue(cues, "elliptical", part.text) or cue(cues, "correction", part.text)
        return str(context.aspect) if goes_on and context.aspect in BESIDE_DOINGS else "overview"

    def _as_office(self, part: Part) -> Part:
        """A piece that only names an office means what the office does, or what was asked of the one before it."""
        section = self._mentions.only_section(part)
        overview = self._knowledge.find(section, "overview") if section else None
        return replace(part, ranking=((overview.id, part.confidence),), alone=part.intent) if overview else part

    def _honest(self, decision: Decision, part: Part, pieces: Sequence[Part]) -> list[Decision]:
        """No answer where the question asks for a number, a price or the like that the answer does not have.

        Where other pieces of the question ask for what it has, both are said: the answer, and what is lacking.
        """
        decision = replace(decision, about=part.text)
        entry = self._knowledge.entries.get(decision.entry or "")
        lacking = lacking_in(self._knowledge, entry, part.text) if decision.kind == ANSWER and entry else None
        if lacking is None:
            return [decision]
        if lacking == QUANTITY:
            return [replace(decision, kind=UNKNOWN, entry=None, wording="about-embassy-unknown")]
        asking = [piece for piece in pieces if asks_for(self._knowledge, lacking, piece.text)]
        others = [piece for piece in pieces if piece not in asking and self._asks_by_itself(piece)]
        about = asking[0].text if asking else part.text
        said = replace(decision, kind=UNKNOWN, entry=None, wording="missing-aspect", aspect=lacking, about=about)
        if not asking or not others:
            return [said]
        return [said, decision] if asking[0].span < others[0].span else [decision, said]

    def _asks_by_itself(self, piece: Part) -> bool:
        clear = piece.confidence >= self._limits.answer and self._knowledge.item(piece.intent) is not None
        return segmentation.substantive(piece) and (piece.has_question_form or clear)

    def _named_section(self, part: Part) -> str | None:
        return self._knowledge.section_of(part.intent)

    def _decide(self, part: Part, context: Context, *, alone: bool) -> Decision:
        if self._is_danger(part.intent) and part.confidence < SURE_OF_DANGER:
            part = replace(part, ranking=tuple(pair for pair in part.ranking if not self._is_danger(pair[0])))
        elliptical = self._is_elliptical(part, alone)
        if context.pending and alone:
            fitting = self._options.fitting(part, context)
            if fitting is not None:
                return self._led_on(fitting, context, part.confidence)
        if part.confidence >= self._limits.answer or not part.ranking:
            return self._act(part.intent, part, context, elliptical)
        return self._unsure(part, context, elliptical)

    def _is_elliptical(self, part: Part, alone: bool) -> bool:
        cues = self._knowledge.conversation.cues
        short = len(part.words) <= LONGEST_ELLIPSIS
        if not alone and len(part.words) <= 5 and not part.is_question:
            return True
        return short and (cue(cues, "elliptical", part.text) or cue(cues, "correction", part.text))

    def _act(self, intent: str, part: Part, context: Context, elliptical: bool) -> Decision:
        """Does what a sure intent asks for."""
        guide = self._guide(context.pending or "", intent, context) or self._guide("", intent, context)
        if guide is not None:
            return self._clarify(guide, context, part.confidence, guided=context.pending is not None)
        item = self._knowledge.item(intent)
        if item is not None:
            switched = item.section != context.section
            goes_on = elliptical and not part.asks_anew
            if goes_on and switched and item.aspect == "overview" and context.aspect in BESIDE_DOINGS:
                return self._aspect(item.section, str(context.aspect), context, part.confidence)
            return self._about(intent, context, part.confidence)
        if intent.startswith(segmentation.ASK):
            return self._asked(intent, context, part)
        if intent in self._knowledge.conversation.clarifications:
            fitting = self._option_meant(intent, part, context, elliptical)
            if fitting is not None:
                return self._about(fitting, context, part.confidence)
            return self._clarify(intent, context, part.confidence)
        if intent in self._knowledge.conversation.small_talk:
            return self._small_talk(intent, context, part.confidence)
        if self._is_danger(intent):
            return Decision(SAFETY, self._code(context), part.confidence, entry=intent)
        return Decision(FALLBACK, self._code(context), part.confidence, wording="fallback")

    def _is_danger(self, intent: str) -> bool:
        return any(rule.id == intent for rule in self._knowledge.conversation.safety)

    def _option_meant(self, name: str, part: Part, context: Context, elliptical: bool) -> str | None:
        """The option of a question back that the conversation tells: "and for health?", "do they train" after USAID."""
        options = self._knowledge.conversation.clarifications[name].options
        here = options_in(self._knowledge, name, context.section)
        likely = next((n for n, share in part.ranking if n in options and share >= TOLD_BY_CONTEXT), None)
        likely = likely or next((n for n, share in part.together if n in here and share >= CLEAR_IN_CONTEXT), None)
        if likely is not None:
            return likely
        if not elliptical and not self.reader.is_dependent(part):
            return None
        return here[0] if len(here) == 1 else None

    def _unsure(self, part: Part, context: Context, elliptical: bool) -> Decision:
        """No intent is sure: the best of a sure section, else a question back, else a refusal."""
        shares: dict[str, float] = {}
        other = own = 0.0
        for name, share in part.ranking:
            item = self._knowledge.item(name)
            if item is not None:
                shares[item.section] = shares.get(item.section, 0.0) + share
            other += share if name.startswith(segmentation.OTHER) else 0.0
            own += share if item is not None or name.startswith((segmentation.ASK, segmentation.AMBIGUOUS)) else 0.0
        if part.intent.startswith(segmentation.OTHER) or other >= self._limits.refuse:
            return Decision(FALLBACK, self._code(context), part.confidence, wording="fallback")
        section = max(shares, key=lambda name: shares[name], default=None)
        if section is not None and shares[section] >= self._limits.section:
            best = next(name for name, _ in part.ranking if (i := self._knowledge.item(name)) and i.section == section)
            return self._act(best, part, context, elliptical)
        if own < self._limits.relevant:
            return Decision(FALLBACK, self._code(context), part.confidence, wording="fallback")
        known = (name for name, _ in part.ranking if self._knowledge.item(name) is not None)
        options = self._knowledge.offered(known, self._today())[: MOST_OPTIONS - 1]
        if context.clarified or not options:
            return Decision(FALLBACK, self._code(context), part.confidence, wording="still-unclear")
        return Decision(CLARIFY, self._code(context), part.confidence, wording="did-you-mean", options=options)

    def _code(self, context: Context) -> str:
        return context.language or self._knowledge.post.default_language

    def _about(self, name: str, context: Context, confidence: float) -> Decision:
        """The words of an entry, a topic, or small talk, by its id."""
        item = self._knowledge.item(name)
        if item is None:
            if name in self._knowledge.conversation.small_talk:
                return self._small_talk(name, context, confidence)
            return Decision(FALLBACK, self._code(context), confidence, wording="fallback")
        if isinstance(item, Topic) and item.elsewhere:
            return Decision(FALLBACK, self._code(context), confidence, entry=name)
        kind = ANSWER if isinstance(item, Entry) and not item.withdrawn(self._today()) else UNKNOWN
        return Decision(kind, self._code(context), confidence, entry=name, section=item.section, aspect=item.aspect)

    def _asked(self, intent: str, context: Context, part: Part) -> Decision:
        """An aspect without an office: of the office spoken of, or a question back."""
        aspect = intent.removeprefix(segmentation.ASK)
        if context.section is None:
            return self._clarify(intent, context, part.confidence)
        if aspect == "more":
            return self._more(context.section, context, part.confidence)
        return self._aspect(context.section, aspect, context, part.confidence)

    def _aspect(self, section: str, aspect: str, context: Context, confidence: float) -> Decision:
        found = self._knowledge.find(section, aspect)
        if found is not None:
            decision = self._about(found.id, context, confidence)
            return replace(decision, aspect=aspect)
        return Decision(
            UNKNOWN, self._code(context), confidence, wording="missing-aspect", section=section, aspect=aspect
        )

    def _more(self, section: str, context: Context, confidence: float) -> Decision:
        entries = self._knowledge.sections[section].told(self._today())
        current = next((entry for entry in entries if entry.id == context.entry), None)
        items = self._knowledge.offered(current.items, self._today()) if current else ()
        listed = [self._knowledge.entries[name] for name in items if name in self._knowledge.entries]
        reached = any(entry.id in context.told and entry.aspect in REACHING for entry in entries)
        for entry in [*listed, *entries]:
            if entry.aspect == "contact" and reached:
                continue  # its phone or mail was told by itself
            if entry.id not in context.told and entry.aspect in ("overview", "detail", "head", "contact"):
                return self._about(entry.id, context, confidence)
        return Decision(UNKNOWN, self._code(context), confidence, wording="no-more", section=section)

    def _clarify(self, name: str, context: Context, confidence: float, *, guided: bool = False) -> Decision:
        options = self._knowledge.offered(self._knowledge.conversation.clarifications[name].options, self._today())
        if not options or (context.clarified and not guided):
            return Decision(FALLBACK, self._code(context), confidence, wording="still-unclear")
        return Decision(CLARIFY, self._code(context), confidence, entry=name, options=options)

    def _small_talk(self, name: str, context: Context, confidence: float) -> Decision:
        language = SWITCHES.get(name, self._code(context))
        if language not in self._knowledge.post.languages:
            language = self._code(context)
        talk = self._knowledge.conversation.small_talk[name]
        return Decision(talk.kind, language, confidence, entry=name)

    def _said(self, context: Context, decision: Decision) -> Context:
        after = self._remember(context, decision)
        return replace(after, decisions=(decision,), clarified=decision.kind == CLARIFY)

    def _remember(self, context: Context, decision: Decision) -> Context:
        """The conversation after one reply."""
        language = decision.language if decision.entry in SWITCHES else context.language
        context = replace(context, language=language)
        if decision.kind == CLARIFY:
            return replace(context, pending=decision.entry or decision.wording, options=decision.options)
        if decision.kind not in (ANSWER, UNKNOWN) or decision.section is None:
            return replace(context, pending=None, options=context.options if decision.kind == SMALLTALK else ())
        told = context.told if decision.section == context.section else ()
        same = decision.wording == "missing-aspect" and decision.section == context.section
        item = self._knowledge.item(decision.entry)
        items = item.items if isinstance(item, Entry) and decision.kind == ANSWER else ()
        # "and the first?" still counts the same list, unless what is told has one of its own or is far from it.
        listed = {self._knowledge.section_of(name) for name in context.options}
        items = items or (context.options if decision.section in listed else ())
        return replace(
            context,
            section=decision.section,
            earlier=context.earlier if decision.section == context.section else context.section,
            aspect=decision.aspect,
            entry=context.entry if same else decision.entry,
            pending=None,
            options=items,
            told=(*told, decision.entry)[-40:] if decision.entry else told,
        )
