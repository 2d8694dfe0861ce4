"""Who wrote an article: what each format knows of it, and what is made of names in any condition."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from office_files import docx, pdf

from embeddings.articles import Article
from embeddings.sources import Source, SourceOptions
from embeddings.sources.facts import AUTHOR_CHARS, any_author, one_line

Read = Callable[..., tuple[list[Article], dict[str, list[str]]]]
OpenWeb = Callable[..., Source]

STORY = "The harbour reopened on Thursday after the storm had closed it for nine days, the port authority said."
PAGE = (
    "<!DOCTYPE html><html><head><title>Harbour</title>{head}</head><body><article><h1>Harbour</h1>"
    f"<p>{STORY}</p><p>Fishing boats will follow on Monday, the harbour master said.</p></article></body></html>"
)


def author_of(read_file: Read, content: bytes | str, name: str, **options: Any) -> str | None:
    """The author of the one article in a file."""
    (article,), failed = read_file(content, name, **options)
    assert not failed
    return article.author


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        ("Ann Reed", "Ann Reed"),
        ("  By ANN\nREED ", "ANN REED"),
        ("by: Ann Reed", "Ann Reed"),
        ("Byron Katz", "Byron Katz"),
        ("Ann Reed; Bo Li;", "Ann Reed, Bo Li"),
        (["Ann Reed", "Bo Li", "Ann Reed"], "Ann Reed, Bo Li"),
        ([{"name": "Ann Reed", "url": "https://x.example"}, {"name": ["Bo Li"]}], "Ann Reed, Bo Li"),
        ("['Ann Reed', \"Bo O'Hara\"]", "Ann Reed, Bo O'Hara"),
        ("[]", ""),
        ("ann.reed@news.example (Ann Reed)", "Ann Reed"),
        ("Ann Reed <ann.reed@news.example>", "Ann Reed"),
        ("ann.reed@news.example", ""),
        ("https://social.example/ann.reed", ""),
        ("nan", ""),
        ("Microsoft Office User", ""),
        ("-- 123 --", ""),
        ("港野 はる", "港野 はる"),
        ("Ann\x1b[31m \u202eReed\u200b", "Ann[31m Reed"),
        (None, ""),
        (7, ""),
        ({"title": "Ann Reed"}, ""),
        ([[[["Ann Reed"]]]], ""),
    ],
)
def test_a_name_is_what_is_left_of_bylines_lists_and_addresses(value: object, shown: str) -> None:
    assert any_author(value) == shown


def test_of_very_many_authors_the_first_are_named() -> None:
    shown = any_author([f"Author Number{number}" for number in range(1000)])
    assert shown.startswith("Author Number0, Author Number1, ")
    assert shown.endswith("…")
    assert AUTHOR_CHARS - 20 < len(shown) <= AUTHOR_CHARS
    assert len(any_author("x" * 10_000)) <= AUTHOR_CHARS


@given(
    st.recursive(st.none() | st.integers() | st.text(), lambda some: st.lists(some) | st.dictionaries(st.text(), some))
)
def test_whatever_is_given_as_author_is_shown_on_one_short_line(value: object) -> None:
    shown = any_author(value)
    assert len(shown) <= AUTHOR_CHARS
    assert shown == one_line(shown)


@pytest.mark.parametrize("field", ["author", "Authors", "BYLINE"])
def test_records_name_their_authors(read_file: Read, field: str) -> None:
    assert author_of(read_file, json.dumps({"text": STORY, field: "By Ann Reed"}), "a.jsonl") == "Ann Reed"
    assert author_of(read_file, json.dumps({"text": STORY, field: [{"name": "Ann Reed"}]}), "b.jsonl") == "Ann Reed"
    assert author_of(read_file, f'text,{field}\n"{STORY}",Ann Reed\n', "a.csv") == "Ann Reed"
    assert author_of(read_file, json.dumps({"text": STORY, field: None}), "c.jsonl") is None


def test_the_field_with_the_author_can_be_named(read_file: Read) -> None:
    record = json.dumps({"text": STORY, "author": "the desk", "schrijver": "Ann Reed"})
    assert author_of(read_file, record, "a.jsonl", fields={"author": "schrijver"}) == "Ann Reed"
    with pytest.raises(ValueError, match=r"'writer' is not a fact of an article; use one of .*author"):
        SourceOptions(fields={"writer": "schrijver"})


@pytest.mark.parametrize("key", ["author", "Authors", "byline"])
@pytest.mark.parametrize("name", ["a.txt", "a.md"])
def test_front_matter_names_the_author(read_file: Read, name: str, key: str) -> None:
    assert author_of(read_file, f"---\n{key}: Ann Reed\n---\n{STORY}", name) == "Ann Reed"
    assert author_of(read_file, STORY, f"b{name}") is None


@pytest.mark.parametrize(
    ("head", "author"),
    [
        ('<meta name="author" content="Ann Reed">', "Ann Reed"),
        ('<meta property="article:author" content="https://social.example/ann"><meta name="author" content="">', None),
        ('<meta property="og:site_name" content="The Example"><meta name="author" content="The Example">', None),
        ("", None),
    ],
)
def test_a_page_names_its_author(read_file: Read, head: str, author: str | None) -> None:
    assert author_of(read_file, PAGE.format(head=head), "a.html") == author


@pytest.mark.parametrize(("written", "author"), [("Ann Reed", "Ann Reed"), ("python-docx", None), ("", None)])
def test_documents_name_their_authors_but_not_the_programs_that_made_them(
    read_file: Read, written: str, author: str | None
) -> None:
    assert author_of(read_file, docx(STORY, title="Harbour", author=written), "a.docx") == author
    assert author_of(read_file, pdf([[STORY[:60], STORY[60:]]], title="Harbour", author=written), "a.pdf") == author


FEED = (
    '<?xml version="1.0"?><rss version="2.0" xmlns:dc="http://purl.org/dc/elements/1.1/"><channel>'
    "<title>The Example</title><item><title>A</title><link>/1</link><description>Short.</description>{}</item>"
    "</channel></rss>"
)


@pytest.mark.parametrize(
    ("element", "author"),
    [
        ("<author>ann@news.example (Ann Reed)</author>", "Ann Reed"),
        ("<dc:creator>Ann &lt;b&gt;Reed&lt;/b&gt;</dc:creator>", "Ann Reed"),
        ("<author>ann@news.example</author>", "Bo Li"),
        ("", "Bo Li"),
    ],
)
def test_an_item_of_a_feed_names_the_author_else_its_page_does(
    site: Any, open_web: OpenWeb, store: Any, element: str, author: str
) -> None:
    site.pages |= {"/feed": FEED.format(element), "/1": PAGE.format(head='<meta name="author" content="Bo Li">')}
    assert store.commit(open_web(site.url("/feed"))) == ([site.url("/1")], {})
    assert store.articles[site.url("/1")].author == author


def test_a_feed_that_names_another_author_is_a_reason_to_read_its_page_again(
    site: Any, open_web: OpenWeb, store: Any
) -> None:
    site.pages |= {"/feed": FEED.format(""), "/1": PAGE.format(head="")}
    store.commit(open_web(site.url("/feed")))
    assert store.articles[site.url("/1")].author is None
    site.pages["/feed"] = FEED.format("<dc:creator>Ann Reed</dc:creator>")
    store.commit(open_web(site.url("/feed")))
    assert store.articles[site.url("/1")].author == "Ann Reed"
