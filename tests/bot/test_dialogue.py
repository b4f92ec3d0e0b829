"""The dialogue by itself: understood messages in, decisions out."""

from __future__ import annotations

import pytest

from bot.dialogue.decision import ANSWER, CLARIFY, FALLBACK, SAFETY, SMALLTALK, UNKNOWN, Context
from bot.dialogue.dialogue import Dialogue
from bot.dialogue.generator import ReplyWriter, payload_of
from bot.dialogue.in_context import about
from bot.dialogue.picks import picked
from bot.dialogue.thresholds import Thresholds
from bot.dialogue.understanding import Part, Understanding
from bot.knowledge.model import Knowledge
from bot.messages import safe_text
from bot.settings import Settings

STORIES = {("", "ambiguous.go-to-us"): "guide.travel"}


@pytest.fixture(scope="module")
def dialogue(knowledge: Knowledge, settings: Settings) -> Dialogue:
    return Dialogue(knowledge, Thresholds(joints=Thresholds.load(settings.thresholds).joints), STORIES)


def understood(
    text: str, intent: str, confidence: float = 0.95, *, language: str | None = "en", **more
) -> Understanding:
    ranking = more.pop("ranking", ((intent, confidence),))
    part = Part(text, "message", ranking)
    return Understanding(text, language, True, more.get("rule"), more.get("choice"), more.get("hint"), (part,))


def talk(dialogue: Dialogue, *messages: Understanding) -> list[Context]:
    contexts, context = [], Context()
    for message in messages:
        context = dialogue.respond(message, context)
        contexts.append(context)
    return contexts


def test_a_sure_question_is_answered_with_its_entry(dialogue: Dialogue) -> None:
    (after,) = talk(dialogue, understood("Who handles visas?", "consular.visas"))
    assert (after.decisions[0].kind, after.decisions[0].entry) == (ANSWER, "consular.visas")


def test_a_follow_up_asks_about_the_office_spoken_of(dialogue: Dialogue) -> None:
    last = talk(
        dialogue,
        understood("What does the press office do?", "press.overview"),
        understood("how can I call them?", "ask.phone"),
        understood("and the email?", "ask.email"),
        understood("who is in charge?", "ask.head"),
    )
    assert [c.decisions[0].entry for c in last] == ["press.overview", "press.phone", "press.email", "press.head"]


def test_a_missing_phone_is_said_and_no_other_office_s_number_given(dialogue: Dialogue, knowledge: Knowledge) -> None:
    last = talk(dialogue, understood("what does the DAO do", "dao.overview"), understood("phone?", "ask.phone"))[-1]
    reply = ReplyWriter(knowledge).write(last.decisions[0])
    assert (reply.kind, reply.section) == (UNKNOWN, "dao")
    assert not any(char.isdigit() for char in reply.text)


def test_an_office_named_after_an_aspect_keeps_the_aspect(dialogue: Dialogue) -> None:
    last = talk(
        dialogue,
        understood("who heads the cultural office", "cultural-affairs.head"),
        understood("and the press office?", "press.overview"),
    )[-1]
    assert last.decisions[0].entry == "press.head"


def test_a_correction_keeps_the_aspect(dialogue: Dialogue) -> None:
    last = talk(
        dialogue,
        understood("press phone", "press.phone"),
        understood("no, I meant the American Center", "american-center.overview"),
    )[-1]
    assert last.decisions[0].entry == "american-center.phone"


def test_an_ambiguous_message_is_asked_back_with_options(dialogue: Dialogue) -> None:
    (after,) = talk(dialogue, understood("training", "ambiguous.training"))
    assert after.decisions[0].kind == CLARIFY
    assert len(after.decisions[0].options) >= 2


def test_it_never_asks_back_twice_in_a_row(dialogue: Dialogue) -> None:
    last = talk(
        dialogue,
        understood("training", "ambiguous.training"),
        understood("military", "ambiguous.military"),
        understood("military", "ambiguous.military"),
    )
    assert [c.decisions[0].kind for c in last] == [CLARIFY, FALLBACK, CLARIFY]


