"""An archive for runs that are killed: its articles change between the runs, and all of its store is looked at after each."""

from __future__ import annotations

import copy
import json
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

import numpy as np
from commands import Command, fork_server
from forked_runs import Ended, ForkServer

from embeddings.articles import Article
from embeddings.encoder.model import Encoder
from embeddings.indexing.chunking import PassageRule, cut
from embeddings.store.local import LocalStore

BATCH = 6
RULE = PassageRule(100, 0)
LONGER = PassageRule(200, 1)
RULES = {str(rule): rule for rule in (RULE, LONGER)}
ARTICLES = 40


def story(number: int, edition: int) -> str:
    """An article of some passages, of which an edition changes one."""
    lines = [f"The {thing} of village {number} was painted in the year {1900 + number}." for thing in THINGS]
    lines[number % len(lines)] = f"The mayor of village {number} was elected for the {edition}th time on a Monday."
    return "\n\n".join(lines[: 2 + number % 4])


THINGS = ("harbour", "old town hall", "bridge over the river", "school", "lighthouse")


def write_edition(folder: Path, edition: int) -> dict[str, str]:
    """Writes the articles of an edition: some changed, some gone, some new; their texts by file name."""
    folder.mkdir(exist_ok=True)
    texts = {
        f"{number:02}.txt": story(number, edition if number % 3 == edition % 3 else 0)
        for number in range(ARTICLES)
        if number % 7 != edition % 7
    }
    for path in folder.iterdir():
        if path.name not in texts:
            path.unlink()
    for name, text in texts.items():
        (folder / name).write_text(text)
    return texts


