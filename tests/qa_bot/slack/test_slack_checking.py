"""`qa-bot slack --check` with an app configuration token: the app's own manifest is compared."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from qa_bot import QABot
from qa_bot.slack.check.check import check
from qa_bot.slack.settings import SlackSettings
from qa_bot.slack.web_api.workspaces import SCOPES

MANIFEST = json.loads((Path(__file__).parents[3] / "deploy" / "slack" / "manifest.json").read_text())
TOKENS = {"bot_token": "xoxb-1-test", "app_token": "xapp-1-test", "config_token": "xoxe.xoxp-1-test"}


@pytest.fixture
def manifest() -> Any:
    """The manifest that Slack exports; a test may take something out of it."""
    return json.loads(json.dumps(MANIFEST))


@pytest.fixture
def address(manifest: Any) -> Iterator[str]:
    """A Web API with what the check asks for."""
    answers = {
        "auth.test": ("xoxb-1-test", {"user": "qa_bot", "user_id": "U0BOT", "bot_id": "B0BOT", "team": "Seeds"}),
        "bots.info": ("xoxb-1-test", {"bot": {"app_id": "A0APP"}}),
        "apps.manifest.export": ("xoxe.xoxp-1-test", {"manifest": manifest}),
        "apps.manifest.validate": ("xoxe.xoxp-1-test", {}),
        "blocks.validate": ("xoxb-1-test", {}),
        "apps.connections.open": ("xapp-1-test", {"url": "wss://127.0.0.1/"}),
    }

    class WebApi(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            self.rfile.read(int(self.headers.get("Content-Length") or 0))
            token, answer = answers[self.path.partition("?")[0].rpartition("/")[2]]
            good = self.headers["Authorization"] == f"Bearer {token}"
            body = json.dumps({"ok": True, **answer} if good else {"ok": False, "error": "invalid_auth"}).encode()
            self.send_response(200)
            self.send_header("Content-Type", "application/json")
            self.send_header("X-OAuth-Scopes", ",".join(SCOPES))
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        do_GET = do_POST

        def log_message(self, *_: object) -> None:
            """Says nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), WebApi) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}/api/"
        server.shutdown()


def checked(bot: QABot, address: str, **given: Any) -> tuple[int, list[str]]:
    lines: list[str] = []
    settings = SlackSettings.model_validate({**TOKENS, "api_url": address, "admins": (), **given})
    return check(bot, settings, http=False, write=lines.append), lines


def test_all_is_right(seed_bot: QABot, address: str) -> None:
    code, lines = checked(seed_bot, address)
    assert (code, lines[-1]) == (0, "everything that can be checked is right")
    assert "ok    event message.im: subscribed" in lines
    assert "ok    command /ask: there" in lines


def test_what_is_missing_is_named_with_what_to_do(seed_bot: QABot, address: str, manifest: Any) -> None:
    manifest["settings"]["event_subscriptions"]["bot_events"].remove("app_mention")
    manifest["features"]["slash_commands"] = []
    code, lines = checked(seed_bot, address)
    wrong = [line for line in lines if line.startswith("WRONG")]
    assert code == 2
    assert [line.partition(":")[0] for line in wrong] == [
        "WRONG event app_mention", "WRONG command /ask", "WRONG command /ask-admin",
    ]  # fmt: skip
    assert all("manifest.json" in line for line in wrong)


def test_a_token_that_slack_does_not_take_is_named(seed_bot: QABot, address: str) -> None:
    code, lines = checked(seed_bot, address, config_token="xoxe.xoxp-2-other")
    assert code == 2
    (wrong,) = [line for line in lines if line.startswith("WRONG")]
    assert wrong.startswith("WRONG SLACK_CONFIG_TOKEN: Slack says invalid_auth; ")
    assert "xoxp-2" not in wrong
