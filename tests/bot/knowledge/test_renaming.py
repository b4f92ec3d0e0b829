"""Old names in texts: whole phrases, the longest first, nothing that is no name."""

from __future__ import annotations

import pytest

from bot.knowledge.renaming import Renamed, Renaming

PUBLIC = (
    "Section des affaires publiques (Public Affairs Section, PAS)",
    "Section des relations (Relations Section, RS)",
)
PRESS = ("Bureau de presse et d'information (Press and Information Office)", "Service des médias")


@pytest.mark.parametrize(
    ("changed", "kept", "text", "after", "sure"),
    [
        (("Press Office", "Media Unit"), (), "Ask the Press\nOffice.", "Ask the Media Unit.", True),
        (("Press Office", "Media Unit"), (), "Ask the Press Offices.", None, True),
        (("Embassy", "Mission"), ("U.S. Embassy in Ys",), "The U.S. Embassy in Ys. Our Embassy.",
         "The U.S. Embassy in Ys. Our Mission.", True),
        (("Embassy", "Mission"), (), "Embassy@ys.org, @Embassy, https://ys.org/Embassy, Embassy.ys.org/x, {Embassy}",
         None, True),
        (("the Embassy", "the Mission"), (), "The Embassy and the Embassy's staff.",
         "The Mission and the Mission's staff.", True),
        (("the Embassy", "the Mission"), (), "See the embassy.", "See the Mission.", False),
        (("the Embassy", "the Mission"), (), "The Embassy, or an embassy: the embassy.",
         "The Mission, or an embassy: the embassy.", True),
        (("Public Affairs", "Outreach"), ("Public Affairs Section (PAS)",), "The Public Affairs Section.", None, True),
        (("Public Affairs", "Outreach"), (), "The Public Affairs Officer.", "The Outreach Officer.", False),
        (PUBLIC, (), "La Section des affaires publiques (PAS) ; PAS, pas ici.",
         "La Section des relations (RS) ; RS, pas ici.", True),
        (PRESS, ("Bureau de presse",), "Le Bureau de presse et d’information, le Bureau de presse.",
         "Le Service des médias, le Bureau de presse.", True),
        (("Ambassade à Ys", "Mission à Ys"), ("l'Ambassade",), "L'Ambassade à Ys, à l'Ambassade.",
         "L'Mission à Ys, à l'Ambassade.", True),
        (("Tides", "Tides of Ys"), (), "Tides of Ys, Tides.", "Tides of Ys, Tides of Ys.", True),
        (("Tides", "Tides"), (), "Tides.", None, True),
    ],
)  # fmt: skip
def test_an_old_name_gives_way_where_it_is_one(
    changed: tuple[str, str], kept: tuple[str, ...], text: str, after: str | None, sure: bool
) -> None:
    assert Renaming([changed], kept).of(text) == (None if after is None else Renamed(after, sure))


def test_a_name_and_its_short_one_change_together() -> None:
    renaming = Renaming([("Tide Office", "Sea Office"), ("Tides", "Sea")], ["Spring Tides"])
    renamed = renaming.of("Tides: the Tide Office measures Spring Tides.")
    assert renamed == Renamed("Sea: the Sea Office measures Spring Tides.", True)
