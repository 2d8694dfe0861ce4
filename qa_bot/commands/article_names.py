"""Which article a person means: by its id, by the first digits of it, or by its address."""

from __future__ import annotations

from collections.abc import Sequence

from embeddings.errors import StoreError
from embeddings.sources.web.addresses import is_web_address
from embeddings.store.protocol import Store
from embeddings.store.retractions import Retraction

_NAMED = 5


def article_id_of(store: Store, name: str, *, any_at_address: bool = False) -> str:
    """The id of the article in the store that a person names.

    Args:
        store: holds it.
        name: its id, the first digits of that, or its address.
        any_at_address: whether one of several with the same address will do.

    Raises:
        StoreError: there is none, or there are several.
    """
    from embeddings.indexing.retraction import address_key  # most commands need nothing that indexes

    known = store.articles.known()
    if is_web_address(name):
        key = address_key(name)
        at = [
            (one.id, {address_key(url) for url in (one.url, one.source) if url and is_web_address(url)})
            for one in known
        ]
        ids = [article_id for article_id, keys in at if key in keys]
        return _only(name, ids[:1] if any_at_address else ids, "this address", "qa-bot articles list")
    ids = [one.id for one in known if name and one.id.startswith(name.lower())]
    return _only(name, ids, "an id that begins so", "qa-bot articles list")


def retraction_of(retractions: Sequence[Retraction], name: str) -> Retraction:
    """The retraction that a person names.

    Raises:
        StoreError: there is none, or there are several.
    """
    from embeddings.indexing.retraction import address_key

    if is_web_address(name):
        key = address_key(name)
        found = [one for one in retractions if one.url and address_key(one.url) == key]
        found = [one for one in found if one.id == one.named] or found
        has = "this address"
    else:
        found = [one for one in retractions if name and one.id.startswith(name.lower())]
        has = "an id that begins so"
    article_id = _only(name, [one.id for one in found], has, "qa-bot articles retracted", kind="retracted article")
    return next(one for one in found if one.id == article_id)


def _only(name: str, ids: Sequence[str], has: str, where: str, *, kind: str = "article") -> str:
    if len(ids) == 1:
        return ids[0]
    if ids:
        raise StoreError(f"{name}: more than one {kind} has {has}: {' '.join(ids[:_NAMED])}")
    raise StoreError(f"{name or repr(name)}: no {kind} has {has}; see: {where}")
