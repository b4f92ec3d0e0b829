"""Plots as SVG, drawn without a library: bars for ratios, a reliability diagram."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

INK, FAINT, OURS, MISSED = "#1b2733", "#c9d2da", "#1f5f8b", "#b3541e"
FONT = 'font-family="system-ui, sans-serif"'


def _svg(width: int, height: int, title: str, body: Sequence[str]) -> str:
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" role="img" {FONT} font-size="13">'
        f"<title>{escape(title)}</title>"
        f'<rect width="{width}" height="{height}" fill="#ffffff"/>'
        f'<text x="16" y="26" font-size="16" font-weight="600" fill="{INK}">{escape(title)}</text>'
        + "".join(body)
        + "</svg>\n"
    )


def bars(title: str, rows: Sequence[tuple[str, float, float]], unit: str) -> str:
    """Horizontal bars: (label, value, target); a line marks the target, a missed one has another colour."""
    top = max((max(value, target) for _, value, target in rows), default=1.0) * 1.15 or 1.0
    body = []
    for number, (label, value, target) in enumerate(rows):
        y = 48 + number * 34
        width, mark = 380 * value / top, 250 + 380 * target / top
        colour = OURS if value >= target else MISSED
        body.append(f'<text x="240" y="{y + 16}" text-anchor="end" fill="{INK}">{escape(label)}</text>')
        body.append(f'<rect x="250" y="{y}" width="{width:.1f}" height="22" rx="3" fill="{colour}"/>')
        body.append(
            f'<line x1="{mark:.1f}" x2="{mark:.1f}" y1="{y - 4}" y2="{y + 26}" stroke="{INK}" stroke-width="2"/>'
        )
        body.append(
            f'<text x="{258 + max(width, mark - 250):.1f}" y="{y + 16}" fill="{INK}">{value:.2f} {escape(unit)}</text>'
        )
    return _svg(760, 62 + 34 * len(rows), title, body)


def reliability(title: str, bins: Sequence[tuple[int, float, float]], error: float) -> str:
    """Accuracy over confidence: a dot a bin, its area the share of questions; the diagonal is perfect."""
    left, top, side = 60, 50, 340
    total = sum(count for count, _, _ in bins) or 1
    body = [
        f'<rect x="{left}" y="{top}" width="{side}" height="{side}" fill="none" stroke="{FAINT}"/>',
        f'<line x1="{left}" y1="{top + side}" x2="{left + side}" y2="{top}" stroke="{FAINT}" stroke-dasharray="5 5"/>',
    ]
    for tick in range(0, 11, 2):
        x, y = left + side * tick / 10, top + side - side * tick / 10
        body.append(f'<text x="{x}" y="{top + side + 20}" text-anchor="middle" fill="{INK}">{tick / 10:.1f}</text>')
        body.append(f'<text x="{left - 8}" y="{y + 5}" text-anchor="end" fill="{INK}">{tick / 10:.1f}</text>')
    for count, confidence, accuracy in bins:
        if count:
            radius = 4 + 16 * (count / total) ** 0.5
            x, y = left + side * confidence, top + side - side * accuracy
            body.append(f'<circle cx="{x:.1f}" cy="{y:.1f}" r="{radius:.1f}" fill="{OURS}" fill-opacity="0.75"/>')
    body.append(
        f'<text x="{left + side / 2}" y="{top + side + 42}" text-anchor="middle" fill="{INK}">confidence</text>'
    )
    body.append(f'<text x="{left + side + 16}" y="{top + 20}" fill="{INK}">ECE {error:.3f}</text>')
    return _svg(520, 450, title, body)
