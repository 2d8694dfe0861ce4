"""The step that answers a question."""

from __future__ import annotations

from typing import Any

from slack_bolt.context.async_context import AsyncBoltContext

from qa_bot.slack.incoming.messages import CHARS_READ, typed
from qa_bot.slack.services import Desk, place_of
from qa_bot.slack.workers.workflow_steps import QUESTION, StepPayload


async def answer_question(event: dict[str, Any], body: dict[str, Any], context: AsyncBoltContext, desk: Desk) -> None:
    """Takes the question that a workflow asks."""
    execution, inputs = event.get("function_execution_id"), event.get("inputs")
    if not isinstance(execution, str) or not isinstance(inputs, dict) or desk.refuses(context, None, None):
        return
    question = inputs.get(QUESTION)
    payload = StepPayload(
        **place_of(body, context),
        execution=execution[:100],
        question=typed(question[:CHARS_READ]) if isinstance(question, str) else "",
    )
    desk.jobs.put(f"step:{payload.execution}", "step", payload.model_dump())
