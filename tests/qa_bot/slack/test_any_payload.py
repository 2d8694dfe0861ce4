"""Whatever a payload holds, it is read or dropped, quickly, and nothing in it becomes an error."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qa_bot.conversation.small_talk import small_talk
from qa_bot.slack.incoming.messages import CHARS_READ, links, mentions, questions_in, typed
from qa_bot.slack.incoming.requests import read_message, read_request, value_of
from qa_bot.slack.views.alerts import Stopped
from qa_bot.slack.views.button_values import Asked, Judged, Place
from qa_bot.slack.web_api.files import read_files

pytestmark = pytest.mark.fuzz

NAMES = st.sampled_from([
    *("type", "user", "id", "channel", "channel_id", "ts", "thread_ts", "text", "files", "blocks", "bot_id", "team_id"),
    *("actions", "value", "trigger_id", "response_url", "name", "size", "mimetype", "url_private", "container", "command"),
])  # fmt: skip
TEXTS = st.text(max_size=40) | st.sampled_from(
    ["U0QABOT01", "C1", "1.1", "<@U0QABOT01> Who?", "a" * 50_000, "\ud83d", "<", "?" * 9]
)
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-(10**30), 10**30) | st.floats() | TEXTS,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(NAMES | TEXTS, inner, max_size=6),
    max_leaves=30,
)
PAYLOADS = st.dictionaries(NAMES, VALUES, max_size=12)
PIECES = [
    "<@U0QABOT01>",
    "<",
    ">",
    "|",
    "&lt;",
    "https://a.example/",
    "?",
    "*",
    "_",
    "`",
    "~",
    "• ",
    "\n",
    "who",
    " ",
    "1. ",
    "hello",
]
SECONDS = 5.0
"""For one payload; it takes about a millisecond."""


@given(payload=PAYLOADS, channel=VALUES)
def test_a_payload_is_read_or_dropped(payload: dict[str, Any], channel: Any) -> None:
    began = time.monotonic()
    message = read_message(payload, channel)
    if message is not None:
        assert len(message.text) <= CHARS_READ
    read_request(payload)
    read_files(payload)
    value_of(payload)
    assert time.monotonic() - began < SECONDS


@given(value=VALUES | PAYLOADS.map(str) | st.binary(max_size=60).map(lambda value: value.decode("latin-1")))
@pytest.mark.parametrize("kind", [Place, Asked, Judged, Stopped])
def test_a_buttons_value_is_read_or_dropped(kind: type[Place | Asked | Judged | Stopped], value: Any) -> None:
    loaded = kind.load(value)
    assert loaded is None or kind.load(loaded.dump()) == loaded


@given(
    text=st.lists(st.sampled_from(PIECES), max_size=300).map("".join)
    | st.sampled_from(PIECES).map(lambda piece: piece * 1500)
)
@pytest.mark.parametrize("read", [typed, mentions, links, small_talk, questions_in])
def test_what_people_write_is_read_quickly(read: Callable[[str], Any], text: str) -> None:
    began = time.monotonic()
    read(text[:CHARS_READ])
    assert time.monotonic() - began < SECONDS
