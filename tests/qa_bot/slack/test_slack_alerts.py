"""The record of alerts, which articles count as arrived, and which may be shown to who is told."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from embeddings.articles import Article
from embeddings.filters import ArticleFilter
from qa_bot import QABot, load_settings
from qa_bot.slack.jobs.alerts import MOST_ALERTS, Added, Alerts, Wish
from qa_bot.slack.jobs.arrivals import ArrivingArticles
from qa_bot.slack.jobs.state import SlackState
from qa_bot.slack.workers.alerts import common


@pytest.fixture
def state(tmp_path: Path) -> Iterator[SlackState]:
    """What the app remembers, in an empty folder."""
    with closing(SlackState(tmp_path / "data")) as state:
        yield state


@pytest.fixture
def alerts(state: SlackState) -> Alerts:
    """The alerts in it."""
    return state.alerts


def wish(question: str = "Who sank?", person: str = "U1", team: str = "T1") -> Wish:
    return Wish(team, None, "UBOT", person, None, "C1", question)


def due(alerts: Alerts) -> list[int]:
    return [alert.number for alert in alerts.due(alerts.last_arrival(), 100)]


def test_a_wish_is_recorded_once_and_only_its_owner_stops_it(alerts: Alerts) -> None:
    assert [alerts.add(wish()), alerts.add(wish()), alerts.add(wish(person="U2"))] == [
        Added.NEW,
        Added.KNOWN,
        Added.NEW,
    ]
    (alert,) = alerts.of("T1", "U1")
    assert alert.wish == wish()
    alerts.stop("T1", "U2", alert.number)
    alerts.stop("T2", "U1", alert.number)
    assert alerts.of("T1", "U1") == [alert]
    alerts.stop("T1", "U1", alert.number)
    assert alerts.of("T1", "U1") == []
    assert len(alerts.of("T1", "U2")) == 1


def test_a_person_has_so_many_at_most(alerts: Alerts) -> None:
    added = [alerts.add(wish(f"Who is number {number}?")) for number in range(MOST_ALERTS + 1)]
    assert added == [Added.NEW] * MOST_ALERTS + [Added.FULL]
    assert alerts.add(wish(person="U2")) is Added.NEW


def test_an_alert_is_due_for_what_arrives_after_it_until_that_is_looked_at(alerts: Alerts) -> None:
    alerts.note_articles(["a"], first=True)
    alerts.add(wish())
    assert due(alerts) == [], "what is there the first time is new to nobody"
    alerts.note_articles(["a", "b"], first=False)
    (number,) = due(alerts)
    alert = alerts.get(number)
    assert alert
    assert alerts.arrivals(alert.seen) == {"b"}
    alerts.note_tried(number, alerts.last_arrival())
    assert due(alerts) == [], "it is being done"
    alerts.note_articles(["c"], first=False)
    assert due(alerts) == [number]
    assert alerts.arrivals(alert.seen) == {"b", "c"}, "the first try has not come to an end"
    alerts.note_seen(number, alerts.last_arrival())
    assert due(alerts) == []
    alerts.add(wish("Who swam?"))
    assert due(alerts) == [], "what arrived before it does not count"


def test_it_is_known_whether_telling_was_begun_before(alerts: Alerts) -> None:
    alerts.add(wish())
    (alert,) = alerts.of("T1", "U1")
    begun, again = alerts.begin_telling(alert.number)
    assert not again
    assert alerts.begin_telling(alert.number) == (begun, True)
    alerts.told(alert.number)
    assert alerts.get(alert.number) is None


def test_an_article_that_changes_or_comes_back_has_not_arrived(
    state: SlackState, tmp_path: Path, cache_dir: Path
) -> None:
    folder = tmp_path / "articles"
    folder.mkdir()

    def index(name: str, text: str) -> None:
        (folder / name).write_text(text)
        bot.reindex([str(folder)])
        ArrivingArticles(bot, state.alerts).look()

    with QABot(load_settings(data_dir=tmp_path / "data", cache_dir=cache_dir)) as bot:
        index("a.txt", "The ferry to Osk leaves at nine.")
        assert state.alerts.last_arrival() == 0
        index("b.txt", "The bell of Osk is heard in all of the town.")
        arrived = state.alerts.last_arrival()
        assert len(state.alerts.arrivals(0)) == 1
        index("b.txt", "The bell of Osk is silent.")
        (folder / "a.txt").unlink()
        bot.reindex([str(folder)])
        index("a.txt", "The ferry to Osk leaves at ten.")
        assert state.alerts.last_arrival() == arrived
        index("c.txt", "The mill of Osk grinds rye.")
        assert len(state.alerts.arrivals(arrived)) == 1


@pytest.mark.parametrize(
    ("one", "other", "admitted"),
    [
        ({}, {}, {"a1", "a2", "b1"}),
        ({"publishers": ("A",)}, {}, {"a1", "a2"}),
        ({}, {"publishers": ("b",)}, {"b1"}),
        ({"publishers": ("a",)}, {"publishers": ("A", "B")}, {"a1", "a2"}),
        ({"publishers": ("a",)}, {"publishers": ("B",)}, None),
        ({"sources": ("/news/*",)}, {"sources": ("*/2*",)}, {"a2"}),
        ({"sources": ("/none/*",)}, {}, None),
        ({"hidden": frozenset({"/news/1"})}, {"hidden": frozenset({"/wiki/2"})}, {"a2"}),
    ],
)
def test_what_two_channels_may_both_show(
    one: dict[str, object], other: dict[str, object], admitted: set[str] | None
) -> None:
    articles = {"a1": ("A", "/news/1"), "a2": ("A", "/news/2"), "b1": ("B", "/wiki/2")}
    first, second = ArticleFilter.model_validate(one), ArticleFilter.model_validate(other)
    only = common(first, second, [origin for _, origin in articles.values()])
    if admitted is None:
        assert only is None
        return
    assert only is not None
    for name, (publisher, origin) in articles.items():
        article = Article(id=name, title=name, text="x", source=origin, publisher=publisher)
        assert only.admits(article, origin) is (name in admitted)
        assert only.admits(article, origin) is (first.admits(article, origin) and second.admits(article, origin))
