"""Whatever the bytes are, each format gives articles or says why not, and never takes long."""

from __future__ import annotations

import gzip
import io
import time

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from office_files import docx, pdf

from embeddings.articles import Article
from embeddings.errors import SourceError
from embeddings.sources import SourceContext, SourceOptions
from embeddings.sources.documents import Document
from embeddings.sources.formats import known_formats
from embeddings.sources.unpacking import GzipFile, Unpacker, UnpackingError
from embeddings.sources.web.fetcher import Fetcher, Limits
from embeddings.sources.xml import XmlError, check_entities, parse

pytestmark = pytest.mark.fuzz

PIECES = {
    "text": [b"---\n", b"title: A\n", b"date: 2024-02-29\n", b"url: http://a.example\n", b"\xff\xfe", b"\xef\xbb\xbf"],
    "markdown": [b"# A\n", b"---\n", b"> ", b"- ", b"|a|b|\n|-|-|\n", b"```\n", b"[a](b)", b"<b>", b"&amp;", b"*"],
    "html": [b"<html>", b"<p>The harbour reopened on Thursday. ", b"</p>", b"<table><tr>", b"<!--", b"<script>", b"&lt;",
             b"<meta charset=utf-16>", b"<time datetime='2024-02-29'>", b"<title>A</title>", b"<![CDATA["],
    "jsonl": [b'{"text": "A."}\n', b'{"text": ', b'"a"', b"}", b"[", b"\n", b"\\ud800", b"1e999", b"NaN", b'"id": 1'],
    "csv": [b"title,text\n", b"a,b\n", b'"', b'""', b",", b";", b"\t", b"\r\n", b"\r", b"\0", b'a,"b\n'],
    "feed": [b"<rss version='2.0'><channel>", b"<item>", b"<title>A", b"</title>", b"<link>http://127.0.0.1:1/</link>",
             b"</item>", b"<!DOCTYPE a [<!ENTITY b 'c'>]>", b"&b;", b"<![CDATA[", b"<description>&lt;p&gt;A.", b"\xff\xfe"],
    "sitemap": [b"<urlset>", b"<url><loc>http://127.0.0.1:1/</loc></url>", b"</urlset>", b"<sitemapindex>", b"<sitemap>",
                b"<loc>", b"<!DOCTYPE a [<!ENTITY b 'c'>]>", b"&b;", b"\xff\xfe<"],
    "docx": [b"PK\x03\x04", b"PK\x01\x02", b"PK\x05\x06" + bytes(18), b"word/document.xml", bytes(30), b"<w:p>"],
    "pdf": [b"%PDF-1.4\n", b"1 0 obj\n", b"<< /Type /Catalog /Pages 2 0 R >>", b"endobj\n", b"stream\n", b"trailer\n",
            b"xref\n0 1\n", b"startxref\n0\n%%EOF"],
}  # fmt: skip
WHOLE = {"docx": docx("The harbour reopened.", title="A"), "pdf": pdf([["The harbour reopened."]], title="A")}
QUICK = settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
FETCHER = Fetcher(limits=Limits(interval=0.0, silence=0.5))


def outcome(name: str, content: bytes) -> list[Article]:
    """The articles that a format finds in some bytes; what it cannot read, it says in a SourceError."""
    context = SourceContext(SourceOptions(), fetcher=FETCHER)
    document = Document("/articles/a", lambda: io.BytesIO(content), context)
    articles: list[Article] = []
    try:
        for entry in known_formats()[name].entries(document):
            try:
                article = entry.read()
            except SourceError as error:
                assert error.reason.isprintable()  # noqa: PT017
                continue
            assert article is not None
            assert article.source == entry.source
            articles.append(article)
    except SourceError as error:
        assert error.reason.isprintable()  # noqa: PT017
    for article in articles:
        assert article.text
        assert article.text.encode()
        assert "\0" not in article.text
        assert article.title.isprintable() or "\u200d" in article.title or "\u200c" in article.title
        assert Article.model_validate_json(article.model_dump_json()) == article
    return articles


