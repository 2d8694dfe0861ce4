"""Feeds and sitemaps: lists of pages that are fetched politely, and only when they may be new."""

from __future__ import annotations

import gzip
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any
from xml.sax.saxutils import escape

import pytest

from embeddings.errors import SourceError
from embeddings.sources import Source
from embeddings.sources.websites import WebSource

OpenWeb = Callable[..., Source]

LONG = "The harbour reopened on Thursday after the storm had closed it for nine days. " * 20
LAUGHS = (
    '<!DOCTYPE a [<!ENTITY a "ha">'
    + "".join(f'<!ENTITY {b} "{f"&{a};" * 10}">' for a, b in zip("abcdefghi", "bcdefghij", strict=True))
    + "]>"
)
SECRET = '<!DOCTYPE a [<!ENTITY j SYSTEM "file:///etc/passwd">]>'


def page(text: str) -> str:
    """A page with an article."""
    article = f"<article><p>{text} was on the page, all of it.</p></article>"
    return f"<html><head><title>Page: {text}</title></head><body>{article}</body></html>"


def rss(*items: str, head: str = "") -> str:
    """An RSS feed with these items."""
    return (
        f'<?xml version="1.0" encoding="utf-8"?>{head}<rss version="2.0" '
        'xmlns:content="http://purl.org/rss/1.0/modules/content/"><channel><title>The Example</title>'
        f"<link>http://news.example</link>{''.join(items)}</channel></rss>"
    )


def item(link: str, title: str = "Harbour &amp; ships", more: str = "") -> str:
    """An item of an RSS feed."""
    return (
        f"<item><title>{title}</title><link>{escape(link)}</link><description>In short.</description>"
        f"<pubDate>Thu, 29 Feb 2024 13:05:00 +0100</pubDate>{more}</item>"
    )


def whole(text: str) -> str:
    """The full text in an item."""
    return f"<content:encoded><![CDATA[{text}]]></content:encoded>"


def sitemap(*urls: str, kind: str = "url", lastmod: str = "") -> str:
    """A sitemap, or with `sitemap` as kind an index of them."""
    root = "urlset" if kind == "url" else "sitemapindex"
    date = f"<lastmod>{lastmod}</lastmod>" if lastmod else ""
    listed = "".join(f"<{kind}><loc>{escape(url)}</loc>{date}</{kind}>" for url in urls)
    return f'<?xml version="1.0"?><{root} xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">{listed}</{root}>'


@pytest.fixture
def pages(site: Any) -> Any:
    """A site with three pages."""
    site.pages |= {f"/{number}": page(f"Story {number}") for number in (1, 2, 3)}
    return site


# -- feeds -------------------------------------------------------------------------------------------------------------


def test_the_items_of_a_feed_are_fetched_in_full(pages: Any, open_web: OpenWeb, store: Any) -> None:
    pages.pages["/feed"] = rss(item(pages.url("/1")), item("/2", "<![CDATA[Ships <b>wait</b>]]>"))
    source = open_web(pages.url("/feed"))
    assert store.commit(source) == ([pages.url("/1"), pages.url("/2")], {})
    first = store.articles[pages.url("/1")]
    assert (first.title, first.publisher, first.text) == (
        "Harbour & ships",
        "The Example",
        "Story 1 was on the page, all of it.",
    )
    assert first.published_at == datetime(2024, 2, 29, 12, 5, tzinfo=UTC)
    assert store.articles[pages.url("/2")].title == "Ships wait"
    assert not source.complete  # what falls out of a feed is old, not gone


def test_atom_feeds_are_read(pages: Any, open_web: OpenWeb, store: Any) -> None:
    pages.pages["/feed"] = (
        '<feed xmlns="http://www.w3.org/2005/Atom"><title>The Example</title><entry><title type="text">A &lt;b&gt; B</title>'
        '<link href="/1"/><id>tag:1</id><updated>2024-02-29T12:05:00Z</updated><summary>In short.</summary></entry></feed>'
    )
    assert store.commit(open_web(pages.url("/feed"))) == ([pages.url("/1")], {})
    assert store.articles[pages.url("/1")].title == "A <b> B"


