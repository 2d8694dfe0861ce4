"""A thread is a conversation: what was asked and answered is recorded, or read from the messages themselves."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from slack_sdk.web.async_client import AsyncWebClient

from qa_bot.conversation.history import Turn
from qa_bot.slack.jobs.state import SlackState
from qa_bot.slack.jobs.threads import Conversation
from qa_bot.slack.web_api.threads import EVENT_TYPE, read_thread, turn_payload

BOT = "U0QABOT01"


class Thread(AsyncWebClient):
    """Gives a thread in pages, as Slack does."""

    def __init__(self, *messages: dict[str, Any]) -> None:
        super().__init__(token="xoxb-test")
        self.messages = messages

    async def conversations_replies(self, *, limit: int, cursor: str = "0", **_: Any) -> Any:  # type: ignore[override]
        start = int(cursor)
        following = str(start + limit) if start + limit < len(self.messages) else ""
        return {"messages": self.messages[start : start + limit], "response_metadata": {"next_cursor": following}}


def answer(turn: Turn | None) -> dict[str, Any]:
    payload = {"event_type": EVENT_TYPE, "event_payload": turn_payload("C1:1.0", turn)}
    return {"user": BOT, "metadata": payload, "text": "..."}


def read(*messages: dict[str, Any]) -> Conversation:
    conversation = asyncio.run(read_thread(Thread(*messages), "C1", "1.0", "9.0", BOT))
    assert conversation is not None
    return conversation


def test_turns_are_those_that_the_bot_answered_in_their_order() -> None:
    first, second = Turn("Who?", "Ann", "The harbour"), Turn("When?")
    conversation = read({"text": "Who?"}, answer(first), {"text": "hm"}, answer(second))
    assert conversation == Conversation((first, second), joined=True)


def test_small_talk_of_the_bot_is_no_turn_but_it_has_joined() -> None:
    assert read({"text": "hi"}, answer(None)) == Conversation((), joined=True)


def test_what_others_write_into_their_metadata_is_nothing_to_us() -> None:
    other = {"metadata": {"event_type": "theirs", "event_payload": {"asked": "Who?"}}}
    broken = {"user": BOT, "metadata": {"event_type": EVENT_TYPE, "event_payload": "x"}}
    assert read(other, broken, {"metadata": None}, {}) == Conversation()


def test_another_app_cannot_put_words_into_our_mouth() -> None:
    forged = answer(Turn("Who?", "Mallory")) | {"user": "U0MALLORY"}
    assert read({"text": "Who?"}, forged) == Conversation()


def test_the_end_of_a_long_thread_is_read_too() -> None:
    last = Turn("And then?", "Then", "End")
    talk = [{"text": "talk"} for _ in range(450)]
    assert read(*talk, answer(last)).turns == (last,)


@pytest.fixture
def state(tmp_path: Path) -> Iterator[SlackState]:
    state = SlackState(tmp_path)
    yield state
    state.close()


def ts(seconds: float = 0.0) -> str:
    """A timestamp so many seconds from now."""
    return f"{time.time() + seconds:.6f}"


def test_our_record_tells_what_happened_in_a_thread_before_a_message(state: SlackState) -> None:
    first, second, root = Turn("Who?", "Ann", "The harbour"), Turn("When?"), ts(1)
    state.threads.remember("C1", root, root, first)
    state.threads.remember("C1", root, ts(3), None)
    state.threads.remember("C1", root, ts(2), second)
    state.threads.remember("C2", root, root, Turn("Elsewhere?"))
    assert state.threads.conversation("C1", root, ts(9)) == Conversation((first, second), joined=True)
    assert state.threads.conversation("C1", root, ts(1.5)) == Conversation((first,), joined=True)


def test_an_edit_replaces_a_turn_and_a_deletion_takes_it_away(state: SlackState) -> None:
    root = ts(1)
    state.threads.remember("C1", root, root, Turn("Who?", "Ann"))
    state.threads.remember("C1", root, root, Turn("Where?", "Ulm"))
    assert state.threads.conversation("C1", root, ts(9)) == Conversation((Turn("Where?", "Ulm"),), joined=True)
    state.threads.forget("C1", root, root)
    assert state.threads.conversation("C1", root, ts(9)) == Conversation()


def test_a_thread_that_began_in_our_time_and_is_not_recorded_is_none_of_ours(state: SlackState) -> None:
    assert state.threads.conversation("C1", ts(1), ts(9)) == Conversation()


def test_only_slack_may_know_a_thread_from_before_our_record_and_is_asked_once(state: SlackState) -> None:
    old = ts(-100)
    assert state.threads.conversation("C1", old, ts(9)) is None
    state.threads.keep("C1", old, Conversation((Turn("Who?", "Ann"),), joined=True))
    state.threads.remember("C1", old, ts(1), Turn("When?"))
    assert state.threads.conversation("C1", old, ts(9)) == Conversation(
        (Turn("Who?", "Ann"), Turn("When?")), joined=True
    )
    state.threads.keep("C1", ts(-200), Conversation())


def test_what_was_deleted_for_its_age_is_what_only_slack_knows(state: SlackState) -> None:
    root = ts(1)
    state.threads.drop_before(time.time() + 50)
    assert state.threads.conversation("C1", root, ts(9)) is None
    state.threads.drop_before(0)
    assert state.threads.conversation("C1", root, ts(9)) is None, "a record does not grow into the past"
