"""A database's server that takes connections and never says a word."""

from __future__ import annotations

import socket
import time

import pytest
from sqlalchemy.exc import OperationalError

from bot.store.database import open_database


def test_a_silent_server_is_given_up_within_seconds() -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        begun = time.monotonic()
        with pytest.raises(OperationalError, match="timeout"):
            open_database(f"postgresql://bot@127.0.0.1:{silent.getsockname()[1]}/bot")
        assert time.monotonic() - begun < 15