def test_a_feed_that_holds_the_whole_text_is_not_a_reason_to_fetch_pages(
    pages: Any, open_web: OpenWeb, store: Any
) -> None:
    text = f"<p>{LONG}</p><script>alert(1)</script><p>It &amp; the <em>ships</em>.</p>"
    pages.pages["/feed"] = rss(item(pages.url("/1"), more=whole(text)))
    assert store.commit(open_web(pages.url("/feed"))) == ([pages.url("/1")], {})
    assert store.articles[pages.url("/1")].text == f"{LONG.strip()}\n\nIt & the ships."
    assert pages.asked("/1") == 0


def test_an_item_without_a_link_is_what_the_feed_says(pages: Any, open_web: OpenWeb, store: Any) -> None:
    pages.pages["/feed"] = rss(
        "<item><title>A</title><guid>tag:7</guid><description>The harbour &lt;b&gt;reopened&lt;/b&gt;.</description></item>"
    )
    url = pages.url("/feed")
    assert store.commit(open_web(url)) == ([f"{url}#tag:7"], {})
    assert store.articles[f"{url}#tag:7"].text == "The harbour reopened."


def test_nothing_is_fetched_again_while_the_feed_says_the_same(pages: Any, open_web: OpenWeb, store: Any) -> None:
    pages.pages["/feed"] = rss(item(pages.url("/1")), item(pages.url("/2")))
    url = pages.url("/feed")
    store.commit(open_web(url))
    assert store.commit(open_web(url)) == ([], {})
    assert (pages.asked("/feed"), pages.asked("/1"), pages.asked("/2")) == (2, 1, 1)
    pages.pages["/feed"] = rss(item(pages.url("/3")), item(pages.url("/1"), "Harbour reopens, updated"))
    assert store.commit(open_web(url)) == ([pages.url("/3"), pages.url("/1")], {})
    assert store.articles[pages.url("/1")].title == "Harbour reopens, updated"


def test_a_feed_is_sent_again_only_if_it_has_changed(pages: Any, open_web: OpenWeb, store: Any) -> None:
    body = [rss(item(pages.url("/1")))]
    statuses = []

    def feed(request: Any) -> None:
        tag = f'"{hash(body[0])}"'
        statuses.append(304 if request.headers["If-None-Match"] == tag else 200)
        request.reply(b"" if statuses[-1] == 304 else body[0], status=statuses[-1], etag=tag, content_type="text/xml")

    pages.pages["/feed"] = feed
    url = pages.url("/feed")
    results = [store.commit(open_web(url)) for _ in range(3)]
    body[0] = rss(item(pages.url("/2")), item(pages.url("/1")))
    results += [store.commit(open_web(url)) for _ in range(2)]
    assert results == [([pages.url("/1")], {}), ([], {}), ([], {}), ([pages.url("/2")], {}), ([], {})]
    assert statuses == [200, 304, 304, 200, 304]


def test_an_item_that_failed_is_tried_again_though_the_feed_is_the_same(
    pages: Any, open_web: OpenWeb, store: Any
) -> None:
    def feed(request: Any) -> None:
        same = request.headers["If-None-Match"] == '"1"'
        body = b"" if same else rss(item(pages.url("/1")), item(pages.url("/later")))
        request.reply(body, status=304 if same else 200, etag='"1"')

    pages.pages["/feed"] = feed
    url = pages.url("/feed")
    read, failed = store.commit(open_web(url))
    assert read == [pages.url("/1")]
    assert failed == {pages.url("/later"): "there is no such page; check the address (HTTP 404)"}
    pages.pages["/later"] = page("Late")
    assert store.commit(open_web(url)) == ([pages.url("/later")], {})
    del store.articles[pages.url("/1")]  # a person removed it
    assert store.commit(open_web(url)) == ([pages.url("/1")], {})


def test_a_sync_state_that_is_damaged_is_none(pages: Any, open_web: OpenWeb, store: Any) -> None:
    pages.pages["/feed"] = lambda request: request.reply(rss(item(pages.url("/1"))), etag='"1"')
    url = pages.url("/feed")
    store.commit(open_web(url))
    for damaged in (
        "",
        "{",
        "[]",
        '{"body": "x", "etag": 7}',
        '{"stamp": []}',
        '{"body": "eNpLBAAAYgBi", "etag": "1"}',
    ):
        store.states = dict.fromkeys(store.states, damaged)
        assert store.commit(open_web(url))[1] == {}


