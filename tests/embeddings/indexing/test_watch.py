"""What has to be read again: files that changed and are whole, files that are gone, sites that were not asked for a while."""

from __future__ import annotations

import os
import time
from pathlib import Path

import pytest

from embeddings.indexing.watch import Due, Watch


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Two articles, one in an inner folder."""
    folder = tmp_path / "articles"
    (folder / "inner").mkdir(parents=True)
    (folder / "a.txt").write_text("The harbour.")
    (folder / "inner" / "b.txt").write_text("The bridge.")
    return folder


def changed(due: Due) -> list[str]:
    """The names of the files that are to be read."""
    return sorted(Path(path).name for news in due.news.values() for path in news.changed)


def look_twice(watch: Watch, *locations: str) -> Due:
    watch.due(locations)
    return watch.due(locations)


def test_nothing_is_due_while_nothing_changes(folder: Path) -> None:
    watch = Watch([str(folder)], 60)
    for _ in range(3):
        assert watch.due([str(folder)]).news == {}


def test_a_new_a_changed_and_a_replaced_file_are_due_once(folder: Path) -> None:
    watch = Watch([str(folder)], 60)
    (folder / "new.txt").write_text("The glacier.")
    (folder / "inner" / "b.txt").write_text("The bridge is long.")
    (folder / "part").write_text("The ferry...")
    os.replace(folder / "part", folder / "a.txt")  # as long as the old one, perhaps
    due = look_twice(watch, str(folder))
    assert changed(due) == ["a.txt", "b.txt", "new.txt"]
    assert due.locations == [str(folder)]
    watch.read(due)
    assert look_twice(watch, str(folder)).news == {}


def test_a_file_that_is_being_written_is_left_until_it_is_whole(folder: Path) -> None:
    watch = Watch([str(folder)], 60)
    with (folder / "long.txt").open("w") as file:
        for line in range(4):
            file.write(f"Line {line}.\n")
            file.flush()
            (folder / f"{line}.txt").write_text("Whole.") if line == 0 else None
            due = watch.due([str(folder)])
            assert "long.txt" not in changed(due)
            assert due.leaves(str(folder / "long.txt"))
    assert changed(watch.due([str(folder)])) == ["0.txt", "long.txt"]


def test_what_is_due_says_which_entries_are_left(folder: Path) -> None:
    watch = Watch([str(folder)], 60)
    (folder / "rows.jsonl").write_text("{}")
    due = look_twice(watch, str(folder))
    assert not due.leaves(str(folder / "rows.jsonl") + "#17")
    assert due.leaves(str(folder / "a.txt"))
    assert not due.leaves("https://news.example/a#b")


def test_files_that_are_gone_and_folders_that_come_back_are_due(folder: Path) -> None:
    watch = Watch([str(folder)], 60)
    (folder / "a.txt").unlink()
    due = look_twice(watch, str(folder))
    assert {Path(path).name for path in due.news[str(folder)].gone} == {"a.txt"}
    watch.read(due)
    folder.rename(folder.with_name("away"))
    due = look_twice(watch, str(folder))
    assert due.locations == [str(folder)]
    watch.read(due)
    folder.with_name("away").rename(folder)
    assert changed(look_twice(watch, str(folder))) == ["b.txt"]


def test_a_file_that_is_replaced_in_two_steps_is_not_gone_in_between(folder: Path) -> None:
    watch = Watch([str(folder)], 60)
    watch.due([str(folder)])
    text = (folder / "a.txt").read_text()
    (folder / "a.txt").unlink()
    assert watch.due([str(folder)]).news == {}
    (folder / "a.txt").write_text(text)
    assert watch.due([str(folder)]).news == {}
    assert changed(watch.due([str(folder)])) == ["a.txt"]


def test_what_was_due_and_could_not_be_read_is_due_again(folder: Path) -> None:
    watch = Watch([str(folder)], 60)
    (folder / "a.txt").write_text("The harbour reopened.")
    assert changed(look_twice(watch, str(folder))) == ["a.txt"]
    assert changed(watch.due([str(folder)])) == ["a.txt"]


def test_single_files_globs_and_sources_that_are_added_later_are_followed(folder: Path) -> None:
    file, pattern = str(folder / "a.txt"), str(folder / "**" / "*.txt")
    watch = Watch([file], 60)
    assert changed(look_twice(watch, file, pattern)) == ["a.txt", "b.txt"]  # the glob is new
    watch.read(watch.due([file, pattern]))
    (folder / "a.txt").write_text("The harbour reopened.")
    assert set(look_twice(watch, file, pattern).news) == {file, pattern}


def test_hidden_files_pipes_and_broken_links_are_no_news(folder: Path) -> None:
    watch = Watch([str(folder)], 60)
    (folder / ".swap").write_text("x")
    (folder / "link.txt").symlink_to(folder / "gone")
    os.mkfifo(folder / "pipe.txt")
    assert look_twice(watch, str(folder)).news == {}


def test_sites_are_asked_at_an_interval() -> None:
    feed, later = "https://news.example/feed.xml", "https://news.example/other.xml"
    watch = Watch([feed], 0.2)
    assert watch.due([feed]).locations == []
    assert watch.due([feed, later]).locations == [later]
    time.sleep(0.25)
    due = watch.due([feed])
    assert due.locations == [feed]
    watch.read(due)
    assert watch.due([feed]).locations == []


def test_a_look_at_many_files_makes_the_next_one_wait(tmp_path: Path) -> None:
    for number in range(3000):
        (tmp_path / f"{number}.txt").touch()
    watch = Watch([str(tmp_path)], 60)
    began = time.monotonic()
    watch.due([str(tmp_path)])
    assert 0.5 <= watch.pause <= max(0.5, 20 * (time.monotonic() - began))
    began = time.thread_time()
    for _ in range(10):
        watch.due([str(tmp_path)])
    assert watch.pause >= (time.thread_time() - began) / 10
