"""Guided conversations in the console: choices that lead to other questions, made with plain forms."""

from __future__ import annotations

import html
import re
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
import yaml

from bot.console.views.try_it import Trial, answer
from bot.knowledge.checks import ERROR, check_folder
from bot.knowledge.edit.stories import StoryEditor
from tests import tiny
from tests.bot.console.forms import Form, form_to, forms_in, text_in
from tests.bot.console.office import Office, open_office, open_published_office

SEA = {"trigger": "ambiguous.go-to-us", "question_en": "What do you seek?", "question_fr": "Que cherchez-vous ?",
       "option_1": "tides.overview", "option_2": "pearls.overview", "name": "sea"}  # fmt: skip
DEPTH = {"question_en": "How deep?", "question_fr": "À quelle profondeur ?", "option_1": "tides.contact",
         "option_2": "pearls.overview", "name": "depth"}  # fmt: skip


@pytest.fixture
def office(tmp_path: Path) -> Office:
    """An office that has the question sea."""
    made = open_office(tmp_path)
    for code in ("en", "fr"):
        path = made.knowledge / "questions" / code / "all.yml"
        data = yaml.safe_load(path.read_text(encoding="utf-8"))
        tiny.save(path, data | {"ambiguous.go-to-us": [f"{code} something from the sea {at}" for at in range(30)]})
    assert send(made, new_form(made.page("/stories?new=1")), **SEA).status_code == 303
    return made


def new_form(page: str) -> Form:
    return next(form for form in forms_in(page) if form.action == "/console/stories" and "base" not in form.fields)


def form_of(office: Office, name: str) -> Form:
    return form_to(office.page(f"/stories?edit={name}"), "/console/stories", name=name)


def send(office: Office, form: Form, **typed: str) -> Any:
    return office.staff.client.post(form.action, data={"do": "save"} | form.fields | typed)


def followed(office: Office, response: Any) -> str:
    """The page to which an answer leads."""
    assert response.status_code == 303, text_in(response.text)
    return office.page(response.headers["location"].removeprefix("/console").partition("#")[0])


def chained(office: Office) -> str:
    """Makes the question depth after the first choice of sea; the page after that."""
    page = followed(office, send(office, form_of(office, "sea"), lead_1="*"))
    return followed(office, send(office, new_form(page), **DEPTH))


def leads(office: Office, name: str = "sea") -> dict[str, str]:
    return dict(StoryEditor(office.knowledge).forest().guides[name].leads)


def labelled(page: str) -> None:
    """Every field that people see has its label, and no id stands twice."""
    ids = re.findall(r'\bid="([^"]+)"', page)
    assert len(ids) == len(set(ids))
    fields = re.findall(r'<(?:input|select|textarea)\b(?![^>]*type="hidden")[^>]*id="([^"]+)"', page)
    assert set(fields) == set(re.findall(r'<label for="([^"]+)"', page))
    unnamed = re.findall(r'<(?:input|select|textarea)\b(?![^>]*(?:type="hidden"|\bid="))[^>]*>', page)
    assert unnamed == []


def test_a_choice_leads_to_a_question_that_is_made_next(office: Office) -> None:
    response = send(office, form_of(office, "sea"), lead_1="*")
    there = urlsplit(response.headers["location"])
    assert parse_qs(there.query)["after"] == ["sea/tides.overview"] and there.fragment == "new"
    assert leads(office) == {}, "the answer until the question is made"
    page = followed(office, response)
    form = new_form(page)
    assert form.fields["after"] == "sea/tides.overview" and "trigger" not in form.required
    assert "Asked after the choice « About tides.overview » of the question « What do you seek? »" in text_in(page)
    labelled(page)
    done = send(office, form, **DEPTH)
    assert done.headers["location"].endswith("#s-depth") and "after" not in done.headers["location"]
    assert leads(office) == {"tides.overview": "depth"}
    stories = yaml.safe_load((office.knowledge / "stories/sea.yml").read_text())["stories"]
    assert {tuple(str(next(iter(step.values()))) for step in story["steps"]) for story in stories} == {
        ("ambiguous.go-to-us", "utter_guide_sea", "pearls.overview", "utter_answer"),
        *(("ambiguous.go-to-us", "utter_guide_sea", "tides.overview", "utter_guide_depth", option, "utter_answer")
          for option in ("tides.contact", "pearls.overview")),
    }  # fmt: skip
    assert [finding for finding in check_folder(office.knowledge) if finding.severity == ERROR] == []


