"""Many articles in one file: records with named fields, each on a line of JSON or in a row of a table.

The file is read twice from beginning to end: once to list the records, once to read them.  Only their names stay in
memory in between.
"""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator, Mapping
from functools import partial
from hashlib import sha256
from typing import NamedTuple
from urllib.parse import quote

from embeddings.articles import Article, web_url
from embeddings.dates import any_date
from embeddings.errors import SourceError
from embeddings.sources import Entry
from embeddings.sources.documents import MAX_BYTES, Document, reading
from embeddings.sources.facts import Facts, make_article
from embeddings.sources.formats import refuse

DEFAULTS: Mapping[str, tuple[str, ...]] = {
    "id": ("id", "guid", "uuid", "article_id"),
    "title": ("title", "headline", "heading"),
    "text": ("text", "content", "body", "article", "story", "maintext"),
    "author": ("author", "authors", "byline"),
    "publisher": ("publisher", "publication", "source", "outlet", "newspaper"),
    "date": ("date", "published_at", "published", "pubdate", "date_publish", "date_published", "publish_date", "datetime"),
    "url": ("url", "link"),
}  # fmt: skip
"""The usual names of fields, in lower case; the first one that a record has counts."""
_ENDS = ("\n", "\r")
_HOPELESS = 100
"""So many records without an article at the beginning of a file, and the rest is not read."""


class Line(NamedTuple):
    """A line.

    Attributes:
        number: from 1.
        text: with its line end; bytes that are not UTF-8 become lone surrogates; empty if there is a `reason`.
        reason: why it cannot be used.
    """

    number: int
    text: str
    reason: str = ""


def lines_of(document: Document) -> Iterator[Line]:
    """The lines of a document, one at a time.

    Raises:
        SourceError: it cannot be read, or not to its end.
    """
    encoding = "utf-16" if document.head(2) in (b"\xff\xfe", b"\xfe\xff") else "utf-8-sig"
    errors = "replace" if encoding == "utf-16" else "surrogateescape"
    with (
        reading(document.source),
        document.open() as file,
        io.TextIOWrapper(file, encoding=encoding, errors=errors, newline="") as text,
    ):
        number = 0
        while line := text.readline(MAX_BYTES):
            number += 1
            too_long = len(line) == MAX_BYTES and not line.endswith(_ENDS)
            while too_long and line and not line.endswith(_ENDS):
                line = text.readline(MAX_BYTES)
            yield Line(number, "", f"longer than {MAX_BYTES // 10**6} MB") if too_long else _checked(number, line)


def _checked(number: int, line: str) -> Line:
    if line.isascii():
        return Line(number, line)
    try:
        line.encode()
    except UnicodeEncodeError as error:
        byte = ord(line[error.start]) - 0xDC00
        if 0x80 <= byte <= 0xFF:
            return Line(number, line, f"not UTF-8: byte 0x{byte:02x}; convert the file, for instance with iconv")
    return Line(number, line)


class Record(NamedTuple):
    """A record.

    Attributes:
        line: where it begins, from 1.
        values: its fields.
        reason: why it cannot be read, if so; then there are no fields.
    """

    line: int
    values: Mapping[str, object]
    reason: str = ""


def find_field(fact: str, names: Mapping[str, str], mapping: Mapping[str, str]) -> str | None:
    """The field that holds a fact.

    Args:
        fact: `title`, say.
        names: the fields that there are, by their names in lower case.
        mapping: the names that a person gave; they count before the usual ones.
    """
    candidates = (mapping[fact].lower(),) if fact in mapping else DEFAULTS[fact]
    return next((names[name] for name in candidates if name in names), None)


