"""Articles: where people are told that they come from."""

from __future__ import annotations

import pytest

from embeddings.articles import shown_source


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