def test_include_and_exclude_choose_among_the_pages(pages: Any, open_web: OpenWeb, store: Any) -> None:
    pages.pages["/feed"] = rss(*(item(pages.url(path)) for path in ("/1", "/2", "/sport/1", "/1")))
    assert store.commit(open_web(pages.url("/feed"), include=("[12]",), exclude=("sport",))) == (
        [pages.url("/1"), pages.url("/2")],
        {},
    )


def test_a_link_to_a_private_or_hostile_place_is_one_failing_item(pages: Any, open_web: OpenWeb, store: Any) -> None:
    bad = ["javascript:alert(1)", "file:///etc/passwd", "http://a:b@news.example/"]
    pages.pages["/feed"] = rss(item(pages.url("/1")), *(item(link, more=f"<guid>{link}</guid>") for link in bad))
    read, failed = store.commit(open_web(pages.url("/feed")))
    assert pages.url("/1") in read
    assert all(store.articles[source].url is None for source in read if "#" in source)
    assert failed == {}
    pages.pages["/feed"] = rss(item("http://nowhere.invalid/1"), item(pages.url("/2")), item(pages.url("/feed")))
    read, failed = store.commit(open_web(pages.url("/feed")))
    assert read == [pages.url("/2")]
    assert set(failed) == {"http://nowhere.invalid/1", pages.url("/feed")}
    assert failed[pages.url("/feed")] == "is a list of articles (feed), not an article; index it by itself"


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        (rss(item("/1", "&j;"), head=LAUGHS), "declares XML entities"),
        (rss(item("/1", "&j;"), head=SECRET), "declares XML entities"),
        (rss("<a>" * 200_000), "larger than 5 MB or 200000 tags"),
        ("<rss version='2.0'><channel></channel></rss>", None),
        ("<rss", "is not an RSS or Atom feed, or is damaged"),
        ("<rss>", None),
    ],
    ids=["laughs", "outside", "large", "empty", "cut off", "no version"],
)
def test_hostile_and_damaged_feeds_are_refused(pages: Any, open_web: OpenWeb, body: str, reason: str | None) -> None:
    pages.pages["/feed"] = body
    source = open_web(pages.url("/feed"))
    if reason is None:
        assert list(source.entries()) == []
        return
    with pytest.raises(SourceError, match=reason):
        [entry.read() for entry in source.entries()]


@pytest.mark.parametrize(("name", "body"), [("feed", rss(item("/1"))), ("sitemap", sitemap("http://127.0.0.1:PORT/1"))])
def test_the_format_that_a_person_names_is_that_of_the_list(
    pages: Any, open_web: OpenWeb, store: Any, name: str, body: str
) -> None:
    pages.pages["/list"] = body.replace("PORT", str(pages.server_address[1]))
    assert store.commit(open_web(pages.url("/list"), format=name)) == ([pages.url("/1")], {})


def test_a_feed_that_is_cut_off_gives_the_items_that_are_there(pages: Any, open_web: OpenWeb, store: Any) -> None:
    pages.pages["/feed"] = rss(item(pages.url("/1")), item(pages.url("/2")))[:-80]
    assert pages.url("/1") in store.commit(open_web(pages.url("/feed")))[0]


# -- sitemaps ----------------------------------------------------------------------------------------------------------


def test_the_pages_of_a_sitemap_are_articles(pages: Any, open_web: OpenWeb, store: Any) -> None:
    pages.pages["/sitemap.xml"] = sitemap(*(pages.url(f"/{number}") for number in (1, 2, 3)))
    source = open_web(pages.url("/sitemap.xml"))
    assert store.commit(source) == ([pages.url(f"/{number}") for number in (1, 2, 3)], {})
    assert source.complete
    assert store.articles[pages.url("/2")].title == "Page: Story 2"


def test_an_index_of_packed_sitemaps_is_followed(pages: Any, open_web: OpenWeb, store: Any) -> None:
    pages.pages["/index.xml"] = sitemap(pages.url("/a.xml.gz"), pages.url("/b.xml"), kind="sitemap")
    pages.pages["/a.xml.gz"] = gzip.compress(sitemap(pages.url("/1"), pages.url("/2")).encode())
    pages.pages["/b.xml"] = sitemap(pages.url("/2"), pages.url("/3"))
    source = open_web(pages.url("/index.xml"))
    assert store.commit(source) == ([pages.url(f"/{number}") for number in (1, 2, 3)], {})


