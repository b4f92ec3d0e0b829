"""What tests need of the machine beside Python: where it is missing, they say what and how to get it."""

from __future__ import annotations

import os
from typing import NoReturn

import pytest


def missing(what: str, command: str) -> NoReturn:
    """Skips a test that needs a program which is not installed; in CI, where it must be there, the test fails."""
    text = f"{what} is not installed. Install it with: {command}"
    if os.environ.get("CI"):
        pytest.fail(text)
    pytest.skip(text)
