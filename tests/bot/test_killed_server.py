"""kill -9 of a web server at named points and at random moments, while people write and repeat what got no reply."""

from __future__ import annotations

import asyncio
import json
import random
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import pytest

from bot.store.conversations import ConversationStore
from bot.store.database import open_database
from tests.bot.killed import POINTS
from tests.bot.widget.server import free_port
from tests.zygote import Forked, Zygote

ADDRESS = "/webhooks/rest/webhook"
KILLS, PEOPLE = 120, 8


@pytest.fixture(scope="module")
def zygote() -> Iterator[Zygote]:
    zygote = Zygote("tests.bot.killed")
    yield zygote
    zygote.close()


@dataclass
class Place:
    """Where servers come and go: the address stays, and so does the database."""

    zygote: Zygote
    database: Path
    client: httpx.AsyncClient
    port: int
    waiting: int = 0
    """Requests that have no reply yet."""
    unanswered: int = 0
    """Requests that never got one, so that they were sent again."""
    answered: int = 0

    def server(self, point: str = "") -> Forked:
        return self.zygote.start(str(self.database), str(self.port), point)

    def store(self) -> ConversationStore:
        return ConversationStore(open_database(f"sqlite:///{self.database}"))

    async def post(self, path: str, body: dict[str, Any], content_type: str) -> Any:
        """Sends one thing as often as it takes; the answer."""
        while True:
            self.waiting += 1
            try:
                response = await self.client.post(
                    path, content=json.dumps(body), headers={"Content-Type": content_type}
                )
            except httpx.TransportError:
                self.unanswered += 1
                await asyncio.sleep(0.01)
                continue
            finally:
                self.waiting -= 1
            assert response.status_code in (200, 201), response.text
            self.answered += 1
            return response.json()


@pytest.fixture
async def place(zygote: Zygote, tmp_path: Path) -> AsyncIterator[Place]:
    port = free_port()
    limits = httpx.Limits(max_keepalive_connections=PEOPLE)
    async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}", timeout=60, limits=limits) as client:
        yield Place(zygote, tmp_path / "bot.sqlite3", client, port)


@dataclass
class Person:
    """Somebody who writes one message after the other, and sometimes one that was answered once more."""

    place: Place
    chance: random.Random
    sender: str = ""
    widget: bool = False
    said: list[str] = field(default_factory=list)
    heard: list[str] = field(default_factory=list)

    async def say(self, number: int) -> str:
        """A message under its own number; the reply's text."""
        if not self.sender:
            self.sender = (await self.place.post("/conversations", {}, "text/plain"))["sender"]
        body: dict[str, Any] = {"sender": self.sender, "message": f"question {number}"}
        # The widget's way, which spares a slow line a preflight, and that of a program.
        body |= {"metadata": {"message_id": f"m-{number}"}} if self.widget else {"message_id": f"m-{number}"}
        (item,) = await self.place.post(ADDRESS, body, "text/plain" if self.widget else "application/json")
        return str(item["text"])

    async def write_until(self, end: asyncio.Event) -> None:
        while not end.is_set():
            number = len(self.said)
            self.said.append(f"question {number}")
            self.heard.append(await self.say(number))
            if self.chance.random() < 0.3:
                again = self.chance.randrange(len(self.said))
                assert await self.say(again) == self.heard[again], "a repeat got another reply"


def check(people: list[Person], store: ConversationStore) -> None:
    """Every message has one stored reply, which is what was heard, each in its place of the conversation."""
    for person in people:
        turns = store.turns(person.sender, most=100_000)
        assert [turn.text for turn in turns] == person.said
        assert [turn.replies[0]["text"] for turn in turns] == person.heard
        assert [text.split()[0] for text in person.heard] == [str(n + 1) for n in range(len(person.heard))]


@pytest.mark.parametrize("widget", [True, False], ids=["widget", "rest"])
@pytest.mark.parametrize("point", list(POINTS))
async def test_a_message_whose_server_dies_at_any_point_gets_one_reply_from_the_next(
    place: Place, point: str, widget: bool
) -> None:
    person = Person(place, random.Random(1), "" if widget else "rest-1", widget)
    first = place.server(point)
    message = asyncio.create_task(person.say(0))
    assert await asyncio.to_thread(first.wait, 40) == -9, "the point was never reached"
    stored = place.store().turns(person.sender)
    assert len(stored) == (point in ("stored", "answered", "replied"))
    server = place.server()
    person.said, person.heard = ["question 0"], [await message]
    assert not stored or stored[0].replies[0]["text"] == person.heard[0]
    assert await person.say(0) == person.heard[0]
    server.kill()
    check([person], place.store())


async def test_killed_at_random_moments_every_message_gets_one_reply_and_every_repeat_the_same(place: Place) -> None:
    chance, end = random.Random(7), asyncio.Event()
    people = [Person(place, random.Random(n), f"rest-{n}" if n % 2 else "", not n % 2) for n in range(PEOPLE)]
    writing = [asyncio.create_task(person.write_until(end)) for person in people]
    at_work = 0
    for number in range(KILLS):
        server, before = place.server(), place.answered
        # Moments while it starts, and while it answers.
        while number % 4 and place.answered == before:
            await asyncio.sleep(0.002)
            for task in writing:
                assert not task.done() or task.result()
        await asyncio.sleep(chance.uniform(0.0, 0.15))
        at_work += place.answered > before and place.waiting > 0
        assert server.kill() == -9
    server = place.server()
    end.set()
    await asyncio.wait_for(asyncio.gather(*writing), 60)
    server.kill()
    check(people, place.store())
    assert at_work >= KILLS / 2
    print(f"{KILLS} kills, {at_work} of a server at work; {place.answered} replies, {place.unanswered} tries in vain")
