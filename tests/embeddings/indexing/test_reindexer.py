"""Reindexing: what is new, changed and gone, and that only that is embedded."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from embeddings.errors import EncoderMismatchError, SourceError
from embeddings.filters import ArticleFilter
from embeddings.indexing.reindexer import Progress, ReindexReport
from embeddings.sources import SourceOptions
from qa_bot import QABot

SENTENCE = "The {} of the town was painted {} in the year {} by a company from the next valley. "


def long_text(subject: str, sentences: int = 24) -> str:
    """A text of several passages, no two of them alike."""
    return "".join(SENTENCE.format(subject, f"colour{number}", 1900 + number) for number in range(sentences)).strip()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Three articles, one of them in an inner folder."""
    folder = tmp_path / "articles"
    (folder / "inner").mkdir(parents=True)
    (folder / "harbour.txt").write_text(long_text("harbour"))
    (folder / "bridge.txt").write_text("The bridge is 310 metres long.")
    (folder / "inner" / "glacier.txt").write_text("The glacier lost four metres of ice.")
    return folder


def figures(report: ReindexReport) -> dict[str, int]:
    """The counts of a report that are not 0."""
    counts = report.model_dump(exclude={"failed", "passages", "articles", "seconds", "dry_run"})
    return {name: count for name, count in (counts | {"failed": len(report.failed)}).items() if count}


def test_the_report_counts_new_changed_unchanged_and_removed_articles(
    new_bot: Callable[..., QABot], folder: Path
) -> None:
    bot = new_bot()
    first = bot.reindex([str(folder)])
    assert figures(first) == {"new": 3}
    assert first.passages.embedded == first.passages.total == bot.store.status().passages > 4
    assert first.seconds > 0
    (folder / "harbour.txt").unlink()
    (folder / "bridge.txt").write_text("The bridge is 400 metres long.")
    (folder / "ferry.txt").write_text("The ferry sails at noon.")
    assert figures(bot.reindex([str(folder)])) == {"new": 1, "changed": 1, "unchanged": 1, "removed": 1}
    assert sorted(Path(article.source).name for article in bot.store.articles.list()) == [
        "bridge.txt",
        "ferry.txt",
        "glacier.txt",
    ]


def test_reindexing_twice_changes_nothing_and_embeds_nothing(new_bot: Callable[..., QABot], folder: Path) -> None:
    bot = new_bot()
    bot.reindex([str(folder)])
    before = bot.store.status().changes, bot.store.articles.list()
    for locations in ([str(folder)], [], [str(folder), str(folder / "bridge.txt"), f"{folder}/inner/.."]):
        report = bot.reindex(locations)
        assert figures(report) == {"unchanged": 3}
        assert report.passages.embedded == report.passages.reused == 0
    assert (bot.store.status().changes, bot.store.articles.list()) == before


def test_a_file_that_was_only_touched_is_unchanged(new_bot: Callable[..., QABot], folder: Path) -> None:
    bot = new_bot()
    bot.reindex([str(folder)])
    os.utime(folder / "bridge.txt", (1, 1))
    (folder / "bridge.txt").write_text("\n\nThe bridge is 310 metres long.\n")
    assert figures(bot.reindex([])) == {"unchanged": 3}


def test_only_the_changed_passages_of_a_changed_article_are_embedded(
    new_bot: Callable[..., QABot], folder: Path
) -> None:
    bot = new_bot()
    total = bot.reindex([str(folder / "harbour.txt")]).passages.total
    text = (folder / "harbour.txt").read_text()
    (folder / "harbour.txt").write_text(text.replace("colour0 ", "colour7 "))
    report = bot.reindex([])
    assert figures(report) == {"changed": 1}
    assert (report.passages.embedded, report.passages.reused) == (1, total - 1)


def test_new_facts_about_the_same_text_are_stored_without_embedding(
    new_bot: Callable[..., QABot], folder: Path
) -> None:
    bot = new_bot()
    bot.reindex([str(folder)])
    (folder / "bridge.txt").write_text("---\npublisher: Harbour News\n---\nThe bridge is 310 metres long.")
    report = bot.reindex([])
    assert (figures(report), report.passages.embedded) == ({"changed": 1, "unchanged": 2}, 0)
    assert "Harbour News" in [article.publisher for article in bot.store.articles.list()]
    (folder / "bridge.txt").write_text(
        "---\npublisher: Harbour News\nauthor: Ann Reed\n---\nThe bridge is 310 metres long."
    )
    report = bot.reindex([])
    assert (figures(report), report.passages.embedded) == ({"changed": 1, "unchanged": 2}, 0)
    assert "Ann Reed" in [article.author for article in bot.store.articles.list()]
    assert figures(bot.reindex([])) == {"unchanged": 3}