def test_the_second_one_picks_the_second_option(dialogue: Dialogue) -> None:
    first, second = talk(
        dialogue, understood("training", "ambiguous.training"), understood("the second one", "other.noise", 0.3)
    )
    assert second.decisions[0].entry == first.decisions[0].options[1]


@pytest.mark.parametrize(
    ("text", "section"), [("who heads the second one?", "cultural-affairs"), ("et le chef du premier", "press")]
)
def test_an_aspect_can_be_asked_of_one_of_a_list(dialogue: Dialogue, text: str, section: str) -> None:
    last = talk(
        dialogue,
        understood("which offices are in public affairs", "public-affairs.composition"),
        understood(text, "ask.head"),
    )[-1]
    assert last.decisions[0].entry == f"{section}.head"


def test_none_of_these_is_taken_for_what_it_is(dialogue: Dialogue) -> None:
    last = talk(
        dialogue, understood("training", "ambiguous.training"), understood("none of these", "other.noise", 0.3)
    )[-1]
    assert (last.decisions[0].kind, last.pending) == (FALLBACK, None)


def test_a_story_asks_its_own_question(dialogue: Dialogue) -> None:
    (after,) = talk(dialogue, understood("I want to go to the US", "ambiguous.go-to-us"))
    assert after.decisions[0].entry == "guide.travel"


def test_an_unsure_message_is_asked_back_and_not_guessed(dialogue: Dialogue) -> None:
    ranking = (("press.phone", 0.3), ("dao.overview", 0.25), ("osc.overview", 0.2))
    (after,) = talk(dialogue, understood("the thing", "press.phone", ranking=ranking))
    assert (after.decisions[0].kind, after.decisions[0].wording) == (CLARIFY, "did-you-mean")


def test_a_rule_wins_over_the_classifier(dialogue: Dialogue) -> None:
    (after,) = talk(dialogue, understood("I was kidnapped, visas?", "consular.visas", rule="safety.danger"))
    assert after.decisions[0].kind == SAFETY


@pytest.mark.parametrize(
    ("language", "wording", "kind"), [("bm", "bambara", SMALLTALK), ("other", "other-language", FALLBACK)]
)
def test_other_languages_are_told_which_ones_the_bot_speaks(
    dialogue: Dialogue, knowledge: Knowledge, language: str, wording: str, kind: str
) -> None:
    (after,) = talk(dialogue, understood("…x", "consular.visas", language=language))
    assert (after.decisions[0].kind, after.decisions[0].wording) == (kind, wording)
    text = ReplyWriter(knowledge).write(after.decisions[0]).text
    assert "français" in text and "English" in text


@pytest.mark.parametrize(("text", "entry"), [("👍🏾", "chat.ok"), ("🙏🙏", "chat.thanks"), ("😭", None)])
def test_a_message_of_pictures_is_taken_for_what_it_says(dialogue: Dialogue, text: str, entry: str | None) -> None:
    last = talk(dialogue, understood("qui gère les visas", "consular.visas"), understood(text, "", 0.0, language=None))
    said = last[-1].decisions[0]
    assert (said.kind, said.entry) == ((SMALLTALK, entry) if entry else (FALLBACK, None))


def test_a_message_without_language_is_answered_in_the_conversation_s(dialogue: Dialogue) -> None:
    last = talk(
        dialogue,
        understood("Who handles passports?", "consular.passports"),
        understood("visa?", "consular.visas", language=None),
    )[-1]
    assert last.decisions[0].language == "en"


def test_asking_for_another_language_switches(dialogue: Dialogue) -> None:
    last = talk(
        dialogue,
        understood("Who handles visas?", "consular.visas"),
        understood("can you speak French", "chat.speak-french"),
        understood("visa?", "consular.visas", language=None),
    )[-1]
    assert last.decisions[0].language == "fr"


