"""A document: a file or a page, as the formats get it."""

from __future__ import annotations

import codecs
import hashlib
import io
import os
import stat
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import BinaryIO

from embeddings.errors import SourceError
from embeddings.sources.context import SourceContext
from embeddings.sources.facts import NO_FACTS, Facts
from embeddings.sources.unpacking import GzipFile, UnpackingError
from embeddings.sources.web.fetcher import Fetched

MAX_BYTES = 20_000_000
"""Largest article, and largest record in a file of many, in bytes."""
GZIP_MAGIC = b"\x1f\x8b"
SIDE_CAR = ".meta"
"""What is added to a file's name to get the name of its side-car, which holds facts about it."""
BOMS = ((b"\xef\xbb\xbf", "utf-8-sig"), (b"\xff\xfe", "utf-16"), (b"\xfe\xff", "utf-16"))
"""Byte order marks, and the encodings that they tell."""
CHARSETS = frozenset((
    "ascii", "big5", "big5hkscs", "cp866", "cp874", "cp949", "euc_jp", "euc_kr", "gb18030", "gb2312", "gbk", "iso2022_jp",
    "iso8859-1", "koi8-r", "koi8-u", "mac-cyrillic", "mac-roman", "shift_jis", "tis-620", "utf-8", "utf-8-sig", "utf-16",
    "utf-16-be", "utf-16-le", *(f"cp125{number}" for number in range(9)), *(f"iso8859-{number}" for number in range(2, 17)),
))  # fmt: skip
"""Codecs for the encodings that browsers know (https://encoding.spec.whatwg.org/#names-and-labels), and UTF-16.  Python has
others, which take hours for a text made for that, or are for other things than text."""


@dataclass(frozen=True)
class Document:
    """A file or a page.

    Attributes:
        source: its path or URL, the identity of the article in it.
        open: opens it at its beginning, unpacked; can be called again.
        context: what may be used while it is read.
        media_type: as the web server says; empty for a file.
        charset: as the web server says.
        url: where a page came from, after redirects; None for a file.
        facts: what the list that led here says about it.
        missing: lists named in it that could not be read; a format adds them.
        side_car: the file of facts beside it, if there is one.
    """

    source: str
    open: Callable[[], BinaryIO]
    context: SourceContext = field(default_factory=SourceContext)
    media_type: str = ""
    charset: str | None = None
    url: str | None = None
    facts: Facts = NO_FACTS
    missing: list[str] = field(default_factory=list)
    side_car: Document | None = None

    def read(self) -> bytes:
        """The whole of it.

        Raises:
            SourceError: it cannot be read, or is larger than an article can be.
        """
        data = self.head(MAX_BYTES + 1)
        if len(data) > MAX_BYTES:
            reason = f"larger than {MAX_BYTES // 10**6} MB, which no article is; split it into articles"
            raise SourceError(self.source, reason)
        return data

    def head(self, count: int = 2000) -> bytes:
        """Its first bytes, by which its format is told.

        Raises:
            SourceError: it cannot be read.
        """
        with reading(self.source), self.open() as file:
            return file.read(count)


@contextmanager
def reading(source: str) -> Iterator[None]:
    """Turns what goes wrong while a document is read into a message for people."""
    try:
        yield
    except UnpackingError as error:
        raise SourceError(source, str(error)) from error
    except OSError as error:
        reason = f"cannot be read ({error.strerror or error}); check its permissions"
        raise SourceError(source, reason) from error


def file_document(path: Path, context: SourceContext, within: Path | None = None) -> Document:
    """A file as a document.

    Args:
        path: the file; one that ends in `.gz` is unpacked as it is read.
        context: what may be used.
        within: a folder that the file has to be in, also after links; None for a file that a person named.  Its side-car
            has to be in there too, else in the folder of the file.
    """

    def open_unpacked() -> BinaryIO:
        file = _open(path, within)
        return io.BufferedReader(GzipFile(file), 1 << 16) if path.suffix.lower() == ".gz" else file

    beside = Path(f"{path}{SIDE_CAR}")
    side_car = Document(str(beside), partial(_open, beside, within or path.parent), context)
    return Document(str(path), open_unpacked, context, side_car=side_car if os.path.lexists(beside) else None)


def page_document(source: str, fetched: Fetched, context: SourceContext) -> Document:
    """A fetched page as a document; unpacked if it is packed, as sitemaps may be."""

    def open_unpacked() -> BinaryIO:
        if not fetched.body.startswith(GZIP_MAGIC):
            return io.BytesIO(fetched.body)
        return io.BufferedReader(GzipFile(io.BytesIO(fetched.body), context.fetcher.limits.body_bytes), 1 << 16)

    return Document(source, open_unpacked, context, fetched.media_type, fetched.charset, fetched.url)


def decode(document: Document, data: bytes) -> str:
    """Bytes as text: by their byte order mark, else in the web server's charset, else as UTF-8.

    Raises:
        SourceError: they are not text, or not in this encoding; it names the line.
    """
    source = document.source
    encoding = next((name for mark, name in BOMS if data.startswith(mark)), charset_of(document) or "utf-8")
    if not encoding.startswith("utf-16") and b"\0" in data:
        line = data[: data.index(b"\0")].count(b"\n") + 1
        raise SourceError(source, f"line {line} holds a NUL byte; it looks like a binary file, not a text")
    try:
        text = data.decode(encoding)
    except UnicodeDecodeError as error:
        read = error.object  # without the mark that the file may begin with
        line = read[: error.start].count(b"\n") + 1
        wrong = f"not {encoding.removesuffix('-sig').upper()}: byte 0x{read[error.start]:02x} in line {line}"
        raise SourceError(source, f"{wrong}; convert it, for instance with iconv") from error
    if "\0" in text:
        raise SourceError(source, "holds NUL characters; it looks like a binary file, not a text")
    return text


def charset_of(document: Document) -> str | None:
    """The charset that a web server names, if it is one of `CHARSETS`."""
    return known_charset(document.charset)


def known_charset(name: str | None) -> str | None:
    """The codec for a charset's name, None if it is not one of `CHARSETS`."""
    try:
        codec = codecs.lookup(name or "").name
    except (LookupError, UnicodeError, ValueError):
        return None
    return codec if codec in CHARSETS else None


def digest(data: bytes) -> str:
    """A fingerprint of what a document holds."""
    return hashlib.sha256(data).hexdigest()[:32]


def _open(path: Path, within: Path | None) -> BinaryIO:
    """Opens a regular file; does not even touch a pipe or a device."""
    source = str(path)
    real = Path(os.path.realpath(path))
    if within is not None and not real.is_relative_to(within):
        raise SourceError(source, "leads out of the folder; index what it leads to by itself")
    if not stat.S_ISREG(real.stat().st_mode):
        raise SourceError(source, "not a regular file; name a text file")
    flags = (getattr(os, name, 0) for name in ("O_NONBLOCK", "O_NOFOLLOW", "O_BINARY"))
    file = os.fdopen(os.open(real, sum(flags, os.O_RDONLY)), "rb")
    if not stat.S_ISREG(os.fstat(file.fileno()).st_mode):  # it became something else meanwhile
        file.close()
        raise SourceError(source, "not a regular file; name a text file")
    return file
