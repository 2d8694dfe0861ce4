"""HTML: pages in files and on the web, and what a person gets of them."""

from __future__ import annotations

import gzip
from collections.abc import Callable
from datetime import date
from typing import Any

import pytest
from office_files import docx, pdf

from embeddings.articles import Article
from embeddings.errors import SourceError
from embeddings.sources import Source
from embeddings.sources.opening import open_source

Read = Callable[..., tuple[list[Article], dict[str, list[str]]]]
OpenWeb = Callable[..., Source]

PAGE = """<!DOCTYPE html><html><head><title>Harbour reopens after storm | The Example</title>
<meta property="og:title" content="Harbour reopens after storm"><meta property="og:site_name" content="The Example">
<meta property="article:published_time" content="2024-02-29T13:05:00Z">
<link rel="canonical" href="https://news.example/harbour"><script>document.write('Written by a script')</script></head>
<body><nav><a href="/">Home</a> <a href="/sport">Sport</a></nav><article><h1>Harbour reopens after storm</h1>
<p>The harbour reopened on Thursday after the storm had closed it for nine days, the port authority said.</p>
<p>Mayor Ruth Okafor said that <b>forty ships</b> had waited outside, &amp; that repairs would cost 3.2 million euros.</p>
<p onclick="alert(1)">Fishing boats will follow on Monday<img src="x" onerror="alert(2)">.</p></article>
<div class="comments"><p>First! I was there and saw all of it with my own eyes.</p></div>
<footer>Copyright. Subscribe to our newsletter.</footer></body></html>"""
TEXT = (
    "The harbour reopened on Thursday after the storm had closed it for nine days, the port authority said.\n\n"
    "Mayor Ruth Okafor said that forty ships had waited outside, & that repairs would cost 3.2 million euros.\n\n"
    "Fishing boats will follow on Monday."
)


def only(source: Source) -> Article:
    """The one article of a source."""
    (entry,) = source.entries()
    article = entry.read()
    assert article is not None
    return article


# -- files -------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["a.html", "a.HTM", "a.xhtml"])
def test_a_page_is_its_main_text_with_its_facts(read_file: Read, name: str) -> None:
    (article,), failed = read_file(PAGE, name)
    assert not failed
    assert article.text.removeprefix("Harbour reopens after storm\n\n") == TEXT
    assert (article.title, article.publisher) == ("Harbour reopens after storm", "The Example")
    assert (article.published_at, article.url) == (date(2024, 2, 29), "https://news.example/harbour")


def test_a_packed_page_is_read(read_file: Read) -> None:
    (article,), failed = read_file(gzip.compress(PAGE.encode()), "a.html.gz")
    assert (article.title, failed) == ("Harbour reopens after storm", {})


@pytest.mark.parametrize(
    "page",
    [
        "",
        "<html></html>",
        "<html><body><nav><a href='/'>Home</a></nav></body></html>",
        "<script>document.write('The harbour reopened on Thursday after nine days.')</script>",
        "<!-- The harbour reopened on Thursday after nine days of storm. -->",
        "\0\0\0",
    ],
)
def test_a_page_without_an_article_says_so(read_file: Read, page: str) -> None:
    articles, failed = read_file(page, "a.html")
    assert not articles
    assert failed["a.html"] == ["holds no article text; perhaps a script puts it there, or a login"]


def test_a_piece_of_a_page_is_read(read_file: Read) -> None:
    (article,), _ = read_file("<p>The harbour <b>reopened</b> on Thursday.</p><p>Ships had waited.</p>", "a.html")
    assert article.text == "The harbour reopened on Thursday.\n\nShips had waited."


def test_a_page_far_longer_than_any_article_is_refused(read_file: Read) -> None:
    assert "100000 tags" in read_file("<p>a" * 100_001, "a.html")[1]["a.html"][0]
    assert "5000000 characters" in read_file("a" * 5_000_001, "a.html")[1]["a.html"][0]


