"""Slack on loopback: the server, in a thread of its own."""

from __future__ import annotations

import asyncio
import threading
from collections import Counter
from collections.abc import Iterator
from typing import Any

from aiohttp import web

from slack_emulator import payloads
from slack_emulator.delivery import Courier, Delivery
from slack_emulator.faults import Faults
from slack_emulator.http_events import HttpEvents
from slack_emulator.socket_mode import SocketMode
from slack_emulator.web_api import WebApi
from slack_emulator.workspace import BOT_USER_ID, Channel, Message, Workspace

SUBSCRIPTIONS = frozenset(
    [
        "agent_session_stopped",
        "agent_session_title_changed",
        "app_home_opened",
        "app_mention",
        "app_uninstalled",
        "file_shared",
        "function_executed",
        "member_joined_channel",
        "message.channels",
        "message.groups",
        "message.im",
        "message.mpim",
        "tokens_revoked",
    ]
)
MESSAGE_SUBSCRIPTIONS = {
    "channel": "message.channels",
    "group": "message.groups",
    "im": "message.im",
    "mpim": "message.mpim",
}


def doubled(channel: Channel) -> Iterator[str]:
    """The threads in which the bot has said more than people have: each message gets one answer, and one click one question."""
    asked, answered, passed_on = Counter[str](), Counter[str](), Counter[str]()
    for message in channel.messages.values():
        key = str(((message.metadata or {}).get("event_payload") or {}).get("question", ""))
        if message.user == BOT_USER_ID and key.startswith("referral:"):
            passed_on[key] += 1
        elif message.user == BOT_USER_ID and message.thread_ts:
            answered[message.thread_ts] += 1
        else:
            asked[message.thread] += 1
    for thread, count in answered.items():
        if count > asked[thread]:
            yield f"{count} answers to {asked[thread]} messages in the thread {thread} of {channel.name}"
    for key, count in passed_on.items():
        if count > 1:
            yield f"people were asked {count} times: {key}"


class SlackEmulator:
    """A Slack of one workspace, to be used as a context manager.

    Args:
        subscriptions: the events that the app asked for in its manifest; it gets no others.

    Attributes:
        workspace: what there is.
        faults: what goes wrong.
        socket_mode: the WebSockets.
        courier: the way that payloads take to the app: Socket Mode, until `over_http` is called.
        deliveries: all that was sent to the app.
    """

    def __init__(self, subscriptions: frozenset[str] = SUBSCRIPTIONS) -> None:
        self.workspace = Workspace()
        self.subscriptions = subscriptions
        self.faults = Faults(self.workspace)
        self.socket_mode = SocketMode(self.workspace)
        self.web_api = WebApi(self.workspace, self.faults, self.publish, self.socket_mode.new_address)
        self.courier: Courier = self.socket_mode
        self.deliveries: list[Delivery] = []
        self.base_url = ""
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="slack", daemon=True)
        self._runner: web.AppRunner | None = None

    def __enter__(self) -> SlackEmulator:
        self._thread.start()
        asyncio.run_coroutine_threadsafe(self._start(), self._loop).result()
        return self

    def __exit__(self, *_: object) -> None:
        asyncio.run_coroutine_threadsafe(self._stop(), self._loop).result()
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    async def _start(self) -> None:
        app = web.Application(client_max_size=64 * 1024 * 1024)
        app.add_routes([*self.web_api.routes(), *self.socket_mode.routes()])
        self._runner = web.AppRunner(app, shutdown_timeout=1)
        await self._runner.setup()
        site = web.TCPSite(self._runner, "127.0.0.1", 0)
        await site.start()
        host, port = self._runner.addresses[0][:2]
        self.base_url = f"http://{host}:{port}"
        self.web_api.base_url = self.socket_mode.base_url = self.base_url
        self.socket_mode.loop = self._loop

    async def _stop(self) -> None:
        assert self._runner is not None
        self.socket_mode._cut()
        await self._runner.cleanup()
        rest = [task for task in asyncio.all_tasks() if task is not asyncio.current_task()]
        for task in rest:
            task.cancel()
        await asyncio.gather(*rest, return_exceptions=True)

    @property
    def api_url(self) -> str:
        """What SLACK_API_URL must be."""
        return f"{self.base_url}/api/"

    def over_http(self, address: str) -> None:
        """Sends payloads to this address from now on."""
        courier = HttpEvents(self.workspace, address)
        courier.loop = self._loop
        self.courier = courier

    def send(self, delivery: Delivery) -> Delivery:
        """Sends a payload to the app."""
        with self.workspace.change():
            self.deliveries.append(delivery)
        self.courier.send(delivery)
        return delivery

    def publish(self, event: dict[str, Any], event_id: str | None = None, *, earlier: int = 0) -> Delivery | None:
        """Sends an event, if the app asked for such and is where it happened; `earlier` times it was sent before."""
        channel = self.workspace.channels.get(str(event.get("channel")))
        name = str(event["type"])
        if name == "message" and channel is not None:
            name = MESSAGE_SUBSCRIPTIONS[channel.kind]
        if name not in self.subscriptions or (channel is not None and BOT_USER_ID not in channel.members):
            return None
        return self.send(Delivery("events_api", payloads.wrapped(self.workspace, event, event_id), earlier=earlier))

    def publish_message(self, message: Message) -> Delivery | None:
        """Sends the event of a new message."""
        return self.publish(payloads.message_event(self.workspace, message, self.base_url))

    def check(self) -> None:
        """Fails if the app did what Slack or this product forbids, and forgets it.

        Raises:
            AssertionError: it did; says what.
        """
        with self.workspace.changed:
            violations, self.workspace.violations[:] = list(self.workspace.violations), []
            for channel in self.workspace.channels.values():
                violations += doubled(channel)
        assert not violations, "the app did what it must not:\n" + "\n".join(violations[:20])
