"""Facts about an article as sources give them, made harmless."""

from __future__ import annotations

from datetime import date, datetime

from embeddings.articles import Article, article_id, opening_words
from embeddings.errors import SourceError
from embeddings.sources.names import any_author, one_line, whole_characters


def make_article(
    source: str,
    *,
    text: str,
    title: str = "",
    url: str | None = None,
    author: object = None,
    publisher: str = "",
    published_at: date | datetime | None = None,
) -> Article:
    """An article, its facts made harmless; its text is kept as it is, but for NULs and halves of characters.

    Args:
        source: its identity.
        text: what it says.
        title: empty for its opening words.
        url: http(s), as `web_url` gives it.
        author: one or several, as `any_author` takes them.
        publisher: empty if not known.
        published_at: if known.

    Raises:
        SourceError: there are no words in the text.
    """
    text = whole_characters(text.replace("\0", "")).strip()
    if not text:
        raise SourceError(source, "holds no text")
    if not any(character.isalnum() for character in text):
        raise SourceError(source, "holds no words")
    return Article(
        id=article_id(source),
        title=one_line(title) or one_line(opening_words(text)) or "…",
        text=text,
        url=url,
        author=any_author(author) or None,
        publisher=one_line(publisher) or None,
        published_at=published_at,
        source=source,
    )
