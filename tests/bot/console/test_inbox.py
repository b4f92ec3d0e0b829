"""The inbox: what one step does, what is offered, and that nothing is left out."""

from __future__ import annotations

import html
import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from bot.console import grouping
from bot.console.grouping import sample_of
from bot.console.likeness import Likeness
from bot.dialogue.decision import NONE_OF_THESE
from bot.dialogue.generator import payload_of
from bot.store.inbox import digest_of
from tests import tiny
from tests.bot.console.forms import text_in
from tests.bot.console.office import Office, open_office


@pytest.fixture
def office(tmp_path: Path) -> Office:
    return open_office(tmp_path)


def key(text: str) -> str:
    return digest_of(text)[: grouping.LETTERS]


def groups(page: str) -> list[dict[str, Any]]:
    found = []
    for part in re.findall(r'<section class="group".*?</section>', page, re.DOTALL):
        lead = re.search(r"<h2[^>]*>(.*?)</h2>", part, re.DOTALL)
        digests = re.search(r'name="group" value="([^"]*)"', part)
        assert lead and digests
        offered = re.findall(r'value="add:([^"]+)".*?<span class="badge">(\d+) %', part, re.DOTALL)
        found.append({"lead": html.unescape(lead[1]), "group": digests[1], "offered": offered, "html": part})
    return found


def questions(office: Office, name: str) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for code in ("en", "fr"):
        found[code] = []
        for path in sorted((office.knowledge / "questions" / code).glob("*.yml")):
            found[code] += yaml.safe_load(path.read_text(encoding="utf-8")).get(name) or []
    return found


def test_where_and_in_which_language_people_asked_is_told_in_words(office: Office) -> None:
    for channel, language in (("pigeon", "fr"), ("telegram", "?"), ("web", "fr"), ("rest", "fr")):
        office.ask("the boat quay", channel=channel, language=language)
    assert "· French, not recognised · Website, Telegram, pigeon" in text_in(office.page("/inbox"))
    office.staff.sign_in("ben")
    assert "· français, non reconnue · Site web, Telegram, pigeon" in text_in(office.page("/inbox"))


def test_one_click_puts_all_questions_into_an_answer_each_in_its_language(office: Office) -> None:
    office.ask("where is the boat quay")
    office.ask("Where is the quay, boat?")
    office.ask("where is the boat quay boat", language="fr")
    (group,) = groups(office.page("/inbox"))
    done = office.staff.post("/inbox", do="add:tides.overview", group=group["group"], at=1)
    assert done.status_code == 303 and done.headers["location"] == "/console/inbox?done=added#h1"
    added = questions(office, "tides.overview")
    assert added["en"][30:] == ["Where is the quay, boat?", "where is the boat quay"]
    assert added["fr"][30:] == ["where is the boat quay boat"]
    page = office.page("/inbox?done=added")
    assert groups(page) == [] and 'href="/console/publish"' in page, "publishing is one step away"


def test_what_would_be_added_is_shown_before_it_is_added(office: Office) -> None:
    office.ask("je m'appelle [...], où est le quai ?", language="fr")
    (group,) = groups(office.page("/inbox"))
    assert '<li lang="fr">je m&#39;appelle, où est le quai ?</li>' in group["html"]
    for _ in range(2):
        office.ask("quai je m'appelle, où est le ?", language="fr")
    (group,) = groups(office.page("/inbox"))
    shown = [html.unescape(line) for line in re.findall(r"<li lang=\"fr\">(.*?)</li>", group["html"])]
    office.staff.post("/inbox", do="add:tides.overview", group=group["group"], at=1)
    assert shown and questions(office, "tides.overview")["fr"][30:] == shown
    office.ask("where is the boat quay")
    (group,) = groups(office.page("/inbox"))
    assert group["html"].count("where is the boat quay") == 1, "it stands above already"
    assert "Personal data was masked" not in office.page("/inbox"), "no more is said than is done"


