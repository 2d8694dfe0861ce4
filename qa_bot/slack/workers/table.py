"""The table of jobs: what does which kind."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from qa_bot.slack.workers.articles import ArticleWork
from qa_bot.slack.workers.private_answers import PrivateWork
from qa_bot.slack.workers.questions import QuestionWork
from qa_bot.slack.workers.workflow_steps import StepWork

if TYPE_CHECKING:
    from qa_bot.slack.jobs.queue import Work
    from qa_bot.slack.services import Desk


def works(desk: Desk) -> Mapping[str, Work]:
    """For each kind of job, what does it."""
    questions, private, steps, articles = QuestionWork(desk), PrivateWork(desk), StepWork(desk), ArticleWork(desk)
    return {
        "question": questions.answer,
        "too busy": questions.refuse,
        "edit": questions.answer_anew,
        "delete": questions.take_back,
        "ask": private.answer,
        "share": private.share,
        "step": steps.answer,
        "index": articles.index_post,
        "admin": articles.administer,
    }
