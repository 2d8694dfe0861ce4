"""Questions of one's own, asked of one's own archive."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

import pytest
from commands import Command

from embeddings.errors import DatasetError, SettingsError
from qa_bot import QABot, Settings
from qa_bot.evaluation.modes import Mode, evaluate
from qa_bot.evaluation.own_archive import load_own_questions

CSV = """question,answers,article
When was Voyager 2 launched?,"August 20, 1977|20 August 1977","The Voyager Probes, Still Calling Home"
Who was the first woman at the bottom of Challenger Deep?,Kathy Sullivan,
Who led the party after Honecker?,Somebody Else,The Night the Berlin Wall Opened
How much did the Apollo 11 mission cost?,,
"""
JSONL = [
    {"question": "When was Voyager 2 launched?", "answers": ["August 20, 1977"]},
    {"question": "How much did the Apollo 11 mission cost?", "answers": []},
]


def test_the_shares_are_of_the_questions_that_they_are_about(tmp_path: Path, seed_bot: QABot) -> None:
    (tmp_path / "q.csv").write_text(CSV)
    before = {path: hashlib.sha256(path.read_bytes()).digest() for path in files_of(seed_bot)}
    report = evaluate([tmp_path / "q.csv"], settings=seed_bot.settings)
    figures = report.archive
    assert figures
    assert (figures.right_on_top.questions, round(figures.right_on_top.share, 2)) == (3, 0.67)
    assert figures.answered.share == 1
    assert (figures.right_of_answered.questions, round(figures.right_of_answered.share, 2)) == (3, 0.67)
    assert (figures.refused.questions, figures.refused.share) == (1, 1)
    assert {depth: (share.questions, share.share) for depth, share in figures.recall.items()} == {
        "1": (2, 1), "5": (2, 1), "10": (2, 1),
    }  # fmt: skip
    assert figures.right_on_top.low <= figures.right_on_top.share <= figures.right_on_top.high
    assert report.end_to_end
    assert report.end_to_end.questions == 4
    assert {path: hashlib.sha256(path.read_bytes()).digest() for path in files_of(seed_bot)} == before, "read only"


def files_of(bot: QABot) -> list[Path]:
    """The store's files, but for those that SQLite shares among its readers: an empty log of writes is one of them."""
    files = [path for path in sorted(bot.settings.data_dir.rglob("*")) if path.is_file()]
    return [path for path in files if not path.name.endswith(("-shm", "-wal")) or _has_writes(path)]


def _has_writes(path: Path) -> bool:
    return path.name.endswith("-wal") and path.stat().st_size > 0


def test_the_command_prints_tables_json_and_a_report(tmp_path: Path, settings: Settings, seed_bot: QABot) -> None:
    (tmp_path / "q.jsonl").write_text("\n".join(map(json.dumps, JSONL)))
    run = Command(tmp_path, settings.cache_dir, settings.data_dir)
    shown = run("eval", "q.jsonl", "--report", "out")
    assert shown.code == 0, shown
    assert "Your archive: 2 questions of yours" in shown.output
    assert "right on top" in shown.output
    given = run("eval", "--json", "q.jsonl").json
    assert given["archive"]["right_on_top"]["share"] == 1
    assert "recall" not in given["archive"] or given["archive"]["recall"] == {}
    assert "When was Voyager 2 launched?" in (tmp_path / "out" / "predictions.jsonl").read_text()
    assert "Your archive" in (tmp_path / "out" / "report.md").read_text()


@pytest.mark.parametrize(
    ("name", "content", "words"),
    [
        ("q.csv", "question;answers\nWho?;Ann\n", "line 1: the column"),
        ("q.csv", "question,answers\n,Ann\n", "line 2: the question is missing"),
        ("q.csv", "", "line 1: the column"),
        ("q.csv", "question,answers\n", "holds no questions"),
        ("q.jsonl", "{", "line 1: not JSON"),
        ("q.jsonl", '\n["Who?"]', "line 2: not an object"),
        ("q.jsonl", '{"question": "Who?"}', "line 1: answers is not a list of texts"),
        ("q.jsonl", '{"question": "Who?", "answers": [1]}', "line 1: answers is not a list of texts"),
        ("q.jsonl", b"\xff\xfe", "not UTF-8"),
    ],
)
def test_what_is_no_question_is_named_with_its_line(
    tmp_path: Path, name: str, content: str | bytes, words: str
) -> None:
    path = tmp_path / name
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    with pytest.raises(DatasetError, match=words):
        load_own_questions(path)


def test_files_of_both_kinds_are_refused(tmp_path: Path, settings: Settings) -> None:
    with pytest.raises(SettingsError, match="not evaluated together"):
        evaluate([tmp_path / "a.csv", tmp_path / "b.json"], settings=settings)


def test_a_mode_that_does_not_apply_is_refused_and_not_passed_over(tmp_path: Path, settings: Settings) -> None:
    with pytest.raises(SettingsError, match="--mode: one's own questions"):
        evaluate([tmp_path / "a.csv"], settings=settings, modes=(Mode.READER,))


def test_one_answer_may_stand_alone_and_a_mark_of_the_byte_order_is_passed_over(tmp_path: Path) -> None:
    (tmp_path / "q.jsonl").write_bytes(b'\xef\xbb\xbf{"question": " Who? ", "answers": "Ann"}\n')
    ((question, article),) = load_own_questions(tmp_path / "q.jsonl")
    assert (question.text, [r.text for r in question.references], article) == ("Who?", ["Ann"], "")


def test_what_is_got_without_reading_stands_beside_it(tmp_path: Path, settings: Settings, seed_bot: QABot) -> None:
    (tmp_path / "q.csv").write_text(CSV)
    run = Command(tmp_path, settings.cache_dir, settings.data_dir)
    given = run("eval", "--baselines", "--json", "q.csv").json["baselines"]
    assert given.keys() == {"lexical (BM25)", "dense", "as deployed"}
    for figures in given.values():
        assert 0 <= figures["f1"] <= 100
        assert figures["sentence_has_answer"] <= figures["passage_has_answer"]
    assert given["as deployed"]["passage_has_answer"] == pytest.approx(66.6667), "of two in three, by hand"
    assert "Without reading" in run("eval", "--baselines", "q.csv").output
    assert "baselines" not in run("eval", "--json", "q.csv").json
