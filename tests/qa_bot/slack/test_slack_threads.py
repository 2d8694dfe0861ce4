"""A thread is a conversation: what was asked and answered is read from the messages themselves."""

from __future__ import annotations

import asyncio
from typing import Any

from slack_sdk.web.async_client import AsyncWebClient

from qa_bot.conversation.referring import Turn
from qa_bot.slack.web_api.threads import EVENT_TYPE, Conversation, read_thread, turn_payload

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
    return asyncio.run(read_thread(Thread(*messages), "C1", "1.0", "9.0", BOT))


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
