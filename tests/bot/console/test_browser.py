"""The console as staff see it, in a real Chromium: the whole way from a question without an answer and back."""

from __future__ import annotations

import re
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest
import yaml
from playwright.sync_api import Browser, Page, expect

from bot.settings import Settings
from tests.bot.conftest import field, findings, launcher, replies
from tests.bot.console.client import PAGES, PASSWORD
from tests.bot.widget.server import Desk

MOST_BYTES = 30 * 1024
MOST_ASKED = 6
COLOURS = ("color-contrast", "target-size", "html-has-lang", "valid-lang")


@pytest.fixture
def office(house: Settings) -> Iterator[Desk]:
    """A server with two of the staff, at which somebody has asked in vain."""
    desk = Desk(house)
    store = desk.app.state.desk.console.staff
    store.add("awa", PASSWORD, "publisher", "en")
    store.add("ben", PASSWORD, "editor", "fr")
    yield desk
    desk.stop()


def sign_in(page: Page, office: Desk, name: str) -> None:
    page.goto(f"{office.url}/console")
    page.locator("#name").fill(name)
    page.locator("#password").fill(PASSWORD)
    page.locator("#password").press("Enter")
    page.wait_for_url("**/console/inbox")


def ask(page: Page, office: Desk, text: str) -> str:
    body = {"sender": f"s_{time.monotonic_ns()}-asks-000000000000", "message": text}
    item = page.request.post(f"{office.url}/webhooks/rest/webhook", data=body).json()[0]
    for button in item.get("buttons", [])[-1:]:  # none of these
        page.request.post(f"{office.url}/webhooks/rest/webhook", data=body | {"message": button["payload"]})
    return str(item["text"])


def renamed(page: Page, office: Desk) -> None:
    """The texts that spell out a section's old name, before anything is saved."""
    page.goto(f"{office.url}/console/sections")
    form = page.locator("form", has=page.locator('input[name=section][value="press"]'))
    form.locator('[name="name_en"]').fill("Media Unit")
    form.locator("button:not(.danger)").first.click()
    expect(page.locator("[name^=take-]").first).to_be_visible()


def brought(page: Page, office: Desk) -> None:
    """A spreadsheet with a row that was changed since, before anything is saved."""
    sheet = page.request.get(f"{office.url}/console/exchange/answers.csv").body().decode("utf-8-sig")
    changed = re.sub(r"\bv[0-9a-f]{8,}", "v0", sheet).replace("Please call this number", "Call this number")
    page.goto(f"{office.url}/console/exchange")
    page.locator("input[type=file]").set_input_files(
        {"name": "answers.csv", "mimeType": "text/csv", "buffer": changed.encode()}
    )
    page.locator("form", has=page.locator("input[type=file]")).locator("button").click()
    expect(page.locator("input[type=checkbox]").first).to_be_visible()


@pytest.mark.parametrize(
    ("name", "scheme", "width", "rules"),
    [
        ("awa", "light", 1280, ()),
        ("ben", "dark", 390, ()),
        # The same pages once more: only what a language's words and a scheme's colours can change.
        ("awa", "dark", 320, COLOURS),
        ("ben", "light", 320, COLOURS),
    ],
)
def test_axe_finds_nothing_on_any_page(
    page: Page, office: Desk, node: Path, name: str, scheme: str, width: int, rules: Sequence[str]
) -> None:
    page.emulate_media(color_scheme="dark" if scheme == "dark" else "light")
    page.set_viewport_size({"width": width, "height": 800})
    page.goto(f"{office.url}/console/sign-in")
    assert findings(page, node, rules) == []
    sign_in(page, office, name)
    for text in ("où acheter des timbres ?", "ou acheter des timbres", "Who handles visas?"):
        ask(page, office, text)
    page.goto(f"{office.url}/console/contacts")
    page.locator("input[name=value]").first.fill("+223 2070 0000")
    page.locator("button", has_text="Save" if name == "awa" else "Enregistrer").first.click()
    page.wait_for_url("**done=saved")
    wrong = []
    for path in [*PAGES, "/releases/1", "/nowhere"]:
        page.goto(f"{office.url}/console{path}")
        wrong += [f"{path} {finding}" for finding in findings(page, node, rules)]
        if page.evaluate("document.documentElement.scrollWidth") > width:
            wrong.append(f"{path} is wider than the screen")
    for show in (renamed, brought):
        show(page, office)
        wrong += [f"{show.__name__} {finding}" for finding in findings(page, node, rules)]
        if page.evaluate("document.documentElement.scrollWidth") > width:
            wrong.append(f"{show.__name__} is wider than the screen")
    assert not wrong, "\n".join(wrong)


@pytest.fixture
def quick(house: Settings) -> Settings:
    """The house with few sample questions, from which a candidate learns in seconds."""
    for path in (house.knowledge / "questions").glob("*/*.yml"):
        asked = yaml.safe_load(path.read_text(encoding="utf-8"))
        few = {name: questions[:MOST_ASKED] for name, questions in asked.items()}
        path.write_text(yaml.safe_dump(few, allow_unicode=True, sort_keys=False), encoding="utf-8")
    return house


COUNTING = """addEventListener("click", (event) => {
  if (event.isTrusted && event.target.closest("a, button, summary")) counted(event.target.textContent.trim());
}, true)"""


