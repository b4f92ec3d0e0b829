"""The page at ``/faq``: all answers without JavaScript, to read, print, index and tap."""

from __future__ import annotations

import json
import re
from html import unescape
from pathlib import Path

import httpx
import pytest
from playwright.sync_api import Browser, Page, expect

from bot.knowledge.model import Knowledge
from bot.knowledge.reader import read_knowledge
from bot.pages.faq import faq_page, structured_data
from bot.settings import Settings
from tests import tiny
from tests.bot.conftest import findings
from tests.bot.light import light_app
from tests.bot.widget.server import Desk

LANGUAGES = [("/faq", "en"), ("/faq/fr", "fr")]


@pytest.mark.parametrize(("path", "language"), LANGUAGES)
def test_every_answer_stands_on_it_under_its_own_anchor(
    page: Page, desk: Desk, knowledge: Knowledge, path: str, language: str
) -> None:
    page.goto(desk.url + path)
    assert page.locator("html").get_attribute("lang") == language
    shown = {article.get_attribute("id"): article.inner_text() for article in page.locator("article").all()}
    assert shown.keys() == knowledge.entries.keys()
    for name, entry in knowledge.entries.items():
        words = " ".join(knowledge.answer(entry, language).split())
        assert words in " ".join(shown[name].split())


@pytest.mark.parametrize(("path", "language"), LANGUAGES)
def test_a_reply_s_source_leads_to_its_answer(page: Page, desk: Desk, path: str, language: str) -> None:
    page.goto(f"{desk.url}{path}#press.contact")
    article = page.locator("article:target")
    expect(article).to_be_in_viewport()
    hrefs = [link.get_attribute("href") for link in article.locator("p a").all()]
    assert hrefs == ["mailto:fanei@state.gov", "tel:+22320702424"]
    for link in article.locator("p a").all():
        box = link.bounding_box()
        assert box is not None and box["height"] >= 44


@pytest.mark.parametrize(("path", "language"), LANGUAGES)
def test_search_engines_get_structured_data_and_no_policy_is_broken(
    page: Page, desk: Desk, knowledge: Knowledge, path: str, language: str
) -> None:
    said: list[str] = []
    page.on("console", lambda message: said.append(message.text))
    page.goto(desk.url + path)
    data = json.loads(page.locator("script[type='application/ld+json']").inner_text())
    assert (data["@type"], data["inLanguage"]) == ("FAQPage", language)
    assert [question["acceptedAnswer"]["text"] for question in data["mainEntity"]] == [
        knowledge.answer(entry, language) for entry in knowledge.entries.values()
    ]
    alternates = {
        link.get_attribute("hreflang"): link.get_attribute("href") for link in page.locator("link[hreflang]").all()
    }
    assert alternates == {"fr": "/faq/fr", "en": "/faq"}
    assert not said


def test_it_needs_no_javascript_and_no_mouse(browser: Browser, desk: Desk) -> None:
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(f"{desk.url}/faq/fr")
    page.keyboard.press("Tab")
    skip = page.get_by_role("link", name="Aller aux réponses")
    expect(skip).to_be_focused()
    expect(skip).to_be_in_viewport()
    page.keyboard.press("Enter")
    assert page.url.endswith("#answers")
    page.get_by_role("link", name="English").click()
    assert page.url == f"{desk.url}/faq"
    context.close()


@pytest.mark.parametrize(("path", "language"), LANGUAGES)
@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [320, 1280])
def test_axe_finds_nothing(
    page: Page, desk: Desk, node: Path, path: str, language: str, scheme: str, width: int
) -> None:
    page.emulate_media(color_scheme="dark" if scheme == "dark" else "light")
    page.set_viewport_size({"width": width, "height": 800})
    page.goto(desk.url + path)
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    assert findings(page, node) == []


def test_on_paper_there_are_only_answers(page: Page, desk: Desk) -> None:
    page.goto(f"{desk.url}/faq")
    page.emulate_media(media="print")
    for part in (".skip", ".contents", "header nav", ".up"):
        expect(page.locator(part).first).to_be_hidden()
    expect(page.locator("article").first).to_be_visible()


def test_markup_in_the_knowledge_stays_text(tmp_path: Path) -> None:
    folder = tiny.write(tmp_path)
    bad = "</script><img src=x onerror=alert(1)><b>&"
    data = tiny.sections()["tides"]
    data["name"]["en"] = data["entries"][0]["title"]["en"] = data["entries"][0]["answer"]["en"] = bad
    data["entries"][0]["source"] = bad
    tiny.save(folder / "sections" / "tides.yml", data)
    knowledge = read_knowledge(folder)
    html = faq_page(knowledge, "en", "http://<i>host</i>/")
    assert "<b>" not in html and "<i>" not in html and "<img" not in html
    assert html.count("</script>") == 1
    assert json.loads(structured_data(knowledge, "en"))["mainEntity"][-2]["name"] == bad


def head_links(html: str, rel: str) -> list[str]:
    return re.findall(rf'<link rel="{rel}"[^>]* href="([^"]*)"', html)


async def test_no_link_believes_what_a_request_calls_the_server(root: Path, tmp_path: Path) -> None:
    for url in ("", "https://help.example.org"):
        settings = Settings(root=root, database_url=f"sqlite:///{tmp_path / 'a.sqlite3'}", public_url=url)
        transport = httpx.ASGITransport(light_app(settings))
        async with httpx.AsyncClient(transport=transport, base_url="http://evil.example") as client:
            html = (await client.get("/faq/fr", headers={"x-forwarded-host": "evil.example"})).text
            assert "evil.example" not in html
            assert head_links(html, "canonical") == ([url + "/faq/fr"] if url else [])
            assert head_links(html, "alternate") == [url + "/faq/fr", url + "/faq"]
            start = (await client.get("/")).text
            assert f'src="{url or "http://evil.example"}/widget.js"' in unescape(start)


@pytest.mark.parametrize(("path", "language"), LANGUAGES)
def test_nothing_of_the_program_shows_on_it(page: Page, desk: Desk, path: str, language: str) -> None:
    page.goto(desk.url + path)
    assert not any(leak in page.content() for leak in ("{{", "built-in method", "bound method", "Undefined"))
