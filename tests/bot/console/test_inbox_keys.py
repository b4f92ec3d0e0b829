"""The inbox, figures, accounts and log in a real Chromium, over a made-up engine: keys, axe, a narrow screen."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from bot.knowledge.edit.editor import KnowledgeEditor
from tests.bot.conftest import findings
from tests.bot.console.client import PASSWORD
from tests.bot.console.office import Office, open_office


@pytest.fixture
def office(tmp_path: Path) -> Office:
    office = open_office(tmp_path)
    office.engine.rankings = {
        "how deep is the swimming pool": [("tides.overview", 0.71), ("pearls.overview", 0.33)],
        "où acheter des timbres": [("tides.contact", 0.4)],
    }
    for text, language in (
        ("how deep is the swimming pool?", "en"), ("how deep is the swimming pool", "en"),
        ("où acheter des timbres", "fr"), ("zzz qqq", "en"),
    ):  # fmt: skip
        office.ask(text, language=language)
    return office


def sign_in(page: Page, url: str, name: str = "awa") -> None:
    page.goto(f"{url}/sign-in")
    page.locator("#name").fill(name)
    page.locator("#password").fill(PASSWORD)
    page.locator("#password").press("Enter")
    page.wait_for_url("**/console/inbox")


def test_each_key_does_what_it_says(page: Page, office: Office, url: str) -> None:
    sign_in(page, url)
    groups = page.locator("[data-group]")
    expect(groups).to_have_count(3)
    page.keyboard.press("i")
    expect(groups).to_have_count(3)  # no group is chosen yet
    for key, at in (("j", 0), ("j", 1), ("k", 0)):
        page.keyboard.press(key)
        expect(groups.nth(at).locator("h2")).to_be_focused()
    page.keyboard.press("a")
    expect(groups.first.locator("input[name=entry]")).to_be_focused()
    page.keyboard.type("i1")
    expect(groups.first.locator("input[name=entry]")).to_have_value("i1")
    groups.first.locator("h2").focus()
    page.keyboard.press("2")
    page.wait_for_url("**done=added#h1")
    expect(groups).to_have_count(2)
    expect(groups.first.locator("h2")).to_be_focused()
    assert "swimming pool" in (office.knowledge / "questions/en/all.yml").read_text()
    page.keyboard.press("t")
    expect(groups.first.locator("select[name=section]")).to_be_focused()
    groups.first.get_by_role("button", name="Make this a known topic").click()
    page.wait_for_url("**done=added#h1")
    expect(groups).to_have_count(1)
    page.keyboard.press("d")
    page.wait_for_url("**done=marked#h1")
    expect(page.locator(".empty")).to_be_visible()


def test_keys_belong_to_a_field_or_to_the_group_in_which_the_focus_is(page: Page, office: Office, url: str) -> None:
    sign_in(page, url)
    groups = page.locator("[data-group]")
    page.keyboard.press("j")
    page.get_by_role("link", name="Figures").focus()
    page.keyboard.press("i")
    page.keyboard.press("d")
    page.wait_for_timeout(300)
    expect(groups).to_have_count(3)
    groups.first.locator("h2").focus()
    page.keyboard.press("t")
    for field in ("select[name=section]", "input[name=title_en]"):
        groups.first.locator(field).focus()
        page.keyboard.press("d")
    expect(groups.first.locator("input[name=title_en]")).to_have_value("d")
    groups.first.locator("h2").focus()
    page.evaluate("""() => document.activeElement.dispatchEvent(
        new KeyboardEvent("keydown", {key: "i", repeat: true, bubbles: true}))""")
    page.wait_for_timeout(300)
    expect(groups).to_have_count(3)
    assert office.staff.store.log()[0].action == "signed-in"


def test_a_form_that_did_not_arrive_is_offered_again(page: Page, office: Office, url: str) -> None:
    sign_in(page, url)
    address, words = f"{url}/answers/tides.overview", "The Tide Office counts every wave, day and night."
    page.goto(address)
    page.locator("#answer_en").fill(words)
    page.context.set_offline(True)
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_role("alert")).to_contain_text("You are offline")
    expect(page.locator("#answer_en")).to_have_value(words)
    expect(page.get_by_role("button", name="Save")).to_be_enabled()
    page.context.set_offline(False)
    # A line that breaks while it is sent: the browser shows its own page, and the form is empty when it is opened anew.
    page.route(
        "**/answers/tides.overview",
        lambda route: route.abort() if route.request.method == "POST" else route.continue_(),
    )
    page.get_by_role("button", name="Save").click()
    page.wait_for_timeout(500)
    page.unroute("**/answers/tides.overview")
    page.goto(address)
    expect(page.locator("#answer_en")).not_to_have_value(words)
    expect(page.get_by_role("alert")).to_contain_text("perhaps did not arrive")
    page.get_by_role("button", name="Put back what I typed").click()
    expect(page.locator("#answer_en")).to_have_value(words)
    page.get_by_role("button", name="Save").click()
    page.wait_for_url("**done=saved**")
    assert "counts every wave" in (office.knowledge / "sections/tides.yml").read_text()
    page.goto(address)
    expect(page.get_by_role("alert")).to_have_count(0)
    assert page.evaluate("Object.keys(sessionStorage).filter((key) => key.startsWith('kept'))") == []


def test_what_a_conflict_put_together_is_not_offered_to_be_undone(page: Page, office: Office, url: str) -> None:
    sign_in(page, url)
    address = f"{url}/answers/tides.overview"
    page.goto(address)
    asked = page.locator("#questions_en").input_value()
    page.locator("#questions_en").fill(f"{asked}\nmine about the tide")
    editor = KnowledgeEditor(office.knowledge)
    old = editor.entry("tides.overview")
    questions = {**old.questions, "en": (*old.questions["en"], "theirs about the tide")}
    editor.save(replace(old, questions=questions), old.version)
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_role("heading", name="Somebody else has changed this")).to_be_visible()
    assert "perhaps did not arrive" not in page.locator("main").inner_text()
    assert page.get_by_role("button", name="Put back what I typed").count() == 0
    page.get_by_role("button", name="Save").click()
    page.wait_for_url("**done=saved**")
    stored = KnowledgeEditor(office.knowledge).entry("tides.overview").questions["en"]
    assert {"mine about the tide", "theirs about the tide"} <= set(stored)
    page.goto(address)
    expect(page.get_by_role("alert")).to_have_count(0)


def test_what_is_put_back_does_not_overwrite_what_somebody_wrote_meanwhile(
    page: Page, office: Office, url: str
) -> None:
    sign_in(page, url)
    address = f"{url}/answers/tides.overview"
    page.goto(address)
    page.locator("#owner").fill("Awa")
    page.route("**/answers/tides.overview", lambda route: route.abort())
    page.get_by_role("button", name="Save").click()
    page.wait_for_timeout(500)
    page.unroute("**/answers/tides.overview")
    editor = KnowledgeEditor(office.knowledge)
    old = editor.entry("tides.overview")
    editor.save(replace(old, title={**old.title, "en": "High and low tide"}), old.version)
    page.goto(address)
    page.get_by_role("button", name="Put back what I typed").click()
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_role("heading", name="Somebody else has changed this")).to_be_visible()
    expect(page.locator("#title_en")).to_have_value("High and low tide")
    expect(page.locator("#owner")).to_have_value("Awa")


def test_a_browser_that_forbids_storage_keeps_the_keys_and_saves(page: Page, office: Office, url: str) -> None:
    page.add_init_script("""Object.defineProperty(window, "sessionStorage", {
        get() { throw new DOMException("forbidden", "SecurityError"); }})""")
    sign_in(page, url)
    page.keyboard.press("j")
    expect(page.locator("[data-group]").first.locator("h2")).to_be_focused()
    page.goto(f"{url}/answers/tides.overview")
    page.locator("#owner").fill("Awa")
    page.get_by_role("button", name="Save").click()
    page.wait_for_url("**done=saved**")


def test_a_key_opens_the_form_for_a_new_answer_with_all_questions(page: Page, office: Office, url: str) -> None:
    sign_in(page, url)
    page.keyboard.press("j")
    page.keyboard.press("n")
    page.wait_for_url("**/answers/new?group=**")
    expect(page.locator("#questions_en")).to_have_value("how deep is the swimming pool\nhow deep is the swimming pool?")


def test_a_step_works_without_javascript_and_enter_never_takes_the_wrong_one(
    browser: Browser, office: Office, url: str
) -> None:
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    sign_in(page, url)
    group = page.locator("[data-group]").first
    group.locator("summary", has_text="Add to another answer").click()
    group.locator("input[name=entry]").fill("pearls.overview")
    group.locator("input[name=entry]").press("Enter")
    page.wait_for_url("**done=added#h1")
    assert (
        office.desk.inbox.settled(office.desk.staff.log()[-1].created.replace(year=2000))[0].entry == "pearls.overview"
    )
    context.close()


def test_keys_are_shown_only_where_they_do_something(browser: Browser, page: Page, office: Office, url: str) -> None:
    sign_in(page, url)
    told = [page.locator("kbd").first, page.get_by_text("Keys: j and k")]
    for shown in told:
        expect(shown).to_be_visible()
    for settings in ({"java_script_enabled": False}, {"has_touch": True, "is_mobile": True}):
        context = browser.new_context(**settings)
        other = context.new_page()
        sign_in(other, url)
        expect(other.locator("[data-group]")).to_have_count(3)
        expect(other.locator("kbd").first).to_be_hidden()
        expect(other.get_by_text("Keys: j and k")).to_be_hidden()
        context.close()


def test_a_phone_shows_the_page_and_its_button_rather_than_the_menu(page: Page, office: Office, url: str) -> None:
    page.set_viewport_size({"width": 390, "height": 800})
    sign_in(page, url)
    page.goto(f"{url}/log")
    header = page.locator("header").bounding_box()
    assert header is not None and header["height"] <= 120
    expect(page.locator("header nav [aria-current]")).to_be_in_viewport()
    page.goto(f"{url}/answers/tides.overview")
    for place in ("#title_fr", "#owner"):
        page.locator(place).scroll_into_view_if_needed()
        expect(page.get_by_role("button", name="Save")).to_be_in_viewport()
    page.locator("#owner").focus()
    page.keyboard.press("Shift+Tab")
    covered = page.evaluate("""() => document.activeElement.getBoundingClientRect().bottom
        - document.querySelector("form[data-guard] > .actions").getBoundingClientRect().top""")
    assert covered <= 1, "the button stands over no field that has the focus"


@pytest.mark.parametrize(("name", "scheme", "width"), [("awa", "dark", 320), ("ben", "light", 1280)])
def test_axe_finds_nothing_and_nothing_is_wider_than_the_screen(
    page: Page, office: Office, url: str, node: Path, name: str, scheme: str, width: int
) -> None:
    page.emulate_media(color_scheme="dark" if scheme == "dark" else "light")
    page.set_viewport_size({"width": width, "height": 800})
    for number, helpful in ((1, True), (2, False)):
        office.thumb(helpful, f"s{number}", f"m{number}", "tides.overview")
    office.desk.inbox.mark(office.desk.inbox.unanswered([], office.desk.staff.log()[0].created.replace(year=2000))[:1],
                           "ignored", "awa")  # fmt: skip
    office.desk.staff.note("ben", "edited", "tides.overview", "sections/tides.yml, questions/fr/tides.yml")
    changes = '{"files": ["sections/tides.yml"], "fields": [["", "answer fr", "avant", "après"]], "more": 2}'
    with office.desk.staff.noting("ben", "edited", "tides.overview", "why", changes):
        pass
    sign_in(page, url, name)
    wrong: list[str] = []

    def look(where: str) -> None:
        wrong.extend(f"{where}: {finding}" for finding in findings(page, node))
        if page.evaluate("document.documentElement.scrollWidth") > width:
            wrong.append(f"{where} is wider than the screen")

    office.ask("where can I park", entry="topic.tides-parking")
    for path in ("/inbox", "/inbox?done=added", "/inbox/ignored", "/figures", "/log?who=ben",
                 "/me", "/stories", "/stories?new=1", "/stories/vague?edit=ask.phone",
                 "/answers/tides.contact", "/contacts", "/publish", "/releases"):  # fmt: skip
        page.goto(url + path)
        page.evaluate("document.querySelectorAll('details').forEach((one) => (one.open = true))")
        look(path)
    if name == "awa":
        page.goto(f"{url}/staff")
        look("/staff")
        page.get_by_role("button", name="Reset the password: ben").click()
        look("asked to reset")
        page.get_by_role("button", name="Reset the password").click()
        expect(page.locator("code.password")).to_be_visible()
        look("one-time password")
    assert not wrong, "\n".join(wrong)
