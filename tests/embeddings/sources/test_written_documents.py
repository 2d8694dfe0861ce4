"""PDF files, Word documents, Markdown: what a person sees in them is what is indexed."""

from __future__ import annotations

import struct
import zipfile
from collections.abc import Callable
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest
from office_files import WORD, docx, pdf

from embeddings.articles import Article
from embeddings.sources import Source, SourceContext
from embeddings.sources.formats.pdf import reflow
from embeddings.sources.opening import open_source

Read = Callable[..., tuple[list[Article], dict[str, list[str]]]]

LINES = [
    "Harbour reopens after storm",
    "The harbour reopened on Thursday after the storm had closed it for nine",
    "days, the port authority said. Forty ships had waited outside, and the",
    "repairs would cost 3.2 million euros, Mayor Okafor said.",
    "Fishing boats will follow on Monday.",
]


def reason_for(read_file: Read, content: bytes | str, name: str) -> str:
    """Why a file is refused."""
    articles, failed = read_file(content, name)
    assert not articles
    ((reason,),) = failed.values()
    return reason


# -- PDF ---------------------------------------------------------------------------------------------------------------


def test_a_pdf_is_its_text_with_its_lines_made_paragraphs_again(read_file: Read) -> None:
    (article,), failed = read_file(pdf([LINES], title="Harbour  news"), "a.pdf")
    assert not failed
    assert article.title == "Harbour news"
    assert article.published_at == date(2024, 2, 29)
    assert article.text == (
        "Harbour reopens after storm\n\n"
        "The harbour reopened on Thursday after the storm had closed it for nine days, the port authority said. Forty "
        "ships had waited outside, and the repairs would cost 3.2 million euros, Mayor Okafor said.\n\n"
        "Fishing boats will follow on Monday."
    )


def test_a_pdf_without_a_title_has_its_first_line_as_title(read_file: Read) -> None:
    (article,), _ = read_file(pdf([LINES]), "a.pdf")
    assert article.title == "Harbour reopens after storm"


def test_headers_and_page_numbers_are_no_part_of_the_text() -> None:
    words = ("one", "two", "three", "four")
    pages = [f"The Example {at}\nSentence {word} goes\nover line {word}.\n- {at} -\n" for at, word in enumerate(words)]
    assert reflow(["The Example", *pages]) == "\n\n".join(
        ["The Example", *(f"Sentence {word} goes over line {word}." for word in words)]
    )


def test_a_sentence_that_goes_over_two_pages_is_one() -> None:
    pages = [
        "The harbour reopened on Thursday after the storm had\n1",
        "closed it for nine days, said the authority.\n2",
    ]
    assert reflow(pages) == (
        "The harbour reopened on Thursday after the storm had closed it for nine days, said the authority."
    )


def test_a_word_that_was_hyphenated_is_whole() -> None:
    text = "The harbour reopened on Thursday, the authority said."
    assert reflow(["The harbour re\x02\nopened on Thursday, the auth\xad\nority said."]) == text
    assert reflow(["The harbour re\x02opened on Thursday, the auth\xadority said."]) == text


def test_a_table_of_contents_is_no_part_of_the_text() -> None:
    assert reflow(["Contents\n1 Introduction . . . . . . . . 3\n2 Use......... 4\nThe library is small."]) == (
        "Contents\n\nThe library is small."
    )


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (pdf([LINES])[:400], "is a damaged PDF file, perhaps cut off"),
        (pdf([LINES], encrypted=True), "is encrypted; save it without a password"),
        (pdf([[]]), "holds no text, only pictures of it"),
        (b"%PDF-1.7\n" + b"\xff" * 2000, "is a damaged PDF file"),
        (b"The harbour.", "is not a PDF file, despite its name"),
        (b"", "is not a PDF file"),
    ],
    ids=["cut off", "encrypted", "no text", "noise", "text", "empty"],
)
def test_a_pdf_that_cannot_be_read_says_why(read_file: Read, content: bytes, reason: str) -> None:
    assert reason_for(read_file, content, "a.pdf").startswith(reason)


def test_numbered_headings_are_paragraphs_of_their_own() -> None:
    page = "The library is small and does one thing well enough for most.\n3.1 Invoking it\nasn1Parser reads a file of text."
    assert reflow([page]).split("\n\n")[1:] == ["3.1 Invoking it", "asn1Parser reads a file of text."]


def test_a_pdf_whose_end_is_missing_but_whose_text_is_there_is_read(read_file: Read) -> None:
    (article,), _ = read_file(pdf([LINES])[:-15], "a.pdf")
    assert "Forty ships had waited outside" in article.text


def test_a_document_that_has_not_changed_is_recognised_without_being_parsed(
    open_web: Callable[..., Source], store: Any, tmp_path: Path
) -> None:
    path = tmp_path / "a.pdf"
    path.write_bytes(pdf([LINES]))
    assert store.commit(open_web(path)) == ([str(path)], {})
    assert store.commit(open_web(path)) == ([], {})
    store.articles.clear()
    assert store.commit(open_web(path)) == ([str(path)], {})
    path.write_bytes(pdf([LINES[:3]]))
    assert store.commit(open_web(path)) == ([str(path)], {})


