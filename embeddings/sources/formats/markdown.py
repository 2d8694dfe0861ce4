"""Markdown, read as the words that people see.

Answers are quoted to people, so marks do not belong in the text: a link is its words, emphasis is gone, and each list
item and table row is a paragraph.  Code stays as it is.  The first heading is the title, unless front matter names one.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from embeddings.articles import Article
from embeddings.errors import SourceError
from embeddings.sources.documents import Document, decode
from embeddings.sources.formats import ArticleFormat
from embeddings.sources.front_matter import read_front_matter

if TYPE_CHECKING:
    from markdown_it.token import Token

MAX_CHARS = 1_000_000
"""Longest Markdown text: longer ones would take too long."""
_TAG = re.compile(r"<[^<>]{0,2000}>")


class MarkdownFormat(ArticleFormat):
    """Markdown, as CommonMark and GitHub's tables define it."""

    name = "markdown"
    suffixes = (".md", ".markdown")
    media_types = ("text/markdown",)
    version = 2  # which knows authors
    slow = True

    def article(self, document: Document, data: bytes) -> Article:
        """The words of the text, with the facts of its front matter."""
        front = read_front_matter(document.source, decode(document, data))
        if len(front.text) > MAX_CHARS:
            raise SourceError(document.source, f"longer than {MAX_CHARS} characters; split it into articles")
        title, text = read_markdown(front.text)
        return front.article(document, text, title)


def read_markdown(text: str) -> tuple[str, str]:
    r"""The title, empty if there is no heading, and the words.

    Example:
        >>> read_markdown("# The harbour\n\nIt *reopened* on [Thursday](https://news.example).")
        ('The harbour', 'It reopened on Thursday.')
    """
    from markdown_it import MarkdownIt

    tokens = MarkdownIt("commonmark", {"maxNesting": 20}).enable(["table", "strikethrough"]).parse(text)
    title = ""
    blocks: list[str] = []
    cells: list[str] | None = None
    for before, token in zip([None, *tokens], tokens, strict=False):
        if token.type == "tr_open":
            cells = []
        elif token.type == "tr_close":
            blocks.append(" | ".join(cells or []))
            cells = None
        elif token.type == "inline" and cells is not None:
            cells.append(_words(token))
        elif before is not None and before.type == "heading_open" and not title and not blocks:
            title = " ".join(_words(token).split())
        elif token.type == "inline":
            blocks.append(_words(token))
        elif token.type in ("fence", "code_block"):
            blocks.append(token.content.strip("\n"))
        elif token.type == "html_block":
            blocks.append(_TAG.sub("", token.content).strip())
    return title, "\n\n".join(block for block in blocks if block.strip()) or title


def _words(token: Token) -> str:
    return "".join(_inline(child) for child in token.children or ())


def _inline(token: Token) -> str:
    if token.type in ("softbreak", "hardbreak"):
        return "\n"
    return token.content if token.type in ("text", "code_inline", "image", "text_special") else ""
