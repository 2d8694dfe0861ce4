"""What the Slack app remembers: open jobs, which message answers which, conversations, and a person's last questions.

One SQLite file in the data folder, shared by all processes on the machine and pruned regularly.
"""

from __future__ import annotations

import json
import os
import socket
import time
import uuid
from pathlib import Path
from typing import Any, NamedTuple

from qa_bot.slack.jobs.alerts import SCHEMA as ALERTS
from qa_bot.slack.jobs.alerts import Alerts
from qa_bot.slack.jobs.quotations import SCHEMA as QUOTATIONS
from qa_bot.slack.jobs.quotations import Quotations
from qa_bot.slack.jobs.threads import SCHEMA, Threads
from qa_bot.sqlite_file import SQLiteFile

FILE_NAME = "slack.sqlite3"
DAY = 86_400.0
JOB_AGE, ANSWER_AGE, QUESTION_AGE, REFUSAL_AGE = 7 * DAY, 90 * DAY, 90 * DAY, 7 * DAY
"""How long rows are kept, in seconds."""
RETRIED_AGE = 900.0
"""Seconds for which a job of a dead process can be adopted; later the answer would only surprise."""
LASTING = ("step", "digest", "alert")
"""Kinds of jobs that are adopted at any age: a workflow waits for its step's end, others come once."""
SILENCE = 20.0
"""Seconds without a sign of life after which a process counts as dead."""
QUESTIONS_KEPT = 5
ROWS_KEPT = 1_000_000
"""Rows of each table; a busy year makes more, and the oldest go first."""
PRUNED_AT_ONCE = 1000
_LIFETIMES = {
    "jobs": ("key", JOB_AGE),
    "answers": ("channel, question", ANSWER_AGE),
    "questions": ("number", QUESTION_AGE),
    "turns": ("channel, thread, question", ANSWER_AGE),
    "read_threads": ("channel, thread", ANSWER_AGE),
    "stops": ("channel, thread", JOB_AGE),
    "quotations": ("article, channel, question", ANSWER_AGE),
    "refusals": ("number", REFUSAL_AGE),
}
"""For each table its key, and how long its rows are kept, in seconds."""

_SCHEMA = """
CREATE TABLE IF NOT EXISTS processes (id TEXT PRIMARY KEY, host TEXT NOT NULL, pid INTEGER NOT NULL, seen REAL NOT NULL);
CREATE TABLE IF NOT EXISTS jobs (
    key TEXT PRIMARY KEY,
    kind TEXT NOT NULL,
    payload TEXT NOT NULL,
    owner TEXT NOT NULL,
    attempts INTEGER NOT NULL DEFAULT 1,
    done INTEGER NOT NULL DEFAULT 0,
    created REAL NOT NULL
) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS jobs_open ON jobs (done, created);
CREATE INDEX IF NOT EXISTS jobs_by_age ON jobs (created);
CREATE TABLE IF NOT EXISTS answers (
    channel TEXT NOT NULL, question TEXT NOT NULL, answer TEXT NOT NULL, created REAL NOT NULL,
    PRIMARY KEY (channel, question)
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS questions (
    number INTEGER PRIMARY KEY, team TEXT NOT NULL, person TEXT NOT NULL, question TEXT NOT NULL, created REAL NOT NULL
);
CREATE TABLE IF NOT EXISTS refusals (
    number INTEGER PRIMARY KEY, code TEXT NOT NULL, detail TEXT NOT NULL, created REAL NOT NULL
);
CREATE TABLE IF NOT EXISTS posts (
    location TEXT NOT NULL, team TEXT NOT NULL, channel TEXT NOT NULL, created REAL NOT NULL,
    PRIMARY KEY (location, team, channel)
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS referrals (
    channel TEXT NOT NULL, thread TEXT NOT NULL, question TEXT NOT NULL, created REAL NOT NULL,
    PRIMARY KEY (channel, thread, question)
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS welcomes (
    team TEXT NOT NULL, channel TEXT NOT NULL, created REAL NOT NULL, PRIMARY KEY (team, channel)
) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS refusals_by_age ON refusals (created);
CREATE INDEX IF NOT EXISTS questions_by_person ON questions (team, person, number);
CREATE INDEX IF NOT EXISTS answers_by_age ON answers (created);
CREATE INDEX IF NOT EXISTS questions_by_age ON questions (created);
"""


class Job(NamedTuple):
    """Something to do for one event; `attempts` counts the processes that have begun it."""

    key: str
    kind: str
    payload: dict[str, Any]
    attempts: int


