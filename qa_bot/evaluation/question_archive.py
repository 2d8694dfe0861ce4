"""The paragraphs of question files as an archive of their own, in a folder that the caller names and throws away."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path

from embeddings.articles import Article, article_id, opening_words
from embeddings.encoder.model import Encoder
from embeddings.passages import embedded_text
from embeddings.sentences import split_sentences
from embeddings.store.local import LocalStore
from embeddings.store.protocol import IndexedArticle, NewPassage
from qa_bot.evaluation.datasets import Question

_RULE = "one paragraph"
_BATCH = 64


class ParagraphArchive:
    """A store in which each distinct paragraph is one passage, so that recall can be counted by paragraph.

    A paragraph that several articles have is held once, with the first one's title.

    Args:
        folder: of the store; made if it is missing.
        questions: their paragraphs are indexed, answerable or not.
        encoder: makes the vectors.
        progress: is told how many paragraphs are indexed, and of how many.
    """

    def __init__(
        self,
        folder: Path,
        questions: Iterable[Question],
        encoder: Encoder,
        progress: Callable[[int, int], None] = lambda done, total: None,
    ) -> None:
        self._paragraphs: dict[int, str] = {}
        self.store = LocalStore(folder)
        distinct: dict[str, Question] = {}
        for question in questions:
            distinct.setdefault(question.paragraph, question)
        paragraphs = list(distinct.values())
        for at in range(0, len(paragraphs), _BATCH):
            batch = list(_indexed(paragraphs[at : at + _BATCH], encoder))
            self.store.writing.commit(batch, encoder=encoder.identity, passage_rule=_RULE)
            progress(min(at + _BATCH, len(paragraphs)), len(paragraphs))
        self.store.writing.save_caches()

    def __enter__(self) -> ParagraphArchive:
        return self

    def __exit__(self, *_: object) -> None:
        self.store.close()

    def rank(self, paragraph: str, passage_ids: Sequence[int]) -> int:
        """Place of a paragraph among passages that a search found, from 1; 0 if it is not among them."""
        unknown = [passage_id for passage_id in passage_ids if passage_id not in self._paragraphs]
        with self.store.view() as view:
            passages = view.passages(unknown)
        self._paragraphs.update({passage_id: passage.article_id for passage_id, passage in passages.items()})
        identity = article_id(paragraph)
        return next((rank for rank, hit in enumerate(passage_ids, 1) if self._paragraphs[hit] == identity), 0)


def write_articles(questions: Iterable[Question], folder: Path) -> int:
    """Writes the paragraphs as text files that `qa-bot index` reads, joined to articles by title.

    Paragraphs without a title are articles by themselves.  A paragraph without any word is left out, as it answers
    nothing and is no article.

    Args:
        questions: their paragraphs are written, answerable or not, in the order of the file.
        folder: for one file an article; made if it is missing.

    Returns:
        How many articles there are.
    """
    paragraphs = dict.fromkeys((question.title, question.paragraph) for question in questions)
    articles: dict[str, list[str]] = {}
    for number, (title, paragraph) in enumerate(paragraphs):
        if any(character.isalnum() for character in paragraph):
            articles.setdefault(title or f"\0{number}", []).append(paragraph)
    folder.mkdir(parents=True, exist_ok=True)
    for number, (title, texts) in enumerate(articles.items()):
        facts = "" if title.startswith("\0") else f"title: {' '.join(title.split())}\n"
        text = f"---\n{facts}---\n" + "\n\n".join(texts)
        (folder / f"{number:06}.txt").write_text(text.replace("\0", " "), encoding="utf-8", newline="")
    return len(articles)


def _indexed(questions: Sequence[Question], encoder: Encoder) -> Iterator[IndexedArticle]:
    vectors = encoder.encode_passages([embedded_text(question.title, question.paragraph) for question in questions])
    for question, vector in zip(questions, vectors, strict=True):
        text, identity = question.paragraph, article_id(question.paragraph)
        article = Article(id=identity, title=question.title or opening_words(text), text=text, source=identity)
        passage = NewPassage(0, len(text), hashlib.sha256(text.encode()).digest()[:16], vector)
        yield IndexedArticle(article, "evaluation", split_sentences(text), [passage])
