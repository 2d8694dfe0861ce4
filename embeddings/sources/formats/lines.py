"""The lines of a text file that may be too large to hold: a JSON record a line, rows of a table."""

from __future__ import annotations

import io
from collections.abc import Iterator
from typing import NamedTuple

from embeddings.sources.documents import MAX_BYTES, Document, reading

_ENDS = ("\n", "\r")


class Line(NamedTuple):
    """A line.

    Attributes:
        number: from 1.
        text: with its line end; bytes that are not UTF-8 are there as lone surrogates; empty if `reason` is not.
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
    with reading(document.source), document.open() as file:
        start = file.read(3)
    encoding = "utf-16" if start[:2] in (b"\xff\xfe", b"\xfe\xff") else "utf-8-sig"
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
