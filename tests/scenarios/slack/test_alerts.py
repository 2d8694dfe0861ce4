"""Alerts: who wants to know what the articles don't say is told once, in a direct message, when an article arrives that does."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from commands import Command
from seed_answers import ANSWERS, QUESTION
from slack_emulator.scene import Scene
from slack_emulator.story import Person
from slack_emulator.workspace import BOT_USER_ID, Message

from qa_bot.slack.jobs.alerts import MOST_ALERTS

BELL = "Who repaired the bell of Osk?"
REPAIRED = "The bell of Osk was repaired by Greta Lind in March 2026. It had been silent for eleven years."
MILL = "Who bought the mill of Osk?"
BOUGHT = "The mill of Osk was bought by Jonas Wik in 1931. He ground rye there for forty years."
HOSTILE = "How deep is the <!channel> *lake* of Brem & <@U0000>?"


def config(scene: Scene) -> str:
    board, closed, shared = (
        scene.workspace.add_channel(name, {BOT_USER_ID}).id for name in ("board", "closed", "shared")
    )
    allowed = [scene.channel_id(name) for name in ("general", "random", "board", "shared")]
    return f"""
[slack]
allowed_channels = {allowed}
[slack.channels.{board}]
publishers = ["The Board"]
[slack.channels.{closed}]
mode = "off"
[slack.channels.{shared}]
external_people = true
"""


@pytest.fixture
def scene(make_scene: Callable[..., Scene]) -> Iterator[Scene]:
    """A scene of its own for each test: they index."""
    scene = make_scene(config)
    scene.app.start()
    scene.settle()
    yield scene
    scene.close()


class Newsroom:
    """Where articles come from: a folder that another process indexes."""

    def __init__(self, scene: Scene, cache_dir: Path) -> None:
        self.qa_bot = Command(scene.app.folder, cache_dir, scene.data_dir)
        self.folder = scene.app.folder / "articles"
        self.folder.mkdir()

    def write(self, name: str, text: str, publisher: str = "The Clarion") -> Path:
        """Writes an article, which is not indexed."""
        path = self.folder / f"{name}.txt"
        url = f"https://example.org/qa-bot-seeds/{name}"
        path.write_text(f"---\ntitle: About the {name}\npublisher: {publisher}\nurl: {url}\n---\n{text}")
        return path

    def publish(self, name: str, text: str, publisher: str = "The Clarion") -> None:
        """Writes an article, and indexes it."""
        self.write(name, text, publisher)
        assert self.qa_bot("index", "--quiet", self.folder).code == 0


@pytest.fixture
def newsroom(scene: Scene, cache_dir: Path) -> Newsroom:
    """The scene's newsroom."""
    return Newsroom(scene, cache_dir)


def told(scene: Scene, person: Person) -> list[Message]:
    """The direct messages that the bot has sent a person on its own account."""
    with scene.workspace.changed:
        messages = scene.workspace.direct(person.id).messages.values()
        return [
            m for m in messages if m.user == BOT_USER_ID and not m.thread_ts and "what you wanted to know" in m.text
        ]


def said(scene: Scene, person: Person, where: Message) -> list[str]:
    """What only a person sees in a thread."""
    return [message.text for message in scene.workspace.seen_by(person.id, where.thread)]


def wait_until_looked(scene: Scene, newsroom: Newsroom) -> None:
    """Waits until the app has looked at all that was published: until it has told somebody of what comes after it."""
    watch = Person(scene.slack, "lookout")
    number = len(list(newsroom.folder.iterdir()))
    assert (
        "Noted"
        in watch.types("/ask", f"notify Who painted the barn number {number} of Ulm?", in_="general").message().text
    )
    newsroom.publish(f"barn{number}", f"The barn number {number} of Ulm was painted by Otto Reh last summer.")
    scene.wait_for("the lookout's message", lambda: told(scene, watch), 60)


