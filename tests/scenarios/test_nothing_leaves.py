"""Nothing leaves the machine: no command looks a name up that nobody asked for."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import captive_network
import pytest

ROOT = Path(__file__).parents[2]
QUESTION = "Who led the party after Honecker?"
SLACK = """
import sys
from pathlib import Path
from slack_emulator.scene import Scene
folder = Path(sys.argv[1])
(folder / "app").mkdir()
with_bot = Scene(folder / "app", folder / "data", folder / "cache", channels=("random",)).open()
try:
    with_bot.app.start()
    answer = with_bot.answer(with_bot.alice.asks("Who led the party after Honecker?", in_="random"))
    print(answer.text)
finally:
    with_bot.close()
"""
SERVE = """
import os, urllib.request
from browser import served
from qa_bot import load_settings
with served(load_settings()) as address:
    print(urllib.request.urlopen(address + "/?q=Who+led+the+party+after+Honecker").read().decode())
"""
ASSISTANT = """
import os, sys
import anyio
from mcp.client.client import Client
from mcp.client.stdio import StdioServerParameters, stdio_client
async def ask():
    server = StdioServerParameters(command=sys.executable, args=["-m", "qa_bot", "mcp"], env=dict(os.environ))
    async with Client(stdio_client(server)) as client:
        print(await client.call_tool("ask", {"question": "Who led the party after Honecker?"}))
anyio.run(ask)
"""

pytestmark = pytest.mark.skipif(
    not captive_network.is_possible(), reason="this machine lets nobody but root make a network namespace"
)


@pytest.fixture
def environment(tmp_path: Path) -> dict[str, str]:
    """Of a person who has a home folder of their own, and no settings."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("QA_BOT", "ORT", "HF_", "XDG"))}
    path = os.pathsep.join([str(ROOT), str(ROOT / "tests")])
    home = tmp_path / "home"
    home.mkdir()
    data, cache = str(tmp_path / "data"), str(tmp_path / "cache")
    return {**kept, "HOME": str(home), "PYTHONPATH": path, "QA_BOT_DATA_DIR": data, "QA_BOT_CACHE_DIR": cache}


@pytest.mark.slow
@pytest.mark.timeout(180)
def test_no_name_is_looked_up_and_nothing_is_left_in_the_home_folder(
    environment: dict[str, str], tmp_path: Path
) -> None:
    qa_bot = (sys.executable, "-m", "qa_bot")
    seen = captive_network.watch(
        [
            ((*qa_bot, "index", "--quiet", str(ROOT / "seeds")), ""),
            ((*qa_bot, "ask", QUESTION), ""),
            ((*qa_bot, "repl"), f"{QUESTION}\n"),
            ((sys.executable, "-c", SLACK, str(tmp_path)), ""),
            ((sys.executable, "-c", SERVE), ""),
            ((sys.executable, "-c", ASSISTANT), ""),
        ],
        environment,
    )
    assert seen.codes == [0, 0, 0, 0, 0, 0], seen
    assert all("Krenz" in output for output in seen.output[1:])
    assert seen.names == []
    assert [path.name for path in (tmp_path / "home").rglob("*")] == []


@pytest.mark.timeout(60)
def test_a_page_that_is_asked_for_is_looked_up(environment: dict[str, str]) -> None:
    command = (sys.executable, "-m", "qa_bot", "index", "--quiet", "https://articles.example/a")
    assert set(captive_network.watch([(command, "")], environment).names) == {"articles.example"}
