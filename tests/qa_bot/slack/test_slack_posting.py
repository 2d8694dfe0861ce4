"""Calls to Slack come through: paced, retried, not doubled; what cannot come through is not tried for ever."""

from __future__ import annotations

import asyncio
import logging
import time
from typing import Any

import pytest
from pydantic import ValidationError
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient
from slack_sdk.web.async_slack_response import AsyncSlackResponse

from qa_bot.slack.jobs.queue import Jobs
from qa_bot.slack.jobs.state import Job, SlackState
from qa_bot.slack.jobs.tasks import Pool
from qa_bot.slack.log_redaction import RedactingFilter, in_words
from qa_bot.slack.views.blocks import plain_message
from qa_bot.slack.views.button_values import Place
from qa_bot.slack.web_api import calls
from qa_bot.slack.web_api.calls import call
from qa_bot.slack.web_api.posting import Poster
from qa_bot.slack.web_api.threads import EVENT_TYPE


def refusal(status: int, error: str, **headers: str) -> SlackApiError:
    data = {"ok": False, "error": error}
    response = AsyncSlackResponse(
        client=None, http_verb="POST", api_url="", req_args={}, data=data, headers=headers, status_code=status
    )
    return SlackApiError(error, response)


class Slack(AsyncWebClient):
    """Answers with what it is given, one after the other; then well."""

    def __init__(self, *answers: Exception, posted: list[dict[str, Any]] | None = None) -> None:
        super().__init__(token="xoxb-test")
        self.answers = list(answers)
        self.posted = posted if posted is not None else []
        self.times: list[float] = []

    async def chat_postMessage(self, **arguments: Any) -> Any:  # type: ignore[override]
        self.times.append(asyncio.get_running_loop().time())
        if self.answers:
            raise self.answers.pop(0)
        self.posted.append(arguments)
        return {"ts": f"{len(self.posted)}.5"}

    async def conversations_replies(self, **_: Any) -> Any:  # type: ignore[override]
        return {"messages": [{"ts": f"{n}.5", **message} for n, message in enumerate(self.posted, start=1)]}

    conversations_history = conversations_replies


def post(slack: Slack, key: str = "C1:1.0", **more: Any) -> str:
    return asyncio.run(
        Poster().post(slack, "C1", plain_message("Yes."), thread="1.0", payload={"question": key}, **more)
    )


def test_a_rate_limit_is_waited_for_as_long_as_slack_says() -> None:
    slack = Slack(refusal(429, "ratelimited", **{"Retry-After": "1"}))
    assert post(slack) == "1.5"
    assert 1 <= slack.times[1] - slack.times[0] < 3


@pytest.mark.parametrize(
    "error", [refusal(500, "internal_error"), refusal(200, "fatal_error"), OSError("reset"), TimeoutError()]
)
def test_what_passes_is_tried_again(error: Exception) -> None:
    slack = Slack(error, error)
    assert post(slack) == "1.5"
    assert len(slack.posted) == 1


def test_what_slack_refuses_is_not_tried_again() -> None:
    slack = Slack(refusal(200, "channel_not_found"))
    with pytest.raises(SlackApiError):
        post(slack)
    assert len(slack.times) == 1


def test_a_message_that_came_through_although_the_call_failed_is_not_posted_twice() -> None:
    metadata = {"event_type": EVENT_TYPE, "event_payload": {"question": "C1:1.0"}}
    slack = Slack(refusal(500, "internal_error"), posted=[{"metadata": metadata}])
    assert post(slack) == "1.5"
    assert len(slack.times) == 1


def test_a_message_that_a_killed_process_posted_is_not_posted_again() -> None:
    metadata = {"event_type": EVENT_TYPE, "event_payload": {"question": "C1:1.0"}}
    slack = Slack(posted=[{"metadata": metadata}])
    assert post(slack, again=True) == "1.5"
    assert slack.times == []


