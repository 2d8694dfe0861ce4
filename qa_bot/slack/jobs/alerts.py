"""Questions whose askers want to be told when an article answers them, and which articles have arrived since."""

from __future__ import annotations

import time
from collections.abc import Collection
from enum import Enum
from typing import NamedTuple

from qa_bot.sqlite_file import SQLiteFile

MOST_ALERTS = 20
"""Alerts that a person may have at once."""
SCHEMA = """
CREATE TABLE IF NOT EXISTS alerts (
    number INTEGER PRIMARY KEY AUTOINCREMENT,
    team TEXT NOT NULL, enterprise TEXT, bot_user TEXT, person TEXT NOT NULL, person_team TEXT, channel TEXT,
    question TEXT NOT NULL, seen REAL NOT NULL, tried REAL NOT NULL, begun TEXT,
    UNIQUE (team, person, question)
);
CREATE TABLE IF NOT EXISTS known_articles (id TEXT PRIMARY KEY, arrived REAL NOT NULL) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS known_articles_by_age ON known_articles (arrived);
"""
_COLUMNS = "number, team, enterprise, bot_user, person, person_team, channel, question, seen"


class Wish(NamedTuple):
    """What a person wants to know, and where they said so.

    Attributes:
        team, enterprise: ids of the workspace and its organisation.
        bot_user: id of the bot's user there.
        person, person_team: ids of the person, and of their workspace if it is not of the bot's organisation.
        channel: id of the channel; None outside channels.
        question: in plain text.
    """

    team: str | None
    enterprise: str | None
    bot_user: str | None
    person: str
    person_team: str | None
    channel: str | None
    question: str


class Alert(NamedTuple):
    """A wish that is recorded; articles that have arrived until `seen`, in seconds since 1970, have been looked at."""

    number: int
    wish: Wish
    seen: float


class Added(Enum):
    """What became of a wish."""

    NEW = "new"
    KNOWN = "known"
    FULL = "full"


class Alerts:
    """The alerts, and when each article arrived, in a file with the tables of `SCHEMA`."""

    def __init__(self, file: SQLiteFile) -> None:
        self._file = file

    def add(self, wish: Wish) -> Added:
        """Records a wish, unless the person has it already, or has `MOST_ALERTS`."""
        team, now = wish.team or "", time.time()
        with self._file.transaction() as connection:
            query = "SELECT question FROM alerts WHERE team = ? AND person = ?"
            questions = [question for (question,) in connection.execute(query, (team, wish.person))]
            if wish.question in questions:
                return Added.KNOWN
            if len(questions) >= MOST_ALERTS:
                return Added.FULL
            row = (team, wish.enterprise, wish.bot_user, wish.person, wish.person_team, wish.channel, wish.question)
            query = (
                f"INSERT INTO alerts ({_COLUMNS.removeprefix('number, ')}, tried) VALUES (?, ?, ?, ?, ?, ?, ?, ?, 0)"
            )
            connection.execute(query, (*row, now))
        return Added.NEW

    def of(self, team: str | None, person: str) -> list[Alert]:
        """A person's alerts, the oldest first."""
        query = f"SELECT {_COLUMNS} FROM alerts WHERE team = ? AND person = ? ORDER BY number"
        return [_alert(row) for row in self._file.rows(query, team or "", person)]

    def get(self, number: int) -> Alert | None:
        """An alert; None if it is stopped, or has been told."""
        rows = self._file.rows(f"SELECT {_COLUMNS} FROM alerts WHERE number = ?", number)
        return _alert(rows[0]) if rows else None

    def stop(self, team: str | None, person: str, number: int | None = None) -> None:
        """Forgets one of a person's alerts, or all."""
        query = "DELETE FROM alerts WHERE team = ? AND person = ? AND (number = ? OR ? IS NULL)"
        self._file.run(query, team or "", person, number, number)

    def told(self, number: int) -> None:
        """Forgets an alert whose person has been told."""
        self._file.run("DELETE FROM alerts WHERE number = ?", number)

    # -- what has arrived ----------------------------------------------------------------------------------------------

    def known_articles(self) -> set[str] | None:
        """The ids of the articles that are or were there; None if that has never been recorded."""
        if not self._file.rows("SELECT 1 FROM records WHERE name = 'articles'"):
            return None
        return {str(article) for (article,) in self._file.rows("SELECT id FROM known_articles")}

    def note_articles(self, articles: Collection[str], *, first: bool) -> None:
        """Records articles that have arrived; those that are there the first time that it is looked are new to nobody."""
        now = time.time()
        with self._file.transaction() as connection:
            rows = [(article, 0.0 if first else now) for article in articles]
            connection.executemany("INSERT OR IGNORE INTO known_articles VALUES (?, ?)", rows)
            connection.execute("INSERT OR IGNORE INTO records VALUES ('articles', ?)", (now,))

    def last_arrival(self) -> float:
        """When the last article arrived, in seconds since 1970; 0 if none has."""
        return float(self._file.rows("SELECT coalesce(max(arrived), 0) FROM known_articles")[0][0])

    def arrivals(self, since: float) -> set[str]:
        """Ids of the articles that have arrived since a time, in seconds since 1970."""
        rows = self._file.rows("SELECT id FROM known_articles WHERE arrived > ?", since)
        return {str(article) for (article,) in rows}

    # -- what is being done about it -----------------------------------------------------------------------------------

    def due(self, arrival: float, most: int) -> list[Alert]:
        """Alerts that have not been looked at, nor tried, since an arrival; the oldest first."""
        query = f"SELECT {_COLUMNS} FROM alerts WHERE seen < ? AND tried < ? ORDER BY number LIMIT ?"
        return [_alert(row) for row in self._file.rows(query, arrival, arrival, most)]

    def note_tried(self, number: int, arrival: float) -> None:
        """Records that it is being looked whether what arrived until then answers; the next arrival tries again."""
        self._file.run("UPDATE alerts SET tried = max(tried, ?) WHERE number = ?", arrival, number)

    def note_seen(self, number: int, arrival: float) -> None:
        """Records that nothing of what arrived until then answers."""
        self._file.run("UPDATE alerts SET seen = max(seen, ?) WHERE number = ?", arrival, number)

    def begin_telling(self, number: int) -> tuple[str, bool]:
        """Records that a person is being told.

        Returns:
            When that was begun first, as a timestamp of Slack's, and whether it was begun before.
        """
        begun = f"{time.time():.6f}"
        is_first = self._file.run("UPDATE alerts SET begun = ? WHERE number = ? AND begun IS NULL", begun, number) == 1
        rows = self._file.rows("SELECT begun FROM alerts WHERE number = ?", number)
        return (str(rows[0][0]) if rows else begun), not is_first


def _alert(row: tuple[int, str, str | None, str | None, str, str | None, str | None, str, float]) -> Alert:
    number, *wish, seen = row
    return Alert(number, Wish(*wish), seen)  # type: ignore[arg-type]