def test_tell_me_more_goes_on_with_what_was_not_told(dialogue: Dialogue) -> None:
    contexts = talk(dialogue, understood("press", "press.overview"), *[understood("more", "ask.more")] * 3)
    told = [context.decisions[0].entry for context in contexts]
    assert len(set(told)) == len(told)
    assert all(name.startswith("press.") for name in told)


def test_a_button_answers_what_it_names(dialogue: Dialogue) -> None:
    (after,) = talk(dialogue, understood("x", "other.noise", choice="press.phone"))
    assert after.decisions[0].entry == "press.phone"


def test_no_payload_is_masked_as_a_number(knowledge: Knowledge) -> None:
    for name in [*knowledge.entries, *knowledge.topics, "none", "chat.human"]:
        assert safe_text(payload_of(name)) == payload_of(name)


def test_a_payload_chooses_only_what_is_public(knowledge: Knowledge) -> None:
    writer = ReplyWriter(knowledge)
    assert writer.choice(payload_of("press.phone")) == "press.phone"
    assert writer.choice("choice:000000000000") is None
    assert writer.choice("press.phone") is None


def test_a_question_for_a_number_gets_no_answer_without_one(dialogue: Dialogue) -> None:
    (after,) = talk(dialogue, understood("how many members has the SPEAR team", "rso.spear-members"))
    assert (after.decisions[0].kind, after.decisions[0].section) == (UNKNOWN, "rso")


def test_a_question_for_a_number_is_answered_by_a_list_or_a_number(dialogue: Dialogue) -> None:
    for text, name in [("how many sections are there", "embassy.sections"), ("how many years", "usaid.history")]:
        (after,) = talk(dialogue, understood(text, name))
        assert after.decisions[0].entry == name


def test_an_aspect_that_the_page_lacks_is_unknown_and_keeps_the_subject(dialogue: Dialogue) -> None:
    last = talk(
        dialogue,
        understood("student visa", "consular.student-visa"),
        understood("how long does it take", "ask.duration"),
    )[-1]
    assert (last.decisions[0].kind, last.decisions[0].section) == (UNKNOWN, "consular")
    assert last.entry == "consular.student-visa"


@pytest.mark.parametrize(
    ("asked", "reply", "ranking", "entry"),
    [
        (
            "ambiguous.go-to-us", "to study at a university",
            (("topic.study-advice", 0.95), ("consular.student-visa", 0.01)), "consular.student-visa",
        ),
        # What has an answer of its own is no option that is far behind.
        (
            "ambiguous.military", "I need a visa",
            (("consular.visas", 0.89), ("osc.overview", 0.03)), "consular.visas",
        ),
    ],
)  # fmt: skip
def test_a_typed_reply_to_a_question_back_means_an_option_that_comes_near(
    dialogue: Dialogue, asked: str, reply: str, ranking: tuple[tuple[str, float], ...], entry: str
) -> None:
    last = talk(dialogue, understood("vague", asked), understood(reply, ranking[0][0], ranking=ranking))[-1]
    assert last.decisions[0].entry == entry


def test_a_typed_reply_that_clearly_asks_for_something_else_is_no_offered_option(dialogue: Dialogue) -> None:
    ranking = (("topic.scholarships", 0.989), ("usaid.education", 0.004))
    last = talk(
        dialogue,
        understood("je suis étudiant", "ambiguous.education", language="fr"),
        understood("je cherche une bourse", "topic.scholarships", language="fr", ranking=ranking),
    )[-1]
    assert last.decisions[0].entry == "topic.scholarships"


def test_who_is_named_like_an_office_is_not_taken_for_it(dialogue: Dialogue) -> None:
    (after,) = talk(dialogue, understood("l'ambassadeur", "topic.ambassador", language="fr"))
    assert (after.decisions[0].kind, after.decisions[0].entry) == (UNKNOWN, "topic.ambassador")


