"""Jobs about the step for Workflow Builder: a question in, an answer out."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from typing import Any

from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient

from qa_bot.answering.results import Answer
from qa_bot.slack.jobs.state import Job
from qa_bot.slack.quoting import inert, web_address
from qa_bot.slack.services import Origin, Services
from qa_bot.slack.views.blocks import Failure, Outcome
from qa_bot.slack.web_api.calls import call, error_code
from qa_bot.slack.web_api.workspaces import new_client
from qa_bot.slack.workers.asking import ask
from qa_bot.slack.workers.unanswered import note_unanswered

STEP = "answer_question"
"""Callback id of the step, in the manifest and in workflows."""
QUESTION = "question"
"""Name of its input."""
CHANNEL = "channel"
"""Name of its input that says where the answer is shown."""
ENDED = frozenset({"execution_not_in_running_state", "function_execution_not_found"})
"""Errors that say that a step needs no end any more."""

_log = logging.getLogger(__name__)


class StepPayload(Origin):
    """What a job about a step carries.

    Attributes:
        execution: id of the step's execution.
        question: in plain text.
        token: what the step may be completed with; Slack sends one with each execution.
        refused: whether the workspace or the channel is not answered.
        channel: id of the channel whose settings apply; None outside channels.
    """

    execution: str
    question: str
    token: str = ""
    refused: bool = False
    channel: str | None = None


async def answer(services: Services, job: Job) -> None:
    """Answers a question and continues the workflow, or ends it with the reason for no answer."""
    asked = StepPayload.model_validate(job.payload)
    client = await _client(services, asked)
    if client is None:
        return
    texts = services.texts(asked.channel)
    try:
        outcome = Failure(asked.question, texts.not_here) if asked.refused else await _outcome(services, asked)
        if not isinstance(outcome, Failure):
            await _complete(client, asked, "functions.completeSuccess", outputs=outputs(outcome))
            return
        reason = outcome.text
    except SlackApiError as error:
        _log.warning("a workflow step could not be completed: %s", error_code(error))
        if error_code(error) in ENDED:
            return
        reason = texts.failed
    try:
        await _complete(client, asked, "functions.completeError", error=reason)
    except SlackApiError as error:
        _log.warning("a workflow step could not be ended: %s", error_code(error))


async def _client(services: Services, asked: StepPayload) -> AsyncWebClient | None:
    """Acts with the execution's own token: Slack denies others access to it."""
    if asked.token:
        return new_client(services.settings, services.session, asked.token)
    return await services.workspaces.client(asked.enterprise, asked.team)


async def _outcome(services: Services, asked: StepPayload) -> Outcome:
    (outcome,) = await ask(services, asked.channel, [asked.question], team=asked.team)
    await note_unanswered(services, f"step:{asked.execution}", [outcome], team=asked.team, channel=asked.channel)
    return outcome


async def _complete(client: AsyncWebClient, asked: StepPayload, method: str, **result: Any) -> None:
    # The SDK's own methods put everything into the address, which is too short for a long sentence.
    await call(client.api_call, api_method=method, json={"function_execution_id": asked.execution, **result})


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
