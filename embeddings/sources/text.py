"""Plain text and Markdown files, with or without front matter.

Front matter is a block of ``key: value`` lines between two ``---`` lines at the top of the file; `title`,
`published_at` (or `date`), `url` and `publisher` are used, other keys are left alone::

    ---
    title: Harbour reopens after storm
    published_at: 2024-02-29
    url: https://news.example/harbour
    publisher: The Example
    ---

    The harbour reopened on Thursday ...
"""

from __future__ import annotations

import re
import stat
from collections.abc import Iterator
from datetime import date, datetime
from pathlib import Path
from urllib.parse import urlsplit

from embeddings.articles import Article, article_id, opening_words
from embeddings.errors import SourceError
from embeddings.sources import Entry, check_name

SUFFIXES = (".txt", ".text", ".md", ".markdown")
MAX_BYTES = 20_000_000
_FRONT_MATTER = re.compile(r"---[ \t]*\r?\n(.*?)^---[ \t]*(?:\r?\n|\Z)", re.DOTALL | re.MULTILINE)
_MAX_FRONT_MATTER = 20_000
_BOMS = ((b"\xef\xbb\xbf", "utf-8-sig"), (b"\xff\xfe", "utf-16"), (b"\xfe\xff", "utf-16"))


class TextSource:
    """One text file."""

    nothing_found = "there is no such file"

    def __init__(self, path: Path) -> None:
        self.location = str(path)
        self._path = path

    def entries(self) -> Iterator[Entry]:
        """The file itself."""
        yield Entry(self.location, lambda: read_text_file(self._path))


def read_text_file(path: Path) -> Article:
    """Reads an article from a text file.

    Raises:
        SourceError: the file is missing, empty, too large, not UTF-8, binary, or its front matter is wrong.
    """
    source = str(path)
    check_name(source)
    text = _decode(source, _read(source, path))
    facts: dict[str, tuple[int, str]] = {}
    match = _FRONT_MATTER.match(text[:_MAX_FRONT_MATTER])
    if match:
        facts = _parse_front_matter(source, match.group(1))
        text = text[match.end() :]
    text = text.strip()
    if not text:
        raise SourceError(source, "holds no text" + (" after its front matter" if match else "; it is empty"))
    if not any(character.isalnum() for character in text):
        raise SourceError(source, "holds no words")
    return Article(
        id=article_id(source),
        title=facts.get("title", (0, ""))[1] or opening_words(text),
        text=text,
        url=_url(source, *facts["url"]) if "url" in facts else None,
        publisher=facts.get("publisher", (0, ""))[1] or None,
        published_at=_date(source, *facts["published_at"]) if "published_at" in facts else None,
        source=source,
    )


def _read(source: str, path: Path) -> bytes:
    try:
        if not stat.S_ISREG(path.stat().st_mode):
            raise SourceError(source, "not a regular file; name a text file")
        with path.open("rb") as file:
            data = file.read(MAX_BYTES + 1)
    except OSError as error:
        raise SourceError(source, f"cannot be read ({error.strerror or error}); check its permissions") from error
    if len(data) > MAX_BYTES:
        raise SourceError(source, f"larger than {MAX_BYTES // 10**6} MB, which no article is; split it into articles")
    return data


def _decode(source: str, data: bytes) -> str:
    encoding = next((name for mark, name in _BOMS if data.startswith(mark)), "utf-8")
    if encoding != "utf-16" and b"\0" in data:
        line = data[: data.index(b"\0")].count(b"\n") + 1
        raise SourceError(source, f"line {line} holds a NUL byte; it looks like a binary file, not a text")
    try:
        text = data.decode(encoding)
    except UnicodeDecodeError as error:
        read = error.object  # without the mark that the file may begin with
        line = read[: error.start].count(b"\n") + 1
        shown = "UTF-16" if encoding == "utf-16" else "UTF-8"
        raise SourceError(
            source, f"not {shown}: byte 0x{read[error.start]:02x} in line {line}; convert it, for instance with iconv"
        ) from error
    if "\0" in text:
        raise SourceError(source, "holds NUL characters; it looks like a binary file, not a text")
    return text


def _parse_front_matter(source: str, block: str) -> dict[str, tuple[int, str]]:
    facts = {}
    for number, line in enumerate(block.split("\n"), start=2):
        key, colon, value = line.partition(":")
        if not line.strip() or line.lstrip().startswith("#") or line[:1].isspace() or line.startswith("-"):
            continue
        if not colon:
            raise SourceError(source, f"line {number} of the front matter is not `key: value`")
        key, value = key.strip().lower(), " ".join(value.split())
        if len(value) > 1 and value[0] == value[-1] and value[0] in "\"'":
            value = value[1:-1].strip()
        if value:
            facts["published_at" if key == "date" else key] = (number, value)
    return facts


def _url(source: str, line: int, value: str) -> str:
    try:
        parts = urlsplit(value)
        usable = parts.scheme in ("http", "https") and bool(parts.hostname)
    except ValueError:
        usable = False
    if not usable or not value.isprintable():
        raise SourceError(source, f"line {line}: url {value!r} is not an http or https address")
    return value


def _date(source: str, line: int, value: str) -> date | datetime:
    try:
        return date.fromisoformat(value) if len(value) <= 10 else datetime.fromisoformat(value)
    except ValueError as error:
        raise SourceError(source, f"line {line}: published_at {value!r} is not a date like 2024-02-29") from error
