"""What the lexical index holds of a passage."""

from __future__ import annotations

from datetime import date
from typing import NamedTuple

import tantivy


class LexicalDocument(NamedTuple):
    """What is searched for one passage, and the facts about its article that a search can be narrowed by."""

    passage_id: int
    text: str
    title: str
    publisher: str | None = None
    origin: str = ""
    day: date | None = None


def tantivy_document(document: LexicalDocument) -> tantivy.Document:
    """A document as the index takes it."""
    fields: dict[str, str | int] = {
        "passage": document.passage_id,
        "text": document.text,
        "title": document.title,
        "origin": document.origin,
    }
    if document.publisher:
        fields["publisher"] = document.publisher.casefold()
    if document.day:
        fields["day"] = document.day.toordinal()
    return tantivy.Document(**fields)


def lexical_schema() -> tantivy.Schema:
    """The fields of the index."""
    builder = tantivy.SchemaBuilder()
    builder.add_integer_field("passage", indexed=True, fast=True)
    builder.add_integer_field("day", indexed=True, fast=True)
    for fact in ("publisher", "origin"):
        builder.add_text_field(fact, tokenizer_name="raw", index_option="basic")
    builder.add_text_field("text", stored=False, tokenizer_name="words", index_option="freq")
    builder.add_text_field("title", stored=False, tokenizer_name="words", index_option="freq")
    return builder.build()