@settings(QUICK, max_examples=max(20, settings().max_examples // 4))  # parsers that run in a sandbox take 0.2 s
@given(st.data())
@pytest.mark.parametrize("name", sorted(set(PIECES) - {"pdf"}))
def test_any_bytes_are_articles_or_a_reason(name: str, data: st.DataObject) -> None:
    pieces = st.lists(st.one_of(st.sampled_from(PIECES[name]), st.binary(max_size=20)), max_size=20)
    outcome(name, b"".join(data.draw(pieces)))


@settings(QUICK, max_examples=20)  # each starts a process
@given(st.lists(st.one_of(st.sampled_from(PIECES["pdf"]), st.binary(max_size=20)), max_size=20))
def test_any_bytes_are_a_pdf_or_a_reason(pieces: list[bytes]) -> None:
    outcome("pdf", b"%PDF-1.4\n" + b"".join(pieces))


@settings(QUICK, max_examples=20)
@given(st.data())
@pytest.mark.parametrize("name", sorted(WHOLE))
def test_a_document_with_some_bytes_wrong_is_an_article_or_a_reason(name: str, data: st.DataObject) -> None:
    content = bytearray(WHOLE[name])
    for _ in range(data.draw(st.integers(0, 8))):
        content[data.draw(st.integers(0, len(content) - 1))] = data.draw(st.integers(0, 255))
    outcome(name, bytes(content[: data.draw(st.integers(0, len(content)))]))


@pytest.mark.parametrize("name", sorted(WHOLE))
def test_the_document_that_is_damaged_there_can_be_read_as_it_is(name: str) -> None:
    assert [article.text for article in outcome(name, WHOLE[name])] == ["The harbour reopened."]


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("html", b"<div>" * 100_000),
        ("html", b"<a href='/a'>b</a>" * 40_000),
        ("html", b"<!--" * 99_000),
        ("html", b"<table><tr><td>" * 30_000),
        ("markdown", b"[" * 50_000),
        ("markdown", b"> " * 50_000),
        ("markdown", b"*a_" * 20_000),
        ("markdown", b"`" * 50_000 + b" "),
        ("feed", b"<rss version='2.0'>" + b"<" * 190_000),
        ("feed", b"<rss version='2.0'><channel>" + b"<item><title>" * 10_000),
        ("text", b"<!-- -->" * 240 + b"<?" + b">" * 100),
        ("csv", b"text\n" + b'"' * 500_000),
        ("csv", b"text\n" + b'"a\n' * 100_000),
        ("jsonl", b"[" * 1_000_000),
        ("text", b"---\n" + b"a: b\n" * 100_000),
        ("sitemap", b"<urlset>" + b"<url><loc>http://a b/</loc></url>" * 20_000 + b"</urlset>"),
    ],
)
def test_what_is_made_to_take_long_does_not(name: str, content: bytes) -> None:
    began = time.process_time()
    for known in known_formats().values():
        known.recognises(content[:2000])
    outcome(name, content)
    assert time.process_time() - began < 30


@QUICK
@given(st.binary(max_size=3000), st.integers(1, 100))
@example(b"", 1)
def test_what_was_packed_comes_out_in_whatever_pieces_it_comes_in(content: bytes, size: int) -> None:
    packed = gzip.compress(content)
    unpacker = Unpacker(float("inf"))
    pieces = [piece for at in range(0, len(packed), size) for piece in unpacker.feed(packed[at : at + size])]
    assert b"".join(pieces) == content
    assert unpacker.finished


@QUICK
@given(st.binary(max_size=200), st.booleans())
def test_any_bytes_are_unpacked_or_refused(content: bytes, deflate: bool) -> None:
    for packed in (content, gzip.compress(content)[:-5]):
        try:
            b"".join(Unpacker(1000, deflate=deflate).feed(packed))
            GzipFile(io.BytesIO(packed)).read()
        except UnpackingError:
            continue


@QUICK
@given(st.lists(st.one_of(st.sampled_from(PIECES["sitemap"]), st.binary(max_size=20)), max_size=20))
def test_any_bytes_are_xml_or_refused(pieces: list[bytes]) -> None:
    for read in (parse, check_entities):
        try:
            read(b"".join(pieces))
        except XmlError as error:
            assert str(error).isprintable()  # noqa: PT017
