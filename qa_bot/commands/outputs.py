"""What commands print with `--json`, where no other module has a model of it; `docs/json` is made from these models."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pydantic import BaseModel, ConfigDict, Field

from embeddings.store.retractions import Retraction


class _Output(BaseModel):
    model_config = ConfigDict(frozen=True)


class QuestionProblem(_Output):
    """A question of many that could not be asked, and why."""

    question: str
    error: str


class ArticleCount(_Output):
    """How many articles there are."""

    count: int


class RetractedArticle(_Output):
    """An article that is retracted; what is known of it is null where an address was retracted before it was indexed.

    Attributes:
        copy_of: id of the retracted article that this is a copy of; null if a person named this one.
        reason: why; null if nobody said.
        retracted_at: moment in ISO 8601, UTC.
    """

    id: str
    copy_of: str | None
    title: str | None
    url: str | None
    publisher: str | None
    published_at: str | None
    source: str | None
    reason: str | None
    retracted_at: str

    @classmethod
    def of(cls, retraction: Retraction) -> RetractedArticle:
        """What is printed of a retraction."""
        article = retraction.article
        return cls(
            id=retraction.id,
            copy_of=None if retraction.id == retraction.named else retraction.named,
            title=article.title if article else None,
            url=retraction.url,
            publisher=article.publisher if article else None,
            published_at=article.published_at.isoformat() if article and article.published_at else None,
            source=article.source if article else None,
            reason=retraction.reason or None,
            retracted_at=retraction.retracted_at,
        )


class SourceResult(_Output):
    """A source with the number of its articles, and how reading it went; moments in ISO 8601, UTC."""

    location: str
    articles: int
    last_indexed_at: str | None
    last_result: str | None


class ListedSource(_Output):
    """A source that the store remembers; `options` say how it is read."""

    location: str
    options: dict[str, Any]
    added_at: str | None
    last_indexed_at: str | None
    last_result: str | None
    articles: int


class StoreFigures(_Output):
    """The store, and what it holds.

    Attributes:
        location: its folder.
        sources: their locations.
        source_results: the same with what became of them.
        changes: number of the last change.
        publishers: articles of each publisher, the most frequent first.
        oldest, newest: first and last day on which an article was published, in ISO 8601; null if none has a date.
        undated: articles without a date.
        retracted: articles that are retracted, with their copies.
    """

    location: str
    schema_version: int
    sources: tuple[str, ...]
    source_results: tuple[SourceResult, ...]
    articles: int
    passages: int
    passage_rule: str | None
    changes: int
    publishers: Mapping[str, int]
    oldest: str | None
    newest: str | None
    undated: int
    retracted: int


class IndexFigures(_Output):
    """The indexes; `sizes` in bytes."""

    dense: str
    lexical: str
    sizes: Mapping[str, int]


class ModelNames(_Output):
    """The models of the settings, the encoder that the store's vectors are from, and the folder of compiled models."""

    encoder: str
    encoder_of_store: str | None
    reader: str
    cache: str


class Status(_Output):
    """What `qa-bot status` prints; `libraries` are versions, null for what is not installed."""

    version: str
    store: StoreFigures
    index: IndexFigures
    models: ModelNames
    libraries: Mapping[str, str | None]


class SetValue(_Output):
    """A setting, its value in words (null if nothing is set), and where that is from."""

    name: str
    value: str | None
    origin: str


class DoctorFinding(_Output):
    """Something that `qa-bot doctor` looked at; `right` is null if it cannot be checked."""

    right: bool | None
    subject: str
    words: str = Field(description="what it is, or what to do")
