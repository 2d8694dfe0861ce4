"""A store whose file is sound and whose values are wrong: every command ends, and none stumbles."""

from __future__ import annotations

import shutil
import sqlite3
from pathlib import Path
from typing import Any

import pytest
from commands import Command, Done, fork_server
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from embeddings.articles import article_id
from qa_bot import QABot, load_settings

pytestmark = pytest.mark.fuzz

QUESTION = "Who cut the ribbon?"
ARTICLES = {
    "harbour.txt": "The harbour of Aldport reopened on Thursday. Mayor Ann Reed cut the ribbon at noon.",
    "bridge.md": "---\ntitle: The bridge\ndate: 2024-02-29\n---\nThe old bridge was built in 1904.",
    "twin.txt": "The harbour of Aldport reopened on Thursday. Mayor Ann Reed cut the ribbon at noon.",
}
SECONDS = 120.0
"""After which a command counts as one that does not end; it takes about one."""

COLUMNS = (
    *(("articles", name) for name in ("number", "id", "origin", "source", "title", "url", "author", "publisher")),
    *(("articles", name) for name in ("published_at", "text_hash", "content_hash", "copies")),
    *(("texts", name) for name in ("article", "text", "sentences")),
    *(("passages", name) for name in ("id", "article", "start", "end", "text_hash", "generation")),
    *(("vectors", name) for name in ("passage", "vector")),
    *(("changes", name) for name in ("number", "passage", "added", "generation")),
    *(("sources", name) for name in ("location", "options", "added_at", "last_indexed_at", "last_result")),
    *(("signatures", name) for name in ("article", "signature")),
    *(("bands", name) for name in ("article", "band")),
    ("holders", "article"),
    ("memories", "value"),
)
FACTS = (
    *("encoder", "passage_rule", "store", "dimension", "generation", "trimmed", "leftovers", "last generation"),
    *("next encoder", "next passage_rule", "next generation", "next dimension"),
)
VALUES = st.one_of(
    st.none(),
    st.sampled_from([-1, 0, 1, 2**31, 2**62, -(2**63)]),
    st.floats(),
    st.text(max_size=20),
    st.binary(max_size=20),
    st.sampled_from(["2024-13-45", "{}", "[1]", '{"include": 5}', "9" * 400, "\0", b"\x01" * 4099]),
)
COMMANDS = (
    ("status",),
    ("ask", QUESTION),
    ("ask", QUESTION, "--since", "2024-01-01"),
    ("articles", "list"),
    ("articles", "show", "ID"),
    ("articles", "remove", "ID"),
    ("sources", "list", "--json"),
    ("sources", "remove", "FOLDER"),
    ("index", "--quiet"),
    ("index", "--quiet", "--rebuild"),
)


@pytest.fixture(scope="module")
def indexed(tmp_path_factory: pytest.TempPathFactory, cache_dir: Path) -> Path:
    """A folder of articles, and the store of it; tests take a copy of the store."""
    folder = tmp_path_factory.mktemp("indexed")
    (folder / "articles").mkdir()
    for name, text in ARTICLES.items():
        (folder / "articles" / name).write_text(text)
    with QABot(load_settings(data_dir=folder / "data", cache_dir=cache_dir)) as bot:
        bot.reindex([str(folder / "articles")])
    return folder


def run_on_wrong_value(
    indexed: Path, cache_dir: Path, table: str, column: str, value: Any, arguments: tuple[str, ...], *, caches: bool
) -> Done:
    """Runs a command on a copy of the store in which one value of a column, or a fact, is replaced."""
    data = indexed / "altered"
    shutil.rmtree(data, ignore_errors=True)
    shutil.copytree(indexed / "data", data)
    if not caches:
        shutil.rmtree(data / "lexical")
    connection = sqlite3.connect(data / "qa_bot.sqlite3")
    try:
        if table == "facts":
            connection.execute("INSERT OR REPLACE INTO facts VALUES (?, ?)", (column, value))
        else:
            first = f"SELECT {column} FROM {table} LIMIT 1"
            connection.execute(f"UPDATE OR IGNORE {table} SET {column} = ? WHERE {column} IS ({first})", (value,))
        connection.commit()
    except (sqlite3.Error, OverflowError):
        pass  # SQLite refuses such a value here
    finally:
        connection.close()
    words = {"ID": article_id(str(indexed / "articles" / "harbour.txt")), "FOLDER": str(indexed / "articles")}
    environment = Command(indexed, cache_dir, data).environment
    command = [words.get(word, word) for word in arguments]
    ended = fork_server().run(command, folder=indexed, environment=environment, after=SECONDS)
    return Done(ended.code, ended.output, ended.errors.splitlines())


@given(
    place=st.sampled_from(COLUMNS) | st.tuples(st.just("facts"), st.sampled_from(FACTS)),
    value=VALUES,
    arguments=st.sampled_from(COMMANDS),
    caches=st.booleans(),
)
@example(("articles", "id"), b"\x01" * 4099, ("articles", "show", "ID"), True)
@example(("articles", "id"), b"\x01" * 4099, ("index", "--quiet", "--rebuild"), True)
@example(("articles", "url"), "-1", ("index", "--quiet", "--rebuild"), True)
@example(("articles", "author"), b"\xff\x00", ("ask", QUESTION), True)
@example(("articles", "published_at"), "2024-13-45", ("index", "--quiet", "--rebuild"), True)
@example(("articles", "number"), -1, ("articles", "remove", "ID"), False)
@example(("texts", "sentences"), b"\x01" * 4099, ("ask", QUESTION), True)
@example(("passages", "end"), "{}", ("articles", "remove", "ID"), False)
@example(("passages", "start"), b"\xff\x00", ("ask", QUESTION), True)
@example(("passages", "article"), 1.5, ("index", "--quiet"), False)
@example(("sources", "location"), b"\x01" * 4099, ("status",), True)
@example(("sources", "options"), "x", ("sources", "list", "--json"), True)
@example(("sources", "options"), -1, ("sources", "list", "--json"), False)
@example(("facts", "generation"), "x", ("status",), True)
@example(("facts", "next dimension"), "0", ("articles", "list"), True)
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_a_wrong_value_is_an_answer_or_one_line(
    indexed: Path, cache_dir: Path, place: tuple[str, str], value: Any, arguments: tuple[str, ...], caches: bool
) -> None:
    done = run_on_wrong_value(indexed, cache_dir, *place, value, arguments, caches=caches)
    everything = done.output + "\n".join(done.lines)
    assert done.code in (0, 1, 2), done
    assert "unexpected" not in everything, done
    assert "Traceback" not in everything, done