def test_several_questions_are_made_one_after_the_other(office: Office) -> None:
    page = followed(office, send(office, form_of(office, "sea"), lead_1="*", lead_2="*"))
    page = followed(office, send(office, new_form(page), **DEPTH, lead_1="*"))
    form = new_form(page)
    assert form.fields["after"] == "depth/tides.contact sea/pearls.overview"
    page = followed(office, send(office, form, **(DEPTH | {"name": "night"})))
    last = send(office, new_form(page), **(DEPTH | {"name": "size"}))
    assert last.headers["location"].endswith("#s-size")
    assert leads(office) == {"tides.overview": "depth", "pearls.overview": "size"}
    assert leads(office, "depth") == {"tides.contact": "night"}


def test_the_link_can_be_dropped_and_then_something_must_begin_the_question(office: Office) -> None:
    page = followed(office, send(office, form_of(office, "sea"), lead_1="*"))
    form = new_form(page)
    del form.fields["after"]
    refused = send(office, form, **DEPTH)
    assert refused.status_code == 422 and "Choose what begins this question" in html.unescape(refused.text)
    assert new_form(refused.text).fields["question_en"] == "How deep?"
    assert send(office, new_form(refused.text), trigger="tides.contact", name="depth").status_code == 303
    assert leads(office) == {}


@pytest.mark.parametrize("after", ["nowhere/x", "sea/press.phone", "sea", "<b>", "/", ""])
def test_a_link_to_nothing_is_not_offered(office: Office, after: str) -> None:
    form = new_form(office.page(f"/stories?after={after}"))
    assert "after" not in form.fields and "trigger" in form.required
    if after.strip():
        assert send(office, form, **DEPTH, after=after).status_code == 422


def test_the_tree_shows_where_each_choice_leads(office: Office) -> None:
    page = chained(office)
    tree = text_in(page.split('id="s-sea"')[1].partition("</section>")[0].join(["<main>", ""]))
    assert "« About tides.overview » leads to How deep? depth « About tides.contact » leads to the answer" in tree
    assert "« About pearls.overview » leads to the answer pearls.overview" in tree
    inner = page.split('id="s-sea"')[1].partition("</section>")[0]
    assert inner.count("<ul") == inner.count("</ul>") == 4, "the second question's choices stand one step further in"
    below = page.split('id="s-depth"')[1].partition("</section>")[0]
    assert 'href="#s-sea"' in below and "Asked after the choice" in below
    form = form_of(office, "sea")
    assert [form.fields[f"lead_{at}"] for at in (1, 2, 3)] == ["depth", "", ""]
    assert "trigger" in form.required and "trigger" not in form_of(office, "depth").required
    labelled(page)


def test_the_page_says_it_in_french(office: Office) -> None:
    chained(office)
    office.staff.sign_in("ben")
    page = office.page("/stories?after=sea/pearls.overview")
    for words in ("mène à", "À quelle profondeur ?", "une nouvelle question, à créer ensuite", "Posée après le choix"):
        assert words in html.unescape(page)
    labelled(page)
    refused = send(office, form_of(office, "depth"), lead_1="sea")
    assert "tourneraient en rond" in text_in(refused.text)


@pytest.mark.parametrize(
    ("name", "typed", "said"),
    [("depth", {"lead_1": "sea"}, "lead in a circle"), ("sea", {"lead_2": "sea"}, "sea → sea"),
     ("sea", {"lead_2": "nowhere"}, "no question 'nowhere'"),
     ("sea", {"option_3": "", "lead_3": "depth"}, "needs what people mean"),
     ("sea", {"option_3": "tides.overview", "lead_3": ""}, "leads to two places"),
     ("depth", {"do": "delete"}, "lead to 'depth': sea")],
)  # fmt: skip
def test_what_cannot_be_is_said_and_stays_in_the_form(
    office: Office, name: str, typed: dict[str, str], said: str
) -> None:
    chained(office)
    before = (office.knowledge / "stories/sea.yml").read_text()
    refused = send(office, form_of(office, name), **typed, question_en="Which, please?")
    assert refused.status_code == 422 and said in text_in(refused.text)
    assert 'role="alert"' in refused.text
    again = form_to(refused.text, "/console/stories", name=name)
    assert again.fields["question_en"] == "Which, please?"
    shown = {field: text for field, text in typed.items() if text and field.startswith("lead")}
    assert shown.items() <= again.fields.items() or not typed.get("option_3", "x")
    assert (office.knowledge / "stories/sea.yml").read_text() == before


