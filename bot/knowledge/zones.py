"""The time zone that a post lives in, by its IANA name."""

from __future__ import annotations

from datetime import timezone, tzinfo
from difflib import get_close_matches
from zoneinfo import ZoneInfo, available_timezones

from bot.knowledge.said import Said, said

UTC = "UTC"
EXAMPLES = ("Africa/Bamako", "Asia/Tokyo")
LONGEST_NAME = 60


class ZoneError(ValueError):
    """A time zone that cannot be used.

    Attributes:
        problem: What is wrong.
        mend: What to do about it.
    """

    def __init__(self, problem: Said, mend: Said) -> None:
        super().__init__(said("{problem} → {mend}.", problem=problem, mend=mend))
        self.problem, self.mend = problem, mend


def zone_of(name: str) -> tzinfo:
    """The zone of a name; UTC needs no list of zones on the machine.

    Raises:
        ZoneError: The name is unknown, or the machine has no list of zones.
    """
    try:
        return timezone.utc if name == UTC else ZoneInfo(name)
    except (KeyError, ValueError, OSError) as error:  # unknown; no name of a zone; a folder of zones
        raise _error(name[:LONGEST_NAME]) from error


def _error(name: str) -> ZoneError:
    known = available_timezones()
    if not known:
        problem = said("time_zone is '{name}', but this machine has no list of time zones", name=name)
        return ZoneError(problem, said("install the package tzdata, or write UTC"))
    like = get_close_matches(name, sorted(known)) or EXAMPLES
    problem = said("time_zone is '{name}', which is no time zone", name=name)
    return ZoneError(problem, said("write its name as the IANA lists it, like {names}", names=", ".join(like)))