class Refusal(NamedTuple):
    """Something that Slack refused: its name for the error, the place, how often, and when last (seconds since 1970)."""

    code: str
    detail: str
    times: int
    last: float


class SlackState:
    """The state file in the data folder; several threads and processes may use it at once.

    Attributes:
        threads: the conversations.
        quotations: which answers quote which articles.
        alerts: what people want to be told, and which articles have arrived.

    Raises:
        StoreError: the file cannot be opened.
    """

    def __init__(self, folder: Path) -> None:
        self.process = uuid.uuid4().hex
        self._file = SQLiteFile(folder / FILE_NAME, _SCHEMA + SCHEMA + QUOTATIONS + ALERTS)
        self.threads = Threads(self._file)
        self.quotations = Quotations(self._file)
        self.alerts = Alerts(self._file)
        self.path = self._file.path
        self.heartbeat()
        self.prune()

    def close(self) -> None:
        """Closes the file; another process may adopt this one's open jobs at once."""
        self._file.run("DELETE FROM processes WHERE id = ?", self.process)
        self._file.close()

    # -- posted articles -----------------------------------------------------------------------------------------------

    def add_post(self, location: str, team: str, channel: str) -> None:
        """Records that a source was posted in a channel; it answers there only."""
        self._file.run("INSERT OR IGNORE INTO posts VALUES (?, ?, ?, ?)", location, team, channel, time.time())

    def forget_post(self, location: str) -> None:
        """Forgets where a source was posted: it is gone, or an admin has added it for all."""
        self._file.run("DELETE FROM posts WHERE location = ?", location)

    def posted_elsewhere(self, team: str | None, channel: str | None) -> frozenset[str]:
        """The locations of sources that were posted in channels, and not in this one; of all, if it is None."""
        here = "SELECT location FROM posts WHERE channel = ? AND (team = ? OR ? IS NULL)"
        query = f"SELECT DISTINCT location FROM posts WHERE location NOT IN ({here})"
        return frozenset(location for (location,) in self._file.rows(query, channel or "", team, team))

    def posts(self) -> list[tuple[str, str, int]]:
        """Team and channel that sources were posted in, and how many."""
        return self._file.rows(
            "SELECT team, channel, count(*) FROM posts GROUP BY team, channel ORDER BY team, channel"
        )

    # -- jobs ----------------------------------------------------------------------------------------------------------

    def claim(self, key: str, kind: str, payload: dict[str, Any]) -> bool:
        """Records a job as this process's; False if there is or was one with this key."""
        added = self._file.run(
            "INSERT OR IGNORE INTO jobs (key, kind, payload, owner, created) VALUES (?, ?, ?, ?, ?)",
            key, kind, json.dumps(payload), self.process, time.time(),
        )  # fmt: skip
        return added == 1

    def done(self, key: str) -> None:
        """Marks a job as done, and deletes its payload."""
        self._file.run("UPDATE jobs SET done = 1, payload = '{}' WHERE key = ?", key)

    def orphans(self) -> list[Job]:
        """Takes over the jobs of dead processes that are young, or of a kind that lasts."""
        with self._file.transaction() as connection:  # another process may be taking them, too
            processes = connection.execute("SELECT id, host, pid, seen FROM processes").fetchall()
            alive = {self.process, *(process for process, host, pid, seen in processes if _alive(host, pid, seen))}
            marks, lasting = (", ".join("?" * len(values)) for values in (alive, LASTING))
            rows = connection.execute(
                "UPDATE jobs SET owner = ?, attempts = attempts + 1 "
                f"WHERE done = 0 AND (created > ? OR kind IN ({lasting})) AND owner NOT IN ({marks}) "
                "RETURNING key, kind, payload, attempts, created",
                (self.process, time.time() - RETRIED_AGE, *LASTING, *alive),
            ).fetchall()
        rows.sort(key=lambda row: float(row[-1]))
        return [Job(key, kind, json.loads(payload), attempts) for key, kind, payload, attempts, _ in rows]

    def heartbeat(self) -> None:
        """Lets other processes know that this one is alive."""
        self._file.run(
            "INSERT OR REPLACE INTO processes (id, host, pid, seen) VALUES (?, ?, ?, ?)",
            self.process, socket.gethostname(), os.getpid(), time.time(),
        )  # fmt: skip

    # -- answers and questions -----------------------------------------------------------------------------------------

    def remember_answer(self, channel: str, question: str, answer: str) -> None:
        """Records which message (by its timestamp) answers which."""
        self._file.run("INSERT OR REPLACE INTO answers VALUES (?, ?, ?, ?)", channel, question, answer, time.time())

    def answer_to(self, channel: str, question: str) -> str | None:
        """Timestamp of the message that answers a message; None if it is not known."""
        rows = self._file.rows("SELECT answer FROM answers WHERE channel = ? AND question = ?", channel, question)
        return str(rows[0][0]) if rows else None

    def forget_answer(self, channel: str, question: str) -> None:
        """Forgets an answer that was removed."""
        self._file.run("DELETE FROM answers WHERE channel = ? AND question = ?", channel, question)

    def remember_question(self, team: str, person: str, question: str) -> None:
        """Records a person's question for their App Home; only the last `QUESTIONS_KEPT` stay."""
        self._file.run("DELETE FROM questions WHERE team = ? AND person = ? AND question = ?", team, person, question)
        self._file.run(
            "INSERT INTO questions (team, person, question, created) VALUES (?, ?, ?, ?)",
            team, person, question, time.time(),
        )  # fmt: skip
        self._file.run(
            "DELETE FROM questions WHERE team = ? AND person = ? AND number NOT IN "
            "(SELECT number FROM questions WHERE team = ? AND person = ? ORDER BY number DESC LIMIT ?)",
            team, person, team, person, QUESTIONS_KEPT,
        )  # fmt: skip

    def last_questions(self, team: str, person: str) -> list[str]:
        """A person's last questions, the newest first."""
        query = "SELECT question FROM questions WHERE team = ? AND person = ? ORDER BY number DESC"
        return [str(row[0]) for row in self._file.rows(query, team, person)]

    # -- welcomes ------------------------------------------------------------------------------------------------------

    def is_welcomed(self, team: str | None, channel: str) -> bool:
        """Whether a channel, or a person in their direct messages, has been welcomed."""
        return bool(self._file.rows("SELECT 1 FROM welcomes WHERE team = ? AND channel = ?", team or "", channel))

    def remember_welcome(self, team: str | None, channel: str) -> None:
        """Records that; for ever, as it is to happen once."""
        self._file.run("INSERT OR IGNORE INTO welcomes VALUES (?, ?, ?)", team or "", channel, time.time())

    # -- referrals -----------------------------------------------------------------------------------------------------

    def is_referred(self, channel: str, thread: str, question: str) -> bool:
        """Whether people have been asked a question in a thread."""
        query = "SELECT 1 FROM referrals WHERE channel = ? AND thread = ? AND question = ?"
        return bool(self._file.rows(query, channel, thread, question))

    def remember_referral(self, channel: str, thread: str, question: str) -> None:
        """Records that; for ever, as it is to happen once."""
        row = (channel, thread, question, time.time())
        self._file.run("INSERT OR IGNORE INTO referrals VALUES (?, ?, ?, ?)", *row)

    # -- refusals ------------------------------------------------------------------------------------------------------

    def remember_refusal(self, code: str, detail: str) -> None:
        """Records that Slack refused a part of a message: its name for the error, and what it says about the place."""
        self._file.run("INSERT INTO refusals (code, detail, created) VALUES (?, ?, ?)", code, detail, time.time())

    def refusals(self) -> list[Refusal]:
        """What Slack refused in the last days, each kind once, the most frequent first."""
        query = "SELECT code, detail, COUNT(*), MAX(created) FROM refusals GROUP BY code, detail ORDER BY 3 DESC"
        return [Refusal(*row) for row in self._file.rows(query)]

    def prune(self) -> None:
        """Deletes rows that are too old or too many; a few at a time, as others use the file, too."""
        self.threads.drop_before(self._oldest("turns", time.time() - ANSWER_AGE))
        for table, (names, age) in _LIFETIMES.items():
            while self._file.run(
                f"DELETE FROM {table} WHERE ({names}) IN "
                f"(SELECT {names} FROM {table} WHERE created < ? ORDER BY created LIMIT {PRUNED_AT_ONCE})",
                self._oldest(table, time.time() - age),
            ):
                pass
        self._file.run("DELETE FROM processes WHERE seen < ?", time.time() - DAY)

    def _oldest(self, table: str, moment: float) -> float:
        """The time before which rows go: `moment`, or later if there are more than `ROWS_KEPT`."""
        newest = f"SELECT created FROM {table} ORDER BY created DESC LIMIT 1 OFFSET {ROWS_KEPT - 1}"
        rows = self._file.rows(newest)
        return max(moment, float(rows[0][0])) if rows else moment


def _alive(host: str, pid: int, seen: float) -> bool:
    if time.time() - seen > SILENCE:
        return False
    if host != socket.gethostname():
        return True
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except OSError:
        return True  # another user's
    return True
