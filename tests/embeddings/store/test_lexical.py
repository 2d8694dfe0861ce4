"""Search by words: any question is safe, filters hold, and a damaged index is made again."""

from __future__ import annotations

import signal
import subprocess
import sys
from datetime import date
from pathlib import Path

import numpy as np
import pytest
import tantivy
from hypothesis import given, settings
from hypothesis import strategies as st

from embeddings.filters import EVERYTHING, ArticleFilter
from embeddings.store.local import passage_facts
from embeddings.store.local.change_log import LexicalDocument
from embeddings.store.local.lexical import search as lexical_search
from embeddings.store.local.lexical.index import LexicalIndex
from embeddings.store.local.lexical.search import LexicalSearcher, tantivy_errors
from embeddings.store.local.passage_facts import Admitted
from embeddings.words import Stemmer

TEXTS = [
    ("The council approved the harbour bridge.", "Harbour", "Reuters", "/news/wire", date(2024, 1, 31)),
    ("The council rejected the harbour tunnel.", "Harbour", "Gazette", "/news/local", date(2024, 2, 1)),
    ("Council members walked to the harbour.", "Walks", None, "/news/local", None),
    (
        "Der Hafen von Straßburg, ein Café und 東京タワー.",
        "Häfen",
        "ΕΡΤ",
        "https://news.example/feed",
        date(2023, 5, 5),
    ),
]


@pytest.fixture(scope="module")
def index() -> LexicalSearcher:
    cache = LexicalIndex(None, "store")
    cache.apply([], [LexicalDocument(number, *facts) for number, facts in enumerate(TEXTS, start=1)], 4)
    return cache.searcher


def matches(index: LexicalSearcher, question: str, only: ArticleFilter = EVERYTHING) -> set[int]:
    return {hit.passage_id for hit in index.search(question, 10, only)}


@pytest.mark.parametrize(
    ("only", "expected"),
    [
        (EVERYTHING, {1, 2, 3}),
        (ArticleFilter(publishers=("REUTERS",)), {1}),
        (ArticleFilter(publishers=("reuters", "gazette")), {1, 2}),
        (ArticleFilter(publishers=("Reut",)), set()),
        (ArticleFilter(sources=("/news/local",)), {2, 3}),
        (ArticleFilter(sources=("/news/*",)), {1, 2, 3}),
        (ArticleFilter(sources=("/news",)), set()),
        (ArticleFilter(since=date(2024, 2, 1)), {2}),
        (ArticleFilter(until=date(2024, 1, 31)), {1}),
        (ArticleFilter(since=date(2024, 1, 31), until=date(2024, 2, 1)), {1, 2}),
        (ArticleFilter(publishers=("Gazette",), since=date(2024, 2, 2)), set()),
    ],
)
def test_only_what_a_filter_admits_is_found(index: LexicalSearcher, only: ArticleFilter, expected: set[int]) -> None:
    assert matches(index, "council harbour", only) == expected


def test_a_filter_changes_no_score(index: LexicalSearcher) -> None:
    everything = {hit.passage_id: hit.score for hit in index.search("council harbour bridge", 10, EVERYTHING)}
    for hit in index.search("council harbour bridge", 10, ArticleFilter(publishers=("Gazette",))):
        assert hit.score == pytest.approx(everything[hit.passage_id])


@given(
    admitted=st.lists(st.booleans(), min_size=300, max_size=300),
    broad=st.sampled_from([0.0, 0.4, 1.1]),
    few=st.sampled_from([0, 100, 300]),
    count=st.integers(1, 40),
    question=st.sampled_from(["council", "harbour walks", "council harbour bridge tunnel", "nothing of the kind"]),
)
@settings(max_examples=60, deadline=None)
def test_each_way_to_narrow_a_search_finds_the_same(
    admitted: list[bool], broad: float, few: int, count: int, question: str
) -> None:
    share = Admitted(np.packbits([False, *admitted], bitorder="little"), sum(admitted), len(admitted))
    cache = _many(tuple(admitted))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(passage_facts, "BROAD", broad)
        patch.setattr(lexical_search, "_FEW", few)
        hits = cache.search(question, count, ArticleFilter(publishers=("yes",)), share)
    assert hits == cache.search(question, count, ArticleFilter(publishers=("yes",)))


def _many(admitted: tuple[bool, ...]) -> LexicalSearcher:
    """Passages of a few words, of which the publisher says whether they are admitted."""
    words = ("council", "harbour", "bridge", "tunnel", "walks")
    texts = [" ".join(words[: 1 + number % 5] * (1 + number % 7)) for number in range(len(admitted))]
    cache = LexicalIndex(None, "store")
    cache.apply(
        [],
        [
            LexicalDocument(number, text, "Title", "yes" if is_admitted else "no")
            for number, (text, is_admitted) in enumerate(zip(texts, admitted, strict=True), start=1)
        ],
        len(texts),
    )
    return cache.searcher


