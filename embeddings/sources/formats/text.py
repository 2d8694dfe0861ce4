"""Plain text, with or without front matter."""

from __future__ import annotations

from embeddings.articles import Article
from embeddings.sources.documents import Document, decode
from embeddings.sources.formats import ArticleFormat
from embeddings.sources.front_matter import read_front_matter


class TextFormat(ArticleFormat):
    """Plain text, kept as it is."""

    name = "text"
    suffixes = (".txt", ".text")
    media_types = ("text/plain",)

    def article(self, document: Document, data: bytes) -> Article:
        """The text as an article, with the facts of its front matter."""
        front = read_front_matter(document.source, decode(document, data))
        return front.article(document, front.text)
