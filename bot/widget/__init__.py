"""The web widget: plain JavaScript modules in this folder, served as one script at ``GET /widget.js``."""

from __future__ import annotations

import asyncio
import hashlib
import re
from collections.abc import Callable
from dataclasses import dataclass

from starlette.requests import Request
from starlette.responses import Response

from bot.knowledge.model import Knowledge
from bot.widget.bundle import bundle, packed

SECONDS_KEPT = 300


@dataclass(frozen=True)
class _Edition:
    """The script for one state of the knowledge."""

    knowledge: str
    tag: str
    packed: dict[str, bytes]


class WidgetScript:
    """Serves the script, joined and compressed once for each state of the knowledge."""

    def __init__(self, knowledge: Callable[[], Knowledge], *, longest_message: int) -> None:
        """``knowledge`` gives what is served at the moment."""
        self._knowledge = knowledge
        self._longest_message = longest_message
        self._edition: _Edition | None = None

    def edition(self) -> _Edition:
        """The script for the knowledge as it is now."""
        knowledge = self._knowledge()
        if self._edition is None or self._edition.knowledge != knowledge.version:
            script = bundle(knowledge, self._longest_message)
            self._edition = _Edition(knowledge.version, hashlib.sha256(script).hexdigest()[:20], packed(script))
        return self._edition

    async def serve(self, request: Request) -> Response:
        """``GET /widget.js`` in the best encoding that the browser takes; 304 where it has this edition."""
        edition = await asyncio.to_thread(self.edition)
        encoding = best_encoding(request.headers.get("accept-encoding", ""))
        tag = f'"{edition.tag}-{encoding}"'
        headers = {
            "ETag": tag,
            "Cache-Control": f"public, max-age={SECONDS_KEPT}, stale-while-revalidate=86400",
            "Vary": "Accept-Encoding",
            "Cross-Origin-Resource-Policy": "cross-origin",
        }
        known = [part.strip().removeprefix("W/") for part in request.headers.get("if-none-match", "").split(",")]
        if tag in known:
            return Response(status_code=304, headers=headers)
        if encoding != "identity":
            headers["Content-Encoding"] = encoding
        return Response(edition.packed[encoding], media_type="text/javascript", headers=headers)


def best_encoding(accepted: str) -> str:
    """``br``, ``gzip`` or ``identity``: the smallest that an ``Accept-Encoding`` header allows."""
    weights: dict[str, float] = {}
    for part in accepted.lower().split(","):
        name, _, parameters = part.partition(";")
        weight = re.search(r"q\s*=\s*(\d+(?:\.\d*)?)\s*(?:;|$)", parameters)
        weights[name.strip()] = float(weight.group(1)) if weight else 1.0
    for name in ("br", "gzip"):
        if weights.get(name, weights.get("*", 0.0)) > 0:
            return name
    return "identity"