def test_a_new_title_is_embedded_with_the_passages_under_it(new_bot: Callable[..., QABot], folder: Path) -> None:
    bot = new_bot()
    bot.reindex([str(folder)])
    (folder / "bridge.txt").write_text("---\ntitle: The bridge\n---\nThe bridge is 310 metres long.")
    report = bot.reindex([])
    assert (figures(report), report.passages.embedded) == ({"changed": 1, "unchanged": 2}, 1)
    assert "The bridge" in [article.title for article in bot.store.articles.list()]


def test_a_moved_file_reuses_its_vectors(new_bot: Callable[..., QABot], folder: Path) -> None:
    bot = new_bot()
    bot.reindex([str(folder)])
    (folder / "harbour.txt").rename(folder / "inner" / "port.txt")
    report = bot.reindex([])
    assert figures(report) == {"new": 1, "removed": 1, "unchanged": 2, "duplicates": 1}
    assert report.passages.embedded == 0
    assert report.passages.reused > 2


def test_duplicates_are_counted_and_embedded_once(new_bot: Callable[..., QABot], folder: Path) -> None:
    for name in ("again.txt", "inner/again.md"):
        shutil.copy(folder / "bridge.txt", folder / name)
    bot = new_bot()
    report = bot.reindex([str(folder)])
    assert figures(report) == {"new": 5, "duplicates": 2}
    assert report.passages.embedded == report.passages.total - 2
    assert report.passages.reused == 2


def test_an_article_in_two_sources_is_counted_once_and_outlives_neither(
    new_bot: Callable[..., QABot], folder: Path
) -> None:
    bot = new_bot()
    assert figures(bot.reindex([str(folder), str(folder / "inner"), str(folder)])) == {"new": 3}
    (folder / "inner" / "glacier.txt").rename(folder / "inner" / "ice.txt")
    assert figures(bot.reindex([])) == {"new": 1, "removed": 1, "unchanged": 2, "duplicates": 1}
    assert len(bot.store.articles.list()) == 3


def test_a_file_in_two_sources_is_indexed_once_and_stays_as_long_as_one_holds_it(
    new_bot: Callable[..., QABot], folder: Path
) -> None:
    bot = new_bot()
    bot.reindex([str(folder)])
    report = bot.reindex([str(folder / "inner")])
    assert (figures(report), report.passages.embedded) == ({"unchanged": 1}, 0)
    assert len(bot.store.articles.list()) == 3
    assert bot.store.sources.remove(str(folder)) == 2
    assert [Path(article.source).name for article in bot.store.articles.list()] == ["glacier.txt"]
    assert figures(bot.reindex([])) == {"unchanged": 1}
    (folder / "inner" / "ice.txt").write_text("The ice is blue.")
    (folder / "inner" / "glacier.txt").unlink()
    assert figures(bot.reindex([])) == {"new": 1, "removed": 1}


def test_a_file_that_was_indexed_alone_and_then_with_its_folder_goes_when_it_is_deleted(
    new_bot: Callable[..., QABot], folder: Path
) -> None:
    bot = new_bot()
    bot.reindex([str(folder / "bridge.txt")])
    assert figures(bot.reindex([str(folder)])) == {"new": 2, "unchanged": 1}
    (folder / "bridge.txt").unlink()
    assert figures(bot.reindex([])) == {"unchanged": 2, "removed": 1}
    assert "bridge.txt" not in [Path(article.source).name for article in bot.store.articles.list()]
    assert [source.location for source in bot.store.sources.list()] == [str(folder)]
    assert figures(bot.reindex([])) == {"unchanged": 2}


def test_a_single_file_that_is_gone_is_kept_while_nobody_has_looked_into_its_folder(
    new_bot: Callable[..., QABot], folder: Path
) -> None:
    bot = new_bot()
    bot.reindex([str(folder / "bridge.txt")])
    (folder / "bridge.txt").unlink()
    report = bot.reindex([])
    assert figures(report) == {"failed": 1}
    assert report.failed[0].reason.endswith("the articles from it are kept")
    assert len(bot.store.articles.list()) == 1


