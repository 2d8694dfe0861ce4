"""A question is answered from one moment of the store, however many articles tell the same and whoever writes meanwhile."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from embeddings.filters import EVERYTHING, ArticleFilter
from embeddings.store.local import LocalStore
from embeddings.store.local.caches import GenerationCaches
from qa_bot import QABot
from qa_bot.reader.model import Reader

QUESTION = "When did the harbour of Lund reopen?"
TEXT = "The harbour of Lund reopened on {day} May. Ships came in from Malmö.\n\nRain fell on the hills of the north."


def write(folder: Path, copies: int) -> Path:
    """Articles that tell the same but for a day, and each in another article beside."""
    folder.mkdir(exist_ok=True)
    for number in range(copies):
        for name in ("told", "told again"):
            facts = f"---\ntitle: Harbour\ndate: 2024-05-{number + 1:02}\n---\n"
            note = f"Edition {number} of the paper. " if name == "told again" else ""
            (folder / f"{name} {number}.txt").write_text(facts + note + TEXT.format(day=number + 1))
    return folder


@pytest.mark.parametrize(
    "only", [EVERYTHING, ArticleFilter(sources=("*",)), ArticleFilter(since="2024-05-02")], ids=str
)
def test_a_question_synchronises_once_and_asks_as_often_for_many_articles_as_for_few(
    new_bot: Callable[..., QABot], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, only: ArticleFilter
) -> None:
    statements: list[str] = []
    connect = sqlite3.connect

    def traced(*arguments: Any, **options: Any) -> sqlite3.Connection:
        connection: sqlite3.Connection = connect(*arguments, **options)
        connection.set_trace_callback(statements.append)
        return connection

    monkeypatch.setattr(sqlite3, "connect", traced)
    synchronised: list[object] = []
    follow = GenerationCaches.follow

    def counted(caches: GenerationCaches, *arguments: Any) -> bool:
        synchronised.append(caches)
        return follow(caches, *arguments)

    monkeypatch.setattr(GenerationCaches, "follow", counted)
    bot, asked = new_bot(), []
    for copies in (2, 15):
        bot.reindex([str(write(tmp_path / "news", copies))])
        bot.ask(QUESTION, only=only)
        statements.clear()
        synchronised.clear()
        assert bot.ask(QUESTION, only=only).answered
        assert len(synchronised) == 1
        assert sum(statement.startswith("BEGIN") for statement in statements) <= 2
        asked.append(len(statements))
    assert asked[0] == asked[1] <= 24


def test_what_others_write_while_a_question_is_answered_changes_nothing(
    new_bot: Callable[..., QABot], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    bot = new_bot()
    bot.reindex([str(write(tmp_path / "news", 3))])
    expected = bot.ask(QUESTION)
    assert expected.answered
    other = LocalStore(bot.settings.data_dir)
    read = Reader.read

    def read_late(reader: Reader, *arguments: Any, **options: Any) -> Any:
        other.writing.remove([article.id for article in other.articles.list()])
        bot.store.refresh()
        return read(reader, *arguments, **options)

    monkeypatch.setattr(Reader, "read", read_late)
    answer = bot.ask(QUESTION)
    assert answer.model_copy(update={"timings_ms": None}) == expected.model_copy(update={"timings_ms": None})
    assert not bot.ask(QUESTION).alternatives
    other.close()
