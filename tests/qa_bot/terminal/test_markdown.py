"""Answers as Markdown: whatever an article says stays text."""

from __future__ import annotations

import re

from hypothesis import given
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from embeddings.text import squeeze
from qa_bot.answering.results import ArticleReference
from qa_bot.terminal.markdown import citation, escaped

MARKUP = st.text(st.sampled_from(list("ab 1.)-+=*_`~#>|[]()<>!&;:/\\\n\t\"'$^{}é港")), max_size=40)
_ENTITIES = {"&amp;": "&", "&lt;": "<", "&gt;": ">", "&quot;": '"'}


def words_in(html: str) -> str:
    """The text of HTML without its tags."""
    return re.sub("|".join(_ENTITIES), lambda match: _ENTITIES[match.group()], re.sub(r"<[^<>]*>", "", html)).strip()


@given(MARKUP)
def test_a_text_stays_the_text_that_it_is(text: str) -> None:
    html = MarkdownIt("commonmark").enable("table").enable("strikethrough").render(f"> {escaped(text)}")
    assert set(re.findall(r"<(\w+)", html)) <= {"blockquote", "p"}
    assert words_in(html) == squeeze(text)


@given(MARKUP, MARKUP)
def test_a_citation_is_one_link_to_the_address_of_the_article(title: str, name: str) -> None:
    title = f"x{title}"
    article = ArticleReference(
        id="1",
        title=title,
        url="https://news.example/a_(b)?c=[d]",
        publisher=name or None,
        published_at=None,
        source="/a",
    )
    html = MarkdownIt("commonmark").render(f"> — {citation(article)}")
    assert set(re.findall(r"<(\w+)", html)) <= {"blockquote", "p", "a"}
    assert re.findall(r'<a href="([^"]*)"', html) == ["https://news.example/a_%28b%29?c=%5Bd%5D"]
    assert f">{escape_html(squeeze(title))}</a>" in html


def escape_html(text: str) -> str:
    """A text as it stands in HTML."""
    for entity, character in _ENTITIES.items():
        text = text.replace(character, entity)
    return text
