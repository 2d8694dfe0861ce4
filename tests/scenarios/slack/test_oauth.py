"""Several workspaces: each installs the app by OAuth, and is answered with its own token."""

from __future__ import annotations

import re
import urllib.error
import urllib.request
from collections.abc import Callable, Mapping
from urllib.parse import parse_qs, urlencode, urlparse

import pytest
from seed_answers import ANSWERS, QUESTION
from slack_emulator import Fault, Person
from slack_emulator.delivery import Delivery
from slack_emulator.payloads import wrapped
from slack_emulator.running import free_port
from slack_emulator.scene import Scene
from slack_emulator.workspace import BOT_USER_ID, CLIENT_SECRET

TEAMS = ("T0SEEDS02", "T0SEEDS03")


def config(scene: Scene) -> str:
    """What is posted in a channel of the first workspace is indexed."""
    own = scene.workspace.add_channel("own", {BOT_USER_ID})
    own.teams = {TEAMS[0]}
    workspaces = 'workspaces = ["T0SEEDS02", "T0SEEDS03", "T0SEEDS05"]'
    return f"[slack]\n{workspaces}\n[slack.channels.{own.id}]\nindex_posts = true\n"


@pytest.fixture(scope="module")
def port() -> int:
    return free_port()


@pytest.fixture(scope="module")
def scene(make_scene: Callable[..., Scene], port: int) -> Scene:
    """A scene of three workspaces in none of which the app is installed."""
    client = {"SLACK_BOT_TOKEN": "", "SLACK_CLIENT_ID": "111.222", "SLACK_CLIENT_SECRET": CLIENT_SECRET}
    scene = make_scene(config, manifest="manifest-http.json", environment=client)
    for team in TEAMS:
        scene.workspace.add_channel(f"lobby-{team}", {BOT_USER_ID}).teams = {team}
    scene.app.start_http(port)
    return scene


class NoRedirect(urllib.request.HTTPRedirectHandler):
    """Leaves redirects to the test."""

    def redirect_request(self, *_: object) -> None:
        """Follows none."""


def install(port: int, team: str, forged_state: str = "") -> tuple[int, str]:
    """Installs the app in a workspace as its administrator does in a browser; the last status and page."""
    _, begun = open_page(f"http://127.0.0.1:{port}/slack/install")
    address = re.search(r"https?://[^\"'\s]+/oauth/v2/authorize\?[^\"'\s]+", begun)
    cookie = re.search(r"set-cookie: ([^;]+)", begun, re.I)
    assert address, begun
    assert cookie, begun  # it is for HTTPS only, which a proxy adds; so no cookie jar would send it here
    (state,) = parse_qs(urlparse(address.group().replace("&amp;", "&")).query)["state"]
    query = urlencode({"code": f"code-for-{team}", "state": forged_state or state})
    return open_page(f"http://127.0.0.1:{port}/slack/oauth_redirect?{query}", {"Cookie": cookie.group(1)})


def open_page(address: str, headers: Mapping[str, str] | None = None) -> tuple[int, str]:
    """The status of a page, and its headers and text."""
    browser = urllib.request.build_opener(NoRedirect())
    try:
        with browser.open(urllib.request.Request(address, headers=dict(headers or {})), timeout=10) as response:
            return response.status, f"{response.headers}{response.read().decode()}"
    except urllib.error.HTTPError as error:
        with error:
            return error.code, f"{error.headers}{error.read().decode()}"


def test_a_workspace_that_has_not_installed_the_app_is_not_answered(scene: Scene) -> None:
    question = Person(scene.slack, "early", TEAMS[1]).asks(QUESTION, in_=f"lobby-{TEAMS[1]}")
    posted = [call for call in scene.workspace.calls if call.method == "chat.postMessage"]
    assert scene.answers(question) == []
    assert posted == []