def test_an_appointment_is_asked_of_the_office_spoken_of(dialogue: Dialogue) -> None:
    first, _, third = talk(
        dialogue,
        understood("do I need an appointment", "ask.appointment"),
        understood("the American Center", "american-center.overview"),
        understood("do I need an appointment", "ask.appointment"),
    )
    assert first.decisions[0].kind == CLARIFY
    assert (third.decisions[0].kind, third.decisions[0].section) == (UNKNOWN, "american-center")
    assert (third.decisions[0].wording, third.decisions[0].aspect) == ("missing-aspect", "appointment")
    (visa,) = talk(dialogue, understood("visa", "consular.visas"), understood("rdv", "ask.appointment"))[1:]
    assert visa.decisions[0].entry == "topic.visa-appointment"


def test_more_of_an_office_is_not_what_was_told_by_itself(dialogue: Dialogue) -> None:
    last = talk(
        dialogue,
        understood("the American Center", "american-center.overview"),
        understood("their number", "ask.phone"),
        *(understood("tell me more", "ask.more") for _ in range(9)),
    )
    told = [context.decisions[0].entry for context in last]
    assert "american-center.contact" not in told
    assert last[-1].decisions[0].wording == "no-more"


def test_a_long_clear_question_is_not_read_in_context(knowledge: Knowledge) -> None:
    context = Context(language="en", section="press", entry="press.phone", aspect="phone")
    assert about(knowledge, context, "and the email?")
    assert about(knowledge, context, "is it open to them")
    assert about(knowledge, context, "Which section of the embassy takes care of visas for students?") is None
    assert about(knowledge, Context(), "and the email?") is None


def test_a_context_survives_being_stored() -> None:
    context = Context(language="fr", section="press", options=("a", "b"), told=("x",), clarified=True)
    assert Context.from_dict(context.as_dict()) == context


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("the second one", 1),
        ("and the first?", 0),
        ("the last one, what is it", 2),
        ("parle-moi du premier", 0),
        ("non, plutôt la dernière svp", 2),
        ("not the military one, the first", 0),
        ("pas la première, la deuxième", 1),
        ("2", 1),
        ("one", 0),
        ("the fifth", None),
        ("the first office on the list of visas", None),
        ("what is it", None),
        ("les dernières nouvelles", None),
        ("", None),
    ],
)
def test_an_item_of_a_list_is_picked_in_many_words(knowledge: Knowledge, text: str, place: int | None) -> None:
    assert picked(knowledge.conversation.cues, text, 3) == place


def test_a_list_can_be_picked_from_again(dialogue: Dialogue) -> None:
    first, second, third = talk(
        dialogue,
        understood("training", "ambiguous.training"),
        understood("the second one", "other.noise", 0.3),
        understood("and the first?", "other.noise", 0.3),
    )
    assert [second.decisions[0].entry, third.decisions[0].entry] == [first.decisions[0].options[i] for i in (1, 0)]


def test_a_button_keeps_the_language_of_the_conversation(dialogue: Dialogue) -> None:
    last = talk(
        dialogue,
        understood("who handles visas?", "consular.visas"),
        understood("", "", language=None, choice="press.phone", hint="fr"),
    )[-1]
    assert last.decisions[0].language == "en"


def test_a_switch_in_the_client_switches_the_conversation(dialogue: Dialogue) -> None:
    last = talk(
        dialogue,
        understood("qui gère les visas", "consular.visas", language="fr", hint="fr"),
        understood("visa", "consular.visas", language=None, hint="en"),
    )[-1]
    assert last.decisions[0].language == "en"


def test_another_office_named_after_a_question_back_is_no_choice(dialogue: Dialogue) -> None:
    ranking = (("american-center.overview", 0.6), ("consular.passports", 0.2))
    last = talk(
        dialogue,
        understood("passeport", "ambiguous.passport"),
        understood("american center", "american-center.overview", ranking=ranking),
    )[-1]
    assert last.decisions[0].entry == "american-center.overview"


