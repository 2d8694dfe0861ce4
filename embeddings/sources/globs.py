"""Globs over paths: `*` and `?` within a name, `**` over any number of folders, `[a-z]` a set."""

from __future__ import annotations

import re
from functools import lru_cache


def is_glob(path: str) -> bool:
    """Whether there is anything in it that stands for other characters."""
    return any(character in path for character in "*?[")


def matches(path: str, pattern: str) -> bool:
    """Whether a pattern matches a path, or a folder that the path is in.

    Args:
        path: relative, with `/` between its parts.
        pattern: one without `/` matches names in any folder.

    Example:
        >>> matches("2024/may/storm.txt", "*.txt"), matches("2024/may/storm.txt", "2024/*.txt")
        (True, False)
        >>> matches("2024/may/storm.txt", "2024/**/*.txt"), matches("2024/may/storm.txt", "may")
        (True, True)
    """
    return _compiled(pattern).fullmatch(path) is not None


@lru_cache(maxsize=256)
def _compiled(pattern: str) -> re.Pattern[str]:
    pattern = pattern.strip("/") if "/" in pattern.strip("/") or pattern.startswith("/") else "**/" + pattern.strip("/")
    parts = []
    at = 0
    while at < len(pattern):
        rest = pattern[at:]
        if rest.startswith("**/"):
            parts.append("(?:[^/]+/)*")
            at += 3
        elif rest.startswith("**"):
            parts.append(".*")
            at += 2
        elif rest[0] in "*?":
            parts.append("[^/]*" if rest[0] == "*" else "[^/]")
            at += 1
        elif found := re.match(r"\[(!?)(\]?[^\]/]*)\]", rest):
            inside = re.sub(r"([\\\[\]^&|~])", r"\\\1", found[2])
            parts.append(f"[{'^/' if found[1] else ''}{inside}]")
            at += found.end()
        else:
            parts.append(re.escape(rest[0]))
            at += 1
    try:
        return re.compile("".join(parts) + "(?:/.*)?", re.DOTALL)
    except re.error:  # a set like [z-a], which nothing is in
        return re.compile(r"(?!)")
