"""JSON Lines: one JSON object per line, one article per object."""

from __future__ import annotations

import json
from collections.abc import Iterator
from functools import partial

from embeddings.sources import Entry
from embeddings.sources.documents import Document
from embeddings.sources.formats import Format
from embeddings.sources.formats.records import Line, Record, lines_of, record_entries


class JsonLinesFormat(Format):
    """JSON Lines, also called NDJSON."""

    name = "jsonl"
    suffixes = (".jsonl", ".ndjson")
    media_types = ("application/jsonl", "application/x-ndjson", "application/json-lines")

    def entries(self, document: Document) -> Iterator[Entry]:
        """One entry per line, without empty lines."""
        return record_entries(document, partial(_records, document))


def _records(document: Document) -> Iterator[Record]:
    for line in lines_of(document):
        if line.text.strip() or line.reason:
            yield _record(line)


def _record(line: Line) -> Record:
    if line.reason:
        return Record(line.number, {}, line.reason)
    try:
        values = json.loads(line.text)
    except json.JSONDecodeError as error:
        return Record(line.number, {}, f"not JSON ({error.msg} at character {error.pos + 1})")
    except (ValueError, RecursionError) as error:
        return Record(line.number, {}, f"not JSON that can be read ({error})")
    if not isinstance(values, dict):
        return Record(line.number, {}, "not a JSON object, `{...}`")
    return Record(line.number, values)