def test_of_a_file_of_many_articles_only_the_changed_lines_are_embedded_and_a_bad_one_is_named(
    new_bot: Callable[..., QABot], folder: Path
) -> None:
    path = folder / "rows.jsonl"
    rows = [{"id": number, "title": f"Ship {number}", "text": f"Ship {number} came in at noon."} for number in range(5)]
    path.write_text("\n".join(map(json.dumps, rows)))
    bot = new_bot()
    assert figures(bot.reindex([str(path)])) == {"new": 5}
    rows[3]["text"] = "Ship 3 was late."
    del rows[1]
    lines = [json.dumps(row) for row in rows]
    path.write_text("\n".join([lines[0], '{"id": 9, "text": ', *lines[1:]]))
    report = bot.reindex([])
    assert report.passages.embedded == 1
    assert figures(report) == {"changed": 1, "unchanged": 3, "failed": 1} | ({"removed": 1} if report.removed else {})
    assert "2" in report.failed[0].source + report.failed[0].reason


def test_what_sources_remember_is_committed_and_told_to_them_the_next_time(
    new_bot: Callable[..., QABot], folder: Path
) -> None:
    bot = new_bot()
    bot.reindex([str(folder)])
    (record,) = bot.store.sources.list()
    assert record.last_result == "3 new"
    assert record.last_indexed_at is not None
    (folder / "bridge.txt").unlink()
    (folder / "harbour.txt").write_bytes(b"\0")
    bot.reindex([])
    assert bot.store.sources.list()[0].last_result == "1 unchanged, 1 removed, 1 failed"


def test_a_batch_is_committed_after_so_many_passages(new_bot: Callable[..., QABot], folder: Path) -> None:
    for number in range(12):
        (folder / f"{number:02}.txt").write_text(f"Ship {number} came in at noon.")
    bot = new_bot(commit_passages=4)
    committed: list[int] = []
    bot.reindex([str(folder)], progress=lambda progress: committed.append(bot.store.status().articles))
    steps = sorted(set(committed))
    assert steps[0] == 0
    assert steps[-1] == 15
    assert len(steps) >= 4


def test_a_preview_counts_what_a_run_then_does(new_bot: Callable[..., QABot], folder: Path) -> None:
    bot = new_bot()
    bot.reindex([str(folder), str(folder / "inner")])
    (folder / "copy.txt").write_text(long_text("harbour"))
    (folder / "harbour.txt").write_text(long_text("harbour").replace("colour0 ", "colour7 "))
    (folder / "bridge.txt").unlink()
    before = bot.store.status().changes
    preview = bot.reindexer().preview([])
    assert bot.store.status().changes == before
    assert preview.dry_run
    report = bot.reindex([])
    assert figures(preview) == figures(report)
    assert (preview.passages.embedded, preview.passages.reused) == (report.passages.embedded, report.passages.reused)


def test_of_a_file_that_fails_the_store_keeps_what_it_holds(new_bot: Callable[..., QABot], folder: Path) -> None:
    bot = new_bot()
    bot.reindex([str(folder)])
    before = bot.store.articles.list()
    (folder / "bridge.txt").write_bytes(b"\0\0\0")
    (folder / "inner" / "glacier.txt").write_bytes(b"")
    report = bot.reindex([])
    assert figures(report) == {"unchanged": 1, "failed": 2}
    assert {Path(failure.source).name for failure in report.failed} == {"bridge.txt", "glacier.txt"}
    assert bot.store.articles.list() == before
    (folder / "bridge.txt").write_text("The bridge is 400 metres long.")
    assert figures(bot.reindex([])) == {"changed": 1, "unchanged": 1, "failed": 1}


def test_a_folder_that_vanished_keeps_its_articles(new_bot: Callable[..., QABot], folder: Path) -> None:
    bot = new_bot()
    bot.reindex([str(folder)])
    folder.rename(folder.with_name("unmounted"))
    for is_empty in (False, True):
        if is_empty:
            folder.mkdir()
        report = bot.reindex([])
        assert figures(report) == {"failed": 1}
        assert report.failed[0].source == str(folder)
        assert report.failed[0].reason.endswith("the articles from it are kept")
        with pytest.raises(SourceError):
            bot.reindex([str(folder)])
    assert len(bot.store.articles.list()) == 3
    folder.rmdir()
    folder.with_name("unmounted").rename(folder)
    assert figures(bot.reindex([])) == {"unchanged": 3}


def test_if_one_of_the_named_sources_is_not_there_nothing_is_done(new_bot: Callable[..., QABot], folder: Path) -> None:
    bot = new_bot()
    with pytest.raises(SourceError, match="gone"):
        bot.reindex([str(folder), str(folder / "gone")])
    assert (bot.store.articles.list(), bot.store.sources.list()) == ([], [])


