"""The Slack of these tests refuses what Slack refuses, and records what should not be in a message."""

from __future__ import annotations

import time
from typing import Any

import pytest
from slack_emulator import Person, SlackEmulator
from slack_emulator.workspace import Channel
from slack_sdk import WebClient
from slack_sdk.errors import SlackApiError

# Slack's own client warns of messages that are made to be wrong.
pytestmark = pytest.mark.filterwarnings("ignore:The top-level:UserWarning")
QUIET = {"unfurl_links": False, "unfurl_media": False}


def section(text: str) -> dict[str, Any]:
    return {"type": "section", "text": {"type": "mrkdwn", "text": text}}


def rich(*elements: dict[str, Any]) -> dict[str, Any]:
    return {"type": "rich_text", "elements": [{"type": "rich_text_section", "elements": list(elements)}]}


TITLE = {"type": "plain_text", "text": "t"}
BUTTON = {"type": "button", "action_id": "more", "text": {"type": "plain_text", "text": "More"}}
LONG = BUTTON | {"value": "v" * 2001}


@pytest.mark.parametrize(
    ("arguments", "error", "words"),
    [
        ({"text": " ", "blocks": []}, "no_text", ""),
        ({"text": "a" * 40_001}, "msg_too_long", "40001 characters"),
        ({"text": "a", "blocks": [section("a")] * 51}, "invalid_blocks", "no more than 50 items allowed"),
        ({"text": "a", "blocks": [section("a" * 3001)]}, "invalid_blocks", "less than 3001 characters"),
        ({"text": "a", "blocks": [section("")]}, "invalid_blocks", "more than 0 characters"),
        ({"text": "a", "blocks": [section("a" * 2900)] * 5}, "msg_blocks_too_long", "14500 characters"),
        ({"text": "a", "blocks": [{"type": "markdown", "text": "a" * 12_001}]}, "invalid_blocks", "less than 12001"),
        ({"text": "a", "blocks": [section("a") | {"colour": "red"}]}, "invalid_blocks", "additional property: colour"),
        ({"text": "a", "blocks": [{"type": "quote", "text": "a"}]}, "invalid_blocks", "unsupported type: quote"),
        ({"text": "a", "blocks": [section("a") | {"block_id": "x"}] * 2}, "invalid_blocks", "block_id already exists"),
        ({"text": "a", "blocks": [{"type": "actions", "elements": [BUTTON, BUTTON]}]}, "invalid_blocks", "action_id"),
        ({"text": "a", "blocks": [{"type": "actions", "elements": [LONG]}]}, "invalid_blocks", "less than 2001"),
        ({"text": "a", "blocks": [{"type": "header", "text": section("a")["text"]}]}, "invalid_blocks", "unsupported"),
        ({"text": "a", "blocks": [rich({"type": "text", "text": ""})]}, "invalid_blocks", "more than 0 characters"),
        ({"text": "a", "thread_ts": "1.000001"}, "thread_not_found", ""),
        ({"text": "a", "metadata": {"event_type": "answer"}}, "invalid_metadata_format", ""),
        ({"text": "a", "channel": "C404"}, "channel_not_found", ""),
    ],
)
def test_it_refuses_what_slack_refuses(
    slack: SlackEmulator, general: Channel, client: WebClient, arguments: dict[str, Any], error: str, words: str
) -> None:
    with pytest.raises(SlackApiError) as refused:
        client.chat_postMessage(**({"channel": general.id} | QUIET | arguments))
    assert refused.value.response["error"] == error
    if words:
        with pytest.raises(AssertionError, match=words):
            slack.check()


