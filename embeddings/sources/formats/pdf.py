"""PDF files: the text of their pages, with lines joined to paragraphs."""

from __future__ import annotations

import re
from collections import Counter
from datetime import date
from typing import Any

from embeddings.articles import Article, web_url
from embeddings.errors import SourceError
from embeddings.sources.documents import MAX_BYTES, Document
from embeddings.sources.facts import Facts, make_article
from embeddings.sources.formats import ArticleFormat

_MAX_PAGES = 3000
_PASSWORD = 4  # FPDF_ERR_PASSWORD
_HEADER_LINES = 2
"""Lines at the top and at the bottom of a page that may be its header or footer."""
_ENDS = re.compile(r"[.!?:;…][\"'”’)\]]*$")
_BULLET = re.compile(r"(?:[•▪◦‣·–—*-]|\(?\d{1,2}[.)]|\(?[a-z][.)])\s")
_HEADING = re.compile(r"\d+(?:\.\d+)+\.?\s+\S")
_CHAPTER = re.compile(r"\d{1,2}\.?\s+[A-Z]")
_LEADERS = re.compile(r"(?:\.\s?){6,}")  # of a table of contents
_HYPHENS = re.compile("[\x02\xad]")  # PDFium writes the first for a hyphen at a line's end
_NUMBER = re.compile(r"\d+|\b[ivxlc]+\b", re.IGNORECASE)


class PdfFormat(ArticleFormat):
    """PDF files with text; a scan has only pictures of text."""

    name = "pdf"
    suffixes = (".pdf",)
    media_types = ("application/pdf", "application/x-pdf")
    version = 2  # which knows authors
    slow = True

    def recognises(self, head: bytes) -> bool:
        """By its mark, which may come after some other bytes."""
        return b"%PDF-" in head[:1024]

    def article(self, document: Document, data: bytes) -> Article:
        """The text of the pages as an article; the title is in the properties, else the first line."""
        source = document.source
        if not self.recognises(data[:1024]):
            raise SourceError(source, "is not a PDF file, despite its name")
        contents = _read(source, data)
        text = reflow([page.replace("\r\n", "\n").replace("\r", "\n") for page in contents["pages"]])
        if not any(character.isalnum() for character in text):
            raise SourceError(source, "holds no text, only pictures of it, as scans do; run OCR on it first")
        own = Facts(
            title=contents["title"] or _first_line(text),
            url=web_url(document.url),
            author=contents["author"],
            published_at=_date(contents["created"]),
        )
        return make_article(source, text, document.facts.over(own))


def _read(source: str, data: bytes) -> dict[str, Any]:
    """`pages`, `title`, `author` and `created`."""
    import pypdfium2

    try:
        pdf = pypdfium2.PdfDocument(data)
    except pypdfium2.PdfiumError as error:
        is_locked = getattr(error, "err_code", None) == _PASSWORD or "password" in str(error).lower()
        locked, damaged = (
            "is encrypted; save it without a password",
            "is a damaged PDF file, perhaps cut off; get it again",
        )
        raise SourceError(source, locked if is_locked else damaged) from error
    pages: list[str] = []
    for number in range(min(len(pdf), _MAX_PAGES)):
        if sum(map(len, pages)) > MAX_BYTES:
            break
        try:
            pages.append(pdf[number].get_textpage().get_text_bounded())
        except pypdfium2.PdfiumError:
            pages.append("")  # a page that is damaged; the others may not be
    properties = pdf.get_metadata_dict()
    named = {"title": "Title", "author": "Author", "created": "CreationDate"}
    return {"pages": pages, **{name: properties.get(key, "") for name, key in named.items()}}


def reflow(pages: list[str]) -> str:
    r"""Joins the lines of pages to paragraphs, and hyphenated words; drops headers, footers and page numbers.

    Example:
        >>> reflow(["The harbour re\x02\nopened on Thursday after a\nlong storm.", "2"])
        'The harbour reopened on Thursday after a long storm.'
    """
    lines = [line for page in _without_headers(pages) for line in page if not _LEADERS.search(line)]
    width = sorted(map(len, lines))[int(len(lines) * 0.9)] if lines else 0
    paragraphs: list[str] = []
    before = ""
    for line in lines:
        if paragraphs and before and line and not _ends_paragraph(before, line, width):
            hyphenated = paragraphs[-1].endswith(("\x02", "\xad"))
            paragraphs[-1] += line if hyphenated else f" {line}"
        elif line:
            paragraphs.append(line)
        before = line
    return "\n\n".join(_HYPHENS.sub("", paragraph) for paragraph in paragraphs)


def _ends_paragraph(line: str, following: str, width: int) -> bool:
    if line.endswith(("\x02", "\xad")):
        return False
    if _BULLET.match(following) or _HEADING.match(following):
        return True
    if _HEADING.match(line) and len(line) < 0.6 * width:
        return True
    if _ENDS.search(line):
        return len(line) < 0.85 * width or _CHAPTER.match(following) is not None
    return len(line) < 0.6 * width and not following[:1].islower()


def _without_headers(pages: list[str]) -> list[list[str]]:
    """The lines of each page without those that many pages repeat at their edges, but the first page keeps its title."""
    lines = [[line.strip() for line in page.split("\n") if line.strip()] for page in pages]
    edges = Counter(
        shape for page in lines for shape in {_shape(line) for line in page[:_HEADER_LINES] + page[-_HEADER_LINES:]}
    )
    repeated = {shape for shape, count in edges.items() if count >= max(3, len(pages) / 3)} | {"#"}
    bodies = []
    for number, page in enumerate(lines):
        often = repeated if number else {"#"}
        start, end = 0, len(page)
        while start < min(_HEADER_LINES, end) and _shape(page[start]) in often:
            start += 1
        while end > max(start, len(page) - _HEADER_LINES) and _shape(page[end - 1]) in often:
            end -= 1
        bodies.append(page[start:end])
    return bodies


def _shape(line: str) -> str:
    return _NUMBER.sub("#", line)


def _first_line(text: str) -> str:
    line = text.partition("\n")[0]
    return line if len(line) <= 150 and not line.endswith(".") else ""


def _date(created: str) -> date | None:
    """The day of a PDF's `D:20220429171908Z`; its time of day says nothing about the article."""
    digits = re.match(r"(?:D:)?(\d{8})", created)
    try:
        return date.fromisoformat(digits[1]) if digits else None
    except ValueError:
        return None
