"""Lets Python's search for garbage rest while much is loaded that stays: it would go through all of it in vain."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def at_rest() -> Iterator[None]:
    """Within it nothing looks for garbage; after it, whatever happened, that goes on."""
    gc.disable()
    try:
        yield
    finally:
        gc.enable()


def keep_what_is_loaded() -> None:
    """Leaves all that is there out of later searches; what was left out before is looked at once more."""
    gc.unfreeze()
    gc.collect()
    gc.freeze()
