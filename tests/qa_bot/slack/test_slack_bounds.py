"""A process that runs for a year, and is flooded meanwhile, keeps no more than it says."""

from __future__ import annotations

import asyncio
import logging
import sqlite3
from pathlib import Path
from typing import Any

import pytest
from slack_bolt.async_app import AsyncApp
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient
from slack_sdk.web.async_slack_response import AsyncSlackResponse

from qa_bot.slack.jobs import queue as jobs_module
from qa_bot.slack.jobs import state as state_module
from qa_bot.slack.jobs import tasks as tasks_module
from qa_bot.slack.jobs.queue import Jobs
from qa_bot.slack.jobs.state import Job, SlackState
from qa_bot.slack.jobs.tasks import ShortTasks
from qa_bot.slack.server.socket_mode import SocketMode
from qa_bot.slack.views.blocks import plain_message
from qa_bot.slack.web_api.calls import PATIENCE, retry_after
from qa_bot.slack.web_api.posting import Poster
from qa_bot.slack.web_api.workspaces import new_session


def rows(folder: Path, table: str) -> int:
    """Trigger many rows a table of the state has."""
    with sqlite3.connect(folder / state_module.FILE_NAME) as connection:
        count = int(connection.execute(f"SELECT count(*) FROM {table}").fetchone()[0])
    connection.close()
    return count


