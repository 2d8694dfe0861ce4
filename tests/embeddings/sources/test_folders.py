"""Folders and globs: which files count, which never do."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest

from embeddings.errors import SourceError
from embeddings.sources import SourceContext, SourceOptions, lies_in
from embeddings.sources.formats import known_formats
from embeddings.sources.globs import matches
from embeddings.sources.opening import open_source


def listed(location: Path, root: Path | None = None, **options: Any) -> list[str]:
    """The entries of a folder or a glob, relative to the folder."""
    source = open_source(str(location), SourceContext(SourceOptions(**options)))
    return [os.path.relpath(entry.source, root or location) for entry in source.entries()]


@pytest.fixture
def archive(tmp_path: Path) -> Path:
    """A folder with folders in it."""
    names = ("a.txt", "b.md", "2023/c.txt", "2024/d.txt", "2024/may/e.html", "2024/may/e.txt", "drafts/f.txt", "g.log")
    for name in names:
        path = tmp_path / "archive" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("The harbour.")
    return tmp_path / "archive"


def test_a_folder_lists_texts_by_name_and_leaves_out_what_is_hidden(tmp_path: Path) -> None:
    texts = ("b.txt", "a.md", "inner/c.TXT", "inner/d.markdown", "e.text")
    for name in (*texts, "f.jpg", ".g.txt", ".git/h.txt", "txt", "h.txt~", "i.tar.gz", "inner/.jsonl"):
        path = tmp_path / name
        path.parent.mkdir(exist_ok=True)
        path.write_text("The harbour.")
    assert listed(tmp_path) == ["a.md", "b.txt", "e.text", "inner/c.TXT", "inner/d.markdown"]


def test_a_folder_lists_every_format_packed_or_not(tmp_path: Path) -> None:
    suffixes = {suffix for known in known_formats().values() for suffix in known.suffixes}
    assert {".txt", ".md", ".html", ".pdf", ".docx", ".jsonl", ".csv"} <= suffixes
    for suffix in suffixes:
        (tmp_path / f"a{suffix}").write_text('text,{"text": "The harbour."}\nThe harbour.,x\n')
    (tmp_path / "b.txt.gz").write_bytes(b"x")
    (tmp_path / "b.csv.GZ").write_bytes(b"x")
    files = {name.partition("#")[0] for name in listed(tmp_path)}
    assert files == {f"a{suffix}" for suffix in suffixes} | {"b.txt.gz", "b.csv.GZ"}


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        ({"include": ("*.txt",)}, ["a.txt", "2023/c.txt", "2024/d.txt", "2024/may/e.txt", "drafts/f.txt"]),
        ({"include": ("2024/*.txt",)}, ["2024/d.txt"]),
        ({"include": ("2024/**/*.txt",)}, ["2024/d.txt", "2024/may/e.txt"]),
        ({"include": ("*.log",)}, ["g.log"]),
        ({"include": ("2024",), "exclude": ("*.html",)}, ["2024/d.txt", "2024/may/e.txt"]),
        ({"exclude": ("drafts", "202[34]")}, ["a.txt", "b.md"]),
        ({"exclude": ("*",)}, []),
    ],
)
def test_globs_say_which_files_are_read(archive: Path, options: dict[str, Any], expected: list[str]) -> None:
    assert listed(archive, **options) == expected


def test_a_glob_is_a_source_of_its_own(archive: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert listed(archive / "**/*.txt", archive) == listed(archive, include=("*.txt",))
    assert listed(archive / "20*/*.txt", archive) == ["2023/c.txt", "2024/d.txt"]
    assert listed(archive / "**/*.txt", archive, exclude=("2024",)) == ["a.txt", "2023/c.txt", "drafts/f.txt"]
    monkeypatch.chdir(archive)
    source = open_source("20*/*.txt")
    assert source.location == str(archive / "20*/*.txt")
    assert [entry.source for entry in source.entries()] == [str(archive / "2023/c.txt"), str(archive / "2024/d.txt")]


def test_a_file_whose_name_looks_like_a_glob_is_a_file(tmp_path: Path) -> None:
    (tmp_path / "a[1].txt").write_text("The harbour.")
    assert listed(tmp_path / "a[1].txt", tmp_path) == ["a[1].txt"]


def test_a_glob_that_nothing_matches_says_so(archive: Path) -> None:
    source = open_source(str(archive / "2025*"))
    assert list(source.entries()) == []
    assert source.nothing_found == "nothing in this folder is matched by 2025*"
    with pytest.raises(SourceError, match="no such file or folder"):
        open_source(str(archive / "2025/*"))


@pytest.mark.parametrize(
    ("path", "pattern", "expected"),
    [
        ("a.txt", "?.txt", True),
        ("ab.txt", "?.txt", False),
        ("a/b.txt", "a/?*", True),
        ("a.txt", "[!b]*", True),
        ("b.txt", "[!b]*", False),
        ("a/b/c", "/a", True),
        ("x/a/b", "/a", False),
        ("a+b.txt", "a+b.txt", True),
        ("a.txt", "[z-a]", False),
        ("a[", "a[", True),
        ("x/y/z.txt", "x/**", True),
        ("z.txt", "**/z.txt", True),
        ("x/y/z.txt", "x/**.txt", True),
        ("!b", "!b", True),
        ("#b", "#b", True),
        ("a/b", "b/", True),
        ("a b ", "a b ", True),
        ("a/b", "/", False),
    ],
)
def test_what_a_glob_matches(path: str, pattern: str, expected: bool) -> None:
    assert matches(path, pattern) is expected


def test_links_are_followed_inside_the_folder_only(tmp_path: Path) -> None:
    folder, outside = tmp_path / "articles", tmp_path / "outside"
    for path in (folder, outside):
        path.mkdir()
        (path / "a.txt").write_text("The harbour.")
    (folder / "inside.txt").symlink_to("a.txt")
    (folder / "outside.txt").symlink_to(outside / "a.txt")
    (folder / "outside").symlink_to(outside)
    (folder / "loop.txt").symlink_to("loop.txt")
    assert [name for name in listed(folder) if name != "loop.txt"] == ["a.txt", "inside.txt"]


def test_a_folder_that_is_itself_a_link_is_read(tmp_path: Path) -> None:
    (tmp_path / "articles").mkdir()
    (tmp_path / "articles" / "a.txt").write_text("The harbour.")
    (tmp_path / "link").symlink_to("articles")
    (entry,) = open_source(str(tmp_path / "link")).entries()
    assert entry.source == str(tmp_path / "articles" / "a.txt")


@pytest.mark.parametrize("location", ["gone", "gone/a.txt", "~nosuchperson/a.txt", "a\0b", "x" * 5000])
def test_a_place_where_nothing_is_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, location: str) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(SourceError) as raised:
        open_source(location)
    assert raised.value.source == location


def test_what_is_neither_file_nor_folder_is_refused(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.txt")
    with pytest.raises(SourceError, match="neither a file nor a folder"):
        open_source(str(tmp_path / "pipe.txt"))
    with pytest.raises(SourceError, match="not a regular file"):
        next(iter(open_source(str(tmp_path)).entries())).read()


def test_a_name_that_is_not_utf8_is_refused_and_shown_in_a_form_that_can_be_printed(tmp_path: Path) -> None:
    name = os.fsdecode(os.fsencode(tmp_path) + b"/caf\xe9.txt")
    Path(name).write_text("The harbour.")
    (entry,) = open_source(str(tmp_path)).entries()
    for attempt in (entry.read, lambda: open_source(name)):
        with pytest.raises(SourceError, match="not UTF-8; rename it") as raised:
            attempt()
        assert raised.value.source == f"{tmp_path}/caf\\xe9.txt"


def test_a_file_that_is_swapped_for_a_link_before_it_is_read_is_not_followed(tmp_path: Path) -> None:
    folder = tmp_path / "articles"
    folder.mkdir()
    (tmp_path / "secret.txt").write_text("The secret.")
    (folder / "a.txt").write_text("The harbour.")
    (entry,) = open_source(str(folder)).entries()
    (folder / "a.txt").unlink()
    (folder / "a.txt").symlink_to(tmp_path / "secret.txt")
    with pytest.raises(SourceError, match="leads out of the folder"):
        entry.read()


@pytest.mark.parametrize("name", ["a.txt", "a.jsonl", "a.csv.gz", "a.pdf", "a.docx", "a.html", "a"])
def test_a_pipe_is_not_waited_for_whatever_it_is_called(tmp_path: Path, name: str) -> None:
    os.mkfifo(tmp_path / name)
    for entry in open_source(str(tmp_path)).entries():
        with pytest.raises(SourceError, match="not a regular file"):
            entry.read()


def test_what_a_place_that_failed_may_still_hold() -> None:
    assert lies_in("/a/b.jsonl#7", "/a/b.jsonl")
    assert lies_in("/a/b/c.txt", "/a/b")
    assert not lies_in("/a/b.jsonl2", "/a/b.jsonl")
    assert not lies_in("/a/b.jsonl", "/a/b.jsonl")
