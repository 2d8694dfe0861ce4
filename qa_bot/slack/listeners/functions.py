"""Steps that workflows run."""

from __future__ import annotations

from typing import Any

from slack_bolt.async_app import AsyncApp
from slack_bolt.context.async_context import AsyncBoltContext

from qa_bot.slack.incoming.messages import CHARS_READ, typed
from qa_bot.slack.services import Services, origin_of
from qa_bot.slack.workers.workflow_steps import QUESTION, STEP, StepPayload


def register(app: AsyncApp) -> None:
    """Registers the listener."""
    app.function(STEP)(answer_question)


async def answer_question(event: dict[str, Any], context: AsyncBoltContext, services: Services) -> None:
    """Takes the question that a workflow asks."""
    execution, inputs = event.get("function_execution_id"), event.get("inputs")
    if not isinstance(execution, str) or not isinstance(inputs, dict) or services.refuses(context, None, None):
        return
    question = inputs.get(QUESTION)
    payload = StepPayload(
        **origin_of(context),
        execution=execution[:100],
        question=typed(question[:CHARS_READ]) if isinstance(question, str) else "",
    )
    services.jobs.put(f"step:{payload.execution}", "step", payload.model_dump())
