"""Databases that go away and come back: a locked file, and a server behind a line that is cut."""

from __future__ import annotations

import asyncio
import contextlib
import sqlite3
from collections.abc import Callable
from typing import Protocol
from urllib.parse import urlsplit


class Absence(Protocol):
    """How a database can be made to go away; ``url`` is where the server looks for it."""

    url: str

    async def go(self) -> None: ...

    async def come_back(self) -> None: ...


class LockedFile:
    """SQLite's file, held by somebody who does not let go."""

    def __init__(self, url: str) -> None:
        self.url = url

    async def go(self) -> None:
        self._holder = sqlite3.connect(self.url.removeprefix("sqlite:///"), timeout=30, isolation_level=None)
        self._holder.execute("BEGIN IMMEDIATE")

    async def come_back(self) -> None:
        self._holder.execute("ROLLBACK")
        self._holder.close()


class CutLine:
    """A line to a database's server; while it is cut, nobody answers at its end."""

    def __init__(self, url: str, port: int) -> None:
        parts = urlsplit(url)
        self._there, self._port = (str(parts.hostname), int(parts.port or 0)), port
        self.url = url.replace(f":{parts.port}/", f":{port}/")
        self._open: set[asyncio.StreamWriter] = set()

    async def come_back(self) -> None:
        self._server = await asyncio.start_server(self._connected, "127.0.0.1", self._port)

    async def go(self) -> None:
        self._server.close()
        for writer in list(self._open):
            writer.transport.abort()

    async def _connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        there, back = await asyncio.open_connection(*self._there)
        self._open |= {writer, back}
        await asyncio.gather(self._pass(reader, back), self._pass(there, writer))
        self._open -= {writer, back}

    async def _pass(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(ConnectionError):
            while data := await reader.read(65536):
                writer.write(data)
                await writer.drain()
        with contextlib.suppress(Exception):
            writer.close()


def absence_of(url: str, free_port: Callable[[], int]) -> Absence:
    return LockedFile(url) if url.startswith("sqlite") else CutLine(url, free_port())
