"""A post that guides nobody: its knowledge has no stories, and its model answers all the same."""

from __future__ import annotations

import asyncio
import shutil
from pathlib import Path

import pytest

from bot.without_tensorflow import keep_out

keep_out()

from rasa.shared.core.generator import TrainingDataGenerator  # noqa: E402

from bot.dialogue.generator import Reply  # noqa: E402
from bot.engine import InProcessEngine  # noqa: E402
from bot.messages import Message  # noqa: E402
from bot.settings import Settings  # noqa: E402
from bot.store.conversations import ConversationStore  # noqa: E402
from bot.store.database import open_database  # noqa: E402
from bot.training.current import trained_edition  # noqa: E402
from bot.training.importer import KnowledgeImporter  # noqa: E402
from bot.training.train import train  # noqa: E402
from tests import tiny  # noqa: E402


@pytest.fixture
def house(tmp_path: Path, root: Path) -> Path:
    """A small post as a project of its own, with one encoder instead of two, to be quick."""
    tiny.write(tmp_path / "knowledge")
    config = (root / "config.yml").read_text(encoding="utf-8")
    (tmp_path / "config.yml").write_text(config.replace("[minilm, e5]", "[minilm]"), encoding="utf-8")
    shutil.copy(root / "domain.yml", tmp_path / "domain.yml")
    (tmp_path / "var/encoders").mkdir(parents=True)
    for encoder in (root / "var/encoders").glob("minilm-*"):
        (tmp_path / "var/encoders" / encoder.name).symlink_to(encoder)
    return tmp_path


async def asked(house: Path, text: str) -> list[Reply]:
    edition = trained_edition(Settings(root=house))
    assert edition is not None
    engine = InProcessEngine(house, ConversationStore(open_database("sqlite://")))
    await engine.load(edition)
    return await engine.reply(Message(sender="a", text=text, channel="rest"))


def test_a_knowledge_without_guided_conversations_is_learned_and_answers(
    house: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    train(Settings(root=house))
    monkeypatch.chdir(house)
    (reply,) = asyncio.run(asked(house, "en tides.overview wording 3"))
    assert (reply.kind, reply.entry) == ("answer", "tides.overview")


@pytest.mark.parametrize("last", [None, 'version: "3.1"\nstories: []\n'], ids=["no folder", "an empty file"])
def test_there_is_always_a_story_to_learn_from(house: Path, last: str | None) -> None:
    if last is not None:
        (house / "knowledge/stories").mkdir()
        (house / "knowledge/stories/travel.yml").write_text(last, encoding="utf-8")
    importer = KnowledgeImporter(str(house / "config.yml"), str(house / "domain.yml"), [str(house / "data")])
    trackers = TrainingDataGenerator(importer.get_stories(), importer.get_domain(), augmentation_factor=0).generate()
    assert [tracker.latest_action_name for tracker in trackers] == ["action_listen"]