def test_five_actions_from_a_question_to_its_answer_and_one_way_back(page: Page, quick: Settings, office: Desk) -> None:
    question = "Does the embassy lend sewing machines to schools?"
    assert "sewing machines" not in ask(page, office, question)
    sign_in(page, office, "awa")
    # Whatever is clicked from here on is counted; the test opens no page by its address.
    actions: list[str] = []
    page.expose_function("counted", lambda name: actions.append(name))
    page.evaluate(COUNTING)
    page.add_init_script(COUNTING)
    # 1: start an answer from the question
    group = page.locator("[data-group]", has_text="sewing machines")
    group.get_by_role("link", name="New answer").click()
    page.locator("#section").select_option("public-affairs")
    page.locator("#id").fill("public-affairs.sewing-machines")
    for code, title, answer in (
        ("en", "Sewing machines", "The Public Affairs Section does not lend sewing machines to schools."),
        ("fr", "Machines à coudre", "La Section des affaires publiques ne prête pas de machines à coudre aux écoles."),
    ):
        page.locator(f"#title_{code}").fill(title)
        page.locator(f"#answer_{code}").fill(answer)
    more = """sewing machines
can I borrow a sewing machine
machines for sewing classes
sewing machine for my school
do you lend sewing machines"""
    page.locator("#questions_en").fill(f"{question}\n{more}")
    page.locator("#questions_fr").fill(
        "machines à coudre\nprêtez-vous des machines à coudre ?\nmachine a coudre pour une ecole\nmachine à coudre svp"
    )
    page.locator("#source").fill("Told by the section")
    # 2: save it
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_role("status").first).to_contain_text("Added")
    # 3: go to where it is published; 4: have a candidate made
    page.get_by_role("link", name="Publish", exact=True).click()
    page.get_by_role("button", name="Prepare a candidate").click()
    progress = page.locator("progress")
    expect(progress).to_be_visible()
    assert "sewing machines" not in ask(page, office, question), "people get the earlier answers meanwhile"
    page.wait_for_selector("text=The candidate is ready", timeout=480_000)
    # 5: say why and publish
    page.locator("#reason-candidate").fill("People ask for sewing machines")
    page.get_by_role("button", name="Publish the candidate").click()
    page.wait_for_url("**/console/releases**")
    assert actions == ["n New answer", "Save", "Publish", "Prepare a candidate", "Publish the candidate"]
    until = time.monotonic() + 60
    while "does not lend sewing machines" not in ask(page, office, question):
        assert time.monotonic() < until, "a published edit is live within a minute"
        time.sleep(0.5)
    # and back, in two clicks
    actions.clear()
    page.get_by_role("link", name="Go back to release 1").click()
    page.get_by_role("button", name="Go back to release 1").click()
    page.wait_for_url("**done=rolled-back")
    assert actions == ["Go back", "Go back to release 1"]
    until = time.monotonic() + 60
    while "does not lend sewing machines" in ask(page, office, question):
        assert time.monotonic() < until
        time.sleep(0.5)


def test_the_real_widget_tries_the_draft(page: Page, office: Desk) -> None:
    sign_in(page, office, "awa")
    page.goto(f"{office.url}/console/try")
    if launcher(page).is_visible():
        launcher(page).click()
    field(page).fill("Who handles visas?")
    field(page).press("Enter")
    expect(replies(page).first).to_contain_text("visa")
    link = page.get_by_role("link", name="Edit this answer: consular.visas")
    expect(link).to_be_visible()
    expect(page.locator("#details")).to_contain_text("consular.visas")
    link.click()
    page.wait_for_url("**/console/answers/consular.visas")


def test_the_open_chat_leaves_room_for_what_was_found(page: Page, office: Desk) -> None:
    sign_in(page, office, "awa")
    page.set_viewport_size({"width": 1280, "height": 800})
    page.goto(f"{office.url}/console/try?q=visa")
    expect(field(page)).to_be_visible()
    chat = page.locator("embassy-chat dialog").bounding_box()
    assert chat is not None
    for found in (page.get_by_role("button", name="Ask", exact=True), page.locator("#details td.number").first):
        box = found.bounding_box()
        assert box is not None and box["x"] + box["width"] <= chat["x"]


def test_it_all_works_without_javascript(browser: Browser, office: Desk) -> None:
    context = browser.new_context(java_script_enabled=False, locale="fr")
    page = context.new_page()
    sign_in(page, office, "ben")
    page.goto(f"{office.url}/console/answers/press.phone")
    page.locator("#owner").fill("Ben")
    page.get_by_role("button", name="Enregistrer").click()
    expect(page.get_by_role("status").first).to_contain_text("Enregistré")
    expect(page.locator("#owner")).to_have_value("Ben")
    context.close()


def test_the_inbox_has_keys(page: Page, office: Desk) -> None:
    for text in ("où acheter des timbres ?", "how deep is the swimming pool?"):
        ask(page, office, text)
    sign_in(page, office, "awa")
    count = page.locator("[data-group]").count()
    assert count == 2
    page.keyboard.press("j")
    page.keyboard.press("j")
    expect(page.locator("[data-group]").nth(1).locator("h2")).to_be_focused()
    page.keyboard.press("i")
    page.wait_for_url("**done=marked**")
    expect(page.locator("[data-group]")).to_have_count(1)


def test_its_styles_and_scripts_are_light(page: Page, office: Desk) -> None:
    import gzip

    weight = 0
    for name in ("console.css", "console.js"):
        weight += len(gzip.compress(page.request.get(f"{office.url}/console/{name}").body()))
    assert weight <= MOST_BYTES
