"""What a person sees of a message or a view, and what they can use in it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from slack_emulator.block_kit import elements_of, inside


@dataclass(frozen=True)
class Button:
    """Something to click: the element, and the block that it is in."""

    element: dict[str, Any]
    block_id: str

    @property
    def label(self) -> str:
        """What is written on it."""
        return str((self.element.get("text") or {}).get("text", ""))

    @property
    def action_id(self) -> str:
        """What the app called it."""
        return str(self.element.get("action_id", ""))


def text_of(blocks: list[dict[str, Any]]) -> str:
    """All that is written in blocks, as a person reads it."""
    return "\n".join(filter(None, (_written(block) for block in blocks)))


def _written(value: Any) -> str:
    if isinstance(value, list):
        inline = value and all(
            isinstance(item, dict) and item.get("type") in ("text", "link", "emoji", "user") for item in value
        )
        return ("" if inline else " ").join(filter(None, map(_written, value)))
    if not isinstance(value, dict):
        return ""
    kind, text = value.get("type"), value.get("text")
    if kind in ("mrkdwn", "markdown"):
        return unescaped(str(text))
    if kind == "link":
        return str(text or value["url"])
    if isinstance(text, str):
        return text
    named = (
        "text",
        "fields",
        "elements",
        "label",
        "hint",
        "title",
        "positive_button",
        "negative_button",
        "accessory",
        "element",
    )
    return " ".join(filter(None, (_written(value[name]) for name in named if name in value)))


def unescaped(mrkdwn: str) -> str:
    """Mrkdwn as a person reads it."""
    mrkdwn = re.sub(r"<(?:[^<>|]*\|)?([^<>]*)>", r"\1", mrkdwn)
    return mrkdwn.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")


def bold_in(blocks: list[dict[str, Any]]) -> list[str]:
    """What is written in bold, in order."""
    texts = []
    for _, part in inside(blocks):
        if part.get("type") == "text" and (part.get("style") or {}).get("bold"):
            texts.append(part["text"])
        elif part.get("type") == "mrkdwn":
            texts += [unescaped(bold) for bold in re.findall(r"\*([^*\n]+)\*", part["text"])]
    return texts


def quoted_in(blocks: list[dict[str, Any]]) -> list[str]:
    """What stands as a quotation, in order."""
    quotations = [_written(part["elements"]) for _, part in inside(blocks) if part.get("type") == "rich_text_quote"]
    for _, part in inside(blocks):
        if part.get("type") == "mrkdwn":
            quotations += [
                unescaped(line[1:].strip()) for line in part["text"].splitlines() if line.startswith((">", "&gt;"))
            ]
    return quotations


def links_in(blocks: list[dict[str, Any]]) -> list[str]:
    """Where links and buttons lead."""
    links = [part["url"] for _, part in inside(blocks) if isinstance(part.get("url"), str)]
    for _, part in inside(blocks):
        if part.get("type") == "mrkdwn":
            links += re.findall(r"<(https?://[^|>]*)", part["text"])
    return links


def buttons_in(blocks: list[dict[str, Any]]) -> Iterator[Button]:
    """What can be used, in order; each of a pair of feedback buttons by itself."""
    for block in blocks:
        for element in elements_of(block):
            if element["type"] == "feedback_buttons":
                for side in ("positive_button", "negative_button"):
                    yield Button(
                        {**element[side], "type": "feedback_buttons", "action_id": element.get("action_id")},
                        block["block_id"],
                    )
            else:
                yield Button(element, block["block_id"])


def button(blocks: list[dict[str, Any]], words: str) -> Button:
    """The button whose label or action id holds these words.

    Raises:
        AssertionError: there is none; the message names those that there are.
    """
    buttons = list(buttons_in(blocks))
    matches = [
        candidate for candidate in buttons if words.lower() in f"{candidate.label} {candidate.action_id}".lower()
    ]
    assert matches, f"no button {words!r}; the buttons are {[(shown.label, shown.action_id) for shown in buttons]}"
    return matches[0]
