"""Modals and App Home: views.*."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

from slack_emulator import payloads
from slack_emulator.block_kit import check_view
from slack_emulator.methods.method import SlackError, method
from slack_emulator.workspace import View

if TYPE_CHECKING:
    from slack_emulator.web_api import WebApi

TRIGGER_SECONDS = 3.0
MOST_VIEWS = 3


def checked(api: WebApi, name: str, view: Any, kind: str) -> dict[str, Any]:
    """A view that Slack takes.

    Raises:
        SlackError: it does not.
    """
    problems = check_view(view)
    if not problems and view["type"] != kind:
        problems.add("/view/type", f"must be {kind}")
    if problems:
        api.workspace.violation(f"{name}: invalid view: {'; '.join(problems)}")
        raise SlackError("invalid_arguments", response_metadata={"messages": list(problems)})
    api.live_text.check(name, view)
    blocks = [{"block_id": f"v{index}", **block} for index, block in enumerate(view["blocks"])]
    return {**view, "blocks": blocks}


def use_trigger(api: WebApi, name: str, arguments: dict[str, Any]) -> None:
    """Uses a trigger up.

    Raises:
        SlackError: it is none, too old or used.
    """
    trigger = arguments["trigger_id"]
    if trigger not in api.workspace.triggers:
        raise SlackError("invalid_trigger_id")
    given = api.workspace.triggers[trigger]
    if given is None:
        api.workspace.violation(f"{name}: a trigger_id opens one view only")
        raise SlackError("exchanged_trigger_id")
    if time.monotonic() - given > TRIGGER_SECONDS:
        api.workspace.violation(f"{name}: the trigger_id is {time.monotonic() - given:.1f} s old")
        raise SlackError("expired_trigger_id")
    api.workspace.triggers[trigger] = None


def shown_to(api: WebApi, user: str) -> list[View]:
    """The modals that a person has open, the topmost last."""
    return [view for view in api.workspace.views.values() if view.user == user and view.open]


def put(api: WebApi, user: str, content: dict[str, Any], below: View | None = None) -> View:
    """Shows a modal to a person."""
    view_id = api.workspace.new_id("V")
    view = View(view_id, user, content, below.root_id if below else view_id, below.id if below else None)
    api.workspace.views[view_id] = view
    return view


@method("trigger_id view")
def open_view(api: WebApi, arguments: dict[str, Any]) -> dict[str, Any]:
    """views.open."""
    use_trigger(api, "views.open", arguments)
    content = checked(api, "views.open", arguments["view"], "modal")
    user = api.workspace.trigger_users[arguments["trigger_id"]]
    for open_already in shown_to(api, user):
        open_already.open = False
    return {"view": payloads.view_json(put(api, user, content))}


@method("trigger_id view")
def push(api: WebApi, arguments: dict[str, Any]) -> dict[str, Any]:
    """views.push."""
    use_trigger(api, "views.push", arguments)
    user = api.workspace.trigger_users[arguments["trigger_id"]]
    below = shown_to(api, user)
    if not below or len(below) >= MOST_VIEWS:
        raise SlackError("push_limit_reached")
    content = checked(api, "views.push", arguments["view"], "modal")
    return {"view": payloads.view_json(put(api, user, content, below[-1]))}


@method("view", "view_id external_id hash")
def update(api: WebApi, arguments: dict[str, Any]) -> dict[str, Any]:
    """views.update."""
    view = api.workspace.views.get(str(arguments.get("view_id"))) or next(
        (
            known
            for known in api.workspace.views.values()
            if arguments.get("external_id") and known.content.get("external_id") == arguments["external_id"]
        ),
        None,
    )
    if view is None or not view.open:
        raise SlackError("not_found")
    if "hash" in arguments and arguments["hash"] != view.hash:
        raise SlackError("hash_conflict")
    view.content = checked(api, "views.update", arguments["view"], "modal")
    view.hash = api.workspace.new_ts()
    return {"view": payloads.view_json(view)}


@method("user_id view", "hash")
def publish(api: WebApi, arguments: dict[str, Any]) -> dict[str, Any]:
    """views.publish."""
    user = str(arguments["user_id"])
    if user not in api.workspace.users:
        raise SlackError("user_not_found")
    content = checked(api, "views.publish", arguments["view"], "home")
    view_id = api.workspace.new_id("V")
    api.workspace.homes[user] = View(view_id, user, content, view_id)
    return {"view": payloads.view_json(api.workspace.homes[user])}


METHODS = {"views.open": open_view, "views.push": push, "views.update": update, "views.publish": publish}
