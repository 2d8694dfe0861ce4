"""What the Slack app remembers: each job once, those of dead processes again, nothing for ever."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from embeddings.errors import StoreError
from qa_bot.slack.jobs import state as state_module
from qa_bot.slack.jobs.state import SlackState

LEAVE_ONE = """
import os, sys
from pathlib import Path
from qa_bot.slack.jobs.state import SlackState
state = SlackState(Path(sys.argv[1]))
state.claim("question:C1:1.0", "question", {"text": "Who?"})
state.claim("question:C1:2.0", "question", {"text": "When?"})
state.done("question:C1:2.0")
os._exit(9)  # as if it were killed: nothing is put in order
"""


@pytest.fixture
def state(tmp_path: Path) -> SlackState:
    return SlackState(tmp_path)


def test_a_job_is_claimed_once_by_whoever_comes_first(state: SlackState, tmp_path: Path) -> None:
    other = SlackState(tmp_path)
    assert state.claim("question:C1:1.0", "question", {"text": "Who?"})
    assert not state.claim("question:C1:1.0", "question", {"text": "Who?"})
    assert not other.claim("question:C1:1.0", "question", {"text": "Who?"})
    state.done("question:C1:1.0")
    assert not other.claim("question:C1:1.0", "question", {}), "done is done"


def test_what_a_killed_process_left_is_taken_up_once(state: SlackState, tmp_path: Path) -> None:
    assert subprocess.run([sys.executable, "-c", LEAVE_ONE, str(tmp_path)], check=False).returncode == 9
    orphans = state.orphans()
    assert [(job.key, job.kind, job.payload, job.attempts) for job in orphans] == [
        ("question:C1:1.0", "question", {"text": "Who?"}, 2)
    ]
    assert state.orphans() == []
    assert SlackState(tmp_path).orphans() == [], "this process is alive"


def test_jobs_of_a_process_that_is_alive_are_left_to_it(state: SlackState, tmp_path: Path) -> None:
    SlackState(tmp_path).claim("k", "question", {})
    assert state.orphans() == []


def test_jobs_of_a_process_that_ended_in_order_are_taken_up_at_once(state: SlackState, tmp_path: Path) -> None:
    other = SlackState(tmp_path)
    other.claim("k", "question", {})
    other.close()
    assert [job.key for job in state.orphans()] == ["k"]


def test_old_jobs_are_not_taken_up_and_old_things_are_forgotten(
    state: SlackState, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = SlackState(tmp_path)
    other.claim("k", "question", {})
    other.remember_answer("C1", "1.0", "2.0")
    other.remember_question("T1", "U1", "Who?")
    other.close()
    later = state_module.time.time() + 91 * state_module.DAY
    monkeypatch.setattr(state_module.time, "time", lambda: later)
    assert state.orphans() == []
    state.prune()
    assert state.answer_to("C1", "1.0") is None
    assert state.last_questions("T1", "U1") == []
    assert state.claim("k", "question", {})


def test_what_is_done_is_not_kept(state: SlackState, tmp_path: Path) -> None:
    state.claim("k", "question", {"text": "a question that nobody else should read"})
    state.done("k")
    state.close()
    assert b"nobody else" not in b"".join(path.read_bytes() for path in tmp_path.glob("slack.sqlite3"))


def test_a_person_sees_their_own_last_questions_newest_first(state: SlackState) -> None:
    for number in range(7):
        state.remember_question("T1", "U1", f"Question {number}?")
    state.remember_question("T1", "U1", "Question 4?")
    state.remember_question("T1", "U2", "Somebody else's?")
    assert state.last_questions("T1", "U1") == [
        "Question 4?",
        "Question 6?",
        "Question 5?",
        "Question 3?",
        "Question 2?",
    ]
    assert state.last_questions("T2", "U1") == []


def test_answers_are_found_by_their_question(state: SlackState) -> None:
    state.remember_answer("C1", "1.0", "2.0")
    assert state.answer_to("C1", "1.0") == "2.0"
    assert state.answer_to("C2", "1.0") is None
    state.forget_answer("C1", "1.0")
    assert state.answer_to("C1", "1.0") is None


def test_only_its_owner_can_read_it(state: SlackState) -> None:
    assert os.stat(state.path).st_mode & 0o077 == 0


def test_a_folder_that_cannot_be_used_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(StoreError, match="QA_BOT_DATA_DIR"):
        SlackState(tmp_path / "file")


def test_texts_with_lone_surrogates_do_no_harm(state: SlackState, tmp_path: Path) -> None:
    other = SlackState(tmp_path)
    other.claim("k", "question", json.loads('{"text": "\\ud800"}'))
    other.close()
    assert state.orphans()[0].payload == {"text": "\ud800"}
