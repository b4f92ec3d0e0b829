from __future__ import annotations

import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from bot.limits import LocalLimiter, Rate, RedisLimiter, retry_after
from tests.machine import missing

TEN = Rate(a_second=2, burst=3)


async def test_a_burst_passes_and_the_next_one_waits_for_its_turn() -> None:
    now = 100.0
    limiter = LocalLimiter(lambda: now)
    assert [await limiter.wait("a", TEN) for _ in range(3)] == [0, 0, 0]
    assert await limiter.wait("a", TEN) == pytest.approx(0.5)
    now += 0.5
    assert await limiter.wait("a", TEN) == 0


async def test_one_person_s_haste_slows_nobody_else() -> None:
    limiter = LocalLimiter(lambda: 0.0)
    for _ in range(5):
        await limiter.wait("a", TEN)
    assert await limiter.wait("b", TEN) == 0


async def test_what_was_written_long_before_it_comes_counts_by_when_it_was_written() -> None:
    limiter = LocalLimiter(lambda: 0.0)
    assert [await limiter.wait("a", TEN, at) for at in (100, 100, 100)] == [0, 0, 0]
    assert await limiter.wait("a", TEN, 100) == pytest.approx(0.5)
    assert [await limiter.wait("a", TEN, at) for at in (101, 101, 200, 150)] == [0, 0, 0, 0]


async def test_memory_stays_bounded_however_many_people_write() -> None:
    limiter = LocalLimiter(lambda: 0.0)
    for index in range(50_100):
        await limiter.wait(str(index), TEN)
    assert len(limiter._buckets) == 50_000


def test_retry_after_is_at_least_a_whole_second() -> None:
    assert [retry_after(0.01), retry_after(1.2)] == [1, 2]


@pytest.fixture(scope="module")
def redis_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    program = shutil.which("redis-server")
    if program is None:
        missing("redis-server", "apt-get install redis-server")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    folder: Path = tmp_path_factory.mktemp("redis")
    server = subprocess.Popen(
        [str(program), "--port", str(port), "--bind", "127.0.0.1", "--save", "", "--dir", str(folder)],
        stdout=subprocess.DEVNULL,
    )
    until = time.monotonic() + 10
    while True:
        try:
            socket.create_connection(("127.0.0.1", port), 0.2).close()
            break
        except OSError:
            assert time.monotonic() < until, "redis-server does not start"
            time.sleep(0.05)
    yield f"redis://127.0.0.1:{port}/0"
    server.terminate()
    server.wait(10)


async def test_two_servers_count_together_in_redis(redis_url: str) -> None:
    one, other = RedisLimiter(redis_url), RedisLimiter(redis_url)
    slow = Rate(a_second=0.1, burst=2)
    assert await one.wait("shared", slow) == 0
    assert await other.wait("shared", slow) == 0
    assert 8 < await one.wait("shared", slow) <= 10
    assert await one.wait("somebody else", slow) == 0
    await one.close()
    await other.close()


async def test_without_redis_each_server_counts_for_itself_and_says_so() -> None:
    limiter = RedisLimiter("redis://127.0.0.1:1/0")
    assert await limiter.wait("a", Rate(0.1, 1)) == 0
    assert limiter.problem is not None
    assert await limiter.wait("a", Rate(0.1, 1)) > 5
    await limiter.close()
