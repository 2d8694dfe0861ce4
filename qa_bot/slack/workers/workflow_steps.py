"""Jobs about the step for Workflow Builder: a question in; what was found out."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from typing import Any

from pydantic import BaseModel, ConfigDict
from slack_sdk.errors import SlackApiError

from qa_bot.answering.results import Answer
from qa_bot.slack.jobs.state import Job
from qa_bot.slack.services import Desk
from qa_bot.slack.views.outcomes import Failure, Outcome
from qa_bot.slack.views.quoting import inert, web_address
from qa_bot.slack.web_api.posting import call, error_code

CALLBACK_ID = "answer_question"
"""Of the step, in the manifest and in workflows."""
QUESTION = "question"
"""Name of its input."""

_log = logging.getLogger(__name__)


class StepPayload(BaseModel):
    """What a job about a step carries: the workspace, the execution, and the question."""

    model_config = ConfigDict(frozen=True)

    team: str | None
    enterprise: str | None
    execution: str
    question: str


class StepWork:
    """Does the jobs.

    Args:
        desk: the parts of the app.
    """

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    async def answer(self, job: Job) -> None:
        """Answers, and lets the workflow go on; a question that cannot be answered ends it with the reason."""
        asked = StepPayload.model_validate(job.payload)
        client = await self._desk.workspaces.client(asked.enterprise, asked.team)
        if client is None:
            return
        (outcome,) = await self._desk.asker(None).ask([asked.question])
        name, ended = _end(outcome)
        try:
            # The SDK's own methods put it all into the address, which a long sentence does not fit into.
            await call(client.api_call, api_method=name, json={"function_execution_id": asked.execution, **ended})
        except SlackApiError as error:
            _log.warning("a workflow step could not be completed: %s", error_code(error))


def _end(outcome: Outcome) -> tuple[str, dict[str, Any]]:
    """The method that ends the step, and what it says."""
    if isinstance(outcome, Failure):
        return "functions.completeError", {"error": outcome.text}
    return "functions.completeSuccess", {"outputs": outputs(outcome)}


def outputs(answer: Answer) -> Mapping[str, str | float | bool]:
    """What comes out of the step; the texts are empty if the articles don't say.  Workflows put them into messages."""
    found, sentence, article = answer.answer, answer.sentence, answer.article
    return {
        "found": answer.answered,
        "answer": inert(found.text) if found else "",
        "sentence": inert(sentence.text) if sentence else "",
        "title": inert(article.title) if article else "",
        "link": (web_address(article.url) or "") if article else "",
        "confidence": found.confidence if found else 0.0,
    }
