"""What a site's robots.txt lets programs fetch, after RFC 9309.

The standard library's parser knows no `*` and `$` in paths, which most sites use, so this is our own.
"""

from __future__ import annotations

from typing import NamedTuple
from urllib.parse import unquote_to_bytes, urlsplit

NAME = "qa_bot"
"""What sites call this program in their robots.txt, and what it calls itself."""
MAX_BYTES = 500_000
"""As much of a robots.txt as is read, as the RFC says."""
_LONGEST_DELAY = 30.0


class _Rule(NamedTuple):
    path: bytes
    allow: bool


class Robots:
    """The rules of one site.

    Args:
        text: its robots.txt; an empty one allows everything.

    Example:
        >>> robots = Robots("User-agent: *\\nDisallow: /private/\\nAllow: /private/*.html$")
        >>> robots.allows("https://news.example/private/a.html"), robots.allows("https://news.example/private/")
        (True, False)
    """

    def __init__(self, text: str) -> None:
        groups = _parse(text)
        self._rules, self.delay = groups.get(NAME, groups.get("*", ([], 0.0)))

    def allows(self, url: str) -> bool:
        """Whether the page may be fetched: the rule with the longest path decides, `Allow` between equals."""
        parts = urlsplit(url)
        path = unquote_to_bytes((parts.path or "/") + (f"?{parts.query}" if parts.query else ""))
        matching = [rule for rule in self._rules if _matches(rule.path, path)]
        best = max(matching, key=lambda rule: (len(rule.path), rule.allow), default=None)
        return best is None or best.allow


def _parse(text: str) -> dict[str, tuple[list[_Rule], float]]:
    """Groups by the program that they are for, in lower case; several groups for one are one."""
    groups: dict[str, tuple[list[_Rule], float]] = {}
    names: list[str] = []
    in_rules = False
    for line in text[:MAX_BYTES].splitlines():
        key, colon, value = line.partition("#")[0].partition(":")
        key, value = key.strip().lower(), value.strip()
        if not colon:
            continue
        if key == "user-agent":
            names = [] if in_rules else names
            in_rules = False
            names.append(value.lower().partition("/")[0])
            groups.setdefault(names[-1], ([], 0.0))
        elif key in ("allow", "disallow", "crawl-delay"):
            in_rules = True
            for name in names:
                rules, delay = groups[name]
                if key == "crawl-delay":
                    groups[name] = (rules, max(delay, _seconds(value)))
                elif value:
                    rules.append(_Rule(unquote_to_bytes(value), key == "allow"))
    return groups


def _seconds(value: str) -> float:
    try:
        return max(0.0, min(float(value), _LONGEST_DELAY))
    except ValueError:
        return 0.0


def _matches(pattern: bytes, path: bytes) -> bool:
    """Whether a pattern matches the beginning of a path; linear in the path for each part, without backtracking."""
    whole = pattern.endswith(b"$")
    first, *others = pattern.removesuffix(b"$").split(b"*")
    if not path.startswith(first):
        return False
    at = len(first)
    for number, part in enumerate(others, start=1):
        if whole and number == len(others):
            return len(path) - len(part) >= at and path.endswith(part)
        found = path.find(part, at)
        if found < 0:
            return False
        at = found + len(part)
    return not whole or at == len(path)
