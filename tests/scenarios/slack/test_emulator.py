"""The Slack of these tests behaves as Slack does, and catches what it is made to catch."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import suppress
from typing import Any
from urllib.request import Request, urlopen

import pytest
from slack_bolt import App
from slack_bolt.adapter.socket_mode import SocketModeHandler
from slack_emulator import MENTION, Fault, Person, SlackEmulator
from slack_emulator.delivery import Delivery
from slack_emulator.shown import button
from slack_emulator.workspace import APP_TOKEN, BOT_TOKEN, Channel
from slack_sdk import WebClient
from slack_sdk.errors import SlackApiError
from slack_sdk.http_retry.builtin_handlers import RateLimitErrorRetryHandler
from slack_sdk.socket_mode import SocketModeClient
from slack_sdk.socket_mode.client import BaseSocketModeClient
from slack_sdk.socket_mode.request import SocketModeRequest
from slack_sdk.socket_mode.response import SocketModeResponse

# The SDK's own WebSocket client leaves sockets for the garbage collector, and warns of messages made to be wrong.
pytestmark = [
    pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning"),
    pytest.mark.filterwarnings("ignore:The top-level:UserWarning"),
]
QUIET = {"unfurl_links": False, "unfurl_media": False}


@pytest.fixture
def run(slack: SlackEmulator) -> Iterator[Callable[[App], None]]:
    """Connects a Bolt app over Socket Mode."""
    handlers: list[SocketModeHandler] = []

    def run(app: App) -> None:
        handlers.append(SocketModeHandler(app, APP_TOKEN, web_client=WebClient(APP_TOKEN, base_url=slack.api_url)))
        handlers[-1].connect()
        slack.workspace.wait_for("the connection", lambda: slack.socket_mode.connections)

    yield run
    for handler in handlers:
        with suppress(AttributeError):  # slack_sdk's own monitor may be dropping the same socket at this moment
            handler.close()


@pytest.fixture
def app(client: WebClient) -> App:
    return App(client=client)


BUTTON = {"type": "button", "action_id": "more", "text": {"type": "plain_text", "text": "More"}}


def section(text: str) -> dict[str, Any]:
    """A section of mrkdwn."""
    return {"type": "section", "text": {"type": "mrkdwn", "text": text}}


def test_a_mention_arrives_as_both_events_and_the_answer_stands_in_its_thread(
    slack: SlackEmulator, general: Channel, app: App, run: Callable[[App], None]
) -> None:
    arrived = []
    app.event("message")(lambda event: arrived.append(event["ts"]))

    @app.event("app_mention")
    def answer(event: dict[str, Any], client: WebClient) -> None:
        arrived.append(event["ts"])
        client.chat_postMessage(channel=event["channel"], thread_ts=event["ts"], text="On July 20.", **QUIET)

    run(app)
    question = Person(slack, "alice").asks("When did Eagle land?", in_="general")
    slack.workspace.wait_for("the answer", lambda: len(slack.workspace.thread_of(general.id, question.ts)) == 2)
    slack.workspace.wait_for("both events", lambda: arrived == [question.ts] * 2)
    slack.workspace.wait_for("the answer's own event", lambda: len(slack.deliveries) == 3)
    slack.workspace.wait_for("all acknowledgements", lambda: all(delivery.finished for delivery in slack.deliveries))
    assert all(delivery.ack_seconds is not None and delivery.ack_seconds < 1 for delivery in slack.deliveries)
    slack.check()


def test_a_command_a_button_and_a_modal_work(
    slack: SlackEmulator, general: Channel, app: App, run: Callable[[App], None]
) -> None:
    modal = {"type": "modal", "callback_id": "why", "title": {"type": "plain_text", "text": "What was wrong?"}}
    label = {"type": "plain_text", "text": "Right answer"}
    element = {"type": "plain_text_input", "action_id": "right"}
    field = {"type": "input", "block_id": "field", "label": label, "element": element}
    modal |= {"submit": {"type": "plain_text", "text": "Send"}, "blocks": [field]}
    submitted = []

    @app.command("/ask")
    def ask(ack: Any, respond: Any) -> None:
        ack()
        respond(text="July 20", blocks=[section("July 20"), {"type": "actions", "elements": [BUTTON]}])

    @app.action("more")
    def more(ack: Any, body: dict[str, Any], client: WebClient) -> None:
        ack()
        client.views_open(trigger_id=body["trigger_id"], view=modal)

    @app.view("why")
    def why(ack: Any, view: dict[str, Any]) -> None:
        right = view["state"]["values"]["field"]["right"]["value"]
        submitted.append(right)
        ack(response_action="errors", errors={"field": "too short"}) if len(right) < 3 else ack()

    run(app)
    alice = Person(slack, "alice")
    shown = alice.types("/ask", "When did Eagle land?", in_="general").message()
    assert shown.ephemeral_to == alice.id
    alice.clicks(button(shown.blocks, "more"), on=shown)
    view = slack.workspace.wait_for("the modal", lambda: alice.modal)
    reply = alice.submits(view, right="no")
    slack.workspace.wait_for("the error", lambda: reply.errors)
    assert reply.errors == {"field": "too short"}
    alice.submits(view, **{"right answer": "July 20"})
    slack.workspace.wait_for("the submission", lambda: len(submitted) == 2)
    slack.check()


@pytest.mark.slow
@pytest.mark.parametrize("connection", ["stays", "is cut"])
def test_an_event_whose_acknowledgement_does_not_come_is_sent_again(
    slack: SlackEmulator, general: Channel, connection: str
) -> None:
    slack.socket_mode.ack_seconds = 0.5
    seen: list[SocketModeRequest] = []

    def forgetful(client: BaseSocketModeClient, request: SocketModeRequest) -> None:
        seen.append(request)
        if len(seen) > 1:
            client.send_socket_mode_response(SocketModeResponse(envelope_id=request.envelope_id))
        elif connection == "is cut":
            slack.socket_mode.cut()

    client = SocketModeClient(APP_TOKEN, web_client=WebClient(base_url=slack.api_url), ping_interval=0.5)
    client.socket_mode_request_listeners.append(forgetful)
    client.connect()
    Person(slack, "alice").says("When?", in_="general")
    slack.workspace.wait_for("the second attempt", lambda: slack.deliveries[0].finished)
    client.close()
    first, second = seen[:2]
    assert first.payload["event_id"] == second.payload["event_id"]
    assert first.retry_attempt == 0
    assert second.retry_attempt is not None
    assert second.retry_attempt >= 1, "more, if nobody is connected yet when Slack tries again"
    assert second.retry_reason == ("timeout" if connection == "stays" else "connection_failed")
    slack.check()


def test_goodbyes_are_announced_and_the_app_comes_back(
    slack: SlackEmulator, general: Channel, app: App, run: Callable[[App], None]
) -> None:
    app.event("message")(lambda: None)
    run(app)
    slack.socket_mode.say_goodbye("refresh_requested", seconds=0.2)
    slack.workspace.wait_for("a second connection", lambda: len(slack.socket_mode.history) == 2)
    Person(slack, "alice").says("When?", in_="general")
    slack.workspace.wait_for("the acknowledgement", lambda: slack.deliveries[-1].finished)
    assert len(slack.socket_mode.history) == 2
    slack.check()


def test_what_nobody_acknowledges_is_a_violation(slack: SlackEmulator, general: Channel) -> None:
    Person(slack, "alice").types("/ask", "anything", in_="general")
    slack.workspace.wait_for("the violation", lambda: slack.workspace.violations)
    with pytest.raises(AssertionError, match="slash_commands was not acknowledged: no connection is open"):
        slack.check()
    slack.check()


def test_tokens_and_scopes_count(slack: SlackEmulator, general: Channel, client: WebClient) -> None:
    for token, error in (("xoxb-wrong", "invalid_auth"), (APP_TOKEN, "not_allowed_token_type"), ("", "not_authed")):
        with pytest.raises(SlackApiError, match=error):
            WebClient(token, base_url=slack.api_url).chat_postMessage(channel=general.id, text="a", **QUIET)
    slack.workspace.scopes -= {"reactions:write"}
    with pytest.raises(SlackApiError) as refused:
        client.reactions_add(channel=general.id, timestamp="1.1", name="eyes")
    assert refused.value.response["needed"] == "reactions:write"
    assert "reactions:write" not in client.auth_test().headers["X-OAuth-Scopes"]
    slack.workspace.revoked = True
    with pytest.raises(SlackApiError, match="token_revoked"):
        client.auth_test()


def test_a_channel_takes_one_message_a_second_and_retry_after_counts(
    slack: SlackEmulator, general: Channel, client: WebClient
) -> None:
    def post_ten() -> None:
        for number in range(10):
            client.chat_postMessage(channel=general.id, text=f"{number}", **QUIET)

    with pytest.raises(SlackApiError, match="ratelimited") as refused:
        post_ten()
    assert refused.value.response.headers["Retry-After"] == "1"
    with pytest.raises(SlackApiError, match="ratelimited"):
        client.chat_postMessage(channel=general.id, text=f"{len(general.messages)}", **QUIET)
    with pytest.raises(AssertionError, match="before Retry-After was over"):
        slack.check()
    client.retry_handlers.append(RateLimitErrorRetryHandler(max_retry_count=3))
    client.chat_postMessage(channel=general.id, text="patient", **QUIET)
    slack.check()


def test_planned_faults_come_in_their_order(slack: SlackEmulator, general: Channel, client: WebClient) -> None:
    slack.faults.plan("chat.postMessage", Fault(200, "not_in_channel"), Fault(500, "lost", after=True))
    with pytest.raises(SlackApiError, match="not_in_channel"):
        client.chat_postMessage(channel=general.id, text="a", **QUIET)
    with pytest.raises(SlackApiError):
        client.chat_postMessage(channel=general.id, text="b", **QUIET)
    assert [message.text for message in general.messages.values()] == ["b"], "Slack did it, but could not say so"


def test_only_members_of_a_channel_get_its_events(slack: SlackEmulator) -> None:
    slack.workspace.add_channel("elsewhere", set())
    Person(slack, "alice").says(f"{MENTION} hello?", in_="elsewhere")
    assert slack.deliveries == []


def test_files_are_for_the_bearer_of_a_token(slack: SlackEmulator, general: Channel) -> None:
    message = Person(slack, "alice").shares("a.txt", b"An article.", "text/plain", in_="general")
    address = f"{slack.base_url}/files-pri/T0SEEDS01-{message.files[0].id}/a.txt"
    with urlopen(address) as response:
        assert b"Sign in" in response.read()
    with urlopen(Request(address, headers={"Authorization": f"Bearer {BOT_TOKEN}"})) as response:
        assert response.read() == b"An article."


def test_deliveries_know_how_long_their_acknowledgement_took() -> None:
    delivery = Delivery("events_api", {}, sent=[1.0, 5.0], acked_at=5.25)
    assert delivery.ack_seconds == 0.25
