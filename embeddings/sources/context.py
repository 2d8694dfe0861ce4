"""What a source may use while it lists and reads: its options, the web, and the state of its last sync."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, field

from pydantic import BaseModel, field_validator

from embeddings.sources.sandbox import Sandbox
from embeddings.sources.web.fetcher import Fetcher

FACTS = ("id", "title", "text", "url", "author", "publisher", "date")
"""What a column of a table, or a field of a JSON record, can be mapped to."""


class SourceOptions(BaseModel, frozen=True, extra="forbid"):
    """How a person wants a source to be read; the store keeps it with the source.

    Attributes:
        include: globs of files in a folder, or of pages' paths in a feed or sitemap; only these are read.
        exclude: globs of files and folders, or of pages' paths; these are not read.
        fields: the column or field that holds a fact, for tables and JSON records: `{"text": "body"}`.
        format: name of the format to read files as, regardless of their names.
        publisher: of all its articles, whatever they say themselves; None for what they say.
    """

    include: tuple[str, ...] = ()
    exclude: tuple[str, ...] = ()
    fields: dict[str, str] = {}
    format: str | None = None
    publisher: str | None = None

    @field_validator("fields")
    @classmethod
    def _known_facts(cls, fields: dict[str, str]) -> dict[str, str]:
        unknown = sorted(set(fields) - set(FACTS))
        if unknown:
            raise ValueError(f"{unknown[0]!r} is not a fact of an article; use one of {', '.join(FACTS)}")
        return fields


@dataclass(frozen=True)
class SourceContext:
    """What a source may use.

    Attributes:
        options: how to read.
        sync_state: gives what sources left in the store under a key, an ETag for instance, or None; see
            `Entry.sync_state`.
        holds: whether the store holds an article of this identity (`Entry.source`).  One that it does not hold is
            read, even if it has not been modified since it was last read.
        fetcher: the way to the web.
        sandbox: the process that parses what strangers wrote.
    """

    options: SourceOptions = field(default_factory=SourceOptions)
    sync_state: Callable[[str], str | None] = lambda key: None
    holds: Callable[[str], bool] = lambda source: True
    fetcher: Fetcher = field(default_factory=Fetcher)
    sandbox: Sandbox = field(default_factory=Sandbox)

    def sync_facts(self, key: str) -> dict[str, str]:
        """The sync state under a key, as facts by their names; none if it is damaged."""
        try:
            facts = json.loads(self.sync_state(key) or "{}")
        except ValueError:
            return {}
        return {str(name): str(value) for name, value in facts.items()} if isinstance(facts, dict) else {}
