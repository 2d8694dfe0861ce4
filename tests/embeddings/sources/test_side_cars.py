"""Side-cars: what the file `a.txt.meta` says about the article in `a.txt`."""

from __future__ import annotations

import os
from collections.abc import Callable
from datetime import date
from pathlib import Path

import pytest
from office_files import docx, pdf

from embeddings.articles import Article
from embeddings.errors import SourceError
from embeddings.sources import SourceContext, SourceOptions
from embeddings.sources.opening import open_source
from qa_bot import QABot

FACTS = (
    "title: Harbour reopens\ndate: 2024-02-29\nurl: https://news.example/a\nauthor: Ann Reed\npublisher: The Example\n"
)


def read(location: Path, **options: tuple[str, ...]) -> tuple[list[Article], list[SourceError]]:
    """The articles of a source, and what cannot be read."""
    articles, errors = [], []
    for entry in open_source(str(location), SourceContext(SourceOptions(**options))).entries():
        try:
            article = entry.read()
        except SourceError as error:
            errors.append(error)
        else:
            assert article is not None
            articles.append(article)
    return articles, errors


@pytest.fixture
def harbour(tmp_path: Path) -> Path:
    """An article without a title."""
    path = tmp_path / "articles" / "a.txt"
    path.parent.mkdir()
    path.write_text("The harbour reopened.")
    return path


STORY = "The harbour reopened on Thursday after a long storm that had closed it."


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("a.txt", b"The harbour reopened."),
        ("a.txt", b"---\ntitle: Old\nauthor: Bo Li\ndate: 2001-01-01\n---\nThe harbour reopened."),
        ("a.md", b"# Old\n\nThe harbour reopened."),
        (
            "a.html",
            f"<html><head><title>Old</title></head><body><article><p>{STORY}</p></article></body></html>".encode(),
        ),
        ("a.docx", docx("Old", STORY, style="Title")),
        ("a.pdf", pdf([[STORY]])),
    ],
    ids=["text", "front matter", "markdown", "html", "docx", "pdf"],
)
@pytest.mark.parametrize("side_car", [FACTS, f"---\n{FACTS}---\n"], ids=["bare", "between lines"])
def test_a_side_car_counts_before_what_the_file_says(tmp_path: Path, name: str, content: bytes, side_car: str) -> None:
    (tmp_path / name).write_bytes(content)
    (tmp_path / f"{name}.meta").write_text(side_car)
    (article,), errors = read(tmp_path)
    assert not errors
    assert (article.title, article.published_at) == ("Harbour reopens", date(2024, 2, 29))
    assert (article.url, article.author, article.publisher) == ("https://news.example/a", "Ann Reed", "The Example")
    assert article.text.startswith("The harbour reopened")
    assert read(tmp_path / name)[0] == [article]


def test_what_a_side_car_does_not_say_stays(harbour: Path) -> None:
    harbour.write_text("---\ntitle: Old\nauthor: Bo Li\n---\nThe harbour reopened.")
    Path(f"{harbour}.meta").write_text("# only the title\ntitle: New\nmood: calm\n")
    (article,), _ = read(harbour)
    assert (article.title, article.author) == ("New", "Bo Li")
    Path(f"{harbour}.meta").write_text("")
    assert read(harbour)[0][0].title == "Old"


def test_a_side_car_is_never_an_article(harbour: Path) -> None:
    side_car = Path(f"{harbour}.meta")
    side_car.write_text(FACTS)
    for location, options in [(harbour.parent, {}), (harbour.parent, {"include": ("*",)}), (harbour.parent / "*", {})]:
        articles, errors = read(location, **options)
        assert ([article.source for article in articles], errors) == ([str(harbour)], [])
    with pytest.raises(SourceError, match="holds facts about the file beside it; index that file"):
        read(side_car)


