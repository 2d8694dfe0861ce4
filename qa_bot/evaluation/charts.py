"""Charts as inline SVG: no script, no font and no file beside it; their colours are CSS variables of the page."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape
from typing import NamedTuple

WIDTH, HEIGHT = 460, 300
_LEFT, _RIGHT, _TOP, _BOTTOM = 64, 12, 14, 46


class Series(NamedTuple):
    """Points to draw: places (x, y), what they are, and which of the page's colours (1 to 3) they have."""

    points: Sequence[tuple[float, float]]
    name: str
    colour: int = 1


class Bar(NamedTuple):
    """A bar: what it is, its value, and the ends of its interval, if it has one."""

    name: str
    value: float
    low: float | None = None
    high: float | None = None


class _Frame:
    """The axes of a chart, and where a value lies in it."""

    def __init__(self, x: tuple[float, float], y: tuple[float, float]) -> None:
        self._x, self._y = x, y

    def at(self, x: float, y: float) -> tuple[float, float]:
        (x0, x1), (y0, y1) = self._x, self._y
        across = (min(max(x, x0), x1) - x0) / ((x1 - x0) or 1)
        up = (min(max(y, y0), y1) - y0) / ((y1 - y0) or 1)
        return _LEFT + across * (WIDTH - _LEFT - _RIGHT), HEIGHT - _BOTTOM - up * (HEIGHT - _TOP - _BOTTOM)

    def axes(self, x_label: str, y_label: str, *, x_ticks: bool = True) -> list[str]:
        parts = []
        for step in range(5):
            y = self._y[0] + (self._y[1] - self._y[0]) * step / 4
            left, height = self.at(self._x[0], y)
            parts.append(f'<path class="grid" d="M{left:.1f} {height:.1f}H{WIDTH - _RIGHT}"/>')
            parts.append(_text(left - 6, height + 4, _number(y), "end"))
            if x_ticks:
                x = self._x[0] + (self._x[1] - self._x[0]) * step / 4
                across, bottom = self.at(x, self._y[0])
                parts.append(_text(across, bottom + 16, _number(x), "middle"))
        parts.append(_text((WIDTH + _LEFT) / 2, HEIGHT - 8, x_label, "middle"))
        middle = (HEIGHT - _BOTTOM + _TOP) / 2
        parts.append(f'<g transform="rotate(-90 12 {middle:.0f})">{_text(12, middle, y_label, "middle")}</g>')
        return parts


def line_chart(
    series: Sequence[Series],
    x_label: str,
    y_label: str,
    *,
    x: tuple[float, float] = (0, 1),
    y: tuple[float, float] = (0, 1),
    diagonal: bool = False,
    dots: bool = False,
) -> str:
    """Lines over two axes.

    Args:
        series: to draw.
        x_label: of the axis to the right.
        y_label: of the axis upwards.
        x: range of the axis to the right; what lies outside is drawn on the edge.
        y: the same upwards.
        diagonal: whether to draw where both are equal.
        dots: whether to mark each point.
    """
    frame = _Frame(x, y)
    parts = frame.axes(x_label, y_label)
    if diagonal:
        (x0, y0), (x1, y1) = frame.at(x[0], y[0]), frame.at(x[1], y[1])
        parts.append(f'<path class="grid" stroke-dasharray="4 4" d="M{x0:.1f} {y0:.1f}L{x1:.1f} {y1:.1f}"/>')
    for line in series:
        places = [frame.at(*point) for point in line.points]
        path = " ".join(f"{left:.1f},{top:.1f}" for left, top in places)
        parts.append(
            f'<polyline class="line c{line.colour}" points="{path}"><title>{escape(line.name)}</title></polyline>'
        )
        if dots:
            parts += [
                f'<circle class="dot c{line.colour}" cx="{left:.1f}" cy="{top:.1f}" r="4"/>' for left, top in places
            ]
    return _svg(parts, f"{y_label} over {x_label}") + _legend(series)


def bar_chart(bars: Sequence[Bar], y_label: str, *, top: float = 1.0) -> str:
    """Bars, each with its name below it and its interval as a line."""
    frame = _Frame((0, max(1, len(bars))), (0, top))
    parts = frame.axes("", y_label, x_ticks=False)
    for place, bar in enumerate(bars):
        left, height = frame.at(place + 0.15, bar.value)
        right, bottom = frame.at(place + 0.85, 0)
        parts.append(
            f'<rect class="bar" x="{left:.1f}" y="{height:.1f}" width="{right - left:.1f}" height="{bottom - height:.1f}">'
            f"<title>{escape(bar.name)}: {bar.value:.3g}</title></rect>"
        )
        middle = (left + right) / 2
        if bar.low is not None and bar.high is not None:
            ends = [frame.at(place, value)[1] for value in (bar.low, bar.high)]
            parts.append(f'<path class="interval" d="M{middle:.1f} {ends[0]:.1f}V{ends[1]:.1f}"/>')
        parts.append(_text(middle, bottom + 16, bar.name, "middle"))
    return _svg(parts, f"{y_label}: " + ", ".join(bar.name for bar in bars))


def histogram(
    groups: Sequence[tuple[str, Sequence[float]]], x_label: str, y_label: str, *, highest: float = 1.0, bins: int = 20
) -> str:
    """How values in [0, `highest`] are distributed, in shares of each group; a line for each group."""
    series = []
    for colour, (name, values) in enumerate(groups, start=1):
        counts = [0] * bins
        for value in values:
            counts[min(int(value / highest * bins), bins - 1)] += 1
        points = []
        for at, count in enumerate(counts):
            share = count / max(1, len(values))
            points += [(highest * at / bins, share), (highest * (at + 1) / bins, share)]
        series.append(Series(points, f"{name} ({len(values):,})", colour))
    largest = max((y for line in series for _, y in line.points), default=1.0) or 1.0
    return line_chart(series, x_label, y_label, x=(0, highest), y=(0, largest))


def _legend(series: Sequence[Series]) -> str:
    if len(series) < 2:
        return ""
    names = "".join(f'<span class="key c{line.colour}">{escape(line.name)}</span> ' for line in series)
    return f'<p class="legend">{names}</p>'


def _svg(parts: Sequence[str], what: str) -> str:
    return f'<svg viewBox="0 0 {WIDTH} {HEIGHT}" role="img" aria-label="{escape(what)}">{"".join(parts)}</svg>'


def _text(x: float, y: float, text: str, anchor: str) -> str:
    return f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}">{escape(text)}</text>' if text else ""


def _number(value: float) -> str:
    return f"{value:.0f}" if value >= 10 else f"{value:.2g}"
