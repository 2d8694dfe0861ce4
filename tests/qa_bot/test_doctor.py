"""`qa-bot doctor`: what is wrong, and what to do."""

from __future__ import annotations

import json
import shutil
import sqlite3
from pathlib import Path

import pytest
from commands import AS_ORDINARY_USER, Command, Done


@pytest.fixture(scope="module")
def indexed(tmp_path_factory: pytest.TempPathFactory, cache_dir: Path, seeds_folder: Path) -> Path:
    """A data folder with the seeds, of which each test takes a copy."""
    folder = tmp_path_factory.mktemp("indexed")
    shutil.copytree(seeds_folder, folder / "seeds")
    assert Command(folder, cache_dir, folder / "data")("index", folder / "seeds").code == 0
    return folder


@pytest.fixture
def run(tmp_path: Path, cache_dir: Path, indexed: Path) -> Command:
    """Commands on a copy of it."""
    shutil.copytree(indexed / "data", tmp_path / "data")
    return Command(tmp_path, cache_dir, tmp_path / "data")


def wrong(done: Done) -> list[str]:
    """The findings that must be mended."""
    return [line for line in done.output.splitlines() if line.startswith("WRONG")]


def test_all_is_well(run: Command) -> None:
    done = run("doctor")
    assert (done.code, done.lines) == (0, [])
    assert done.output.splitlines()[-1] == "all is well"
    for words in (
        "15 articles",
        "loads and reads",
        "find articles by their own words",
        "15 new",
        "qa_bot.sqlite3: sound",
    ):
        assert words in done.output


def test_as_json_each_finding_is_an_object(run: Command) -> None:
    findings = run("doctor", "--json").json
    assert all(finding.keys() == {"right", "subject", "words"} for finding in findings)
    assert {"installation", "store", "encoder", "reader", "indexes", "source"} <= {f["subject"] for f in findings}


def test_before_the_first_article_it_says_what_to_do(tmp_path: Path, cache_dir: Path) -> None:
    done = Command(tmp_path, cache_dir, tmp_path / "data")("doctor")
    assert done.code == 0
    assert "there are no articles yet; run: qa-bot index FOLDER" in done.output


def test_a_source_that_is_gone_is_named(tmp_path: Path, cache_dir: Path, run: Command) -> None:
    (tmp_path / "articles").mkdir()
    (tmp_path / "articles" / "a.txt").write_text("The mill of Tarn burned down in 1921.")
    assert run("index", tmp_path / "articles").code == 0
    shutil.rmtree(tmp_path / "articles")
    done = run("doctor")
    assert done.code == 2
    assert wrong(done) == [
        f"WRONG source: {tmp_path / 'articles'} is not there; bring it back, or run: qa-bot sources remove "
        f"{tmp_path / 'articles'}"
    ]


def test_a_damaged_file_is_named_and_nothing_else_is_tried(run: Command) -> None:
    with (run.data_dir / "qa_bot.sqlite3").open("r+b") as file:
        file.seek(40_000)
        file.write(b"\xff" * 60_000)
    done = run("doctor")
    assert done.code == 2
    (line,) = wrong(done)
    assert "qa_bot.sqlite3 is damaged" in line
    assert "qa-bot restore" in line
    assert "cannot be checked before the damage is mended" in done.output


def test_a_store_of_another_encoder_is_named_with_the_way_out(run: Command) -> None:
    with sqlite3.connect(run.data_dir / "qa_bot.sqlite3") as connection:
        connection.execute("UPDATE facts SET value = 'another' WHERE name = 'encoder'")
    done = run("doctor")
    assert done.code == 2
    assert "the store was made with the encoder another" in wrong(done)[0]
    assert "qa-bot index --rebuild" in wrong(done)[0]


def test_a_folder_that_cannot_be_written_to_is_named(run: Command) -> None:
    run.data_dir.chmod(0o500)
    done = run("doctor", before=AS_ORDINARY_USER)
    run.data_dir.chmod(0o700)
    assert done.code == 2
    assert "cannot be written to; set QA_BOT_DATA_DIR" in wrong(done)[0]


def test_a_setting_that_names_no_model_is_said(run: Command) -> None:
    done = run("doctor", "--reader", "no-such-folder/reader", "--json")
    assert done.code == 2
    (reader,) = [finding for finding in json.loads(done.output) if finding["subject"] == "reader"]
    assert reader["right"] is False
    assert "no-such-folder/reader" in reader["words"]
