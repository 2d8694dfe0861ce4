"""The app as a process beside an emulated Slack: one of each for a file of tests."""

from __future__ import annotations

import gc
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from slack_emulator import SlackEmulator
from slack_emulator.scene import Scene
from slack_emulator.website import Website
from slack_emulator.workspace import BOT_TOKEN, BOT_USER_ID, Channel
from slack_sdk import WebClient

from qa_bot import QABot, load_settings


@pytest.fixture(scope="session")
def indexed_seeds(tmp_path_factory: pytest.TempPathFactory, cache_dir: Path, seeds_folder: Path) -> Path:
    """A store of the seeds; each scene takes a copy."""
    folder = tmp_path_factory.mktemp("indexed_seeds")
    with QABot(load_settings(data_dir=folder, cache_dir=cache_dir)) as bot:
        bot.reindex([str(seeds_folder)])
    return folder


@pytest.fixture(scope="module")
def make_scene(
    tmp_path_factory: pytest.TempPathFactory, cache_dir: Path, indexed_seeds: Path
) -> Iterator[Callable[..., Scene]]:
    """Makes scenes whose app has not been started."""
    made: list[Scene] = []

    def make(config: Callable[[Scene], str] = lambda _: "", indexed: Path = indexed_seeds, **more: object) -> Scene:
        made.append(Scene(tmp_path_factory.mktemp("scene"), indexed, cache_dir, config, **more))  # type: ignore[arg-type]
        return made[-1].open()

    yield make
    for scene in made:
        scene.close()


@pytest.fixture(scope="module")
def scene(make_scene: Callable[..., Scene], request: pytest.FixtureRequest) -> Scene:
    """A scene whose app runs with the settings that the test file's `config` makes."""
    scene = make_scene(getattr(request.module, "config", lambda _: ""))
    scene.app.start()
    return scene


@pytest.fixture
def room(scene: Scene) -> str:
    """The id of a channel that the bot is in and in which nothing has been said: Slack takes one message a second in each."""
    return scene.workspace.add_channel(scene.workspace.new_id("room"), {BOT_USER_ID, scene.alice.id, scene.bob.id}).id


@pytest.fixture(scope="module")
def website(scene: Scene, request: pytest.FixtureRequest) -> Iterator[Website]:
    """A website on loopback with the test file's `PAGES`."""
    with Website(request.module.PAGES) as website:
        scene.workspace.allowed_links.append(website.address)
        yield website


@pytest.fixture
def slack() -> Iterator[SlackEmulator]:
    """An empty Slack, for the tests of the emulator itself."""
    with SlackEmulator() as slack:
        yield slack
    gc.collect()  # the sockets that Slack's own WebSocket client leaves lying about


@pytest.fixture
def general(slack: SlackEmulator) -> Channel:
    """A channel of it that the bot is in."""
    return slack.workspace.add_channel("general", {BOT_USER_ID})


@pytest.fixture
def client(slack: SlackEmulator) -> WebClient:
    """Slack's own client, as the bot."""
    return WebClient(BOT_TOKEN, base_url=slack.api_url)


@pytest.fixture(autouse=True)
def _nothing_forbidden(request: pytest.FixtureRequest) -> Iterator[None]:
    """Each test fails if the app did during it what Slack or this product forbids."""
    scene = request.getfixturevalue("scene") if "scene" in request.fixturenames else None
    yield
    if scene is not None:
        scene.check()
