"""Makes small PDF files and Word documents, well-formed ones and others."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Sequence
from xml.sax.saxutils import escape

WORD = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"
CORE = (
    '<cp:coreProperties xmlns:cp="http://schemas.openxmlformats.org/package/2006/metadata/core-properties" '
    'xmlns:dc="http://purl.org/dc/elements/1.1/" xmlns:dcterms="http://purl.org/dc/terms/">'
    "<dc:title>{title}</dc:title><dc:creator>{author}</dc:creator><dcterms:created>2024-02-29T13:05:00Z</dcterms:created></cp:coreProperties>"
)


def pdf(pages: Sequence[Sequence[str]], *, title: str = "", author: str = "", encrypted: bool = False) -> bytes:
    """A PDF file with these lines on its pages, in Latin letters."""
    objects = [b"<< /Type /Catalog /Pages 2 0 R >>", b"", b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>"]
    kids = []
    for lines in pages:
        shown = b" T* ".join(
            b"(" + line.encode("cp1252").replace(b"(", b"\\(").replace(b")", b"\\)") + b") Tj" for line in lines
        )
        stream = b"BT /F1 11 Tf 14 TL 50 780 Td " + shown + b" ET"
        objects.append(b"<< /Length %d >>\nstream\n%b\nendstream" % (len(stream), stream))
        kids.append(len(objects) + 1)
        objects.append(
            b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents %d 0 R "
            b"/Resources << /Font << /F1 3 0 R >> >> >>" % len(objects)
        )
    objects[1] = b"<< /Type /Pages /Count %d /Kids [%b] >>" % (len(kids), b" ".join(b"%d 0 R" % kid for kid in kids))
    facts = title.encode("cp1252"), author.encode("cp1252")
    objects.append(b"<< /Title (%b) /Author (%b) /CreationDate (D:20240229130500Z) >>" % facts)
    trailer = b"/Size %d /Root 1 0 R /Info %d 0 R" % (len(objects) + 1, len(objects))
    if encrypted:
        objects.append(b"<< /Filter /Standard /V 1 /R 2 /O <%b> /U <%b> /P -4 >>" % (b"ab" * 32, b"cd" * 32))
        trailer += b" /Encrypt %d 0 R /ID [<00> <00>]" % len(objects)
    data, places = b"%PDF-1.4\n", []
    for number, content in enumerate(objects, start=1):
        places.append(len(data))
        data += b"%d 0 obj\n%b\nendobj\n" % (number, content)
    table = b"".join(b"%010d 00000 n \n" % place for place in places)
    end = b"xref\n0 %d\n0000000000 65535 f \n%btrailer\n<< %b >>\nstartxref\n%d\n%%%%EOF\n"
    return data + end % (len(objects) + 1, table, trailer, len(data))


def docx(
    *paragraphs: str, title: str = "", author: str = "", style: str = "", document: str | None = None, **parts: str
) -> bytes:
    """A Word document with these paragraphs, the first in a style; or with a whole document.xml, and further parts."""
    first = f'<w:pPr><w:pStyle w:val="{style}"/></w:pPr>' if style else ""
    body = "".join(
        f"<w:p>{first if number == 0 else ''}<w:r><w:t>{escape(text)}</w:t></w:r></w:p>"
        for number, text in enumerate(paragraphs)
    )
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("[Content_Types].xml", "<Types/>")
        archive.writestr(
            "word/document.xml", document or f'<w:document xmlns:w="{WORD}"><w:body>{body}</w:body></w:document>'
        )
        if title:
            archive.writestr("docProps/core.xml", CORE.format(title=title, author=author))
        for name, content in parts.items():
            archive.writestr(name, content)
    return packed.getvalue()
