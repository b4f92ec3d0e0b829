"""What came out, as tables on the terminal and as files."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from rich.console import Console
from rich.table import Table


@dataclass(frozen=True)
class Figure:
    """A measured figure beside its target.

    Attributes:
        group: The table that it stands in.
        name: What was measured.
        value: What came out.
        target: What was aimed at, None where nothing was.
        at_most: Whether less is better.
        unit: "%", "×", "ms"…
        note: How it was measured, where that matters.
    """

    group: str
    name: str
    value: float
    target: float | None = None
    at_most: bool = False
    unit: str = ""
    note: str = ""

    @property
    def met(self) -> bool | None:
        """Whether the target was met, None where there is none."""
        if self.target is None:
            return None
        return self.value <= self.target if self.at_most else self.value >= self.target

    @property
    def aim(self) -> str:
        """The target in words."""
        if self.target is None:
            return ""
        return f"{'at most' if self.at_most else 'at least'} {self.target:g} {self.unit}".strip()


def show(figures: Sequence[Figure], console: Console) -> None:
    """A table for each group."""
    for group in dict.fromkeys(figure.group for figure in figures):
        table = Table(title=group, title_justify="left")
        for heading in ("figure", "came out", "aim", "met", "how"):
            table.add_column(heading)
        for figure in figures:
            if figure.group == group:
                mark = {True: "yes", False: "NO", None: ""}[figure.met]
                table.add_row(figure.name, f"{figure.value:.2f} {figure.unit}".strip(), figure.aim, mark, figure.note)
        console.print(table)


def write(figures: Sequence[Figure], plots: dict[str, str], folder: Path) -> None:
    """``report.json``, ``report.md`` and one SVG for each plot."""
    folder.mkdir(parents=True, exist_ok=True)
    rows = [vars(figure) | {"met": figure.met} for figure in figures]
    (folder / "report.json").write_text(json.dumps(rows, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
    lines = []
    for group in dict.fromkeys(figure.group for figure in figures):
        lines += [f"## {group}", "", "| figure | came out | aim | met | how |", "|---|---|---|---|---|"]
        for figure in figures:
            if figure.group == group:
                mark = {True: "yes", False: "**no**", None: ""}[figure.met]
                value = f"{figure.value:.2f} {figure.unit}".strip()
                lines.append(f"| {figure.name} | {value} | {figure.aim} | {mark} | {figure.note} |")
        lines.append("")
    lines += [f"![{name}]({name}.svg)" for name in plots]
    (folder / "report.md").write_text("\n".join(lines) + "\n", encoding="utf-8")
    for name, svg in plots.items():
        (folder / f"{name}.svg").write_text(svg, encoding="utf-8")
