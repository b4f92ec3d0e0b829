"""Which changes of the draft would bring back to people what a roll-back took from them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from bot.publishing.changes import Change, FieldChange
from bot.publishing.draft import compare
from bot.training.releases import ROLLBACK, Release, ReleaseError, Releases

Names = frozenset[tuple[str, str]]
"""Changes by what differs and its id."""


def taken_back(releases: Releases, release: Release, found: Sequence[Change], language: str) -> Names:
    """Those of the draft's changes that hold what stood in the release before the roll-back; none after a publication.

    Args:
        releases: All releases.
        release: The one that is served.
        found: What differs between it and the draft.
        language: Of titles.
    """
    names: set[tuple[str, str]] = set()
    served, seen, at = releases.path(release.number) / "knowledge", {release.knowledge}, release
    # Several roll-backs after each other each took something away.
    while found and at.kind == ROLLBACK:
        try:
            at = releases.get(at.number - 1)
        except ReleaseError:
            break
        if at.knowledge not in seen:
            seen.add(at.knowledge)
            before = compare(served, releases.path(at.number) / "knowledge", language).changes
            names |= _again(before, found)
    return frozenset(names)


def _again(taken: Sequence[Change], found: Sequence[Change]) -> Names:
    now = {(change.what, change.id): {field.name: field for field in change.fields} for change in found}
    return frozenset(
        (change.what, change.id)
        for change in taken
        if all(
            field.name in now.get((change.what, change.id), {})
            and _holds(now[change.what, change.id][field.name], field)
            for field in change.fields
        )
    )


def _holds(now: FieldChange, taken: FieldChange) -> bool:
    """Whether a text still holds every word that was taken back, whatever else was changed in it."""
    if now.after == taken.after:
        return True
    served, before, draft = (Counter(text.split()) for text in (taken.before, taken.after, now.after))
    came, went = before - served, served - before
    return bool(came or went) and not (came - (draft - served)) and not (went - (served - draft))