def test_a_chosen_option_of_a_guided_conversation_may_lead_to_another_question(
    knowledge: Knowledge, settings: Settings
) -> None:
    option = knowledge.conversation.clarifications["ambiguous.training"].options[0]
    stories = {("ambiguous.training", option): "ambiguous.military"}
    guided = Dialogue(knowledge, Thresholds(), stories)
    asked = understood("training", "ambiguous.training")
    for reply in (understood("", "", choice=option), understood("the first one", "chat.none")):
        last = talk(guided, asked, reply)[-1].decisions[0]
        assert (last.kind, last.entry) == (CLARIFY, "ambiguous.military")


def with_pieces(text: str, intent: str, *pieces: tuple[str, str, float]) -> Understanding:
    """A message of several pieces that follow each other as words joined by a sign."""
    whole = Part(text, "message", ((intent, 0.6),), (0, len(pieces)))
    parts = [
        Part(said, "piece", ((name, share),), (n, n + 1), "sign" if n else "")
        for n, (said, name, share) in enumerate(pieces)
    ]
    return Understanding(text, "en", True, None, None, None, (whole, *parts))


def listed(dialogue: Dialogue) -> Context:
    return talk(dialogue, understood("which programs", "osc.security-assistance"))[-1]


@pytest.mark.parametrize(("text", "entry"), [("the other one?", "osc.fmf"), ("and the last?", "osc.fmf")])
def test_of_two_the_other_one_is_the_one_not_told(dialogue: Dialogue, text: str, entry: str) -> None:
    first = dialogue.respond(understood("the first one", "other.noise", 0.4), listed(dialogue))
    assert first.decisions[0].entry == "osc.imet"
    assert dialogue.respond(understood(text, "chat.none", 0.8), first).decisions[0].entry == entry


def test_an_item_is_picked_beside_a_question_about_it(dialogue: Dialogue) -> None:
    message = with_pieces(
        "the second one, it stands for what",
        "public-affairs.overview",
        ("the second one", "other.noise", 0.5),
        ("it stands for what", "ask.overview", 0.9),
    )
    assert dialogue.respond(message, listed(dialogue)).decisions[0].entry == "osc.fmf"


def test_a_list_still_counts_after_one_of_its_items_was_asked_for_by_name(dialogue: Dialogue) -> None:
    last = talk(
        dialogue,
        understood("the goals of USAID", "usaid.goals"),
        understood("tell me about resilience", "usaid.resilience"),
        understood("and the fourth?", "other.noise", 0.4),
    )[-1]
    assert last.decisions[0].entry == "usaid.prosperity"


def test_one_more_counts_nothing_of_a_list(dialogue: Dialogue) -> None:
    after = dialogue.respond(understood("one more: who handles visas", "consular.visas"), listed(dialogue))
    assert after.decisions[0].entry == "consular.visas"


def test_what_was_asked_of_one_office_is_asked_of_the_first_of_a_list(dialogue: Dialogue) -> None:
    last = talk(
        dialogue,
        understood("which offices are in public affairs", "public-affairs.composition"),
        understood("who heads cultural affairs", "cultural-affairs.head"),
        understood("and of the first?", "ask.more", 0.4),
    )[-1]
    assert last.decisions[0].entry == "press.head"


def test_a_question_with_its_own_words_is_not_what_was_asked_before(dialogue: Dialogue) -> None:
    last = talk(
        dialogue,
        understood("press phone", "press.phone"),
        understood("and the OSC, what does it do?", "osc.overview"),
    )[-1]
    assert last.decisions[0].entry == "osc.overview"


@pytest.mark.parametrize("topic", ["topic.other-embassies", "topic.malian-passport"])
def test_what_is_a_matter_of_others_is_nothing_of_the_embassy_s(
    dialogue: Dialogue, knowledge: Knowledge, topic: str
) -> None:
    (after,) = talk(dialogue, understood("the French embassy", topic))
    reply = ReplyWriter(knowledge).write(after.decisions[0])
    assert (reply.kind, reply.section) == (FALLBACK, None)
    assert reply.text == knowledge.answer(knowledge.topics[topic], "en")