def test_who_waits_for_an_answer_is_told_once_and_others_are_not(scene: Scene, newsroom: Newsroom) -> None:
    reply = scene.alice.types("/ask", f"notify {BELL}", in_="general").message()
    assert "Noted" in reply.text
    assert reply.ephemeral_to == scene.alice.id
    scene.bob.types("/ask", f"notify {MILL}", in_="random").message()
    newsroom.publish("bell", REPAIRED)
    (message,) = scene.wait_for("a direct message", lambda: told(scene, scene.alice), 60)
    assert BELL in scene.text(message)
    assert scene.quotes(message) == ["The bell of Osk was repaired by Greta Lind in March 2026."]
    assert "Greta Lind" in scene.bold(message)
    assert "https://example.org/qa-bot-seeds/bell" in "".join(scene.links(message))
    newsroom.publish("bell2", REPAIRED.replace("Greta Lind in March", "Paul Ost again in May"))
    wait_until_looked(scene, newsroom)
    assert told(scene, scene.alice) == [message]
    assert told(scene, scene.bob) == []
    assert "wait for no answer" in scene.alice.types("/ask", "notify", in_="general").message().text
    assert BELL not in scene.app.log
    scene.check()


def test_the_button_under_a_reply_without_an_answer_does_the_same(scene: Scene, newsroom: Newsroom) -> None:
    nothing = scene.answer(scene.alice.asks(MILL, in_="general"))
    assert "Tell me when an article answers this" in scene.labels(nothing)
    for words in ("Noted", "already"):
        scene.click(scene.bob, "tell me when", on=nothing)
        scene.wait_for(words, lambda words=words: words in "".join(said(scene, scene.bob, nothing)))
    answered = scene.answer(scene.alice.asks(QUESTION, in_="random"))
    assert "Tell me when an article answers this" not in scene.labels(answered)
    newsroom.publish("mill", BOUGHT)
    (message,) = scene.wait_for("a direct message", lambda: told(scene, scene.bob), 60)
    assert "Jonas Wik" in scene.bold(message)
    assert told(scene, scene.alice) == [], "she has only asked"
    scene.check()


