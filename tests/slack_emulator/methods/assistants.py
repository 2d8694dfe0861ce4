"""The agent experience and workflow steps: agents.sessions.*, assistant.threads.*, functions.*."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from slack_emulator.methods.chat import channel_of
from slack_emulator.methods.method import SlackError, method

if TYPE_CHECKING:
    from slack_emulator.web_api import WebApi

MOST_PROMPTS = 4
SESSION_STATUSES = ("active", "processing", "suspended", "closed")
LONGEST_TITLE = 200


def _thread_of(api: WebApi, arguments: dict[str, Any]) -> tuple[str, str]:
    channel = channel_of(api, {"channel": arguments["channel_id"]})
    thread = str(arguments["thread_ts"])
    if thread not in channel.messages:
        raise SlackError("invalid_thread_ts")
    return channel.id, thread


@method("channel_id thread_ts", "status loading_messages", "chat:write assistant:write")
def set_status(api: WebApi, arguments: dict[str, Any]) -> dict[str, Any]:
    """assistant.threads.setStatus; an empty status clears it."""
    if "status" not in arguments:
        raise SlackError("invalid_arguments")
    if len(arguments.get("loading_messages") or []) > 10:
        raise SlackError("invalid_arguments")
    api.workspace.statuses.append((*_thread_of(api, arguments), str(arguments["status"])))
    return {}


@method("channel_id prompts", "thread_ts title", "assistant:write")
def set_suggested_prompts(api: WebApi, arguments: dict[str, Any]) -> dict[str, Any]:
    """assistant.threads.setSuggestedPrompts; with `agent_view`, Slack ignores a call that names a thread."""
    channel = channel_of(api, {"channel": arguments["channel_id"]})
    prompts = arguments["prompts"]
    if "thread_ts" in arguments:
        api.workspace.violation(
            "assistant.threads.setSuggestedPrompts: Slack ignores it with a thread_ts in agent_view"
        )
        return {}
    if not 1 <= len(prompts) <= MOST_PROMPTS or any(prompt.keys() != {"title", "message"} for prompt in prompts):
        api.workspace.violation(f"assistant.threads.setSuggestedPrompts: not 1 to 4 of title and message: {prompts}")
        raise SlackError("invalid_arguments")
    api.workspace.prompts[channel.id] = prompts
    return {}


@method("channel_id thread_ts title", "", "assistant:write")
def set_title(api: WebApi, arguments: dict[str, Any]) -> dict[str, Any]:
    """assistant.threads.setTitle."""
    api.workspace.titles[_thread_of(api, arguments)] = str(arguments["title"])
    return {}


@method("channel_id status", "thread_ts title initiator_user_id icon_emoji icon_url username", "chat:write")
def set_session_status(api: WebApi, arguments: dict[str, Any]) -> dict[str, Any]:
    """agents.sessions.setStatus; makes the session of a thread if there is none."""
    if arguments["status"] not in SESSION_STATUSES:
        raise SlackError("invalid_arguments")
    place = _thread_of(api, arguments)
    session = api.workspace.sessions.setdefault(place, {"title": str(arguments.get("title") or "")})
    session["status"] = str(arguments["status"])
    api.workspace.session_statuses.append((*place, session["status"]))
    return dict(session)


@method("channel_id title", "thread_ts", "chat:write")
def rename_session(api: WebApi, arguments: dict[str, Any]) -> dict[str, Any]:
    """agents.sessions.rename."""
    session = api.workspace.sessions.get(_thread_of(api, arguments))
    if session is None:
        raise SlackError("session_not_found")
    if not 1 <= len(str(arguments["title"])) <= LONGEST_TITLE:
        raise SlackError("invalid_arguments")
    session["title"] = str(arguments["title"])
    return {"title": session["title"]}


def _running(api: WebApi, arguments: dict[str, Any]) -> str:
    execution = str(arguments["function_execution_id"])
    if execution not in api.workspace.steps:
        raise SlackError("function_execution_not_found")
    if api.token != api.workspace.step_tokens[execution]:
        raise SlackError("access_denied")
    if api.workspace.steps[execution] is not None:
        api.workspace.violation(f"the workflow step {execution} was completed twice")
        raise SlackError("execution_not_in_running_state")
    return execution


@method("function_execution_id outputs")
def complete_success(api: WebApi, arguments: dict[str, Any]) -> dict[str, Any]:
    """functions.completeSuccess."""
    execution = _running(api, arguments)
    if not isinstance(arguments["outputs"], dict):
        raise SlackError("parameter_validation_failed")
    api.workspace.steps[execution] = arguments["outputs"]
    return {}


@method("function_execution_id error")
def complete_error(api: WebApi, arguments: dict[str, Any]) -> dict[str, Any]:
    """functions.completeError."""
    api.workspace.steps[_running(api, arguments)] = str(arguments["error"])
    return {}


METHODS = {
    "agents.sessions.setStatus": set_session_status,
    "agents.sessions.rename": rename_session,
    "assistant.threads.setStatus": set_status,
    "assistant.threads.setSuggestedPrompts": set_suggested_prompts,
    "assistant.threads.setTitle": set_title,
    "functions.completeSuccess": complete_success,
    "functions.completeError": complete_error,
}
