"""Jobs about the step for Workflow Builder: a question in, an answer out."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from typing import Any

from slack_sdk.errors import SlackApiError

from qa_bot.answering.results import Answer
from qa_bot.slack.jobs.state import Job
from qa_bot.slack.quoting import inert, web_address
from qa_bot.slack.services import Origin, Services
from qa_bot.slack.views.blocks import Failure, Outcome
from qa_bot.slack.web_api.calls import call, error_code
from qa_bot.slack.workers.asking import ask

STEP = "answer_question"
"""Callback id of the step, in the manifest and in workflows."""
QUESTION = "question"
"""Name of its input."""

_log = logging.getLogger(__name__)


class StepPayload(Origin):
    """What a job about a step carries: the execution's id, and the question in plain text."""

    execution: str
    question: str


async def answer(services: Services, job: Job) -> None:
    """Answers a question and continues the workflow, or ends it with the reason for no answer."""
    asked = StepPayload.model_validate(job.payload)
    client = await services.client_for(asked)
    if client is None:
        return
    (outcome,) = await ask(services, None, [asked.question])
    method, arguments = _completion(outcome)
    try:
        # The SDK's own methods put everything into the address, which is too short for a long sentence.
        await call(client.api_call, api_method=method, json={"function_execution_id": asked.execution, **arguments})
    except SlackApiError as error:
        _log.warning("a workflow step could not be completed: %s", error_code(error))


def outputs(answer: Answer) -> Mapping[str, str | float | bool]:
    """The outputs of the step, which workflows put into messages; texts are empty if the articles don't answer."""
    span, sentence, article = answer.answer, answer.sentence, answer.article
    return {
        "found": answer.answered,
        "answer": inert(span.text) if span else "",
        "sentence": inert(sentence.text) if sentence else "",
        "title": inert(article.title) if article else "",
        "link": (web_address(article.url) or "") if article else "",
        "confidence": span.confidence if span else 0.0,
    }


def _completion(outcome: Outcome) -> tuple[str, dict[str, Any]]:
    """The method that ends the step, and its arguments."""
    if isinstance(outcome, Failure):
        return "functions.completeError", {"error": outcome.text}
    return "functions.completeSuccess", {"outputs": outputs(outcome)}
