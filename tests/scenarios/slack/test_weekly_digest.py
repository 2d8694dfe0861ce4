"""A weekly digest of what was not answered: once a week, in the channel that the settings name, whatever happens between."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import closing
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from commands import Command
from seed_answers import UNANSWERED
from slack_emulator.scene import Scene
from slack_emulator.workspace import BOT_USER_ID, Message

from qa_bot.feedback import FeedbackLog
from qa_bot.slack.workers.digests import HOUR, last_week

HOSTILE = "Who stole the <!channel> bell of *Osk*?"


def config(scene: Scene, *, recording: bool = True) -> str:
    return (
        f'[slack]\nlog_questions = {str(recording).lower()}\ndigest_channel = "{scene.channel_id("random")}"\n'
        f'[slack.channels.{scene.channel_id("random")}]\nlanguage = "de"\n'
    )


@pytest.fixture
def scene(make_scene: Callable[..., Scene]) -> Iterator[Scene]:
    """A scene with questions of last week, and of this one; the app is not started."""
    scene = make_scene(config)
    record(scene)
    yield scene
    scene.close()


def record(scene: Scene) -> None:
    monday = datetime.combine(last_week(datetime.now()), datetime.min.time())
    asked = [(HOSTILE, 0.5), (HOSTILE, 6.9), (UNANSWERED, 3), ("Who is new this week?", 8)]
    with closing(FeedbackLog(scene.data_dir)) as log:
        for number, (question, days) in enumerate(asked):
            moment = (monday + timedelta(days=days)).timestamp()
            where = {"team": "T1", "channel": scene.channel_id("general")}
            log.note_unanswered(str(number), [question], **where, asked=moment)


def posts(scene: Scene) -> list[Message]:
    """What the bot has posted in the channel."""
    with scene.workspace.changed:
        messages = scene.workspace.named("random").messages.values()
        return [message for message in messages if message.user == BOT_USER_ID]


def test_the_week_before_is_told_once_also_after_a_restart(scene: Scene) -> None:
    scene.app.start()
    (digest,) = scene.wait_for("the digest", lambda: posts(scene))
    text = scene.text(digest)
    assert "Was ohne Antwort blieb" in text
    assert "3 Fragen" in text
    assert "2 ohne Antwort · #general (2)" in text
    assert HOSTILE in text
    assert UNANSWERED in text
    assert "this week" not in text
    scene.app.kill()
    scene.app.start()
    scene.settle()
    assert posts(scene) == [digest]
    scene.check()


def test_it_is_posted_once_though_the_process_dies_while_it_is_posted(scene: Scene) -> None:
    scene.slack.faults.late["chat.postMessage"] = 5
    scene.app.start()
    scene.wait_for("the digest", lambda: posts(scene))
    scene.app.kill()  # it has not heard that the message arrived
    scene.slack.faults.late.clear()
    scene.app.start()
    scene.settle()
    assert len(posts(scene)) == 1


def test_where_questions_are_not_recorded_it_says_so_and_posts_nothing(
    make_scene: Callable[..., Scene], cache_dir: Path
) -> None:
    scene = make_scene(lambda scene: config(scene, recording=False))
    record(scene)
    scene.app.start()
    scene.settle()
    assert posts(scene) == []
    assert "slack.log_questions = true" in scene.app.log
    command = Command(scene.app.folder, cache_dir, scene.data_dir)
    done = command("slack", "--check", environment=scene.app.environment)
    assert any("digest_channel" in line and "log_questions" in line for line in done.output.splitlines())


@pytest.mark.parametrize(
    ("now", "monday"),
    [
        (datetime(2026, 11, 23, HOUR - 1, 59), "2026-11-09"),
        (datetime(2026, 11, 23, HOUR), "2026-11-16"),
        (datetime(2026, 11, 29, 23, 59), "2026-11-16"),
        (datetime(2027, 1, 4, HOUR), "2026-12-28"),
    ],
)
def test_a_week_is_over_on_monday_at_eight(now: datetime, monday: str) -> None:
    assert str(last_week(now)) == monday
