"""How fast one person or one address may write: token buckets, in this process or shared through Redis."""

from __future__ import annotations

import hashlib
import logging
import math
import time
from collections import OrderedDict
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Protocol

logger = logging.getLogger(__name__)

MOST_BUCKETS = 50_000
SECONDS_WITHOUT_REDIS = 5.0

TAKE = """
local state = redis.call('HMGET', KEYS[1], 'tokens', 'at')
local rate, burst = tonumber(ARGV[1]), tonumber(ARGV[2])
local time = redis.call('TIME')
local now = tonumber(time[1]) + tonumber(time[2]) / 1000000
local tokens = tonumber(state[1]) or burst
local at = tonumber(state[2]) or now
tokens = math.min(burst, tokens + math.max(0, now - at) * rate)
local wait = 0
if tokens >= 1 then tokens = tokens - 1 else wait = (1 - tokens) / rate end
redis.call('HSET', KEYS[1], 'tokens', tostring(tokens), 'at', tostring(now))
redis.call('EXPIRE', KEYS[1], math.ceil(burst / rate) + 1)
return tostring(wait)
"""


@dataclass(frozen=True)
class Rate:
    """``burst`` messages at once, then ``a_second`` of them each second."""

    a_second: float
    burst: float


class Limiter(Protocol):
    """Whatever counts."""

    async def wait(self, who: str, rate: Rate) -> float:
        """Takes one message of ``who``; 0 where it may pass, else the seconds until the next one may."""


class LocalLimiter:
    """Token buckets in this process; the ones longest unused are dropped beyond 50,000."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._buckets: OrderedDict[str, tuple[float, float]] = OrderedDict()

    async def wait(self, who: str, rate: Rate, at: float | None = None) -> float:
        """Takes one message; see :class:`Limiter`.

        ``at`` is when it was written, in seconds, where that is not now; ``who`` is then counted by such times alone.
        """
        now = self._clock() if at is None else at
        tokens, before = self._buckets.pop(who, (rate.burst, now))
        # Not every message comes in the order in which they were written.
        now = max(now, before)
        tokens = min(rate.burst, tokens + (now - before) * rate.a_second)
        passes = tokens >= 1
        self._buckets[who] = (tokens - 1 if passes else tokens, now)
        if len(self._buckets) > MOST_BUCKETS:
            self._buckets.popitem(last=False)
        return 0.0 if passes else (1 - tokens) / rate.a_second


class RedisLimiter:
    """Token buckets in Redis, shared by all servers. While Redis is away each server counts for itself."""

    def __init__(self, url: str) -> None:
        from redis import asyncio as redis_client

        self._redis: Any = redis_client.from_url(url, socket_timeout=0.5, socket_connect_timeout=0.5)
        self._take = self._redis.register_script(TAKE)
        self._local = LocalLimiter()
        self._away_until = 0.0
        self.problem: str | None = None

    async def wait(self, who: str, rate: Rate) -> float:
        """Takes one message; see :class:`Limiter`."""
        if time.monotonic() >= self._away_until:
            try:
                key = "embassy-bot:rate:" + hashlib.sha256(who.encode()).hexdigest()[:32]
                waited = float(await self._take(keys=[key], args=[rate.a_second, rate.burst]))
            except Exception as error:  # noqa: BLE001  (whatever the client raises, people are answered)
                self._away_until = time.monotonic() + SECONDS_WITHOUT_REDIS
                if self.problem is None:
                    logger.warning("Redis does not answer (%s); this server counts for itself.", type(error).__name__)
                self.problem = "Redis does not answer; rates are counted by each server for itself"
            else:
                self.problem = None
                return waited
        return await self._local.wait(who, rate)

    async def close(self) -> None:
        """Ends the connections."""
        await self._redis.close()
        await self._redis.connection_pool.disconnect()


class AddressRate:
    """How fast one network address may write, whatever the channel and its senders."""

    def __init__(self, limiter: Limiter, rate: Rate) -> None:
        self._limiter = limiter
        self._rate = rate

    async def wait(self, scope: Mapping[str, Any]) -> float:
        """Takes one message of the address that a connection comes from; see :class:`Limiter`."""
        address = (scope.get("client") or ("unknown", 0))[0]
        return await self._limiter.wait(f"address {address}", self._rate)


def limiter_of(redis_url: str) -> LocalLimiter | RedisLimiter:
    """Counts in Redis where its address is given, else in this process."""
    return RedisLimiter(redis_url) if redis_url else LocalLimiter()


def retry_after(seconds: float) -> int:
    """Whole seconds for a ``Retry-After`` header, at least one."""
    return max(1, math.ceil(seconds))
