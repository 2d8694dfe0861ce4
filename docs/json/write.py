"""Writes the JSON Schemas of what the commands print, from their models: `python docs/json/write.py`."""

from __future__ import annotations

from pathlib import Path

from qa_bot.commands.schemas import PRINTED, schema_text

FOLDER = Path(__file__).parent
SUFFIX = ".schema.json"


def main() -> None:
    """Writes a file for each, and removes those of commands that there are no more."""
    for path in FOLDER.glob(f"*{SUFFIX}"):
        if path.name.removesuffix(SUFFIX) not in PRINTED:
            path.unlink()
    for name in PRINTED:
        (FOLDER / f"{name}{SUFFIX}").write_text(schema_text(name), encoding="utf-8")


if __name__ == "__main__":
    main()