def test_it_is_watched_what_another_process_keeps_indexing(scene: Scene, newsroom: Newsroom) -> None:
    newsroom.write("first", "The river of Osk is forty kilometres long.")
    scene.alice.types("/ask", f"notify {BELL}", in_="general").message()
    watching = subprocess.Popen(
        [sys.executable, "-m", "qa_bot", "index", "--watch", str(newsroom.folder)],
        cwd=newsroom.qa_bot.folder,
        env=newsroom.qa_bot.environment,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        newsroom.write("bell", REPAIRED)
        scene.wait_for("a direct message", lambda: told(scene, scene.alice), 60)
    finally:
        watching.terminate()
        watching.wait()


def test_only_articles_that_arrive_count(scene: Scene, newsroom: Newsroom) -> None:
    assert "Noted" in scene.alice.types("/ask", f"notify {QUESTION}", in_="general").message().text
    newsroom.publish("bell", REPAIRED)
    scene.bob.types("/ask", f"notify {BELL}", in_="general").message()
    newsroom.publish("bell", f"{REPAIRED} It is heard in all of Osk.")
    assert newsroom.qa_bot("index", "--quiet", "--rebuild").code == 0
    (bell,) = [a["id"] for a in newsroom.qa_bot("articles", "list", "--json").json if "bell" in a["title"]]
    assert newsroom.qa_bot("articles", "retract", bell).code == 0
    assert newsroom.qa_bot("articles", "restore", bell).code == 0
    wait_until_looked(scene, newsroom)
    assert told(scene, scene.alice) == [], "an article that was there answers"
    assert told(scene, scene.bob) == [], "the article was there before, and has only changed"
    assert ANSWERS[QUESTION] in scene.bold(scene.answer(scene.alice.writes_to_bot(QUESTION)))


def test_the_list_has_a_button_that_stops_each(scene: Scene, newsroom: Newsroom) -> None:
    assert "wait for no answer" in scene.alice.types("/ask", "notify", in_="general").message().text
    for question in (BELL, MILL, HOSTILE):
        scene.alice.types("/ask", f"notify {question}", in_="general").message()
    listed = scene.alice.types("/ask", " NOTIFY ", in_="random").message()
    assert scene.bold(listed)[:2] == [BELL, MILL]
    assert "of Brem &" in scene.bold(listed)[2]
    assert scene.labels(listed) == ["Stop"] * 3
    left = scene.click(scene.alice, "stop", on=listed).message()
    assert BELL not in scene.text(left)
    assert scene.labels(left) == ["Stop"] * 2
    assert BELL not in scene.text(scene.alice.types("/ask", "notify", in_="general").message())
    assert "wait for no answer" in scene.bob.types("/ask", "notify", in_="general").message().text
    scene.click(scene.bob, "stop", on=left)  # a click that somebody has forged stops nobody else's
    newsroom.publish("mill", BOUGHT)
    (message,) = scene.wait_for("a direct message", lambda: told(scene, scene.alice), 60)
    stopped = scene.click(scene.alice, "stop", on=message).message()
    assert "wait for no answer any more" in stopped.text
    newsroom.publish("bell", REPAIRED)
    wait_until_looked(scene, newsroom)
    assert [scene.text(one) for one in told(scene, scene.alice)] == [scene.text(message)]
    scene.check()


def test_a_person_has_twenty_at_most(scene: Scene) -> None:
    for number in range(MOST_ALERTS):
        assert "Noted" in scene.alice.types("/ask", f"notify Who is number {number}?", in_="general").message().text
    assert str(MOST_ALERTS) in scene.alice.types("/ask", f"notify {BELL}", in_="general").message().text
    assert len(scene.labels(scene.alice.types("/ask", "notify", in_="general").message())) == MOST_ALERTS
    assert "Noted" in scene.bob.types("/ask", f"notify {BELL}", in_="general").message().text


def test_what_is_no_question_is_not_noted(scene: Scene) -> None:
    assert "no question" in scene.alice.types("/ask", "notify ???", in_="general").message().text
    assert "shorter" in scene.alice.types("/ask", f"notify {'why ' * 1500}", in_="general").message().text
    assert "wait for no answer" in scene.alice.types("/ask", "notify", in_="general").message().text


def test_it_survives_being_killed_and_tells_nobody_twice(scene: Scene, newsroom: Newsroom) -> None:
    scene.alice.types("/ask", f"notify {BELL}", in_="general").message()
    scene.app.kill()
    newsroom.publish("bell", REPAIRED)
    scene.slack.faults.late["chat.postMessage"] = 5
    scene.app.start()
    scene.wait_for("a direct message", lambda: told(scene, scene.alice), 60)
    scene.app.kill()  # it has not heard that the message arrived
    scene.slack.faults.late.clear()
    newsroom.publish("bell2", REPAIRED.replace("Greta Lind in March", "Paul Ost again in May"))
    scene.app.start()
    wait_until_looked(scene, newsroom)
    assert len(told(scene, scene.alice)) == 1
    assert "wait for no answer" in scene.alice.types("/ask", "notify", in_="general").message().text


def test_who_may_ask_where_and_what_may_be_shown_there_holds(scene: Scene, newsroom: Newsroom) -> None:
    stranger = Person(scene.slack, "stranger", "T0ELSEWHERE")
    assert "Noted" in scene.alice.types("/ask", f"notify {BELL}", in_="board").message().text
    assert "don't answer" in scene.bob.types("/ask", f"notify {BELL}", in_="closed").message().text
    for channel in ("general", "shared"):
        assert "organisation" in stranger.types("/ask", f"notify {BELL}", in_=channel).message().text
    newsroom.publish("bell", REPAIRED)
    wait_until_looked(scene, newsroom)
    assert told(scene, scene.alice) == [], "the board's channel shows only what the board publishes"
    newsroom.publish("minutes", REPAIRED.replace("silent", "broken"), publisher="The Board")
    (message,) = scene.wait_for("a direct message", lambda: told(scene, scene.alice), 60)
    assert "About the minutes" in scene.text(message)
    assert told(scene, scene.bob) == []
    assert told(scene, stranger) == []


def test_an_article_that_is_retracted_later_is_marked_there_too(scene: Scene, newsroom: Newsroom) -> None:
    scene.alice.types("/ask", f"notify {BELL}", in_="general").message()
    newsroom.publish("bell", REPAIRED)
    (message,) = scene.wait_for("a direct message", lambda: told(scene, scene.alice), 60)
    assert newsroom.qa_bot("articles", "retract", "https://example.org/qa-bot-seeds/bell").code == 0
    scene.wait_for("the mark", lambda: "has been retracted" in message.text)
    assert "Greta Lind" not in scene.text(message)


def test_nothing_comes_alive_of_what_people_and_articles_say(scene: Scene, newsroom: Newsroom) -> None:
    question = "Who repaired the <!channel> *bell* of Osk & Ulm?"
    scene.alice.types("/ask", f"notify {question}", in_="general").message()
    newsroom.publish("bell", REPAIRED.replace("Greta Lind", "Greta <!here> *Lind* & <@U0000>"))
    (message,) = scene.wait_for("a direct message", lambda: told(scene, scene.alice), 60)
    assert "Greta <!here> *Lind* & <@U0000>" in scene.text(message)
    scene.check()
