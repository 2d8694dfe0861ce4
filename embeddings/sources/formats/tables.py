"""Tables: CSV and its relatives, with one article per row and the names of the columns in the first line.

A comma, a semicolon, a tab or a bar separates columns: the one that gives the first line a column with the text.
"""

from __future__ import annotations

import csv
from collections.abc import Iterator

from embeddings.errors import SourceError
from embeddings.sources import Entry
from embeddings.sources.documents import MAX_BYTES, Document
from embeddings.sources.formats import Format
from embeddings.sources.formats.records import Line, Record, find_field, lines_of, record_entries

_DELIMITERS = ",;\t|"


class TableFormat(Format):
    """CSV and TSV."""

    name = "csv"
    suffixes = (".csv", ".tsv")
    media_types = ("text/csv", "text/tab-separated-values")

    def entries(self, document: Document) -> Iterator[Entry]:
        """One entry per row."""
        return record_entries(document, _rows)


class _Lines:
    """Lines for the csv module, which can be given back."""

    def __init__(self, lines: Iterator[Line]) -> None:
        self._lines = lines
        self._given_back: list[Line] = []
        self.taken: list[Line] = []

    def __iter__(self) -> _Lines:
        return self

    def __next__(self) -> str:
        line = self._given_back.pop() if self._given_back else next(self._lines)
        self.taken.append(line)
        return line.text

    def give_back(self) -> None:
        """Gives all but the first of the lines that were taken back."""
        self._given_back += reversed(self.taken[1:])


def _rows(document: Document) -> Iterator[Record]:
    csv.field_size_limit(MAX_BYTES)  # the module's own limit, for all tables of the process, is too small for articles
    lines = _Lines(lines_of(document))
    delimiter, columns = _header(document, lines)
    while True:
        lines.taken.clear()
        reader = csv.reader(lines, delimiter=delimiter, strict=True)
        try:
            row = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            number = lines.taken[0].number
            yield Record(number, {}, _in_words(error))
            # Lines that this row swallowed are read again.  Where they open a quotation mark themselves, this row would
            # have ended, so no line is read more than a few times.
            lines.give_back()
            continue
        if any(row):
            number, reason = lines.taken[0].number, next((line.reason for line in lines.taken if line.reason), "")
            if not reason and len(row) != len(columns):
                reason = f"has {len(row)} fields where the first line names {len(columns)}"
            yield Record(number, {} if reason else dict(zip(columns, row, strict=True)), reason)


def _header(document: Document, lines: _Lines) -> tuple[str, list[str]]:
    first = next((text for text in lines if text.strip()), "")
    headers: dict[str, list[str]] = {}
    for delimiter in _DELIMITERS:
        try:
            headers[delimiter] = [name.strip() for name in next(csv.reader([first], delimiter=delimiter, strict=True))]
        except (csv.Error, StopIteration):
            continue
        names = {name.lower(): name for name in headers[delimiter]}
        if find_field("text", names, document.context.options.fields) is not None:
            return delimiter, headers[delimiter]
    columns = max(headers.values(), key=len, default=[])
    if len(columns) > 1:
        shown = ", ".join(repr(name) for name in columns)[:300]
        reason = f"line 1: no column holds the text; its columns are {shown}; name one: --field text=NAME"
    else:
        reason = "line 1 does not name columns, separated by a comma, semicolon, tab or bar, one of them for the text"
    raise SourceError(document.source, reason)


def _in_words(error: csv.Error) -> str:
    if "unexpected end" in str(error):
        return "a quotation mark is opened and never closed"
    if "expected after" in str(error) or "field limit" in str(error):
        most = f"{MAX_BYTES // 10**6} MB"
        return f"a quotation mark is not closed, or not doubled inside a field, or a field is over {most}"
    return f"cannot be read as a row ({error})"
