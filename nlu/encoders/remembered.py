"""Vectors of training examples, kept between trainings: most examples are the same as the last time."""

from __future__ import annotations

import hashlib
import logging
import os
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[np.float32]
Encode = Callable[[list[str]], Array]

logger = logging.getLogger(__name__)


class RememberedVectors:
    """A file of vectors by the hash of their text, in half precision."""

    def __init__(self, file: Path) -> None:
        """``file`` need not exist; its name should say which encoders the vectors come from."""
        self._file = file

    def encode(self, texts: Sequence[str], encode: Encode) -> Array:
        """The vectors of some texts; only those not known yet are given to ``encode``; exactly these are kept.

        Known and new ones alike are rounded to half precision, so that a training gives the same with and without.
        """
        keys = [hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest() for text in texts]
        known = self._read()
        new = {key: text for key, text in zip(keys, texts) if key not in known}
        if new:
            vectors = encode(list(new.values())).astype(np.float16)
            known.update(zip(new, vectors))
        if new or len(known) > len(set(keys)):
            self._write({key: known[key] for key in keys})
        return np.stack([known[key] for key in keys]).astype(np.float32)

    def _read(self) -> dict[str, npt.NDArray[np.float16]]:
        try:
            with np.load(self._file, allow_pickle=False) as stored:
                return dict(zip(stored["keys"].tolist(), stored["vectors"]))
        except FileNotFoundError:
            return {}
        except (OSError, ValueError, KeyError, EOFError) as error:
            logger.warning("%s cannot be read (%s); its vectors are computed anew.", self._file, error)
            return {}

    def _write(self, vectors: dict[str, npt.NDArray[np.float16]]) -> None:
        """In one step, so that nobody reads half of it; a full disk costs only the time of computing them again."""
        try:
            with tempfile.NamedTemporaryFile(dir=self._file.parent, delete=False) as draft:
                try:
                    np.savez(draft, keys=np.array(list(vectors)), vectors=np.stack(list(vectors.values())))
                    draft.flush()
                    os.replace(draft.name, self._file)
                except BaseException:
                    os.unlink(draft.name)
                    raise
        except OSError as error:
            logger.warning("%s cannot be written (%s); vectors are computed again next time.", self._file, error)
