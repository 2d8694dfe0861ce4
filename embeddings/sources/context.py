"""What a source may use while it lists and reads: its options, the web, and what it remembers."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Protocol

from pydantic import BaseModel, ConfigDict, field_validator

from embeddings.sources.web.fetcher import Fetcher

FACTS = ("id", "title", "text", "url", "author", "publisher", "date")
"""What a column of a table, or a field of a JSON record, can be mapped to."""


class SourceOptions(BaseModel):
    """How a person wants a source to be read; remembered with it.

    Attributes:
        include: globs of files in a folder, or of pages' paths in a feed or sitemap; only these are read.
        exclude: globs of files and folders, or of pages' paths, that are left out.
        fields: the column or field that holds a fact, for tables and JSON records: `{"text": "body"}`.
        format: name of the format to read files as, whatever they are called.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    include: tuple[str, ...] = ()
    exclude: tuple[str, ...] = ()
    fields: dict[str, str] = {}
    format: str | None = None

    @field_validator("fields")
    @classmethod
    def _known_facts(cls, fields: dict[str, str]) -> dict[str, str]:
        unknown = sorted(set(fields) - set(FACTS))
        if unknown:
            raise ValueError(f"{unknown[0]!r} is no fact of an article; there are {', '.join(FACTS)}")
        return fields


class Memory(Protocol):
    """What sources remembered at their last commits: ETags, say.  The store keeps it; see `Entry.memories`."""

    def sync_state(self, key: str) -> str | None:
        """What was remembered under a key."""


class NoMemory:
    """Remembers nothing, so that everything is read."""

    def sync_state(self, key: str) -> str | None:
        """Nothing."""
        return None


@dataclass(frozen=True)
class SourceContext:
    """What a source may use.

    Attributes:
        options: how to read.
        memory: what was remembered at earlier commits.
        holds: whether the store holds an article of this identity (`Entry.source`).  One that it does not hold is
            read, even if it has not been modified since it was last read.
        fetcher: the way to the web.
    """

    options: SourceOptions = field(default_factory=SourceOptions)
    memory: Memory = field(default_factory=NoMemory)
    holds: Callable[[str], bool] = lambda source: True
    fetcher: Fetcher = field(default_factory=Fetcher)

    def recalled(self, key: str) -> dict[str, str]:
        """The facts that were remembered under a key; none if they are not what they should be."""
        try:
            known = json.loads(self.memory.sync_state(key) or "{}")
        except ValueError:
            return {}
        return {str(name): str(value) for name, value in known.items()} if isinstance(known, dict) else {}


def nothing_to_remember() -> Mapping[str, str]:
    """For sources and entries without a memory."""
    return {}