def test_it_is_given_up_some_day(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(calls, "PATIENCE", 0.5)
    with pytest.raises(OSError, match="unreachable"):
        post(Slack(*[OSError("unreachable")] * 9))


def test_messages_go_into_a_channel_one_a_second_in_order_and_into_others_at_once() -> None:
    async def several() -> tuple[Slack, float]:
        slack, poster = Slack(), Poster()
        began = asyncio.get_running_loop().time()
        await asyncio.gather(
            *(
                poster.post(
                    slack, channel, plain_message(f"{channel} {number}"), payload={"question": f"{channel}:{number}"}
                )
                for number in range(2)
                for channel in ("C1", "C2", "C3")
            )
        )
        return slack, began

    slack, began = asyncio.run(several())
    assert [message["text"] for message in slack.posted] == ["C1 0", "C2 0", "C3 0", "C1 1", "C2 1", "C3 1"]
    assert slack.times[2] - began < 0.5
    assert slack.times[3] - slack.times[0] >= 1


def test_methods_without_answers_give_up_on_what_is_no_error_of_slack() -> None:
    async def broken() -> None:
        raise KeyError("x")

    with pytest.raises(KeyError):
        asyncio.run(call(broken))


def test_a_few_are_answered_at_once_and_who_waits_long_is_told_how_many_are_before_them() -> None:
    async def crowd() -> list[int]:
        pool, counts = Pool(1, wait_shown=0.1), []

        async def tell(ahead: int) -> None:
            counts.append(ahead)

        await asyncio.gather(*(pool.run(lambda: time.sleep(0.09), tell) for _ in range(4)))
        pool.close()
        return counts

    assert sorted(asyncio.run(crowd())) == [1, 2]


def test_jobs_about_one_message_are_done_in_order_and_each_once(tmp_path: Any) -> None:
    done: list[str] = []

    async def work(job: Job) -> None:
        await asyncio.sleep(0.05 if job.payload["text"] == "first" else 0)
        done.append(job.payload["text"])

    async def take() -> list[bool]:
        jobs = Jobs(SlackState(tmp_path), {"question": work}, 10)
        taken = [
            jobs.put("a", "question", {"about": "C1:1", "text": "first"}),
            jobs.put("b", "question", {"about": "C1:1", "text": "second"}),
            jobs.put("a", "question", {"about": "C1:1", "text": "first"}),
        ]
        await jobs.stop(5)
        return taken

    assert asyncio.run(take()) == [True, True, False]
    assert done == ["first", "second"]


def test_a_job_that_fails_is_logged_and_the_next_one_is_done(tmp_path: Any, caplog: pytest.LogCaptureFixture) -> None:
    done: list[str] = []

    async def work(job: Job) -> None:
        if job.key == "bad":
            raise ValueError("out of luck")
        done.append(job.key)

    async def take() -> None:
        jobs = Jobs(SlackState(tmp_path), {"question": work}, 10)
        jobs.put("bad", "question", {"about": "C1:1"})
        jobs.put("good", "question", {"about": "C1:1"})
        await jobs.stop(5)

    asyncio.run(take())
    assert done == ["good"]
    assert "out of luck" in caplog.text


@pytest.mark.parametrize(
    ("line", "secret"),
    [
        ("token xoxb-12-ab is bad", "12-ab"),
        ("xapp-1-A0-12-abcdef", "abcdef"),
        ("xoxe.xoxb-1-abc", "1-abc"),
        ("xwfp-1-abc-def", "abc-def"),
        ("wss://wss.slack.com/link/?ticket=12-34&app_id=5", "12-34"),
        ("https://hooks.slack.com/commands/T1/2/3", "T1/2/3"),
        ("the secret is 8f742231b10e8888abcd99yyyzzz85a5", "8f7422"),
    ],
)
def test_secrets_stay_out_of_the_log(line: str, secret: str) -> None:
    redacting = RedactingFilter(["8f742231b10e8888abcd99yyyzzz85a5", None, ""])
    record = logging.LogRecord("x", logging.ERROR, "", 0, "%s", (line,), None)
    assert redacting.filter(record)
    assert "(hidden)" in record.getMessage()
    assert secret not in record.getMessage()


def test_what_people_wrote_stays_out_of_errors_in_the_log() -> None:
    with pytest.raises(ValidationError) as caught:
        Place.model_validate({"article": 7, "start": "a question", "end": "that is private"})
    assert "private" in str(caught.value)
    assert "private" not in in_words(caught.value)
    assert in_words(OSError("unreachable")) == "OSError: unreachable"


def test_secrets_stay_out_of_tracebacks() -> None:
    try:
        raise ValueError("xoxb-12-secret")
    except ValueError as error:
        record = logging.LogRecord("x", logging.ERROR, "", 0, "failed", (), (type(error), error, error.__traceback__))
    RedactingFilter().filter(record)
    assert "secret" not in logging.Formatter().format(record).replace("test_secrets", "")
