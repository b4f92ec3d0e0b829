"""Which language a page is in, where its address names none."""

from __future__ import annotations

import re
from collections.abc import Sequence


def preferred(accepted: str, languages: Sequence[str]) -> str | None:
    """The best of some languages for an ``Accept-Language`` header; None where it names none of them."""
    weights: dict[str, float] = {}
    for part in accepted.lower().split(","):
        name, _, parameters = part.partition(";")
        weight = re.fullmatch(r"\s*q\s*=\s*([01](?:\.\d{0,3})?)\s*", parameters) if parameters else None
        code = name.strip().partition("-")[0]
        weights[code] = max(weights.get(code, 0.0), float(weight.group(1)) if weight else 1.0)
    known = [code for code in weights if code in languages and weights[code] > 0]
    return max(known, key=lambda code: weights[code], default=None)