def test_a_pressed_button_is_no_question_but_none_of_these_points_to_the_one_before_it(office: Office) -> None:
    sender = office.ask("something vague", "clarify", minutes_ago=2)
    office.ask(payload_of(NONE_OF_THESE), "fallback", sender=sender, minutes_ago=1)
    office.ask(payload_of("tides.overview"), "unknown")
    (group,) = groups(office.page("/inbox"))
    assert group["lead"] == "something vague"


def test_a_new_answer_takes_the_whole_group_and_leaves_the_inbox_when_it_is_saved(office: Office) -> None:
    office.ask("do you lend sewing machines\nto schools")
    office.ask("do you lend to schools sewing machines, [email] [number]")
    office.ask("schools to sewing machines lend you do", language="fr")
    (group,) = [g for g in groups(office.page("/inbox")) if "sewing" in g["lead"]]
    link = re.search(r'href="(/answers/new[^"]*|/console/answers/new[^"]*)"', group["html"])
    assert link
    form = office.page(html.unescape(link[1]).removeprefix("/console"))
    areas = {
        code: html.unescape(found[1]).strip().split("\n")
        for code in ("en", "fr")
        if (found := re.search(rf'<textarea id="questions_{code}"[^>]*>(.*?)</textarea>', form, re.DOTALL))
    }
    assert areas["fr"] == ["schools to sewing machines lend you do"]
    assert sorted(areas["en"]) == [
        "do you lend sewing machines to schools", "do you lend to schools sewing machines,"
    ]  # fmt: skip
    hidden = re.search(r'name="group" value="([^"]+)"', form)
    assert hidden and sorted(hidden[1].split()) == sorted(group["group"].split())
    values = {
        "id": "tides.sewing", "section": "tides", "aspect": "detail", "title_en": "Sewing", "title_fr": "Couture",
        "answer_en": "The Tide Office lends no sewing machines.", "source": "Told", "checked": "2026-11-01",
        "answer_fr": "Le Bureau des marées ne prête pas de machines à coudre.", "review_by": "2099-01-01",
        "questions_en": "\n".join(areas["en"]), "questions_fr": "\n".join(areas["fr"]), "group": hidden[1],
    }  # fmt: skip
    wrong = office.staff.post("/answers/new", do="save", **(values | {"answer_fr": ""}))
    assert wrong.status_code == 422 and hidden[1] in wrong.text, "the form still knows its group"
    assert groups(office.page("/inbox")), "nothing is done before it is saved"
    assert office.staff.post("/answers/new", do="save", **values).status_code == 303
    assert groups(office.page("/inbox")) == []
    assert len(questions(office, "tides.sewing")["en"]) == 2


def test_a_known_topic_is_made_in_one_step_and_keeps_the_section(office: Office) -> None:
    office.ask("Is there parking at the embassy?")
    office.ask("is there at the embassy parking?", language="fr")
    (group,) = groups(office.page("/inbox"))
    made = office.staff.post("/inbox", do="topic", group=group["group"], section="pearls", title_en="Parking")
    assert made.status_code == 303, made.text
    (topic,) = yaml.safe_load((office.knowledge / "topics/pearls.yml").read_text())["topics"]
    assert (topic["section"], topic["id"]) == ("pearls", "topic.pearls-parking")
    assert topic["title"] == {"en": "Parking", "fr": "Une question pour ce bureau : Bureau des perles"}
    assert "Pearl Office" in topic["answer"]["en"] and "Bureau des perles" in topic["answer"]["fr"]
    assert {code: len(found) for code, found in questions(office, topic["id"]).items()} == {"en": 1, "fr": 1}
    assert groups(office.page("/inbox")) == []
    assert office.desk.staff.log()[0].action == "topic-added"
    office.ask("Is there parking at the embassy for trucks and vans?")
    (group,) = groups(office.page("/inbox"))
    assert office.staff.post("/inbox", do="topic", group=group["group"], section="nowhere").status_code == 422
    assert office.staff.post("/inbox", do="topic", group=group["group"], section="pearls").status_code == 303
    both = yaml.safe_load((office.knowledge / "topics/pearls.yml").read_text())["topics"]
    assert [topic["id"] for topic in both] == ["topic.pearls-parking", "topic.pearls-question-1"]
    assert "trucks" not in "".join(line.subject + line.changes for line in office.desk.staff.log())