def test_a_question_that_nothing_leads_to_any_more_is_shown_as_such(office: Office) -> None:
    chained(office)
    unreached = "Nothing leads to this question"
    page = followed(office, send(office, form_of(office, "sea"), lead_1=""))
    assert unreached in page.split('id="s-depth"')[1].partition("</section>")[0]
    page = followed(office, send(office, form_of(office, "sea"), lead_2="depth"))
    assert unreached not in page.split('id="s-depth"')[1].partition("</section>")[0]
    assert leads(office) == {"pearls.overview": "depth"}
    assert send(office, form_of(office, "sea"), lead_2="").status_code == 303
    assert send(office, form_of(office, "depth"), do="delete").status_code == 303


def test_what_two_people_change_of_a_tree_is_put_together(office: Office) -> None:
    chained(office)
    mine, theirs = form_of(office, "sea"), form_of(office, "sea")
    assert send(office, theirs, lead_2="depth").status_code == 303
    page = send(office, mine, question_en="What do you want?")
    assert page.status_code == 409 and "pearls.overview → depth" in html.unescape(page.text)
    again = form_to(page.text, "/console/stories", name="sea")
    assert again.fields["lead_2"] == "depth" and again.fields["question_en"] == "What do you want?"
    assert send(office, again).status_code == 303
    assert leads(office) == {"tides.overview": "depth", "pearls.overview": "depth"}


def test_the_draft_s_tree_can_be_tried_before_a_model_learns_it(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    chained(office)
    meant = {"something": "ambiguous.go-to-us", "tides": "tides.overview"}
    monkeypatch.setattr(office.engine, "published", frozenset(), raising=False)
    monkeypatch.setattr(office.engine, "understand", lambda text, about: {
        "text": text, "intent_ranking": [{"name": meant.get(text, "other.noise"), "confidence": 0.95}]
    })  # fmt: skip
    trial = Trial()
    tried = [answer(office.desk, trial, text, {"language": "en"})[0] for text in ("something", "tides")]
    assert [reply.text for reply in tried] == ["What do you seek?", "How deep?"]
    (last,) = answer(office.desk, trial, tried[-1].buttons[0].payload, {})
    assert last.text.startswith("The Tide Office answers at")


def test_the_page_holds_no_form_but_the_one_that_is_wanted(office: Office) -> None:
    page = office.page("/stories")
    assert [form for form in forms_in(page) if form.action == "/console/stories"] == []
    assert "<select" not in page and 'href="/console/stories?edit=sea#s-sea"' in page
    wanted = [form for form in forms_in(office.page("/stories?edit=sea")) if form.action == "/console/stories"]
    assert [form.fields["name"] for form in wanted] == ["sea"]
    assert [form for form in forms_in(office.page("/stories?edit=nobody")) if form.action == "/console/stories"] == []


def test_a_changed_guided_conversation_is_shown_as_its_tree_before_it_is_published(tmp_path: Path, root: Path) -> None:
    office = open_published_office(tmp_path, root)
    for code in ("en", "fr"):
        path = office.knowledge / "questions" / code / "all.yml"
        data = yaml.safe_load(path.read_text(encoding="utf-8"))
        tiny.save(path, data | {"ambiguous.go-to-us": [f"{code} something from the sea {at}" for at in range(30)]})
    assert send(office, new_form(office.page("/stories?new=1")), **SEA).status_code == 303
    chained(office)
    page = office.page("/publish")
    shown = text_in(page)
    assert "new guided conversation · What do you seek? sea" in shown
    assert "Begins when somebody means « en something from the sea 0 »" in shown
    assert "About tides.overview → « How deep? » About pearls.overview → pearls.overview" in shown
    assert "new guided conversation · How deep? depth" in shown
    for closed in re.findall(r"<details><summary>The lines of the file that differ.*?</details>", page, re.DOTALL):
        page = page.replace(closed, "")
    assert "utter_guide" not in page and "question:" not in page, "raw text only where somebody opens it"
    assert 'name="what" value="guide"' not in page, "it is discarded with the file that it stands in"
    office.staff.sign_in("ben")
    shown = text_in(office.page("/publish"))
    assert "ajout conversation guidée · Que cherchez-vous ? sea" in shown
    assert "Sur tides.overview → « À quelle profondeur ? »" in shown