# -- Word --------------------------------------------------------------------------------------------------------------


def test_a_word_document_is_its_paragraphs(read_file: Read) -> None:
    content = docx("The harbour reopened.", " ", "Ships & boats <waited>.", title="Harbour\nreopens")
    (article,), failed = read_file(content, "a.docx")
    assert not failed
    assert article.title == "Harbour reopens"
    assert article.text == "The harbour reopened.\n\nShips & boats <waited>."
    assert article.published_at == datetime(2024, 2, 29, 13, 5, tzinfo=UTC)


@pytest.mark.parametrize("style", ["Title", "Heading1", "heading 1"])
def test_a_first_paragraph_in_the_style_of_a_title_is_the_title(read_file: Read, style: str) -> None:
    (article,), _ = read_file(docx("Harbour reopens", "It reopened.", style=style), "a.docx")
    assert (article.title, article.text) == ("Harbour reopens", "It reopened.")


def test_what_was_deleted_is_not_read_and_tables_and_breaks_are(read_file: Read) -> None:
    body = (
        "<w:p><w:r><w:t>Forty</w:t></w:r><w:del><w:r><w:delText>Fifty</w:delText><w:t>Fifty</w:t></w:r></w:del>"
        '<w:ins><w:r><w:tab/><w:t xml:space="preserve"> ships</w:t><w:br/><w:t>waited.</w:t></w:r></w:ins></w:p>'
        "<w:tbl><w:tr><w:tc><w:p><w:r><w:t>Cell</w:t></w:r></w:p></w:tc></w:tr></w:tbl>"
        "<w:p><w:hyperlink><w:r><w:t>A link</w:t></w:r></w:hyperlink><w:r><w:instrText>PAGE</w:instrText></w:r></w:p>"
    )
    (article,), _ = read_file(
        docx(document=f'<w:document xmlns:w="{WORD}"><w:body>{body}</w:body></w:document>'), "a.docx"
    )
    assert article.text == "Forty\t ships\nwaited.\n\nCell\n\nA link"


def test_a_text_box_is_read_once_though_word_keeps_it_twice(read_file: Read) -> None:
    box = "<w:txbxContent><w:p><w:r><w:t>In a box</w:t></w:r></w:p></w:txbxContent>"
    body = (
        "<w:p><w:r><w:t>Around it</w:t></w:r><w:r><mc:AlternateContent>"
        f"<mc:Choice>{box}</mc:Choice><mc:Fallback>{box}</mc:Fallback></mc:AlternateContent></w:r></w:p>"
    )
    root = f'<w:document xmlns:w="{WORD}" xmlns:mc="http://schemas.openxmlformats.org/markup-compatibility/2006">'
    (article,), _ = read_file(docx(document=f"{root}<w:body>{body}</w:body></w:document>"), "a.docx")
    assert article.text == "Around it\n\nIn a box"


LAUGHS = (
    '<!DOCTYPE lolz [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;">]>'
    f'<w:document xmlns:w="{WORD}"><w:body><w:p><w:r><w:t>&b;</w:t></w:r></w:p></w:body></w:document>'
)
FROM_OUTSIDE = (
    '<!DOCTYPE a [<!ENTITY secret SYSTEM "file:///etc/passwd">]>'
    f'<w:document xmlns:w="{WORD}"><w:body><w:p><w:r><w:t>&secret;</w:t></w:r></w:p></w:body></w:document>'
)


def claiming_little(content: bytes) -> bytes:
    """A ZIP archive whose directory claims that each part is ten bytes long."""
    at = content.find(b"PK\x01\x02")
    while at >= 0:
        content = content[: at + 24] + struct.pack("<L", 10) + content[at + 28 :]
        at = content.find(b"PK\x01\x02", at + 4)
    return content


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (docx("The harbour.")[:-200], "is a damaged Word document"),
        (docx("The harbour.")[:60] + b"\xff" * 40 + docx("The harbour.")[100:], "is a damaged Word document"),
        (docx(document="<w:document"), "is a damaged Word document: a part of it is not well-formed XML"),
        (docx(document=LAUGHS), "is a damaged Word document: a part of it declares XML entities"),
        (docx(document=FROM_OUTSIDE), "is a damaged Word document: a part of it declares XML entities"),
        (docx(document="<a>" * 100_000), "is a damaged Word document: a part of it is nested too deeply"),
        (docx("a" * 30_000_000), "unpacks to more than 20 MB"),
        (claiming_little(docx("a" * 30_000_000)), ""),
        (docx("The harbour.", **{f"{number}.xml": "" for number in range(10_001)}), "holds far more parts"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(500), "is encrypted, or in the format of Word 97"),
        (b"The harbour.", "is a damaged Word document (File is not a zip file)"),
        (b"", "is a damaged Word document"),
        (docx(), "holds no text"),
    ],
    ids=["cut off", "noise", "no xml", "laughs", "outside", "deep", "bomb", "lying bomb", "parts", "locked", "text",
         "empty", "no text"],
)  # fmt: skip
def test_a_word_document_that_cannot_be_read_says_why(read_file: Read, content: bytes, reason: str) -> None:
    assert reason_for(read_file, content, "a.docx").startswith(reason)