@pytest.mark.parametrize(
    ("encoding", "declared"),
    [
        ("utf-8", ""),
        ("utf-8", '<meta charset="utf-8">'),
        ("latin-1", '<meta charset="iso-8859-1">'),
        ("cp1252", '<meta http-equiv="Content-Type" content="text/html; charset=windows-1252">'),
        ("utf-8-sig", '<meta charset="latin-1">'),
        ("utf-16", ""),
        ("latin-1", ""),
        ("latin-1", '<meta charset="utf-8">'),
        ("utf-8", '<meta charset="nonsense">'),
        ("utf-8", '<meta charset="unicode_escape">'),
        ("utf-8", '<meta charset="rot13">'),
    ],
)
def test_encodings_are_found_also_where_the_page_is_wrong_about_them(
    read_file: Read, encoding: str, declared: str
) -> None:
    page = f"<html><head>{declared}<title>Café</title></head><p>The café at the harbour reopened on Thursday: ¡olé!</p>"
    (article,), _ = read_file(page.encode(encoding), "a.html")
    assert (article.title, article.text) == ("Café", "The café at the harbour reopened on Thursday: ¡olé!")


# -- the web -----------------------------------------------------------------------------------------------------------


def test_a_page_on_the_web_is_an_article_under_its_address(site: Any, open_web: OpenWeb) -> None:
    site.pages["/harbour"] = PAGE
    article = only(open_web(site.url("/harbour#top")))
    assert article.source == site.url("/harbour")
    assert article.text.endswith(TEXT)
    assert article.url == site.url("/harbour")  # a page may not send people to another site


def test_a_page_may_name_a_better_address_on_its_own_site(site: Any, open_web: OpenWeb) -> None:
    site.pages["/harbour"] = PAGE.replace("https://news.example/harbour", site.url("/news/harbour"))
    assert only(open_web(site.url("/harbour?session=7"))).url == site.url("/news/harbour")


def test_a_page_that_has_moved_keeps_its_identity_and_people_are_sent_to_the_new_place(
    site: Any, open_web: OpenWeb
) -> None:
    site.pages |= {"/old": lambda request: request.reply(b"", status=301, location="/new"), "/new": PAGE}
    article = only(open_web(site.url("/old")))
    assert (article.source, article.url) == (site.url("/old"), site.url("/new"))


@pytest.mark.parametrize(
    ("path", "media_type", "body", "text"),
    [
        ("/a.pdf", "application/pdf", pdf([["The harbour reopened."]]), "The harbour reopened."),
        ("/a", "application/octet-stream", pdf([["The harbour reopened."]]), "The harbour reopened."),
        ("/a.docx", "application/octet-stream", docx("The harbour reopened."), "The harbour reopened."),
        ("/a.txt", "text/plain; charset=latin-1", "The café.".encode("latin-1"), "The café."),
        ("/a.txt", "text/plain", b"---\ntitle: A\n---\nThe harbour reopened.", "The harbour reopened."),
        ("/a.md", "text/plain", b"# A\n\nThe *harbour* reopened.", "The harbour reopened."),
        ("/a", "text/markdown", b"# A\n\nThe *harbour* reopened.", "The harbour reopened."),
        ("/a.txt.gz", "application/gzip", gzip.compress(b"The harbour reopened."), "The harbour reopened."),
        ("/a", "text/html; charset=utf-8", "<html><p>The café reopened on Thursday, at last.".encode("latin-1"),
         "The café reopened on Thursday, at last."),
        ("/a", "", b"The harbour reopened.", "The harbour reopened."),
    ],
    ids=["pdf", "unnamed pdf", "docx", "charset", "text", "raw markdown", "markdown", "gz", "wrong charset", "no type"],
)  # fmt: skip
def test_what_a_url_is_its_content_tells(
    site: Any, open_web: OpenWeb, path: str, media_type: str, body: bytes, text: str
) -> None:
    site.pages[path] = lambda request: request.reply(body, content_type=media_type)
    assert only(open_web(site.url(path))).text == text


