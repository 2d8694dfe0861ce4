"""The conversations in our threads, as we have had them; Slack is asked only about threads from before this record.

Slack lets apps that are distributed outside its Marketplace read one page of 15 messages a minute.
"""

from __future__ import annotations

import json
import time
from typing import NamedTuple

from qa_bot.conversation.history import Turn
from qa_bot.sqlite_file import SQLiteFile

TURN_CHARS = 1000
RECENT_SECONDS = 600.0
"""How long a direct message outside threads belongs to the conversation before it."""
SCHEMA = """
CREATE TABLE IF NOT EXISTS turns (
    channel TEXT NOT NULL, thread TEXT NOT NULL, question TEXT NOT NULL,
    asked TEXT, answer TEXT, title TEXT, created REAL NOT NULL,
    PRIMARY KEY (channel, thread, question)
) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS turns_by_age ON turns (created);
CREATE TABLE IF NOT EXISTS read_threads (
    channel TEXT NOT NULL, thread TEXT NOT NULL, joined INTEGER NOT NULL, turns TEXT NOT NULL, created REAL NOT NULL,
    PRIMARY KEY (channel, thread)
) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS read_threads_by_age ON read_threads (created);
CREATE TABLE IF NOT EXISTS stops (
    channel TEXT NOT NULL, thread TEXT NOT NULL, created REAL NOT NULL, PRIMARY KEY (channel, thread)
) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS stops_by_age ON stops (created);
CREATE TABLE IF NOT EXISTS records (name TEXT PRIMARY KEY, since REAL NOT NULL);
"""


class Conversation(NamedTuple):
    """What happened in a thread before a message.

    Attributes:
        turns: questions and answers, the oldest first.
        joined: whether the bot has answered in it.
    """

    turns: tuple[Turn, ...] = ()
    joined: bool = False


class Threads:
    """The conversations, in a file with the tables of `SCHEMA`, and that of answers (`qa_bot.slack.jobs.state`)."""

    def __init__(self, file: SQLiteFile) -> None:
        self._file = file
        file.run("INSERT OR IGNORE INTO records VALUES ('turns', ?)", time.time())

    def remember(self, channel: str, thread: str, question: str, turn: Turn | None) -> None:
        """Records an answer in a thread.

        Args:
            channel: id.
            thread: timestamp of the thread's first message.
            question: timestamp of the message that was answered.
            turn: None for an answer that is no part of the conversation, such as a greeting.
        """
        texts = [text and text[:TURN_CHARS] for text in turn or (None, None, None)]
        row = (channel, thread, question, *texts, time.time())
        self._file.run("INSERT OR REPLACE INTO turns VALUES (?, ?, ?, ?, ?, ?, ?)", *row)

    def forget(self, channel: str, thread: str, question: str) -> None:
        """Forgets an answer that was removed."""
        where = (channel, thread, question)
        self._file.run("DELETE FROM turns WHERE channel = ? AND thread = ? AND question = ?", *where)

    def conversation(self, channel: str, thread: str, before: str) -> Conversation | None:
        """The conversation in a thread before a message (by its timestamp); None if only Slack may know it."""
        query = (
            "SELECT asked, answer, title FROM turns WHERE channel = ? AND thread = ? AND question < ? ORDER BY question"
        )
        rows = self._file.rows(query, channel, thread, before)
        read = self._file.rows(
            "SELECT joined, turns FROM read_threads WHERE channel = ? AND thread = ?", channel, thread
        )
        if not rows and not read and self.may_precede(thread):
            return None
        earlier = [Turn(*turn) for turn in json.loads(read[0][1])] if read else []
        turns = tuple(Turn(*row) for row in rows if row[0] is not None)
        return Conversation((*earlier, *turns), bool(rows) or bool(read and read[0][0]))

    def recent(self, channel: str, before: str) -> Conversation:
        """The conversation in a channel in the `RECENT_SECONDS` before a message, whatever threads it is in."""
        query = "SELECT asked, answer, title FROM turns WHERE channel = ? AND question < ? AND created > ? ORDER BY question"
        rows = self._file.rows(query, channel, before, float(before) - RECENT_SECONDS)
        return Conversation(tuple(Turn(*row) for row in rows if row[0] is not None), bool(rows))

    def keep(self, channel: str, thread: str, conversation: Conversation) -> None:
        """Records what Slack says of a thread from before this record, so that it is asked once."""
        row = (channel, thread, conversation.joined, json.dumps(conversation.turns), time.time())
        self._file.run("INSERT OR REPLACE INTO read_threads VALUES (?, ?, ?, ?, ?)", *row)

    def stop(self, channel: str, thread: str, moment: float) -> None:
        """Records that a person stopped the work in a thread; other processes look for it, too.

        Answers that have not been posted are no part of the conversation any more.
        """
        self._file.run("INSERT OR REPLACE INTO stops VALUES (?, ?, ?)", channel, thread, moment)
        self._file.run(
            "DELETE FROM turns WHERE channel = ? AND thread = ? AND created <= ? AND NOT EXISTS "
            "(SELECT 1 FROM answers WHERE answers.channel = turns.channel AND answers.question = turns.question)",
            channel, thread, moment,
        )  # fmt: skip

    def stopped(self, channel: str, thread: str, since: float) -> bool:
        """Whether the work in a thread was stopped since a time (in seconds since 1970)."""
        query = "SELECT 1 FROM stops WHERE channel = ? AND thread = ? AND created > ?"
        return bool(self._file.rows(query, channel, thread, since))

    def may_precede(self, timestamp: str) -> bool:
        """Whether a message is from before this record began, or from before what it still holds."""
        ((since,),) = self._file.rows("SELECT since FROM records WHERE name = 'turns'")
        return float(timestamp) < float(since)

    def drop_before(self, moment: float) -> None:
        """Notes that rows from before a time (in seconds since 1970) are deleted."""
        self._file.run("UPDATE records SET since = MAX(since, ?) WHERE name = 'turns'", moment)
