"""Bar charts as SVG, drawn on the server; the numbers stand beside them in a table."""

from __future__ import annotations

from collections.abc import Sequence

from markupsafe import Markup, escape

WIDTH, HEIGHT = 640, 180
LEFT, BOTTOM, TOP = 36, 22, 8
MOST_LABELS = 8


def bars(values: Sequence[tuple[str, int]], title: str, others: Sequence[int] = ()) -> Markup:
    """Upright bars, one for each (label, count); screen readers get the title and then the table.

    ``others`` are counts of the opposite kind, drawn beside them in another colour and pattern.
    """
    counts = [count for _, count in values]
    highest = max([*counts, *others], default=0) or 1
    step = (WIDTH - LEFT) / max(1, len(values))
    scale = (HEIGHT - TOP - BOTTOM) / highest
    every = max(1, -(-len(values) // MOST_LABELS))
    parts = [
        f'<svg class="plot" viewBox="0 0 {WIDTH} {HEIGHT}" role="img" aria-label="{escape(title)}">',
        f'<line class="axis" x1="{LEFT}" x2="{WIDTH}" y1="{HEIGHT - BOTTOM}" y2="{HEIGHT - BOTTOM}"/>',
        f'<text x="{LEFT - 6}" y="{TOP + 8}" text-anchor="end">{highest}</text>',
        f'<text x="{LEFT - 6}" y="{HEIGHT - BOTTOM}" text-anchor="end">0</text>',
    ]
    rows = [(counts, "bar"), (others, "bar other")] if others else [(counts, "bar")]
    wide = step * 0.76 / len(rows)
    for row, (heights, style) in enumerate(rows):
        for index, count in enumerate(heights):
            if count:
                x, height = LEFT + index * step + step * 0.12 + row * wide, count * scale
                parts.append(
                    f'<rect class="{style}" x="{x:.1f}" y="{HEIGHT - BOTTOM - height:.1f}" width="{wide:.1f}" '
                    f'height="{height:.1f}"/>'
                )
    for index, (label, _) in enumerate(values):
        if index % every == 0:
            x = LEFT + index * step + step / 2
            parts.append(f'<text x="{x:.1f}" y="{HEIGHT - 6}" text-anchor="middle">{escape(label)}</text>')
    return Markup("".join(parts) + "</svg>")
