"""Tab in the REPL: completes commands, paths, and the names of publishers, sources and articles that there are."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from typing import NamedTuple

from prompt_toolkit.completion import CompleteEvent, Completer, Completion, PathCompleter
from prompt_toolkit.document import Document

from embeddings.errors import QABotError
from embeddings.store.protocol import Store
from embeddings.text import visible
from qa_bot.retrieval.filter_syntax import CONDITIONS

SHOWN_DIGITS = 12
MOST = 200
"""Completions that are offered at most."""
_DAY = re.compile(r"\d{4}(-\d\d)?(-\d\d)?")


class Name(NamedTuple):
    """What can stand after a command, and what it is."""

    text: str
    about: str = ""


Names = Callable[[], Iterable[Name]]


class StoredNames:
    """The names in a store, read when they are asked for; none while it cannot be read."""

    def __init__(self, store: Callable[[], Store]) -> None:
        self._store = store

    def publishers(self) -> list[Name]:
        """The publishers, the most frequent first."""
        with suppress(QABotError):
            counts = self._store().articles.summary().publishers
            return [Name(name, f"{count:,} articles") for name, count in counts.items()]
        return []

    def sources(self) -> list[Name]:
        """The locations of the sources."""
        with suppress(QABotError):
            return [Name(source.location) for source in self._store().sources.list()]
        return []

    def articles(self) -> list[Name]:
        """The ids of the newest articles, with their titles."""
        with suppress(QABotError):
            newest = self._store().articles.list(limit=MOST)
            return [Name(article.id[:SHOWN_DIGITS], article.title) for article in newest]
        return []


class CommandCompleter(Completer):
    """Completes the names of commands, and what stands after some.

    Args:
        commands: what each command does, by its name.
        takes_paths: names of the commands that take files and folders.
        takes_names: the names that a command takes.
        conditions: the names that a condition of `/filter` takes.
    """

    def __init__(
        self,
        commands: Mapping[str, str],
        takes_paths: Iterable[str],
        takes_names: Mapping[str, Names] | None = None,
        conditions: Mapping[str, Names] | None = None,
    ) -> None:
        self._commands = commands
        self._takes_paths = frozenset(takes_paths)
        self._takes_names = takes_names or {}
        self._conditions = conditions or {}
        self._paths = PathCompleter(expanduser=True)

    def get_completions(self, document: Document, complete_event: CompleteEvent) -> Iterable[Completion]:
        """Completions of the text before the cursor."""
        text = document.text_before_cursor.lstrip()
        if text[:1] not in ("/", ":"):
            return
        name, space, arguments = text[1:].partition(" ")
        if not space:
            for command, does in self._commands.items():
                if command.startswith(name.lower()):
                    yield Completion(text[0] + command, -len(text), display_meta=does)
        elif name.lower() == "filter":
            yield from self._conditions_of(arguments)
        elif name.lower() in self._takes_paths:
            path = arguments.rsplit(" ", 1)[-1]
            yield from self._paths.get_completions(Document(path), complete_event)
        elif name.lower() in self._takes_names:
            yield from _matching(arguments, self._takes_names[name.lower()]())

    def _conditions_of(self, arguments: str) -> Iterable[Completion]:
        """The words of a filter, and the names after them; a name may have several words."""
        words = arguments.split(" ")
        last = max((at for at, word in enumerate(words[:-1]) if word.lower() in CONDITIONS), default=None)
        typed = "" if last is None else " ".join(words[last + 1 :])
        if last is not None and words[last].lower() in self._conditions:
            yield from _matching(typed, self._conditions[words[last].lower()]())
        if last is None or (typed.strip() and (" " in typed or _DAY.fullmatch(typed.strip()))):
            yield from _matching(
                words[-1], [Name(condition) for condition in (*CONDITIONS, *(("all",) if last is None else ()))]
            )


def _matching(typed: str, names: Iterable[Name]) -> Iterable[Completion]:
    """The names that begin with what is typed, quoted where the REPL would take a character of theirs otherwise."""
    bare = typed.lstrip("'\"").casefold()
    matching: Sequence[Name] = [name for name in names if name.text.casefold().startswith(bare)]
    for name in matching[:MOST]:
        text = f'"{name.text}"' if "'" in name.text else name.text
        if '"' not in name.text and "\\" not in name.text:
            yield Completion(text, -len(typed), display=visible(name.text), display_meta=visible(name.about))
