"""A question in a Slack channel and the answer in its thread, drawn from the blocks that the app posts.

It draws the blocks that an answer is made of: rich text, buttons, and the buttons of the feedback.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from html import escape
from typing import Any, NamedTuple

WIDTH = 800
FONT, LINE = 15.0, 22.0
LEFT, RIGHT = 84.0, WIDTH - 32.0

STYLE = """
    text { font: 15px Arial, Helvetica, "Liberation Sans", sans-serif; fill: #1d1c1d; }
    .card { fill: #ffffff; stroke: #d0d4da; }
    .small { font-size: 12.5px; fill: #616972; }
    .bold { font-weight: 700; }
    .link { fill: #1264a3; font-weight: 700; }
    .mention { fill: #1264a3; }
    .rule { stroke: #e2e5e9; }
    .bar { fill: #d5d9df; }
    .button { fill: none; stroke: #b9bfc7; }
    .thumb { fill: none; stroke: #616972; stroke-width: 1.5; stroke-linejoin: round; }
    .badge { fill: #e8ebef; }
    .initial { fill: #ffffff; font-weight: 700; font-size: 18px; }
    @media (prefers-color-scheme: dark) {
      text { fill: #d9dde3; }
      .card { fill: #1a1d21; stroke: #3d434b; }
      .small { fill: #9aa3ae; }
      .link, .mention { fill: #6cb6f0; }
      .rule { stroke: #31363d; }
      .bar { fill: #4a515a; }
      .button { stroke: #59616b; }
      .thumb { stroke: #9aa3ae; }
      .badge { fill: #333941; }
      .initial { fill: #ffffff; }
    }
"""

_WIDTHS = {
    0.222: "ijl'’‘",
    0.278: " !,./:;I[]\\ft·",
    0.333: "()-r“”`",
    0.5: "cksvxyzJ",
    0.667: "ABEKPSVXY&",
    0.722: "CDHNRUw",
    0.778: "GOQ",
    0.833: "mM",
    0.944: "W",
}
"""Widths of Arial and its equals, in units of the font's size; what is not named is 0.556 wide."""
_WIDTH_OF = {character: width for width, characters in _WIDTHS.items() for character in characters}
_BOLD = 1.07
_THUMB = "M0 6h3v8H0zM3 7l3-6c2 0 2.4 1 2 2.5L7.5 6H12c1.200 0 1.600.9 1.300 2L12 13c-.2.7-.7 1-1.500 1H3z"


class SlackApp(NamedTuple):
    """How the app looks in a workspace: its name, and the colour behind its picture."""

    name: str
    colour: str


class Run(NamedTuple):
    """Text in one look: "", "bold", "link", "mention" or "small"."""

    text: str
    look: str = ""

    def span(self, style: str = "") -> str:
        """The text as SVG, with further attributes."""
        text = escape(self.text, quote=False)
        return f'<tspan class="{self.look}"{style}>{text}</tspan>' if self.look else text


def width_of(text: str, *, bold: bool = False, size: float = FONT) -> float:
    """About how wide a text is, in pixels."""
    return sum(_WIDTH_OF.get(character, 0.556) for character in text) * size * (_BOLD if bold else 1)


def draw_thread(app: SlackApp, question: str, blocks: Sequence[dict[str, Any]]) -> str:
    """A thread as SVG: somebody asks the app, and the app answers with `blocks`.

    Args:
        app: that answers.
        question: that is asked.
        blocks: of the answer, as they are sent to Slack.
    """
    canvas = _Canvas()
    canvas.message("A", "#7a5195", "Ann", "10:42", badge=False)
    canvas.paragraph([Run(f"@{app.name}", "mention"), Run(f" {question[0].lower()}{question[1:]}")])
    canvas.replies("1 reply")
    canvas.message("“", app.colour, app.name, "10:42", badge=True)
    for block in blocks:
        canvas.block(block)
    return canvas.svg(f"{app.name} answers a question in a thread")


class _Canvas:
    """Draws from top to bottom."""

    def __init__(self) -> None:
        self._shapes: list[str] = []
        self._y = 30.0

    def message(self, initial: str, colour: str, name: str, at: str, *, badge: bool) -> None:
        """Begins a message: a picture, and a line that says whose it is."""
        y = self._y
        self._shapes.append(f'<rect x="32" y="{y:g}" width="38" height="38" rx="8" fill="{colour}"/>')
        drop = 36 if initial == "“" else 25
        size = ' style="font-size:36px"' if initial == "“" else ""
        self._text(51, y + drop, [Run(initial, "initial")], anchor="middle", style=size)
        x = LEFT + width_of(name, bold=True) + 8
        self._text(LEFT, y + 13, [Run(name, "bold")])
        if badge:
            self._shapes.append(f'<rect class="badge" x="{x:.1f}" y="{y + 0.5:g}" width="36" height="16" rx="3"/>')
            self._text(x + 18, y + 13, [Run("APP", "small")], anchor="middle", style=' style="font-size:11px"')
            x += 44
        self._text(x, y + 13, [Run(at, "small")])
        self._y = y + 20

    def replies(self, count: str) -> None:
        """The line between a message and what is said in its thread."""
        y = self._y + 22
        end = LEFT + width_of(count, size=12.5) + 10
        self._text(LEFT, y + 4, [Run(count, "small")])
        self._shapes.append(f'<path class="rule" d="M{end:.1f} {y:g}H{RIGHT:g}"/>')
        self._y = y + 22

    def paragraph(self, runs: Sequence[Run], left: float = LEFT) -> None:
        """Text that is broken into lines."""
        for line in _lines(runs, RIGHT - left):
            self._text(left, self._y + 16, line)
            self._y += LINE

    def block(self, block: dict[str, Any]) -> None:
        """A block of Slack's Block Kit.

        Raises:
            ValueError: it is of a type that this cannot draw.
        """
        kind = block["type"]
        if kind == "rich_text":
            for element in block["elements"]:
                self._rich_text(element)
        elif kind == "actions":
            self._buttons([button["text"]["text"] for button in block["elements"]])
        elif kind == "context_actions":
            (feedback,) = block["elements"]
            self._feedback([feedback[name]["text"]["text"] for name in ("positive_button", "negative_button")])
        else:
            raise ValueError(f"no picture for a block of type {kind}; add it to {__name__}.py")

    def _rich_text(self, element: dict[str, Any]) -> None:
        runs = [_run(part) for part in element["elements"]]
        if element["type"] == "rich_text_quote":
            self._y += 3
            top = self._y
            self.paragraph(runs, LEFT + 16)
            self._shapes.append(
                f'<rect class="bar" x="{LEFT:g}" y="{top:g}" width="4" height="{self._y - top:g}" rx="2"/>'
            )
            self._y += 4
        else:
            self.paragraph(runs)

    def _buttons(self, labels: Sequence[str]) -> None:
        x, y = LEFT, self._y + 9
        for label in labels:
            width = width_of(label, bold=True, size=13) + 26
            self._shapes.append(
                f'<rect class="button" x="{x + 0.5:.1f}" y="{y + 0.5:g}" width="{width:.1f}" height="30" rx="7"/>'
            )
            self._text(x + width / 2, y + 20, [Run(label, "bold")], anchor="middle", style=' style="font-size:13px"')
            x += width + 9
        self._y = y + 31

    def _feedback(self, labels: Sequence[str]) -> None:
        x, y = LEFT, self._y + 15
        for label, turn in zip(labels, ("", " rotate(180 7 7.5)"), strict=True):
            self._shapes.append(f'<path class="thumb" transform="translate({x + 1:.1f} {y:g}){turn}" d="{_THUMB}"/>')
            self._text(x + 23, y + 12, [Run(label, "small")])
            x += width_of(label, size=12.5) + 44
        self._y = y + 15

    def _text(self, x: float, y: float, runs: Sequence[Run], anchor: str = "", style: str = "") -> None:
        spans = "".join(run.span(style) for run in runs)
        placed = f' text-anchor="{anchor}"' if anchor else ""
        self._shapes.append(f'<text x="{x:.1f}" y="{y:g}"{placed} xml:space="preserve">{spans}</text>')

    def svg(self, title: str) -> str:
        """What was drawn, on a card."""
        height = round(self._y + 26)
        return "\n".join(
            [
                f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" width="{WIDTH}" role="img">',
                f"  <title>{escape(title)}</title>",
                f"  <style>{STYLE}  </style>",
                f'  <rect class="card" x="0.5" y="0.5" width="{WIDTH - 1}" height="{height - 1}" rx="10"/>',
                *(f"  {shape}" for shape in self._shapes),
                "</svg>\n",
            ]
        )


def _run(part: dict[str, Any]) -> Run:
    """A piece of rich text."""
    if part["type"] == "link":
        return Run(part["text"], "link")
    return Run(part["text"], "bold" if part.get("style", {}).get("bold") else "")


def _lines(runs: Sequence[Run], width: float) -> Iterator[list[Run]]:
    """Breaks text between words."""
    line: list[Run] = []
    used = 0.0
    for run in runs:
        for word in re.findall(r"\S+\s*|\s+", run.text):
            if line and used + width_of(word.rstrip(), bold=run.look in ("bold", "link")) > width:
                yield line
                line, used = [], 0.0
            if line and line[-1].look == run.look:
                line[-1] = Run(line[-1].text + word, run.look)
            else:
                line.append(Run(word, run.look))
            used += width_of(word, bold=run.look in ("bold", "link"))
    yield line
