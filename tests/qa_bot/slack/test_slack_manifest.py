"""The manifests ask Slack for what the code registers and calls: no more, no less."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from slack_emulator.app_manifest import check_manifest

from qa_bot.slack.check.check import EVENTS, PAID_EVENTS, PAID_SCOPE, compare
from qa_bot.slack.listeners import register
from qa_bot.slack.web_api.workspaces import SCOPES
from qa_bot.slack.workers.workflow_steps import CHANNEL, QUESTION, STEP, outputs

ROOT = Path(__file__).parents[3]
SOURCES = "\n".join(path.read_text() for path in sorted((ROOT / "qa_bot" / "slack").rglob("*.py")))
NAMES = ("manifest.json", "manifest-http.json")
BASIC = "manifest-basic.json"

# What each method of the Web API and each event needs, as docs.slack.dev says; any one of several.
METHODS = {
    "agents_sessions_rename": {"chat:write"},
    "agents_sessions_setStatus": {"chat:write"},
    "apps_connections_open": set(),
    "bots_info": {"users:read"},
    "assistant_threads_setStatus": {"chat:write"},
    "assistant_threads_setSuggestedPrompts": {"assistant:write"},
    "assistant_threads_setTitle": {"assistant:write"},
    "apps_manifest_export": set(),
    "auth_test": set(),
    "chat_delete": {"chat:write"},
    "chat_postEphemeral": {"chat:write"},
    "chat_postMessage": {"chat:write"},
    "chat_update": {"chat:write"},
    "chat_getPermalink": set(),
    "conversations_history": {"channels:history", "groups:history", "im:history", "mpim:history"},
    "conversations_info": {"channels:read", "groups:read", "im:read", "mpim:read"},
    "conversations_open": {"im:write"},
    "conversations_replies": {"channels:history", "groups:history", "im:history", "mpim:history"},
    "files_info": {"files:read"},
    "reactions_add": {"reactions:write"},
    "reactions_remove": {"reactions:write"},
    "users_info": {"users:read"},
    "views_open": set(),
    "views_publish": set(),
    "views_update": set(),
}
OTHER_SCOPES = {"commands", "files:read"}  # of slash commands and shortcuts, and of files that are downloaded


class Registered:
    """Stands where the Bolt app would be, and notes what is registered."""

    def __init__(self) -> None:
        self.registered: dict[str, list[Any]] = {}

    def __getattr__(self, kind: str) -> Callable[[Any], Callable[[Any], Any]]:
        def note(name: Any) -> Callable[[Any], Any]:
            self.registered.setdefault(kind, []).append(name)
            return lambda listener: listener

        return note


@pytest.fixture(scope="module")
def registered() -> dict[str, list[Any]]:
    app = Registered()
    register(app)  # type: ignore[arg-type]
    return app.registered


def read(name: str) -> Any:
    return json.loads((ROOT / "deploy" / "slack" / name).read_text())


@pytest.fixture(params=NAMES)
def manifest(request: pytest.FixtureRequest) -> Any:
    return read(request.param)


def test_the_events_are_those_that_something_listens_to(manifest: Any, registered: dict[str, list[Any]]) -> None:
    events = manifest["settings"]["event_subscriptions"]["bot_events"]
    assert {event.partition(".")[0] for event in events} - {"function_executed"} == set(registered["event"])
    assert set(events) == set(EVENTS)
    for scope in filter(None, EVENTS.values()):
        assert scope in manifest["oauth_config"]["scopes"]["bot"]


def test_commands_and_shortcuts_are_those_that_something_listens_to(
    manifest: Any, registered: dict[str, list[Any]]
) -> None:
    features = manifest["features"]
    assert [command["command"] for command in features["slash_commands"]] == registered["command"]
    assert [(shortcut["callback_id"], shortcut["type"]) for shortcut in features["shortcuts"]] == [
        (shortcut["callback_id"], shortcut["type"].removesuffix("_action")) for shortcut in registered["shortcut"]
    ]


def test_the_scopes_are_those_that_the_calls_need(manifest: Any) -> None:
    called = set(re.findall(r"client\.([a-z]+_[a-zA-Z_]+)", SOURCES)) - {"api_call", "base_url"}
    assert called == set(METHODS)
    needed = set().union(*METHODS.values(), OTHER_SCOPES, filter(None, EVENTS.values()))
    assert set(manifest["oauth_config"]["scopes"]["bot"]) == set(SCOPES) == needed


def test_the_step_is_the_one_that_the_code_does(manifest: Any, registered: dict[str, list[Any]]) -> None:
    assert list(manifest["functions"]) == [STEP] == registered["function"]
    given, returned = (manifest["functions"][STEP][name] for name in ("input_parameters", "output_parameters"))
    assert list(given["properties"]) == [QUESTION, CHANNEL]
    assert given["required"] == [QUESTION]
    assert set(returned["properties"]) == set(returned["required"]) == set(outputs(_nothing()))
    for parameter in [*given["properties"].values(), *returned["properties"].values()]:
        assert parameter["type"] in ("string", "number", "boolean", "slack#/types/channel_id")


def _nothing() -> Any:
    from qa_bot.answering.results import Answer, Timings

    timings = Timings(encode=0, search=0, read=0, total=0)
    return Answer(
        question="?", answered=False, answer=None, sentence=None, article=None, alternatives=(), timings_ms=timings
    )


def test_it_is_an_agent_of_2026(manifest: Any) -> None:
    assert "agent_view" in manifest["features"]
    assert "assistant_view" not in manifest["features"]
    assert manifest["features"]["app_home"] == {
        "home_tab_enabled": True,
        "messages_tab_enabled": True,
        "messages_tab_read_only_enabled": False,
    }


@pytest.mark.parametrize("name", [*NAMES, BASIC])
def test_slack_takes_it(name: str) -> None:
    assert check_manifest(read(name)) == []


VERSION_1 = {"question": {"type": "string", "title": "Question", "is_required": True, "name": "question"}}


@pytest.mark.parametrize(
    ("place", "value", "words"),
    [
        (("functions", STEP, "input_parameters"), VERSION_1, "missing required field: properties"),
        (("functions", STEP, "input_parameters", "required"), ["query"], "no such property: query"),
        (("functions", STEP, "input_parameters", "properties", QUESTION, "type"), "text", "valid enum value"),
        (("functions", STEP, "callback_id"), STEP, "additional property: callback_id"),
        (("features", "agent_view", "assistant_description"), "Asks", "additional property"),
        (("features", "shortcuts", 0, "name"), "Answer this message from the articles", "less than 25"),
        (("features", "slash_commands", 0, "command"), "ask", "must match ^/"),
        (("settings", "event_subscriptions", "bot_events", 0), "app_mention", "unique"),
        (("settings", "event_subscriptions", "request_url"), "qa-bot.example.org", "must match ^https"),
        (("settings", "function_runtime"), "", "more than 0 characters"),
        (("display_information", "long_description"), "Short.", "more than 174 characters"),
        (("display_information", "name"), "n" * 36, "less than 36"),
        (("settings", "socket_mode_enabled"), False, "requires either Request URL or Socket Mode"),
        (("_metadata", "major_version"), 1, "valid enum value"),
    ],
)
def test_slack_does_not_take_what_breaks_its_schema(place: tuple[str | int, ...], value: Any, words: str) -> None:
    manifest = read("manifest.json")
    inner = manifest
    for name in place[:-1]:
        inner = inner[name]
    inner[place[-1]] = value
    (problem, *_) = check_manifest(manifest)
    assert words in problem


def test_the_one_for_free_plans_lacks_what_only_paid_ones_have() -> None:
    full, basic = read("manifest.json"), read(BASIC)
    assert "functions" not in basic
    assert "agent_view" not in basic["features"]
    events = [manifest["settings"]["event_subscriptions"]["bot_events"] for manifest in (full, basic)]
    assert set(events[0]) - set(events[1]) == PAID_EVENTS
    scopes = [manifest["oauth_config"]["scopes"]["bot"] for manifest in (full, basic)]
    assert set(scopes[0]) - set(scopes[1]) == {PAID_SCOPE}
    del full["functions"], full["features"]["agent_view"], full["settings"]["function_runtime"]
    for manifest in (full, basic):
        del (
            manifest["settings"]["event_subscriptions"],
            manifest["oauth_config"],
            manifest["settings"]["org_deploy_enabled"],
        )
    assert basic == full
    assert [finding.line() for finding in compare(read(BASIC), http=False) if finding.right is False] == []


def test_the_two_differ_in_how_requests_come_only() -> None:
    socket, http = map(read, NAMES)
    assert socket["settings"]["socket_mode_enabled"]
    assert not http["settings"]["socket_mode_enabled"]
    assert http["settings"]["event_subscriptions"]["request_url"].endswith("/slack/events")
    addresses = ("url", "request_url", "redirect_urls", "socket_mode_enabled")

    def without_addresses(value: Any) -> Any:
        if isinstance(value, dict):
            return {name: without_addresses(part) for name, part in value.items() if name not in addresses}
        return [without_addresses(part) for part in value] if isinstance(value, list) else value

    assert without_addresses(socket) == without_addresses(http)


def test_the_check_finds_nothing_wrong_with_them_and_everything_with_an_empty_one() -> None:
    for name, http in zip(NAMES, (False, True), strict=True):
        manifest = read(name)
        assert [finding.line() for finding in compare(manifest, http=http) if not finding.right] == []
        assert [finding.subject for finding in compare(manifest, http=not http) if not finding.right] == ["Socket Mode"]
    wrong = [finding for finding in compare({}, http=False) if finding.right is False]
    assert {finding.subject for finding in wrong} >= {f"event {event}" for event in set(EVENTS) - PAID_EVENTS} | {
        "command /ask"
    }
    assert all("; " in finding.words for finding in wrong), "each says what to do"
    agent: dict[str, Any] = {"features": {"agent_view": {}}}
    assert "event function_executed" in [
        finding.subject for finding in compare(agent, http=False) if finding.right is False
    ]


def test_other_commands_load_nothing_of_slack() -> None:
    code = (
        "import sys; import qa_bot.cli, qa_bot.bot, qa_bot.commands.repl, qa_bot.repl.session; "
        "print([name for name in ('slack_bolt', 'slack_sdk', 'aiohttp', 'qa_bot.slack') if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"