def test_a_page_is_fetched_again_when_the_sitemap_says_that_it_changed(
    pages: Any, open_web: OpenWeb, store: Any
) -> None:
    url = pages.url("/sitemap.xml")
    for lastmod, expected in (("2024-02-29", [pages.url("/1")]), ("2024-02-29", []), ("2024-03-01", [pages.url("/1")])):
        pages.pages["/sitemap.xml"] = sitemap(pages.url("/1"), lastmod=lastmod)
        assert store.commit(open_web(url)) == (expected, {})


def test_news_sitemaps_say_title_and_date(pages: Any, open_web: OpenWeb, store: Any) -> None:
    pages.pages["/news.xml"] = (
        '<urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9" '
        'xmlns:news="http://www.google.com/schemas/sitemap-news/0.9"><url><loc>' + pages.url("/1") + "</loc><news:news>"
        "<news:publication_date>2024-02-29T13:05:00Z</news:publication_date><news:title>Harbour\nnews</news:title>"
        "</news:news></url></urlset>"
    )
    store.commit(open_web(pages.url("/news.xml")))
    article = store.articles[pages.url("/1")]
    assert (article.title, article.published_at) == ("Harbour news", datetime(2024, 2, 29, 13, 5, tzinfo=UTC))


def test_a_sitemap_that_cannot_be_read_does_not_make_its_pages_gone(pages: Any, open_web: OpenWeb, store: Any) -> None:
    pages.pages["/index.xml"] = sitemap(pages.url("/a.xml"), pages.url("/gone.xml"), kind="sitemap")
    pages.pages["/a.xml"] = sitemap(pages.url("/1"), "http://other.example/2", "ftp://news.example/3")
    source = open_web(pages.url("/index.xml"))
    read, failed = store.commit(source)
    assert read == [pages.url("/1")]
    assert failed[pages.url("/gone.xml")].startswith("there is no such page")
    assert failed[pages.url("/a.xml")] == "lists 1 pages of other sites, which are left out"
    assert not source.complete


def test_sitemaps_that_name_each_other_come_to_an_end(pages: Any, open_web: OpenWeb, store: Any) -> None:
    pages.pages["/a.xml"] = sitemap(pages.url("/b.xml"), kind="sitemap")
    pages.pages["/b.xml"] = sitemap(pages.url("/a.xml"), kind="sitemap")
    read, failed = store.commit(open_web(pages.url("/a.xml")))
    assert read == []
    assert failed
    assert pages.asked("/a.xml") + pages.asked("/b.xml") <= 4


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        (LAUGHS + sitemap("/&j;"), "declares XML entities"),
        (SECRET + "<urlset>&j;</urlset>", "declares XML entities"),
        (sitemap("/1")[:-30], "is not well-formed XML"),
        ("<urlset>" + "<a>" * 5000, "is nested too deeply"),
    ],
    ids=["laughs", "outside", "cut off", "deep"],
)
def test_hostile_and_damaged_sitemaps_are_refused(pages: Any, open_web: OpenWeb, body: str, reason: str) -> None:
    pages.pages["/sitemap.xml"] = body.replace('<?xml version="1.0"?>', "")
    with pytest.raises(SourceError, match=reason):
        list(open_web(pages.url("/sitemap.xml")).entries())


def test_a_packed_sitemap_that_is_a_bomb_is_refused(pages: Any, open_web: OpenWeb) -> None:
    pages.pages["/sitemap.xml.gz"] = gzip.compress(b"<urlset>" + b" " * 100_000_000, 1)
    with pytest.raises(SourceError, match="unpacks to far more"):
        list(open_web(pages.url("/sitemap.xml.gz")).entries())


def test_a_feed_in_a_file_leads_to_the_web(pages: Any, open_web: OpenWeb, store: Any, tmp_path: Any) -> None:
    (tmp_path / "saved").write_text(rss(item(pages.url("/1"))))
    source = open_web(tmp_path / "saved")
    assert not isinstance(source, WebSource)
    assert store.commit(source) == ([pages.url("/1")], {})
    assert not source.complete
