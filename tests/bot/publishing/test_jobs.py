"""Candidates: published as they were examined or not at all; no process is ended but their own."""

from __future__ import annotations

import json
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, replace
from typing import Any

import pytest

from bot.exclusive import exclusive
from bot.publishing.jobs import CANCELLED, FAILED, RUNNING, Jobs, Progress
from bot.publishing.process import born, end, is_alive
from bot.settings import Settings
from bot.training.current import write_atomically
from bot.training.releases import WORDS, ChangedError, Parts, Release, ReleaseError, Releases
from tests import tiny
from tests.bot.publishing.candidates import ready


def publish(settings: Settings, candidate: str) -> Release:
    return Jobs(settings).publish(Releases(settings), author="awa", reason="Because", candidate=candidate)


def change(settings: Settings, old: str, new: str) -> None:
    tiny.change(settings.knowledge / "sections/tides.yml", old, new)


def test_a_candidate_is_published_as_it_was_examined(settings: Settings) -> None:
    change(settings, "the sea", "the moon")
    job = ready(settings)
    version = job.basis.knowledge
    change(settings, "the moon", "the sun")
    release = publish(settings, job.id)
    assert (release.number, release.knowledge, release.kind) == (2, version, "trained")
    assert Jobs(settings).current() is None


def test_a_candidate_of_an_earlier_release_does_not_undo_what_was_published_since(settings: Settings) -> None:
    change(settings, "the sea", "the moon")
    job = ready(settings)
    parts = Parts(settings.knowledge, settings.models / "one.tar.gz", settings.thresholds)
    Releases(settings).publish(parts, author="ben", reason="First", kind=WORDS)
    with pytest.raises(ChangedError) as caught:
        publish(settings, job.id)
    assert caught.value.what == "release"
    Releases(settings).roll_back(1, author="ben", reason="Back")
    with pytest.raises(ChangedError):
        publish(settings, job.id)
    assert len(Releases(settings).all()) == 3
    ready(settings, "20261125-000001-fresh")
    assert publish(settings, "20261125-000001-fresh").number == 4


def test_only_the_candidate_that_was_seen_is_published_or_dismissed(settings: Settings) -> None:
    ready(settings, "20261125-000000-first")
    ready(settings, "20261125-000001-second")
    for act in (publish, lambda s, name: Jobs(s).dismiss(name)):
        with pytest.raises(ChangedError):
            act(settings, "20261125-000000-first")
    Jobs(settings).dismiss("20261125-000001-second")
    assert Jobs(settings).current() is None
    with pytest.raises(ReleaseError):
        publish(settings, "20261125-000001-second")


def test_what_was_changed_in_a_candidate_by_hand_is_not_published(settings: Settings) -> None:
    job = ready(settings)
    tiny.change(job.knowledge / "sections/tides.yml", "the sea", "the moon")
    with pytest.raises(ChangedError):
        publish(settings, job.id)
    write_atomically(job.folder / "candidate.json", "{")
    with pytest.raises(ChangedError):
        publish(settings, job.id)


def test_a_candidate_below_the_floor_is_not_published(settings: Settings) -> None:
    problem = {"figure": "answer en", "value": "0.9496", "limit": "0.95", "key": "at_least"}
    job = ready(settings, problems=[problem])
    with pytest.raises(ReleaseError, match=r"0\.9496, must be at least 0\.95"):
        publish(settings, job.id)


def test_a_process_that_got_the_number_of_the_candidates_is_left_alone(settings: Settings) -> None:
    with subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE, start_new_session=True) as other:
        job = ready(settings)
        job.write(Progress(RUNNING, "train", 10, 100, other.pid))
        assert job.read().state == RUNNING
        stale = replace(job.read(), born="another-boot 12345")
        write_atomically(job.folder / "state.json", json.dumps(asdict(stale)))
        assert job.read().state == FAILED
        Jobs(settings).cancel()
        end(other.pid, stale.born, lambda: None)
        assert other.poll() is None, "it is somebody else's"
        job.write(Progress(RUNNING, "train", 10, 100, other.pid))
        jobs = Jobs(settings)
        jobs._processes[other.pid] = other  # type: ignore[assignment]
        jobs.cancel()
        assert job.read().state == CANCELLED
        assert not is_alive(other.pid)


def test_a_process_is_told_by_when_it_started() -> None:
    with subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE) as one:
        since = born(one.pid)
        assert since and since == born(one.pid)
        assert is_alive(one.pid, since) and not is_alive(one.pid, since + "0")
        one.kill()
    assert not is_alive(one.pid) and not is_alive(0) and not is_alive(-5)


def test_two_who_start_at_once_start_one_candidate_and_an_end_ends_it(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    ready(settings)  # an earlier one, which goes
    real, begun = subprocess.Popen, []

    def sleeping(command: list[str], **named: Any) -> Any:
        begun.append(real([sys.executable, "-c", "input()"], stdin=subprocess.PIPE, start_new_session=True))
        return begun[-1]

    monkeypatch.setattr("bot.publishing.jobs.subprocess.Popen", sleeping)
    jobs = [Jobs(settings) for _ in range(4)]
    with ThreadPoolExecutor(4) as people:
        started = list(people.map(lambda one: one.start().id, jobs))
    assert len(begun) == 1 and len(set(started)) == 1
    jobs[-1].cancel()
    begun[0].wait(10)
    assert jobs[0].start().id != started[0]
    # Begun by a server that died before it noted so: whoever begins the next one ends it.
    (settings.var / "candidates" / "current").unlink()
    jobs[1].start()
    begun[1].wait(10)
    jobs[1].cancel()
    begun[2].wait(10)


def test_who_waits_too_long_for_another_is_told_so(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    job = ready(settings)
    monkeypatch.setattr("bot.exclusive.PATIENCE", 0.1)
    with exclusive(settings.var / "candidates"):
        for act in (lambda: Jobs(settings).start(), lambda: publish(settings, job.id), lambda: Jobs(settings).cancel()):
            with pytest.raises(ReleaseError, match="Somebody else is publishing"):
                act()
    assert publish(settings, job.id).kind == "trained"
