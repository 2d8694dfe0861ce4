"""Jobs about the step for Workflow Builder: a question in, an answer out."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from typing import Any

from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient

from qa_bot.answering.results import Answer
from qa_bot.slack.quoting import inert, web_address
from qa_bot.slack.services import Origin, Services
from qa_bot.slack.views.blocks import Failure
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


async def answer(services: Services, client: AsyncWebClient, asked: StepPayload) -> None:
    """Answers a question and continues the workflow, or ends it with the reason for no answer."""
    (outcome,) = await ask(services, None, [asked.question])
    result: dict[str, Any] = {"function_execution_id": asked.execution}
    if isinstance(outcome, Failure):
        method, result["error"] = "functions.completeError", outcome.text
    else:
        method, result["outputs"] = "functions.completeSuccess", outputs(outcome)
    try:
        # The SDK's own methods put everything into the address, which is too short for a long sentence.
        await call(client.api_call, api_method=method, json=result)
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