@pytest.mark.parametrize(
    ("media_type", "body", "reason"),
    [
        ("image/png", b"\x89PNG\r\n\x1a\n\0\0\0", "looks like a binary file"),
        ("text/plain; charset=utf-8", "The café.".encode("latin-1"), "not UTF-8: byte 0xe9 in line 1"),
        ("text/plain; charset=hex", b"caf\xe9", "not UTF-8"),
        ("application/pdf", b"<p>", "is not a PDF file"),
        ("application/gzip", gzip.compress(bytes(100_000_000), 1), "unpacks to far more"),
        ("text/html", b"", "no article text"),
    ],
)
def test_what_is_no_article_on_the_web_says_why(
    site: Any, open_web: OpenWeb, media_type: str, body: bytes, reason: str
) -> None:
    site.pages["/a"] = lambda request: request.reply(body, content_type=media_type)
    with pytest.raises(SourceError, match=reason):
        only(open_web(site.url("/a")))


def test_a_table_on_the_web_is_many_articles(site: Any, open_web: OpenWeb, store: Any) -> None:
    site.pages["/a.csv"] = lambda request: request.reply(
        "id,text\n1,The harbour.\n2,The ships.\n", content_type="text/csv"
    )
    url = site.url("/a.csv")
    assert store.commit(open_web(url)) == ([f"{url}#1", f"{url}#2"], {})


def test_a_page_that_has_not_changed_is_asked_for_but_not_read_again(site: Any, open_web: OpenWeb, store: Any) -> None:
    def page(request: Any) -> None:
        same = request.headers["If-None-Match"] == '"1"'
        request.reply(b"" if same else PAGE, status=304 if same else 200, etag='"1"')

    site.pages["/a"] = page
    url = site.url("/a")
    assert store.commit(open_web(url)) == ([url], {})
    assert store.commit(open_web(url)) == ([], {})
    assert store.commit(open_web(url)) == ([], {})
    assert [headers.get("if-none-match") for path, headers in site.requests if path == "/a"] == [None, '"1"', '"1"']


def test_an_article_that_was_never_committed_or_was_removed_is_fetched_again(
    site: Any, open_web: OpenWeb, store: Any
) -> None:
    site.pages["/a"] = lambda request: request.reply(PAGE, etag='"1"')
    url = site.url("/a")
    (entry,) = open_web(url).entries()
    assert entry.read() is not None  # and the process dies before the commit
    assert store.commit(open_web(url)) == ([url], {})
    store.articles.clear()
    assert store.commit(open_web(url)) == ([url], {})
    assert [headers.get("if-none-match") for path, headers in site.requests if path == "/a"] == [None] * 3


def test_an_error_page_where_a_table_was_does_not_make_its_articles_gone(
    site: Any, open_web: OpenWeb, store: Any
) -> None:
    site.pages["/a.csv"] = lambda request: request.reply("id,text\n1,The harbour.\n", content_type="text/csv")
    source = open_web(site.url("/a.csv"))
    store.commit(source)
    assert source.complete
    site.pages["/a.csv"] = "<html><body>We are sorry, but something went wrong over here.</body></html>"
    source = open_web(site.url("/a.csv"))
    assert len(list(source.entries())) == 1
    assert not source.complete


@pytest.mark.parametrize(
    "location", ["ftp://news.example/a", "file:///etc/passwd", "http://", "https://a:b@news.example/"]
)
def test_other_addresses_are_refused_when_they_are_named(location: str) -> None:
    with pytest.raises(SourceError):
        open_source(location)


def test_private_addresses_are_refused_unless_allowed(site: Any) -> None:
    site.pages["/a"] = PAGE
    with pytest.raises(SourceError, match="see the setting allow_private_addresses"):
        list(open_source(site.url("/a")).entries())
    assert site.requests == []
