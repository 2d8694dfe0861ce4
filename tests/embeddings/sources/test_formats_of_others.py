"""Formats that other packages add, by an entry point."""

from __future__ import annotations

from collections.abc import Iterator
from importlib import metadata
from pathlib import Path

import pytest

from embeddings.errors import SourceError
from embeddings.sources.formats import GROUP, known_formats
from embeddings.sources.opening import open_source

ROOT = Path(__file__).parents[3]
MODULE = """
from embeddings.sources.facts import make_article
from embeddings.sources.formats import ArticleFormat

class Shouting(ArticleFormat):
    name = "shouting"
    suffixes = (".shout",)

    def article(self, document, data):
        return make_article(document.source, text=data.decode().upper() if data != b"x" else [][data[0]])

class NoFormat:
    pass
"""


@pytest.fixture
def package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """An installed package with a module; the test writes its entry points."""
    (tmp_path / "shouting.py").write_text(MODULE)
    info = tmp_path / "shouting-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: shouting\nVersion: 1.0\n")
    monkeypatch.syspath_prepend(str(tmp_path))
    forget()
    yield info / "entry_points.txt"
    forget()


def forget() -> None:
    """Makes the formats be looked for again."""
    known_formats.cache_clear()


def test_a_package_can_add_a_format(package: Path, tmp_path: Path) -> None:
    package.write_text(f"[{GROUP}]\nshouting = shouting:Shouting\n")
    (tmp_path / "articles").mkdir()
    (tmp_path / "articles" / "a.shout").write_text("The harbour reopened.")
    (entry,) = open_source(str(tmp_path / "articles")).entries()
    article = entry.read()
    assert article is not None
    assert article.text == "THE HARBOUR REOPENED."


def test_a_format_that_fails_on_a_file_in_an_unforeseen_way_fails_on_that_file_only(
    package: Path, tmp_path: Path
) -> None:
    package.write_text(f"[{GROUP}]\nshouting = shouting:Shouting\n")
    (tmp_path / "a.shout").write_text("x")
    (entry,) = open_source(str(tmp_path / "a.shout")).entries()
    with pytest.raises(
        SourceError, match=r"a\.shout: cannot be read as shouting \(IndexError: list index out of range\)"
    ):
        entry.read()


@pytest.mark.parametrize(
    ("place", "reason"),
    [
        ("shouting:Gone", "cannot be loaded"),
        ("gone:Gone", "cannot be loaded"),
        ("shouting:NoFormat", "is not an embeddings"),
    ],
)
def test_a_package_whose_format_is_broken_is_named(package: Path, tmp_path: Path, place: str, reason: str) -> None:
    package.write_text(f"[{GROUP}]\nbroken = {place}\n")
    with pytest.raises(SourceError, match=f"shouting: its format broken {reason}.*; uninstall it"):
        list(open_source(str(tmp_path)).entries())


def test_our_own_formats_are_entry_points_too() -> None:
    import tomllib

    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    ours = {
        name: metadata.EntryPoint(name, place, GROUP).load() for name, place in project["entry-points"][GROUP].items()
    }
    assert {name: type(known) for name, known in known_formats().items()} == ours
    assert {known.name for known in known_formats().values()} == set(ours)