def test_named_sources_are_remembered_and_a_bare_reindex_reads_them_all(
    new_bot: Callable[..., QABot], folder: Path, tmp_path: Path
) -> None:
    other = tmp_path / "other.txt"
    other.write_text("The ferry sails at noon.")
    bot = new_bot()
    bot.reindex([str(folder)])
    bot.reindex([str(other)])
    assert [source.location for source in bot.store.sources.list()] == [str(folder), str(other)]
    other.write_text("The ferry sails at one.")
    assert figures(new_bot().reindex([])) == {"changed": 1, "unchanged": 3}


def test_a_link_out_of_the_folder_is_not_followed(new_bot: Callable[..., QABot], folder: Path, tmp_path: Path) -> None:
    (tmp_path / "secret.txt").write_text("The password is harbour.")
    (folder / "link.txt").symlink_to(tmp_path / "secret.txt")
    bot = new_bot()
    assert figures(bot.reindex([str(folder)])) == {"new": 3}
    assert not any("password" in article.text for article in bot.store.articles.list())


def test_a_rebuild_embeds_everything_anew_even_what_has_no_file_any_more(
    new_bot: Callable[..., QABot], folder: Path
) -> None:
    bot = new_bot()
    bot.reindex([str(folder)])
    articles = bot.store.articles.list()
    shutil.rmtree(folder)
    other = new_bot(passage_chars=200, passage_overlap=0)
    with pytest.raises(EncoderMismatchError, match="qa-bot index --rebuild"):
        other.reindex([])
    report = other.reindex([], rebuild=True)
    assert figures(report) == {"changed": 3}
    assert report.passages.embedded == report.passages.total > 12
    assert other.store.articles.list() == articles
    assert other.store.passage_rule == "at most 200 characters, overlap 0, under the title"
    answer = other.ask("How long is the bridge?")
    assert answer.answered or answer.alternatives
    assert bot.ask("How long is the bridge?").model_dump(exclude={"timings_ms"}) == answer.model_dump(
        exclude={"timings_ms"}
    )


def test_progress_goes_from_the_first_entry_to_the_last(new_bot: Callable[..., QABot], folder: Path) -> None:
    seen: list[Progress] = []
    new_bot().reindex([str(folder)], progress=seen.append)
    assert [progress.entries for progress in seen] == [1, 2, 3, 3]
    assert {progress.total for progress in seen} == {3}
    assert seen[-1].embedded > 4


def test_passages_hold_every_sentence_and_stored_offsets_quote_the_text(
    new_bot: Callable[..., QABot], seeds_folder: Path
) -> None:
    bot = new_bot()
    bot.reindex([str(seeds_folder / "mattis-nato-russia.txt")])
    (article,) = bot.store.articles.list()
    stored = bot.store.articles.get(article.id)
    assert stored is not None
    with bot.store.view() as view:
        hits = view.dense_search(bot.encoder.encode_question("Mattis"), 999)
        passages = view.passages([hit.passage_id for hit in hits]).values()
    for sentence in stored.sentences:
        assert any(passage.start <= sentence.start and sentence.end <= passage.end for passage in passages)
    boundaries = {sentence.start for sentence in stored.sentences}, {sentence.end for sentence in stored.sentences}
    assert all(passage.start in boundaries[0] and passage.end in boundaries[1] for passage in passages)


def test_a_source_can_be_given_a_publisher_that_counts_more_than_what_articles_say(
    new_bot: Callable[..., QABot], tmp_path: Path
) -> None:
    folder = tmp_path / "articles"
    folder.mkdir()
    (folder / "a.md").write_text("---\npublisher: Reuters\n---\nThe harbour reopened on Thursday.")
    (folder / "b.txt").write_text("The ferry sails at noon.")
    bot = new_bot()
    bot.reindex([str(folder)])
    assert {article.publisher for article in bot.store.articles.list()} == {"Reuters", None}
    bot.store.sources.add(str(folder), SourceOptions(publisher="Our desk").model_dump_json())
    assert figures(bot.reindex([])) == {"changed": 2}
    assert {article.publisher for article in bot.store.articles.list()} == {"Our desk"}
    assert figures(bot.reindex([])) == {"unchanged": 2}
    answer = bot.ask("When does the ferry sail?", only=ArticleFilter(publishers=("Reuters",)))
    assert not answer.alternatives