def test_what_is_ignored_stays_so_also_in_other_words_and_can_be_brought_back(office: Office) -> None:
    office.ask("who plays football tonight in the stadium")
    (group,) = groups(office.page("/inbox"))
    assert office.staff.post("/inbox", do="ignore", group=group["group"]).status_code == 303
    office.ask("tonight who plays football in the big stadium")
    office.ask("how deep is the pool")
    assert [group["lead"] for group in groups(office.page("/inbox"))] == ["how deep is the pool"]
    page = office.page("/inbox/ignored")
    assert "who plays football tonight" in page
    number = re.search(r'name="id" value="(\d+)"', page)
    assert number and office.staff.post("/inbox/ignored", id=number[1]).status_code == 303
    assert len(groups(office.page("/inbox"))) == 2
    assert "football" not in str(office.desk.staff.log()), "the log is kept for ever, so no words of people are in it"


def test_done_comes_back_when_it_is_asked_again_in_vain(office: Office) -> None:
    office.ask("how deep is the pool")
    (group,) = groups(office.page("/inbox"))
    assert office.staff.post("/inbox", do="done", group=group["group"]).status_code == 303
    assert groups(office.page("/inbox")) == []
    office.ask("how deep is the pool", minutes_ago=-1)
    assert len(groups(office.page("/inbox"))) == 1


def test_only_answers_that_are_like_a_question_are_offered_with_their_likeness(office: Office) -> None:
    office.engine.rankings = {
        "how deep is the pool": [("tides.overview", 0.71), ("pearls.overview", 0.19), ("other.general", 0.6)]
    }
    office.ask("how deep is the pool")
    office.ask("zzz qqq")
    by_lead = {group["lead"]: group for group in groups(office.page("/inbox"))}
    assert by_lead["how deep is the pool"]["offered"] == [("tides.overview", "71")]
    assert by_lead["zzz qqq"]["offered"] == []
    assert 'name="entry" list="names"' in by_lead["zzz qqq"]["html"]
    assert not re.search(r'name="entry"[^>]*value=', by_lead["zzz qqq"]["html"]), "nothing is filled in"


def test_an_answer_that_stands_only_in_the_draft_is_offered_at_once(office: Office) -> None:
    sections = tiny.sections()["pearls"]
    sections["entries"].append(tiny.entry("pearls.oysters", "detail", "Oysters are counted.", "On compte les huîtres."))
    tiny.save(office.knowledge / "sections/pearls.yml", sections)
    asked = {"pearls.oysters": [f"how many oysters number {n} are there" for n in range(30)]}
    tiny.save(office.knowledge / "questions/en/oysters.yml", asked)
    office.ask("how many oysters have you counted?")
    (group,) = groups(office.page("/inbox"))
    assert group["offered"][0][0] == "pearls.oysters" and int(group["offered"][0][1]) >= 20
    assert '<option value="pearls.oysters">' in office.page("/inbox")


