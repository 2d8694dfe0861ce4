"""Globs over paths: `*` and `?` within a name, `**` over any number of folders, `[a-z]` a set."""

from __future__ import annotations

import re
from functools import lru_cache

from pathspec.patterns.gitignore import GitIgnorePatternError
from pathspec.patterns.gitignore.basic import GitIgnoreBasicPattern

_NOTHING = re.compile(r"(?!)")


def is_glob(path: str) -> bool:
    """Whether a path has a character that stands for others."""
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
    return _compiled(pattern).match(path) is not None


@lru_cache(maxsize=256)
def _compiled(pattern: str) -> re.Pattern[str]:
    r"""A pattern as in .gitignore, but `**` also works inside a name, and `!`, `#`, `\` and a last space are ordinary."""
    inner = re.sub(r"\*\*(?!/|$)", "**/*", pattern.strip("/"))
    inner = re.sub(r"^[!#]|\\| $", r"\\\g<0>", inner)
    try:
        return GitIgnoreBasicPattern("/" * (pattern[:1] == "/" and bool(inner)) + inner).regex or _NOTHING
    except (re.error, GitIgnorePatternError):  # a set like [z-a], which nothing is in
        return _NOTHING
