"""What has to be read again: files that changed and are whole, files that are gone, sites that were not asked for a while."""

from __future__ import annotations

import os
import time
from pathlib import Path

import pytest

from embeddings.indexing.watch import Pending, Watch


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Two articles, one in an inner folder."""
    folder = tmp_path / "articles"
    (folder / "inner").mkdir(parents=True)
    (folder / "a.txt").write_text("The harbour.")
    (folder / "inner" / "b.txt").write_text("The bridge.")
    return folder


def changed(pending: Pending) -> list[str]:
    """The names of the files that are to be read."""
    return sorted(Path(path).name for changes in pending.changes.values() for path in changes.changed)


def look_twice(watch: Watch, *locations: str) -> Pending:
    watch.check(locations)
    return watch.check(locations)


def test_nothing_is_due_while_nothing_changes(folder: Path) -> None:
    watch = Watch([str(folder)], 60)
    for _ in range(3):
        assert watch.check([str(folder)]).changes == {}


def test_a_new_a_changed_and_a_replaced_file_are_due_once(folder: Path) -> None:
    watch = Watch([str(folder)], 60)
    (folder / "new.txt").write_text("The glacier.")
    (folder / "inner" / "b.txt").write_text("The bridge is long.")
    (folder / "part").write_text("The ferry...")
    os.replace(folder / "part", folder / "a.txt")  # as long as the old one, perhaps
    pending = look_twice(watch, str(folder))
    assert changed(pending) == ["a.txt", "b.txt", "new.txt"]
    assert pending.locations == [str(folder)]
    watch.read(pending)
    assert look_twice(watch, str(folder)).changes == {}


def test_a_file_that_is_being_written_is_left_until_it_is_whole(folder: Path) -> None:
    watch = Watch([str(folder)], 60)
    with (folder / "long.txt").open("w") as file:
        for line in range(4):
            file.write(f"Line {line}.\n")
            file.flush()
            (folder / f"{line}.txt").write_text("Whole.") if line == 0 else None
            pending = watch.check([str(folder)])
            assert "long.txt" not in changed(pending)
            assert pending.leaves(str(folder / "long.txt"))
    assert changed(watch.check([str(folder)])) == ["0.txt", "long.txt"]


def test_what_is_due_says_which_entries_are_left(folder: Path) -> None:
    watch = Watch([str(folder)], 60)
    (folder / "rows.jsonl").write_text("{}")
    pending = look_twice(watch, str(folder))
    assert not pending.leaves(str(folder / "rows.jsonl") + "#17")
    assert pending.leaves(str(folder / "a.txt"))
    assert not pending.leaves("https://news.example/a#b")


def test_files_that_are_gone_and_folders_that_come_back_are_due(folder: Path) -> None:
    watch = Watch([str(folder)], 60)
    (folder / "a.txt").unlink()
    pending = look_twice(watch, str(folder))
    assert {Path(path).name for path in pending.changes[str(folder)].gone} == {"a.txt"}
    watch.read(pending)
    folder.rename(folder.with_name("away"))
    pending = look_twice(watch, str(folder))
    assert pending.locations == [str(folder)]
    watch.read(pending)
    folder.with_name("away").rename(folder)
    assert changed(look_twice(watch, str(folder))) == ["b.txt"]


def test_a_file_that_is_replaced_in_two_steps_is_not_gone_in_between(folder: Path) -> None:
    watch = Watch([str(folder)], 60)
    watch.check([str(folder)])
    text = (folder / "a.txt").read_text()
    (folder / "a.txt").unlink()
    assert watch.check([str(folder)]).changes == {}
    (folder / "a.txt").write_text(text)
    assert watch.check([str(folder)]).changes == {}
    assert changed(watch.check([str(folder)])) == ["a.txt"]


def test_what_was_due_and_could_not_be_read_is_due_again(folder: Path) -> None:
    watch = Watch([str(folder)], 60)
    (folder / "a.txt").write_text("The harbour reopened.")
    assert changed(look_twice(watch, str(folder))) == ["a.txt"]
    assert changed(watch.check([str(folder)])) == ["a.txt"]


def test_single_files_globs_and_sources_that_are_added_later_are_followed(folder: Path) -> None:
    file, pattern = str(folder / "a.txt"), str(folder / "**" / "*.txt")
    watch = Watch([file], 60)
    assert changed(look_twice(watch, file, pattern)) == ["a.txt", "b.txt"]  # the glob is new
    watch.read(watch.check([file, pattern]))
    (folder / "a.txt").write_text("The harbour reopened.")
    assert set(look_twice(watch, file, pattern).changes) == {file, pattern}


@pytest.mark.parametrize("source", ["articles", "articles/a.txt", "articles/*.txt"])
def test_a_side_car_that_changes_or_goes_makes_its_article_pending(folder: Path, source: str) -> None:
    location = str(folder.parent / source)
    watch = Watch([location], 60)
    for change in ("title: Harbour", "title: The harbour", None):
        if change:
            (folder / "a.txt.meta").write_text(change)
        else:
            (folder / "a.txt.meta").unlink()
        pending = look_twice(watch, location)
        assert pending.locations == [location]
        assert not pending.leaves(str(folder / "a.txt"))
        assert pending.leaves(str(folder / "inner" / "b.txt"))
        watch.read(pending)
        assert look_twice(watch, location).changes == {}


def test_hidden_files_pipes_and_broken_links_are_no_news(folder: Path) -> None:
    watch = Watch([str(folder)], 60)
    (folder / ".swap").write_text("x")
    (folder / "link.txt").symlink_to(folder / "gone")
    os.mkfifo(folder / "pipe.txt")
    assert look_twice(watch, str(folder)).changes == {}


def test_sites_are_asked_at_an_interval() -> None:
    feed, later = "https://news.example/feed.xml", "https://news.example/other.xml"
    watch = Watch([feed], 0.2)
    assert watch.check([feed]).locations == []
    assert watch.check([feed, later]).locations == [later]
    time.sleep(0.25)
    pending = watch.check([feed])
    assert pending.locations == [feed]
    watch.read(pending)
    assert watch.check([feed]).locations == []


def test_a_look_at_many_files_makes_the_next_one_wait(tmp_path: Path) -> None:
    for number in range(3000):
        (tmp_path / f"{number}.txt").touch()
    watch = Watch([str(tmp_path)], 60)
    began = time.monotonic()
    watch.check([str(tmp_path)])
    assert 0.5 <= watch.pause <= max(0.5, 20 * (time.monotonic() - began))
    began = time.thread_time()
    for _ in range(10):
        watch.check([str(tmp_path)])
    assert watch.pause >= (time.thread_time() - began) / 10