def record_entries(document: Document, records: Callable[[Document], Iterator[Record]]) -> Iterator[Entry]:
    """One entry per record.  A record that cannot be read is an entry that fails; the others stay.

    Args:
        document: the file.
        records: reads the file from its beginning.

    Raises:
        SourceError: there is no article at the beginning of the file.
    """
    cursor = _Cursor(document, records)
    failing: list[Entry] | None = []  # held back until there is an article
    reason = ""
    try:
        for number, (record, source, problem) in enumerate(_named(document, records(document))):
            if not problem:
                yield from failing or ()
                failing = None
                yield Entry(source, partial(cursor.read, number, source))
                continue
            reason = reason or problem
            failed = Entry(source, partial(refuse, SourceError(document.source, f"line {record.line}: {problem}")))
            if failing is None:
                yield failed
            elif len(failing) < _HOPELESS:
                failing.append(failed)
            else:
                break
    except SourceError as error:
        if failing is not None:
            raise
        cut_off = SourceError(error.source, f"{error.reason}; the records before it are kept")
        yield Entry(f"{document.source}#end", partial(refuse, cut_off))
    if failing:
        raise SourceError(document.source, f"holds no article in its first {len(failing)} records: {reason}")


class _Cursor:
    """Reads a file again, record by record, in the order in which they were listed."""

    def __init__(self, document: Document, records: Callable[[Document], Iterator[Record]]) -> None:
        self._document = document
        self._records = records
        self._going: Iterator[tuple[Record, str, str]] = iter(())
        self._next = 0

    def read(self, number: int, source: str) -> Article:
        if number < self._next or self._next == 0:
            self._going, self._next = _named(self._document, self._records(self._document)), 0
        for record, identity, problem in self._going:
            self._next += 1
            if self._next == number + 1:
                if identity != source or problem:
                    break
                return _article(self._document, source, record)
        raise SourceError(self._document.source, "changed while it was being read; index it again")


def _named(document: Document, records: Iterator[Record]) -> Iterator[tuple[Record, str, str]]:
    """Each record, its identity (from its id, else its URL, else its line) and what is wrong with it."""
    mapping = document.context.options.fields
    seen: set[str] = set()
    for record in records:
        line = f"{document.source}#line-{record.line}"
        names = {str(name).lower(): name for name in record.values}
        text_field = find_field("text", names, mapping)
        if record.reason:
            yield record, line, record.reason
        elif text_field is None:
            shown = ", ".join(names.values())[:200]
            yield record, line, f"no field holds the text; its fields are {shown}; name one: --field text=NAME"
        else:
            key = _value(record, "id", names, mapping)
            url = _value(record, "url", names, mapping) if not key else ""
            source = f"{document.source}#{_fragment(key or url)}" if key or url else line
            if source in seen and key:
                yield record, line, f"its id {key[:100]} is that of an earlier record"
                continue
            source = line if source in seen else source
            seen.add(source)
            yield record, source, ""


def _value(record: Record, fact: str, names: Mapping[str, str], mapping: Mapping[str, str]) -> str:
    field = find_field(fact, names, mapping)
    value = record.values[field] if field is not None else None
    return str(value).strip() if isinstance(value, str | int | float) and not isinstance(value, bool) else ""


def _fragment(key: str) -> str:
    printable = key.isascii() and key.isprintable()
    fragment = key if printable else quote(key, safe="/:?&=%+,;@!$'()*~ ", errors="replace")
    return fragment if len(fragment) <= 200 else fragment[:160] + "-" + sha256(fragment.encode()).hexdigest()[:16]


def _article(document: Document, source: str, record: Record) -> Article:
    mapping = document.context.options.fields
    names = {str(name).lower(): name for name in record.values}
    date_field, author_field = (find_field(fact, names, mapping) for fact in ("date", "author"))
    try:
        facts = Facts(
            title=_value(record, "title", names, mapping),
            url=web_url(_value(record, "url", names, mapping)),
            author=record.values[author_field] if author_field is not None else None,
            publisher=_value(record, "publisher", names, mapping),
            published_at=any_date(record.values[date_field]) if date_field is not None else None,
        )
        return make_article(source, _value(record, "text", names, mapping), facts)
    except SourceError as error:
        raise SourceError(document.source, f"line {record.line}: {error.reason}") from error
