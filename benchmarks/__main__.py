"""``python -m benchmarks``: everything, or what ``--only`` names."""

from __future__ import annotations

import argparse
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

from benchmarks import public, report, steps
from bot.settings import Settings

STEPS: dict[str, Callable[[steps.Bench], None]] = {
    "answers": steps.answers,
    "profile": steps.where_time_goes,
    "public": steps.public_data,
    "vanilla": steps.beside_vanilla,
}


def main() -> int:
    """Runs the measurements; 0 when all of them ran, whatever came out."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("--only", nargs="+", choices=STEPS, default=list(STEPS), help="measurements to run (all)")
    parser.add_argument("--epochs", type=int, default=100, help="epochs of the vanilla project's training (100: hours)")
    parser.add_argument(
        "--examples", type=int, help="sample questions an intent and language that the vanilla project gets (all)"
    )
    parser.add_argument("--public", type=Path, help="a data set in CLINC150's JSON format; left out without one")
    parser.add_argument("--out", type=Path, default=Path("var/benchmarks"), help="where the report goes")
    options = parser.parse_args()
    console = Console()
    settings = Settings.from_environment()
    columns = (TextColumn("{task.description}"), BarColumn(), TextColumn("{task.completed}"), TimeElapsedColumn())
    with tempfile.TemporaryDirectory() as folder:
        bench = steps.Bench(settings, Path(folder), options.epochs, options.examples, options.public, console)
        with Progress(*columns, console=Console(stderr=True)) as progress:
            for name in options.only:
                total = public.size(options.public) if name == "public" and options.public else None
                task = progress.add_task(name, total=total)
                bench.step = lambda task=task: progress.advance(task)  # type: ignore[misc]
                STEPS[name](bench)
                progress.update(task, total=1, completed=1)
    report.show(bench.figures, console)
    report.write(bench.figures, bench.plots, options.out)
    console.print(f"Report and plots: {options.out}/")
    return 0


if __name__ == "__main__":
    sys.exit(main())