def test_each_workspace_is_answered_with_its_own_token(scene: Scene, port: int) -> None:
    for team in TEAMS:
        status, page = install(port, team)
        assert (status, "Thank you" in page or "success" in page.lower()) == (200, True), page
    for team in TEAMS:
        question = Person(scene.slack, "visitor", team).asks(QUESTION, in_=f"lobby-{team}")
        assert ANSWERS[QUESTION] in scene.bold(scene.answer(question))
        (posted,) = [
            call
            for call in scene.workspace.calls
            if call.method == "chat.postMessage" and call.arguments["channel"] == question.channel
        ]
        assert posted.team == team


def test_a_file_that_one_workspace_posts_does_not_answer_the_other(scene: Scene) -> None:
    """Nor does it answer in the other channels of its own."""
    here, there = Person(scene.slack, "poster", TEAMS[0]), Person(scene.slack, "neighbour", TEAMS[1])
    content = b"The kiln of Ostrava Street was sold to Mirek Dolan for nine crowns, says the ledger."
    shared = here.shares("ledger.txt", content, "text/plain", in_="own")
    scene.wait_for("the file to be indexed", lambda: any("check" in name for name in shared.reactions), 60)
    question, words = "Who was the kiln of Ostrava Street sold to?", "Mirek Dolan"
    assert words in scene.text(scene.answer(here.asks(question, in_="own")))
    for asked in (here.asks(question, in_=f"lobby-{TEAMS[0]}"), there.asks(question, in_=f"lobby-{TEAMS[1]}")):
        assert words not in scene.text(scene.answer(asked))


def test_a_request_is_acknowledged_and_answered_without_asking_slack_who_the_bot_is(scene: Scene) -> None:
    before = [call.method for call in scene.workspace.calls].count("auth.test")
    scene.slack.faults.plan("auth.test", *[Fault(500, "internal_error")] * 5)
    question = Person(scene.slack, "hurried", TEAMS[0]).asks(QUESTION, in_=f"lobby-{TEAMS[0]}")
    assert ANSWERS[QUESTION] in scene.bold(scene.answer(question))
    assert [call.method for call in scene.workspace.calls].count("auth.test") == before
    scene.slack.faults.forgive("auth.test")


def test_the_page_to_install_leads_to_the_slack_that_the_settings_name(scene: Scene, port: int) -> None:
    _, page = open_page(f"http://127.0.0.1:{port}/slack/install")
    assert f"{scene.slack.base_url}/oauth/v2/authorize?" in page, "not slack.com: this could be GovSlack"


def test_an_installation_that_nobody_began_is_refused(scene: Scene, port: int) -> None:
    status, _ = install(port, "T0SEEDS04", forged_state="not-what-was-given")
    assert status >= 400
    assert "T0SEEDS04" not in scene.workspace.tokens.values()


def test_a_workspace_that_removes_the_app_is_forgotten(scene: Scene, port: int) -> None:
    team = "T0SEEDS05"
    lobby = scene.workspace.add_channel(f"lobby-{team}", {BOT_USER_ID})
    lobby.teams = {team}
    assert install(port, team)[0] == 200
    visitor = Person(scene.slack, "leaver", team)
    scene.answer(visitor.asks(QUESTION, in_=lobby.id))
    event = {"type": "app_uninstalled", "event_ts": scene.workspace.new_ts()}
    removed = scene.slack.send(
        Delivery("events_api", wrapped(scene.workspace, event) | {"team_id": team, "authorizations": []})
    )
    scene.wait_for("the acknowledgement", lambda: removed.acked_at)
    scene.wait_for("the log to say so", lambda: f"removed from {team}" in scene.app.log)
    late = visitor.asks(QUESTION, in_=lobby.id)
    scene.wait_for("all acknowledgements", lambda: all(delivery.finished for delivery in scene.slack.deliveries))
    assert scene.answers(late) == []


def test_installations_survive_a_restart(scene: Scene, port: int) -> None:
    scene.app.stop()
    scene.app.start_http(port)
    question = Person(scene.slack, "returner", TEAMS[0]).asks(QUESTION, in_=f"lobby-{TEAMS[0]}")
    assert ANSWERS[QUESTION] in scene.bold(scene.answer(question))
