"""Whether there is what a filter names: a publisher or a source that is mistyped would admit nothing."""

from __future__ import annotations

import difflib
from collections.abc import Collection

from embeddings.errors import QuestionError
from embeddings.filters import ArticleFilter
from embeddings.store.protocol import Store

_NAMED = 5


def check_names(only: ArticleFilter, store: Store) -> None:
    """Refuses a filter that names a publisher or a source of no article.

    Raises:
        QuestionError: with the nearest that there is.
    """
    if only.publishers:
        known = store.articles.summary().publishers
        folded = {name.casefold() for name in known}
        for name in only.publishers:
            if name.casefold() not in folded:
                raise QuestionError(f"publisher {name!r}: no article is by this one; {_instead(name, list(known))}")
    if only.sources:
        locations = [record.location for record in store.sources.list()]
        for pattern in only.sources:
            if not any(ArticleFilter(sources=(pattern,)).admits_origin(location) for location in locations):
                raise QuestionError(f"source {pattern!r}: there is no such source; {_instead(pattern, locations)}")


def _instead(name: str, known: Collection[str]) -> str:
    folded = {other.casefold(): other for other in known}
    near = difflib.get_close_matches(name.casefold(), folded, 1, 0.6)
    near = near or [other for other in folded if name.casefold().strip("*") in other][:1]
    if near:
        return f"did you mean {folded[near[0]]}?"
    if not known:
        return "there are none"
    named = ", ".join(list(known)[:_NAMED])
    return f"there are {named}{' and others' if len(known) > _NAMED else ''}"
