"""What was not answered: recorded once for each message, grouped by meaning, and reported for a period."""

from __future__ import annotations

import json
import time
from contextlib import closing
from datetime import date, timedelta
from pathlib import Path

import numpy as np
import pytest
from commands import Command

from qa_bot.bot import QABot
from qa_bot.feedback import UNANSWERED_AGE, FeedbackLog, Judgement, MissedQuestion, Verdict
from qa_bot.unanswered import SAME_NEED, UnansweredReport, group_questions, leaders

DAY = 86_400.0
PARAPHRASES = Path(__file__).parents[1] / "benchmarks" / "questions" / "paraphrases.jsonl"


@pytest.fixture
def log(tmp_path: Path) -> FeedbackLog:
    """An empty record in `tmp_path / "data"`."""
    return FeedbackLog(tmp_path / "data")


@pytest.fixture
def qa_bot(tmp_path: Path, cache_dir: Path) -> Command:
    """The command, on that folder, with a file of settings that it may have."""
    command = Command(tmp_path, cache_dir, tmp_path / "data")
    command.environment["QA_BOT_CONFIG"] = str(tmp_path / "qa_bot.toml")
    (tmp_path / "qa_bot.toml").write_text("[slack]\nlog_questions = true\n")
    return command


def wrong(question: str, verdict: Verdict = Verdict.WRONG, answer: str = "Thursday", **facts: str) -> Judgement:
    return Judgement(question=question, verdict=verdict, person="p1", answer=answer, **facts)


def refused(question: str, moment: float, channel: str = "C1") -> MissedQuestion:
    return MissedQuestion(question, channel, moment, is_judged=False)


def questions(log: FeedbackLog, team: str | None = None) -> list[str]:
    return [missed.question for missed in log.missed(0, time.time() + DAY, team)]


def test_an_edited_message_replaces_what_was_recorded_of_it(log: FeedbackLog) -> None:
    log.note_unanswered("C1:1.1", ["Who sank?", "Why?"], team="T1", channel="C1")
    log.note_unanswered("C1:2.2", ["Who swam?"], team="T2", channel="C1")
    log.note_unanswered("C1:1.1", ["Who sank first?"], team="T1", channel="C1")
    assert sorted(questions(log)) == ["Who sank first?", "Who swam?"]
    assert questions(log, "T2") == ["Who swam?"]
    log.note_unanswered("C1:1.1", [], team="T1", channel="C1")
    assert questions(log) == ["Who swam?"]


def test_old_ones_are_forgotten(log: FeedbackLog, monkeypatch: pytest.MonkeyPatch) -> None:
    now = time.time()
    with monkeypatch.context() as patch:
        patch.setattr(time, "time", lambda: now - UNANSWERED_AGE - 1)
        log.note_unanswered("C1:1.1", ["Who sank?"], team="", channel="")
    assert questions(log) == ["Who sank?"]
    log.note_unanswered("C1:2.2", ["Who swam?"], team="", channel="")
    assert questions(log) == ["Who swam?"]


def test_only_judgements_that_something_is_wrong_count(log: FeedbackLog) -> None:
    for verdict in Verdict:
        log.add(wrong(f"answered, {verdict}", verdict))
        log.add(wrong(f"refused, {verdict}", verdict, answer=""))
    assert set(questions(log)) == {
        "answered, wrong",
        "answered, not asked",
        "answered, answerable",
        "answered, unanswerable",
        "refused, wrong",
        "refused, not asked",
        "refused, answerable",
    }, "a person who agrees that there is no answer finds nothing wrong"


