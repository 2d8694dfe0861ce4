"""JSON Lines: one JSON object per line, one article per object."""

from __future__ import annotations

import json
from collections.abc import Iterator

from embeddings.sources import Entry
from embeddings.sources.documents import Document
from embeddings.sources.formats import Format
from embeddings.sources.formats.records import Record, lines_of, record_entries


class JsonLinesFormat(Format):
    """JSON Lines, also called NDJSON."""

    name = "jsonl"
    suffixes = (".jsonl", ".ndjson")
    media_types = ("application/jsonl", "application/x-ndjson", "application/json-lines")

    def entries(self, document: Document) -> Iterator[Entry]:
        """One entry per line, without empty lines."""
        return record_entries(document, _records)


def _records(document: Document) -> Iterator[Record]:
    for number, text, reason in lines_of(document):
        values: object = {}
        try:
            values = json.loads(text) if text.strip() and not reason else values
        except json.JSONDecodeError as error:
            reason = f"not JSON ({error.msg} at character {error.pos + 1})"
        except (ValueError, RecursionError) as error:
            reason = f"not JSON that can be read ({error})"
        if not isinstance(values, dict):
            yield Record(number, {}, "not a JSON object, `{...}`")
        elif text.strip() or reason:
            yield Record(number, values, reason)
