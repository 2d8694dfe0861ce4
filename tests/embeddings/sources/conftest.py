"""What the tests of sources share."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from web_site import Site, serving

from embeddings.articles import Article
from embeddings.errors import SourceError
from embeddings.sources import Source, SourceContext, SourceOptions
from embeddings.sources.opening import open_source
from embeddings.sources.web.fetcher import Fetcher, Limits

QUICK = Limits(body_bytes=1_000_000, seconds=3.0, silence=1.0, longest_wait=1.0, interval=0.0)


class StoreStub:
    """What a store remembers for sources, in a dict: what was committed, and which articles it holds."""

    def __init__(self) -> None:
        self.states: dict[str, str] = {}
        self.articles: dict[str, Article] = {}

    def sync_state(self, key: str) -> str | None:
        """What was remembered."""
        return self.states.get(key)

    def commit(self, source: Source) -> tuple[list[str], dict[str, str]]:
        """Reads and commits everything, as a reindex does.

        Returns:
            The identities of the articles that were read, and the failures with their reasons.
        """
        read, failed = [], {}
        for entry in source.entries():
            try:
                article = entry.read()
            except SourceError as error:
                failed[error.source] = error.reason
                continue
            self.states.update(entry.sync_state())
            if article is not None:
                assert article.source == entry.source
                self.articles[entry.source] = article
                read.append(entry.source)
        if not failed:
            self.states.update(source.sync_state())
        return read, failed


@pytest.fixture
def site() -> Iterator[Site]:
    """A web site on loopback."""
    with serving() as server:
        yield server


@pytest.fixture
def fetcher() -> Iterator[Fetcher]:
    """Fetches from loopback too, without pauses, and with little patience."""
    made = Fetcher(allow_private_addresses=True, limits=QUICK)
    yield made
    made.close()


@pytest.fixture
def store() -> StoreStub:
    """What sources remember."""
    return StoreStub()


@pytest.fixture
def open_web(fetcher: Fetcher, store: StoreStub) -> Callable[..., Source]:
    """Opens a source with the fetcher, the store's sync states, and options."""

    def opened(location: str | Path, **options: Any) -> Source:
        context = SourceContext(SourceOptions(**options), store.sync_state, store.articles.__contains__, fetcher)
        return open_source(str(location), context)

    return opened


@pytest.fixture
def read_file(tmp_path: Path) -> Callable[..., tuple[list[Article], dict[str, list[str]]]]:
    """Writes a file and reads it: its articles, and the reasons why others could not be read, by source."""

    def read(content: bytes | str, name: str, **options: Any) -> tuple[list[Article], dict[str, list[str]]]:
        path = tmp_path / name
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        articles: list[Article] = []
        failed: dict[str, list[str]] = {}
        context = SourceContext(SourceOptions(**options))
        try:
            for entry in list(open_source(str(path), context).entries()):
                try:
                    article = entry.read()
                except SourceError as error:
                    failed.setdefault(error.source, []).append(error.reason)
                    continue
                assert article is not None
                assert article.source == entry.source
                articles.append(article)
        except SourceError as error:
            failed.setdefault(error.source, []).append(error.reason)
        return articles, {Path(source).name: reasons for source, reasons in failed.items()}

    return read