def test_an_archive_that_is_no_word_document_says_so(read_file: Read, tmp_path: Path) -> None:
    path = tmp_path / "archive.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("../../escape.txt", "x")
    reason = reason_for(read_file, path.read_bytes(), "a.docx")
    assert reason == "is not a Word document: it has no word/document.xml"
    assert not (tmp_path.parent / "escape.txt").exists()


# -- Markdown ----------------------------------------------------------------------------------------------------------


def test_markdown_is_the_words_that_a_person_sees(read_file: Read) -> None:
    (article,), _ = read_file(
        "# Harbour *reopens*\n\nThe **harbour** [reopened](https://a.example) on\nThursday&nbsp;\\*. ![A ship](x.png)\n\n"
        "## Costs\n\n- 3.2 million `euros`\n- nine days\n\n| What | How many |\n|---|---|\n| Ships | ~~50~~ 40 |\n\n"
        "```\nraw **code**\n```\n\n<div onclick='alert(1)'>In HTML</div>\n",
        "a.md",
    )
    assert article.title == "Harbour reopens"
    assert article.text.split("\n\n") == [
        "The harbour reopened on\nThursday\xa0*. A ship",
        "Costs",
        "3.2 million euros",
        "nine days",
        "What | How many",
        "Ships | 50 40",
        "raw **code**",
        "In HTML",
    ]


def test_front_matter_counts_before_the_first_heading(read_file: Read) -> None:
    (article,), _ = read_file("---\ntitle: A\ndate: 2024-02-29\n---\n# B\n\nThe harbour.", "a.md")
    assert (article.title, article.text, article.published_at) == ("A", "The harbour.", date(2024, 2, 29))


def test_a_heading_further_down_is_no_title(read_file: Read) -> None:
    (article,), _ = read_file("The harbour.\n\n# Costs\n\nMuch.", "a.markdown")
    assert (article.title, article.text) == ("The harbour. Costs Much.", "The harbour.\n\nCosts\n\nMuch.")


def test_markdown_that_is_only_a_heading_is_its_own_text(read_file: Read) -> None:
    (article,), _ = read_file("# The harbour reopened", "a.md")
    assert (article.title, article.text) == ("The harbour reopened", "The harbour reopened")


@pytest.mark.parametrize("content", ["", "---\ntitle: A\n---\n", "![](x.png)", "<!-- hidden -->", "# "])
def test_markdown_without_words_is_refused(read_file: Read, content: str) -> None:
    assert reason_for(read_file, content, "a.md").startswith("holds no")


# -- telling formats ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (pdf([LINES]), "Harbour reopens after storm"),
        (docx("Harbour news", "It reopened.", style="Title"), "Harbour news"),
        (
            b"<!DOCTYPE html><title>Harbour page</title><p>The harbour reopened on Thursday after nine days.",
            "Harbour page",
        ),
        (b"The harbour.", "The harbour."),
    ],
    ids=["pdf", "docx", "html", "text"],
)
@pytest.mark.parametrize("name", ["a", "a.unknown"])
def test_a_file_that_a_person_names_is_told_by_its_beginning(
    read_file: Read, content: bytes, expected: str, name: str
) -> None:
    (article,), failed = read_file(content, name)
    assert (article.title, failed) == (expected, {})


def test_a_format_can_be_forced(read_file: Read) -> None:
    (article,), _ = read_file('{"text": "The harbour."}', "a.txt", format="jsonl")
    assert article.text == "The harbour."
    _, failed = read_file("x", "a.txt", format="odt")
    assert failed["format odt"] == [
        "there is no such format; use one of csv, docx, feed, html, jsonl, markdown, pdf, sitemap, text"
    ]


def test_opening_a_text_loads_no_library_of_another_format() -> None:
    import subprocess
    import sys

    code = (
        "import sys; from embeddings.sources.opening import open_source\n"
        "next(open_source('README.md').entries()); next(open_source('seeds').entries()).read()\n"
        "heavy = ('trafilatura', 'lxml', 'feedparser', 'pypdfium2', 'httpcore2', 'ssl', 'markdown_it')\n"
        "print([name for name in heavy if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"


def test_a_source_without_a_context_remembers_nothing(tmp_path: Path) -> None:
    path = tmp_path / "a.md"
    path.write_text("The harbour.")
    for context in (None, SourceContext()):
        (entry,) = open_source(str(path), context).entries()
        assert entry.read() is not None
        assert entry.read() is not None
