from __future__ import annotations

import gc

import pytest

from bot.garbage import at_rest


def test_the_search_for_garbage_goes_on_after_a_load_that_fails() -> None:
    with pytest.raises(ValueError, match="broken"), at_rest():
        assert not gc.isenabled()
        raise ValueError("broken")
    assert gc.isenabled()
