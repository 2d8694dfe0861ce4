"""Figures for Prometheus, on a port of their own: https://prometheus.io/docs/instrumenting/exposition_formats/.

No figure carries a question, an answer, a name or a token; labels take the few values that are named here.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Literal

from prometheus_client import REGISTRY, Counter, Gauge, Histogram, disable_created_metrics, start_http_server
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from embeddings.errors import QABotError, SettingsError
from embeddings.store.protocol import Store
from qa_bot import __version__
from qa_bot.answering.results import Answer
from qa_bot.bot import QABot
from qa_bot.settings import Settings

Face = Literal["slack", "page", "api", "mcp"]
"""Where a question was asked."""

disable_created_metrics()  # type: ignore[no-untyped-call]

_SECONDS = (0.01, 0.025, 0.05, 0.1, 0.2, 0.3, 0.5, 1.0, 2.5, 5.0, 10.0)
_TENTHS = tuple(tenth / 10 for tenth in range(1, 10))

QUESTIONS = Counter(
    "qa_bot_questions", "Questions, by where they were asked and what came of them.", ["face", "verdict"]
)
STAGES = Histogram("qa_bot_stage_seconds", "Time of the stages of an answer.", ["stage"], buckets=_SECONDS)
ANSWER_SECONDS = Histogram("qa_bot_answer_seconds", "From a question's turn to its answer.", ["face"], buckets=_SECONDS)
CONFIDENCE = Histogram("qa_bot_confidence", "Confidence of the best answer, shown or not.", buckets=_TENTHS)
TEAM_ANSWERS = Counter("qa_bot_team_answers", "Questions that the team has answered itself.", ["face"])
WAITING = Gauge("qa_bot_questions_waiting", "Questions that wait for their turn.")
JOBS = Gauge("qa_bot_slack_jobs_open", "Jobs of the Slack app that are recorded and not done.")
SLACK_FAILURES = Counter("qa_bot_slack_call_failures", "Failed calls of Slack's Web API.", ["reason", "retried"])

_log = logging.getLogger(__name__)


@contextmanager
def asked(face: Face) -> Iterator[list[Answer]]:
    """Counts a question; the block appends its answer to the list, or raises."""
    answers: list[Answer] = []
    began = time.perf_counter()
    try:
        yield answers
    except Exception:
        QUESTIONS.labels(face, "failed").inc()
        raise
    for answer in answers:
        _count(answer, face)
    seconds = time.perf_counter() - began
    ANSWER_SECONDS.labels(face).observe(seconds)
    _log.info("a question was answered in %.0f ms: %s", seconds * 1000, ", ".join(a.verdict.value for a in answers))


def _count(answer: Answer, face: Face) -> None:
    QUESTIONS.labels(face, answer.verdict.value).inc()
    for stage in ("encode", "search", "read"):
        STAGES.labels(stage).observe(getattr(answer.timings_ms, stage) / 1000)
    best = answer.answer or next((quotation.answer for quotation in answer.alternatives), None)
    if best is not None:
        CONFIDENCE.observe(best.confidence)
    if answer.team_answer is not None:
        TEAM_ANSWERS.labels(face).inc()


class _ArchiveFigures(Collector):
    """What the store holds, read when Prometheus asks."""

    def __init__(self, bot: QABot) -> None:
        self._bot = bot

    def describe(self) -> Iterable[Metric]:
        return [
            GaugeMetricFamily("qa_bot_articles", "Articles in the store."),
            GaugeMetricFamily("qa_bot_passages", "Passages in the store."),
            GaugeMetricFamily("qa_bot_changes", "Number of the store's last change."),
            GaugeMetricFamily("qa_bot_newest_article_timestamp_seconds", "When the newest article was published."),
            GaugeMetricFamily("qa_bot_last_indexed_timestamp_seconds", "When a source was last read."),
        ]

    def collect(self) -> Iterable[Metric]:
        try:
            values = _figures(self._bot.store)
        except QABotError as error:
            _log.error("the store's figures cannot be read: %s", error)
            return
        for family in self.describe():
            if family.name in values:
                yield GaugeMetricFamily(family.name, family.documentation, value=values[family.name])


def _figures(store: Store) -> dict[str, float]:
    status, newest = store.status(), store.articles.summary().newest
    read = [source.last_indexed_at for source in store.sources.list() if source.last_indexed_at]
    values: dict[str, float] = {
        "qa_bot_articles": status.articles,
        "qa_bot_passages": status.passages,
        "qa_bot_changes": status.changes,
    }
    if newest is not None:
        midnight = datetime(newest.year, newest.month, newest.day, tzinfo=UTC)
        values["qa_bot_newest_article_timestamp_seconds"] = midnight.timestamp()
    if read:
        values["qa_bot_last_indexed_timestamp_seconds"] = max(_seconds(moment) for moment in read)
    return values


def _seconds(moment: str) -> float:
    parsed = datetime.fromisoformat(moment)
    return (parsed if parsed.tzinfo else parsed.replace(tzinfo=UTC)).timestamp()


@contextmanager
def metrics_server(settings: Settings, bot: QABot, process: int = 0) -> Iterator[int | None]:
    """Serves the figures of this process at ``/metrics`` within the block.

    Args:
        settings: `metrics_port` is 0 for no server.
        bot: whose store is counted.
        process: number of this process among several; each listens on a port of its own, from `metrics_port` on.

    Yields:
        The port; None if there is no server.

    Raises:
        SettingsError: the address cannot be listened on.
    """
    if not settings.metrics_port:
        yield None
        return
    port = settings.metrics_port + process
    try:
        server, thread = start_http_server(port, settings.metrics_host)
    except (OSError, OverflowError) as error:
        raise SettingsError(
            f"metrics_port: {settings.metrics_host}:{port} cannot be listened on ({error}); choose another port"
        ) from error
    _log.info("qa-bot %s serves its figures at http://%s:%d/metrics", __version__, settings.metrics_host, port)
    figures = _ArchiveFigures(bot)
    REGISTRY.register(figures)
    try:
        yield port
    finally:
        server.shutdown()
        server.server_close()
        thread.join(1)
        REGISTRY.unregister(figures)