def test_no_table_grows_beyond_what_is_kept_and_the_newest_stays(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(state_module, "ROWS_KEPT", 50)
    monkeypatch.setattr(state_module, "PRUNED_AT_ONCE", 7)
    state = SlackState(tmp_path)
    for number in range(200):
        state.claim(f"question:C1:{number}.0", "question", {})
        state.done(f"question:C1:{number}.0")
        state.remember_answer("C1", f"{number}.0", f"{number}.5")
        state.remember_question("T1", f"U{number}", "Who?")
    state.prune()
    assert [rows(tmp_path, table) for table in ("jobs", "answers", "questions")] == [50, 50, 50]
    assert not state.claim("question:C1:199.0", "question", {})
    assert state.answer_to("C1", "199.0") == "199.5"
    assert state.answer_to("C1", "0.0") is None
    assert state.last_questions("T1", "U199") == ["Who?"]
    state.close()


def test_what_is_too_old_goes_a_little_at_a_time(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(state_module, "PRUNED_AT_ONCE", 10)
    state = SlackState(tmp_path)
    now = state_module.time.time()
    for age, count in ((100 * state_module.DAY, 95), (0.0, 5)):
        monkeypatch.setattr(state_module.time, "time", lambda age=age: now - age)
        for number in range(count):
            state.remember_answer("C1", f"{number}.{count}", "1.0")
            state.claim(f"question:C1:{number}.{count}", "question", {})
    state.prune()
    assert [rows(tmp_path, table) for table in ("jobs", "answers")] == [5, 5]
    state.close()


def test_a_busy_year_leaves_a_file_of_bounded_size(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(state_module, "ROWS_KEPT", 500)
    state = SlackState(tmp_path)
    sizes = []
    for month in range(12):
        for number in range(400):
            key = f"question:C1:{month}.{number}"
            state.claim(key, "question", {"text": "x" * 2000})
            state.done(key)
            state.remember_answer("C1", key, "1.0")
        state.prune()
        sizes.append(sum(file.stat().st_size for file in tmp_path.iterdir()))
    assert max(sizes) <= 1.5 * sizes[2], sizes
    state.close()


async def _until(stop: asyncio.Event) -> None:
    await stop.wait()


def test_what_is_far_too_much_is_not_written_down_so_that_slack_sends_it_again(tmp_path: Path) -> None:
    async def story() -> None:
        state, stop = SlackState(tmp_path), asyncio.Event()
        jobs = Jobs(state, {"edit": lambda _: _until(stop)}, limit=3)
        taken = [jobs.put(f"edit:{number}", "edit", {}) for number in range(3 * jobs_module.OVERFULL)]
        assert taken == [True] * len(taken)
        assert jobs.full
        with pytest.raises(asyncio.QueueFull):
            jobs.put("edit:last", "edit", {})
        stop.set()
        await jobs.stop(5)
        assert jobs.put("edit:last", "edit", {}), "when it is sent again it is taken"
        await jobs.stop(5)
        state.close()

    asyncio.run(story())


def test_what_was_seen_and_who_waits_for_whom_is_forgotten(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(jobs_module, "SEEN", 20)

    async def nothing(_: Job) -> None:
        await asyncio.sleep(0)

    async def story() -> None:
        state = SlackState(tmp_path)
        jobs = Jobs(state, {"question": nothing}, limit=1000)
        for number in range(100):
            jobs.put(f"question:{number}", "question", {"about": f"C1:{number}"})
        await jobs.stop(5)
        assert len(jobs._seen) == 20
        assert jobs._turns == {}
        assert not jobs.put("question:0", "question", {}), "the file remembers longer"
        state.close()

    asyncio.run(story())


def test_a_flood_of_clicks_is_bounded_and_the_log_says_so(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(tasks_module, "MOST_TASKS", 10)

    async def story() -> int:
        tasks, stop = ShortTasks(), asyncio.Event()
        for _ in range(25):
            tasks.start(_until(stop), "showing an article")
        running = len(tasks._tasks)
        stop.set()
        await tasks.stop(5)
        tasks.start(_until(stop), "showing an article")
        await tasks.stop(5)
        return running

    with caplog.at_level(logging.WARNING):
        assert asyncio.run(story()) == 10
    assert sum("left out" in line for line in caplog.messages) == 15


class Posting(AsyncWebClient):
    """Takes every message."""

    async def chat_postMessage(self, **_: Any) -> Any:  # type: ignore[override]
        return {"ts": "1.5"}


def test_the_paces_of_channels_in_which_nothing_is_said_are_forgotten() -> None:
    async def story() -> int:
        poster, client = Poster(spacing=0.0), Posting(token="xoxb-test")
        for number in range(5200):
            await poster.post(client, f"C{number}", plain_message("Yes."), payload={"question": "C1:1.0"})
        return len(poster._paces)

    assert asyncio.run(story()) <= 5001


def limited(value: str) -> SlackApiError:
    """What Slack says of too many calls."""
    response = AsyncSlackResponse(
        client=None, http_verb="POST", api_url="", req_args={}, data={"ok": False, "error": "ratelimited"},
        headers={"Retry-After": value}, status_code=429,
    )  # fmt: skip
    return SlackApiError("ratelimited", response)


@pytest.mark.parametrize(
    ("value", "seconds"),
    [("3", 3.0), ("0.5", 0.5), ("-4", 0.0), ("nan", 7.0), ("inf", 7.0), ("soon", 7.0), ("1e9", PATIENCE / 2)],
)
def test_a_time_to_wait_that_makes_no_sense_is_not_waited_for(value: str, seconds: float) -> None:
    assert retry_after(limited(value), 7.0) == seconds


class Capricious(AsyncWebClient):
    """Says something else each time that a connection is asked for, and never gives one."""

    def __init__(self, *answers: Any) -> None:
        super().__init__(token="xoxb-test")
        self.answers = list(answers)

    async def apps_connections_open(self, **_: Any) -> Any:  # type: ignore[override]
        answer = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        if isinstance(answer, Exception):
            raise answer
        return answer


def test_the_connection_is_made_again_whatever_went_wrong(caplog: pytest.LogCaptureFixture) -> None:
    answers = [{}, None, {"url": 7}, {"url": "wss://[::1"}, limited("never"), RuntimeError("?"), OSError("no route")]
    client = Capricious(*answers)

    async def story() -> bool:
        async with new_session() as session:
            app = AsyncApp(token="xoxb-test", signing_secret="-", logger=logging.getLogger("slack_bolt"))
            mode = SocketMode(app, client, "xapp-test", session)
            mode._wait = lambda error, failures: min(SocketMode._wait(mode, error, failures), 0.01)  # type: ignore[method-assign]
            running = asyncio.ensure_future(mode.run())
            async with asyncio.timeout(20):
                while len(client.answers) > 1:
                    assert not running.done(), running
                    await asyncio.sleep(0.01)
            alive = not running.done()
            running.cancel()
            await asyncio.gather(running, return_exceptions=True)
            return alive

    with caplog.at_level(logging.WARNING):
        assert asyncio.run(story())
    assert sum("no connection to Slack" in line for line in caplog.messages) >= len(answers) - 1
