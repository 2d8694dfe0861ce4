"""The tables of the SQLite file, read and written."""
