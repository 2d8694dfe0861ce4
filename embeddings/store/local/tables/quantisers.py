"""The quantiser of each generation of passages, kept in the SQLite file."""

from __future__ import annotations

from typing import NamedTuple

from embeddings.store.local.database import Database
from embeddings.store.local.dense.quantiser import Quantiser


class HeldQuantiser(NamedTuple):
    """A quantiser in the store: its number, and how many passages there were when it was trained."""

    number: int
    passages: int


class QuantiserTable:
    """The quantisers in the SQLite file.

    Args:
        database: of the store.
        generation: of the passages.
    """

    def __init__(self, database: Database, generation: int) -> None:
        self._database = database
        self._generation = generation

    def current(self) -> HeldQuantiser | None:
        """The one in use, or None."""
        query = "SELECT number, passages FROM quantisers WHERE generation = ? ORDER BY number DESC LIMIT 1"
        with self._database.errors():
            row = self._database.connection().execute(query, (self._generation,)).fetchone()
        return None if row is None else HeldQuantiser(*row)

    def read(self, number: int) -> Quantiser | None:
        """The one with this number, if it is (still) there."""
        with self._database.errors():
            query = "SELECT data FROM quantisers WHERE number = ?"
            row = self._database.connection().execute(query, (number,)).fetchone()
        return None if row is None else Quantiser.from_bytes(row[0])

    def write(self, quantiser: Quantiser, passages: int) -> HeldQuantiser:
        """Puts a new one in place of the one in use."""
        with self._database.transaction() as connection:
            connection.execute("DELETE FROM quantisers WHERE generation = ?", (self._generation,))
            number = connection.execute(
                "INSERT INTO quantisers (generation, passages, data) VALUES (?, ?, ?)",
                (self._generation, passages, quantiser.to_bytes()),
            ).lastrowid
        assert number is not None
        return HeldQuantiser(number, passages)
