"""Word documents (.docx): a ZIP archive of XML, of which only the text and the properties are read."""

from __future__ import annotations

import io
import zipfile
import zlib
from collections.abc import Iterator
from xml.etree.ElementTree import Element

from embeddings.articles import Article, web_url
from embeddings.dates import any_date
from embeddings.errors import SourceError
from embeddings.sources.documents import MAX_BYTES, Document
from embeddings.sources.facts import Facts, make_article
from embeddings.sources.formats import ArticleFormat
from embeddings.sources.xml import XmlError, local_name, parse

_OLE = b"\xd0\xcf\x11\xe0"  # Word 97's own container; an encrypted .docx is in one too
_WORD = (
    "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}",
    "{http://purl.oclc.org/ooxml/wordprocessingml/main}",
)
_MOST_PARTS = 10_000
_TITLE_STYLES = ("title", "heading1")


class DocxFormat(ArticleFormat):
    """Word documents."""

    name = "docx"
    suffixes = (".docx",)
    media_types = ("application/vnd.openxmlformats-officedocument.wordprocessingml.document",)
    version = 2  # which knows authors
    slow = True

    def recognises(self, head: bytes) -> bool:
        """By the name of a part that every Word document has."""
        return head.startswith(b"PK\x03\x04") and (b"word/" in head or b"[Content_Types].xml" in head)

    def article(self, document: Document, data: bytes) -> Article:
        """The paragraphs as an article; the title is in the properties, or in a first paragraph in a title's style."""
        source = document.source
        if data.startswith(_OLE):
            raise SourceError(source, "is encrypted, or in the format of Word 97; save it as .docx without a password")
        try:
            with zipfile.ZipFile(io.BytesIO(data)) as archive:
                if len(archive.namelist()) > _MOST_PARTS:
                    raise SourceError(source, "holds far more parts than a Word document has")
                body = parse(_part(source, archive, "word/document.xml"))
                properties = _properties(source, archive)
        except XmlError as error:
            raise SourceError(source, f"is a damaged Word document: a part of it {error}") from error
        except (zipfile.BadZipFile, zlib.error, OSError, EOFError, ValueError, RuntimeError) as error:
            raise SourceError(source, f"is a damaged Word document ({error})") from error
        paragraphs = list(_paragraphs(body))
        titled = len(paragraphs) > 1 and paragraphs[0][0] in _TITLE_STYLES
        title = paragraphs.pop(0)[1] if titled else ""
        own = Facts(
            title=properties.get("title", "") or title,
            url=web_url(document.url),
            author=properties.get("creator"),
            published_at=any_date(properties.get("created")),
        )
        return make_article(source, "\n\n".join(text for _, text in paragraphs), document.facts.over(own))


def _part(source: str, archive: zipfile.ZipFile, name: str) -> bytes:
    """A part of the archive; does not trust the size that the directory claims."""
    try:
        with archive.open(name) as part:
            data = part.read(MAX_BYTES + 1)
    except KeyError as error:
        raise SourceError(source, f"is not a Word document: it has no {name}") from error
    if len(data) > MAX_BYTES:
        raise SourceError(source, f"unpacks to more than {MAX_BYTES // 10**6} MB, which no article does")
    return data


def _properties(source: str, archive: zipfile.ZipFile) -> dict[str, str]:
    if "docProps/core.xml" not in archive.namelist():
        return {}
    properties = parse(_part(source, archive, "docProps/core.xml"))
    return {local_name(fact): (fact.text or "").strip() for fact in properties}


def _paragraphs(body: Element) -> Iterator[tuple[str, str]]:
    """The style and the text of each paragraph with text; paragraphs in text boxes follow the one around them."""
    for paragraph in _elements(body, "p"):
        own = (part for properties in paragraph if local_name(properties) == "pPr" for part in properties)
        attributes = (pair for part in own if local_name(part) == "pStyle" for pair in part.items())
        style = next((value for name, value in attributes if name.rpartition("}")[2] == "val"), "")
        text = "".join(_characters(paragraph)).strip()
        if text:
            yield style.replace(" ", "").lower(), text


def _elements(root: Element, name: str) -> Iterator[Element]:
    """The elements with a name, in order, without the second version that Word keeps for older programs."""
    for child in root:
        if child.tag in (_WORD[0] + name, _WORD[1] + name):
            yield child
        if local_name(child) not in ("Fallback", "del", "moveFrom"):
            yield from _elements(child, name)


def _characters(element: Element) -> Iterator[str]:
    """The text of a paragraph, without deleted text, codes of fields, and paragraphs inside it."""
    for child in element:
        name = local_name(child)
        if name == "t":
            yield child.text or ""
        elif name in ("tab", "ptab"):
            yield "\t"
        elif name in ("br", "cr"):
            yield "\n"
        elif name == "noBreakHyphen":
            yield "-"
        elif name not in ("del", "moveFrom", "p", "pPr", "rPr", "txbxContent", "AlternateContent"):
            yield from _characters(child)