def test_a_side_car_beside_a_file_of_many_articles_says_nothing(tmp_path: Path) -> None:
    (tmp_path / "a.jsonl").write_text('{"text": "The harbour.", "title": "Own"}\n')
    (tmp_path / "a.jsonl.meta").write_text("no facts\n")
    (article,), errors = read(tmp_path)
    assert (article.title, errors) == ("Own", [])


@pytest.mark.parametrize(
    ("side_car", "reason"),
    [
        (b"title: A\nno fact\n", "line 2 of the front matter is not `key: value`"),
        (b"---\ntitle: A\ndate: soon\n---\n", "line 3: published_at 'soon' is not a date like 2024-02-29"),
        (b"url: javascript:alert(1)", "line 1: url 'javascript:alert(1)' is not an http or https address"),
        (b"title: A\nauthor: \xff", "not UTF-8: byte 0xff in line 2"),
        (b"title: A\0", "line 1 holds a NUL byte"),
        (b"title: A\n" * 4000, "is longer than 20,000 characters"),
    ],
    ids=["no fact", "no date", "no address", "encoding", "binary", "long"],
)
def test_a_broken_side_car_is_named_with_its_line_and_its_article_is_read(
    harbour: Path, side_car: bytes, reason: str
) -> None:
    Path(f"{harbour}.meta").write_bytes(side_car)
    for location in (harbour, harbour.parent):
        (article,), (error,) = read(location)
        assert article.title == "The harbour reopened."
        assert error.source == f"{harbour}.meta"
        assert error.reason.startswith(reason)
        assert error.reason.endswith("; correct this file: until then its article is indexed without it")


def test_a_side_car_is_as_safe_as_a_file(harbour: Path, tmp_path: Path) -> None:
    side_car = Path(f"{harbour}.meta")
    (tmp_path / "secret").write_text("title: The secret")
    side_car.symlink_to(tmp_path / "secret")
    for location in (harbour, harbour.parent):
        (article,), (error,) = read(location)
        assert article.title == "The harbour reopened."
        assert error.reason.startswith("leads out of the folder")
    side_car.unlink()
    os.mkfifo(side_car)
    (error,) = read(harbour.parent)[1]
    assert error.reason.startswith("not a regular file")
    side_car.unlink()
    side_car.symlink_to("facts")
    (harbour.parent / "facts").write_text(FACTS)
    assert read(harbour.parent)[0][0].title == "Harbour reopens"


# -- reindexing --------------------------------------------------------------------------------------------------------


def test_a_reindex_notices_a_change_of_the_side_car_alone(new_bot: Callable[..., QABot], harbour: Path) -> None:
    bot, side_car = new_bot(), Path(f"{harbour}.meta")
    (harbour.parent / "b.pdf").write_bytes(pdf([[STORY]]))
    folder = str(harbour.parent)
    bot.reindex([folder])
    for name in ("a.txt.meta", "b.pdf.meta"):
        (harbour.parent / name).write_text("title: Harbour reopens")
    report = bot.reindex([folder])
    assert (report.changed, report.unchanged, report.passages.embedded) == (2, 0, 2)
    assert {article.title for article in bot.store.articles.list()} == {"Harbour reopens"}
    assert bot.reindex([folder]).unchanged == 2
    for name in ("a.txt.meta", "b.pdf.meta"):
        (harbour.parent / name).write_text("title: Harbour reopens\nurl: https://news.example/a")
    report = bot.reindex([folder])
    assert (report.changed, report.passages.embedded) == (2, 0)
    assert {article.url for article in bot.store.articles.list()} == {"https://news.example/a"}
    side_car.unlink()
    (harbour.parent / "b.pdf.meta").write_text("title")
    report = bot.reindex([folder])
    assert (report.new, report.changed, report.unchanged, report.removed) == (0, 2, 0, 0)
    assert [failure.source for failure in report.failed] == [str(harbour.parent / "b.pdf.meta")]
    assert "Harbour reopens" not in {article.title for article in bot.store.articles.list()}