class Archive:
    """A folder of articles, its store, and what has to be in it."""

    def __init__(self, folder: Path, command: Command, encoder: Encoder) -> None:
        self.folder = folder / "articles"
        self.edition = 0
        self.texts: dict[str, str] = {}
        self.before: dict[str, str] = {}
        self._command = command
        self._encoder = encoder
        self.data_dir = command.data_dir
        self._vectors: dict[str, bytes] = {}
        self.server: ForkServer | None = None

    def beside(self, server: ForkServer) -> Archive:
        """The same archive, whose commands another server runs, at the same time as those of this one."""
        archive = copy.copy(self)
        archive.server = server
        return archive

    def next_edition(self) -> None:
        """News comes in."""
        self.before = self.stored()
        self.edition += 1
        self.texts = write_edition(self.folder, self.edition)

    def index(
        self, *, rule: PassageRule = RULE, after: float | None = None, signal: int = 9, file_size: int = 0
    ) -> Ended:
        """Runs `qa-bot index`."""
        return self._run(rule, "index", str(self.folder), after=after, signal=signal, file_size=file_size)

    def rebuild(self, rule: PassageRule, *, after: float | None = None) -> Ended:
        """Runs `qa-bot index --rebuild` with another passage length."""
        return self._run(rule, "index", "--rebuild", after=after)

    def run(self, *arguments: str, after: float | None = None) -> Ended:
        """Runs any command."""
        return self._run(RULE, *arguments, after=after)

    def _run(self, rule: PassageRule, *arguments: str, after: float | None, **ending: int) -> Ended:
        environment = {
            **self._command.environment,
            "QA_BOT_COMMIT_PASSAGES": str(BATCH),
            "QA_BOT_PASSAGE_CHARS": str(rule.max_chars),
            "QA_BOT_PASSAGE_OVERLAP": str(rule.overlap_sentences),
        }
        printing = ("--quiet", "--json") if arguments[0] == "index" else ()
        return (self.server or fork_server()).run(
            [*arguments, *printing], folder=self._command.folder, environment=environment, after=after, **ending
        )

    def stored(self) -> dict[str, str]:
        """The texts that are in the store, by file name; none if there is no store yet."""
        if not (self.data_dir / "qa_bot.sqlite3").exists():
            return {}
        store = LocalStore(self.data_dir)
        try:
            return {Path(article.source).name: article.text for article in store.articles.list()}
        finally:
            store.close()

    def check(self) -> int:
        """The store holds whole articles of this edition and the one before, and can be searched; how many of this one."""
        store = LocalStore(self.data_dir)
        try:
            stored = {Path(article.source).name: article for article in store.articles.list()}
            for name, article in stored.items():
                assert article.text in (self.texts.get(name), self.before.get(name)), f"{name} is of no edition"
            if store.encoder is not None:
                self._check_passages(store, list(stored.values()))
            return sum(article.text == self.texts.get(name) for name, article in stored.items())
        finally:
            store.close()

    def query(self, query: str) -> list[tuple[Any, ...]]:
        """Rows of the SQLite file."""
        with closing(sqlite3.connect(self.data_dir / "qa_bot.sqlite3")) as connection:
            return connection.execute(query).fetchall()

    def rule(self) -> PassageRule:
        """How the passages that answer were cut."""
        ((rule,),) = self.query("SELECT value FROM facts WHERE name = 'passage_rule'")
        return RULES[str(rule)]

    def articles(self, where: str) -> list[Article]:
        """Some of the articles in the store, by a condition in SQL."""
        query = f"SELECT id, title, text, source FROM articles JOIN texts ON article = number {where}"
        return [Article(id=i, title=title, text=text, source=source) for i, title, text, source in self.query(query)]

    def rows(self, generation: str) -> list[tuple[int, str, int, int, bytes]]:
        """Id, article, start, end and vector of each passage of a generation, that of a fact: `generation`, say."""
        return self.query(
            "SELECT passages.id, articles.id, start, end, vector FROM passages JOIN articles ON number = article "
            "LEFT JOIN vectors ON vectors.passage = passages.id WHERE generation = "
            f"coalesce((SELECT value FROM facts WHERE name = '{generation}'), 0)"
        )

    def _check_passages(self, store: LocalStore, articles: list[Article]) -> None:
        """Each passage of each article is there once with its vector, in SQLite and in both indexes."""
        assert self.query("PRAGMA integrity_check") == [("ok",)]
        assert self.query("PRAGMA foreign_key_check") == []
        rows = self.rows("generation")
        self.check_cut(rows, articles, self.rule())
        query = self._encoder.encode_question("Who was elected?")
        exact = sorted((-float(np.dot(np.frombuffer(row[4], np.float32), query)), row[0]) for row in rows)
        with store.view() as view:
            by_vector, by_word = view.dense_search(query, len(rows) + 5), view.lexical_search("village", 10_000)
        assert [hit.passage_id for hit in by_vector] == [passage for _, passage in exact] or np.allclose(
            [hit.score for hit in by_vector], [-score for score, _ in exact], atol=1e-5
        )
        assert {hit.passage_id for hit in by_vector} == {row[0] for row in rows}
        assert {hit.passage_id for hit in by_word} == {row[0] for row in rows}

    def check_cut(
        self, rows: list[tuple[int, str, int, int, bytes]], articles: list[Article], rule: PassageRule
    ) -> None:
        """These passages are those of these articles, each with its vector."""
        expected = sorted((article.id, p.start, p.end) for article in articles for p in cut(article, rule).passages)
        assert sorted((article, start, end) for _, article, start, end, _ in rows) == expected
        texts = {article.id: article.text for article in articles}
        for _, article, start, end, vector in rows:
            assert vector == self._vector(texts[article][start:end])

    def _vector(self, text: str) -> bytes:
        if text not in self._vectors:
            self._vectors[text] = self._encoder.encode_passages([text])[0].tobytes()
        return self._vectors[text]

    def to_embed(self) -> int:
        """Distinct passages of this edition that the store has no vectors of."""
        passages = {passage for text in self.texts.values() for passage in _passages(text)}
        return len(passages - {passage for text in self.stored().values() for passage in _passages(text)})

    def check_that_the_next_run_finishes(self) -> None:
        """It embeds what is missing and nothing else; then there is nothing to do."""
        missing = self.to_embed()
        done = self.index()
        assert done.code == 0, done
        report = json.loads(done.output.splitlines()[-1])
        assert report["passages"]["embedded"] == missing
        assert self.stored() == self.texts
        assert self.check() == len(self.texts)
        again = json.loads(self.index().output)
        assert (again["unchanged"], again["passages"]["embedded"]) == (len(self.texts), 0)


def _passages(text: str) -> list[str]:
    return cut(Article(id="", title="", text=text, source=""), RULE).texts


def empty_archive(folder: Path, cache_dir: Path, encoder_name: str) -> Archive:
    """An archive without articles.

    Args:
        folder: receives its articles and its store.
        cache_dir: compiled models.
        encoder_name: an encoder that takes no time.
    """
    encoder = Encoder.load(encoder_name, cache_dir / "models")
    command = Command(folder, cache_dir, folder / "data")
    command.environment["QA_BOT_ENCODER"] = encoder_name
    return Archive(folder, command, encoder)