def test_more_than_six_hundred_questions_are_paged_and_none_is_left_out(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(grouping, "MOST_TEXTS", 25)
    monkeypatch.setattr(grouping, "MOST_GROUPS", 10)
    asked = {f"question word{number} other{number}" for number in range(60)}
    for text in asked:
        office.ask(text)
    seen: list[str] = []
    path, pages = "/inbox", []
    while path:
        page = office.page(path)
        pages.append(path)
        seen += [group["lead"] for group in groups(page)]
        older = re.search(r'<a href="([^"]+)">Next page</a>', page)
        path = html.unescape(older[1]).removeprefix("/console") if older else ""
    assert len(seen) == 60 and set(seen) == asked
    assert pages[1] == "/inbox?skip=10" and pages[3] == "/inbox?window=1" and len(pages) == 7
    assert "portion 3 of 3" in page and "Previous page" in page
    assert groups(office.page("/inbox?window=99&skip=99")), "a place that is gone shows the nearest one"
    for odd in ("x", "-1", "9" * 30, "²"):
        assert groups(office.page(f"/inbox?window={odd}&skip={odd}"))


def test_a_question_is_understood_once(office: Office) -> None:
    office.ask("how deep is the pool")
    for _ in range(3):
        office.page("/inbox")
    assert office.engine.encoded == ["how deep is the pool"]
    office.engine.model = "another"
    office.page("/inbox")
    assert len(office.engine.encoded) == 2, "another model may mean something else by it"


def test_without_a_model_the_inbox_still_works(office: Office) -> None:
    office.engine.model = None
    office.ask("how deep is the pool")
    office.ask("how deep is the pool?")
    found = groups(office.page("/inbox"))
    assert len(found) == 2
    assert office.staff.post("/inbox", do="ignore", group=found[0]["group"]).status_code == 303
    assert len(groups(office.page("/inbox"))) == 1


def test_what_cannot_be_done_is_said_and_changes_nothing(office: Office) -> None:
    office.ask("[email] [number]")
    (group,) = groups(office.page("/inbox"))
    for action in ("add:tides.overview", "add:nowhere.x", "add", "topic", "dance", ""):
        refused = office.staff.post("/inbox", do=action, group=group["group"], section="tides", entry="tides.overview")
        assert refused.status_code == 422, action
    assert len(groups(office.page("/inbox"))) == 1
    gone = office.staff.post("/inbox", do="ignore", group="0" * 16)
    assert gone.status_code == 409 and "dealt with" in gone.text


def test_every_group_and_its_keys_are_named(office: Office) -> None:
    office.engine.rankings = {"how deep is the pool": [("tides.overview", 0.7)]}
    office.ask("how deep is the pool")
    page = office.page("/inbox")
    keys = set(re.findall(r'data-key="(\w)"', page))
    assert keys == {"1", "a", "t", "n", "d", "i"}
    assert set(re.findall(r"<kbd[^>]*>(\w)</kbd>", page)) == keys, "each key is shown where it works"
    for field in re.findall(r'<(?:input|select)(?![^>]*type="hidden")[^>]*\bid="([^"]+)"', page):
        assert f'for="{field}"' in page
    ids = re.findall(r'\bid="([^"]+)"', page)
    assert len(ids) == len(set(ids))


@pytest.mark.parametrize(
    ("text", "sample"),
    [
        ("call me at [number] about\nthe pool", "call me at about the pool"),
        ("my mail is [email].", "my mail is."),
        ("  a \n\n b\t c ", "a b c"),
        ("[email] [NUMBER] [phone]", ""),
        ("?!", ""),
        ("où est-ce ?", "où est-ce ?"),
    ],
)
def test_a_sample_question_is_one_line_without_masked_data(text: str, sample: str) -> None:
    assert sample_of(text) == sample


def test_a_long_question_becomes_a_sample_that_can_be_kept() -> None:
    assert len(sample_of("word " * 200)) <= 300 and sample_of("word " * 200).endswith("word")
    assert len(sample_of("x" * 1000)) == 300


def test_likeness_goes_from_nothing_in_common_to_the_same_words() -> None:
    likeness = Likeness({"a": ["phone of the press office"], "b": ["visa for students", "student visas"], "c": []})
    assert likeness.shares("zzz") == {}
    assert likeness.shares("Student visa")["b"] == pytest.approx(1)
    assert 0 < likeness.shares("visa office")["a"] < 0.6
    assert Likeness({}).shares("anything") == {}