def test_wordings_of_a_need_are_one_group_and_other_needs_are_others(seed_bot: QABot) -> None:
    asked = [
        refused("How long is parental leave?", 1.0),
        refused("Who designed the new bridge?", 2.0),
        refused("What is the length of parental leave?", 3.0, "C2"),
        refused("how long is  parental leave?", 4.0),
        MissedQuestion("Who was the designer of the new bridge?", "", 5.0, is_judged=True),
    ]
    groups = group_questions(asked, seed_bot.encoder.encode_question)
    assert [(group.question, group.count, group.refused, group.judged_wrong) for group in groups] == [
        ("how long is  parental leave?", 3, 3, 0),
        ("Who was the designer of the new bridge?", 2, 1, 1),
    ]
    assert groups[0].wordings == ("how long is  parental leave?", "What is the length of parental leave?")
    assert [(one.channel, one.count) for one in groups[0].channels] == [("C1", 2), ("C2", 1)]
    assert group_questions([], seed_bot.encoder.encode_question) == []


def test_the_threshold_suits_paraphrases_some_of_which_are_close_to_others(seed_bot: QABot) -> None:
    records = [json.loads(line) for line in PARAPHRASES.read_text().splitlines()]
    asked = [(wording, record["id"]) for record in records for wording in record["wordings"]]
    vectors = np.stack([seed_bot.encoder.encode_question(wording) for wording, _ in asked])
    groups = leaders(vectors, SAME_NEED)
    same = [
        (groups[one] == groups[other], asked[one][1] == asked[other][1])
        for one in range(len(asked))
        for other in range(one)
    ]
    together = [is_right for is_together, is_right in same if is_together]
    assert sum(together) / len(together) >= 0.6, "precision of pairs"
    assert sum(together) / sum(is_right for _, is_right in same) >= 0.55, "recall of pairs"


def test_the_report_tells_counts_channels_and_days(log: FeedbackLog, qa_bot: Command) -> None:
    with closing(log):
        log.note_unanswered("1", ["How long is parental leave?"], team="T1", channel="C1")
        log.note_unanswered("2", ["What is the length of parental leave?"], team="T1", channel="C2")
        log.add(wrong("Who designed the new bridge?", channel="C1"), given=time.time() - 40 * DAY)
    text = qa_bot("feedback", "report")
    assert text.code == 0
    assert "2 × What is the length of parental leave?" in text.output
    assert "also: How long is parental leave?" in text.output
    assert f"2 without an answer; last on {date.today()}; channels: C" in text.output
    assert "bridge" not in text.output, "it is older than 30 days"
    assert "not recorded" not in text.output
    longer = UnansweredReport.model_validate(qa_bot("feedback", "report", "--days", "50", "--json").json)
    assert [(group.count, group.judged_wrong) for group in longer.groups] == [(2, 0), (1, 1)]
    assert (longer.questions, longer.log_questions, longer.notice) == (3, True, None)
    since, until = (str(date.today() - timedelta(days=days)) for days in (45, 35))
    (bridge,) = qa_bot("feedback", "report", "--since", since, "--until", until, "--json").json["groups"]
    assert bridge["question"] == "Who designed the new bridge?"


def test_it_says_how_to_have_questions_recorded(log: FeedbackLog, qa_bot: Command, tmp_path: Path) -> None:
    log.close()
    config = tmp_path / "qa_bot.toml"
    config.write_text("")
    hint = f"not recorded; to record them, set log_questions = true under [slack] in {config}"
    assert hint in qa_bot("feedback", "report").output
    found = qa_bot("feedback", "report", "--json").json
    assert found["log_questions"] is False
    assert hint in found["notice"]


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (("--days", "0"), "whole number"),
        (("--days", "99999999"), "--days"),
        (("--days", "3", "--since", "2026"), "--since, --days"),
        (("--since", "May"), "2024-01-31"),
        (("--since", "2026-02", "--until", "2026-01"), "swap"),
    ],
)
def test_a_period_that_cannot_be_is_an_error(qa_bot: Command, options: tuple[str, ...], said: str) -> None:
    done = qa_bot("feedback", "report", *options)
    assert done.code == 2
    assert said in "\n".join(done.lines)


def test_what_a_person_typed_drives_no_terminal(log: FeedbackLog, qa_bot: Command) -> None:
    with closing(log):
        log.note_unanswered("1", ["Who \x1b[31msank?"], team="", channel="C1")
    for options in ((), ("--json",)):
        assert "\x1b" not in qa_bot("feedback", "report", *options).output
