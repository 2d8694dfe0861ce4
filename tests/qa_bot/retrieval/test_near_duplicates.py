"""The same story in several articles: answered once, from the newest version, with the others as further sources."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date
from pathlib import Path

from embeddings.filters import ArticleFilter
from qa_bot import Answer, QABot
from qa_bot.answering.results import iterate
from qa_bot.terminal.render import render_answer

BRIDGE = """The new bridge over the Storvik was opened on Monday by the transport minister, Ingrid Halvorsen.

The new bridge over the Storvik is {length} metres long and cost {cost} million crowns. Building it took six years, two \
more than planned, because the western pillar had to be moved.

About 9,000 vehicles are expected to cross it on a weekday. The ferry that it replaces sailed for the last time on Sunday, \
with the captain's grandchildren on board.
"""
FERRY = "The fishing fleet of Aldmouth caught 400 tonnes of herring in October, the harbour master said."
QUESTION = "How long is the new bridge over the Storvik?"


def write(folder: Path, name: str, text: str, **facts: str) -> Path:
    """Writes an article with front matter."""
    folder.mkdir(exist_ok=True)
    path = folder / name
    path.write_text("---\n" + "".join(f"{fact}: {value}\n" for fact, value in facts.items()) + f"---\n{text}")
    return path


def sources(answer: Answer) -> list[str]:
    """The file that is quoted, and those that are named besides."""
    assert answer.article is not None
    return [Path(article.source).name for article in (answer.article, *answer.also)]


def check_quoted(bot: QABot, answer: Answer) -> None:
    """Every quotation is in its article, to the letter."""
    for quotation in iterate(answer):
        stored = bot.store.articles.get(quotation.article.id)
        assert stored is not None
        sentence, span = quotation.sentence, quotation.answer
        assert stored.article.text[sentence.start : sentence.end] == sentence.text
        assert stored.article.text[span.start : span.end] == span.text
        for other in quotation.also:
            stored = bot.store.articles.get(other.id)
            assert stored is not None
            assert sentence.text in stored.article.text


def ask(bot: QABot, only: Mapping[str, object] | None = None) -> Answer:
    answer = bot.ask(QUESTION, only=ArticleFilter.model_validate(only or {}))
    check_quoted(bot, answer)
    return answer


def test_a_wire_story_in_three_papers_is_answered_once_with_the_others_as_further_sources(
    new_bot: Callable[..., QABot], tmp_path: Path
) -> None:
    story = BRIDGE.format(length=412, cost=88)
    write(tmp_path / "news", "post.txt", story, title="Storvik bridge opens", publisher="The Post", date="2024-05-07")
    write(tmp_path / "news", "wire.txt", f"STORVIK (Wire) - {story}", title="Bridge opens", date="2024-05-06")
    write(tmp_path / "news", "herald.txt", f"By Our Staff\n\n{story}", title="At last!", date="2024-05-08")
    write(tmp_path / "news", "herring.txt", FERRY)
    bot = new_bot(threshold=0)
    assert bot.reindex([str(tmp_path / "news")]).duplicates == 2
    answer = ask(bot)
    assert answer.answer is not None
    assert "412" in answer.answer.text
    assert sources(answer) == ["herald.txt", "post.txt", "wire.txt"]
    assert all("412" not in other.answer.text for other in answer.alternatives)
    shown = render_answer(answer, colour=False)
    assert "also in: Storvik bridge opens · The Post, 7 May 2024" in shown
    assert str(tmp_path / "news" / "wire.txt") in shown
    assert answer.model_dump(mode="json")["also"][0]["title"] == "Storvik bridge opens"


def test_of_a_corrected_story_the_newest_version_is_quoted(new_bot: Callable[..., QABot], tmp_path: Path) -> None:
    write(tmp_path / "news", "a.txt", BRIDGE.format(length=412, cost=88), title="Bridge opens", date="2024-05-06")
    write(tmp_path / "news", "b.txt", BRIDGE.format(length=421, cost=88), title="CORRECTED", date="2024-05-07")
    bot = new_bot(threshold=0)
    assert bot.reindex([str(tmp_path / "news")]).duplicates == 1
    answer = ask(bot)
    assert answer.answer is not None
    assert "421" in answer.answer.text
    assert sources(answer) == ["b.txt"]
    assert not any("412" in other.answer.text for other in answer.alternatives)


def test_what_the_newest_version_leaves_out_is_still_answered(new_bot: Callable[..., QABot], tmp_path: Path) -> None:
    story = BRIDGE.format(length=412, cost=88)
    first, _, third = story.split("\n\n")
    write(tmp_path / "news", "a.txt", story, title="Bridge opens", date="2024-05-06")
    write(tmp_path / "news", "b.txt", f"{first}\n\n{third}", title="Bridge opens", date="2024-05-07")
    bot = new_bot(threshold=0, passage_chars=250, passage_overlap=0)
    assert bot.reindex([str(tmp_path / "news")]).duplicates == 1
    answer = ask(bot)
    assert answer.answer is not None
    assert "412" in answer.answer.text
    assert sources(answer) == ["a.txt"]
    opened = bot.ask("Who opened the new bridge?")
    check_quoted(bot, opened)
    assert sources(opened) == ["b.txt", "a.txt"]


def test_a_filter_counts_for_the_further_sources_too(new_bot: Callable[..., QABot], tmp_path: Path) -> None:
    story = BRIDGE.format(length=412, cost=88)
    for name, day in (("a.txt", 6), ("b.txt", 7), ("c.txt", 8)):
        write(tmp_path / "news", name, story, title=name, date=str(date(2024, 5, day)))
    bot = new_bot(threshold=0)
    assert bot.reindex([str(tmp_path / "news")]).duplicates == 2
    assert sources(ask(bot)) == ["c.txt", "b.txt", "a.txt"]
    assert sources(ask(bot, {"until": "2024-05-07"})) == ["b.txt", "a.txt"]
    assert sources(ask(bot, {"until": "2024-05-06"})) == ["a.txt"]


def test_when_the_quoted_copy_is_removed_another_is_quoted(new_bot: Callable[..., QABot], tmp_path: Path) -> None:
    story = BRIDGE.format(length=412, cost=88)
    write(tmp_path / "news", "a.txt", story, title="A", date="2024-05-06")
    newest = write(tmp_path / "news", "b.txt", story, title="B", date="2024-05-07")
    bot = new_bot(threshold=0)
    bot.reindex([str(tmp_path / "news")])
    assert sources(ask(bot)) == ["b.txt", "a.txt"]
    newest.unlink()
    bot.reindex([])
    assert sources(ask(bot)) == ["a.txt"]