@pytest.mark.parametrize(
    ("text", "blocks", "words"),
    [
        ("hello <!channel>", [], "alerts people"),
        ("a", [section("ask <@U0SOMEBODY>")], "mentions U0SOMEBODY"),
        ("a", [rich({"type": "user", "user_id": "U0SOMEBODY"})], "mentions U0SOMEBODY"),
        ("a", [rich({"type": "broadcast", "range": "here"})], "mentions here"),
        ("a", [section("see <https://evil.example/|the article>")], "which the story does not allow"),
        ("a", [section("see https://evil.example/")], "which the story does not allow"),
        ("a", [section("<https://example.org/qa-bot-seeds/x|https://bank.example>")], "says that it leads to"),
        ("a", [rich({"type": "link", "url": "javascript:alert(1)"})], "no http"),
        ("a", [{"type": "actions", "elements": [BUTTON | {"url": "https://evil.example/"}]}], "does not allow"),
        ("a", [{"type": "markdown", "text": "[x](https://evil.example/)"}], "does not allow"),
        ("AT&T", [], "not escaped"),
        ("a", [section("1 < 2")], "not escaped"),
        ("a", [section("AT&amp;amp;T")], "escaped twice"),
        (" ", [section("a")], "without a text"),
        ("a", [section("family \U0001f468\u200d…")], "inside a grapheme"),
    ],
)
def test_it_records_what_should_not_be_in_a_message(
    slack: SlackEmulator, general: Channel, client: WebClient, text: str, blocks: list[dict[str, Any]], words: str
) -> None:
    client.chat_postMessage(channel=general.id, text=text, blocks=blocks, **QUIET)
    with pytest.raises(AssertionError, match=words):
        slack.check()


def test_an_honest_message_is_no_violation(slack: SlackEmulator, general: Channel, client: WebClient) -> None:
    source = "https://example.org/qa-bot-seeds/apollo"
    quote = {"type": "rich_text_quote", "elements": [{"type": "text", "text": "July 20", "style": {"bold": True}}]}
    blocks = [
        {"type": "rich_text", "elements": [quote]},
        section(f"<{source}|Eight Days &amp; a Moon> &gt; 90 %"),
        rich({"type": "link", "url": source, "text": "a < b & <!channel>"}),
        {"type": "actions", "elements": [BUTTON]},
    ]
    client.chat_postMessage(channel=general.id, text="July 20 &amp; more", blocks=blocks, **QUIET)
    slack.check()


def test_a_second_answer_to_a_message_is_a_violation(slack: SlackEmulator, general: Channel, client: WebClient) -> None:
    question = Person(slack, "alice").says("When did Eagle land?", in_="general")
    client.chat_postMessage(channel=general.id, thread_ts=question.ts, text="On July 20.", **QUIET)
    slack.check()
    client.chat_postMessage(channel=general.id, thread_ts=question.ts, text="In 1969.", **QUIET)
    with pytest.raises(AssertionError, match="2 answers to 1 messages"):
        slack.check()


def test_unfurling_must_be_off(slack: SlackEmulator, general: Channel, client: WebClient) -> None:
    client.chat_postMessage(channel=general.id, text="a", unfurl_links=False)
    with pytest.raises(AssertionError, match="unfurl_media is not off"):
        slack.check()


@pytest.mark.parametrize(
    ("view", "words"),
    [
        ({"title": {"type": "plain_text", "text": "t" * 25}, "blocks": [section("a")]}, "less than 25 characters"),
        ({"title": {"type": "plain_text", "text": "t"}, "blocks": [section("a")] * 101}, "no more than 100 items"),
        (
            {"title": TITLE, "blocks": [{"type": "context_actions", "elements": []}]},
            "unsupported type: context_actions",
        ),
        ({"blocks": [section("a")]}, "missing required field: title"),
    ],
)
def test_a_modal_keeps_its_limits(slack: SlackEmulator, client: WebClient, view: dict[str, Any], words: str) -> None:
    trigger = slack.workspace.new_trigger(Person(slack, "alice").id)
    with pytest.raises(SlackApiError, match="invalid_arguments"):
        client.views_open(trigger_id=trigger, view={"type": "modal", **view})
    with pytest.raises(AssertionError, match=words):
        slack.check()


def test_a_trigger_opens_one_view_and_within_three_seconds(slack: SlackEmulator, client: WebClient) -> None:
    view = {"type": "modal", "title": {"type": "plain_text", "text": "t"}, "blocks": [section("a")]}
    trigger = slack.workspace.new_trigger(Person(slack, "alice").id)
    client.views_open(trigger_id=trigger, view=view)
    with pytest.raises(SlackApiError, match="exchanged_trigger_id"):
        client.views_open(trigger_id=trigger, view=view)
    late = slack.workspace.new_trigger("U1")
    slack.workspace.triggers[late] = time.monotonic() - 4
    with pytest.raises(SlackApiError, match="expired_trigger_id"):
        client.views_open(trigger_id=late, view=view)
