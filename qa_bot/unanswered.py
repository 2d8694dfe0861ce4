"""What was not answered: questions that were refused or judged wrong, grouped by meaning, for whoever writes or indexes."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from datetime import date, datetime, time, timedelta

import numpy as np
from pydantic import BaseModel, ConfigDict

from embeddings.encoder.model import Vectors
from embeddings.text import squeeze
from qa_bot.feedback import FeedbackLog, MissedQuestion

SAME_NEED = 0.7
"""Cosine from which a question joins a group, measured with the packaged encoder by `tests/benchmarks/question_groups.py`.

B-cubed precision and recall of the groups there: 0.79 and 0.80, 0.93 and 0.77 on the two halves of the paraphrases, 0.70 and
0.88 on SQuAD's questions, where many ask about one paragraph.  A higher threshold splits needs, a lower one mixes them.
"""
WORDINGS_COMPARED = 5000
"""Wordings that are compared; the newest, if there are more."""
DEFAULT_DAYS = 30


class ChannelCount(BaseModel):
    """How many of the questions of a group were asked in a channel; its id is empty outside channels, or if not recorded."""

    model_config = ConfigDict(frozen=True)

    channel: str
    count: int


class QuestionGroup(BaseModel):
    """Questions that ask for the same.

    Attributes:
        question: the wording that stands for them: the most frequent one, of these the newest.
        wordings: all that were asked, this one first.
        count: of questions.
        refused: how many of them had no answer.
        judged_wrong: how many judgements said that the answer is wrong.
        channels: where they were asked, the most frequent first.
        last_asked: the last day.
    """

    model_config = ConfigDict(frozen=True)

    question: str
    wordings: tuple[str, ...]
    count: int
    refused: int
    judged_wrong: int
    channels: tuple[ChannelCount, ...]
    last_asked: date


class UnansweredReport(BaseModel):
    """What was not answered from one day to another.

    Attributes:
        since, until: first and last day.
        log_questions: whether questions without an answer are recorded.
        notice: how to switch that on; null if it is on.
        questions: how many were refused or judged wrong.
        groups: the largest first.
    """

    model_config = ConfigDict(frozen=True)

    since: date
    until: date
    log_questions: bool
    notice: str | None
    questions: int
    groups: tuple[QuestionGroup, ...]


def report(
    log: FeedbackLog,
    encode: Callable[[str], Vectors],
    since: date,
    until: date,
    *,
    notice: str | None,
    team: str | None = None,
    most: int = WORDINGS_COMPARED,
) -> UnansweredReport:
    """Groups what was not answered in a period.

    Args:
        log: where it is recorded.
        encode: a question to its unit vector, shape (dimension,).
        since: the first day.
        until: the last day.
        notice: how to have questions without an answer recorded; None if they are.
        team: id of a workspace; None for all.
        most: wordings that are compared at most.
    """
    missed = log.missed(_begin(since), _begin(until + timedelta(days=1)), team)
    return UnansweredReport(
        since=since,
        until=until,
        log_questions=notice is None,
        notice=notice,
        questions=len(missed),
        groups=tuple(group_questions(missed, encode, most)),
    )


def group_questions(
    missed: Sequence[MissedQuestion], encode: Callable[[str], Vectors], most: int = WORDINGS_COMPARED
) -> list[QuestionGroup]:
    """Groups questions by meaning; the groups with the most questions first, of these the newest.

    Args:
        missed: the questions, the oldest first.
        encode: a question to its unit vector, shape (dimension,).
        most: wordings that are compared at most.
    """
    wordings: dict[str, list[MissedQuestion]] = {}
    for question in missed:
        wordings.setdefault(squeeze(question.question).casefold(), []).append(question)
    newest = sorted(wordings.values(), key=lambda asked: -asked[-1].moment)[:most]
    ordered = sorted(newest, key=lambda asked: -len(asked))
    if not ordered:
        return []
    members: dict[int, list[list[MissedQuestion]]] = {}
    vectors = np.stack([encode(asked[-1].question) for asked in ordered])
    for number, asked in zip(leaders(vectors, SAME_NEED), ordered, strict=True):
        members.setdefault(number, []).append(asked)
    groups = [(max(asked[-1].moment for asked in group), _group(group)) for group in members.values()]
    return [group for _, group in sorted(groups, key=lambda item: (-item[1].count, -item[0]))]


def leaders(vectors: Vectors, threshold: float) -> list[int]:
    """The number of each question's group: it joins the nearest leader, or leads a new group if none is near enough.

    Leader clustering (Hartigan, 1975, "Clustering Algorithms", chapter 3): unlike single link, it makes no chains, in which
    each question is near the next and the ends have nothing in common.

    Args:
        vectors: unit vectors, shape (questions, dimension), those that may lead first.
        threshold: least cosine with a leader.
    """
    leading = np.empty_like(vectors)
    groups: list[int] = []
    count = 0
    for vector in vectors:
        cosines = leading[:count] @ vector
        nearest = int(np.argmax(cosines)) if count else -1
        if nearest < 0 or cosines[nearest] < threshold:
            leading[count] = vector
            nearest, count = count, count + 1
        groups.append(nearest)
    return groups


def _group(wordings: Sequence[Sequence[MissedQuestion]]) -> QuestionGroup:
    questions = [question for asked in wordings for question in asked]
    channels = Counter(question.channel for question in questions)
    judged = sum(question.is_judged for question in questions)
    return QuestionGroup(
        question=wordings[0][-1].question,
        wordings=tuple(asked[-1].question for asked in wordings),
        count=len(questions),
        refused=len(questions) - judged,
        judged_wrong=judged,
        channels=tuple(ChannelCount(channel=channel, count=count) for channel, count in channels.most_common()),
        last_asked=day_of(max(question.moment for question in questions)),
    )


def day_of(moment: float) -> date:
    """The day of a moment in seconds since 1970, where this machine is."""
    return datetime.fromtimestamp(moment).date()


def _begin(day: date) -> float:
    """When a day begins where this machine is, in seconds since 1970."""
    return datetime.combine(day, time()).timestamp()
