"""What comes alive in a text: mentions, links and alerts, as Slack's clients read them; and what was not escaped."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from slack_emulator.block_kit import inside
from slack_emulator.workspace import Workspace

CONTROL = re.compile(r"<([^<>\n]*)>")
BARE_URL = re.compile(r"https?://[^\s<>|\"]+")
MARKDOWN_LINK = re.compile(r"(?<!\\)\]\(\s*<?([^)\s>]+)")
ENTITY = re.compile(r"&(?!(?:amp|lt|gt);)")
CUT = re.compile("[\u200d\ud800-\udfff](?:…|\\.\\.\\.)?$|^[\u0300-\u036f\ufe0f\u200d\U0001f3fb-\U0001f3ff]")


class LiveText:
    """Checks what the app sends for what comes alive in it without being allowed to.

    Args:
        workspace: says which links and mentions are allowed, and receives the violations.
    """

    def __init__(self, workspace: Workspace) -> None:
        self._workspace = workspace

    def check(self, where: str, value: Any, text: str | None = None) -> None:
        """Checks blocks or a view, and the text of the message around them."""
        problems = list(self._in_mrkdwn(text)) if text else []
        for pointer, part in inside(value):
            problems += [f"{problem} at {pointer}" for problem in self._in_object(part)]
        for problem in problems:
            self._workspace.violation(f"{where}: {problem}")

    def _in_object(self, part: dict[str, Any]) -> Iterator[str]:
        kind = part.get("type")
        written = part.get("text")
        if isinstance(written, str):
            if CUT.search(written):
                yield f"a text is cut inside a grapheme: {written[:20]!r} ... {written[-20:]!r}"
            if "&amp;amp;" in written or "&amp;lt;" in written or "&amp;gt;" in written:
                yield f"escaped twice: {written[:80]!r}"
            if kind == "mrkdwn":
                yield from self._in_mrkdwn(written)
            elif kind == "markdown":
                yield from self._in_markdown(written)
        if kind in ("user", "channel", "usergroup", "broadcast"):
            yield from self._mention(str(part.get(f"{kind}_id") or part.get("range")))
        if isinstance(part.get("url"), str) and kind != "image":
            yield from self._link(part["url"])
            if kind == "link" and (address := BARE_URL.search(str(written))) and address.group() != part["url"]:
                yield f"a link to {part['url']} says that it leads to {address.group()}"

    def _in_mrkdwn(self, written: str) -> Iterator[str]:
        rest = CONTROL.sub(" ", written)
        if "<" in rest or re.search(r"(?<!^)(?<!\n)>", rest) or ENTITY.search(rest):
            yield f"& < or > is not escaped in {written[:120]!r}"
        for inner in CONTROL.findall(written):
            target, _, label = inner.partition("|")
            if target[:1] == "!" and not target.startswith("!date^"):
                yield f"<{inner}> alerts people"
            elif target[:1] in ("@", "#"):
                yield from self._mention(target[1:])
            elif target[:1] != "!":
                yield from self._link(target)
                if BARE_URL.match(label) and label != target:
                    yield f"a link to {target} says that it leads to {label}"
        for url in BARE_URL.findall(rest):
            yield from self._link(url)

    def _in_markdown(self, written: str) -> Iterator[str]:
        for inner in CONTROL.findall(written):
            if inner[:1] in ("!", "@", "#"):
                yield from self._mention(inner.lstrip("!@#"))
        for url in {*MARKDOWN_LINK.findall(written), *BARE_URL.findall(written)}:
            yield from self._link(url.rstrip(")"))

    def _mention(self, target: str) -> Iterator[str]:
        if target not in self._workspace.allowed_mentions:
            yield f"mentions {target}, which nobody asked for"

    def _link(self, url: str) -> Iterator[str]:
        if not url.startswith(("http://", "https://")):
            yield f"links to {url[:80]!r}, which is no http(s) link"
        elif not url.replace("&amp;", "&").startswith(tuple(self._workspace.allowed_links)):
            yield f"links to {url[:80]!r}, which the story does not allow"