@given(ids=st.sets(st.integers(0, 300)), asked=st.lists(st.integers(0, 1000)))
def test_bits_say_which_ids_are_admitted(ids: set[int], asked: list[int]) -> None:
    mask = np.zeros(max(ids, default=0) + 1, np.bool_)
    mask[list(ids)] = True
    admitted = Admitted(np.packbits(mask, bitorder="little"), len(ids), len(mask))
    assert admitted.ids().tolist() == sorted(ids)
    assert admitted.has(np.array(asked, np.int64)).tolist() == [number in ids for number in asked]


def test_the_newest_day_is_that_of_the_newest_admitted_article(index: LexicalSearcher) -> None:
    assert index.newest(EVERYTHING) == date(2024, 2, 1)
    assert index.newest(ArticleFilter(publishers=("reuters",))) == date(2024, 1, 31)
    assert index.newest(ArticleFilter(until=date(2023, 12, 31))) == date(2023, 5, 5)
    assert index.newest(ArticleFilter(publishers=("nobody",))) is None


@pytest.mark.parametrize("question", ["STRASSBURG", "Straßburg", "cafe", "Café", "häfen", "東京タワー", "ΕΡΤ Hafen"])
def test_words_of_other_languages_are_found(index: LexicalSearcher, question: str) -> None:
    assert matches(index, question) == {4}


@pytest.mark.parametrize("question", ["", "  ", "?!", "the of and", "what who when", "🙂" * 1000, '"', "a" * 1000])
def test_a_question_without_words_to_search_finds_nothing(index: LexicalSearcher, question: str) -> None:
    assert matches(index, question) == set()


@settings(max_examples=200, deadline=None)
@pytest.mark.fuzz
@given(
    st.text(max_size=1000)
    | st.lists(st.sampled_from([*'+-&|!(){}[]^"~*?:\\/<>=', "AND", "OR", "NOT", "title:", "IN [", "harbour"])).map(
        " ".join
    )
)
def test_any_question_is_safe(index: LexicalSearcher, question: str) -> None:
    for only in (EVERYTHING, ArticleFilter(publishers=(question,), sources=(question or "*",))):
        assert all(hit.score >= 0 for hit in index.search(question, 5, only))
    stemmer = Stemmer()
    assert all(weight >= 0 for weight in index.idf([stemmer.stem(question)]).values())


@given(st.text(max_size=200))
def test_query_syntax_in_a_question_is_only_words(question: str) -> None:
    index = LexicalIndex(None, "store")
    index.apply([], [LexicalDocument(1, "harbour", "")], 1)
    assert matches(index.searcher, f"{question} harbour -harbour") == {1} or len(question) > 64


def test_rare_words_weigh_more_than_common_ones(index: LexicalSearcher) -> None:
    idf = index.idf(["council", "bridg", "nowher"])
    assert 0 < idf["council"] < idf["bridg"] < idf["nowher"]


CUT = """
import sys
from pathlib import Path
from embeddings.articles import Article
from embeddings.store.local import LocalStore
from embeddings.store.protocol import IndexedArticle, NewPassage
import numpy as np

said = []
store = LocalStore(Path(sys.argv[1]))
vector = np.ones(8, np.float32) / np.sqrt(8)
text = "The harbour is open. " * 500
article = Article(id="a", title="Harbour", text=text, source="/a")
passages = [NewPassage(0, len(text), bytes([n]) * 16, vector) for n in range(200)]
store.writing.commit([IndexedArticle(article, "/", [], passages)], encoder="e", passage_rule="r")
store.writing.save_caches()
store.close()
store = LocalStore(Path(sys.argv[1]), said.append)
with store.view() as view:
    before = view.lexical_search("harbour", 5)
for path in Path(sys.argv[1]).rglob("lexical/*"):
    if not path.name.startswith(".") and path.suffix not in (".lock", ".json"):
        with path.open("r+b") as file:
            file.truncate(0)
with store.view() as view:
    assert view.lexical_search("harbour", 5) == before and len(before) == 5
print(*said)
"""


def test_an_index_that_is_cut_off_while_it_is_open_is_made_again(tmp_path: Path) -> None:
    """A thread of tantivy that reads in the very moment of the cut gets SIGBUS, which ends a process; so there are four tries."""
    for folder in map(str, range(4)):
        command = [sys.executable, "-c", CUT, str(tmp_path / folder)]
        done = subprocess.run(command, capture_output=True, text=True, timeout=120)
        if done.returncode != -signal.SIGBUS:
            break
    assert (done.returncode, done.stderr) == (0, "")
    assert "rebuilding the lexical index" in done.stdout


def test_a_panic_of_tantivy_is_an_error_that_is_caught() -> None:
    index = LexicalIndex(None, "store")
    index.apply([], [LexicalDocument(1, "the harbour", "title")], 1)
    with pytest.raises(OSError, match="Limit must be greater than 0"), tantivy_errors():
        index.searcher._searcher.search(tantivy.Query.all_query(), limit=0)
