"""Articles: where people are told that they come from."""

from __future__ import annotations

import pytest

from embeddings.articles import article_id, shown_source


@pytest.mark.parametrize(
    ("source", "folder", "shown"),
    [
        ("/home/ann/bot/seeds/a.txt", "/home/ann/bot", "seeds/a.txt"),
        ("/home/ann/bot/seeds/a.jsonl#7", "/home/ann/bot", "seeds/a.jsonl#7"),
        ("/home/ann/bot/seeds/a.txt", "/home/ann/other", "~/bot/seeds/a.txt"),
        ("/home/ann/bots/a.txt", "/home/ann/bot", "~/bots/a.txt"),
        ("/home/anna/a.txt", "/srv", "/home/anna/a.txt"),
        ("/srv/a.txt", "/", "/srv/a.txt"),
        ("/srv/a.txt", "", "/srv/a.txt"),
        ("/srv/news/a.txt", "/srv/", "news/a.txt"),
        ("https://news.example/a", "/srv", "https://news.example/a"),
    ],
)
def test_a_path_is_shown_from_here_or_from_home(source: str, folder: str, shown: str) -> None:
    assert shown_source(source, folder, "/home/ann") == shown


def test_an_id_has_128_bits() -> None:
    assert article_id("/home/ann/a.txt") == "bff6bc3ba1de93e417fd4ba5c523eba7"
    assert len(bytes.fromhex(article_id("/home/ann/a.txt"))) * 8 == 128


def test_sources_whose_ids_of_48_bits_are_the_same_have_two() -> None:
    first, second = "/news/18718830.txt", "/news/42362042.txt"
    assert article_id(first)[:12] == article_id(second)[:12]
    assert article_id(first) != article_id(second)
