"""Figures and logs: they count what happens, name their request, and give away nothing that people wrote."""

from __future__ import annotations

import json
import logging
import re
import socket
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest
from commands import Command
from prometheus_client import REGISTRY
from prometheus_client.parser import text_string_to_metric_families

from embeddings.errors import QuestionError, SettingsError
from qa_bot import QABot, Settings
from qa_bot.monitoring.logs import formatter
from qa_bot.monitoring.metrics import asked, metrics_server
from qa_bot.monitoring.requests import current_request, request
from qa_bot.settings import LogFormat

ROOT = Path(__file__).parents[3]
QUESTION = "When was Voyager 2 launched?"
NAMES = re.compile(r"\bqa_bot_\w+")


def free_port() -> int:
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        return int(listening.getsockname()[1])


def read(port: int) -> dict[str, float]:
    """Samples by name and labels."""
    with urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics", timeout=10) as response:
        text = response.read().decode()
    assert "Voyager" not in text
    return {
        sample.name + json.dumps(sample.labels, sort_keys=True): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }


@pytest.fixture
def port(seed_bot: QABot, settings: Settings) -> Iterator[int]:
    served = settings.model_copy(update={"metrics_port": free_port()})
    with metrics_server(served, seed_bot) as port:
        assert port is not None
        yield port


def test_questions_are_counted_by_what_came_of_them(port: int, seed_bot: QABot) -> None:
    before = read(port)
    with asked("api") as answers:
        answers.append(seed_bot.ask(QUESTION))
    with pytest.raises(QuestionError), asked("api") as answers:
        answers.append(seed_bot.ask("?"))
    after = read(port)
    rise = {name: value - before.get(name, 0) for name, value in after.items() if value != before.get(name, 0)}
    assert rise['qa_bot_questions_total{"face": "api", "verdict": "answered"}'] == 1
    assert rise['qa_bot_questions_total{"face": "api", "verdict": "failed"}'] == 1
    assert rise['qa_bot_answer_seconds_count{"face": "api"}'] == 1
    assert rise['qa_bot_stage_seconds_count{"stage": "read"}'] == 1
    assert rise["qa_bot_confidence_count{}"] == 1
    assert after["qa_bot_articles{}"] == 15
    assert after["qa_bot_passages{}"] > 15
    assert 1.6e9 < after["qa_bot_newest_article_timestamp_seconds{}"] < after["qa_bot_last_indexed_timestamp_seconds{}"]


def test_an_address_that_is_taken_is_named(port: int, seed_bot: QABot, settings: Settings) -> None:
    taken = settings.model_copy(update={"metrics_port": port})
    with pytest.raises(SettingsError, match=f"metrics_port: .*:{port}"), metrics_server(taken, seed_bot):
        pass
    assert read(port)["qa_bot_articles{}"] == 15


def test_every_query_of_the_dashboard_names_a_figure_that_there_is(port: int) -> None:
    families = {family.name: family.type for family in REGISTRY.collect()}
    endings = {"counter": ("_total",), "histogram": ("_bucket", "_count", "_sum"), "gauge": ("",)}
    samples = {name + ending for name, kind in families.items() for ending in endings.get(kind, ("",))}
    dashboard = json.loads((ROOT / "deploy/monitoring/dashboard.json").read_text())
    queries = [target["expr"] for panel in dashboard["panels"] for target in panel["targets"]]
    named = {name for query in queries for name in NAMES.findall(query)}
    assert len(queries) >= len(dashboard["panels"]) >= 10
    assert named <= samples
    figures = {name for name in families if name.startswith("qa_bot_")}
    shown = {name for name in figures if any(sample.startswith(name) for sample in named)}
    assert figures - shown <= {"qa_bot_changes"}


def test_a_json_line_names_its_request_and_its_error() -> None:
    json_lines = formatter(LogFormat.JSON)
    record = logging.LogRecord("qa_bot.x", logging.WARNING, "", 1, "is %s\nthere", ("“it”",), None)
    with request("Ev0123") as identity:
        line = json_lines.format(record)
        assert formatter(LogFormat.PLAIN).format(record).endswith(f" [{identity}]")
    assert "\n" not in line
    fields = json.loads(line)
    assert (fields["level"], fields["logger"], fields["message"]) == ("warning", "qa_bot.x", "is “it”\nthere")
    assert fields["request"] == identity
    assert "request" not in json.loads(json_lines.format(record))
    try:
        raise ValueError("broken")
    except ValueError as error:
        record.exc_info = (type(error), error, error.__traceback__)
    assert json.loads(formatter(LogFormat.JSON, tracebacks=False).format(record))["error"] == "ValueError: broken"


def test_one_event_has_one_id_and_each_other_its_own() -> None:
    with request("Ev0123") as first, request() as inner:
        assert current_request() == inner != first
    with request("Ev0123") as again:
        assert again == first
    assert current_request() == ""


def test_a_port_that_is_taken_ends_the_server_in_words(tmp_path: Path, settings: Settings) -> None:
    qa_bot = Command(tmp_path, settings.cache_dir, settings.data_dir)
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        listening.listen()
        port = str(listening.getsockname()[1])
        ended = qa_bot("serve", "--port", str(free_port()), environment={"QA_BOT_METRICS_PORT": port})
    assert ended.code == 2
    assert f"metrics_port: 127.0.0.1:{port}" in ended.lines[-1]