def test_what_a_message_means_in_its_conversation_is_chosen_by_weights(knowledge: Knowledge) -> None:
    alone = Part("who are the members", "message", (("management.composition", 0.6), ("ask.staff", 0.2)))
    together = Part("who are the members, SPEAR", "context", (("rso.spear", 0.7), ("rso.spear-members", 0.2)))
    message = Understanding(alone.text, "en", True, None, None, None, (alone,), together)
    context = Context(language="en", section="rso", entry="rso.spear", aspect="detail")

    def said(weights: dict[str, float]) -> str | None:
        return Dialogue(knowledge, Thresholds(meant=weights)).respond(message, context).decisions[0].entry

    assert said({"alone": 10.0}) == "management.composition"
    assert said({"together": 10.0, "just told": -10.0}) == "rso.spear-members"


def test_a_particular_that_the_page_does_not_tell_is_said_to_be_lacking(dialogue: Dialogue) -> None:
    told = talk(
        dialogue,
        understood("what is the IVLP", "cultural-affairs.ivlp"),
        understood("is it only for students", "ask.particulars"),
        understood("and the phone", "ask.phone"),
    )
    assert [(c.decisions[0].kind, c.decisions[0].section) for c in told[1:]] == [(UNKNOWN, "cultural-affairs")] * 2


def test_a_particular_of_nothing_is_asked_back(dialogue: Dialogue) -> None:
    (after,) = talk(dialogue, understood("is it only for students", "ask.particulars"))
    assert after.decisions[0].kind == CLARIFY


@pytest.mark.parametrize(
    ("text", "sections"),
    [
        ("dao rso osc c koi tt sa", ["dao", "rso", "osc"]),
        ("what is the difference between DAO and OSC", ["dao", "osc"]),
        ("affaires publiques et affaires culturelles", ["public-affairs", "cultural-affairs"]),
    ],
)
def test_offices_that_are_only_listed_are_each_told(dialogue: Dialogue, text: str, sections: list[str]) -> None:
    (after,) = talk(dialogue, understood(text, "osc.overview", 0.5))
    assert [decision.entry for decision in after.decisions] == [f"{section}.overview" for section in sections]


@pytest.mark.parametrize(
    "text",
    [
        "dao phone and osc phone",
        "not the dao, I meant the osc",
        "dao",
        "cultural attaché",
        "attaché de presse",
        "est-ce que le dao et l'osc c'est le même bureau",
        "les publications du bureau d'information c koi",
    ],
)
def test_offices_beside_other_words_are_not_taken_for_a_list(dialogue: Dialogue, text: str) -> None:
    (after,) = talk(dialogue, understood(text, "osc.overview", 0.9))
    assert [decision.section for decision in after.decisions] in (["osc"], ["dao"])


def test_the_other_of_two_things_is_its_counterpart(dialogue: Dialogue) -> None:
    told = talk(
        dialogue,
        understood("what is an immigrant visa", "consular.immigrant-visas"),
        understood("and the other one?", "chat.none", 0.6),
    )
    assert told[-1].decisions[0].entry == "consular.nonimmigrant-visas"


def test_who_is_in_danger_and_goes_on_telling_is_told_the_same_again(dialogue: Dialogue) -> None:
    told = talk(
        dialogue,
        understood("armed men are at our door", "safety.danger", rule="safety.danger"),
        understood("we are in Kati", "other.local", 0.9),
        understood("quartier Hamdallaye", "chat.goodbye", 0.4, language="fr"),
        understood("thank you", "chat.thanks"),
        understood("the weather", "other.local", 0.9),
    )
    assert [c.decisions[0].kind for c in told] == [SAFETY, SAFETY, SAFETY, SMALLTALK, FALLBACK]
    assert told[2].decisions[0].language == "fr"


def test_a_question_after_danger_is_no_danger(dialogue: Dialogue) -> None:
    told = talk(
        dialogue,
        understood("armed men are at our door", "safety.danger", rule="safety.danger"),
        understood("what is the capital of France?", "other.general", 0.9),
    )
    assert told[-1].decisions[0].kind == FALLBACK
